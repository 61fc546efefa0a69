"""How images are divided into training, validation and test: one function per protocol.

A split is a table with the columns of `lib.datasets`, those of cleaning (`digest`, `cluster`), and `split`, one of
"train", "validation", "test". Validation chooses; test is read through `lib.splits.register` alone.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib.cleaning import duplicates, with_true_subjects
from lib.emotions import EMOTIONS
from lib.papers import paper_a
from lib.splits import files
from lib.splits.leakage import groups

SPLITS = ("train", "validation", "test")
TABLE_3 = {"mug": "train", "ck_plus": "train", "jaffe": "train", "kdef": "validation", "own": "validation"}
BY_HAND = paper_a.MUG_BY_HAND / (paper_a.TABLE_3["validation"] - paper_a.MUG_BY_HAND)  # per other validation image


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
        raise ValueError(f"{len(counts)} groups of subjects and duplicates cannot fill {len(fractions)} sides")
    return table.assign(split=np.array(list(fractions))[side[group]])


def at_random(table: pd.DataFrame, fractions: Mapping[str, float], seed: int = 0) -> pd.DataFrame:
    """Return the table with a column `split` drawn image by image, without regard to subjects: the common mistake."""
    sides = np.random.default_rng(seed).choice(list(fractions), len(table), p=list(fractions.values()))
    return table.assign(split=sides)


def paper_table_3(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return the split of paper A, Table 3; the MUG images by hand are drawn at random, so they share their subjects.

    The paper does not state which 161 MUG images it labelled; here they are a random part of every emotion, in the
    paper's proportion to the other validation images.

    Args:
        table: columns of `lib.datasets`; data sets outside Table 3 are left out.
        seed: of the draw.
    """
    sides = table["data_set"].map(TABLE_3)
    out = table.assign(split=sides)[sides.notna()]
    return _move_by_hand(out, out["data_set"] == "mug", seed)


def leak_free(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return Table 3 without its leaks: MUG by hand from a tenth of the subjects, and HP test as test.

    Args:
        table: columns of `lib.datasets` and `digest`, `cluster`.
        seed: of the draw.
    """
    sides = table["data_set"].map(TABLE_3 | {"hp_test": "test"})
    out = table.assign(split=sides)[sides.notna()]
    mug = out["data_set"] == "mug"
    held_out = split(out[mug], {"train": 0.9, "validation": 0.1}, seed)["split"] == "validation"
    return without_leaks(_move_by_hand(out, mug & held_out.reindex(out.index, fill_value=False), seed))


def intensity(images: pd.DataFrame, nine: pd.DataFrame, validation: float = 0.1, seed: int = 0) -> pd.DataFrame:
    """Return the split of the regression: EIW and the nine frames per MUG sequence, whole groups on one side.

    The test people are new ones, also in rendered EIW, where the file of the truth names them. Between training and
    validation EIW divides as the real set does, which names nobody: by cluster of near duplicates. Suspected labels are
    left out of training and kept in the other two.

    Args:
        images: kept images with `suspected`; those of EIW are taken.
        nine: the nine frames, the same columns.
        validation: share of the images in validation, and as many in test.
        seed: of the split.
    """
    both = pd.concat([images[images["data_set"] == "eiw"], nine], ignore_index=True)
    test = split(with_true_subjects(both), {"train": 1 - validation, "test": validation}, seed)["split"] == "test"
    rest = validation / (1 - validation)
    both = both.assign(split="test")
    both.loc[~test, "split"] = split(both[~test], {"train": 1 - rest, "validation": rest}, seed)["split"]
    return both[~(both["suspected"] & (both["split"] == "train"))]


def official(table: pd.DataFrame, thumbnails: np.ndarray, folder: Path) -> pd.DataFrame:
    """Save and return the split that a data set comes with, near duplicates between its sides included.

    The labels of the test images are in the saved file alone (`read_test`), not in what is returned. Images of other
    emotions than the seven are left out. Where none is test (FER-2013 without its private test images) half of the
    validation images are, whole groups together.

    Args:
        table: N rows of a data set that comes with a split, `digest` and `cluster` from `duplicates.fingerprint`.
        thumbnails: float32 (N, 256) of its images, from the same function.
        folder: of the products; `splits/<data set>.csv` is written in it.

    Returns:
        The columns given, `emotion` "" in the test rows, and `near_duplicate`, bool: the image is a near duplicate of a
        training image.

    Raises:
        ValueError: the data set does not state which images are for training and which for validation.
    """
    seven = table["emotion"].isin(EMOTIONS).to_numpy()
    table, thumbnails = table[seven].reset_index(drop=True), thumbnails[seven]
    if not {"train", "validation"} <= set(table["split"]):
        names = " and ".join(sorted(set(table["data_set"])))
        raise ValueError(f"{names} comes without a split; expected a data set with one, for instance fer2013")
    if "test" not in set(table["split"]):
        halves = split(table[table["split"] == "validation"], {"validation": 0.5, "test": 0.5})
        table.loc[halves.index, "split"] = halves["split"]
    training = thumbnails[table["split"] == "train"]
    table = table.assign(near_duplicate=duplicates.has_near_duplicate(thumbnails, training))
    files.save(table, table["data_set"].iloc[0], folder)
    return files.without_test_labels(table)


def without_leaks(table: pd.DataFrame) -> pd.DataFrame:
    """Return a split without the training rows that share subject, sequence or duplicate with validation or test.

    Validation rows that share one with test go too.
    """
    rank = table["split"].map(SPLITS.index)
    return table[rank == rank.groupby(groups(table)).transform("max")]


def _move_by_hand(table: pd.DataFrame, candidates: pd.Series, seed: int) -> pd.DataFrame:
    """Move a random part of every emotion of the candidates to validation: `BY_HAND` per other validation image."""
    wanted = BY_HAND * (table["split"] == "validation").sum()
    share = min(1.0, wanted / max(1, candidates.sum()))
    rng = np.random.default_rng(seed)
    chosen = table[candidates].groupby("emotion").sample(frac=share, random_state=rng).index
    return table.assign(split=table["split"].where(~table.index.isin(chosen), "validation"))
