"""A camera, frame by frame, at the clock's times; the frames of a file are `lib.images.frames`."""

import time
from collections.abc import Iterator

import cv2

from lib.images import Frame, ImageError, decoded


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
    yield from decoded(video, lambda: time.monotonic() - start)
    raise ImageError("unplugged", f"camera {number} gives no more frames; it was unplugged, or another program took it")
