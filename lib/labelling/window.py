"""`Window`: the labelling session in a window of its own (tkinter). `lib.labelling.widget` is the one for notebooks."""

import tkinter
from functools import partial

from PIL import Image, ImageTk

from lib import machine
from lib.labelling.session import Session

SIZE = 560  # longest edge of the image on screen
WIDTH = 760  # of the window, for the longest row of buttons


class Window:
    """A window over a session; keys and buttons do the same. `run()` returns when it is closed."""

    def __init__(self, session: Session) -> None:
        """Build the window and show the first image.

        Raises:
            OSError: there is no screen.
        """
        self.session = session
        try:
            self.root = tkinter.Tk()
        except tkinter.TclError as error:
            raise OSError(
                f"no window can be opened ({error}); label in notebook 05 instead, which needs none"
            ) from None
        self.root.title("Label emotions")
        self.image = tkinter.Label(self.root, width=WIDTH, height=SIZE)  # of one size, so that nothing jumps
        self.status = tkinter.Label(self.root, font=("TkDefaultFont", 12), wraplength=WIDTH)
        self.buttons = tkinter.Frame(self.root)
        for part in (self.image, self.status, self.buttons):
            part.pack(padx=12, pady=6)
        self.root.bind("<Key>", lambda event: self.press(event.char))
        self._show()

    def run(self) -> None:
        """Take keys until the window is closed, or the program is stopped (Ctrl-C, a kill)."""
        self.root.focus_force()
        self._tick()
        with machine.when_stopped(lambda: self.root.after_idle(self.root.destroy)):
            self.root.mainloop()

    def press(self, key: str) -> None:
        """Pass a key to the session and show the outcome; ring if it could not be saved."""
        self.session.press(key)
        if self.session.trouble:
            self.root.bell()
        self._show()

    def _tick(self) -> None:
        """Let Python look at its signals, which it does not while Tk waits."""
        self.root.after(200, self._tick)

    def _show(self) -> None:
        self.photo = ImageTk.PhotoImage(Image.fromarray(self.session.image(SIZE)))  # kept, Tk holds no reference
        self.image.configure(image=self.photo)
        self.status.configure(text=self.session.status)
        for button in self.buttons.winfo_children():
            button.destroy()
        for key, meaning in self.session.keys.items():
            press = partial(self.press, key)
            tkinter.Button(self.buttons, text=f"{key}\n{meaning}", command=press, takefocus=0).pack(side="left")
