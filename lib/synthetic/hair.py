"""Hair as a sheet of strands that start at a crown, follow the skull to the hairline, and may fall on from there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from lib.synthetic.parts import HAIR, Part, grid

Skull = Callable[[np.ndarray], np.ndarray]  # directions (..., 3) to distances from CENTRE (...), cm
CENTRE = np.array([0.0, 1.5, -6.2])
COLUMNS, ROWS = 88, 26
# the hairline: height in cm over the angle from straight ahead in degrees: forehead, temple, sideburn, ear, nape
_ANGLE = np.radians([0, 15, 30, 44, 55, 66, 76, 84, 92, 100, 118, 138, 180])
_LINE = np.array([6.3, 6.4, 6.3, 5.5, 3.9, 1.9, -0.4, -1.6, 0.6, 1.9, 0.6, -5.6, -7.4])


@dataclass(frozen=True)
class Style:
    """How hair is worn; lengths in cm.

    Attributes:
        volume: thickness over the skull.
        crown: where the strands begin, as a direction (left, up, forward).
        fringe: how far hair falls below the hairline at the forehead.
        hem: height at which the hair at the sides and back ends; None ends it at the hairline.
        curl: 0 straight to 1 frizzy.
        recede: how far forehead and temples have cleared.
        edge: thickness left at the hairline.
        bun: radius of a knot at the back, 0 for none.
    """

    volume: float
    crown: tuple[float, float, float]
    fringe: float = 0.0
    hem: float | None = None
    curl: float = 0.0
    recede: float = 0.0
    edge: float = 0.25
    bun: float = 0.0


STYLES: dict[str, Style | None] = {
    "bald": None,
    "buzz": Style(0.28, (0, 1, -0.45), curl=0.85, edge=0.05),
    "short": Style(0.9, (0.1, 1, -0.35), fringe=0.3),
    "side part": Style(1.35, (0.42, 0.9, 0.25), edge=0.2),
    "swept back": Style(1.1, (0, 0.72, 0.62), edge=0.12),
    "crop": Style(1.1, (0, 1, -0.3), fringe=2.0),
    "receding": Style(0.6, (0, 1, -0.5), recede=1.7),
    "curls": Style(2.3, (0, 1, -0.2), fringe=0.5, curl=1.0, edge=0.3),
    "afro": Style(4.2, (0, 1, -0.2), curl=1.0, edge=0.2),
    "bob": Style(1.3, (0, 1, 0.15), fringe=3.0, hem=-8.5),
    "parted bob": Style(1.3, (0.3, 0.9, 0.4), hem=-9.5, edge=0.25),
    "long": Style(1.1, (0, 0.95, 0.38), hem=-21.0, edge=0.25),
    "long fringe": Style(1.2, (0, 1, 0.1), fringe=3.2, hem=-22.0),
    "long waves": Style(1.7, (0.25, 0.92, 0.38), hem=-18.0, curl=0.45, edge=0.35),
    "bun": Style(0.55, (0, 0.6, -0.75), bun=2.7, edge=0.08),
    "ponytail": Style(0.6, (0, 0.75, -0.6), fringe=1.2, bun=1.6, edge=0.1),
}


def hairline(angle: np.ndarray, recede: float = 0.0) -> np.ndarray:
    """Return the height of the hairline in cm, of the shape of `angle`.

    Args:
        angle: from straight ahead in radians, either side.
        recede: how far the hair has receded, 0 for not at all.
    """
    angle = np.abs(angle)
    cleared = recede * (np.exp(-((angle / 0.9) ** 4)) + 0.7 * np.exp(-(((angle - 0.65) / 0.3) ** 2)))
    return np.interp(angle, _ANGLE, _LINE) + cleared


def around(points: np.ndarray) -> np.ndarray:
    """Return the angle of points about the vertical axis of the head, of shape (...).

    Args:
        points: (..., 3) in cm.

    Returns:
        Radians, 0 ahead, positive to the left.
    """
    return np.arctan2(points[..., 0], points[..., 2] + 5.0)


def grow(style: Style, head: np.ndarray, rng: np.random.Generator) -> list[Part]:
    """Return the hair of one subject.

    Args:
        style: how it is worn.
        head: float64 (n, 3), the fine surface of the bare head.
        rng: for the irregularities.
    """
    rays = (head - CENTRE) / np.linalg.norm(head - CENTRE, axis=1, keepdims=True)
    tree, radius = cKDTree(rays), np.linalg.norm(head - CENTRE, axis=1)

    def skull(direction: np.ndarray) -> np.ndarray:
        distance, which = tree.query(direction.reshape(-1, 3), k=4)
        weight = 1 / (distance + 1e-3) ** 2
        far = (radius[which] * weight).sum(1) / weight.sum(1)
        return far.reshape(direction.shape[:-1])

    strand, turn = _strands(style, skull, rng)
    uv = np.stack(np.broadcast_arrays(turn[None] / (2 * np.pi), np.linspace(0, 1, len(strand))[:, None]), axis=-1)
    parts = [grid(strand, uv, HAIR)]
    if style.bun:
        parts.append(_bun(style, skull))
    if style.hem is not None:
        body = np.clip((-6.0 - parts[0].points[:, 1]) / 14.0, 0, 0.8)
        parts[0] = Part(parts[0].points, parts[0].triangles, parts[0].uv, HAIR, body, parts[0].jaw)
    return parts


def _strands(style: Style, skull: Skull, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return points (rows, columns, 3) along the strands and the direction (columns,) each leaves the crown in."""
    crown = np.array(style.crown) / np.linalg.norm(style.crown)
    ahead = np.array([0, 0, 1.0]) - crown[2] * crown
    ahead /= np.linalg.norm(ahead)
    left = np.cross(crown, ahead)
    turn = np.linspace(-np.pi, np.pi, COLUMNS)
    out = np.cos(turn)[:, None] * ahead + np.sin(turn)[:, None] * left
    angle = np.linspace(0, 2.6, 80)[:, None, None]
    ray = np.cos(angle) * crown + np.sin(angle) * out  # (80, columns, 3)
    bare = CENTRE + ray * skull(ray)[..., None]
    line = hairline(around(bare), style.recede)
    outside = bare[..., 1] < line
    outside[0] = False
    end = np.where(outside.any(0), outside.argmax(0), 60).astype(float)  # step at which a strand meets the hairline
    facing = np.abs(around(bare[end.astype(int), np.arange(COLUMNS)]))
    end[1:-1] = (end[:-2] + 2 * end[1:-1] + end[2:]) / 4
    ragged = _lumps(out, rng, 9)  # a fringe is uneven, but in locks
    steps_per_cm = 1 / (2.6 / 79 * 9.5)
    front = np.exp(-((facing / 0.75) ** 4))
    end += style.fringe * steps_per_cm * front * (1 + 0.10 * ragged) + 0.4 * ragged
    end += 0.7 * steps_per_cm * (np.abs(facing - 1.5) < 0.5)  # over the upper edge of the ear
    t = np.linspace(0, 1, ROWS)[:, None]
    step = (t * end).clip(0, 78)
    low = step.astype(int)
    column = np.arange(COLUMNS)[None] + 0 * low
    share = (step - low)[..., None]
    base = bare[low, column] * (1 - share) + bare[low + 1, column] * share
    direction = base - CENTRE
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    edge = style.edge / style.volume
    thick = style.volume * (edge + (1 - edge) * np.sqrt(np.clip(1 - t ** (3 + 5 * style.curl), 0, 1)))
    bumps = _lumps(direction, rng, 5 if style.curl < 0.8 else 11) * (0.10 + 0.35 * style.curl)
    strand = base + direction * (thick * (1 + bumps))[..., None]
    if style.hem is not None:
        strand = _fall(strand, style, facing, ragged)
    return strand, turn


def _fall(strand: np.ndarray, style: Style, facing: np.ndarray, ragged: np.ndarray) -> np.ndarray:
    """Let the strands at sides and back hang straight from where the head is widest; (rows, columns, 3)."""
    for k in np.flatnonzero(facing > np.radians(42)):
        y = strand[:, k, 1]
        low = np.flatnonzero((y < 2.8) | (np.arange(ROWS) == ROWS - 1))[0]
        start = strand[low, k]
        hem = style.hem + 0.4 * ragged[k] + 1.5 * np.exp(-(((facing[k] - 1.2) / 0.3) ** 2))
        hem = start[1] + (hem - start[1]) * np.clip((facing[k] - 0.73) / 0.3, 0.03, 1) ** 0.7  # frames the face
        wide = np.clip(np.abs(start[0]), 6.4, None) * np.sign(start[0]) if facing[k] < 2.2 else start[0]
        path = np.linspace(0, 1, 40)[:, None] ** 0.9
        x = (
            start[0]
            + (wide - start[0]) * np.minimum(path * 4, 1)
            + np.sign(start[0]) * 0.7 * np.sin(path * 2.2) * min(1, abs(start[0]) / 5)
        )
        z = start[2] + path * (-0.8 if facing[k] < 1.8 else 0.4)
        wave = style.curl * 0.8 * np.sin(path * 14 + 1.3 * np.sin(k)) * path
        fallen = np.concatenate([x + wave, start[1] + (hem - start[1]) * path, z + 0.5 * wave], axis=1)
        whole = np.concatenate([strand[:low, k], fallen])
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(whole, axis=0), axis=1))])
        at = np.linspace(0, length[-1], ROWS)
        strand[:, k] = np.stack([np.interp(at, length, whole[:, i]) for i in range(3)], axis=-1)
    return strand


def _lumps(direction: np.ndarray, rng: np.random.Generator, detail: int) -> np.ndarray:
    """Return a smooth random field in about [-1, 1] over directions (..., 3)."""
    waves = rng.normal(0, detail, (12, 3))
    return np.cos(direction @ waves.T + rng.uniform(0, 2 * np.pi, 12)).mean(-1) * 2


def _bun(style: Style, skull: Skull) -> Part:
    """Return a knot of hair at the crown."""
    crown = np.array(style.crown) / np.linalg.norm(style.crown)
    middle = CENTRE + crown * (skull(crown[None])[0] + style.bun * 0.55)
    a, b = np.meshgrid(np.linspace(0, np.pi, 12), np.linspace(0, 2 * np.pi, 20, endpoint=False), indexing="ij")
    ball = np.stack([np.sin(a) * np.cos(b), np.cos(a), -np.sin(a) * np.sin(b)], axis=-1)
    return grid(
        middle + ball * style.bun, np.stack([b / np.pi, 0.2 + 0.3 * np.sin(a) ** 2], axis=-1), HAIR, around=True
    )
