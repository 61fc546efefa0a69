"""Labels by hand, as the authors of paper A made theirs: one session, and the agreement of two annotators.

`labels.csv` in the folder of images has the columns path (relative to the folder), emotion, intensity, annotator; it is
what `lib.datasets.load("own", root=FOLDER)` reads. `lib.labelling.labels_file` writes it before the next image is
shown, so nothing is lost and a session resumes. An answer that cannot be saved is not counted.

    1 ... 7    angry, disgust, fear, happy, neutral, sad, surprise
    0 ... 5    then the level: 0, 20, 40, 60, 80, 100 %  (neutral has none)
    u          undo
    s          skip: the image comes again at the end
    x          unsuitable: no face, several faces, or no emotion of the seven
"""

import copy
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from lib import images, paths
from lib.datasets import files
from lib.emotions import EMOTIONS
from lib.labelling.labels_file import UNSUITABLE, Answer, LabelsFile, answers_of

EMOTION_KEYS = {str(number): emotion for number, emotion in enumerate(EMOTIONS, start=1)}
LEVEL_KEYS = {str(level): level / 5 for level in range(6)}
OTHER_KEYS = {"u": "undo", "s": "skip", "x": UNSUITABLE}


class Session:
    """One annotator's pass over a folder: what is shown, what is asked, and what was answered.

    Attributes:
        folder: where the images are; `labels.csv` lies in it.
        annotator: name in the column of that name; others' rows of the same file are kept and not shown.
        answers: image -> (emotion, intensity); the intensity is NaN until it is given.
        queue: images without a whole answer, the first is shown.
        trouble: why the last answer could not be saved; empty where it was.
    """

    def __init__(self, folder: Path | str, annotator: str = "", levels: bool = True) -> None:
        """Open or resume a session on the images of a folder, at any depth; with `levels` it asks for them too.

        Raises:
            ValueError: no image in the folder, or its `labels.csv` is not one of this tool or has unknown labels.
            OSError: the folder cannot be written, or another window labels it for the same annotator.
        """
        self.folder, self.annotator, self.levels, self.trouble = Path(folder), annotator, levels, ""
        if not self.folder.is_dir():
            raise FileNotFoundError(f"no folder {self.folder}; expected one that holds images")
        self.paths = files.walk(self.folder)[0].tolist()
        if not self.paths:
            raise ValueError(f"no image in {self.folder}; expected files such as .jpg or .png, at any depth")
        self._file = LabelsFile(self.folder, annotator)
        self.answers: dict[str, Answer] = answers_of(self._file.name, annotator)
        self.queue = [path for path in self.paths if not self._is_whole(path)]
        self._history: list[tuple[str, Answer | None]] = [(path, None) for path in self.answers]

    @property
    def current(self) -> str | None:
        """The image shown, relative to the folder; None when all are answered."""
        return self.queue[0] if self.queue else None

    @property
    def asks(self) -> str:
        """What the next digit answers: "emotion", "level", or "" when all is done."""
        if self.current is None:
            return ""
        return "level" if self.current in self.answers else "emotion"

    @property
    def keys(self) -> dict[str, str]:
        """The keys that do something now, and their meaning."""
        if self.asks == "level":
            return {key: f"{level:.0%}" for key, level in LEVEL_KEYS.items()} | OTHER_KEYS
        return (EMOTION_KEYS | OTHER_KEYS) if self.asks else {"u": "undo"}

    @property
    def status(self) -> str:
        """One line for the annotator: what went wrong, how far, which image, what is asked."""
        trouble = f"NOT SAVED, the last answer does not count: {self.trouble} | " if self.trouble else ""
        done = f"{trouble}{len(self.paths) - len(self.queue)} of {len(self.paths)}"
        if self.current is None:
            return f"{done} labelled; all done"
        emotion = f" is {self.answers[self.current][0]}: which level?" if self.asks == "level" else ": which emotion?"
        return f"{done} labelled; {self.current}{emotion}"

    def image(self, size: int = 560) -> np.ndarray:
        """Return the image shown, uint8 RGB (H, W, 3), the longer edge scaled to `size` pixels; grey where none is."""
        try:
            image = images.to_rgb(images.read(self.folder / (self.current or "")))
        except images.ImageError:
            image = np.full((3, 4, 3), 128, dtype=np.uint8)
        scale = size / max(image.shape[:2])
        return cv2.resize(image, [max(1, round(side * scale)) for side in image.shape[1::-1]])

    def press(self, key: str) -> bool:
        """Do what the key means and save; return whether it was done.

        A key without a meaning now does nothing. If saving fails, the session stays where it was, and `trouble` and
        `status` name the reason.
        """
        if key not in self.keys:
            return False
        before = copy.deepcopy((self.answers, self.queue, self._history))
        try:
            self._do(key)
            if key != "s":  # to skip changes no answer
                self._file.write(self.answers)
        except (OSError, ValueError) as error:
            self.answers, self.queue, self._history = before
            self.trouble = str(error)
            return False
        self.trouble = ""
        return True

    def _do(self, key: str) -> None:
        if key == "u":
            self._undo()
        elif key == "s":
            self.queue.append(self.queue.pop(0))
        elif self.asks == "level" and key in LEVEL_KEYS:
            self._answer(self.answers[self.current][0], LEVEL_KEYS[key])
        else:
            self._answer(EMOTION_KEYS.get(key, UNSUITABLE), math.nan)

    def _answer(self, emotion: str, intensity: float) -> None:
        path = self.queue[0]
        self._history.append((path, self.answers.get(path)))
        self.answers[path] = (emotion, intensity)
        if self._is_whole(path):
            self.queue.pop(0)

    def _undo(self) -> None:
        if not self._history:
            return
        path, before = self._history.pop()
        self.answers.pop(path)
        if before is not None:
            self.answers[path] = before
        self.queue = [path, *(other for other in self.queue if other != path)]

    def _is_whole(self, path: str) -> bool:
        emotion, intensity = self.answers.get(path, ("", math.nan))
        return emotion in ("neutral", UNSUITABLE) or (emotion != "" and not (self.levels and math.isnan(intensity)))


def practice(images: Sequence[Path | str], folder: Path) -> Path:
    """Copy a few images to a folder to practise on, unless it is there already, and return it."""
    if not folder.is_dir():
        with paths.replace_on_success(folder) as part:
            part.mkdir()
            for image in images:
                shutil.copyfile(image, part / Path(image).name)
    return folder


def agreement(labels: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return how far two annotators of one `labels.csv` agree beyond chance: one row per kappa, with n.

    Cohen's kappa over the emotions (unsuitable is an eighth), and quadratic kappa over the levels 0-5 of those images
    on which both name the same emotion and give a level: one level off costs a 25th of five levels off.

    Raises:
        ValueError: no image was labelled by both.
    """
    one, two = (
        labels[labels["annotator"] == name].set_index("path")[["emotion", "intensity"]] for name in (first, second)
    )
    both = one.join(two, how="inner", lsuffix="_1", rsuffix="_2")
    if both.empty:
        raise ValueError(f"no image was labelled by both {first!r} and {second!r}")
    levels = both[both["emotion_1"] == both["emotion_2"]].filter(like="intensity").astype(float).dropna()
    levels = (levels * 5).round().astype(int)
    rows = [
        ("emotion, Cohen's kappa", len(both), cohen_kappa_score(both["emotion_1"], both["emotion_2"])),
        ("level, quadratic kappa", len(levels), _quadratic(levels.to_numpy())),
    ]
    return pd.DataFrame(rows, columns=["agreement", "n", "kappa"])


def _quadratic(levels: np.ndarray) -> float:
    if len(levels) == 0:
        return math.nan
    return cohen_kappa_score(levels[:, 0], levels[:, 1], labels=range(6), weights="quadratic")
