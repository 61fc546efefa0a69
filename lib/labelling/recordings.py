"""Frames from a video, to be labelled: the sharpest of every half-second that shows a face."""

import math
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from lib import faces, images
from lib.images import Frame

EVERY = 0.5  # seconds per frame picked
SHORTEST = 0.01  # seconds; shorter than a frame of any camera
CANDIDATES = 3  # sharpest frames of a stretch that are searched for a face


class Picked(NamedTuple):
    """What `pick` has done.

    Attributes:
        files: the images written.
        read: frames of the video that could be decoded.
        announced: frames that the file claims to hold; 0 where it does not say.
    """

    files: list[Path]
    read: int
    announced: int

    @property
    def lost(self) -> int:
        """Frames that are announced and could not be read: the video is cut or damaged."""
        return max(0, self.announced - self.read)


def sharpness(image: np.ndarray) -> float:
    """Return the variance of the Laplacian of an image, uint8 (H, W[, 3]): larger is sharper, noise counts as sharp."""
    return float(cv2.Laplacian(images.to_grey(image), cv2.CV_64F).var())


def sharpest_frames(frames: Iterable[Frame], every: float = EVERY) -> Iterator[Frame]:
    """Yield the sharpest frame with a face of every stretch of the video that has one.

    Args:
        frames: of a video, in order, for instance from `lib.images.frames`.
        every: seconds of a stretch.

    Raises:
        ValueError: `every` is no number of seconds, or below `SHORTEST`.
    """
    if not (math.isfinite(every) and every >= SHORTEST):
        raise ValueError(f"every is {every}; expected seconds per frame, at least {SHORTEST}")
    for _, stretch in groupby(frames, key=lambda frame: int(frame[0] / every)):
        best: list[tuple[float, float, np.ndarray]] = []
        for seconds, image in stretch:
            best = sorted([*best, (sharpness(image), seconds, image)], key=lambda item: -item[0])[:CANDIDATES]
        with_face = next((item for item in best if faces.detect(item[2])), None)
        if with_face:
            yield with_face[1:]


def pick(video: Path | str, folder: Path | str, every: float = EVERY) -> Picked:
    """Write the sharpest frames to `folder` as `<video>_<seconds>.jpg`; the folder is made with the first of them.

    Raises:
        lib.images.ImageError: not a video.
        ValueError: `every` is too small, or the folder holds frames of a video of this name.
    """
    stem = re.escape(Path(video).stem)
    before = [file.name for file in Path(folder).glob("*.jpg") if re.fullmatch(rf"{stem}_\d+\.\d\d\.jpg", file.name)]
    if before:
        raise ValueError(f"{folder} holds frames of a video of this name ({before[0]}); expected a folder without")
    files, seen = [], []
    for seconds, image in sharpest_frames(_counted(video, seen), every):
        Path(folder).mkdir(parents=True, exist_ok=True)
        files.append(Path(folder) / f"{Path(video).stem}_{seconds:07.2f}.jpg")
        images.write(files[-1], image)
    return Picked(files, len(seen), images.announced(video)[0])


def _counted(video: Path | str, seen: list[float]) -> Iterator[Frame]:
    """Pass the frames of a video on and note the seconds of each in `seen`."""
    for seconds, image in images.frames(video):
        seen.append(seconds)
        yield seconds, image
