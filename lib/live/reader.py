"""A frame and its answers."""

import contextlib
import time
import weakref
from collections import deque
from dataclasses import dataclass

import numpy as np

from lib.images import Frame
from lib.live import smooth
from lib.live.track import Track, Tracker
from lib.predict import Face, Predictor
from lib.predict.predictor import shares

COUNTED = 30  # frames over which the rate is taken


@dataclass(frozen=True, eq=False)
class Answer:
    """What is shown of one face.

    Attributes:
        number: of the face, from 1.
        box: x, y, width, height in pixels.
        emotion: the class of the largest probability.
        probabilities: float (7,), in the order of the predictor's classes.
        intensities: float (7,) in [0, 1], likewise; None where the predictor gives none.
    """

    number: int
    box: tuple[float, float, float, float]
    emotion: str
    probabilities: np.ndarray
    intensities: np.ndarray | None

    @property
    def bars(self) -> np.ndarray:
        """The values (7,) to be drawn: intensities, or probabilities where there are none."""
        return self.probabilities if self.intensities is None else self.intensities


@dataclass(frozen=True, eq=False)
class Read:
    """A frame that was read.

    Attributes:
        seconds: its time.
        image: uint8 RGB (H, W, 3).
        answers: of its faces, largest first.
        emotions: the classes.
        rate: frames read per second, over the last of them; 0 at the first.
    """

    seconds: float
    image: np.ndarray
    answers: list[Answer]
    emotions: tuple[str, ...]
    rate: float = 0.0


class Reader:
    """Reads one frame after another: faces, their numbers, emotions and intensities, smoothed for each face by itself.

    Args:
        predictor: answers for a face.
        smoothing: name of a filter of `lib.live.smooth`.

    Raises:
        ValueError: no such filter.
    """

    def __init__(self, predictor: Predictor, smoothing: str = smooth.DEFAULT) -> None:
        smooth.smoothing(smoothing)  # refuses an unknown name here, not at the first face
        self._predictor, self._smoothing, self._tracker = predictor, smoothing, Tracker()
        self._filters: weakref.WeakKeyDictionary[Track, smooth.Filter] = weakref.WeakKeyDictionary()
        self._clock: deque[float] = deque(maxlen=COUNTED)

    def __call__(self, frame: Frame) -> Read:
        """Return a frame with its answers."""
        seconds, image = frame
        answers = []
        for track in self._tracker(seconds, image):
            smoothed = self._filters.setdefault(track, smooth.smoothing(self._smoothing))
            with contextlib.suppress(ValueError):  # a head in profile spans no crop: no answer, as in `predict`
                face = self._predictor.answer(image, track.face)
                answers.append(answer(face, self._predictor.emotions, track.number, seconds, smoothed))
        self._clock.append(time.perf_counter())
        passed = self._clock[-1] - self._clock[0]
        rate = (len(self._clock) - 1) / passed if passed else 0.0
        return Read(seconds, image, answers, self._predictor.emotions, rate)


def answer(
    face: Face, emotions: tuple[str, ...], number: int = 1, seconds: float = 0.0, smoothed: smooth.Filter | None = None
) -> Answer:
    """Return what is shown of a face.

    Args:
        face: from a predictor.
        emotions: its classes.
        number: of the face.
        seconds: time of the frame.
        smoothed: filter of this face; None leaves the outputs as they are.
    """
    outputs = face.probabilities if face.intensities is None else np.concatenate([face.probabilities, face.intensities])
    if smoothed:
        outputs = smoothed(seconds, outputs)
    probabilities, intensities = np.split(outputs, [len(emotions)])
    probabilities = shares(probabilities)  # a median of shares need not sum to 1
    emotion = emotions[int(np.argmax(probabilities))]
    return Answer(number, face.box, emotion, probabilities, None if face.intensities is None else intensities)
