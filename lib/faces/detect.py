"""Faces in an image: box, 468-point mesh and 68 landmarks of each.

A detector proposes, the mesh network disposes: it looks at a turned square round every candidate, a second time at the
square round its own first answer, and gives the probability that it saw a face. What is answered in every case:

* several faces: all, the largest first; none: an empty list, never a guess;
* a face that fills the image, or a tiny image such as FER-2013's 48x48: found by the second look, which sees the image
  within a border of repeated pixels. Every look scales the image to its network's input: no caller has to enlarge;
* a face at the border: its mesh and box may reach past the image;
* a turned face: up to 45 degrees either way; more is luck, and upside down is undefined;
* grey: as the same image in colour with three equal channels.
"""

import threading
from dataclasses import dataclass

import cv2
import numpy as np

from lib import images
from lib.faces import networks
from lib.faces.landmarks import landmarks_68

_LOOKS = (  # detector, border as a share of the longer side, lowest score; the next look only where one finds nothing
    ("full_range", 0.0, 0.5),
    ("short_range", 48 / 256, 0.5),
    ("short_range", 48 / 256, 0.3),
)
_PRESENT = 0.5  # lowest probability, by the mesh network, of a face
_SAME = 0.4  # two meshes whose boxes overlap more than this are one face
_SQUARE = 1.5  # side of the square that the mesh network sees, times the face (MediaPipe's own value)
_RIGHT, _LEFT = 33, 263  # outer corners of the eyes in the mesh
_worker = threading.local()  # an interpreter must not be shared between threads: each has its own, made once


@dataclass(frozen=True)
class Face:
    """One face, in pixels of the image it was found in; left and right are the subject's.

    Attributes:
        box: (4,) float32 `x, y, width, height` of the mesh; may reach past the image.
        score: the detector's certainty, 0 to 1.
        mesh: (468, 2) float32, MediaPipe's order.
        landmarks: (68, 2) float32, iBUG / 300-W order.
    """

    box: np.ndarray
    score: float
    mesh: np.ndarray
    landmarks: np.ndarray


class _Networks:
    """The networks of one thread; they load in some 20 ms."""

    def __init__(self) -> None:
        self.full_range = networks.full_range()
        self.short_range = networks.short_range()
        self.mesh = networks.Mesh()


def detect(image: np.ndarray) -> list[Face]:
    """Return the faces of an image, largest first; an empty list where there is none.

    Safe in threads and in forked or spawned processes: each thread keeps its own networks.

    Args:
        image: uint8, RGB (H, W, 3) or grey (H, W), of any size.

    Raises:
        ValueError: not such an array.
    """
    rgb = np.ascontiguousarray(images.to_rgb(image))
    for name, border, threshold in _LOOKS:
        candidates = getattr(_networks(), name).find(rgb, border, threshold)
        faces = _distinct([face for face in (_fit(rgb, *one) for one in zip(*candidates, strict=True)) if face])
        if faces:
            return faces
    return []


def detect_haar(image: np.ndarray) -> np.ndarray:
    """Return the boxes (n, 4) `x, y, width, height` of OpenCV's frontal-face Haar cascade (Viola and Jones 2001).

    The detector of many older studies, here for comparison only. Args and errors as `detect`.
    """
    if not hasattr(_worker, "haar"):
        _worker.haar = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    boxes = _worker.haar.detectMultiScale(images.to_grey(image), scaleFactor=1.1, minNeighbors=5)
    return np.array(boxes, dtype=np.int64).reshape(-1, 4)


def box_of(points: np.ndarray) -> np.ndarray:
    """Return the smallest box (4,) float32 `x, y, width, height` round points (n, 2)."""
    low = points.min(axis=0)
    return np.concatenate([low, points.max(axis=0) - low]).astype(np.float32)


def _networks() -> _Networks:
    if not hasattr(_worker, "networks"):
        _worker.networks = _Networks()
    return _worker.networks


def _fit(rgb: np.ndarray, score: float, centre: np.ndarray, side: float, eyes: np.ndarray) -> Face | None:
    """Return the face at a candidate, None where the mesh network sees none."""
    mesh, _ = _networks().mesh.fit(rgb, centre, _SQUARE * side, _angle(*eyes))
    radians = _angle(mesh[_RIGHT], mesh[_LEFT])
    upright = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    x, y, width, height = box_of(mesh @ upright)
    centre = upright @ (x + width / 2, y + height / 2)
    mesh, probability = _networks().mesh.fit(rgb, centre, _SQUARE * max(width, height), radians)
    if probability < _PRESENT:
        return None
    return Face(box_of(mesh), float(score), mesh.astype(np.float32), landmarks_68(mesh))


def _angle(right: np.ndarray, left: np.ndarray) -> float:
    """Return the angle of the line from the right to the left eye in radians, clockwise as seen."""
    x, y = left - right
    return float(np.arctan2(y, x))


def _distinct(faces: list[Face]) -> list[Face]:
    """Return the faces largest first, without those that lie on a more certain one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not kept or networks.overlap(face.box, np.array([other.box for other in kept])).max() < _SAME:
            kept.append(face)
    return sorted(kept, key=lambda face: -face.box[2] * face.box[3])
