"""People: a subject is a seed, and traits are drawn from it.

The group attributes are ours, for auditing and for injecting a bias; they describe drawings, not people.
"""

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

AGE_BANDS = ("18-29", "30-49", "50-70")
FACIAL_HAIR = ("none", "stubble", "moustache", "goatee", "beard")
# sRGB of six skin tones from very light to very dark, after the Fitzpatrick scale (our choice of colours)
TONES = np.array([(238, 197, 174), (231, 185, 156), (221, 171, 136), (192, 136, 98), (146, 99, 70), (104, 71, 54)])
HAIR_COLOURS = {
    "black": (26, 22, 22), "dark brown": (58, 40, 30), "brown": (98, 68, 46),
    "blond": (196, 158, 102), "red": (140, 66, 34), "grey": (150, 148, 146),
}  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What a seed decides about a person beside the exact shape.

    Attributes:
        skin_tone: 1 (very light) to 6 (very dark).
        age_band: one of AGE_BANDS.
        age: 0 (young) to 1 (old), finer than the band.
        facial_hair: one of FACIAL_HAIR.
        glasses: whether worn.
        build: 0 soft and round to 1 angular and broad.
        hair_style: a key of `hair.STYLES`.
        hair_colour, iris, shirt, frame: sRGB in 0-255.
        make_up: 0 none to 1 strong.
        brow: thickness of the brows, 1 is usual.
        expressive: how strongly this person shows any emotion, 1 is usual.
    """

    skin_tone: int
    age_band: str
    age: float
    facial_hair: str
    glasses: bool
    build: float
    hair_style: str
    hair_colour: tuple[int, int, int]
    iris: tuple[int, int, int]
    shirt: tuple[int, int, int]
    frame: tuple[int, int, int]
    make_up: float
    brow: float
    expressive: float


@dataclass(frozen=True)
class Subject:
    """A person. The same seed is the same person in every image, on every machine.

    Attributes:
        seed: any integer from 0.
    """

    seed: int

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise ValueError(f"seed is {self.seed!r}; a subject needs an integer from 0")

    def rng(self, purpose: int) -> np.random.Generator:
        """Return a generator of this subject's own, a different one per purpose."""
        return np.random.default_rng((int(self.seed), purpose, 71))

    @cached_property
    def traits(self) -> Traits:
        """What the seed decided."""
        return _traits(self.rng(0))

    skin_tone = property(lambda self: self.traits.skin_tone, doc="1 (very light) to 6 (very dark).")
    age_band = property(lambda self: self.traits.age_band, doc="One of AGE_BANDS.")
    facial_hair = property(lambda self: self.traits.facial_hair, doc="One of FACIAL_HAIR.")
    glasses = property(lambda self: self.traits.glasses, doc="Whether glasses are worn.")

    def attributes(self) -> dict[str, object]:
        """Return the group attributes for a table: skin_tone, age_band, facial_hair, glasses."""
        return {name: asdict(self.traits)[name] for name in ("skin_tone", "age_band", "facial_hair", "glasses")}


def _traits(rng: np.random.Generator) -> Traits:
    """Draw a person. Male and female are not a switch: build, hair, beard and make-up only lean on one another."""
    tone, age = int(rng.integers(1, 7)), float(rng.uniform())
    band = AGE_BANDS[min(int(age * 3), 2)]
    build = float(np.clip(rng.choice([0.25, 0.75]) + rng.normal(0, 0.17), 0, 1))
    angular = build > 0.5
    colours = ["black", "dark brown", "brown", "blond", "red"]
    weight = {1: (1, 3, 4, 4, 2), 2: (2, 4, 4, 3, 1), 3: (5, 4, 2, 0.5, 0.2)}.get(tone, (8, 2, 0.3, 0, 0))
    colour = np.array(HAIR_COLOURS[rng.choice(colours, p=np.array(weight) / sum(weight))], float)
    grey = np.clip((age - 0.62) * 3 + rng.normal(0, 0.25), 0, 1) if age > 0.55 else 0.0
    colour = colour + (np.array(HAIR_COLOURS["grey"]) - colour) * grey
    styles = _styles(angular, tone, age)
    style = str(rng.choice(list(styles), p=np.array(list(styles.values())) / sum(styles.values())))
    beard = str(rng.choice(FACIAL_HAIR, p=(0.46, 0.2, 0.09, 0.1, 0.15))) if angular else "none"
    iris = ((88, 56, 34), (64, 40, 26), (112, 96, 58), (96, 126, 150), (98, 124, 92))
    light = tone <= 2
    eye = iris[int(rng.choice(5, p=(0.3, 0.15, 0.15, 0.25, 0.15) if light else (0.4, 0.55, 0.05, 0, 0)))]
    frames = ((28, 26, 28), (70, 44, 30), (120, 112, 104), (36, 44, 84), (110, 34, 38))
    return Traits(
        skin_tone=tone,
        age_band=band,
        age=age,
        facial_hair=beard,
        glasses=bool(rng.uniform() < 0.2),
        build=build,
        hair_style=style,
        hair_colour=tuple(int(c) for c in (colour * rng.uniform(0.85, 1.15)).clip(8, 235)),
        iris=eye,
        shirt=tuple(int(c) for c in rng.uniform(30, 215, 3)),
        frame=frames[int(rng.integers(5))],
        make_up=float(rng.uniform(0.2, 1)) if not angular and rng.uniform() < 0.55 else 0.0,
        brow=float((1.15 if angular else 0.8) * rng.uniform(0.75, 1.3)),
        expressive=float(np.clip(rng.normal(1, 0.06), 0.88, 1.12)),
    )


def _styles(angular: bool, tone: int, age: float) -> dict[str, float]:
    """Return hair styles and how likely each is."""
    if angular:
        curly = 1.0 if tone < 5 else 2.5
        return {"short": 3, "side part": 2, "swept back": 1.5, "crop": 1.5, "buzz": 2, "curls": curly,
                "afro": curly - 0.9, "bald": 0.4 + 1.2 * age, "receding": 0.2 + 2 * age, "long": 0.3}  # fmt: skip
    curly = 0.7 if tone < 5 else 2.0
    return {"long": 2, "long fringe": 1.3, "long waves": 2, "bob": 1.2, "parted bob": 1.4, "bun": 1.3, "ponytail": 1.2,
            "curls": curly, "afro": curly - 0.4, "short": 0.6}  # fmt: skip
