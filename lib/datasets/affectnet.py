"""AffectNet: web photographs with eight emotions, as annotation files (.npy) or as CSV lists."""

import os
import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from lib.datasets import files, label_file
from lib.datasets.about import About
from lib.datasets.table import DataError, Listing, part, split_codes

ABOUT = About(
    title="AffectNet",
    folder="AffectNet",
    licence="non-commercial research; signed by the principal investigator; photographs keep their owners' rights",
    ask="Mohammad Mahoor's laboratory, University of Denver",
    tree=(
        "  either train_set/images/0.jpg ... train_set/annotations/0_exp.npy ... and the same below val_set/\n"
        "  or Manually_Annotated_file_lists/training.csv, validation.csv and Manually_Annotated_Images/689/<name>.jpg"
    ),
    subjects=None,
    published=291_650,
    unit="stills of eight emotions",
    colour="colour",
    pixels="224x224",
    kind="in the wild",
    source="the data set's own page; paper B gives no count",
)
CODES = {
    "0": "neutral",
    "1": "happy",
    "2": "sad",
    "3": "surprise",
    "4": "fear",
    "5": "disgust",
    "6": "angry",
    "7": "contempt",  # the eighth class of paper B
}
DROPPED = {
    "8": "None: a face with none of the eight emotions",
    "9": "Uncertain: the annotator could not decide",
    "10": "No-Face: no usable face in the photograph",
}
_FOLDERS = {"train_set": "train", "val_set": "validation"}
_LISTS = {"training.csv": "train", "validation.csv": "validation"}


def read(root: Path) -> Listing:
    """List the photographs of whichever of the two layouts is there.

    Raises:
        DataError: neither layout.
    """
    if any((root / folder).is_dir() for folder in _FOLDERS):
        return _join([_by_annotations(root, folder) for folder in _FOLDERS if (root / folder).is_dir()])
    lists = [path for name in _LISTS for path in (name, f"Manually_Annotated_file_lists/{name}")]
    lists = [path for path in lists if os.path.exists(root / path)]
    if not lists:
        raise DataError(f"{root} has neither train_set/ nor training.csv; expected:\n{ABOUT.tree}")
    return _join([_by_list(root, name) for name in lists])


def _join(listings: list[Listing]) -> Listing:
    rows = pd.concat([listing.rows for listing in listings], ignore_index=True)
    return Listing(rows, [item for listing in listings for item in listing.excluded])


def _by_annotations(root: Path, folder: str) -> Listing:
    """An image `images/7.jpg` has its expression in `annotations/7_exp.npy`."""
    names, refused = files.walk(root, f"{folder}/images")
    annotations, refused_too = files.walk(root, f"{folder}/annotations", {".npy"})
    partners = names.str.replace("/images/", "/annotations/", n=1).str.rsplit(".", n=1).str[0] + "_exp.npy"
    there = partners.isin(set(annotations))
    codes = [_decode(files.first_bytes(root, name)) if here else "" for name, here in zip(partners, there, strict=True)]
    codes = pd.Series(codes, dtype=object)
    emotion, reason = split_codes(codes, CODES, {**DROPPED, "": "no annotation file for this image"}, "expression code")
    rows = pd.DataFrame({"file": names, "emotion": emotion, "split": _FOLDERS[folder]})
    return part(rows, reason, refused, refused_too)


@lru_cache(maxsize=256)
def _decode(data: bytes) -> str:
    """300,000 files hold some 20 different contents: each is decoded once."""
    try:
        return str(np.load(BytesIO(data), allow_pickle=False)).strip()
    except (ValueError, TypeError, EOFError, MemoryError, BadZipFile, TokenError):  # what np.load makes of other bytes
        return f"not an annotation: {data[:12]!r}"


def _by_list(root: Path, name: str) -> Listing:
    """The folder of images is the one called Manually_Annotated_Images, packed once or twice, else the root."""
    table = label_file.read(root, name, ("subDirectory_filePath", "expression"))
    below = files.first_folder(
        root,
        "Manually_Annotated/Manually_Annotated_Images",
        "Manually_Annotated_Images/Manually_Annotated_Images",
        "Manually_Annotated_Images",
    )
    prefix = f"{below}/" if below else ""
    names = prefix + files.check_inside(table["subDirectory_filePath"], root / name)
    codes = table["expression"].map(lambda code: re.sub(r"\.0+$", "", code))
    emotion, reason = split_codes(codes, CODES, DROPPED, "expression code")
    rows = pd.DataFrame({"file": names, "emotion": emotion, "split": _LISTS[name.rsplit("/", 1)[-1]]})
    reason, _ = files.check_files(rows, reason, root, below or "")  # the other list names the images left
    return part(rows, reason)
