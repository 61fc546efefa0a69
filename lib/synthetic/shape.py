"""From traits to the shape of a head: a few dozen smooth bumps on the template, and everything beside the skin."""

from dataclasses import dataclass

import numpy as np

from lib.synthetic import hair, mesh, parts, units
from lib.synthetic.people import Subject


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


# name: centre (x mirrored, y, z), reach in cm, direction (outward, up, forward), mean and spread over people in cm
_BUMPS = {
    "cheekbone": ((5.0, -2.2, -0.5), 2.0, (0.8, 0, 0.5), 0.0, 0.30),
    "cheek": ((4.6, -6.0, -0.8), 2.4, (1, 0, 0.3), 0.07, 0.44),
    "jaw": ((5.6, -7.9, -3.5), 2.4, (1, 0, 0), 0.4, 0.44),
    "chin": ((0, -10.2, 1.8), 1.9, (0, -0.8, 0.7), 0.1, 0.42),
    "chin width": ((1.7, -10.2, 1.2), 1.5, (1, 0, 0), 0.0, 0.30),
    "brow ridge": ((2.4, 1.9, 1.4), 1.7, (0, 0, 1), 0.0, 0.18),
    "forehead": ((0, 4.6, 0.8), 3.0, (0, 0.3, 1), -0.1, 0.28),
    "bridge": ((0, -0.4, 2.2), 1.1, (0, 0, 1), 0.0, 0.22),
    "nose length": ((0, -3.4, 3.6), 1.3, (0, 1, 0), -0.25, 0.26),
    "nose tip": ((0, -3.3, 3.9), 1.1, (0, 0.2, 1), 0.0, 0.26),
    "nostrils": ((1.3, -3.7, 2.2), 0.8, (1, 0, 0), 0.0, 0.19),
    "upper lip": ((0, -5.9, 2.4), 0.75, (0, 0.45, 0.6), 0.15, 0.18),
    "lower lip": ((0, -7.0, 2.3), 0.75, (0, -0.45, 0.6), 0.0, 0.18),
    "mouth height": ((0, -6.4, 2.0), 1.8, (0, 1, 0), -0.18, 0.26),
    "mouth width": ((2.7, -6.4, 1.0), 1.3, (1, 0, -0.3), -0.5, 0.19),
    "mouth corner": ((2.7, -6.4, 1.0), 0.9, (0, 1, 0), -0.15, 0.10),
    "inner brow": ((1.6, 1.6, 1.5), 0.9, (0, 1, 0.1), -0.1, 0.3),
    "outer brow": ((4.0, 1.9, 0.6), 1.1, (0, 1, 0.1), 0.22, 0.25),
    "temple": ((6.0, 2.3, -2.5), 2.3, (1, 0, 0), 0.6, 0.26),
    "philtrum": ((0, -5.0, 2.4), 0.8, (0, 0, 1), 0.0, 0.08),
}  # fmt: skip


def head(subject: Subject) -> Head:
    """Return the shape of a subject at rest."""
    rng, t = subject.rng(1), subject.traits
    draw = {
        name: mean + float(np.clip(rng.normal(), -2.2, 2.2)) * spread for name, (*_, mean, spread) in _BUMPS.items()
    }
    draw["jaw"] += 0.34 * (t.build - 0.5)
    draw["brow ridge"] += 0.24 * (t.build - 0.5)
    draw["chin width"] += 0.25 * (t.build - 0.5)
    draw["upper lip"] += 0.10 * (0.5 - t.build) + 0.05 * (t.skin_tone - 3) - 0.08 * t.age
    draw["lower lip"] += 0.08 * (0.5 - t.build) + 0.05 * (t.skin_tone - 3) - 0.06 * t.age
    draw["nostrils"] += 0.05 * (t.skin_tone - 3)
    scale = rng.normal(1, (0.04, 0.045, 0.03)).clip(0.9, 1.1)
    apart, slant, wide = rng.normal(0, (0.14, 0.08, 0.14)).clip(-0.28, 0.28)

    def shape(p: np.ndarray) -> np.ndarray:
        moved = p.copy()
        for name, (centre, reach, way, *_) in _BUMPS.items():
            moved += draw[name] * _bump(p, centre, reach, way)
        moved += 0.30 * max(t.age - 0.5, 0) * _bump(p, (4.6, -8.9, 0.2), 1.6, (0.5, -1, 0.2))  # jowls
        moved += apart * _bump(p, (3.15, 0, 0), 2.2, (1, 0, 0))
        return moved * scale

    s = mesh.surface()
    control, eyes = shape(s.points), shape(np.stack([mesh.EYE * (-1, 1, 1), mesh.EYE]))
    control += slant * _bump(control, (4.6, 0, -0.4), 0.8, (0, 1, 0))
    for (vertices, tight), centre in zip(units.lid_vertices(), eyes, strict=True):
        ring = vertices[tight > 0]
        control[ring, 1] += wide * (control[ring, 1] - centre[1])
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
    made += parts.torso((0.86 + 0.22 * t.build) * rng.normal(1, 0.03), rng.uniform(-17.2, -15.0))
    style = hair.STYLES[t.hair_style]
    if style is None or style.hem is None:  # hair that hangs covers the ears
        made += [parts.ear(side, size, spread, head_x) for side in (-1, 1)]
    if style is not None:
        made += hair.grow(style, skin, subject.rng(2))
    if t.glasses:
        half = rng.uniform(2.35, 2.75), rng.uniform(1.75, 2.2)
        made += parts.glasses(eyes, control[6], head_x, half, rng.uniform(2, 4), rng.uniform(0.09, 0.15))
    return made
