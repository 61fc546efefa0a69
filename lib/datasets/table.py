"""The one table that every data set becomes: its columns, their meaning, and the check.

A row is an image. Text that is not known is "" (never missing), so that `groupby` loses nothing; numbers that are not
known are -1 (`row`, `frame`) or NaN (`intensity`).
"""

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from lib.emotions import EMOTIONS_8

NAMES = ("mug", "ck_plus", "jaffe", "kdef", "eiw", "hp_test", "own", "affectnet", "fer2013")
GROUPS = ("skin_tone", "age_band", "facial_hair", "glasses")
SPLITS = ("", "train", "validation", "test")
_TEXT = ("", pa.Column(str, nullable=False))
_TABLE = {  # column: what stands there where nothing is known, and what may
    "data_set": ("", pa.Column(str, pa.Check.isin(NAMES))),
    "path": ("", pa.Column(str, pa.Check.str_length(min_value=1))),  # absolute; with `row` >= 0 a file of many images
    "row": (-1, pa.Column("int64", pa.Check.ge(-1))),  # which record of a packed file
    "subject": _TEXT,  # unique within the data set
    "sequence": _TEXT,  # unique within the data set; frames of one recording share it
    "frame": (-1, pa.Column("int64", pa.Check.ge(-1))),  # number within the sequence, as in the file's name
    "emotion": ("", pa.Column(str, pa.Check.isin(EMOTIONS_8))),  # of a whole sequence where that is what is labelled
    "intensity": (np.nan, pa.Column("float64", pa.Check.in_range(0, 1), nullable=True)),  # where it is labelled
    "split": ("", pa.Column(str, pa.Check.isin(SPLITS))),  # as distributed
    **dict.fromkeys(GROUPS, _TEXT),  # skin tone from 1 (lightest) to 6
    "origin": ("", pa.Column(str, pa.Check.isin(("real", "stand-in")))),
}
COLUMNS = tuple(_TABLE)
_SCHEMA = pa.DataFrameSchema(
    {name: column for name, (_, column) in _TABLE.items()},
    unique=["path", "row"],
    strict=False,  # a data set may add columns of its own, such as the view of KDEF or the votes of FER+
)


class Listing(NamedTuple):
    """What a data set's own reader found.

    Attributes:
        rows: one row per image with `file` (relative to the root, POSIX) and those of `COLUMNS` that are known.
        excluded: (file, reason) for everything that was found and left out.
    """

    rows: pd.DataFrame
    excluded: list[tuple[str, str]]


class DataError(ValueError):
    """A data set is there but is not what it should be; the message names the file and what was expected."""


def validate(df: pd.DataFrame) -> pd.DataFrame:
    """Return `df` if it is a table of images: the columns, types and ranges of this module, no image twice.

    Raises:
        DataError: the message lists each column at fault with its first bad values.
    """
    try:
        _SCHEMA.validate(df.reset_index(drop=True), lazy=True)
        return df
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        faults = [
            f"{column}: {check} ({', '.join(map(repr, group['failure_case'].head(3)))}; {len(group)} in all)"
            for (column, check), group in cases.groupby(["column", "check"], dropna=False)
        ]
        raise DataError("this is not a table of images; at fault: " + "; ".join(faults)) from None


def finish(rows: pd.DataFrame, **constants: object) -> pd.DataFrame:
    """Return `rows` with all of `COLUMNS` first, in order; `constants` fill whole columns."""
    rows = rows.assign(**constants)
    absent = {column: default for column, (default, _) in _TABLE.items() if column not in rows}
    rows = rows.assign(**absent)
    extra = [column for column in rows.columns if column not in COLUMNS]
    return rows[[*COLUMNS, *extra]].reset_index(drop=True)


def split_codes(codes: pd.Series, emotions: dict, dropped: dict, what: str) -> tuple[pd.Series, pd.Series]:
    """Translate a data set's codes: emotions where `emotions` has them ("" elsewhere), and reasons for the others.

    Args:
        codes: the codes as read, any type that can be a key of the two maps.
        emotions: code -> emotion.
        dropped: code -> why it is left out.
        what: the word for a code in the reason given for one that neither map has.
    """
    emotion = codes.map(emotions)
    reason = codes.map(dropped)
    unknown = emotion.isna() & reason.isna()
    reason = reason.mask(unknown, f"unknown {what} " + codes.astype(str).map(repr))
    return emotion.fillna(""), reason.where(emotion.isna(), "").fillna("")


def part(rows: pd.DataFrame, reason: pd.Series, *others: list[tuple[str, str]]) -> Listing:
    """Split rows into those to keep (`reason` is "") and the list of those left out; `others` are added to the list."""
    out = reason != ""
    excluded = zip(rows.loc[out, "file"], reason[out], strict=True)
    return Listing(rows[~out].reset_index(drop=True), list(itertools.chain(excluded, *others)))
