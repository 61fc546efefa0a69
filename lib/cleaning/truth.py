"""What the rendered stand-ins know and real data do not: who is shown, how strongly, and which label is wrong."""

from pathlib import Path

import numpy as np
import pandas as pd


def truth(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of the stand-ins' `truth.csv` for each image, text; "" for images that are not rendered.

    Args:
        table: rows with data_set, path, row and origin; images in packed files (`row` >= 0) have no truth here.
        column: subject, emotion, intensity, label or defect.
    """
    values = pd.Series("", index=table.index, dtype=object, name=column)
    rendered = table[(table["origin"] == "stand-in") & (table["row"] < 0)]
    for _, rows in rendered.groupby("data_set"):
        root = _root(Path(rows["path"].iloc[0]))
        true = pd.read_csv(root / "truth.csv", dtype=str, keep_default_na=False).set_index("file")[column]
        values[rows.index] = rows["path"].str.removeprefix(f"{root}/").map(true).to_numpy()
    return values


def true_share(table: pd.DataFrame) -> np.ndarray:
    """Return the true intensity over the largest of the sequence, float (N,); NaN where it is not known.

    Args:
        table: N rows with data_set, sequence, path, row and origin.
    """
    true = pd.to_numeric(truth(table, "intensity"), errors="coerce")
    largest = true.groupby([table["data_set"], table["sequence"]]).transform("max")
    return (true / largest).to_numpy()


def with_true_subjects(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the true person where `subject` is not known and the image is rendered.

    Args:
        table: rows with data_set, subject, path, row and origin.
    """
    return table.assign(subject=table["subject"].mask(table["subject"] == "", truth(table, "subject")))


def _root(path: Path) -> Path:
    """Return the folder of the stand-in that an image lies in."""
    return next(folder for folder in path.parents if (folder / "STAND_IN.json").is_file())
