"""How exactly faces are found and how alike their crops are: the figures behind paper A's "superior"."""

import cv2
import numpy as np

from lib.faces.align import eye_centres, move

PARTS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}


def normalised_error(landmarks: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return how far landmarks lie from the truth, (68,), in distances between the eye centres.

    Args:
        landmarks: (68, 2) in pixels of the image.
        truth: (68, 2), likewise.
    """
    right, left = eye_centres(truth)
    return np.linalg.norm(landmarks - truth, axis=1) / np.linalg.norm(left - right)


def angle(landmarks: np.ndarray) -> float:
    """Return how far the eye line of landmarks (68, 2) is turned, in degrees clockwise as seen, from -180 to 180."""
    right, left = eye_centres(landmarks)
    x, y = left - right
    return float(np.degrees(np.arctan2(y, x)))


def level(landmarks: np.ndarray, matrix: np.ndarray, part: str) -> float:
    """Return the mean row of a part of the face in the crop, in pixels from the top.

    Args:
        landmarks: (68, 2) in pixels of the image.
        matrix: (2, 3), image to crop.
        part: a name in `PARTS`.
    """
    return float(move(landmarks, matrix)[PARTS[part], 1].mean())


def background(mesh: np.ndarray, matrix: np.ndarray, size: int) -> float:
    """Return the share of a crop, 0 to 1, outside the outline of the face's mesh: hair and ears count as outside.

    Args:
        mesh: (468, 2) in pixels of the image.
        matrix: (2, 3), image to crop.
        size: side of the crop in pixels.
    """
    outline = cv2.convexHull(move(mesh, matrix).astype(np.float32))
    inside = cv2.fillConvexPoly(np.zeros((size, size), np.uint8), np.round(outline).astype(np.int32), 1)
    return 1 - float(inside.mean())
