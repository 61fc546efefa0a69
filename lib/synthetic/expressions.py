"""Emotions as distributions over action units.

Prototypes and shares of people from Du, Tao and Martinez (2014, Table 1) and EMFACS; how strong each unit is at full
strength, the jitter and the asymmetry are ours. One common scale on all units is a simplification: in people the units
that classify and those that bear intensity partly differ and peak at different times.
"""

import numpy as np

from lib.emotions import EMOTIONS_8
from lib.synthetic.people import Subject
from lib.synthetic.units import UNITS

# emotion: (probability, {unit: (share of people, strength at 100 %)}); a share of 1: the unit is part of the prototype
VARIANTS: dict[str, tuple[tuple[float, dict[int, tuple[float, float]]], ...]] = {
    "angry": (
        (0.45, {4: (1, 1.0), 7: (1, 0.85), 24: (1, 0.9), 17: (0.52, 0.45), 9: (0.2, 0.2)}),
        (0.35, {4: (1, 1.0), 5: (1, 0.55), 7: (1, 0.7), 23: (1, 0.9), 24: (0.4, 0.4)}),
        (0.20, {4: (1, 1.0), 7: (1, 0.9), 10: (1, 0.45), 25: (1, 0.55), 16: (0.5, 0.5), 23: (0.29, 0.4)}),
    ),
    "disgust": (
        (
            0.65,
            {
                9: (1, 0.95),
                10: (1, 0.85),
                17: (1, 0.55),
                4: (0.31, 0.45),
                24: (0.26, 0.25),
                7: (0.5, 0.4),
                6: (0.3, 0.3),
            },
        ),
        (0.35, {9: (1, 1.0), 15: (1, 0.5), 16: (1, 0.6), 10: (0.7, 0.7), 25: (0.6, 0.4), 7: (0.5, 0.4)}),
    ),
    "fear": (
        (
            0.55,
            {
                1: (1, 0.95),
                4: (1, 0.55),
                20: (1, 0.95),
                25: (1, 0.8),
                2: (0.57, 0.45),
                5: (0.63, 0.9),
                26: (0.33, 0.35),
            },
        ),
        (
            0.45,
            {
                1: (1, 1.0),
                2: (1, 0.5),
                4: (1, 0.6),
                5: (1, 1.0),
                7: (0.5, 0.25),
                20: (1, 0.95),
                25: (1, 0.6),
                26: (0.6, 0.3),
            },
        ),
    ),
    "happy": (
        (0.75, {12: (1, 0.95), 25: (1, 0.75), 6: (0.75, 0.85), 26: (0.25, 0.3)}),
        (0.25, {12: (1, 0.95), 6: (1, 0.85), 14: (0.2, 0.2)}),
    ),
    "neutral": ((1.0, {}),),
    "sad": (
        (0.35, {4: (1, 0.45), 15: (1, 0.95), 1: (0.6, 1.0), 6: (0.5, 0.25), 17: (0.67, 0.55), 43: (0.3, 0.16)}),
        (0.65, {1: (1, 1.0), 4: (1, 0.4), 15: (1, 0.95), 17: (0.67, 0.5), 43: (0.4, 0.18)}),
    ),
    "surprise": (
        (0.6, {1: (1, 1.0), 2: (1, 1.0), 25: (1, 0.6), 26: (1, 1.0), 5: (0.66, 0.85)}),
        (0.4, {1: (1, 1.0), 2: (1, 1.0), 5: (1, 0.9), 25: (1, 0.5), 27: (1, 0.85)}),
    ),
    "contempt": ((1.0, {12: (1, 0.62), 14: (1, 1.0), 10: (0.2, 0.25)}),),  # on one side only
}
JITTER = 0.15  # sd of the logarithm of a unit's strength, from image to image
REST = 0.018  # mean of the small activity that is there without any emotion
_REST_UNITS = (1, 2, 4, 6, 7, 12, 15, 17, 20, 24)


def draw(subject: Subject, emotion: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one way in which this subject shows an emotion.

    Returns:
        The units at full strength and the units at rest, both float64 (20, 2): right, left, in [0, 1]. At intensity t
        the face shows `rest + t * full`.

    Raises:
        ValueError: unknown emotion.
    """
    if emotion not in VARIANTS:
        raise ValueError(f"emotion is {emotion!r}; expected one of {', '.join(EMOTIONS_8)}")
    choices = VARIANTS[emotion]
    recipe = choices[int(rng.choice(len(choices), p=[p for p, _ in choices]))][1]
    full = np.zeros((len(UNITS), 2))
    for unit, (share, strength) in recipe.items():
        if rng.uniform() < share:
            both = strength * subject.traits.expressive * np.exp(rng.normal(0, JITTER))
            full[UNITS.index(unit)] = both * np.exp(rng.normal(0, 0.06) * np.array([1, -1]))
    if emotion == "contempt":
        full[:, int(rng.integers(2))] *= rng.uniform(0, 0.08)
    rest = np.zeros((len(UNITS), 2))
    for unit in _REST_UNITS:
        rest[UNITS.index(unit)] = rng.exponential(REST)
    return full.clip(0, 1.15), rest


def at(full: np.ndarray, rest: np.ndarray, intensity: float) -> np.ndarray:
    """Return the action units (20, 2) at an intensity.

    Args:
        full: the units (20, 2) at full intensity.
        rest: the units (20, 2) of the resting face.
        intensity: in [0, 1].
    """
    return (rest * (1 - 0.5 * intensity) + intensity * full).clip(0, 1)


def course(frames: int, release: bool, rng: np.random.Generator) -> np.ndarray:
    """Return the share of the peak over time: onset faster than offset, with a hold between.

    Args:
        frames: at least 1.
        release: whether the face relaxes again; without it the last frame is the peak.
        rng: for the times.

    Returns:
        float64, shape (frames,), in [0, 1].
    """
    t = np.linspace(0, 1, frames) if frames > 1 else np.ones(1)
    start, onset = rng.uniform(0.05, 0.12), rng.uniform(0.18, 0.28)
    if not release:
        return _smooth((t - start) / (0.92 - start))
    hold = rng.uniform(0.2, 0.3)
    offset = 0.95 - start - onset - hold
    return np.minimum(_smooth((t - start) / onset), 1 - _smooth((t - start - onset - hold) / offset))


def _smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
