"""Contact sheets and clips of rendered faces."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from lib.emotions import EMOTIONS_8
from lib.synthetic.people import Subject
from lib.synthetic.render import render, sequence

_HEADER = 22  # pixels for the emotions' names


def contact_sheet(
    subjects: Sequence[Subject], scene: str = "lab", intensity: float = 1.0, size: int = 192
) -> np.ndarray:
    """Return a sheet of one row per subject and one column per emotion, uint8 (H, W, 3) RGB."""
    rows = []
    for who in subjects:
        rngs = [np.random.default_rng((who.seed, k)) for k in range(len(EMOTIONS_8))]
        pictures = zip(EMOTIONS_8, rngs, strict=True)
        rows.append(np.hstack([render(who, emotion, intensity, rng, scene, size)[0] for emotion, rng in pictures]))
    header = np.full((_HEADER, size * len(EMOTIONS_8), 3), 255, np.uint8)
    for k, emotion in enumerate(EMOTIONS_8):
        cv2.putText(header, emotion, (k * size + 6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([header, *rows])


def frames(subjects: Sequence[Subject], scene: str = "lab", size: int = 384, count: int = 50) -> Iterator[np.ndarray]:
    """Yield the frames of a clip in which each subject shows each emotion once, `count` frames each, uint8 RGB."""
    for who in subjects:
        for k, emotion in enumerate(EMOTIONS_8):
            for image, truth in sequence(who, emotion, count, np.random.default_rng((who.seed, k)), scene, size):
                label = f"{emotion} {100 * truth.intensity:.0f} %"
                yield cv2.putText(
                    image, label, (10, size - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA
                )


def write_clip(path: Path, pictures: Iterator[np.ndarray], per_second: float = 25.0) -> int:
    """Write frames, uint8 (H, W, 3) RGB of one size, as an .mp4 or .avi; return how many.

    Raises:
        ValueError: another extension, or this OpenCV cannot write that kind of film.
    """
    codecs = {".mp4": "mp4v", ".avi": "MJPG"}
    if path.suffix not in codecs:
        raise ValueError(f"the clip is to be {path.name!r}; expected a name that ends in {' or '.join(codecs)}")
    writer, written = None, 0
    for picture in pictures:
        if writer is None:
            size = picture.shape[1::-1]
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codecs[path.suffix]), per_second, size)
            if not writer.isOpened():
                raise ValueError(f"OpenCV cannot write {path}; try the other of {', '.join(codecs)}")
        writer.write(np.ascontiguousarray(picture[..., ::-1]))
        written += 1
    if writer is not None:
        writer.release()
    return written
