"""The head as one smooth surface: MediaPipe's face, eyelid strips, a mouth pocket and a skull, subdivided twice.

All lengths are centimetres. Origin midway between the outer corners of the eyes:

        y up
        |   z to the viewer
        |  /
        | /
        +-------- x to the subject's left (right in the image)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from lib.synthetic.recover import FILE
from lib.synthetic.subdivide import bilaplacian, loop

Ring = Sequence[int] | np.ndarray  # vertices in order
PUPILS = 6.3  # cm between the pupils of the template, a usual adult
PROPORTIONS = np.array([1.0, 1.11, 1.05])  # the network sees real faces that much higher and deeper than its own mean
EYE_RADIUS = 1.27  # cm; 1.2 in people, larger because our lids have no thickness
BROW_DROP = 0.22  # cm by which the brows lie lower than in the recovered face
EYE = np.array([3.15, -0.02, -0.72])  # centre of the left eyeball
SKULL_CENTRE, SKULL_AXES = np.array([0.0, 0.9, -6.6]), np.array([7.35, 9.6, 9.1])

# Rings of vertices, from the subject's right to left or from the outer corner on; of the eyes, the right one.
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
UPPER_LID, LOWER_LID = (246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)
LID_RING = (33, *UPPER_LID, 133, *LOWER_LID[::-1])
LID_FOLD = (247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25, 130)
UPPER_LIP, LOWER_LIP = (191, 80, 81, 82, 13, 312, 311, 310, 415), (95, 88, 178, 87, 14, 317, 402, 318, 324)  # inner
LIP_RING = (78, *UPPER_LIP, 308, *LOWER_LIP[::-1])
LIP_OUTLINE = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)  # upper and lower row
SKIN, MOUTH = 0, 1  # materials of this surface


@dataclass(frozen=True)
class Surface:
    """The control mesh and how it becomes fine.

    Attributes:
        points: float64 (V, 3), cm; the first 468 are MediaPipe's.
        triangles: int32 (F, 3) into the points.
        mirror: int32 (468,), the mirror image of each of MediaPipe's points.
        parent: int32 (V,), the vertex whose motion a strip or pocket vertex copies; itself for the others.
        follow: float64 (V,), the share of the parent's motion.
        refine: sparse (N, V), fine vertices as weighted control vertices; rows 0-467 are MediaPipe's.
        fine: int32 (16 F, 3), triangles into the fine vertices.
        material: uint8 (16 F,), SKIN or MOUTH.
    """

    points: np.ndarray
    triangles: np.ndarray
    mirror: np.ndarray
    parent: np.ndarray
    follow: np.ndarray
    refine: sparse.csr_matrix
    fine: np.ndarray
    material: np.ndarray


@lru_cache(maxsize=1)
def surface() -> Surface:
    """Build the template once per process."""
    stored = np.load(FILE)
    mirror, triangles = stored["mirror"], stored["triangles"]
    points = _adjust(stored["points"] * PROPORTIONS * PUPILS, triangles, mirror)
    build = _Builder(points, triangles)
    for ring in (LID_RING, tuple(mirror[list(LID_RING)])):
        build.extrude(ring, _behind_lid, 1.0)
    inner = build.extrude(LIP_RING, lambda p: p + np.array([0, 0, -0.7]), 1.0, MOUTH)
    throat = build.extrude(inner, lambda p: (p - p.mean(0)) * (1.0, 1.0, 0.3) + p.mean(0) + (0, 0, -1.8), 0.8, MOUTH)
    throat = build.extrude(throat, lambda p: (p - p.mean(0)) * (0.7, 1, 1) + p.mean(0) + (0, 0, -2), 0.5, MOUTH)
    build.cap(throat, 0.4, MOUTH)
    ring = OVAL
    for t in (0.07, 0.16, 0.27, 0.39, 0.52, 0.66, 0.8, 0.91):
        ring = build.extrude(ring, lambda p, t=t: _skull(points[list(OVAL)], t), 0.0)
    build.cap(ring, 0.0)
    control = np.array(build.points)
    faces, material = np.array(build.triangles, np.int32), np.array(build.material, np.uint8)
    refine, fine = sparse.identity(len(control), format="csr"), faces
    for _ in range(2):
        step, fine = loop(fine, refine.shape[0])
        refine = (step @ refine).tocsr()
    head = refine[:468]
    control[:468] += 0.6 * (control[:468] - head @ control)  # smoothing shrinks lips and nose: give some of it back
    control[:468] = (control[:468] + control[mirror] * (-1, 1, 1)) / 2  # the tessellation itself is not symmetric
    parent, follow = np.array(build.parent, np.int32), np.array(build.follow)
    return Surface(control, faces, mirror, parent, follow, refine, fine, np.repeat(material, 16))


class _Builder:
    """Grows a mesh ring by ring."""

    def __init__(self, points: np.ndarray, triangles: np.ndarray):
        self.points, self.triangles = list(points), [tuple(t) for t in triangles]
        self.material = [SKIN] * len(triangles)
        self.parent, self.follow = list(range(len(points))), [1.0] * len(points)
        self.direction = {(t[i], t[(i + 1) % 3]) for t in self.triangles for i in range(3)}

    def extrude(
        self, ring: Ring, place: Callable[[np.ndarray], np.ndarray], follow: float, material: int = SKIN
    ) -> tuple[int, ...]:
        """Add the ring `place(points of ring)` and the triangles between; each new vertex follows its old one."""
        ring, n, first = [int(v) for v in ring], len(ring), len(self.points)
        self.points += list(place(np.array([self.points[v] for v in ring])))
        self.parent += [self.parent[v] for v in ring]
        self.follow += [follow] * n
        new = tuple(range(first, first + n))
        flip = (ring[0], ring[1]) in self.direction  # our edge must run against the neighbour's
        for i in range(n):
            a, b, c, d = ring[i], ring[(i + 1) % n], new[(i + 1) % n], new[i]
            for triangle in ((b, a, c), (c, a, d)) if flip else ((a, b, c), (a, c, d)):
                self._add(triangle, material)
        return new

    def cap(self, ring: Ring, follow: float, material: int = SKIN) -> None:
        """Close a ring with one vertex in its middle."""
        middle = len(self.points)
        self.points.append(np.mean([self.points[v] for v in ring], axis=0))
        self.parent.append(self.parent[ring[len(ring) // 4]])
        self.follow.append(follow)
        flip = (ring[0], ring[1]) in self.direction
        for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
            self._add((b, a, middle) if flip else (a, b, middle), material)

    def _add(self, triangle: tuple[int, int, int], material: int) -> None:
        self.triangles.append(triangle)
        self.material.append(material)
        self.direction |= {(triangle[i], triangle[(i + 1) % 3]) for i in range(3)}


def _behind_lid(ring: np.ndarray) -> np.ndarray:
    """Return the lid margin (16, 3) turned inwards along the eyeball, so that no gap shows between lid and eye."""
    centre = EYE * (np.sign(ring[0, 0]), 1, 1)
    away = ring - centre
    back = centre + away * (1.12, 1.12, 0.55)
    return centre + (back - centre) / np.linalg.norm(back - centre, axis=1, keepdims=True) * (EYE_RADIUS - 0.02)


def _skull(oval: np.ndarray, t: float) -> np.ndarray:
    """Return the face oval (36, 3) carried the fraction t of the way round the skull to the back of the head."""
    start = (oval - SKULL_CENTRE) / SKULL_AXES
    radius = np.linalg.norm(start, axis=1, keepdims=True)
    start, end = start / radius, np.array([0, 0.12, -1.0]) / np.hypot(0.12, 1.0)
    angle = np.arccos(start @ end)[:, None]
    direction = (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)
    return SKULL_CENTRE + SKULL_AXES * direction * (1 + (radius - 1) * (1 - t) ** 2.2)


def _adjust(points: np.ndarray, triangles: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Open the eyes, seat the lids on the eyeballs, lower the brows and close the lips of the recovered face (ours)."""
    moves, right = {}, EYE * (-1, 1, 1)
    for ring, height in ((UPPER_LID, 0.43), (LOWER_LID, -0.50)):
        for i, v in enumerate(ring):
            across = (points[v, 0] - right[0]) * 1.1
            arch = np.sin(np.pi * (i + 1) / 8) ** 0.7
            moves[v] = _on_eye(np.array([right[0] + across, right[1] + height * arch + 0.06 * -across / 1.5, 0]), right)
    for v, y in ((33, 0.03), (133, -0.12)):
        moves[v] = _on_eye(np.array([right[0] + (points[v, 0] - right[0]) * 1.1, y, 0]), right)
    moves |= {v: points[v] - (0, BROW_DROP, 0) for v in BROW}
    for v in list(moves):
        moves[int(mirror[v])] = moves[v] * (-1, 1, 1)
    gap = np.array([0, 0.01, 0])
    for above, below in zip(UPPER_LIP, LOWER_LIP, strict=True):
        middle = points[above] * 0.5 + points[below] * 0.5
        moves[above], moves[below] = middle + gap, middle - gap
    near = set(moves) | set(LID_FOLD) | set(LIP_OUTLINE) | {int(mirror[v]) for v in LID_FOLD}
    distance = cKDTree(points[list(moves)]).query(points)[0]
    for v in range(len(points)):
        if v not in near and distance[v] > 1.1:
            moves[v] = points[v]
    fixed = np.array(list(moves))
    shift = np.array(list(moves.values())) - points[fixed]
    return points + bilaplacian(triangles, len(points), fixed, shift)


def _on_eye(point: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the point with z on the sphere just outside the eyeball; beside it, on its rim."""
    x, y = point[:2] - centre[:2]
    depth = np.sqrt(max((EYE_RADIUS + 0.07) ** 2 - x * x - y * y, 0.05))
    return np.array([point[0], point[1], centre[2] + depth])
