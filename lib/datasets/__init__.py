"""Every data set is one table.

    df = load("mug")              # one row per image, the columns of `COLUMNS`
    excluded(df)                  # what the loader found and left out, with the reason
    read_image(df.iloc[0])        # uint8 (H, W, 3) RGB or (H, W) grey

Where the data come from: `root`, else the data set's folder in `$FACE_DATA` (see `survey`), else the stand-in of that
scale; so real and stand-in sets may be mixed, and the column `origin` tells which is which. Raw data is never written.
"""

import json
import os
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from lib import images, paths
from lib.datasets import data_root, label_file
from lib.datasets.about import About, DataMissing
from lib.datasets.table import COLUMNS, GROUPS, NAMES, DataError, finish, validate


def load(name: str, root: Path | str | None = None, scale: str = "standard", labels: str = "original") -> pd.DataFrame:
    """Return the data set as a table; no image is opened.

    Args:
        name: one of `NAMES`.
        root: the data set's own folder; without it see the module's first lines.
        scale: which stand-in to take where there is no real data: smoke, standard or paper.
        labels: FER-2013 only: original, majority, cleaned or soft (see `lib.datasets.fer2013.read`).

    Returns:
        Columns `COLUMNS`, then the data set's own; `excluded(df)` lists what was left out.

    Raises:
        DataMissing: the data set is nowhere; names the licence, where to ask and the tree expected.
        DataError: it is there but not as expected.
    """
    module = _module(name)
    folder = find(name, root, scale)
    if labels != "original" and name != "fer2013":
        raise DataError(f"labels={labels!r} is for fer2013 only; {name} has one kind of label")
    try:
        listing = module.read(folder, labels) if name == "fer2013" else module.read(folder)
        rows = _with_groups(listing.rows, folder)
    except PermissionError as error:
        raise DataError(f"no permission to read {error.filename}, a part of {module.ABOUT.title}") from None
    except OSError as error:
        raise DataError(f"{folder} is not {module.ABOUT.title}: {error}; expected:\n{module.ABOUT.tree}") from None
    left_out = pd.DataFrame(listing.excluded, columns=["file", "reason"])
    if rows.empty:
        common = "; ".join(f"{reason} ({count})" for reason, count in left_out["reason"].value_counts().head(3).items())
        raise DataError(
            f"no image of {module.ABOUT.title} in {folder}: {common or 'no file'}; expected:\n{module.ABOUT.tree}"
        )
    rows["path"] = f"{folder}/" + rows.pop("file")
    origin = "stand-in" if (folder / "STAND_IN.json").is_file() else "real"
    df = validate(finish(rows, data_set=name, origin=origin))
    df.attrs = {"root": str(folder), "excluded": left_out.to_csv(index=False)}
    return df


def load_all(scale: str = "standard") -> dict[str, pd.DataFrame]:
    """Return the tables of all data sets by name; `scale` is that of the stand-ins. See `load`."""
    return {name: load(name, scale=scale) for name in NAMES}


def absent() -> list[str]:
    """Return the names of the data sets that are not in `$FACE_DATA`, whose place a stand-in takes."""
    return [name for name in NAMES if not is_real(name)]


def find(name: str, root: Path | str | None = None, scale: str = "standard") -> Path:
    """Return the folder that `load` would read; the arguments are its own.

    Raises:
        DataMissing: there is none.
        DataError: `$FACE_DATA` is set and is no folder of data sets (see `survey`).
    """
    real = survey(os.environ.get("FACE_DATA"))[name] if root is None and name in NAMES else None
    place = Path(root) if root is not None else real or paths.data(scale) / "stand_in" / name
    if not os.path.isdir(place):
        raise DataMissing(name, about(name), str(place), scale)
    return place.resolve()


def is_real(name: str) -> bool:
    """Tell whether `$FACE_DATA` holds the data set, so that `load` would not take a stand-in."""
    return survey(os.environ.get("FACE_DATA"))[name] is not None


def survey(data: Path | str | None) -> dict[str, Path | None]:
    """Return, per name of `NAMES`, the folder below the data root, or None where a stand-in takes its place.

    A data set's folder is named as in its `About` or as the loader, in any case: `MUG/`, `mug/`, `Mug/`.

    Args:
        data: the data root (`--data`, `$FACE_DATA`); None: there is none, and every set is a stand-in.

    Raises:
        DataError: with the reason: `data` is empty text or no folder, holds no data set (it is one itself, or its
            data sets lie a folder deeper), or holds one twice or as a file, a broken link or an empty folder.
    """
    if data is None:
        return dict.fromkeys(NAMES)
    return data_root.survey(data, {name: about(name) for name in NAMES})


def about(name: str) -> About:
    """Return title, licence, source and expected tree of a data set."""
    return _module(name).ABOUT


def codes(name: str) -> dict[str | int, str]:
    """Return the literal map from a data set's own codes to emotions."""
    return dict(_module(name).CODES)


def excluded(df: pd.DataFrame) -> pd.DataFrame:
    """Return what the loader left out of `df`: columns `file` (relative to the data set's folder) and `reason`."""
    return pd.read_csv(StringIO(df.attrs["excluded"]), dtype=str, keep_default_na=False)


def read_image(row: pd.Series) -> np.ndarray:
    """Return the image of a row of the table, uint8 (H, W, 3) RGB or (H, W) grey.

    Raises:
        lib.images.ImageError: it cannot be read; `.reason` says why.
    """
    if row["row"] >= 0:
        return _module(row["data_set"]).read_packed(Path(row["path"]), int(row["row"]))
    return images.read(row["path"])


def stand_in_facts(folder: Path | str) -> dict:
    """Return what `STAND_IN.json` says about a stand-in tree: size, seed, planted defects."""
    return json.loads((Path(folder) / "STAND_IN.json").read_text("utf-8"))


def _module(name: str) -> ModuleType:
    if name not in NAMES:
        raise ValueError(f"no data set {name!r}; expected one of {', '.join(NAMES)}")
    return import_module(f"lib.datasets.{name}")


def _with_groups(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Join `groups.csv` (file, row of a packed file, skin_tone, age_band, facial_hair, glasses) where there is one.

    No data set of this field distributes group attributes; stand-ins carry the file, and a reader may write one.
    """
    path = folder / "groups.csv"
    if not os.path.lexists(path):
        return rows
    keys = ["file", "row"] if "row" in rows else ["file"]
    groups = label_file.read(folder, path.name, (*keys, *GROUPS)).drop_duplicates()
    twice = groups[groups.duplicated(keys)]
    if not twice.empty:
        raise DataError(f"{path} says two things about {' '.join(twice[keys].iloc[0])}; one line per image")
    if "row" in keys:
        if not groups["row"].str.fullmatch(r"\d{1,18}").all():
            raise DataError(f"{path} has a row that is no number; expected the number of the record, from 0")
        groups = groups.astype({"row": "int64"})
    return rows.merge(groups, on=keys, how="left").fillna(dict.fromkeys(GROUPS, ""))
