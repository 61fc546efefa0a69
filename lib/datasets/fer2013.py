"""FER-2013: 48x48 grey faces packed in one CSV (or as folders of files), and the votes of FER+."""

import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib.datasets import files, label_file
from lib.datasets.about import About
from lib.datasets.table import DataError, Listing, part, split_codes
from lib.images import ImageError

ABOUT = About(
    title="FER-2013, with FER+ votes",
    folder="fer2013",
    licence="FER-2013: none stated (Kaggle competition, use for research); the FER+ votes: MIT",
    ask="Kaggle, Challenges in Representation Learning: Facial Expression Recognition; microsoft/FERPlus on GitHub",
    tree=(
        "  either fer2013.csv (emotion,pixels,Usage) and optionally fer2013new.csv (FER+ votes, row by row)\n"
        "  or train/angry/Training_3908.jpg ... test/angry/PrivateTest_10131363.jpg ..."
    ),
    subjects=None,
    published=35_887,
    unit="stills",
    colour="grey",
    pixels="48x48",
    kind="in the wild",
    source="Goodfellow et al. 2013; not in paper A",
)
CODES = {"0": "angry", "1": "disgust", "2": "fear", "3": "happy", "4": "sad", "5": "surprise", "6": "neutral"}
FOLDERS = {**{emotion: emotion for emotion in CODES.values()}, "anger": "angry", "happiness": "happy", "sadness": "sad"}
USAGE = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
VOTES = {  # FER+, in its own order
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
}
NO_EMOTION = {"unknown": "FER+: most voters saw no emotion they could name", "NF": "FER+: most voters saw no face"}
LABELS = ("original", "majority", "cleaned", "soft")
OUT_OF_ORDER = 0.001  # share of image names; the file as distributed has three of 32,140
AGREEMENT = 0.4  # ours: FER-2013 and the majority of FER+ agree on some 65 %, rows in another order on some 17 %
SIZE = 48


def read(root: Path, labels: str = "original") -> Listing:
    """List the faces.

    Args:
        root: the folder.
        labels: `original`, those of FER-2013; `majority`, most votes of FER+ (a tie is left out); `cleaned`, FER+'s own
            rule (single votes struck, then more than half of the rest); `soft`, as `cleaned` without the half, and a
            column `share_<emotion>` per emotion with the share of the votes left.

    Raises:
        DataError: no such mode, votes asked for but not there, or votes that do not match the rows.
    """
    if labels not in LABELS:
        raise DataError(f"labels is {labels!r}; expected one of {', '.join(LABELS)}")
    if os.path.lexists(root / "fer2013.csv"):
        return _packed(root, labels)
    if labels != "original":
        raise DataError(
            f"FER+ votes are joined row by row to fer2013.csv, which is not in {root}; use labels='original'"
        )
    return _by_folder(root)


def _packed(root: Path, labels: str) -> Listing:
    table = _index(*_version(root / "fer2013.csv"))[0]
    rows = pd.DataFrame({"file": "fer2013.csv", "row": np.arange(len(table)), "split": table["Usage"].map(USAGE)})
    if labels == "original":
        rows["emotion"], reason = split_codes(table["emotion"], CODES, {}, "emotion code")
    else:
        votes = _votes(root, table)
        rows["emotion"], reason = _vote(votes, labels)
        if labels == "soft":
            rows[[f"share_{emotion}" for emotion in VOTES.values()]] = _shares(votes)
    reason = reason.mask(rows["split"].isna(), "unknown Usage " + table["Usage"].map(repr))
    out = reason != ""
    left_out = ("fer2013.csv record " + rows.loc[out, "row"].astype(str)).tolist()
    return Listing(rows[~out], list(zip(left_out, reason[out], strict=True)))


def _by_folder(root: Path) -> Listing:
    """The test folder of the usual copy mixes both official test splits; the files' names tell them apart."""
    names, refused = files.walk(root)
    parts = names.str.extract(r"^(?P<split>train|validation|test)/(?P<code>[^/]+)/(?P<usage>[A-Za-z]*)")
    stray = parts["code"].isna()
    emotion, reason = split_codes(parts["code"].fillna("").str.lower(), FOLDERS, {}, "emotion folder")
    reason = reason.mask(stray, "not train/<emotion>/<name> or test/<emotion>/<name>")
    split = parts["usage"].map(USAGE).combine_first(parts["split"])
    return part(pd.DataFrame({"file": names, "emotion": emotion, "split": split}), reason, refused)


def _votes(root: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return the votes, int (N, 10), in the order of FER+; `table` are the rows of FER-2013 that they must belong to.

    Three signs tell that the two files are not of one order: another count or Usage, names of images that do not grow,
    and votes that agree with the labels no more often than chance has it.
    """
    path = root / "fer2013new.csv"
    if not os.path.lexists(path):
        raise DataError(f"no FER+ votes at {path}; put fer2013new.csv beside fer2013.csv or use labels='original'")
    columns = [*VOTES, *NO_EMOTION]
    text = label_file.read(root, path.name, ("Usage", *columns), ("Image name",))
    if not text["Usage"].equals(table["Usage"]):
        raise DataError(
            f"{path} has {len(text)} rows, fer2013.csv {len(table)}, or their Usage differs: not the same set"
        )
    counted = text[columns].apply(lambda column: column.str.fullmatch(r"\d{1,2}"))
    if not counted.all(axis=None):
        row = int(counted.all(axis=1).idxmin())
        raise DataError(f"{path}, record {row}: {', '.join(text.loc[row, columns])} are not ten whole numbers of votes")
    votes = text[columns].astype("int64")
    _check_order(path, text, votes, table["emotion"].map(CODES))
    return votes


def _check_order(path: Path, text: pd.DataFrame, votes: pd.DataFrame, labels: pd.Series) -> None:
    """Raise DataError where the rows of FER+ are visibly not those of FER-2013; see `_votes`."""
    if "Image name" in text:
        numbers = text["Image name"].str.extract(r"(\d{1,9})")[0].dropna().astype("int64")
        steps = numbers.diff()
        if (steps == 0).any() or (steps < 0).sum() > OUT_OF_ORDER * len(numbers):
            raise DataError(f"{path} is in another order: its image names do not grow; use the file as distributed")
    emotion, _ = _vote(votes, "majority")
    both = emotion.isin(set(CODES.values())) & labels.notna()
    agreement = (emotion == labels)[both].mean()
    if agreement < AGREEMENT:
        raise DataError(
            f"{path} agrees with the labels of fer2013.csv in {agreement:.0%} of the rows; expected about 65 %: "
            "its rows belong to other images"
        )


def _vote(votes: pd.DataFrame, labels: str) -> tuple[pd.Series, pd.Series]:
    """Return emotion ("" where none) and reason ("" where kept) by the rule `labels`."""
    counts = votes if labels == "majority" else votes.where(votes > 1, 0)
    top = counts.max(axis=1)
    winner = counts.idxmax(axis=1)
    reason = winner.map(NO_EMOTION).fillna("")
    if labels == "cleaned":
        reason = reason.mask(top <= 0.5 * counts.sum(axis=1), "FER+: no emotion with more than half of the votes")
    elif labels == "majority":
        reason = reason.mask(counts.eq(top, axis=0).sum(axis=1) > 1, "FER+: a tie for most votes")
    reason = reason.mask(top == 0, "FER+: no emotion with two votes")
    return winner.map(VOTES).where(reason == "", ""), reason


def _shares(votes: pd.DataFrame) -> np.ndarray:
    """Return shares of the eight emotions, single votes struck, float64 (N, 8); zeros where no vote is left."""
    kept = votes[list(VOTES)].where(votes[list(VOTES)] > 1, 0).to_numpy(float)
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1)


def read_packed(path: Path, row: int) -> np.ndarray:
    """Return image `row`, counted from 0, of a fer2013.csv, uint8 (48, 48).

    Raises:
        ImageError: the record does not hold 48 x 48 numbers from 0 to 255.
    """
    _, starts, column = _index(*_version(path))
    with open(path, "rb") as file:
        file.seek(starts[row])
        text = file.read(starts[row + 1] - starts[row]).decode()
    fields = next(label_file.parse(text.splitlines(keepends=True)))
    pixels = fields[column].strip() if len(fields) > column else ""
    if not re.fullmatch(r"[\d\s]+", pixels, re.A):
        raise ImageError("unreadable", f"record {row} of {path} holds no numbers where the pixels belong")
    values = [int(value) for value in pixels.split()]
    if len(values) != SIZE * SIZE or max(values) > 255:
        raise ImageError(
            "truncated", f"record {row} of {path} has {len(values)} pixels; expected {SIZE * SIZE} of 0 to 255"
        )
    return np.array(values, np.uint8).reshape(SIZE, SIZE)


def _version(path: Path) -> tuple[Path, int, int]:
    """Return a file with its time stamp and size: an edited file is a new entry of the cache."""
    status = os.stat(path)
    return path, status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4)
def _index(path: Path, changed: int, size: int) -> tuple[pd.DataFrame, list[int], int]:
    """Return `emotion` and `Usage` of each record; where each begins, and the file ends; the place of the pixels.

    Labels and pixels come from one parser, so that a record is the same row for both.
    """
    table, starts = label_file.read_located(path.parent, path.name, ("emotion", "Usage"), unread=("pixels",))
    header = next(label_file.records(path.parent, path.name))[1]
    return table, [*starts, size], header.index("pixels")
