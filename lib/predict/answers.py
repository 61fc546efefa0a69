"""The answers for a file, a folder or a video, one image after another: as words, as JSON or as rows of a table."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lib import images
from lib.predict.predictor import THREADS, Face, Predictor

VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")


@dataclass(frozen=True)
class Answer:
    """What one image shows.

    Attributes:
        file: its path.
        seconds: from the start of a video; None for an image file.
        faces: largest first.
        problem: why the file could not be read; "" where it could.
    """

    file: Path
    seconds: float | None
    faces: list[Face]
    problem: str = ""

    def in_words(self) -> str:
        """Return one line for the screen."""
        place = str(self.file) if self.seconds is None else f"{self.file} at {self.seconds:.2f} s"
        faces = [f"{_shown(face)}{_where(face)}" for face in self.faces]
        if str(self.file) in self.problem:
            return self.problem
        return f"{place}: " + (self.problem or "; ".join(faces) or "no face")

    def as_json(self, emotions: tuple[str, ...]) -> str:
        """Return one line of JSON; `emotions` are the predictor's."""
        faces = [_fields(face, emotions) for face in self.faces]
        content = {"file": str(self.file), "seconds": self.seconds, "faces": faces, "problem": self.problem}
        return json.dumps(content, ensure_ascii=False)

    def as_rows(self, emotions: tuple[str, ...]) -> list[dict[str, object]]:
        """Return one row per face, or one without a face; `emotions` are the predictor's."""
        first = {"file": str(self.file), "seconds": self.seconds, "problem": self.problem, "face": 0}
        rows = []
        for number, face in enumerate(self.faces, start=1):
            box = dict(zip(("x", "y", "width", "height"), _box(face), strict=True))
            row = first | {"face": number, "emotion": face.emotion} | box | _named(face.probabilities, emotions)
            rows.append(row | _named(face.intensities, emotions, "intensity "))
        return rows or [first]


def files(source: Path) -> tuple[list[Path], list[str]]:
    """Return the images and videos of a folder at any depth, or the file itself; and what is left out, in sentences.

    Raises:
        FileNotFoundError: neither file nor folder.
        ValueError: a folder without any.
    """
    if source.is_file():
        return [source], []
    if not source.is_dir():
        raise FileNotFoundError(f"no file or folder {source}")
    from lib.datasets import files as listing  # half a second that one image need not wait for

    names, refused = listing.walk(source, suffixes=(*listing.IMAGE_SUFFIXES, *VIDEOS))
    left_out = [f"{source / name}: {reason}" for name, reason in refused]
    if not len(names):
        raise ValueError("; ".join([f"{source} holds no image and no video that can be used", *left_out]))
    return [source / name for name in names], left_out


def every(predictor: Predictor, files: Sequence[Path], small: bool | None = None) -> Iterator[Iterable[Answer]]:
    """Yield the answers for each file in turn, images several at a time, a video frame by frame while it is taken.

    Args:
        predictor: see `lib.predict.Predictor`.
        files: from the function of that name.
        small: as for `Predictor.predict`.
    """

    def begin(file: Path) -> Iterable[Answer]:
        given = answers(predictor, file, small)
        return given if _is_video(file) else list(given)

    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(begin, files)


def answers(predictor: Predictor, file: Path, small: bool | None = None) -> Iterator[Answer]:
    """Yield the answer for an image file, or for every frame of a video; a file that cannot be read gives a problem.

    Args:
        predictor: see `lib.predict.Predictor`.
        file: one of `files`.
        small: as for `Predictor.predict`.
    """
    try:
        if _is_video(file):
            seconds = 0.0
            for seconds, frame in images.frames(file):
                yield Answer(file, seconds, predictor.predict(frame, small))
            if missing := images.missing(file, seconds):
                yield Answer(file, seconds, [], missing)
        else:
            yield Answer(file, None, predictor.predict(images.read(file), small))
    except (OSError, ValueError) as error:
        yield Answer(file, None, [], str(error))


def table(emotions: tuple[str, ...], intensities: bool, file: TextIO) -> csv.DictWriter:
    """Return a writer of rows from `Answer.as_rows`, its header written.

    Args:
        emotions: the predictor's.
        intensities: whether it gives them.
        file: where to.
    """
    names = ["file", "seconds", "face", "x", "y", "width", "height", "emotion", *emotions]
    names += [f"intensity {emotion}" for emotion in emotions] if intensities else []
    writer = csv.DictWriter(file, [*names, "problem"], lineterminator="\n")
    writer.writeheader()
    return writer


def _is_video(file: Path) -> bool:
    return file.suffix.lower() in VIDEOS


def _shown(face: Face) -> str:
    """Return a face's emotion with its probability, and its intensity where there is one and it is not neutral."""
    place = int(face.probabilities.argmax())
    words = f"{face.emotion} {face.probabilities[place]:.2f}"
    if face.intensities is None or face.emotion == "neutral":
        return words
    return f"{words}, intensity {face.intensities[place]:.2f}"


def _where(face: Face) -> str:
    x, y, width, height = face.box
    return f" ({width:.0f} x {height:.0f} at {x:.0f}, {y:.0f})"


def _named(outputs: object, emotions: tuple[str, ...], prefix: str = "") -> dict[str, float]:
    """Return outputs (classes,) by emotion with four decimals; nothing where there are none."""
    if outputs is None:
        return {}
    return {prefix + name: round(float(value), 4) for name, value in zip(emotions, outputs, strict=True)}


def _fields(face: Face, emotions: tuple[str, ...]) -> dict[str, object]:
    """Return a face as JSON can hold it."""
    return {
        "box": _box(face),
        "landmarks": face.landmarks.round(1).astype(float).round(1).tolist(),
        "emotion": face.emotion,
        "probabilities": _named(face.probabilities, emotions),
        "intensities": _named(face.intensities, emotions) or None,
    }


def _box(face: Face) -> list[float]:
    return [round(value, 1) for value in face.box]
