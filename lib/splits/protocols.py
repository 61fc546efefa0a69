"""Splits, and the gate that no leak passes.

A split is a table with the columns of `lib.datasets`, those that cleaning adds (`digest`, `cluster`), and `split`, one
of "train", "validation", "test". Validation chooses; test is read once per run, by a notebook of results, and every
read is counted. The gate itself (`leaks`, `audit`) is in `lib.splits.leakage`.

Files in `build/data/<size>/splits/`:

    paper_table_3.csv   paper A, Table 3: training MUG + CK+ + JAFFE, validation MUG by hand + KDEF + own
    leak_free.csv       the same with every subject, sequence and twin on one side only; HP test as test
    fer2013.csv         its official split, twins included
    intensity.csv       EIW by duplicate cluster and nine frames per MUG take by subject, 90 : 10
    <name>.json         SHA-256 of the file, images and subjects per split
    test_reads.csv      every read of a test split: when, run, reader, split, models
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pandas as pd

from lib import cleaning, datasets, paths
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS
from lib.splits.leakage import KINDS, LeakError, groups, leaks

SPLITS = ("train", "validation", "test")
TABLE_3 = {"mug": "train", "ck_plus": "train", "jaffe": "train", "kdef": "validation", "own": "validation"}
BY_HAND = 161 / (1216 + 490)  # paper A: 161 MUG images beside 1,216 of KDEF (derived) and 490 own
READERS = ("11", "13")  # the notebooks of results, on paper A's data and on real faces: no other reads a test split


def split(table: pd.DataFrame, fractions: Mapping[str, float], seed: int = 0) -> pd.DataFrame:
    """Return the table with a column `split`: whole groups, stratified by data set and emotion.

    The largest groups go first, each to the side that it brings closest (in squared error) to the wanted count of every
    emotion; equal groups come in random order.

    Args:
        table: columns of `lib.datasets` and `digest`, `cluster`.
        fractions: share of the images per side, for instance `{"train": .9, "validation": .1}`; the sum is 1.
        seed: of the order among equal groups.

    Raises:
        ValueError: unknown sides, fractions that do not sum to 1, or too few groups to fill every side.
    """
    if set(fractions) - set(SPLITS) or abs(sum(fractions.values()) - 1) > 1e-6 or min(fractions.values()) <= 0:
        raise ValueError(f"fractions are {dict(fractions)}; expected positive shares of {SPLITS} that sum to 1")
    group = groups(table)
    counts = pd.crosstab(group, table["data_set"] + "/" + table["emotion"]).to_numpy(dtype=float)  # (groups, strata)
    missing = np.outer(list(fractions.values()), counts.sum(axis=0))  # (sides, strata), images still wanted
    order = np.random.default_rng(seed).permutation(len(counts))
    side = np.empty(len(counts), dtype=np.int64)
    for number in order[np.argsort(-counts[order].sum(axis=1), kind="stable")]:
        gain = missing @ (counts[number] / counts.sum(axis=0) ** 2)
        side[number] = np.argmax(gain)
        missing[side[number]] -= counts[number]
    if len(np.unique(side)) < len(fractions):
        raise ValueError(f"{len(counts)} groups of subjects and twins cannot fill {len(fractions)} sides")
    return table.assign(split=np.array(list(fractions))[side[group]])


def paper_table_3(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return the split of paper A, Table 3; the MUG images by hand are drawn at random, so they share their subjects.

    The paper does not say which 161 MUG images it labelled; here they are a random part of every emotion, in the
    paper's proportion to the other validation images.
    """
    sides = table["data_set"].map(TABLE_3)
    out = table.assign(split=sides)[sides.notna()]
    return _move_by_hand(out, out["data_set"] == "mug", seed)


def leak_free(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return Table 3 without its leaks: MUG by hand from a tenth of the subjects, and HP test as test."""
    sides = table["data_set"].map(TABLE_3 | {"hp_test": "test"})
    out = table.assign(split=sides)[sides.notna()]
    mug = out["data_set"] == "mug"
    held_out = split(out[mug], {"train": 0.9, "validation": 0.1}, seed)["split"] == "validation"
    return without_leaks(_move_by_hand(out, mug & held_out.reindex(out.index, fill_value=False), seed))


def official(data_set: str, scale: str) -> pd.DataFrame:
    """Return the images of a data set under the split that it comes with, twins between the sides included.

    Images of other emotions than the seven are left out. Where none is test (FER-2013 without its private test images)
    half of the validation images are, whole groups together.

    Args:
        data_set: one that comes with a split, for instance "fer2013".
        scale: of the stand-ins.

    Returns:
        Columns of `lib.datasets`, `digest` and `cluster` of the whole images, and `twin`, bool: whether the image is a
        near duplicate of a training image.

    Raises:
        ValueError: the data set does not say what is training and what is validation.
    """
    table = datasets.load(data_set, size=scale)
    table = table[table["emotion"].isin(EMOTIONS)].reset_index(drop=True)
    if not {"train", "validation"} <= set(table["split"]):
        raise ValueError(f"{data_set} comes without a split; expected a data set with one, for instance fer2013")
    table, thumbnails = cleaning.fingerprint(table, np.full((len(table), 4), np.nan))  # no boxes: whole images
    if "test" not in set(table["split"]):
        halves = split(table[table["split"] == "validation"], {"validation": 0.5, "test": 0.5})
        table.loc[halves.index, "split"] = halves["split"]
    return table.assign(twin=duplicates.has_twin(thumbnails, thumbnails[table["split"] == "train"]))


def without_leaks(table: pd.DataFrame) -> pd.DataFrame:
    """Return a split table without the training rows that share a subject, sequence or twin with validation or test.

    Validation rows that share one with test go too.
    """
    rank = table["split"].map(SPLITS.index)
    return table[rank == rank.groupby(groups(table)).transform("max")]


def save(table: pd.DataFrame, name: str, folder: Path) -> Path:
    """Write `<folder>/splits/<name>.csv` and beside it `<name>.json` with its SHA-256; return the first."""
    path = folder / "splits" / f"{name}.csv"
    with paths.replace_on_success(path) as part:
        table.to_csv(part, index=False)
    sides = table.groupby("split")
    facts = {
        "sha256": sha256(path),
        "images": sides.size().to_dict(),
        "subjects": {
            side: rows.loc[rows["subject"] != "", KINDS["subject"]].drop_duplicates().shape[0] for side, rows in sides
        },
        "leaks": leaks(table)["kind"].value_counts().to_dict(),
    }
    with paths.replace_on_success(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(facts, indent=2))
    return path


def load(name: str, folder: Path) -> pd.DataFrame:
    """Return the training and validation rows of a saved split; the test rows come from `read_test` alone.

    Raises:
        FileNotFoundError: notebook 05 has not run.
        ValueError: the file is not the one that was saved.
    """
    table = _read(name, folder)
    return table[table["split"] != "test"].reset_index(drop=True)


def read_test(name: str, folder: Path, reader: str, models: Sequence[str]) -> pd.DataFrame:
    """Return the test rows of a saved split and count the read; once per run, by a notebook of results.

    A run is `$FACE_STUDY_RUN`, which the runner sets, else this process.

    Args:
        name: of the split, for instance "leak_free".
        folder: of the products, `lib.paths.data(scale)`.
        reader: number of the notebook that reads, one of `READERS`.
        models: names of the models that are about to be tested, at least one.

    Raises:
        LeakError: another reader, no model named, or the second read of this run.
    """
    run = os.environ.get("FACE_STUDY_RUN", f"process {os.getpid()}")
    if reader not in READERS or not models:
        raise LeakError(
            f"reader {reader!r} with models {list(models)}; only notebooks {' and '.join(READERS)} read a test split, "
            "naming their models"
        )
    reads = test_reads(folder)
    if ((reads["run"] == run) & (reads["split"] == name)).any():
        raise LeakError(
            f"second read of the test split of {name!r} in run {run!r}; choose on validation, test all at once"
        )
    table = _read(name, folder)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    reads.loc[len(reads)] = [now, run, reader, name, "; ".join(models)]
    with paths.replace_on_success(folder / "splits" / "test_reads.csv") as part:
        reads.to_csv(part, index=False)
    return table[table["split"] == "test"].reset_index(drop=True)


def test_reads(folder: Path) -> pd.DataFrame:
    """Return every read of a test split so far: time, run, reader, split, models."""
    path = folder / "splits" / "test_reads.csv"
    columns = ["time", "run", "reader", "split", "models"]
    return pd.read_csv(path, dtype=str) if path.is_file() else pd.DataFrame(columns=columns, dtype=str)


def _move_by_hand(table: pd.DataFrame, candidates: pd.Series, seed: int) -> pd.DataFrame:
    """Move a random part of every emotion of the candidates to validation: `BY_HAND` per other validation image."""
    wanted = BY_HAND * (table["split"] == "validation").sum()
    share = min(1.0, wanted / max(1, candidates.sum()))
    rng = np.random.default_rng(seed)
    chosen = table[candidates].groupby("emotion").sample(frac=share, random_state=rng).index
    return table.assign(split=table["split"].where(~table.index.isin(chosen), "validation"))


def _read(name: str, folder: Path) -> pd.DataFrame:
    path = folder / "splits" / f"{name}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no split at {path}; run notebook 08_cleaning first")
    if json.loads(path.with_suffix(".json").read_text())["sha256"] != sha256(path):
        raise ValueError(f"{path} has changed since it was saved; run notebook 08_cleaning again")
    numbers = {"intensity": float, "strength": float, "share": float}
    text = {name: str for name in pd.read_csv(path, nrows=0) if name not in {*numbers, "twin"}}
    table = pd.read_csv(path, dtype=text | numbers, keep_default_na=False, na_values=dict.fromkeys(numbers, ""))
    return table.astype(dict.fromkeys(["row", "frame", "cluster"], "int64"))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
