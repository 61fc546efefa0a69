"""Folds of the skin that deepen with the action units, as curves on the unrolled face."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from lib.synthetic import brush, mesh
from lib.synthetic.units import UNITS

# name: curves (places: landmark, share of the way, landmark), width in texels, depth in cm, units that deepen it and
# how much, depth at rest in the oldest face
_FOLDS: dict[str, tuple[tuple, float, float, dict[int, float], float]] = {
    "forehead": (
        (
            ((104, 0.5, 63), (69, 0.35, 66), (108, 0.35, 107), (151, 0.35, 9)),
            ((104, 0.1, 63), (69, 0.0, 66), (108, 0.0, 107), (151, 0.0, 9)),
            ((104, -0.3, 63), (69, -0.4, 66), (108, -0.4, 107), (151, -0.4, 9)),
        ), 3.4, 0.034, {1: 0.6, 2: 0.75}, 0.22,
    ),
    "frown": (
        (((107, -0.15, 55), (107, 0.45, 55), (55, 0.15, 193)), ((9, 0.35, 107), (8, 0.35, 55))),
        3.4, 0.065, {4: 1.15}, 0.20,
    ),
    "bridge": (
        (((168, 0.1, 6), (168, 0.5, 193), (193, 0.8, 122)), ((6, 0.3, 197), (6, 0.6, 122), (188, 0.3, 122))),
        3.2, 0.060, {9: 1.2, 4: 0.2}, 0.05,
    ),
    "crow": (
        (
            ((33, 1.35, 246), (35, 0.3, 226), (143, 0.3, 156)),
            ((33, -0.55, 133), (35, 0.1, 226), (143, 0.0, 35)),
            ((226, 0.5, 31), (35, 0.3, 111), (143, 0.45, 116)),
        ), 2.6, 0.030, {6: 1.0, 7: 0.15}, 0.22,
    ),
    "bag": (
        (((244, 0.5, 233), (232, 0.1, 128), (231, 0.1, 120), (230, 0.1, 119), (229, 0.1, 118), (228, 0.2, 117)),),
        4.0, 0.034, {6: 0.9, 7: 0.5}, 0.35,
    ),
    "cheek": (
        (((64, 0.2, 129), (203, 0.5, 206), (216, 0.2, 206), (212, 0.3, 216), (212, 0.9, 57)),),
        5.5, 0.085, {12: 0.6, 9: 0.6, 10: 0.65, 6: 0.2, 14: 0.25}, 0.35,
    ),
    "dimple": ((((186, 0.6, 216), (57, 0.55, 212), (43, 0.55, 202)),), 4.5, 0.085, {14: 1.0, 12: 0.35, 20: 0.35}, 0.06),
    "marionette": ((((61, 0.9, 57), (43, 0.6, 202), (202, 0.5, 204)),), 4.5, 0.060, {15: 1.0, 17: 0.15}, 0.28),
    "chin": (
        (((83, 0.5, 18), (182, 0.6, 194), (194, 0.5, 204)), ((18, 0.6, 200), (83, 0.55, 201), (194, 0.6, 32))),
        5.0, 0.050, {17: 1.0, 15: 0.2, 24: 0.2}, 0.06,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Fold:
    """One fold on one side.

    Attributes:
        side: 0 right, 1 left.
        drive: (unit, share) pairs: how deep it is when that unit is at 1.
        age: depth at rest in the oldest face.
        patches: per size, (row, column, float32 (h, w) height in cm).
    """

    side: int
    drive: tuple[tuple[int, float], ...]
    age: float
    patches: tuple[tuple[int, int, np.ndarray], ...]


@lru_cache(maxsize=1)
def folds() -> tuple[Fold, ...]:
    """Draw all folds once; they are the same curves on every face and differ by depth."""
    mirror = mesh.surface().mirror
    made = []
    for curves, width, depth, drive, age in _FOLDS.values():
        for side in (0, 1):
            height = np.zeros((brush.HEIGHT, brush.WIDTH), np.float32)
            for curve in curves:
                height += _valley([_place(*p, mirror if side else None) for p in curve], width)
            index = tuple((UNITS.index(u), share) for u, share in drive.items())
            made.append(Fold(side, index, age, _patches(height * depth)))
    return tuple(made)


def _place(a: int, share: float, b: int, mirror: np.ndarray | None) -> np.ndarray:
    """Return the point (column, row) the share of the way from landmark a to b; on the left with a mirror."""
    at = brush.coordinates()
    if mirror is not None:
        a, b = mirror[a], mirror[b]
    return at[a] + share * (at[b] - at[a])


def _valley(places: list[np.ndarray], width: float) -> np.ndarray:
    """Return the height of one fold of depth about 1: a groove between two low banks, running out at both ends."""
    curve, t = np.array(places), np.linspace(0, 1, 40)
    knots = np.linspace(0, 1, len(curve))
    smooth = np.stack([np.interp(t, knots, curve[:, i]) for i in (0, 1)], axis=1)
    for _ in range(60):
        smooth[1:-1] = (smooth[:-2] + smooth[2:]) / 2
    line = np.zeros((brush.HEIGHT, brush.WIDTH), np.uint8)
    for k in range(len(smooth) - 1):
        strength = int(255 * np.sin(np.pi * (k + 0.5) / len(t)) ** 0.6)
        a, b = (tuple(map(int, np.round(smooth[j] * 16))) for j in (k, k + 1))
        cv2.line(line, a, b, strength, 2, cv2.LINE_AA, 4)
    line = line.astype(np.float32) / 255
    groove, bank = cv2.GaussianBlur(line, (0, 0), width), cv2.GaussianBlur(line, (0, 0), width * 2.4)
    return (bank * 1.4 - groove) / max(float((groove - bank * 1.4).max()), 1e-6)


def _patches(height: np.ndarray) -> tuple[tuple[int, int, np.ndarray], ...]:
    """Return the part that is not flat, at each size of the skin."""
    made = []
    for level in range(brush.LEVELS):
        size = (brush.WIDTH >> level, brush.HEIGHT >> level)
        small = cv2.resize(height, size, interpolation=cv2.INTER_AREA)
        rows, columns = np.nonzero(np.abs(small) > 1e-4)
        window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        made.append((window[0].start, window[1].start, np.ascontiguousarray(small[window])))
    return tuple(made)


def relief(base: np.ndarray, level: int, strength: np.ndarray, age: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the skin's relief with its folds, and the folds alone, float32 (h, w) in cm.

    Args:
        base: float32 (h, w), the subject's fine relief at this size.
        level: 0 full size, 1 half, 2 quarter.
        strength: float64 (20, 2), the action units, right and left.
        age: 0 young to 1 old.
    """
    folded = np.zeros_like(base)
    for fold in folds():
        depth = sum(strength[u, fold.side] * share for u, share in fold.drive)
        depth = min(depth, 1.3) * (0.55 + 0.6 * age) + fold.age * max(age - 0.2, 0)
        if depth > 0.02:
            row, column, patch = fold.patches[level]
            folded[row : row + patch.shape[0], column : column + patch.shape[1]] += patch * np.float32(depth)
    return base + folded, folded
