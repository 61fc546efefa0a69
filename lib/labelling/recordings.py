"""Frames from a recording, to be labelled: the sharpest of every half-second that shows a face."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from lib import faces, images

EVERY = 0.5  # seconds per frame picked
CANDIDATES = 3  # sharpest frames of a stretch that are searched for a face


def sharpness(image: np.ndarray) -> float:
    """Return the variance of the Laplacian of the grey image, at least 0: larger is sharper, noise counts as sharp."""
    return float(cv2.Laplacian(images.to_grey(image), cv2.CV_64F).var())


def sharpest_frames(video: Path | str, every: float = EVERY) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (seconds, uint8 RGB (H, W, 3)) of the sharpest frame per `every` seconds that shows a face, if any does.

    Raises:
        lib.images.ImageError: not a video.
    """
    for _, stretch in groupby(images.frames(video), key=lambda frame: int(frame[0] / every)):
        best: list[tuple[float, float, np.ndarray]] = []
        for seconds, image in stretch:
            best = sorted([*best, (sharpness(image), seconds, image)], key=lambda item: -item[0])[:CANDIDATES]
        found = next((item for item in best if faces.detect(item[2])), None)
        if found:
            yield found[1], found[2]


def pick(video: Path | str, folder: Path | str, every: float = EVERY) -> list[Path]:
    """Write the sharpest frames to `folder` as `<video>_<seconds>.jpg`; return their paths.

    Raises:
        lib.images.ImageError: not a video.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    written = []
    for seconds, image in sharpest_frames(video, every):
        written.append(Path(folder) / f"{Path(video).stem}_{seconds:07.2f}.jpg")
        images.write(written[-1], image)
    return written
