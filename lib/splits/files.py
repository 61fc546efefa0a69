"""Saved splits: `<study>/splits/<name>.csv`, and beside it `<name>.json` with its hash, counts and leaks.

paper_table_3.csv   paper A, Table 3: training MUG + CK+ + JAFFE, validation MUG by hand + KDEF + own
leak_free.csv       the same with every subject, sequence and near duplicate on one side only; HP test as test
intensity.csv       EIW by duplicate cluster and nine frames per MUG sequence by subject, 80 : 10 : 10, new test people
fer2013.csv         its official split, near duplicates included
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from lib import paths
from lib.cleaning.products import read_table, write_table
from lib.splits.leakage import KINDS, leaks


def save(table: pd.DataFrame, name: str, folder: Path) -> Path:
    """Write `<folder>/splits/<name>.csv` and beside it `<name>.json` with its SHA-256; return the first.

    Args:
        table: columns of `lib.datasets`, `digest`, `cluster`, `split`.
        name: of the split.
        folder: of the products, `lib.paths.data(scale)`.
    """
    path = write_table(table, folder / "splits" / f"{name}.csv")
    facts = {
        "sha256": paths.sha256(path),
        "images": table.groupby("split").size().to_dict(),
        "subjects": {side: _subjects(rows) for side, rows in table.groupby("split")},
        "leaks": leaks(table)["kind"].value_counts().to_dict(),
    }
    with paths.replace_on_success(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(facts, indent=2))
    return path


def load(name: str, folder: Path) -> pd.DataFrame:
    """Return the training and validation rows of a saved split; the test rows come from `read_test` alone.

    Raises:
        FileNotFoundError: the notebook of splits has not run.
        ValueError: the file is not the one that was saved.
    """
    table = read_whole(name, folder)
    return table[table["split"] != "test"].reset_index(drop=True)


def read_whole(name: str, folder: Path) -> pd.DataFrame:
    """Return every row of a saved split, its test rows too; for `load` and the register.

    Raises:
        FileNotFoundError: there is no such split.
        ValueError: the file is not the one that was saved.
    """
    path = paths.product(folder / "splits" / f"{name}.csv", "06", folder.name)
    if json.loads(path.with_suffix(".json").read_text())["sha256"] != paths.sha256(path):
        raise ValueError(f"{path} has changed since it was saved; run the notebook that makes it again")
    return read_table(path)


def without_test_labels(table: pd.DataFrame) -> pd.DataFrame:
    """Return a split whose test rows have no labels, neither emotion nor numbers: they come from `read_test` alone."""
    test = table["split"] == "test"
    numbers = [name for name in table if name == "intensity" or name.startswith("share_")]  # share_: votes of FER+
    hidden = table.assign(emotion=table["emotion"].mask(test, ""))
    hidden[numbers] = hidden[numbers].mask(test, np.nan)
    return hidden


def _subjects(rows: pd.DataFrame) -> int:
    return len(rows.loc[rows["subject"] != "", KINDS["subject"]].drop_duplicates())
