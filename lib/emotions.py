"""The emotions, their order inside models, and their colours."""

from collections.abc import Iterable, Sequence

import numpy as np

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")  # paper A, every matrix
EMOTIONS_8 = (*EMOTIONS, "contempt")  # contempt: CK+ and AffectNet only; paper A leaves it out
COLOURS = {
    "angry": "#c0392b",
    "disgust": "#6b8e23",
    "fear": "#7d3c98",
    "happy": "#e6a700",
    "neutral": "#7f8c8d",
    "sad": "#2e6fb0",
    "surprise": "#e67e22",
    "contempt": "#5d4037",
}


def index(names: Iterable[str], emotions: Sequence[str] = EMOTIONS) -> np.ndarray:
    """Return the position of each name in `emotions`, int64 (N,).

    Raises:
        ValueError: a name is not one of `emotions`.
    """
    names = list(names)
    unknown = sorted({str(name) for name in names} - set(emotions))
    if unknown:
        raise ValueError(f"unknown emotion {', '.join(map(repr, unknown))}; expected one of {', '.join(emotions)}")
    return np.array([emotions.index(name) for name in names], dtype=np.int64)


def names(outputs: np.ndarray, emotions: Sequence[str] = EMOTIONS) -> np.ndarray:
    """Return the emotion of the largest output, str of shape (...).

    Args:
        outputs: (..., K) probabilities or intensities.
        emotions: the classes, K of them.
    """
    return np.asarray(emotions)[np.argmax(outputs, axis=-1)]


def intensity_vector(names: Iterable[str], intensities: Iterable[float]) -> np.ndarray:
    """Return regression targets, float32 (N, 7): 20 % happy is happy .2 and neutral .8 (paper A, regression).

    Args:
        names: N emotions of the seven.
        intensities: N numbers in [0, 1]; ignored where the emotion is neutral.

    Raises:
        ValueError: an unknown emotion, or an intensity outside [0, 1] or not a number.
    """
    positions = index(names)
    strength = np.asarray(list(intensities), dtype=np.float32)
    neutral = EMOTIONS.index("neutral")
    strength = np.where(positions == neutral, 0.0, strength).astype(np.float32)
    if not np.all((strength >= 0) & (strength <= 1)):
        raise ValueError("intensities must be numbers in [0, 1]; neutral alone may have none")
    targets = np.zeros((len(positions), len(EMOTIONS)), dtype=np.float32)
    targets[np.arange(len(positions)), positions] = strength
    targets[:, neutral] += 1 - strength
    return targets
