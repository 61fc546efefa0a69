"""The unrolled face and the tools to paint on it.

The face is unrolled round the vertical axis of the head:

    column   0 (110 degrees to the right) .. 768 (110 degrees to the left)
    row      0 (11.5 cm above the eyes)   .. 640 (13.5 cm below)
"""

from functools import lru_cache

import cv2
import numpy as np

from lib.synthetic import hair, mesh

WIDTH, HEIGHT = 768, 640
TEXELS_PER_CM = HEIGHT / 25.0
LEVELS = 3  # full, half and quarter size
SPAN = np.radians(220)


def unroll(points: np.ndarray) -> np.ndarray:
    """Return where points (n, 3) of the template lie on the picture, as (column, row) in full size."""
    column = (hair.around(points) / SPAN + 0.5).clip(0, 1) * WIDTH
    return np.stack([column, ((11.5 - points[:, 1]) / 25).clip(0, 1) * HEIGHT], axis=1)


@lru_cache(maxsize=1)
def coordinates() -> np.ndarray:
    """Return float64 (V, 2): each control vertex on the picture; the inside of lids lies inside the eye."""
    s = mesh.surface()
    place = unroll(s.points)
    for first, ring in ((468, mesh.LID_RING), (484, s.mirror[list(mesh.LID_RING)])):
        rim = place[list(ring)]
        place[first : first + 16] = rim + 0.35 * (rim.mean(0) - rim)
    return place


def noise(rng: np.random.Generator, cell: float) -> np.ndarray:
    """Return smooth noise of shape (HEIGHT, WIDTH), float32, sd about 1.

    Args:
        rng: for the values.
        cell: size of its features in texels.
    """
    small = rng.standard_normal((int(HEIGHT / cell) + 3, int(WIDTH / cell) + 3), dtype=np.float32)
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def spot(place: np.ndarray, reach: float) -> np.ndarray:
    """Return a soft spot of height 1, float32 (HEIGHT, WIDTH).

    Args:
        place: its centre (2,) as (column, row).
        reach: standard deviation in cm.
    """
    x = np.exp(-(((np.arange(WIDTH) - place[0]) / (reach * TEXELS_PER_CM)) ** 2) / 2)
    y = np.exp(-(((np.arange(HEIGHT) - place[1]) / (reach * TEXELS_PER_CM)) ** 2) / 2)
    return np.outer(y, x).astype(np.float32)


def area(vertices: list[int] | np.ndarray, soft: float, at: np.ndarray | None = None) -> np.ndarray:
    """Return the soft mask of a polygon, float32 (HEIGHT, WIDTH) in [0, 1].

    Args:
        vertices: its corners as landmarks.
        soft: blur in texels.
        at: its corners as places (n, 2) instead, (column, row).
    """
    corners = coordinates()[list(vertices)] if at is None else at
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), soft)


def mix(image: np.ndarray, mask: np.ndarray, colour: np.ndarray | tuple) -> None:
    """Paint over an image in place; only the rectangle round the mask is touched.

    Args:
        image: float32 (HEIGHT, WIDTH, 3).
        mask: how much is covered, (HEIGHT, WIDTH) in [0, 1].
        colour: (3,).
    """
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    image[box] += mask[box][..., None] * (np.asarray(colour, np.float32) - image[box])


def tone(image: np.ndarray) -> np.ndarray:
    """Return the colour (3,) of the forehead, the skin's plainest place."""
    column, row = coordinates()[151].astype(int)
    return image[row - 8 : row + 30, column - 40 : column + 40, :3].mean((0, 1))
