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
    "angry": (  # tense lips under a raised upper lip; a stare; bared teeth; a shout
        (0.24, {4: (1, 1.1), 7: (1, 0.8), 10: (0.8, 0.55), 9: (0.7, 0.4), 23: (0.7, 0.4), 24: (0.8, 0.5),
                20: (0.4, 0.3)}),
        (0.18, {4: (1, 1.1), 5: (1, 0.5), 7: (1, 0.7), 10: (0.8, 0.5), 9: (0.5, 0.4), 23: (1, 0.5), 20: (0.4, 0.3)}),
        (0.30, {4: (1, 1.1), 7: (1, 0.8), 9: (0.5, 0.4), 10: (1, 0.6), 16: (0.6, 0.6), 20: (1, 0.5), 25: (1, 0.8),
                26: (0.2, 0.4)}),
        (0.28, {4: (1, 1.1), 7: (1, 0.7), 10: (1, 0.6), 16: (0.6, 0.4), 20: (0.7, 0.5), 25: (1, 0.7), 26: (1, 1.1)}),
    ),
    "disgust": (  # the lower lip turned out of a squared mouth; the same with eyes shut; lips closed, corners down
        (0.72, {9: (1, 0.55), 10: (1, 0.95), 22: (1, 1.0), 15: (1, 1.05), 16: (1, 0.7), 17: (1, 0.8), 6: (1, 1.05),
                25: (1, 0.8), 26: (1, 0.5), 43: (1, 0.85), 4: (0.5, 0.3)}),
        (0.22, {9: (1, 0.60), 10: (1, 1.0), 22: (1, 1.0), 15: (1, 1.0), 16: (1, 0.7), 17: (1, 0.8), 6: (1, 1.05),
                25: (1, 0.8), 26: (0.8, 0.5), 43: (1, 1.0)}),
        (0.06, {9: (1, 0.85), 10: (1, 0.7), 17: (1, 0.75), 15: (1, 0.65), 7: (1, 0.7), 6: (0.8, 0.6), 4: (0.6, 0.45),
                43: (0.8, 0.4), 24: (0.5, 0.3)}),
    ),
    "fear": (  # lips pulled back; lips just parted; a scream
        (0.45, {1: (1, 1.0), 2: (0.5, 0.4), 4: (1, 0.8), 5: (1, 0.95), 20: (1, 0.8), 25: (1, 0.65), 16: (0.6, 0.5),
                10: (0.4, 0.3)}),
        (0.25, {1: (1, 1.0), 2: (0.4, 0.4), 4: (1, 0.8), 5: (1, 0.85), 20: (1, 0.6), 25: (1, 0.4), 15: (0.5, 0.3)}),
        (0.30, {1: (1, 1.0), 2: (0.5, 0.4), 4: (1, 0.8), 5: (1, 1.0), 20: (1, 1.0), 16: (1, 0.8), 25: (1, 0.85),
                10: (0.5, 0.4), 26: (1, 0.9)}),
    ),
    "happy": (  # a smile with teeth; a laugh; a smile with closed lips
        (0.60, {12: (1, 1.05), 25: (1, 1.05), 6: (0.85, 0.65), 10: (0.8, 0.6), 16: (0.7, 0.5), 7: (0.3, 0.4)}),
        (0.29, {12: (1, 1.05), 25: (1, 1.0), 26: (1, 0.95), 6: (1, 0.75), 7: (0.5, 0.4), 10: (0.8, 0.6),
                16: (0.7, 0.5)}),
        (0.11, {12: (1, 0.85), 6: (1, 0.65), 14: (0.2, 0.2)}),
    ),
    "neutral": ((1.0, {}),),
    "sad": (  # oblique brows; a heavy look; close to tears; crying
        (0.34, {1: (1, 1.1), 4: (1, 0.65), 15: (1, 0.85), 17: (0.6, 0.4), 43: (1, 0.40), 7: (0.4, 0.3)}),
        (0.26, {1: (1, 0.9), 4: (1, 0.70), 15: (1, 0.8), 17: (0.5, 0.4), 43: (1, 0.60)}),
        (0.20, {1: (1, 1.1), 4: (1, 0.75), 6: (1, 0.6), 7: (1, 0.5), 15: (1, 0.8), 20: (0.6, 0.5), 25: (1, 0.5),
                17: (0.5, 0.4), 43: (1, 0.35)}),
        (0.20, {1: (1, 1.1), 4: (1, 0.8), 6: (1, 0.9), 7: (1, 0.6), 43: (1, 0.5), 20: (1, 0.9), 15: (1, 0.6),
                10: (0.6, 0.4), 25: (1, 1.0), 26: (1, 0.7)}),
    ),
    "surprise": (  # the jaw drops; opens wide; lips just parted
        (0.45, {1: (1, 0.85), 2: (1, 1.0), 5: (1, 1.1), 25: (1, 0.5), 26: (1, 0.95)}),
        (0.35, {1: (1, 0.9), 2: (1, 1.0), 5: (1, 1.1), 25: (1, 0.4), 27: (1, 0.85)}),
        (0.20, {1: (1, 0.9), 2: (1, 1.0), 5: (1, 1.1), 25: (1, 0.7), 26: (1, 0.45)}),
    ),
    "contempt": ((1.0, {12: (1, 0.50), 14: (1, 1.0), 10: (0.2, 0.25)}),),  # on one side only
}  # fmt: skip
JITTER = 0.15  # sd of the logarithm of a unit's strength, from image to image
STYLE = 0.10  # the same from person to person, each half of the face on its own
REST = 0.018  # mean of the small activity that is there without any emotion
HABIT = 0.05  # mean of a person's own, which stays from image to image
TALK = {25: 0.65, 26: 0.35, 16: 0.4, 20: 0.25, 24: 0.3}  # units of a talking mouth and their largest strength
REST_UNITS = (1, 2, 4, 6, 7, 12, 15, 17, 20, 24, 43)


def draw(subject: Subject, emotion: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one way in which this subject shows an emotion.

    Returns:
        The units at full strength and the units at rest, both float64 (21, 2): right, left, in [0, 1]. At intensity t
        the face shows `rest + t * full`.

    Raises:
        ValueError: unknown emotion.
    """
    if emotion not in VARIANTS:
        raise ValueError(f"emotion is {emotion!r}; expected one of {', '.join(EMOTIONS_8)}")
    style, choices = subject.rng(5), VARIANTS[emotion]
    gain = np.exp(style.normal(0, STYLE, (len(UNITS), 2)))
    taste = np.array([p for p, _ in choices]) * np.exp(style.normal(0, 1, len(choices)))
    recipe = choices[int(rng.choice(len(choices), p=taste / taste.sum()))][1]
    full, rest = np.zeros((len(UNITS), 2)), np.zeros((len(UNITS), 2))
    for unit, (share, strength) in recipe.items():
        if rng.uniform() < share:
            both = strength * subject.traits.expressive * np.exp(rng.normal(0, JITTER))
            full[UNITS.index(unit)] = both * gain[UNITS.index(unit)] * np.exp(rng.normal(0, 0.06) * np.array([1, -1]))
    if emotion == "contempt":
        full[:, int(rng.integers(2))] *= rng.uniform(0, 0.08)
    for unit, habit in zip(REST_UNITS, style.exponential(HABIT, len(REST_UNITS)), strict=True):
        rest[UNITS.index(unit)] = habit + rng.exponential(REST)
    return full.clip(0, 1.15), rest


def at(full: np.ndarray, rest: np.ndarray, intensity: float) -> np.ndarray:
    """Return the action units (21, 2) at an intensity.

    Args:
        full: the units (21, 2) at full intensity.
        rest: the units (21, 2) of the resting face.
        intensity: in [0, 1].
    """
    return (rest * (1 - 0.5 * intensity) + intensity * full).clip(0, 1)


def beside(strength: np.ndarray, scene: str, rng: np.random.Generator) -> np.ndarray:
    """Return the action units (21, 2) with what faces do beside an emotion: blink, in `wild` also talk and look tired.

    Args:
        strength: the units (21, 2) of the emotion.
        scene: "lab" or "wild".
        rng: decides who is caught at what.
    """
    extra, chance = np.zeros(len(UNITS)), rng.uniform(size=3)
    if chance[0] < 0.02:
        extra[UNITS.index(43)] = rng.uniform(0.3, 0.9)
    if scene == "wild" and chance[1] < 0.12:
        extra[UNITS.index(43)] = max(extra[UNITS.index(43)], rng.uniform(0.15, 0.5))
    if scene == "wild" and chance[2] < 0.2:
        for unit, most in TALK.items():
            extra[UNITS.index(unit)] = rng.uniform(0, most)
    return np.maximum(strength, extra[:, None])


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
