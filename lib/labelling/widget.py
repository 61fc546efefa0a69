"""The labelling session in a notebook (ipywidgets). `lib.labelling.window` is the one with a window of its own."""

import io
from collections.abc import Callable
from pathlib import Path

import ipywidgets
from PIL import Image

from lib.labelling.session import Session


def open_session(folder: Path | str, annotator: str = "") -> ipywidgets.Widget:
    """Return the widget of a new session; where another process has one open, a line that names it.

    A notebook that runs from end to end must not fail because somebody labels in another window.
    """
    try:
        return widget(Session(folder, annotator))
    except BlockingIOError as error:
        return ipywidgets.Label(str(error))


def widget(session: Session) -> ipywidgets.VBox:
    """Return image, line, buttons, and a field that takes keys as they are typed."""
    shown, status, buttons = ipywidgets.Image(format="png"), ipywidgets.Label(), ipywidgets.HBox()
    field = ipywidgets.Text(placeholder="click here and type keys", continuous_update=True)

    def show() -> None:
        data = io.BytesIO()
        Image.fromarray(session.image()).save(data, "PNG")
        shown.value, status.value = data.getvalue(), session.status
        buttons.children = [_button(key, meaning, press) for key, meaning in session.keys.items()]

    def press(key: str) -> None:
        session.press(key)
        show()

    def typed(change: dict) -> None:
        for key in change["new"]:
            press(key)
            if session.trouble:
                break  # the keys behind it were meant for another question
        field.value = ""

    field.observe(typed, "value")
    show()
    return ipywidgets.VBox([shown, status, buttons, field])


def _button(key: str, meaning: str, press: Callable[[str], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=f"{key} {meaning}", layout={"width": "auto"})
    button.on_click(lambda _: press(key))
    return button
