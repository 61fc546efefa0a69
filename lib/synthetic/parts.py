"""What a head has beside its skin: eyeballs, teeth, tongue, ears, neck, shoulders, glasses. Each is a small grid.

Coordinates and centimetres as in `mesh`.
"""

from dataclasses import dataclass

import numpy as np

from lib.synthetic import mesh

SKIN, MOUTH, EYE, TEETH, TONGUE, HAIR, SHIRT, FRAME, PLAIN = range(9)  # materials; SKIN is textured, PLAIN is not
SCLERA = 9  # a colour more: the iris is EYE's
HEAD, JAW, BODY = 0.0, 1.0, 2.0  # what a vertex moves with; between HEAD and BODY no vertex is needed


@dataclass(frozen=True)
class Part:
    """A piece of surface.

    Attributes:
        points: float64 (n, 3), cm.
        triangles: int32 (f, 3).
        uv: float64 (n, 2), what the material's shader needs: angles on the eye, place along a hair, ...
        material: int, one of the above.
        body: float64 (n,), 0 moves with the head, 1 stays with the shoulders.
        jaw: float64 (n,), share of the jaw's turn.
    """

    points: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    material: int
    body: np.ndarray
    jaw: np.ndarray


def grid(
    points: np.ndarray,
    uv: np.ndarray,
    material: int,
    around: bool = False,
    body: float | np.ndarray = 0.0,
    jaw: float = 0.0,
) -> Part:
    """Make a part from a grid of points.

    Args:
        points: (R, C, 3) in cm.
        uv: place of each point in its material, (R, C, 2).
        material: one of the constants of this module.
        around: join the last column to the first.
        body: how far each point stays with the body when the head turns, one number or (R, C).
        jaw: how far the part moves with the jaw, 0 to 1.
    """
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, axis=1) if around else index[:, 1:]
    left = index if around else index[:, :-1]
    a, b, c, d = left[:-1], right[:-1], right[1:], left[1:]
    triangles = np.concatenate([np.stack([a, d, b], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    n = rows * columns
    fill = np.zeros(n)
    return Part(points.reshape(n, 3), triangles.astype(np.int32), uv.reshape(n, 2), material, fill + body, fill + jaw)


def eyeball(centre: np.ndarray) -> Part:
    """Return the front of an eyeball; uv are the angles (to the left, up) from straight ahead, in radians.

    Args:
        centre: (3,) in cm.
    """
    up, across = np.meshgrid(np.linspace(1.0, -1.0, 17), np.linspace(-1.35, 1.35, 17), indexing="ij")
    ray = np.stack([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)], axis=-1)
    return grid(centre + mesh.EYE_RADIUS * ray, np.stack([across, up], axis=-1), EYE)


def teeth(mouth: np.ndarray, upper: bool) -> Part:
    """Return one row of teeth behind the lips; uv: place along the arch in teeth; 0 in the gum, 1 at the edge.

    Args:
        mouth: middle of the mouth (3,) in cm.
        upper: the upper row, else the lower one.
    """
    edge, gum = (-0.20, 1.2) if upper else (-0.32, -1.6)
    ends = (0, 0.86, 1.54, 2.26, 2.9) if upper else (0, 0.54, 1.14, 1.82, 2.4)  # of incisors, canine, premolar, cm
    down, along = np.meshgrid(np.linspace(0, 1, 6), np.linspace(-1, 1, 25), indexing="ij")
    x = 2.8 * along
    z = mouth[2] - (0.85 if upper else 1.05) - 0.19 * x**2 - 0.10 * (1 - down)
    tooth = np.sign(x) * np.interp(np.abs(x), ends, range(5))
    points = np.stack([x, mouth[1] + gum + (edge - gum) * down, z], axis=-1)
    if not upper:  # the outside faces the viewer either way
        points, tooth, down = points[:, ::-1], tooth[:, ::-1], down[:, ::-1]
    return grid(points, np.stack([tooth, down], axis=-1), TEETH, jaw=0.0 if upper else 1.0)


def tongue(mouth: np.ndarray) -> Part:
    """Return the tongue, which moves with the jaw.

    Args:
        mouth: middle of the mouth (3,) in cm.
    """
    a, b = np.meshgrid(np.linspace(0, np.pi, 10), np.linspace(0, 2 * np.pi, 14, endpoint=False), indexing="ij")
    ball = np.stack([np.sin(a) * np.cos(b), np.cos(a), -np.sin(a) * np.sin(b)], axis=-1)
    points = mouth + (0, -1.15, -2.3) + ball * (1.55, 0.5, 1.35)
    return grid(points, np.stack([a, b], axis=-1), TONGUE, around=True, jaw=1.0)


_EAR_RADIUS = np.array([0.0, 0.22, 0.40, 0.52, 0.64, 0.76, 0.86, 0.95, 1.0, 0.97, 0.75])
_EAR_HEIGHT = np.array([-0.55, -0.55, -0.42, 0.10, 0.16, -0.02, 0.06, 0.26, 0.14, -0.10, -0.60])
_EAR_LIGHT = np.array([0.45, 0.5, 0.6, 0.9, 1.0, 0.78, 0.85, 1.0, 1.0, 0.9, 0.6])


def ear(side: int, size: float, spread: float, head_x: float) -> Part:
    """Return one ear.

    Args:
        side: 1 the left, -1 the right.
        size: 1 is 6 cm high.
        spread: angle between ear and head, in radians.
        head_x: half width of the head at the ear, cm.
    """
    radius, turn = np.meshgrid(_EAR_RADIUS, np.linspace(0, 2 * np.pi, 28, endpoint=False), indexing="ij")
    back, up = radius * np.cos(turn), radius * np.sin(turn)
    width = 1.45 * (1 + 0.30 * up - 0.10 * up**2)  # wide above, narrow at the lobe
    height = np.interp(np.arange(len(_EAR_RADIUS)), np.arange(len(_EAR_RADIUS)), _EAR_HEIGHT)[:, None] + 0 * turn
    height = np.where(up < -0.62, height * 0.25 + 0.02, height)  # the lobe is flat
    height = height * np.clip(1.15 + back, 0.35, 1)  # and the front lies against the head
    h, v = (back + 0.92) * width * size, up * 3.0 * size
    lean = 0.16
    h, v = h * np.cos(lean) + v * np.sin(lean), v * np.cos(lean) - h * np.sin(lean) * 0.5
    out = h * np.sin(spread) + height * 0.8 * np.cos(spread) * size
    rear = h * np.cos(spread) - height * 0.8 * np.sin(spread) * size
    points = np.stack([side * (head_x - 0.35 + out), v - 1.5, -5.6 - rear], axis=-1)
    light = _EAR_LIGHT[:, None] + 0 * turn
    part = grid(points, np.stack([light, 0.25 + 0 * light], axis=-1), PLAIN, around=True)
    return part if side > 0 else Part(part.points, part.triangles[:, ::-1], part.uv, PLAIN, part.body, part.jaw)


# height, half width, half depth, centre z of the neck and shoulders; the last of the skin is row 7
_TORSO = np.array([
    (-7.5, 4.3, 3.0, -8.6), (-9.0, 4.8, 4.3, -7.8), (-10.5, 4.9, 4.9, -7.3),
    (-12.0, 4.9, 5.3, -7.0), (-13.2, 5.1, 5.5, -7.0), (-14.4, 5.5, 5.7, -7.1),
    (-15.4, 6.4, 6.0, -7.2), (-16.3, 8.2, 6.5, -7.3), (-17.2, 11.0, 7.0, -7.4),
    (-18.2, 14.0, 7.6, -7.5), (-19.4, 17.0, 8.2, -7.6), (-21.0, 19.3, 8.9, -7.6),
    (-24.0, 21.0, 9.8, -7.6), (-30.0, 22.0, 10.5, -7.6), (-42.0, 22.0, 11.0, -7.6),
])  # fmt: skip


def torso(width: float, collar: float) -> tuple[Part, Part]:
    """Return neck and shirt.

    Args:
        width: of the neck, 1 is usual.
        collar: height where the shirt begins at the front, cm; the nape is 2.5 cm higher.
    """
    y, rx, rz, cz = _TORSO.T[:, :, None]
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)[None]
    thin = np.where(y > -16, width, 1 + (width - 1) * 0.3)
    sides = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.9
    points = np.stack([rx * thin * sides, y + 0 * turn, cz + rz * thin * np.cos(turn)], axis=-1)
    points[..., 1] -= (
        np.where(y < -15, 1.2, 0.0) * np.clip(np.cos(turn), 0, 1) ** 2
    )  # the chest lies lower than the shoulders
    body = np.clip((-6.0 - points[..., 1]) / 9.0, 0, 1).ravel()
    under_chin = 0.75 + 0.25 * np.clip((-10.0 - points[..., 1]) / 6, 0, 1)
    shade = np.stack([under_chin, 0 * under_chin], axis=-1)
    neck = grid(points, shade, PLAIN, around=True, body=body)
    edge = collar + 2.5 * (1 - np.cos(turn)) / 2
    top = np.array([np.interp(-edge[0, k], -points[:, k, 1], np.arange(len(points))) for k in range(40)])
    rows = top[None] + (len(points) - 1 - top)[None] * np.linspace(0, 1, 12)[:, None] ** 1.3
    low = np.floor(rows).astype(int).clip(0, len(points) - 2)
    part = (rows - low)[..., None]
    column = np.arange(40)[None] + 0 * low
    shirt = points[low, column] * (1 - part) + points[low + 1, column] * part
    shirt = np.concatenate([shirt[:1] * (0.99, 1, 1) + (0, -0.25, 0), shirt])  # a turned-in hem
    outward = np.stack([np.sin(turn[0]), 0 * turn[0], np.cos(turn[0])], axis=-1)[None]
    shirt[1:] += outward * np.minimum(0.30 + 0.02 * np.arange(12), 0.6)[:, None, None]
    body = np.clip((-6.0 - shirt[..., 1]) / 9.0, 0, 1).ravel()
    return neck, grid(shirt, shirt[..., :2] * 0.1, SHIRT, around=True, body=body)


def tube(path: np.ndarray, radius: tuple[float, float], closed: bool) -> Part:
    """Return a tube along a path.

    Args:
        path: (N, 3) in cm.
        radius: across and in depth, in cm.
        closed: join the end to the beginning.
    """
    ahead = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead, (0.05, 0.1, 1.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    over = np.cross(side, ahead)
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)[:, None, None]
    points = path + radius[0] * np.cos(turn) * side + radius[1] * np.sin(turn) * over
    points = points.transpose(1, 0, 2)
    if closed:
        points = np.concatenate([points, points[:1]])
    return grid(points, np.zeros((*points.shape[:2], 2)), FRAME, around=True)


def glasses(
    eyes: np.ndarray, nose: np.ndarray, head_x: float, half: tuple[float, float], square: float, thick: float
) -> list[Part]:
    """Return two rims, a bridge and two arms.

    Args:
        eyes: (2, 3), centres of the right and left eyeball.
        nose: (3,), the bridge of the nose between the eyes.
        head_x: half width of the head at the temples, cm.
        half: half width and half height of a rim, cm.
        square: 2 is an ellipse, more is squarer.
        thick: radius of the rim, cm.
    """
    turn = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    x = half[0] * np.sign(cos) * np.abs(cos) ** (2 / square)
    y = half[1] * np.sign(sin) * np.abs(sin) ** (2 / square)
    z = max(nose[2] + 0.15, eyes[0, 2] + mesh.EYE_RADIUS + 1.15)
    parts = []
    for side, eye in zip((-1, 1), eyes, strict=True):
        centre = np.array([eye[0] + side * 0.12, eye[1] - 0.25, z])
        rim = centre + np.stack([x, y, -0.22 * (side * x / half[0]) - 0.1 * (x / half[0]) ** 2], axis=-1)
        hinge = centre + np.array([side * half[0], half[1] * 0.35, -0.32])
        arm = np.array(
            [
                hinge,
                hinge + np.array([side * 0.25, 0.05, -0.8]),
                (side * (head_x + 0.25), 0.55, -3.0),
                (side * (head_x + 0.25), 0.6, -6.3),
            ]
        )
        parts += [tube(rim, (thick, thick), True), tube(arm, (thick * 1.2, thick * 0.8), False)]
    inner = [
        np.array([e[0] - s * half[0] + s * 0.12, e[1] + 0.05, z + 0.12]) for s, e in zip((-1, 1), eyes, strict=True)
    ]
    middle = (inner[0] + inner[1]) / 2 + (0, 0.18, 0.25)
    return [*parts, tube(np.array([inner[0], middle, inner[1]]), (thick, thick), False)]
