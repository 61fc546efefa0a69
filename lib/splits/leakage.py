"""The leak gate: what two sides of a split must not share is listed, measured, refused."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

KINDS = {  # what must not stand on two sides, and the columns that identify it
    "subject": ["data_set", "subject"],
    "sequence": ["data_set", "sequence"],
    "exact duplicate": ["digest"],
    "near duplicate": ["cluster"],
}
IMAGE = ["path", "row"]  # the columns that name one image


class LeakError(ValueError):
    """Two sides of a split share what they must not, or a test split is read against the rules."""


def groups(table: pd.DataFrame) -> np.ndarray:
    """Return a group number per row, int64 (N,): rows that share subject, sequence, digest or cluster are one group.

    An unknown subject or sequence ("") links nothing.

    Raises:
        ValueError: the columns `digest` and `cluster` are missing.
    """
    _need(table, ["digest", "cluster"])
    edges = [np.empty((0, 2), dtype=np.int64)]
    for columns in KINDS.values():
        rows = np.flatnonzero(table[columns[-1]] != "")
        number = table.iloc[rows].groupby(columns).ngroup().to_numpy()
        first = np.unique(number, return_index=True)[1]  # the first row of every subject, sequence, ...
        edges.append(np.column_stack([rows, rows[first[number]]]))
    left, right = np.concatenate(edges).T
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=2 * (len(table),))
    return connected_components(links, directed=False)[1].astype(np.int64)


def leaks(table: pd.DataFrame) -> pd.DataFrame:
    """Return every leak of a split table, one row each: kind, what is shared, the sides, and how many images.

    Kinds: subject, sequence, exact duplicate, near duplicate (each on two sides), and augmented before the split (an
    image that is there more than once, or a column `variant` that names other variants than 0).
    """
    _need(table, ["split", "digest", "cluster"])
    tables = [_shared(table, kind, columns) for kind, columns in KINDS.items()]
    variants = table["variant"] if "variant" in table else pd.Series(0, index=table.index)
    augmented = table[(variants != 0) | table.duplicated(IMAGE)]
    tables.append(_rows(augmented.groupby(IMAGE), "augmented before the split"))
    return pd.concat(tables, ignore_index=True)


def exposure(table: pd.DataFrame) -> pd.DataFrame:
    """Return, per kind, the share of the validation images that share it with a training image.

    An image of an unknown subject counts neither as shared nor as not shared: the share of subjects is that of the `n`
    validation images of known subjects, and NaN where there is none. An image without a sequence is a single image,
    which shares no sequence.

    Returns:
        Index: the kinds; columns `share`, in [0, 1] or NaN, and `n`, the validation images behind it.
    """
    train, validation = table[table["split"] == "train"], table[table["split"] == "validation"]
    rows = {}
    for kind, columns in KINDS.items():
        seen = train.loc[train[columns[-1]] != "", columns].drop_duplicates()
        judged = validation[validation["subject"] != ""] if kind == "subject" else validation
        share = len(judged.merge(seen, on=columns)) / len(judged) if len(judged) else np.nan
        rows[kind] = {"share": share, "n": len(judged)}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"n": int})


def audit(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table if it has no leak.

    Raises:
        LeakError: the message counts every kind and shows the first example of each.
    """
    leaked = leaks(table)
    if len(leaked):
        first = leaked.groupby("kind", sort=False).agg(leaks=("shared", "size"), example=("shared", "first"))
        text = "; ".join(f"{row.leaks} x {kind}, for instance {row.example}" for kind, row in first.iterrows())
        raise LeakError(f"the split leaks: {text}. Make it with lib.splits.split, before any augmentation")
    return table


def _shared(table: pd.DataFrame, kind: str, columns: list[str]) -> pd.DataFrame:
    """Return the leaks of one kind, columns as in `leaks`."""
    named = table[table[columns[-1]] != ""]
    sides = named.groupby(columns)["split"].transform("nunique")
    return _rows(named[sides > 1].groupby(columns), kind)


def _rows(grouped: pd.api.typing.DataFrameGroupBy, kind: str) -> pd.DataFrame:
    rows = [(kind, "/".join(map(str, key)), "+".join(sorted(set(rows["split"]))), len(rows)) for key, rows in grouped]
    return pd.DataFrame(rows, columns=["kind", "shared", "splits", "images"])


def _need(table: pd.DataFrame, columns: list[str]) -> None:
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise ValueError(
            f"the table has no column {', '.join(lacking)}; lib.cleaning.duplicates.fingerprint gives both"
        )
