"""People: a subject is a seed. Traits are drawn from it, and from the traits the shape of the head.

The group attributes are ours, for auditing and for injecting a bias; they describe drawings, not people.
"""

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from lib.synthetic import hair, mesh, parts, units

AGE_BANDS = ("18-29", "30-49", "50-70")
FACIAL_HAIR = ("none", "stubble", "moustache", "goatee", "beard")
# sRGB of six skin tones from very light to very dark, after the Fitzpatrick scale (our choice of colours)
TONES = np.array([(246, 214, 194), (238, 196, 168), (221, 171, 136), (192, 136, 98), (140, 92, 63), (92, 60, 44)])
HAIR_COLOURS = {"black": (26, 22, 22), "dark brown": (58, 40, 30), "brown": (98, 68, 46), "blond": (196, 158, 102), "red": (140, 66, 34), "grey": (150, 148, 146)}  # fmt: skip


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
    """Draw a person. Male and female looks are not a switch: build, hair, beard and make-up only lean on one another."""
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
        return {"short": 3, "side part": 2, "swept back": 1.5, "crop": 1.5, "buzz": 2, "curls": curly, "afro": curly - 0.9,
                "bald": 0.4 + 1.2 * age, "receding": 0.2 + 2 * age, "long": 0.3}  # fmt: skip
    curly = 0.7 if tone < 5 else 2.0
    return {"long": 2, "long fringe": 1.3, "long waves": 2, "bob": 1.2, "parted bob": 1.4, "bun": 1.3, "ponytail": 1.2,
            "curls": curly, "afro": curly - 0.4, "short": 0.6}  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The shape of one person at rest, cm.

    Attributes:
        control: float64 (V, 3), control mesh of the skin.
        eyes: float64 (2, 3), centres of the right and left eyeball.
        parts: everything beside the skin.
    """

    control: np.ndarray
    eyes: np.ndarray
    parts: tuple[parts.Part, ...]


# name: centre (x mirrored, y, z), reach in cm, direction (outward, up, forward), spread over people in cm
_BUMPS = {
    "cheekbone": ((5.0, -2.4, -0.5), 2.0, (0.8, 0, 0.5), 0.28), "cheek": ((4.6, -6.5, -0.8), 2.4, (1, 0, 0.3), 0.38),
    "jaw": ((5.6, -8.5, -3.5), 2.4, (1, 0, 0), 0.36), "chin": ((0, -11.0, 1.8), 1.9, (0, -0.8, 0.7), 0.34),
    "chin width": ((1.7, -11.0, 1.2), 1.5, (1, 0, 0), 0.26), "brow ridge": ((2.4, 2.0, 1.4), 1.7, (0, 0, 1), 0.16),
    "forehead": ((0, 5.0, 0.8), 3.0, (0, 0.3, 1), 0.26), "bridge": ((0, -0.4, 2.2), 1.1, (0, 0, 1), 0.20),
    "nose length": ((0, -3.7, 3.6), 1.3, (0, 1, 0), 0.22), "nose tip": ((0, -3.6, 3.9), 1.1, (0, 0.2, 1), 0.26),
    "nostrils": ((1.3, -4.0, 2.2), 0.8, (1, 0, 0), 0.17), "upper lip": ((0, -6.35, 2.4), 0.75, (0, 0.45, 0.6), 0.17),
    "lower lip": ((0, -7.55, 2.3), 0.75, (0, -0.45, 0.6), 0.17), "mouth height": ((0, -6.9, 2.0), 1.8, (0, 1, 0), 0.20),
    "mouth width": ((2.7, -6.9, 1.0), 1.1, (1, 0, -0.3), 0.20), "brow height": ((3.0, 1.9, 0.9), 1.3, (0, 1, 0.1), 0.17),
    "temple": ((6.0, 2.5, -2.5), 2.3, (1, 0, 0), 0.22), "philtrum": ((0, -5.4, 2.4), 0.8, (0, 0, 1), 0.08),
}  # fmt: skip


def head(subject: Subject) -> Head:
    """Return the shape of a subject at rest."""
    rng, t = subject.rng(1), subject.traits
    draw = {name: float(np.clip(rng.normal(), -2.2, 2.2)) * spread for name, (*_, spread) in _BUMPS.items()}
    draw["jaw"] += 0.34 * (t.build - 0.5)
    draw["brow ridge"] += 0.24 * (t.build - 0.5)
    draw["chin width"] += 0.25 * (t.build - 0.5)
    draw["upper lip"] += 0.10 * (0.5 - t.build) + 0.05 * (t.skin_tone - 3) - 0.08 * t.age
    draw["lower lip"] += 0.08 * (0.5 - t.build) + 0.05 * (t.skin_tone - 3) - 0.06 * t.age
    draw["nostrils"] += 0.05 * (t.skin_tone - 3)
    scale = np.array([rng.normal(1, 0.028), rng.normal(1, 0.028), rng.normal(1, 0.03)]).clip(0.93, 1.07)
    apart, slant = float(rng.normal(0, 0.10)), float(rng.normal(0, 0.05))

    def shape(p: np.ndarray) -> np.ndarray:
        moved = p.copy()
        for name, (centre, reach, way, _) in _BUMPS.items():
            moved += draw[name] * _bump(p, centre, reach, way)
        moved += 0.30 * max(t.age - 0.5, 0) * _bump(p, (4.6, -9.6, 0.2), 1.6, (0.5, -1, 0.2))  # jowls
        moved += apart * _bump(p, (3.15, 0, 0), 2.2, (1, 0, 0))
        return moved * scale

    s = mesh.surface()
    control, eyes = shape(s.points), shape(np.stack([mesh.EYE * (-1, 1, 1), mesh.EYE]))
    control += slant * _bump(control, (4.6, 0, -0.4), 0.8, (0, 1, 0))
    for (vertices, tight), centre in zip(units._lid_vertices(), eyes, strict=True):
        ring = vertices[tight > 0]
        away = control[ring] - centre
        control[ring] = centre + away / np.linalg.norm(away, axis=1, keepdims=True) * (mesh.EYE_RADIUS + 0.07)
    rest = shape(s.points)
    follow = np.arange(468, 500)
    control[follow] = rest[follow] + (control - rest)[s.parent[follow]]
    return Head(control, eyes, tuple(_parts(subject, control, eyes, scale, rng)))


def _bump(p: np.ndarray, centre: tuple, reach: float, way: tuple) -> np.ndarray:
    """Return the displacement (n, 3) of a smooth bump of height 1 on both sides of the face."""
    mirrored = np.abs(p[:, :1]) if centre[0] else p[:, :1]
    distance = np.concatenate([mirrored, p[:, 1:]], axis=1) - centre
    height = np.exp(-(distance**2).sum(1) / (2 * reach**2))[:, None]
    side = np.tanh(p[:, :1] / 0.8) if centre[0] else 0 * p[:, :1]
    return height * np.concatenate([side * way[0], 0 * side + way[1], 0 * side + way[2]], axis=1)


def _parts(
    subject: Subject, control: np.ndarray, eyes: np.ndarray, scale: np.ndarray, rng: np.random.Generator
) -> list:
    """Return everything beside the skin, fitted to the head."""
    t, s = subject.traits, mesh.surface()
    fine = s.refine @ control
    mouth = (control[13] + control[14]) / 2
    skin = fine[np.unique(s.fine[s.material == mesh.SKIN])]
    head_x = skin[(np.abs(skin[:, 1] + 1) < 2) & (np.abs(skin[:, 2] + 6) < 2), 0].max()
    size, spread = rng.normal(0.98, 0.06) + 0.05 * t.age, rng.uniform(0.35, 0.75)
    made = [parts.eyeball(e) for e in eyes]
    made += [parts.teeth(mouth, True), parts.teeth(mouth, False), parts.tongue(mouth)]
    made += [parts.ear(side, size, spread, head_x) for side in (-1, 1)]
    made += parts.torso((0.86 + 0.22 * t.build) * rng.normal(1, 0.03), rng.uniform(-17.2, -15.0))
    style = hair.STYLES[t.hair_style]
    if style is not None:
        made += hair.grow(style, skin, subject.rng(2))
    if t.glasses:
        half = rng.uniform(2.35, 2.75), rng.uniform(1.75, 2.2)
        made += parts.glasses(eyes, control[6], head_x, half, rng.uniform(2, 4), rng.uniform(0.09, 0.15))
    return made
