"""What is known exactly about a rendered image."""

from dataclasses import dataclass

import numpy as np

from lib.synthetic import mesh, units
from lib.synthetic.scene import Scene

# The 68 points of the iBUG scheme as vertices of MediaPipe's mesh: jaw, brows, nose, eyes, outer and inner lips.
LANDMARKS_68 = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What is known exactly about a rendered image. Pixels, origin top-left; right and left are the subject's.

    Attributes:
        mesh: float32 (468, 2), MediaPipe's points, x and y.
        landmarks: float32 (68, 2), the iBUG points.
        pose: yaw, pitch, roll in degrees, see `scene.Scene`.
        action_units: per unit, the strength on the (right, left) in [0, 1].
        emotion: one of the eight.
        intensity: in [0, 1]; 0 for neutral.
        face_box: x, y, width, height around the mesh.
        eye_boxes: the same for the right and the left eye.
        occluded: whether something hides a part of the face.
    """

    mesh: np.ndarray
    landmarks: np.ndarray
    pose: tuple[float, float, float]
    action_units: dict[str, tuple[float, float]]
    emotion: str
    intensity: float
    face_box: tuple[float, float, float, float]
    eye_boxes: tuple[tuple[float, float, float, float], tuple[float, float, float, float]]
    occluded: bool


def known(points: np.ndarray, strength: np.ndarray, scene: Scene, emotion: str, intensity: float) -> Truth:
    """Return the truth about an image.

    Args:
        points: MediaPipe's points (468, 2) in pixels.
        strength: of the action units (21, 2), right and left, in [0, 1].
        scene: where.
        emotion: shown.
        intensity: in [0, 1].
    """
    pairs = {str(u): (float(r), float(left)) for u, (r, left) in zip(units.UNITS, strength, strict=True)}
    ring = np.array(mesh.LID_RING)
    eyes = tuple(_box(points[v], 0.35) for v in (ring, mesh.surface().mirror[ring]))
    pose = (float(scene.yaw), float(scene.pitch), float(scene.roll))
    return Truth(
        points, points[list(LANDMARKS_68)], pose, pairs, emotion, intensity, _box(points, 0.0), eyes, scene.cover >= 0
    )


def _box(points: np.ndarray, margin: float) -> tuple[float, float, float, float]:
    """Return x, y, width, height around points, wider by a share of the width on every side."""
    low, high = points.min(0), points.max(0)
    extra = margin * float(high[0] - low[0])
    x, y = map(float, low - extra)
    w, h = map(float, high - low + 2 * extra)
    return x, y, w, h
