"""Faces in an image: box, 468-point mesh and 68 landmarks of each.

Two detectors propose candidates, one for faces that are small in the image and one for faces that fill it. The mesh
network decides: it looks at a turned square round every candidate, then three times at the square round its own last
mesh, and returns the probability that the square shows a face. The rules are:

* Several faces are listed with the largest first. Without a face the list is empty; there is never a guess.
* A tiny image such as FER-2013's 48x48, and a face that fills its image, need no help from the caller: the networks
  scale every image to their own input, within a border of repeated pixels where the face may fill it.
* A small face is detected from 1/20 of the image's longer side and 16 pixels of width on, where landmarks are off by a
  tenth of the eye distance. Below about half of that none is detected (rendered faces, ours).
* The mesh and the box of a face at the border may reach past the image.
* The detectors know faces turned up to 45 degrees either way. Where they find none, they look at the image turned by 45
  degrees both ways. Beyond 90 degrees detection is not guaranteed.
* A grey image gives the same faces as the image with three equal channels.
"""

import threading
from dataclasses import dataclass

import cv2
import numpy as np

from lib import images
from lib.faces import networks
from lib.faces.landmarks import landmarks_68

_BORDER = 48 / 256  # for faces that fill the image, as a share of its longer side
_LOOKS = (  # lowest score of a candidate, and of a small one; angles in degrees; the next look only without a face
    (0.5, 0.5, (0,)),
    (0.3, 0.6, (0, 45, -45)),  # letters on a film got .31 to .56, and each was small (ours)
)
_SMALL = 0.15  # of the image's longer side
_PRESENT = 0.8  # lowest probability of a face, by the mesh network
_SAME = 0.5  # candidates of both detectors that overlap at least this much are one face
_INSIDE = 0.5  # a face that lies with at least this share inside a larger one is a detail of it
_SQUARE = 1.5  # side of the square that the mesh network sees, times the face (MediaPipe's own value)
_PASSES = 4  # share of turned faces whose angle comes out within half a degree: two .78, three .96, four 1.00 (ours)
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
    """The networks of one thread."""

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
    small = _SMALL * max(rgb.shape)
    for threshold, of_small, angles in _LOOKS:
        sure = [one for one in _candidates(rgb, threshold, angles) if one.score >= of_small or one.box[2] >= small]
        faces = [face for candidate in sure if (face := _fit(rgb, candidate))]
        if faces:
            return _whole(faces)
    return []


def follow(image: np.ndarray, face: Face) -> Face | None:
    """Return where a face of the frame before is now, None where it is lost: the mesh network alone, no detector.

    Between two frames a face moves little, so that its last place is as good as a detector's proposal, at a fifth of
    the time. A new face is never noticed; call `detect` now and then.

    Args:
        image: uint8, RGB (H, W, 3) or grey (H, W); the frame that follows.
        face: in the frame before.
    """
    last = networks.Candidate(face.score, face.box, face.mesh[[_RIGHT, _LEFT]])
    return _fit(np.ascontiguousarray(images.to_rgb(image)), last, passes=2)


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


def _candidates(rgb: np.ndarray, threshold: float, angles: tuple[int, ...]) -> list[networks.Candidate]:
    """Return what either detector proposes, without the less certain of two that agree."""
    every: list[networks.Candidate] = []
    for degrees in angles:
        every += _networks().full_range.find(rgb, 0.0, degrees, threshold)
        every += _networks().short_range.find(rgb, _BORDER, degrees, threshold)
    kept: list[networks.Candidate] = []
    for one in sorted(every, key=lambda one: -one.score):
        if not kept or networks.overlap(one.box, np.array([other.box for other in kept])).max() < _SAME:
            kept.append(one)
    return kept


def _fit(rgb: np.ndarray, candidate: networks.Candidate, passes: int = _PASSES) -> Face | None:
    """Return the face at a candidate, None where the mesh network sees none."""
    box, radians = candidate.box, _angle(*candidate.eyes)
    centre = box[:2] + box[2:] / 2
    for _ in range(passes):
        mesh, probability = _networks().mesh.fit(rgb, centre, _SQUARE * box[2:].max(), radians)
        radians = _angle(mesh[_RIGHT], mesh[_LEFT])
        upright = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
        box = box_of(mesh @ upright)
        centre = upright @ (box[:2] + box[2:] / 2)
    if probability < _PRESENT:
        return None
    return Face(box_of(mesh), candidate.score, mesh.astype(np.float32), landmarks_68(mesh))


def _angle(right: np.ndarray, left: np.ndarray) -> float:
    """Return the angle of the line from the right to the left eye in radians, clockwise as seen."""
    x, y = left - right
    return float(np.arctan2(y, x))


def _whole(faces: list[Face]) -> list[Face]:
    """Return the faces, largest first, without those that lie inside a larger one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.box[2] * face.box[3]):
        if all(networks.common_area(face.box, other.box[None])[0] < _INSIDE * face.box[2:].prod() for other in kept):
            kept.append(face)
    return kept
