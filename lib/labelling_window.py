"""The labelling session on screen: a window, and a widget for notebooks; both show it and pass keys on, no more."""

import io
import tkinter
from collections.abc import Callable

import ipywidgets
import numpy as np
from PIL import Image, ImageTk

from lib.labelling import Session

PIXELS = 560  # longest edge of the image on screen
WIDTH = 760  # of the window, for the longest row of buttons


class Window:
    """A window over a session; keys and buttons do the same. `run()` returns when it is closed."""

    def __init__(self, session: Session) -> None:
        """Build the window and show the first image.

        Raises:
            tkinter.TclError: there is no screen.
        """
        self.session = session
        self.root = tkinter.Tk()
        self.root.title("Label emotions")
        self.picture = tkinter.Label(self.root, width=WIDTH, height=PIXELS)  # of one size, so that nothing jumps
        self.status = tkinter.Label(self.root, font=("TkDefaultFont", 12), wraplength=WIDTH)
        self.buttons = tkinter.Frame(self.root)
        for part in (self.picture, self.status, self.buttons):
            part.pack(padx=12, pady=6)
        self.root.bind("<Key>", lambda event: self.press(event.char))
        self._show()

    def run(self) -> None:
        """Take keys until the window is closed."""
        self.root.focus_force()
        self.root.mainloop()

    def press(self, key: str) -> None:
        """Pass a key to the session and show what came of it."""
        if self.session.press(key):
            self._show()

    def _show(self) -> None:
        self.photo = ImageTk.PhotoImage(_fitted(self.session.image()))  # kept: Tk itself holds no reference
        self.picture.configure(image=self.photo)
        self.status.configure(text=self.session.status)
        for button in self.buttons.winfo_children():
            button.destroy()
        for key, meaning in self.session.keys.items():
            command = lambda key=key: self.press(key)  # noqa: E731
            tkinter.Button(self.buttons, text=f"{key}\n{meaning}", command=command, takefocus=0).pack(side="left")


def widget(session: Session) -> ipywidgets.VBox:
    """Return the same as a notebook widget: image, line, buttons, and a field that takes keys as they are typed."""
    picture, status, buttons = ipywidgets.Image(format="png"), ipywidgets.Label(), ipywidgets.HBox()
    field = ipywidgets.Text(placeholder="click here and type keys", continuous_update=True)

    def show() -> None:
        data = io.BytesIO()
        _fitted(session.image()).save(data, "PNG")
        picture.value, status.value = data.getvalue(), session.status
        buttons.children = [_button(key, meaning, press) for key, meaning in session.keys.items()]

    def press(key: str) -> None:
        session.press(key)
        show()

    def typed(change: dict) -> None:
        for key in change["new"]:
            press(key)
        field.value = ""

    field.observe(typed, "value")
    show()
    return ipywidgets.VBox([picture, status, buttons, field])


def _button(key: str, meaning: str, press: Callable[[str], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=f"{key} {meaning}", layout={"width": "auto"})
    button.on_click(lambda _: press(key))
    return button


def _fitted(image: np.ndarray) -> Image.Image:
    """Return the image with its longest edge scaled to `PIXELS`."""
    scale = PIXELS / max(image.shape[:2])
    return Image.fromarray(image).resize((round(image.shape[1] * scale), round(image.shape[0] * scale)))
