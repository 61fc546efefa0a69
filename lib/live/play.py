"""A file or a camera into a file, a window or a notebook.

What happens where things go wrong:

    no such file, no video, no camera     ImageError before the first frame
    a video that is cut off               its frames are played, then a sentence says when it ended
    a camera that is unplugged            what it gave is played, then ImageError with the reason "unplugged"
    no face                               the frame is shown with "no face"; the detectors look at every frame
    a rotated phone video                 it is turned upright, as its file says
    a variable frame rate                 each frame counts at its own time, for the pace, the filters and the output
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lib import images, progress
from lib.images import Frame
from lib.live import overlay, smooth, video
from lib.live.places import Line
from lib.live.reader import Read, Reader
from lib.predict import Predictor

if TYPE_CHECKING:
    import ipywidgets


class Played(NamedTuple):
    """What `record` has done.

    Attributes:
        read: frames read.
        written: frames in the file.
        problem: a sentence where a video was stopped, or ended before what it announces, else "".
    """

    read: int
    written: int
    problem: str


@dataclass
class _Course:
    """How far a recording has come: frames read, the time of the last, and whether the user has stopped it."""

    read: int = 0
    seconds: float = 0.0
    stopped: bool = False


def frames(source: str | int, paced: bool = True) -> Iterator[Frame]:
    """Return the frames of a file, or of a camera where `source` is its number.

    Args:
        source: path or number.
        paced: whether a file's frames come at their own times; otherwise as fast as they are taken.
    """
    if isinstance(source, int):
        return video.camera(source)
    return at_pace(images.frames(source)) if paced else images.frames(source)


def at_pace(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yield frames when their time has come; after a delay those that are late come at once."""
    start = None
    for seconds, image in frames:
        start = time.monotonic() - seconds if start is None else start
        time.sleep(max(0.0, start + seconds - time.monotonic()))
        yield seconds, image


def live(source: str | int, predictor: Predictor, smoothing: str = smooth.DEFAULT) -> Line:
    """Return the frames of a file or a camera as they are to be shown now, each a `Read`; late ones are left out."""
    return Line(frames(source), Reader(predictor, smoothing), live=True)


def record(source: str | int, out: Path, predictor: Predictor, smoothing: str = smooth.DEFAULT) -> Played:
    """Write the annotated frames of a file or a camera into a video file: every frame of a file, a camera's newest.

    A camera is recorded until it ends or the program is interrupted (Ctrl+C); what was recorded is kept.

    Args:
        source: path of a video, or number of a camera.
        out: ends in .mp4 or .avi.
        predictor: answers for a face.
        smoothing: name of a filter.

    Raises:
        lib.images.ImageError: no such video or camera.
        ValueError: an `out` of another ending or the video itself, or an unknown smoothing.
    """
    camera = isinstance(source, int)
    if not camera and Path(source).exists() and Path(out).exists() and Path(out).samefile(source):
        raise ValueError(f"{out} is the video itself; expected another name for the copy with answers")
    line = Line(frames(source, paced=False), Reader(predictor, smoothing), live=camera)
    announced, rate = (0, images.RATE) if camera else images.announced(source)
    course = _Course()
    shown = progress.bar(line, "reading", "frames", total=announced or None)
    written = images.write_frames(out, at_steady_rate(_drawn(shown, course), rate), rate)
    if camera:
        return Played(course.read, written, "")
    stopped = f"Stopped after {course.seconds:.1f} seconds." if course.stopped else ""
    return Played(course.read, written, stopped or images.missing(source, course.seconds))


def ending(source: str | int, seconds: float) -> str:
    """Return a sentence on a video that has ended at some time: whole, or cut before what it announces."""
    if isinstance(source, int):
        return "The camera is off."
    return images.missing(source, seconds) or "The video has ended."


def at_steady_rate(frames: Iterator[Frame], rate: float) -> Iterator[np.ndarray]:
    """Yield images, uint8 (H, W, 3), at a steady rate: one that stays for two periods comes twice."""
    written, first, before = 0, None, None
    for seconds, image in frames:
        first = seconds if first is None else first
        due = round((seconds - first) * rate) + 1
        for _ in range(due - written - 1):
            yield before
        if due > written:
            yield image
        written, before = max(written, due), image


def show(source: str | int, predictor: Predictor, smoothing: str = smooth.DEFAULT) -> "ipywidgets.Image":
    """Play a file or a camera in a notebook; return the widget with its last frame. Interrupting the cell ends it."""
    import ipywidgets
    from IPython.display import display

    view = ipywidgets.Image(format="jpeg")
    display(view)
    for read in live(source, predictor, smoothing):
        view.value = images.encode(overlay.draw(read), ".jpg")
    return view


def _drawn(line: Iterator[Read], course: _Course) -> Iterator[Frame]:
    """Yield drawn frames and note how far they are; an interruption by the user ends them."""
    try:
        for read in line:
            course.read, course.seconds = course.read + 1, read.seconds
            yield read.seconds, overlay.draw(read)
    except KeyboardInterrupt:
        course.stopped = True
