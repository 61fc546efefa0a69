"""What the cleaning notebook leaves in `<study>/cleaning/`, for the notebook of splits.

images.csv        every image: columns of `lib.datasets` and
status, faces    as `lib.faces.find_faces` gives them
reason           why the image is dropped; empty where it is kept
suspected        whether a classifier doubts its label
digest           hash of the pixels, empty where the image was dropped before it was compared
cluster          number of its chain of exact and near duplicates, -1 as above
strength         movement of the landmarks from the sequence's own neutral frame, in inter-ocular distances
share            the same as a share of the strongest frame; the labelled intensity where there is one
nine_frames.csv   the frames of the regression, the same columns; `intensity` is the level
"""

from pathlib import Path

import pandas as pd

from lib import paths

MEASURED = ("digest", "cluster", "strength", "share")  # the columns that a split keeps
NUMBERS = ("intensity", "strength", "share")
COUNTS = ("row", "frame", "cluster", "faces")
TRUTHS = ("suspected", "near_duplicate")


def write_table(table: pd.DataFrame, path: Path) -> Path:
    """Write a table of images as CSV, all or nothing, and return the path."""
    with paths.replace_on_success(path) as part:
        table.to_csv(part, index=False)
    return path


def read_table(path: Path) -> pd.DataFrame:
    """Return a table that `write_table` wrote, with its types; every number is the one that was written."""
    names = pd.read_csv(path, nrows=0).columns
    kinds = dict.fromkeys(names, "str")
    kinds |= dict.fromkeys(NUMBERS, "float64") | dict.fromkeys(COUNTS, "int64") | dict.fromkeys(TRUTHS, "bool")
    kinds = {name: kinds[name] for name in names}
    blanks = dict.fromkeys(NUMBERS, "")  # an empty cell is NaN in a column of numbers and "" elsewhere
    return pd.read_csv(path, dtype=kinds, keep_default_na=False, na_values=blanks, float_precision="round_trip")


def save(images: pd.DataFrame, nine: pd.DataFrame, study: Path) -> None:
    """Write both tables; NaN in digest and cluster where an image was not compared."""
    for table, name in ((images, "images"), (nine, "nine_frames")):
        compared = table.fillna({"digest": "", "cluster": -1}).astype({"cluster": "int64"})
        write_table(compared, study / "cleaning" / f"{name}.csv")


def load(study: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables, as `save` got them.

    Raises:
        FileNotFoundError: the cleaning notebook has not run.
    """
    files = [study / "cleaning" / name for name in ("images.csv", "nine_frames.csv")]
    images, nine = (read_table(paths.product(file, "05", study.name)) for file in files)
    return images, nine
