"""Steadier answers: filters over the outputs of successive frames, each with its delay.

A filter is called with the time of a frame and its outputs (7,) and returns outputs (7,). All know the time between two
frames, so that a variable frame rate, a lost frame or a pause do not change what they do. The constants are ours;
notebook 17 measures them.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

AVERAGE = 0.15  # seconds after which the exponential average has followed a step by 63 %
WINDOW = 0.3  # seconds whose median is taken
SLOWEST = 0.6  # Hz, cutoff of the one-euro filter on an output at rest; lower is steadier and later
OPENING = 0.5  # by how many Hz its cutoff rises for a change of 1 per second; higher follows a movement sooner
DERIVATIVE = 1.0  # Hz, cutoff of the filter on that change, the authors' value
SHORTEST = 1e-3  # seconds between two frames; a file may give two frames one time
Filter = Callable[[float, np.ndarray], np.ndarray]


class Unchanged:
    """No smoothing."""

    def __call__(self, seconds: float, values: np.ndarray) -> np.ndarray:
        """Return outputs (7,) as they are."""
        return values


class Exponential:
    """Average in which a value's weight falls by 63 % every `AVERAGE` seconds."""

    def __init__(self) -> None:
        self._seconds, self._mean = 0.0, None

    def __call__(self, seconds: float, values: np.ndarray) -> np.ndarray:
        """Return the average (7,) after the outputs (7,) of a frame."""
        passed, self._seconds = _passed(seconds, self._seconds), seconds
        share = 1.0 if self._mean is None else 1 - np.exp(-passed / AVERAGE)
        self._mean = values if self._mean is None else self._mean + share * (values - self._mean)
        return self._mean


class Median:
    """Median of each output over the last `WINDOW` seconds; a single odd frame leaves no trace."""

    def __init__(self) -> None:
        self._frames: deque = deque()

    def __call__(self, seconds: float, values: np.ndarray) -> np.ndarray:
        """Return the medians (7,) after the outputs (7,) of a frame."""
        self._frames.append((seconds, values))
        while self._frames[0][0] < seconds - WINDOW:
            self._frames.popleft()
        return np.median([frame for _, frame in self._frames], axis=0)


class OneEuro:
    """One-euro filter: an average that is slow at rest and quick in a movement (Casiez, Roussel and Vogel 2012)."""

    def __init__(self) -> None:
        self._seconds, self._last, self._mean, self._change = 0.0, None, None, 0.0

    def __call__(self, seconds: float, values: np.ndarray) -> np.ndarray:
        """Return the filtered outputs (7,) after the outputs (7,) of a frame."""
        if self._mean is None:
            self._mean = values
        else:
            passed = _passed(seconds, self._seconds)
            change = (values - self._last) / passed
            self._change = self._change + _share(DERIVATIVE, passed) * (change - self._change)
            cutoff = SLOWEST + OPENING * np.abs(self._change)
            self._mean = self._mean + _share(cutoff, passed) * (values - self._mean)
        self._seconds, self._last = seconds, values
        return self._mean


FILTERS: dict[str, type] = {
    "none": Unchanged,
    "exponential": Exponential,
    "median": Median,
    "one-euro": OneEuro,
}
DEFAULT = "exponential"  # by the rule of `lib.live.jitter.chosen`, on the sequences of notebook 17


def smoothing(name: str) -> Filter:
    """Return a new filter for the outputs of one face.

    Raises:
        ValueError: no such filter.
    """
    if name not in FILTERS:
        raise ValueError(f"smoothing is {name!r}; expected one of {', '.join(FILTERS)}")
    return FILTERS[name]()


def over(name: str, seconds: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return outputs (F, 7) after a filter, frame by frame, float (F, 7).

    Args:
        name: of the filter.
        seconds: (F,) time of each frame.
        outputs: (F, 7).
    """
    filtered = smoothing(name)
    return np.stack([filtered(at, values) for at, values in zip(seconds, outputs, strict=True)])


def _passed(seconds: float, before: float) -> float:
    return max(seconds - before, SHORTEST)


def _share(cutoff: float | np.ndarray, passed: float) -> float | np.ndarray:
    """Return how far a filter of a cutoff in Hz (scalar or (7,)) follows a value within some seconds, 0 to 1."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * passed))
