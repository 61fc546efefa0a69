"""The two pages of the window: what they show, and which of their buttons asks for what."""

import tkinter
from collections.abc import Callable
from tkinter import font, ttk

import cv2
import numpy as np
from PIL import Image, ImageTk

from lib.emotions import COLOURS
from lib.live import overlay
from lib.live.reader import Read

DARK, LIGHT = "#1a1a2e", "#ffffff"
TEXT = 11  # points, so that letters grow with the screen's resolution
HELP = "Ctrl+O open    Enter press    Left, Right next face    Esc back    Ctrl+Q exit"


class _Page(ttk.Frame):
    """A page that fills the window, or is not there."""

    def __init__(self, root: tkinter.Tk) -> None:
        super().__init__(root, padding=12)

    def show(self) -> None:
        """Fill the window."""
        self.pack(fill="both", expand=True)

    def hide(self) -> None:
        """Leave the window, and the way of the Tab key."""
        self.pack_forget()


class MainPage(_Page):
    """Title and two buttons.

    Args:
        root: the window.
        enter: called by "Emotion detection".
        leave: called by "Exit".
    """

    def __init__(self, root: tkinter.Tk, enter: Callable, leave: Callable) -> None:
        super().__init__(root)
        for name in ("TkDefaultFont", "TkTextFont"):
            font.nametofont(name).configure(size=TEXT)
        letter = font.nametofont("TkDefaultFont").measure("0")
        root.minsize(58 * letter, 36 * letter)
        wide, high = min(110 * letter, root.winfo_screenwidth()), min(68 * letter, root.winfo_screenheight())
        root.geometry(f"{wide}x{high}")
        box = ttk.Frame(self)
        box.pack(expand=True)
        ttk.Label(box, text="Facial emotion recognition", font=("TkDefaultFont", 2 * TEXT)).pack(pady=20)
        self._first = ttk.Button(box, text="Emotion detection", command=enter, width=24)
        for button in (self._first, ttk.Button(box, text="Exit", command=leave, width=24)):
            button.pack(pady=8, ipady=6)

    def show(self) -> None:
        """Fill the window, the first button chosen."""
        super().show()
        self._first.focus_set()


class DetectionPage(_Page):
    """An image or a frame with its faces, a bar per emotion, a field for a path, and a line of words.

    Attributes:
        read: what is shown, None for nothing.
        path: of the field.

    Args:
        root: the window.
        back: called by "Back".
        choose_file: by "Open".
        choose_model: by "Model".
        camera: by "Camera".
        open_path: by the field, with its text.
        detect: by "Detect emotion".
    """

    def __init__(
        self, root: tkinter.Tk, back: Callable, choose_file: Callable, choose_model: Callable, camera: Callable,
        open_path: Callable[[str], None], detect: Callable,
    ) -> None:  # fmt: skip
        super().__init__(root)
        self.read: Read | None = None
        self.path = tkinter.StringVar()
        self._words, self._revealed, self._chosen = tkinter.StringVar(), False, 0
        self._letter = font.nametofont("TkDefaultFont").measure("0")
        self._row = font.nametofont("TkDefaultFont").metrics("linespace")
        commands = {"Back": back, "Open": choose_file, "Camera": camera, "Model": choose_model}
        self._top(commands, open_path)
        self._middle()
        self._bottom(detect)

    def show(self) -> None:
        """Fill the window, the field ready for another path."""
        if not self.winfo_manager():
            super().show()
            self._field.focus_set()
            self._field.select_range(0, "end")

    def say(self, text: str) -> None:
        """Show a sentence at the foot of the page."""
        self._words.set(text)

    def clear(self) -> None:
        """Show nothing, until an image comes."""
        self.read, self._revealed, self._chosen = None, False, 0
        self._redraw()

    def draw(self, read: Read) -> None:
        """Show an image or a frame; boxes always, emotions after `reveal`."""
        first = self.read is None
        self.read = read
        self._chosen = min(self._chosen, max(0, len(read.answers) - 1))
        if first:
            self._button.focus_set()
        self._redraw()

    def reveal(self) -> None:
        """Show emotion and bars of every face from now on."""
        self._revealed = True
        if self.read:
            self.say("; ".join(f"{one.number}: {self._in_words(one)}" for one in self.read.answers))
            self._redraw()

    def choose(self, step: int) -> None:
        """Show the bars of the next face (1) or the one before (-1), but for a cursor that moves in the field."""
        if self.read and self.read.answers and self.focus_get() is not self._field:
            self._chosen = (self._chosen + step) % len(self.read.answers)
            self._redraw()

    def _top(self, commands: dict[str, Callable], open_path: Callable[[str], None]) -> None:
        bar = ttk.Frame(self)
        bar.grid(row=0, column=0, columnspan=2, sticky="ew")
        for name, command in commands.items():
            ttk.Button(bar, text=name, command=command, width=8).pack(side="left", padx=(0, 6))
        self._field = ttk.Entry(bar, textvariable=self.path)
        ttk.Button(bar, text="Show", command=lambda: open_path(self.path.get().strip()), width=6).pack(side="right")
        self._field.pack(side="left", fill="x", expand=True, padx=(6, 6))
        self._field.bind("<Control-a>", lambda _: self._field.select_range(0, "end") or "break")
        self._field.bind("<Return>", lambda _: open_path(self.path.get().strip()))

    def _middle(self) -> None:
        self._canvas = tkinter.Canvas(self, background=DARK, highlightthickness=0)
        self._bars = tkinter.Canvas(self, width=26 * self._letter, highlightthickness=0)
        self._canvas.grid(row=1, column=0, sticky="nsew", pady=10)
        self._bars.grid(row=1, column=1, sticky="ns", padx=(10, 0), pady=10)
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self._canvas.bind("<Configure>", lambda _: self._redraw())
        self._canvas.bind("<Button-1>", self._clicked)

    def _bottom(self, detect: Callable) -> None:
        self._button = ttk.Button(self, text="Detect emotion", command=detect)
        self._button.grid(row=2, column=1, sticky="ew", padx=(10, 0))
        words = ttk.Label(self, textvariable=self._words, anchor="w")
        words.grid(row=2, column=0, sticky="ew")
        words.bind("<Configure>", lambda event: words.configure(wraplength=event.width))
        ttk.Label(self, text=HELP, foreground="#666666").grid(row=3, column=0, columnspan=2, sticky="w", pady=(6, 0))

    def _redraw(self) -> None:
        self._canvas.delete("all")
        self._bars.delete("all")
        if self.read is None:
            x, y = self._canvas.winfo_width() / 2, self._canvas.winfo_height() / 2
            self._canvas.create_text(x, y, text="no image", fill="#9999aa")
            return
        self._draw_image()
        for place, one in enumerate(self.read.answers):
            self._draw_box(place, one)
        if self._revealed and self.read.answers:
            self._draw_bars()

    def _draw_image(self) -> None:
        high, wide = self.read.image.shape[:2]
        room = (max(self._canvas.winfo_width(), 16), max(self._canvas.winfo_height(), 16))
        self._share = min(room[0] / wide, room[1] / high)
        size = (max(1, round(wide * self._share)), max(1, round(high * self._share)))
        self._corner = np.array([(room[0] - size[0]) / 2, (room[1] - size[1]) / 2])
        way = cv2.INTER_AREA if self._share < 1 else cv2.INTER_LINEAR
        shown = cv2.resize(self.read.image, size, interpolation=way)
        self._photo = ImageTk.PhotoImage(Image.fromarray(shown))  # kept, Tk holds no reference
        left, top = self._corner
        self._canvas.create_image(left, top, image=self._photo, anchor="nw")

    def _draw_box(self, place: int, one: overlay.Answer) -> None:
        colour = COLOURS[one.emotion] if self._revealed else "#00b0d8"
        x, y, width, height = self._share * np.array(one.box)
        left, top = self._corner + np.array([x, y])
        thick = self._letter // 2 if place == self._chosen else 2
        self._canvas.create_rectangle(left, top, left + width, top + height, outline=colour, width=thick)
        words = f"{one.number} {one.emotion}" if self._revealed else str(one.number)
        self._label(left, top, words, colour, "sw")

    def _label(self, x: float, y: float, words: str, colour: str, anchor: str) -> None:
        """Write white letters on a ground of a colour."""
        text = self._canvas.create_text(x + 3, max(y, self._row), text=words, fill=LIGHT, anchor=anchor)
        left, top, right, bottom = self._canvas.bbox(text)
        ground = self._canvas.create_rectangle(left - 3, top, right + 3, bottom, fill=colour, width=0)
        self._canvas.tag_lower(ground, text)

    def _draw_bars(self) -> None:
        one, read = self.read.answers[self._chosen], self.read
        kind = "probability" if one.intensities is None else "intensity"
        self._bars.create_text(0, 0, text=self._in_words(one), anchor="nw", font=("TkDefaultFont", TEXT, "bold"))
        face = f"face {self._chosen + 1} of {len(read.answers)}: {kind} of each emotion"
        text = self._bars.create_text(0, 1.4 * self._row, text=face, anchor="nw", width=26 * self._letter)
        y = self._bars.bbox(text)[3] + self._row
        for emotion, value in zip(read.emotions, one.bars, strict=True):
            end = (9 + 11 * float(np.clip(value, 0, 1))) * self._letter
            self._bars.create_text(0, y, text=emotion, anchor="nw")
            self._bars.create_rectangle(9 * self._letter, y, end, y + self._row, fill=COLOURS[emotion], width=0)
            self._bars.create_text(26 * self._letter, y, text=f"{value:.0%}", anchor="ne")
            y += 1.5 * self._row
        if read.rate:
            self._bars.create_text(0, y + self._row, text=f"{read.rate:.0f} frames a second", anchor="nw")

    def _in_words(self, one: overlay.Answer) -> str:
        return overlay.in_words(one, self.read.emotions)

    def _clicked(self, event: tkinter.Event) -> None:
        """Choose the face that was clicked."""
        self._canvas.focus_set()
        if self.read:
            point = (np.array([event.x, event.y]) - self._corner) / self._share
            boxes = [np.array(one.box) for one in self.read.answers]
            hits = [k for k, box in enumerate(boxes) if (box[:2] <= point).all() and (point <= box[:2] + box[2:]).all()]
            self._chosen = hits[-1] if hits else self._chosen
            self._redraw()
