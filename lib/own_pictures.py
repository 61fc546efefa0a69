"""One's own pictures: a folder with a sub-folder per person, answered, labelled, and learned from.

folder/ada/IMG_1.jpg, folder/boris/IMG_9.jpg, ...
  -> the answers of the network of the study
  -> labels.csv, by hand
  -> the last layer fitted anew to some people, and tried on the others
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from lib import emotions, evaluate, images, models, records
from lib.datasets import files
from lib.emotions import EMOTIONS
from lib.faces import align, detect
from lib.labelling import Session
from lib.labelling.labels_file import answers_of
from lib.labelling.session import EMOTION_KEYS, LEVEL_KEYS
from lib.models import pretrained
from lib.synthetic import Subject, render

WEIGHTS = "fer2013"  # of the network that comes with the study
FIRST = 21_000_000  # seed of a person whom no stand-in has
LEVELS = (0.6, 0.8, 1.0)  # of the drawn expressions
PENALTY = 0.1  # ours: inverse strength of the ridge penalty on the last layer
AS_IT_COMES, TUNED = "as it comes", "last layer fitted anew"
Labels = Mapping[str, tuple[str, float]]  # emotion and level by path


def draw(folder: Path, people: int, seed: int) -> dict[str, tuple[str, float]]:
    """Draw a folder such as a reader's own, anew; return emotion and level of each picture by its path in the folder.

    Args:
        folder: replaced.
        people: how many, each with a folder and a picture of each emotion.
        seed: of the pictures.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shown = {}
    for person in range(people):
        (folder / f"person {person + 1}").mkdir(parents=True)
        for number, emotion in enumerate(EMOTIONS):
            path, level = f"person {person + 1}/IMG_{number + 1:04d}.jpg", LEVELS[(person + number) % len(LEVELS)]
            rng = np.random.default_rng([seed, person, number])
            images.write(folder / path, render(Subject(FIRST + person), emotion, level, rng)[0])
            shown[path] = emotion, level
    return shown


def label(folder: Path, labels: Labels, annotator: str) -> Session:
    """Press the keys of known labels in a labelling session, and return it.

    Args:
        folder: of the pictures; `labels.csv` is written there.
        labels: of all pictures.
        annotator: whose labels these are.

    Raises:
        OSError: they cannot be saved.
    """
    session, level_key = Session(folder, annotator), {level: key for key, level in LEVEL_KEYS.items()}
    emotion_key = {emotion: key for key, emotion in EMOTION_KEYS.items()}
    while session.current is not None:
        emotion, level = labels[session.current]
        if not session.press(level_key[level] if session.asks == "level" else emotion_key[emotion]):
            raise OSError(session.trouble)
    return session


def read(folder: Path) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Return the pictures of a folder in which a face is detected, the crop of the largest face of each, and problems.

    Args:
        folder: with a sub-folder per person; a picture beside them counts as a person of its own.

    Returns:
        Columns `path` and `person`, N rows; uint8 (N, 48, 48, 3); a sentence per file that cannot be used.

    Raises:
        ValueError: no such folder, or no picture with a face; the message says how many pictures there are.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; expected one with a sub-folder of pictures per person")
    size = pretrained.load(WEIGHTS)[0].input_shape[1]
    names, refused = files.walk(folder)
    rows, crops, problems = [], [], [f"{path}: {reason}" for path, reason in refused]
    for path in names:
        try:
            image = images.to_rgb(images.read(folder / path))
            crop = [align(image, face.landmarks, "proposed", size).crop for face in detect(image)[:1]]
        except (ValueError, OSError) as error:
            problems.append(str(error) if isinstance(error, images.ImageError) else f"{path}: {error}")
            continue
        rows += [{"path": path, "person": path.split("/")[0]}] * len(crop)
        crops += crop
    if not rows:
        raise ValueError(f"{folder} holds {len(names)} pictures and none with a face; expected photographs of people")
    return pd.DataFrame(rows), np.stack(crops), problems


def labels(folder: Path, table: pd.DataFrame, annotator: str) -> pd.DataFrame:
    """Return the pictures with a label of one of the seven emotions, with `emotion` and their `place` in the table.

    Args:
        folder: with `labels.csv`.
        table: from `read`.
        annotator: whose labels.

    Raises:
        ValueError: no such file, one that cannot be read as labels, or people too few to leave one out.
    """
    path = folder / "labels.csv"
    if not path.is_file():
        raise ValueError(f"no {path}; label the pictures in the cell above, or: python -m lib.cli label {folder}")
    given = {picture: emotion for picture, (emotion, _) in answers_of(path, annotator).items()}
    labelled = table.assign(place=range(len(table)), emotion=table["path"].map(given))
    labelled = labelled[labelled["emotion"].isin(EMOTIONS)].reset_index(drop=True)
    if labelled["person"].nunique() < 2:
        raise ValueError(f"{labelled['person'].nunique()} people with labels by {annotator!r}; expected two or more")
    return labelled


def answers(crops: np.ndarray) -> pd.DataFrame:
    """Return `answer` and its `probability` for each crop, uint8 (N, 48, 48, 3), by the network as it comes."""
    outputs = models.predict(pretrained.load(WEIGHTS)[0], crops, flip=True)
    return pd.DataFrame({"answer": emotions.names(outputs), "probability": outputs.max(axis=1)})


def tuned(crops: np.ndarray, labelled: pd.DataFrame, folds: int) -> np.ndarray:
    """Return the answers of networks whose last layer is fitted to the labels of other people, str (M,).

    Args:
        crops: uint8 (M, 48, 48, 3) of the labelled pictures.
        labelled: M rows, from `labels`.
        folds: parts into which the people fall; each part is answered by a network fitted to the others.

    Raises:
        ValueError: the people of a fit show one emotion only.
    """
    parts = GroupKFold(min(folds, labelled["person"].nunique()))
    for fitted, left_out in parts.split(labelled, groups=labelled["person"]):
        if labelled["emotion"].iloc[fitted].nunique() < 2:
            without = ", ".join(labelled["person"].iloc[left_out].unique())
            only = labelled["emotion"].iloc[fitted[0]]
            raise ValueError(f"without {without} all labels are {only!r}; expected two emotions or more to learn from")
    model = pretrained.load(WEIGHTS)[0]
    features = models.predict(keras.Model(model.input, model.layers[-1].input), crops, flip=True)  # as `answers`
    last = LogisticRegression(C=PENALTY, max_iter=1000)
    return cross_val_predict(last, features, labelled["emotion"], groups=labelled["person"], cv=parts)


def compare(labelled: pd.DataFrame, answered: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return a row per network, with the difference from the one as it comes; see `lib.evaluate.leaderboard`.

    Args:
        labelled: M rows, from `labels`.
        answered: emotions by network, str (M,).
    """
    truth, people = labelled["emotion"].to_numpy(), labelled["person"].to_numpy()
    return evaluate.leaderboard(answered, truth, people, AS_IT_COMES, primary=TUNED)


def sentences(board: pd.DataFrame, origin: str) -> list[str]:
    """Return a line per network; `board` from `compare`, `origin` of the pictures."""
    return [
        f"* {row.label}: {row.value:.3f} [{row.low:.3f}, {row.high:.3f}], n = {row.n}, {row.clusters} people ({origin})"
        for row in board.itertuples()
    ]


def results(board: pd.DataFrame, origin: str) -> list[records.Result]:
    """Return what notebook 19 records; `board` from `compare`, `origin` of the pictures."""
    done = []
    for network, row in board.groupby("label", sort=False):
        done += records.results(row, f"own pictures/{network}", "one's own folder, people left out in turn", origin)
    return done
