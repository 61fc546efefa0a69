"""FER-2013: 48x48 grey faces packed in one CSV (or as folders of files), and the votes of FER+."""

import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib.datasets import files
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
FOLDERS = {
    **{emotion: emotion for emotion in CODES.values()},
    "anger": "angry",
    "happiness": "happy",
    "sadness": "sad",
}
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
    if (root / "fer2013.csv").is_file():
        return _packed(root, labels)
    if labels != "original":
        raise DataError(
            f"FER+ votes are joined row by row to fer2013.csv, which is not in {root}; use labels='original'"
        )
    return _by_folder(root)


def _packed(root: Path, labels: str) -> Listing:
    table = files.read_csv(root / "fer2013.csv", ("emotion", "Usage"))
    rows = pd.DataFrame({"file": "fer2013.csv", "row": np.arange(len(table)), "split": table["Usage"].map(USAGE)})
    if labels == "original":
        rows["emotion"], reason = split_codes(table["emotion"], CODES, {}, "emotion code")
    else:
        votes = _votes(root, table["Usage"])
        rows["emotion"], reason = _vote(votes, labels)
        if labels == "soft":
            rows[[f"share_{emotion}" for emotion in VOTES.values()]] = _shares(votes)
    reason = reason.mask(rows["split"].isna(), "unknown Usage " + table["Usage"].map(repr))
    out = reason != ""
    left_out = ("fer2013.csv record " + rows.loc[out, "row"].astype(str)).tolist()
    return Listing(rows[~out], list(zip(left_out, reason[out], strict=True)))


def _by_folder(root: Path) -> Listing:
    """The test folder of the usual copy mixes both official test splits; the files' names tell them apart."""
    found, refused = files.walk(root)
    names = pd.Series(found, dtype=str)
    parts = names.str.extract(r"^(?P<split>train|validation|test)/(?P<code>[^/]+)/(?P<usage>[A-Za-z]*)")
    stray = parts["code"].isna()
    emotion, reason = split_codes(parts["code"].fillna("").str.lower(), FOLDERS, {}, "emotion folder")
    reason = reason.mask(stray, "not train/<emotion>/<name> or test/<emotion>/<name>")
    split = parts["usage"].map(USAGE).fillna(parts["split"])
    rows, left_out = part(pd.DataFrame({"file": names, "emotion": emotion, "split": split}), reason)
    return Listing(rows, [*left_out, *refused])


def _votes(root: Path, usage: pd.Series) -> pd.DataFrame:
    """Return the votes, int (N, 10), in the order of FER+; checked against the rows of FER-2013."""
    path = root / "fer2013new.csv"
    if not path.is_file():
        raise DataError(f"no FER+ votes at {path}; put fer2013new.csv beside fer2013.csv or use labels='original'")
    columns = [*VOTES, *NO_EMOTION]
    table = files.read_csv(path, ("Usage", *columns))
    if not table["Usage"].equals(usage):
        raise DataError(
            f"{path} has {len(table)} rows, fer2013.csv {len(usage)}, or their Usage differs: not the same set"
        )
    return table[columns].astype("int64")


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
    """Return image `row` of a fer2013.csv, uint8 (48, 48).

    Raises:
        ImageError: the record does not hold 48 x 48 numbers from 0 to 255.
    """
    starts, column = _index(str(path), path.stat().st_mtime_ns)
    with open(path, "rb") as file:
        file.seek(starts[row])
        text = file.read(starts[row + 1] - starts[row])
    fields = text.strip().split(b",")
    pixels = fields[column].strip(b' "') if len(fields) > column else b""
    if not re.fullmatch(rb"[\d ]+", pixels):
        raise ImageError("unreadable", f"record {row} of {path} holds no numbers where the pixels belong")
    values = np.array(pixels.split(), dtype=np.int64)
    if values.size != SIZE * SIZE or values.max() > 255:
        raise ImageError(
            "truncated", f"record {row} of {path} has {values.size} pixels; expected {SIZE * SIZE} of 0 to 255"
        )
    return values.astype(np.uint8).reshape(SIZE, SIZE)


@lru_cache(maxsize=4)
def _index(path: str, changed: int) -> tuple[np.ndarray, int]:
    """Return where each record begins, and at the end where the last one ends; and the position of the pixels' column.

    `changed` (the file's time stamp) makes an edited file a new entry of the cache.
    """
    size, ends = os.path.getsize(path), []
    with open(path, "rb") as file:
        header = file.readline()
        for offset in range(0, size, 1 << 24):
            file.seek(offset)
            ends.append(np.flatnonzero(np.frombuffer(file.read(1 << 24), np.uint8) == ord("\n")) + offset + 1)
    starts = np.unique(np.append(np.concatenate(ends), size))
    return starts, [name.strip() for name in header.decode("utf-8-sig").split(",")].index("pixels")
