"""The window: a main page with two buttons, and a page that shows an image or a video with its faces (tkinter).

After the program of paper B. Nothing is computed here: `lib.predict` answers, `lib.live.play` plays, both in other
threads. The camera is off until its button is pressed, and nothing is recorded.
"""

import tkinter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tkinter import filedialog

import cv2

from lib import images, machine
from lib.live import play, smooth
from lib.live.jobs import Jobs
from lib.live.pages import DetectionPage, MainPage
from lib.live.places import Line
from lib.live.reader import Read, answer
from lib.predict import Predictor
from lib.predict.answers import VIDEOS

TICK = 15  # ms between two looks at what the threads have made
SHOWN = 2048  # pixels, longer side of what is kept for the screen; the answers come from the whole image


class Window:
    """The window; `run()` returns when it is closed.

    Args:
        model: name of a network of the study, or a file.
        source: image or video to open at once, or the number of a camera; None shows the main page.
        intensity: a second network, which gives intensities.
        smoothing: of videos, a filter of `lib.live.smooth`.

    Raises:
        OSError: there is no screen.
    """

    def __init__(
        self,
        model: str = "real_faces",
        source: str | int | None = None,
        intensity: str | None = None,
        smoothing: str = smooth.DEFAULT,
    ) -> None:
        try:
            self.root = tkinter.Tk()
        except tkinter.TclError as error:
            raise OSError(f"no window can be opened ({error}); python -m lib.cli predict needs none") from None
        self.root.title("Emotion detection")
        self.root.protocol("WM_DELETE_WINDOW", self.leave)
        self._jobs, self._predictor, self._line = Jobs(), None, None
        self._intensity, self._smoothing = intensity, smoothing
        self._newest: Read | None = None  # of the video; its thread writes, the window reads
        self._opened = 0  # counts what was opened or left: a late answer about something earlier is dropped
        self.main = MainPage(self.root, self.enter, self.leave)
        self.page = DetectionPage(
            self.root, self.back, self.choose_file, self.choose_model, lambda: self.open(0), self.open, self.detect
        )
        self._bind()
        self.load(model)
        self.main.show() if source is None else self.open(source)
        self._tick()

    def run(self) -> None:
        """Show the window until it is closed, or the program is stopped (Ctrl-C, a kill)."""
        with machine.when_stopped(lambda: self.root.after_idle(self.leave)):
            self.root.mainloop()

    def enter(self) -> None:
        """Go to the detection page."""
        self.main.hide()
        self.page.show()

    def back(self) -> None:
        """Go to the main page; a video or the camera ends, and what is being opened is dropped."""
        self._stop()
        if self.page.read is None:
            self.page.say("Stopped.")
        self.page.hide()
        self.main.show()

    def leave(self) -> None:
        """Close the window, and wait for what it has begun."""
        self._stop()
        self.root.after_cancel(self._timer)
        self.root.destroy()
        self._jobs.finish()

    def choose_file(self) -> None:
        """Ask for an image or a video and open it."""
        self.enter()
        path = filedialog.askopenfilename(parent=self.root, title="Open an image or a video")
        if path:
            self.open(path)

    def choose_model(self) -> None:
        """Ask for the file of a network and load it."""
        path = filedialog.askopenfilename(parent=self.root, title="Load a model", filetypes=[("models", "*.tflite")])
        if path:
            self.load(path)

    def load(self, model: str) -> None:
        """Load a network; one that cannot be used leaves the one before in its place."""
        self.page.say(f"Loading the model {Path(model).stem} ...")
        self._jobs.start(partial(self._load, model), partial(self._loaded, self._opened), self._not_loaded)

    def open(self, source: str | int) -> None:
        """Open an image, or play a video or a camera."""
        self.enter()
        self._stop()
        self.page.clear()
        if source == "":
            self.page.say("Type the path of an image or a video, or choose one with Open.")
            return
        self.page.say(f"Opening {'the camera' if isinstance(source, int) else Path(source).name} ...")
        self.page.path.set("" if isinstance(source, int) else source)
        if isinstance(source, int) or Path(source).suffix.lower() in VIDEOS:
            self._jobs.start(lambda: source, self._current(self._play), self.page.say)  # behind the model
        else:
            self._jobs.start(partial(self._read, source), self._current(self._show), self._current(self.page.say))

    def detect(self) -> None:
        """Show emotion and bars of the faces."""
        if self.page.read is None:
            self.page.say("Open an image first.")
        elif not self.page.read.answers:
            self.page.say("There is no face in this image; try one where a face is larger or turned to the camera.")
        else:
            self.page.reveal()

    def _bind(self) -> None:
        self.root.bind_class("TButton", "<Return>", lambda event: event.widget.invoke())
        keys = {
            "<Control-o>": self.choose_file,
            "<Control-q>": self.leave,
            "<Escape>": self.back,
            "<Left>": partial(self.page.choose, -1),
            "<Right>": partial(self.page.choose, 1),
        }
        for key, call in keys.items():
            self.root.bind(key, lambda _, call=call: call())

    def _tick(self) -> None:
        try:
            self._jobs.deliver()
            if self._line and self._newest is not None and self._newest is not self.page.read:
                self.page.draw(self._newest)
        finally:
            self._timer = self.root.after(TICK, self._tick)

    def _current(self, call: Callable) -> Callable:
        """Return `call`, without effect once something else was opened."""
        opened = self._opened
        return lambda outcome: call(outcome) if opened == self._opened else None

    def _load(self, model: str) -> str:
        """Load a network in the thread that reads the next image with it."""
        self._predictor = Predictor.load(model, self._intensity)
        return model

    def _loaded(self, opened: int, model: str) -> None:
        self.page.say(f"The model {Path(model).stem} is loaded. Open an image or a video.")
        path = self.page.path.get()  # empty after a camera
        if opened == self._opened and self.page.read is not None and path and not self._line:
            self.open(path)  # the image again, with the new model

    def _not_loaded(self, reason: str) -> None:
        self.page.say(reason + (". The model before stays." if self._predictor else ""))

    def _read(self, path: str) -> Read:
        """Return an image with its answers."""
        if self._predictor is None:
            raise ValueError("There is no model; load one, then open the image again.")
        image, emotions = images.to_rgb(images.read(path)), self._predictor.emotions
        faces = enumerate(self._predictor.predict(image), 1)
        return _reduced(Read(0.0, image, [answer(face, emotions, number) for number, face in faces], emotions))

    def _show(self, read: Read) -> None:
        self.page.draw(read)
        count = len(read.answers)
        if count:
            self.page.say(f"{count} {'face' if count == 1 else 'faces'} detected. Press Detect emotion.")
        else:
            self.detect()

    def _play(self, source: str | int) -> None:
        if self._predictor is None:
            self.page.say("There is no model; load one, then open the video again.")
            return
        self._newest, self._line = None, play.live(source, self._predictor, self._smoothing)
        self.page.reveal()
        self.page.say("Playing; Esc ends it.")
        ended = self._current(lambda seconds: self._ended(play.ending(source, seconds)))
        self._jobs.beside(partial(self._follow, self._line, self._opened), ended, self._current(self._ended))

    def _follow(self, line: Line, opened: int) -> float:
        """Keep the newest frame of a line for the window; return the time of its last one."""
        seconds = 0.0
        for read in line:
            seconds = read.seconds
            if opened == self._opened:
                self._newest = read
        return seconds

    def _ended(self, sentence: str) -> None:
        self._line = None
        self.page.say(sentence)

    def _stop(self) -> None:
        """End a video or the camera, or one that is about to begin; its last frame stays."""
        self._opened += 1
        if self._line:
            self._line.close()
            self._line = None
            self.page.say("Stopped.")


def _reduced(read: Read) -> Read:
    """Return an image of at most `SHOWN` pixels a side with its boxes."""
    share = SHOWN / max(read.image.shape)
    if share >= 1:
        return read
    image = cv2.resize(read.image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    answers = [replace(one, box=tuple(share * part for part in one.box)) for one in read.answers]
    return replace(read, image=image, answers=answers)
