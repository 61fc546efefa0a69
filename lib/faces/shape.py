"""The shape of a face: landmarks with position, size and tilt taken out."""

import numpy as np

OUTER_CORNERS = (36, 45)  # of the eyes, iBUG points counted from 0; their distance is the unit of length


def inter_ocular(landmarks: np.ndarray) -> float:
    """Return the distance between the outer corners of the eyes, in pixels.

    Args:
        landmarks: float (68, 2), pixels.
    """
    right, left = landmarks[list(OUTER_CORNERS)]
    return float(np.linalg.norm(right - left))


def onto(landmarks: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return faces moved onto one, float (F, 68, 2), each by the similarity that fits its points best.

    Least squares with points as complex numbers: z -> a z + b, where a turns and scales, b shifts.

    Args:
        landmarks: float (F, 68, 2), pixels.
        reference: float (68, 2), in any unit; the result has the same.
    """
    z, w = landmarks @ (1, 1j), reference @ (1, 1j)  # (F, 68), (68,)
    z = z - z.mean(axis=1, keepdims=True)
    turn = (z.conj() @ (w - w.mean())) / (np.abs(z) ** 2).sum(axis=1)  # (F,), scale and rotation
    moved = turn[:, None] * z + w.mean()
    return np.stack([moved.real, moved.imag], axis=2)


def shapes(landmarks: np.ndarray) -> np.ndarray:
    """Return the shapes of faces, float (N, 136), in inter-ocular distances of the first face.

    Args:
        landmarks: float (N, 68, 2), pixels, no NaN.
    """
    first = landmarks[0] / inter_ocular(landmarks[0])
    mean = onto(landmarks, first).mean(axis=0)
    return onto(landmarks, mean).reshape(len(landmarks), -1)
