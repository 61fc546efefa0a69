"""Faults planted on purpose, so that cleaning has something to find; each is listed in `STAND_IN.json`.

Every fault is made in place, so counts stay as planned, and repeating it changes nothing.
"""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import images


def plant(
    folder: Path,
    records: pd.DataFrame,
    rng: np.random.Generator,
    unreadable: int = 0,
    duplicates: int = 0,
    no_face: int = 0,
    mislabelled_pairs: int = 0,
) -> pd.DataFrame:
    """Spoil that many pictures of each kind, no picture twice; return the records with `label` and `defect` set.

    Unreadable files are in turn cut short and empty. A duplicate replaces another picture of the same label and level.
    Wrong labels are swapped in pairs of one level, so that the counts stay.
    """
    records = records.copy()
    left = rng.permutation(len(records)).tolist()
    for number in range(unreadable):
        index = left.pop()
        cut_short(folder / records.loc[index, "file"], keep=0 if number % 2 else 1000)
        records.loc[index, "defect"] = "unreadable"
    for _ in range(no_face):
        index = left.pop()
        path = folder / records.loc[index, "file"]
        shape = images.read(path).shape
        images.write(path, scenery(shape, rng))
        records.loc[index, "defect"] = "no face"
    for _ in range(duplicates):
        copy, source = _pair(records, left, same=True)
        shutil.copyfile(folder / records.loc[source, "file"], folder / records.loc[copy, "file"])
        records.loc[copy, ["intensity", "subject"]] = records.loc[source, ["intensity", "subject"]].to_numpy()
        records.loc[copy, "defect"] = f"duplicate of {records.loc[source, 'file']}"
    for _ in range(mislabelled_pairs):
        pair = _pair(records, left, same=False)
        records.loc[pair, "label"] = records.loc[pair[::-1], "label"].to_numpy()
        records.loc[pair, "defect"] = "wrong label"
    return records


def _pair(records: pd.DataFrame, left: list[int], same: bool) -> list[int]:
    """Remove two images of one level off the list: of the same label and file type, or of different labels."""
    for first in reversed(left):
        one, others = records.loc[first], records.loc[[index for index in left if index != first]]
        fits = ((others["label"] == one["label"]) == same) & ((others["intensity"] - one["intensity"]).abs() < 0.01)
        if same:
            fits &= others["file"].str[-4:] == one["file"][-4:]
        if fits.any():
            second = int(fits.idxmax())
            left.remove(first)
            left.remove(second)
            return [first, second]
    raise ValueError("too few pictures to plant another pair")


def cut_short(path: Path, keep: int) -> None:
    """Leave the first `keep` bytes of a file."""
    with open(path, "r+b") as file:
        file.truncate(keep)


def scenery(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return a picture without a face: blurred blobs of colour, uint8 of `shape`."""
    coarse = rng.integers(30, 220, (5, 7, *shape[2:]), dtype=np.uint8)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
