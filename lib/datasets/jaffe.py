"""Japanese Female Facial Expression set (JAFFE): grey stills, the label is in the file's name."""

import re
from pathlib import Path

import pandas as pd

from lib.datasets import files
from lib.datasets.about import About
from lib.datasets.table import DataError, Listing, part, split_codes
from lib.papers import paper_a

ABOUT = About(
    title="Japanese Female Facial Expression set (JAFFE)",
    folder="jaffe",
    licence="non-commercial research; a citation is required; no more than ten images in one article",
    ask='Zenodo, record "The Japanese Female Facial Expression (JAFFE) Dataset" (M. Lyons)',
    tree="  KA.AN1.39.tiff ...\n  README_FIRST.txt (semantic ratings by 60 people; optional)",
    subjects=paper_a.TABLE_1_SUBJECTS["JAFFE"],
    published=paper_a.TABLE_1["JAFFE"],
    unit="stills",
    colour="grey",
    pixels="256x256",
    kind="posed",
)
CODES = {"AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}
_NAME = re.compile(r"(?P<subject>[A-Z]{2})\.(?P<code>[A-Z]{2})(?P<take>\d)\.\d+\.tiff?$", re.I)


def read(root: Path) -> Listing:
    """List the stills: `KA.AN1.39.tiff` is person KA, angry, first pose, image 39."""
    names, refused = files.walk(root)
    parts = names.str.extract(_NAME).apply(lambda column: column.str.upper())
    stray = parts["code"].isna()
    emotion, reason = split_codes(parts["code"].fillna(""), CODES, {}, "emotion code")
    reason = reason.mask(stray, "not <person>.<emotion><pose>.<number>.tiff")
    return part(pd.DataFrame({"file": names, "subject": parts["subject"], "emotion": emotion}), reason, refused)


def ratings(root: Path) -> pd.DataFrame:
    """Return the mean ratings on a scale of 1 to 5, one row per image (index such as `KA.AN1`), a column per emotion.

    Raises:
        DataError: no read-me with a table of ratings in `root`.
    """
    names = [name for name in files.walk(root, suffixes={".txt"})[0] if "README" in name]
    text = files.first_bytes(root, names[0], most=100_000).decode("utf-8-sig", "replace") if names else ""
    lines = re.findall(r"^\s*\d+((?:\s+\d\.\d+){6})\s+([A-Z]{2})-([A-Z]{2}\d)", text, re.M)
    if not lines:
        raise DataError(
            f"no ratings in {root}; expected README_FIRST.txt with lines `1 2.87 2.52 2.10 1.97 1.97 2.06 KM-NE1`"
        )
    order = ("happy", "sad", "surprise", "angry", "disgust", "fear")  # as printed: HAP SAD SUR ANG DIS FEA
    values = [[float(number) for number in numbers.split()] for numbers, _, _ in lines]
    return pd.DataFrame(values, index=[f"{person}.{image}" for _, person, image in lines], columns=order)


def rated_as_posed(table: pd.DataFrame) -> pd.Series:
    """Return whether the highest of the `ratings` of each image is the emotion posed; neutral images are left out."""
    posed = table.index.str[3:5].map(CODES)
    return (table.idxmax(axis=1) == posed)[posed != "neutral"]
