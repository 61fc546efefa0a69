"""Triangles to pixels: normals, what is visible where, and which vertices the lamp sees. Compiled once, then cached.

No fast-math: the same seed gives the same bytes.
"""

import numba
import numpy as np

from lib.paths import BUILD
from lib.synthetic.parts import EYE, HAIR, MOUTH, SKIN

if not numba.config.CACHE_DIR:  # the checkout may be read-only
    numba.config.CACHE_DIR = str(BUILD / "numba")


@numba.njit(cache=True)
def normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return unit normals of vertices, the mean over their triangles weighted by area, float32 (N, 3).

    Args:
        points: (N, 3).
        triangles: three vertices each, (T, 3).
    """
    out = np.zeros((len(points), 3), np.float32)
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (a, b, c):
            out[v, 0] += x
            out[v, 1] += y
            out[v, 2] += z
    for v in range(len(points)):
        size = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + np.float32(1e-12)
        out[v, 0] /= size
        out[v, 1] /= size
        out[v, 2] /= size
    return out


@numba.njit(cache=True)
def visible(
    xy: np.ndarray, near: np.ndarray, triangles: np.ndarray, material: np.ndarray, uv: np.ndarray, strands: np.ndarray,
    height: int, width: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return, per pixel, the triangle in front (int32, -1 none) and the weights of its second and third vertex.

    Args:
        xy: float32 (n, 2), pixels.
        near: float32 (n,), larger is nearer.
        triangles: int32 (f, 3).
        material: uint8 (f,), closed surfaces show their front only, hair has ragged ends.
        uv: float32 (n, 2), place along the hair.
        strands: float32 (256,), how far each strand reaches, 0 to 1.
        height: of the picture, in pixels.
        width: likewise.
    """
    which = np.full((height, width), -1, np.int32)
    depth = np.full((height, width), -1e9, np.float32)
    weight = np.zeros((height, width, 2), np.float32)
    for f in range(len(triangles)):
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ax, ay, bx, by, cx, cy = xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1], xy[c, 0], xy[c, 1]
        double = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        m = material[f]
        if double == 0 or (double > 0 and (m in (SKIN, MOUTH, EYE))):
            continue
        x0, x1 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0), min(int(np.floor(max(ax, bx, cx) - 0.5)), width - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0), min(int(np.floor(max(ay, by, cy) - 0.5)), height - 1)
        inverse = np.float32(1) / double
        for y in range(y0, y1 + 1):
            py = np.float32(y + 0.5)
            for x in range(x0, x1 + 1):
                px = np.float32(x + 0.5)
                wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inverse
                if wb < 0 or wc < 0 or wb + wc > 1:
                    continue
                d = near[a] + wb * (near[b] - near[a]) + wc * (near[c] - near[a])
                if d <= depth[y, x]:
                    continue
                if m == HAIR:
                    u = uv[a, 0] + wb * (uv[b, 0] - uv[a, 0]) + wc * (uv[c, 0] - uv[a, 0])
                    v = uv[a, 1] + wb * (uv[b, 1] - uv[a, 1]) + wc * (uv[c, 1] - uv[a, 1])
                    if v > strands[int((u + 1) * 900) & 255]:
                        continue
                depth[y, x] = d
                which[y, x] = f
                weight[y, x, 0] = wb
                weight[y, x, 1] = wc
    return which, weight


@numba.njit(cache=True)
def _plan(points: np.ndarray, toward: np.ndarray, size: int, reach: float) -> np.ndarray:
    """Return points (n, 3) as the lamp sees them: cells to the right, cells up, cm towards it."""
    right = np.array([toward[2], np.float32(0), -toward[0]], np.float32)
    right /= np.sqrt((right**2).sum())
    up = np.cross(toward, right).astype(np.float32)
    scale = np.float32(size / (2 * reach))
    plan = np.empty((len(points), 3), np.float32)
    for v in range(len(points)):
        x, y, z = points[v, 0], points[v, 1], points[v, 2]
        plan[v, 0] = (x * right[0] + y * right[1] + z * right[2] + reach) * scale
        plan[v, 1] = (x * up[0] + y * up[1] + z * up[2] + reach) * scale
        plan[v, 2] = x * toward[0] + y * toward[1] + z * toward[2]
    return plan


@numba.njit(cache=True)
def _shadow_map(plan: np.ndarray, triangles: np.ndarray, material: np.ndarray, size: int) -> np.ndarray:
    """Return how near to the lamp the nearest surface lies in each cell, float32 (size, size), cm."""
    nearest = np.full((size, size), -1e9, np.float32)
    for f in range(len(triangles)):
        if material[f] == EYE or material[f] == MOUTH:
            continue
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        ax, ay, bx, by, cx, cy = plan[a, 0], plan[a, 1], plan[b, 0], plan[b, 1], plan[c, 0], plan[c, 1]
        double = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if double == 0 or (double < 0 and material[f] == SKIN):
            continue
        inverse = np.float32(1) / double
        x0, x1 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0), min(int(np.floor(max(ax, bx, cx) - 0.5)), size - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0), min(int(np.floor(max(ay, by, cy) - 0.5)), size - 1)
        for y in range(y0, y1 + 1):
            py = np.float32(y + 0.5)
            for x in range(x0, x1 + 1):
                px = np.float32(x + 0.5)
                wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inverse
                if wb >= 0 and wc >= 0 and wb + wc <= 1:
                    d = plan[a, 2] + wb * (plan[b, 2] - plan[a, 2]) + wc * (plan[c, 2] - plan[a, 2])
                    nearest[y, x] = max(nearest[y, x], d)
    return nearest


@numba.njit(cache=True)
def lit(
    points: np.ndarray, triangles: np.ndarray, material: np.ndarray, toward: np.ndarray, size: int, reach: float
) -> np.ndarray:
    """Return float32 (n,), the share of the lamp that each vertex sees, 0 to 1.

    The shadow map is read in 5 x 5 cells round the vertex (percentage-closer filtering), so shadows end softly.

    Args:
        points: float32 (n, 3), cm, as the camera sees them.
        triangles: int32 (f, 3), what casts shadows.
        material: uint8 (f,).
        toward: float32 (3,), unit vector to the lamp.
        size: width of the shadow map in cells.
        reach: half width of the shadow map, cm.
    """
    plan = _plan(points, toward, size, reach)
    nearest = _shadow_map(plan, triangles, material, size)
    out = np.ones(len(points), np.float32)
    for v in range(len(points)):
        seen, total = np.float32(0), np.float32(0)
        column, row = int(plan[v, 0]), int(plan[v, 1])
        for y in range(max(row - 2, 0), min(row + 3, size)):
            for x in range(max(column - 2, 0), min(column + 3, size)):
                above = nearest[y, x] - plan[v, 2]  # cm of what lies between vertex and lamp; under .3 it is the skin
                seen += min(max((np.float32(0.70) - above) * np.float32(2.5), np.float32(0)), np.float32(1))
                total += 1
        if total:
            out[v] = seen / total
    return out


@numba.njit(cache=True)
def feather(picture: np.ndarray, which: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Return the picture with soft edges where hair, everything else and the background meet, float32 (h, w, 3).

    Args:
        picture: float32 (h, w, 3), linear light.
        which: int32 (h, w), triangle per pixel, from `visible`.
        material: uint8 (f,).
    """
    h, w = which.shape
    kind = np.empty((h, w), np.int8)
    for y in range(h):
        for x in range(w):
            kind[y, x] = -1 if which[y, x] < 0 else (material[which[y, x]] == HAIR)
    out = picture.copy()
    for y in range(1, h - 1):
        for x in range(1, w - 1):
            a = kind[y, x]
            if kind[y - 1, x] == a and kind[y + 1, x] == a and kind[y, x - 1] == a and kind[y, x + 1] == a:
                continue
            for k in range(3):
                side = picture[y - 1, x, k] + picture[y + 1, x, k] + picture[y, x - 1, k] + picture[y, x + 1, k]
                corner = picture[y - 1, x - 1, k] + picture[y - 1, x + 1, k]
                corner += picture[y + 1, x - 1, k] + picture[y + 1, x + 1, k]
                out[y, x, k] = (4 * picture[y, x, k] + 2 * side + corner) / np.float32(16)
    return out


def occlusion(points: np.ndarray, triangles: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Return ambient occlusion, float32 (n,): the share of the sky that each vertex sees, 0 to 1, weighted by cosine.

    Args:
        points: float32 (n, 3), cm.
        triangles: int32 (f, 3).
        material: uint8 (f,).
    """
    normal, open_ = normals(points, triangles), np.zeros(len(points), np.float32)
    height = 1 - np.arange(1, 48, 2) / 24  # 24 directions, evenly spread over the sphere
    turn = np.arange(24) * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - height**2)
    ways = np.stack([across * np.cos(turn), height, across * np.sin(turn)], axis=1).astype(np.float32)
    for way, facing in zip(ways, (normal @ ways.T).clip(0, None).T, strict=True):
        open_ += facing * lit(points, triangles, material, way, 128, np.float32(16))
    return open_ / (normal @ ways.T).clip(1e-6, None).sum(1)
