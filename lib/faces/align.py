"""From a face to a crop: the two ways that paper A compares, one of them in two readings, and one that tests its claim.

    traditional        box                proposed                            eyes
    +-------------+    +-------------+    +-----------+                       +-----------+
    |             |    |             |    |           |                       |           |
    |             |    |   o     o   |    |  o     o  |  <- row size / 3 ->   |  o     o  |
    |    o   o    |    |      >      |    |     >     |                       |     >     |
    |      >      |    |     ---     |    |    ---    |                       |    ---    |
    |     ---     |    |             |    +-----.-----+  <- point 9           |           |
    +-------------+    +-------------+    ^           ^                       +-----------+
    the whole frame    the face's box,    point 1     point 17                one scale, from the eyes alone
                       with a margin

All turn the image until the eye centres are level. The paper describes the traditional alignment by the rotation alone,
after a face was detected: read to the letter it keeps the whole frame, and in the fair reading the detected box is cut
out. The paper counts points from 1; arrays here count from 0.
"""

from typing import NamedTuple

import cv2
import numpy as np

from lib import images

WAYS = ("traditional", "box", "proposed", "eyes")
_EYE_ROW = 1 / 3  # paper A: the eyes lie one third of the height below the top
_EYE_DISTANCE = 0.40  # ours: of the eye centres in "eyes", share of the size; keeps the chin of a closed mouth inside
_MARGIN = 0.15  # ours: round the face's box in "box", on each side, share of its longer side; the paper gives none


class Alignment(NamedTuple):
    """A crop and where it came from: `move(points, matrix)` carries points of the image into the crop.

    Attributes:
        crop: uint8 (size, size, 3), or (size, size) of a grey image; beyond the image its edge is repeated.
        matrix: (2, 3) float64, image to crop, in pixel centres.
        inverse: (2, 3) float64, crop to image.
    """

    crop: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray


def align(image: np.ndarray, landmarks: np.ndarray, how: str = "proposed", size: int = 128) -> Alignment:
    """Cut a face out of an image, turned and scaled.

    Args:
        image: uint8, RGB (H, W, 3) or grey (H, W).
        landmarks: (68, 2), `x, y` in pixels of the image, iBUG order: those of `detect`, or a rendered face's truth.
        how: "proposed" (paper A): left edge at point 1, right at point 17, bottom at point 9, eyes on row size / 3.
            "traditional" (paper A, to the letter): the whole frame, turned. "box" (paper A, in the fair reading): the
            square round the face's box in the turned image, with a margin. "eyes" (ours): the eye centres in fixed
            places.
        size: side of the crop in pixels; the paper's is 128.

    Raises:
        ValueError: unknown way, size below 1, landmarks of another shape, or landmarks that span no crop.
    """
    height, width = images.check(image).shape[:2]
    matrix = crop_matrix(landmarks, how, size, (height, width))
    return Alignment(_warp(image, matrix, size), matrix, cv2.invertAffineTransform(matrix))


def crop_matrix(landmarks: np.ndarray, how: str, size: int, frame: tuple[int, int]) -> np.ndarray:
    """Return the matrix (2, 3) float64 of `align`, from image to crop in pixel centres, without cutting the crop.

    Args:
        landmarks: (68, 2) as for `align`.
        how: as for `align`.
        size: side of the crop in pixels.
        frame: height and width of the image; only "traditional" needs them.

    Raises:
        ValueError: as `align`.
    """
    if how not in WAYS:
        raise ValueError(f"how is {how!r}; expected one of {', '.join(WAYS)}")
    if size < 1:
        raise ValueError(f"size is {size}; expected at least 1 pixel")
    if np.shape(landmarks) != (68, 2):
        raise ValueError(f"landmarks are {np.shape(landmarks)}; expected (68, 2), such as detect(image)[0].landmarks")
    turned = turn(landmarks)
    points = move(landmarks, turned)
    if how == "traditional":
        left, top, height, width = 0.0, 0.0, *frame
    else:
        left, top, width, height = {"box": _box, "proposed": _proposed, "eyes": _eyes}[how](points)
    if not (width > 0 and height > 0):
        raise ValueError(
            f"the landmarks span {width:.1f} x {height:.1f} pixels; expected an upright face seen from the front"
        )
    scale = np.array([size / width, size / height])
    matrix = turned * scale[:, None]
    matrix[:, 2] -= scale * (left, top)
    return matrix


def move(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return points carried through an affine map, (n, 2).

    Args:
        points: (n, 2), `x, y`.
        matrix: (2, 3).
    """
    return points @ matrix[:, :2].T + matrix[:, 2]


def eye_centres(landmarks: np.ndarray) -> np.ndarray:
    """Return the subject's right and left eye centre (2, 2): the mean of the six points round each."""
    return np.array([landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)], dtype=float)


def turn(landmarks: np.ndarray) -> np.ndarray:
    """Return the rotation (2, 3) about the middle of the eyes that makes the eye line level."""
    right, left = eye_centres(landmarks)
    middle = (right + left) / 2
    x, y = left - right
    return cv2.getRotationMatrix2D(middle.tolist(), float(np.degrees(np.arctan2(y, x))), 1.0)


def _box(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the square round the box of the turned points (68, 2), with its margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) * (1 + 2 * _MARGIN)
    x, y = (low + high) / 2
    return x - side / 2, y - side / 2, side, side


def _proposed(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, top, width and height of paper A's crop in the turned image; points (68, 2)."""
    eye_line = eye_centres(points)[:, 1].mean()
    height = (points[8, 1] - eye_line) / (1 - _EYE_ROW)
    return points[0, 0], points[8, 1] - height, points[16, 0] - points[0, 0], height


def _eyes(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the square crop that puts the eye centres in fixed places."""
    right, left = eye_centres(points)
    side = (left[0] - right[0]) / _EYE_DISTANCE
    x, y = (right + left) / 2
    return x - side / 2, y - side * _EYE_ROW, side, side


def _warp(image: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """Return the crop (size, size[, 3]). A strong reduction averages whole blocks first: bilinear alone would alias."""
    factor = int(1 / np.linalg.norm(matrix[:, :2], axis=1).max())
    height, width = image.shape[0] // max(factor, 1), image.shape[1] // max(factor, 1)
    if factor > 1 and min(height, width) > 0:
        step = np.array([image.shape[1] / width, image.shape[0] / height])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        matrix = np.c_[matrix[:, :2] * step, move((step[None] - 1) / 2, matrix)[0]]
    return cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
