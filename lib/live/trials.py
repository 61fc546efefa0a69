"""What notebook 17 tries: a film of a rendered person, a slow reader in both kinds of line, the cost of a frame."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from lib import faces, synthetic
from lib.images import Frame
from lib.intensity.flicker import FIRST_SUBJECT, FRAMES_PER_SECOND
from lib.live import play
from lib.live.places import Line
from lib.live.reader import Read, Reader
from lib.predict import Predictor
from lib.timing import clock


def film(emotions: Sequence[str], frames: int, seed: int, size: tuple[int, int]) -> list[Frame]:
    """Return the frames of a rendered person who shows emotions one after another.

    Args:
        emotions: names.
        frames: of each emotion.
        seed: decides who and how.
        size: (height, width) in pixels.
    """
    who, images = synthetic.Subject(FIRST_SUBJECT + seed), []
    for number, emotion in enumerate(emotions):
        rng = np.random.default_rng([seed, number])
        images += [image for image, _ in synthetic.sequence(who, emotion, frames, rng, size=size)]
    return [(number / FRAMES_PER_SECOND, image) for number, image in enumerate(images)]


def tracked(reads: Sequence[Read]) -> tuple[int, int]:
    """Return in how many frames a face was read, and under how many numbers."""
    numbers = [answer.number for read in reads for answer in read.answers[:1]]
    return len(numbers), len(set(numbers))


def lateness(frames: Sequence[Frame], milliseconds: float) -> pd.DataFrame:
    """Return, for a reader that takes some ms a frame, frames lost and how late the last is, by kind of line."""
    rows = []
    for name, live in (("live: a new frame replaces an old one", True), ("not live: every frame", False)):
        line = Line(play.at_pace(iter(frames)), _slow(milliseconds), live)
        start, shown = time.monotonic(), [seconds for seconds, _ in line]
        late = time.monotonic() - start - (shown[-1] - frames[0][0])
        rows.append({"line": name, "frames": len(frames), "shown": len(shown), "last late by, s": max(0.0, late)})
    return pd.DataFrame(rows)


def cost(frames: Sequence[Frame], predictor: Predictor) -> pd.DataFrame:
    """Return milliseconds per frame: detection alone, detection in every frame and answer, following and answer."""
    calls: dict[str, Callable[[Frame], object]] = {
        "detection alone": lambda frame: faces.detect(frame[1]),
        "detection in every frame, answer": lambda frame: predictor.predict(frame[1]),
        "following, answer": Reader(predictor),
    }
    return clock.table(calls, frames, "per frame")


def _slow(milliseconds: float) -> Callable[[Frame], Frame]:
    def read(frame: Frame) -> Frame:
        time.sleep(milliseconds / 1000)
        return frame

    return read
