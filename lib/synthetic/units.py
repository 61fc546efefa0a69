"""Action units: how far each vertex moves when a muscle of the face is at full strength.

A unit names a few vertices of the right half, how far each travels (cm: outward, up, forward) and which vertices hold
still. The rest of the surface follows from the smoothest field through them (a bi-Laplacian solve on the mesh),
mirrored, then split into a right and a left half. The jaw turns about its joint and lids slide over the eyeball, which
no straight displacement can do: `deform` does both after the sum.
"""

from functools import lru_cache

import numpy as np

from lib.synthetic import mesh
from lib.synthetic.subdivide import bilaplacian

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27, 43, 22)
NAMES = {
    1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser", 6: "cheek raiser",
    7: "lid tightener", 9: "nose wrinkler", 10: "upper lip raiser", 12: "lip corner puller", 14: "dimpler",
    15: "lip corner depressor", 16: "lower lip depressor", 17: "chin raiser", 20: "lip stretcher", 22: "lip funneler",
    23: "lip tightener", 24: "lip pressor", 25: "lips part", 26: "jaw drop", 27: "mouth stretch", 43: "eyes closed",
}  # fmt: skip
JAW_JOINT = np.array([0.0, -1.6, -6.0])
JAW_DEGREES = {26: 13.0, 27: 24.0}

_BROW_INNER, _BROW_OUTER = (55, 107, 65, 66), (70, 63, 105, 46, 53, 52)
_CORNER = (61, 76, 62, 78)
_UPPER_OUT, _UPPER_IN, _LOWER_IN, _LOWER_OUT = (37, 39, 40), (82, 81, 80), (87, 178, 88), (84, 181, 91)
_EYE = tuple(v for v in mesh.LID_RING)
_LIPS = (0, 37, 39, 40, 17, 84, 181, 91, 13, 82, 81, 80, 14, 87, 178, 88, *_CORNER)
_NOSE = (1, 2, 4, 5, 98, 97, 64, 129, 195, 197)

# unit: ((vertices, (outward, up, forward) in cm), ...), (vertices that hold still, ...), reach in cm
_MOVES: dict[int, tuple[tuple, tuple[int, ...], float]] = {
    1: ((((55, 107), (0.02, 0.86, 0.10)), ((65, 66), (0.02, 0.62, 0.08)), ((9, 8), (0, 0.52, 0.05)),
         ((108, 151), (0, 0.55, 0.05)), ((52, 105), (0.0, 0.22, 0.03))), (*_EYE, 46, 70, 6, 10, 109, 67), 5.0),
    2: ((((70, 63, 105), (0.05, 0.74, 0.05)), ((46, 53, 52), (0.05, 0.70, 0.05)), ((65, 66), (0, 0.35, 0.04)),
         ((104, 69), (0, 0.45, 0.02))), (*_EYE, 55, 9, 8, 10, 109, 67, 103, 54), 5.0),
    4: ((((55, 107), (-0.44, -0.76, 0.20)), ((65, 66), (-0.36, -0.66, 0.20)), ((52, 105), (-0.24, -0.46, 0.16)),
         ((53, 63), (-0.08, -0.20, 0.08)), ((8, 9), (0, -0.46, 0.16)), ((221, 222, 223), (-0.08, -0.42, 0.14))),
        (*_EYE, 10, 6, 197), 4.0),
    5: (((mesh.UPPER_LID[1:-1], (0, 0.66, 0)), ((246, 173), (0, 0.33, 0)),
         (mesh.LOWER_LID[1:-1], (0, -0.12, 0)), ((27, 28, 29), (0, 0.24, -0.06))),
        (33, 133, 52, 65, 55, 53, 46, 222, 223, 224), 2.5),
    6: ((((50, 101, 117, 118), (0.06, 0.60, 0.26)), ((119, 123), (0.05, 0.52, 0.20)),
         ((228, 229, 230, 231), (0, 0.34, 0.12)), (mesh.LOWER_LID[1:-1], (0, 0.22, 0)),
         ((226, 35, 31), (-0.12, 0.02, 0.02))),
        (*mesh.UPPER_LID, 33, 133, *_LIPS, *_NOSE, 46, 70), 4.5),
    7: ((((144, 145, 153, 163), (0, 0.24, 0)), ((158, 159, 160, 157, 161), (0, -0.18, 0)),
         ((23, 24, 22), (0, 0.14, 0.03))), (33, 133, 52, 65, 55, 53, 46, 118, 119, 101), 2.5),
    9: ((((129, 64, 49, 48), (0.12, 0.72, 0.10)), ((98, 126, 142), (0.06, 0.68, 0.14)),
         ((55, 107, 8, 9), (-0.14, -0.24, 0.14)), ((52, 65, 105, 66), (-0.05, -0.20, 0.06)),
         ((193, 122, 168), (0, -0.08, 0.12)), ((92, 165, 206), (0.06, 0.64, 0.12)), ((37, 39, 0), (0.0, 0.44, 0.06))),
        (1, 4, *_EYE, *_CORNER, 13, 14, 46), 4.0),
    10: ((((0, 37, 39), (0.02, 0.55, 0.14)), ((40, 165, 92), (0.06, 0.66, 0.12)), ((206, 203), (0.08, 0.52, 0.16)),
          ((13, 82, 81), (0, 0.48, 0.06)), ((80,), (0, 0.36, 0.04))), (*_EYE, *_CORNER, 14, 17, 87, 178, 1, 4), 4.0),
    12: (((_CORNER, (1.18, 1.08, -0.92)), ((205, 187, 207), (0.42, 0.72, 0.22)), ((40, 80), (0.62, 0.42, -0.32)),
          ((91, 88), (0.62, 0.44, -0.32)), ((50, 36), (0.08, 0.28, 0.20))),
         (*_EYE, *_NOSE, 0, 13, 14, 17, 152, 199), 6.0),
    14: (((_CORNER, (0.46, 0.20, -0.56)), ((57, 186, 43), (0.34, 0.12, -0.50)), ((216, 212), (0.10, 0.16, 0.04)),
          ((40, 80, 91, 88), (0.22, 0.06, -0.22))), (*_EYE, *_NOSE, 0, 13, 14, 17, 152, 50, 147), 4.0),
    15: (((_CORNER, (0.06, -0.68, -0.06)), ((91, 88), (0.02, -0.30, 0.0)), ((40, 80), (0.02, -0.18, 0.0)),
          ((202, 212), (0.08, -0.40, 0.10))), (*_EYE, *_NOSE, 0, 13, 14, 17, 152, 199), 4.5),
    16: ((((17, 84, 181), (0, -0.46, 0.08)), ((14, 87, 178), (0, -0.56, 0.06)), ((18, 83), (0, -0.36, 0.08)),
          ((91, 88), (0.02, -0.36, 0))), (*_CORNER, 0, 13, 82, 81, 152, 199), 3.0),
    17: ((((199, 200, 201), (0, 0.40, 0.22)), ((18, 83), (0, 0.38, 0.26)), ((17, 84, 181), (0, 0.32, 0.22)),
          ((14, 87, 178), (0, 0.20, 0.10)), ((13, 82, 81), (0, 0.12, 0.08)), ((91,), (0, 0.18, 0.10))),
         (*_EYE, *_NOSE, 61, 76, 172, 136), 4.0),
    20: (((_CORNER, (0.84, -0.26, -0.46)), ((40, 80), (0.46, -0.04, -0.20)), ((91, 88), (0.48, -0.20, -0.20)),
          ((57, 43), (0.50, -0.14, -0.26))), (*_EYE, *_NOSE, 0, 13, 14, 17, 152, 50), 5.0),
    22: (((_CORNER, (-0.22, -0.74, -0.02)), ((57, 43), (-0.06, -0.62, 0.14)), ((91, 88, 95), (-0.06, -1.0, 0.27)),
          ((181,), (-0.02, -0.94, 0.48)), ((84,), (0, -0.65, 0.46)), ((17,), (0, -0.37, 0.44)),
          ((178,), (0, -0.49, 0.26)), ((87,), (0, -0.23, 0.24)), ((14,), (0, -0.07, 0.22)),
          ((83, 18), (0, -0.25, 0.24)), ((40, 80), (-0.13, 0.30, 0.05)), ((39, 81), (-0.06, 0.25, 0.04)),
          ((191, 185), (-0.24, 0.28, 0.09)), ((92, 165), (-0.02, 0.22, 0.09))),
         (*_EYE, *_NOSE, 0, 13, 152, 199), 3.0),
    23: (((_CORNER, (-0.30, 0.0, 0.04)), ((0, 37, 39), (-0.02, -0.26, -0.14)), ((40,), (-0.14, -0.16, -0.10)),
          ((17, 84, 181), (-0.02, 0.28, -0.14)), ((91,), (-0.14, 0.16, -0.10)), (_UPPER_IN, (-0.06, 0, -0.12)),
          (_LOWER_IN, (-0.06, 0, -0.12)), ((13, 14), (0, 0, -0.12))), (*_EYE, *_NOSE, 152, 199), 2.5),
    24: ((((0, 37, 39), (0, -0.36, -0.06)), ((40,), (0, -0.24, -0.06)), ((17, 84, 181), (0, 0.38, -0.06)),
          ((91,), (0, 0.20, -0.04)), (_CORNER, (0.08, -0.04, -0.10)), ((13, 82, 81, 80), (0, -0.02, -0.05)),
          ((14, 87, 178, 88), (0, 0.02, -0.05)), ((18, 200), (0, 0.16, 0.10))), (*_EYE, *_NOSE, 152), 2.8),
    25: ((((14, 87, 178), (0, -0.42, 0.02)), ((88, 95), (0, -0.25, 0)), ((17, 84, 181), (0, -0.32, 0.04)),
          ((13, 82, 81), (0, 0.18, 0.02)), ((80, 191), (0, 0.10, 0))), (*_CORNER, *_NOSE, 152, 199, 50), 3.0),
    26: (((_CORNER, (-0.34, -0.10, 0.08)), ((40, 80, 91, 88), (-0.17, 0, 0.04))), (*_NOSE, 0, 13, 14, 17, 152), 3.0),
    27: (((_CORNER, (-0.60, -0.20, 0.14)), ((40, 80, 91, 88), (-0.30, 0, 0.07))), (*_NOSE, 0, 13, 14, 17, 152), 3.0),
    43: (((mesh.LOWER_LID[1:-1], (0, 0.06, 0)), ((27, 28, 29), (0, -0.30, 0.08))),
         (33, 133, 52, 65, 55, 53, 46, 118, 119, 101), 2.5),
}  # fmt: skip


@lru_cache(maxsize=1)
def basis() -> np.ndarray:
    """Return float64 (21, 2, V, 3): displacement in cm of every control vertex per unit and side (right, left).

    Of units 26 and 27 only what the lips add to the turn of the jaw is here.
    """
    s = mesh.surface()
    split = 1 / (1 + np.exp(np.clip(s.points[:, 0] / 0.45, -50, 50)))  # 1 on the right
    fields = np.array([_field(u) for u in UNITS])
    fields = fields[:, s.parent] * s.follow[:, None]
    split = split[s.parent]
    return np.stack([fields * split[:, None], fields * (1 - split[:, None])], axis=1)


@lru_cache(maxsize=1)
def jaw_weight() -> np.ndarray:
    """Return float64 (V,), the share of the jaw's turn that each control vertex makes: 1 at the chin, 0 at cheeks."""
    s = mesh.surface()
    y, z = s.points[:468, 1], s.points[:468, 2]
    below = [
        17, 18, 200, 199, 175, 152, 14, 87, 178, 84, 181, 83, 182,
        201, 208, 171, 140, 148, 176, 149, 150, 32, 194, 204, 211, 170,
    ]  # fmt: skip
    above = [*np.flatnonzero((y > -4.8) | (z < -4.2)), 0, 37, 39, 40, 13, 82, 81, 11, 12]
    half = {
        61: 0.42,
        78: 0.45,
        76: 0.42,
        62: 0.43,
        91: 0.75,
        88: 0.78,
        95: 0.62,
        172: 0.55,
        136: 0.8,
        58: 0.3,
        80: 0.08,
        191: 0.2,
    }
    values = dict.fromkeys(above, 0.0) | dict.fromkeys(below, 1.0) | half
    values |= {int(s.mirror[v]): w for v, w in values.items()}
    fixed = np.array(list(values))
    face = s.triangles[(s.triangles < 468).all(1)]
    weight = bilaplacian(face, 468, fixed, np.array(list(values.values()))[:, None])[:, 0].clip(0, 1)
    weight = np.concatenate([weight, np.zeros(len(s.points) - 468)])
    moved = weight[s.parent] * np.where(s.follow > 0, np.maximum(s.follow, 0.6), 0)
    oval = _under_jaw(s, weight)
    return np.maximum(moved, oval)


def _under_jaw(s: mesh.Surface, weight: np.ndarray) -> np.ndarray:
    """Let the skin behind the jaw line follow it, fading towards the neck."""
    fade = np.zeros(len(s.points))
    rings = np.arange(len(s.points) - 1 - 8 * 36, len(s.points) - 1).reshape(8, 36)
    for ring, share in zip(rings, (0.9, 0.65, 0.35, 0.1), strict=False):
        fade[ring] = weight[list(mesh.OVAL)] * share
    return fade


def _field(unit: int) -> np.ndarray:
    """Solve for the displacement (V, 3) of one unit on both sides together."""
    s = mesh.surface()
    moves, still, reach = _MOVES[unit]
    values = dict.fromkeys(map(int, still), np.zeros(3))
    values |= {int(v): np.array(d) * (-1, 1, 1) for vertices, d in moves for v in vertices}
    if unit == 43:
        values |= _closed_lid(s)
    values |= {int(s.mirror[v]): d * (-1, 1, 1) for v, d in values.items()}
    for v in _middle(s):
        if v in values:
            values[v] = values[v] * (0, 1, 1)
    handles = np.array([v for v, d in values.items() if d.any()])
    distance = np.linalg.norm(s.points[:468, None] - s.points[None, handles], axis=2).min(1)
    values |= {int(v): np.zeros(3) for v in np.flatnonzero(distance > reach) if int(v) not in values}
    values |= {v: np.zeros(3) for v in mesh.OVAL if v not in values and v not in (10, 109, 338)}
    fixed = np.array(list(values))
    face = s.triangles[(s.triangles < 468).all(1)]
    field = np.zeros_like(s.points)
    field[:468] = bilaplacian(face, 468, fixed, np.array(list(values.values())))
    return field


def _middle(s: mesh.Surface) -> np.ndarray:
    """Return the vertices on the mid-line: their own mirror images."""
    return np.flatnonzero(s.mirror == np.arange(468))


def _closed_lid(s: mesh.Surface) -> dict[int, np.ndarray]:
    """Move each vertex of the upper lid almost to the lower lid's vertex below it."""
    pairs = zip(mesh.UPPER_LID, mesh.LOWER_LID, strict=True)
    return {a: (s.points[b] - s.points[a]) * (1, 0.93, 0) + (0, 0.06, 0) for a, b in pairs}


def deform(base: np.ndarray, strength: np.ndarray, eyes: np.ndarray) -> tuple[np.ndarray, float]:
    """Apply action units to a subject's control mesh.

    Args:
        base: float64 (V, 3), the subject at rest.
        strength: float64 (21, 2), each unit in [0, 1], right and left.
        eyes: float64 (2, 3), the centres of the right and left eyeball.

    Returns:
        The moved control mesh (V, 3) and the angle of the jaw in degrees.
    """
    active = np.flatnonzero(strength.any(1))
    moved = base.copy()
    for u in active:
        moved += strength[u, 0] * basis()[u, 0] + strength[u, 1] * basis()[u, 1]
    degrees = sum(strength[UNITS.index(u)].mean() * a for u, a in JAW_DEGREES.items())
    if degrees > 0:
        moved = turn_jaw(moved, jaw_weight(), degrees)
    _slide_lids(moved, base, eyes)
    return moved, degrees


def turn_jaw(points: np.ndarray, weight: np.ndarray, degrees: float) -> np.ndarray:
    """Return points (N, 3) turned about the joint of the jaw.

    Args:
        points: (N, 3) in cm.
        weight: the share of the angle that each takes, (N,).
        degrees: the angle; positive opens.
    """
    angle = np.radians(degrees) * weight
    x, y, z = (points - JAW_JOINT).T
    turned = np.stack([x, y * np.cos(angle) - z * np.sin(angle), z * np.cos(angle) + y * np.sin(angle)], axis=1)
    return turned + JAW_JOINT


@lru_cache(maxsize=1)
def lid_vertices() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return, per eye, the vertices that ride on the eyeball and how tightly (1: on it, 0: only kept outside)."""
    s = mesh.surface()
    ring = {v: 1.0 for v in (*mesh.UPPER_LID[1:-1], *mesh.LOWER_LID[1:-1])} | {246: 0.8, 173: 0.6, 7: 0.8, 155: 0.5}
    ring |= dict.fromkeys(mesh.LID_FOLD, 0.0)
    right = np.array(list(ring)), np.array(list(ring.values()))
    return right, (s.mirror[right[0]], right[1])


def _slide_lids(points: np.ndarray, base: np.ndarray, eyes: np.ndarray) -> None:
    """Stop lids where they meet, put their margins on the eyeballs and the skin around outside, in place."""
    s = mesh.surface()
    before = points[:468].copy()
    upper, lower = (np.concatenate([ring, s.mirror[ring]]) for ring in map(np.array, (mesh.UPPER_LID, mesh.LOWER_LID)))
    crossed = (points[lower, 1] + 0.02 - points[upper, 1]).clip(0, None)
    points[upper, 1] += crossed / 2
    points[lower, 1] -= crossed / 2
    for (vertices, tight), centre in zip(lid_vertices(), eyes, strict=True):
        away = points[vertices] - centre
        far = np.linalg.norm(away, axis=1)
        rest = np.linalg.norm(base[vertices] - centre, axis=1)
        wanted = np.where(
            tight > 0, tight * rest + (1 - tight) * far, np.maximum(far, np.minimum(rest, mesh.EYE_RADIUS + 0.12))
        )
        points[vertices] = centre + away * (wanted / far)[:, None]
    strip = np.flatnonzero(s.parent[468 : 468 + 32] < 468) + 468
    points[strip] += (points[:468] - before)[s.parent[strip]]
