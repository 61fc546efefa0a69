"""Folds of the skin that deepen with the action units: a crease, and the skin that it pushes up beside it."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.spatial import cKDTree

from lib.synthetic import brush
from lib.synthetic.units import UNITS


@dataclass(frozen=True)
class Profile:
    """A fold cut across; lengths in cm.

    Attributes:
        crease: half width and depth of the groove.
        bulge: how far from the groove the skin is highest, and how high.
        toward: landmark on the side that bulges; None for both.
    """

    crease: tuple[float, float]
    bulge: tuple[float, float]
    toward: int | None = None


# name: curves of the right half (places: landmark, share of the way, landmark), profile at depth 1, units that deepen
# it and how much, depth at rest in the oldest face
_FOLDS: dict[str, tuple[tuple, Profile, dict[int, float], float]] = {
    "forehead": (
        (
            ((104, 0.6, 63), (69, 0.45, 66), (108, 0.40, 107), (151, 0.42, 9)),
            ((104, 0.1, 63), (69, 0.0, 66), (108, 0.0, 107), (151, 0.05, 9)),
            ((104, -0.3, 63), (69, -0.45, 66), (108, -0.42, 107), (151, -0.38, 9)),
        ), Profile((0.10, 0.050), (0.34, 0.065)), {1: 0.6, 2: 0.75}, 0.22,
    ),
    "frown": (
        (((107, -0.05, 55), (107, 0.5, 55), (55, 0.25, 193)), ((9, 0.45, 107), (9, 0.6, 8), (8, 0.30, 55))),
        Profile((0.12, 0.140), (0.32, 0.160)), {4: 1.15}, 0.18,
    ),
    "bridge": (
        (
            ((168, 0.0, 6), (168, 0.3, 193), (193, 0.9, 122)),
            ((6, 0.05, 197), (6, 0.5, 122), (188, 0.2, 122)),
            ((6, 0.75, 197), (196, 0.3, 6), (188, 0.6, 174)),
        ), Profile((0.11, 0.070), (0.26, 0.090)), {9: 1.2, 4: 0.2}, 0.05,
    ),
    "crow": (
        (
            ((33, 1.35, 246), (35, 0.3, 226), (143, 0.3, 156)),
            ((33, -0.55, 133), (35, 0.1, 226), (143, 0.0, 35)),
            ((226, 0.5, 31), (35, 0.3, 111), (143, 0.45, 116)),
        ), Profile((0.08, 0.065), (0.24, 0.070)), {6: 1.0, 7: 0.15}, 0.22,
    ),
    "bag": (
        (((244, 0.5, 233), (232, 0.1, 128), (231, 0.1, 120), (230, 0.1, 119), (229, 0.1, 118), (228, 0.2, 117)),),
        Profile((0.14, 0.035), (0.36, 0.080), 145), {6: 0.9, 7: 0.6}, 0.35,
    ),
    "cheek": (
        (((129, 0.2, 102), (203, 0.3, 206), (206, 0.35, 216), (216, 0.3, 212), (212, 0.2, 57)),),
        Profile((0.17, 0.085), (0.55, 0.300), 205), {12: 0.6, 9: 0.6, 10: 0.65, 6: 0.2, 14: 0.2}, 0.40,
    ),
    "dimple": (
        (((186, 0.75, 216), (57, 0.7, 212), (43, 0.65, 202)),),
        Profile((0.18, 0.080), (0.45, 0.120), 214), {14: 1.0, 12: 0.25, 20: 0.35}, 0.04,
    ),
    "marionette": (
        (((57, 0.0, 43), (43, 0.35, 202), (202, 0.35, 210), (210, 0.4, 211)),),
        Profile((0.22, 0.060), (0.65, 0.110), 214), {15: 0.9, 17: 0.15}, 0.30,
    ),
    "chin": (
        (((18, 0.45, 200), (83, 0.6, 201), (182, 0.8, 194), (204, 0.5, 194)),),
        Profile((0.25, 0.070), (0.60, 0.120), 199), {17: 1.0, 15: 0.3, 24: 0.3}, 0.10,
    ),
    "pebbles": (
        (((200, 0.5, 199), (201, 0.7, 208), (32, 0.3, 211)), ((199, 0.6, 175), (208, 0.8, 171), (211, 0.5, 140))),
        Profile((0.16, 0.040), (0.22, 0.050)), {17: 1.0}, 0.0,
    ),
}  # fmt: skip
_HALF = 2  # folds are drawn at half the skin's size: they are smooth


@dataclass(frozen=True)
class Fold:
    """One fold on one side.

    Attributes:
        side: 0 right, 1 left.
        drive: (unit, share) pairs: how deep it is when that unit is at 1.
        age: depth at rest in the oldest face.
        patches: per size, (row, column, float32 (2, h, w): height, and height over the surroundings, in cm).
    """

    side: int
    drive: tuple[tuple[int, float], ...]
    age: float
    patches: tuple[tuple[int, int, np.ndarray], ...]


@lru_cache(maxsize=1)
def folds() -> tuple[Fold, ...]:
    """Draw all folds once; they are the same curves on every face and differ by depth."""
    rng, made = np.random.default_rng(6), []
    for curves, profile, drive, age in _FOLDS.values():
        right = sum(_height(_curve(places), profile, rng) for places in curves)
        index = tuple((UNITS.index(u), share) for u, share in drive.items())
        made += [Fold(side, index, age, _patches(h)) for side, h in enumerate((right, right[:, ::-1]))]
    return tuple(made)


def _curve(places: tuple) -> np.ndarray:
    """Return the smooth curve (96, 2) through places, as (column, row) in full size."""
    at = brush.coordinates()
    points = np.array([at[a] + share * (at[b] - at[a]) for a, share, b in places])
    t = np.linspace(0, len(points) - 1, 96)
    line = np.stack([np.interp(t, np.arange(len(points)), points[:, i]) for i in (0, 1)], axis=1)
    for _ in range(300):
        line[1:-1] = (line[:-2] + line[2:]) / 2
    return line


def _height(curve: np.ndarray, profile: Profile, rng: np.random.Generator) -> np.ndarray:
    """Return the height of one fold of depth 1, float32 (HEIGHT, WIDTH) in cm."""
    h, w = brush.HEIGHT // _HALF, brush.WIDTH // _HALF
    texel = (np.stack(np.meshgrid(np.arange(w), np.arange(h)), axis=-1) + 0.5) * _HALF
    reach = 6 * profile.bulge[0] * brush.TEXELS_PER_CM
    distance, nearest = cKDTree(curve).query(texel, distance_upper_bound=reach)
    near = distance < reach
    distance, nearest, away = distance[near] / brush.TEXELS_PER_CM, nearest[near], (texel[near] - curve[nearest[near]])
    raised = np.ones_like(distance)
    if profile.toward is not None:
        ahead = np.gradient(curve, axis=0)
        turn = lambda v, k: ahead[k, 0] * v[..., 1] - ahead[k, 1] * v[..., 0]  # noqa: E731  which side of the curve
        target = brush.coordinates()[profile.toward]
        middle = int(np.linalg.norm(curve - target, axis=1).argmin())
        raised = turn(away, nearest) * turn(target - curve[middle], middle) > 0
    (width, depth), (far, high) = profile.crease, profile.bulge
    groove = -depth * np.exp(-((distance / width) ** 2) / 2)
    bank = raised * high * distance / far * np.exp(1 - distance / far)
    out = np.zeros((h, w), np.float32)
    out[near] = (groove + bank) * _course(curve, rng)[nearest]
    out *= 1 / (
        1 + np.exp(np.clip((texel[..., 0] - brush.WIDTH / 2) / 3, -50, 50))
    )  # the other half is its mirror image
    return cv2.resize(cv2.GaussianBlur(out, (0, 0), 1.2), (brush.WIDTH, brush.HEIGHT), interpolation=cv2.INTER_LINEAR)


def _course(curve: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how deep a fold is along its curve (96,): it runs out at both ends, but not where its halves meet."""
    t = np.linspace(0, 1, len(curve))
    ends = np.abs(curve[[0, -1], 0] - brush.WIDTH / 2) < 4
    begin, end = np.sin(np.pi * t / 2) ** 0.6, np.cos(np.pi * t / 2) ** 0.8
    deep = np.where(ends[0], 1, begin) * np.where(ends[1], 1, end)
    uneven = np.interp(t, np.linspace(0, 1, 7), rng.uniform(0.65, 1, 7))
    return deep * uneven


def _patches(height: np.ndarray) -> tuple[tuple[int, int, np.ndarray], ...]:
    """Return the part that is not flat, at each size of the skin, with its cavities: as far as it lies in a hollow."""
    both = np.dstack([height, height - cv2.GaussianBlur(height, (0, 0), 0.32 * brush.TEXELS_PER_CM)])
    made = []
    for level in range(brush.LEVELS):
        small = cv2.resize(both, (brush.WIDTH >> level, brush.HEIGHT >> level), interpolation=cv2.INTER_AREA)
        rows, columns, _ = np.nonzero(np.abs(small) > 1e-3)
        window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        made.append((window[0].start, window[1].start, np.ascontiguousarray(small[window].transpose(2, 0, 1))))
    return tuple(made)


def relief(base: np.ndarray, level: int, strength: np.ndarray, age: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the skin's relief with its folds, and how high each place lies over its surroundings; (h, w) in cm.

    Args:
        base: float32 (h, w), the subject's fine relief at this size.
        level: 0 full size, 1 half, 2 quarter.
        strength: float64 (21, 2), the action units, right and left.
        age: 0 young to 1 old.
    """
    folded = np.stack([base, np.zeros_like(base)])
    for fold in folds():
        depth = sum(strength[u, fold.side] * share for u, share in fold.drive)
        depth = min(depth, 1.3) * (0.75 + 0.45 * age) + fold.age * max(age - 0.2, 0)
        if depth > 0.02:
            row, column, patch = fold.patches[level]
            _, h, w = patch.shape
            folded[:, row : row + h, column : column + w] += patch * np.float32(depth)
    return folded[0], folded[1]
