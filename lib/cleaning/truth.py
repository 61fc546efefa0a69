"""What the rendered stand-ins know and real data do not: who is shown, how strongly, and which label is wrong."""

from pathlib import Path

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


def beside_truth(table: pd.DataFrame) -> pd.DataFrame:
    """Return measured and true share of the strongest frame, for the frames of emotions whose true strength is known.

    Args:
        table: rows with data_set, sequence, emotion, share, status, path, row and origin.

    Returns:
        Columns share and true_share, in [0, 1].
    """
    moving = (table["status"] == "ok") & (table["emotion"] != "neutral") & table["share"].notna()
    frames = table[moving]
    true = pd.to_numeric(truth(frames, "intensity"), errors="coerce")
    largest = true.groupby([frames["data_set"], frames["sequence"]]).transform("max")
    return pd.DataFrame({"share": frames["share"], "true_share": true / largest}).dropna()


def with_true_subjects(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the true person where `subject` is not known and the image is rendered."""
    unknown = table[table["subject"] == ""]
    return table.assign(subject=truth(unknown, "subject").reindex(table.index).fillna(table["subject"]))


def _root(path: Path) -> Path:
    """Return the folder of the stand-in that an image lies in."""
    return next(folder for folder in path.parents if (folder / "STAND_IN.json").is_file())
