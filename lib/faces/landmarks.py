"""The 68 iBUG / 300-W landmarks as fixed mixtures of the 468 mesh points.

    0-16   jaw: from the subject's right temple (0) under the chin (8) to the left (16)
    17-26  brows, 27-30 bridge of the nose, 31-35 its base, 36-47 eyes, 48-59 outer lips, 60-67 inner lips

The papers count from 1: their points 1, 9 and 17 are 0, 8 and 16 here. Annotators of 300-W spread points evenly along a
contour, the mesh does not; so jaw and bridge are cut into equal lengths of the mesh's own line, measured in three
dimensions on the network's mean face. The brow row lies between the mesh's two rows, nearer to the upper one.
"""

import numpy as np

# Right half of the face oval from the temple, level with the eye, to the chin; then its mirror image.
_OVAL_RIGHT = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152)
_OVAL_LEFT = (356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152)
_OVAL_STEPS = (0.00, 1.37, 2.69, 3.86, 5.02, 6.30, 7.80, 9.46)  # eight equal lengths, in steps along the tuple
_BRIDGE = (168, 6, 197, 195, 5, 4)
_BRIDGE_STEPS = (0.00, 1.56, 3.27, 5.00)  # three equal lengths
_BROWS_UPPER = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_BROWS_LOWER = (46, 53, 52, 65, 55, 285, 295, 282, 283, 276)
_BROW_SHARE = 2 / 3  # of the upper row
_NOSE_BASE = (75, 97, 2, 326, 305)
_EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
_LIPS_OUTER = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181)
_LIPS_INNER = (78, 82, 13, 312, 308, 317, 14, 87)


def landmarks_68(mesh: np.ndarray) -> np.ndarray:
    """Return the 68 landmarks (68, 2) float32 of a mesh (468, 2), in the same pixels; (..., 468, d) works alike."""
    if mesh.shape[-2] != 468:
        raise ValueError(f"mesh is {mesh.shape}; expected (..., 468, 2)")
    return (WEIGHTS @ mesh).astype(np.float32)


def _along(line: tuple[int, ...], steps: tuple[float, ...]) -> np.ndarray:
    """Return weights (len(steps), 468) of the points at these steps along a line of mesh points."""
    weights = np.zeros((len(steps), 468))
    for row, step in zip(weights, steps, strict=True):
        first = min(int(step), len(line) - 2)
        row[line[first]] += 1 - (step - first)
        row[line[first + 1]] += step - first
    return weights


def _weights() -> np.ndarray:
    one = np.eye(468)
    jaw = [_along(_OVAL_RIGHT, (*_OVAL_STEPS, 11.0)), _along(_OVAL_LEFT, _OVAL_STEPS)[::-1]]
    brows = _BROW_SHARE * one[list(_BROWS_UPPER)] + (1 - _BROW_SHARE) * one[list(_BROWS_LOWER)]
    rest = one[list(_NOSE_BASE + _EYES + _LIPS_OUTER + _LIPS_INNER)]
    return np.concatenate([*jaw, brows, _along(_BRIDGE, _BRIDGE_STEPS), rest])


WEIGHTS = _weights()  # (68, 468), every row sums to one
