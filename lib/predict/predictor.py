"""One call from an image to every face in it: detection, landmarks, alignment, network."""

import contextlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib import images
from lib.faces.align import align
from lib.faces.detect import Face as Detected
from lib.faces.detect import detect
from lib.predict import network, tiles
from lib.predict.network import Network

INTENSITIES = {"real_faces": "real_intensities"}  # networks of the study, and what gives intensities beside each
THREADS = 2  # pictures of a batch at once; each has networks of its own, 30 MB


@dataclass(frozen=True, eq=False)
class Face:
    """One face and what its expression shows, in pixels of the image; left and right are the subject's.

    Attributes:
        box: x, y, width, height of the mesh; may reach past the image.
        landmarks: float32 (68, 2), iBUG order.
        emotion: the class of the largest output.
        probabilities: float32 (7,), in the order of the predictor's `emotions`; sums to 1.
        intensities: float32 (7,) in [0, 1], likewise; None where no network with intensities was loaded.
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray
    emotion: str
    probabilities: np.ndarray
    intensities: np.ndarray | None


class Predictor:
    """Emotions, and intensities where a network for them is given, of every face in an image. Safe in threads.

    Args:
        classifier: gives probabilities; a network with intensities gives their shares of the sum instead.
        regressor: gives intensities.

    Raises:
        ValueError: a regressor without intensities, or with other classes.
    """

    def __init__(self, classifier: Network, regressor: Network | None = None) -> None:
        if regressor is None and classifier.contract.head == "sigmoid":
            regressor = classifier
        if regressor is not None and regressor.contract.head != "sigmoid":
            raise ValueError(f"{regressor.contract.name} gives probabilities; expected a network with intensities")
        if regressor is not None and regressor.contract.classes != classifier.contract.classes:
            named = ", ".join(regressor.contract.classes)
            raise ValueError(f"{regressor.contract.name} has the classes {named}; expected those of the other network")
        self.classifier, self.regressor = classifier, regressor
        self.emotions = classifier.contract.classes

    @classmethod
    def load(cls, name_or_path: str | Path = "real_faces", intensity: str | Path | None = None) -> "Predictor":
        """Return the predictor of a network of the study or of a file with its contract.

        Args:
            name_or_path: of the network.
            intensity: a second one, which gives intensities; the study's own brings one along.

        Raises:
            FileNotFoundError: no such network; the message lists those of the study.
            ValueError: a file that breaks its contract.
        """
        intensity = INTENSITIES.get(str(name_or_path)) if intensity is None else intensity
        return cls(network.load(name_or_path), None if intensity is None else network.load(intensity))

    def predict(self, image: np.ndarray, small: bool | None = None) -> list[Face]:
        """Return every face of an image, largest first; an empty list where there is none.

        A face in profile, which the alignment cannot cut out, is left out.

        Args:
            image: uint8 RGB (H, W, 3), or grey (H, W).
            small: look for small faces too, square by square (`lib.predict.tiles`); None: where the image is large.

        Raises:
            ValueError: not such an array.
        """
        rgb = images.to_rgb(image)
        small = max(rgb.shape) > tiles.LARGE if small is None else small
        answers = []
        for face in tiles.detect_small(rgb) if small else detect(rgb):
            with contextlib.suppress(ValueError):  # its landmarks span no crop
                answers.append(self.answer(rgb, face))
        return answers

    def predict_batch(self, images: Iterable[np.ndarray], small: bool | None = None) -> list[list[Face]]:
        """Return what `predict` returns for each image, several at a time.

        Args:
            images: each uint8 RGB (H, W, 3), or grey (H, W).
            small: as for `predict`.
        """
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda image: self.predict(image, small), images))

    def answer(self, rgb: np.ndarray, face: Detected) -> Face:
        """Return the answer for a face that was detected before, as a video does it.

        Args:
            rgb: uint8 (H, W, 3).
            face: in that image.

        Raises:
            ValueError: its landmarks span no crop.
        """
        crops: dict[tuple[str, int], np.ndarray] = {}  # both networks may see the same one
        outputs = _outputs(self.classifier, rgb, face, crops)
        probabilities = shares(outputs)
        intensities = None
        if self.regressor is not None:
            same = self.regressor is self.classifier
            intensities = outputs if same else _outputs(self.regressor, rgb, face, crops)
        emotion = self.emotions[int(outputs.argmax())]
        return Face(tuple(map(float, face.box)), face.landmarks, emotion, probabilities, intensities)


def shares(outputs: np.ndarray) -> np.ndarray:
    """Return outputs (K,), none of them negative, over their sum; K equal shares where all of them are 0."""
    total = outputs.sum()
    return outputs / total if total > 0 else np.full_like(outputs, 1 / len(outputs))


def _outputs(network: Network, rgb: np.ndarray, face: Detected, crops: dict[tuple[str, int], np.ndarray]) -> np.ndarray:
    """Return the outputs float32 (classes,) for a face of an image (H, W, 3); `crops` keeps its crops by their kind."""
    kind = network.contract.alignment, network.contract.size
    if kind not in crops:
        crops[kind] = align(rgb, face.landmarks, *kind).crop
    return network(crops[kind])
