"""Frames of video files and cameras, each with its time: the file's own, or the clock's."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from lib.images import ImageError

RATE = 25.0  # frames per second of a file that does not say, and of one recorded from a camera
Frame = tuple[float, np.ndarray]  # seconds from the start, uint8 RGB (H, W, 3)


def frames(path: Path | str) -> Iterator[Frame]:
    """Yield every frame of a video file, upright, at the times that the file gives, however variable.

    Raises:
        ImageError: `reason` is "unreadable": no such file, or no video that OpenCV can decode.
    """
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise ImageError("unreadable", f"{path} is not a video that can be decoded; expected .mp4, .avi or the like")
    video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # phones write how they were held; OpenCV's default is to ignore it
    yield from _decoded(video, lambda: video.get(cv2.CAP_PROP_POS_MSEC) / 1000)


def camera(number: int = 0) -> Iterator[Frame]:
    """Yield frames of a camera, with the seconds since it was opened; it is off again when this is closed.

    Args:
        number: of the camera, the first is 0.

    Raises:
        ImageError: `reason` is "missing" where there is no such camera, "unplugged" where it gives no more frames.
    """
    video, start = cv2.VideoCapture(number), time.monotonic()
    if not video.isOpened():
        raise ImageError("missing", f"there is no camera {number}, or another program uses it")
    yield from _decoded(video, lambda: time.monotonic() - start)
    raise ImageError("unplugged", f"camera {number} gives no more frames; it was unplugged, or another program took it")


def announced(path: Path | str) -> tuple[int, float]:
    """Return how many frames a video file claims to hold, 0 where it does not say, and how many a second."""
    video = cv2.VideoCapture(str(path))
    count, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    video.release()
    return max(0, int(count)), rate if 1 <= rate <= 240 else RATE


def _decoded(video: cv2.VideoCapture, clock: Callable[[], float]) -> Iterator[Frame]:
    """Yield (time by `clock`, RGB frame) until there is no more, and close the video."""
    try:
        while True:
            there, bgr = video.read()
            if not there:
                return
            yield clock(), cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    finally:
        video.release()
