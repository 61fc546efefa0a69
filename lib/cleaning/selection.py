"""Which images are kept: strong frames, the nine frames of a sequence, and the reasons for what is dropped."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from lib.cleaning.expressions import SEQUENCES, rows_of_sequences, unmoved
from lib.emotions import EMOTIONS

STRONG = 0.7  # share of the sequence's strongest frame from which an expression counts as strong; ours
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2)  # paper A, nine frames per sequence
TOO_FAR = 9.0  # a distance larger than any between shares


def unusable(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return why images cannot be used at all: a mask, bool (N,), per reason, the first reason first.

    Args:
        table: N rows with status and faces from `lib.faces.find_faces`, emotion, and strength.
    """
    return {
        "unreadable": ~table["status"].isin(["ok", "no face"]).to_numpy(),
        "no face": (table["status"] == "no face").to_numpy(),
        "several faces": (table["faces"] > 1).to_numpy(),
        "not one of the seven emotions": ~table["emotion"].isin(EMOTIONS).to_numpy(),
        "no expression in the sequence": unmoved(table),
    }


def strong(table: pd.DataFrame, least: float = STRONG) -> np.ndarray:
    """Return which images are strong, bool (N,): all but the frames of a sequence whose share is below `least`.

    Neutral sequences are kept whole. A frame without a share (no face) is not strong.

    Args:
        table: N rows with data_set, emotion and share.
        least: a share in [0, 1].
    """
    graded = table["data_set"].isin(SEQUENCES) & (table["emotion"] != "neutral")
    return (~graded | (table["share"] >= least)).to_numpy()


def nine_frames(table: pd.DataFrame, tolerance: float = 0.1) -> pd.DataFrame:
    """Return up to nine frames per sequence, `intensity` 20, 40, 60, 80, 100, 80, 60, 40, 20 % of its own maximum.

    Before and after the strongest frame, the four levels take the four different frames that fit best; a level is
    left out where no frame comes near. Neutral sequences are left out: 0 % is not among the paper's levels.

    Args:
        table: N rows with data_set, sequence, frame, emotion and share.
        tolerance: largest distance of a frame from its level, in shares.
    """
    share = table["share"].to_numpy()
    chosen: dict[int, float] = {}
    for rows in rows_of_sequences(table, (table["emotion"] != "neutral").to_numpy() & np.isfinite(share)):
        peak = int(np.argmax(share[rows]))
        chosen[rows[peak]] = 1.0
        for side in (rows[:peak], rows[peak + 1 :]):
            chosen |= _levels(side, share, tolerance)
    picked = sorted(chosen)
    return table.iloc[picked].assign(intensity=[chosen[row] for row in picked])


def first_reason(masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return per image the first reason whose mask, bool (N,), holds, str (N,); empty where the image is kept."""
    names = np.array([*masks, ""])
    held = np.column_stack([*masks.values(), np.ones(len(next(iter(masks.values()))), dtype=bool)])
    return names[held.argmax(axis=1)]


def reason_counts(table: pd.DataFrame, reason: np.ndarray | pd.Series) -> pd.DataFrame:
    """Return how many images of each data set were kept or dropped, one row per reason, with a column `total`.

    Args:
        table: N rows with data_set.
        reason: str (N,), empty where the image is kept.
    """
    reasons = pd.Series(np.asarray(reason), index=table.index, name="reason").replace("", "kept")
    counts = pd.crosstab(reasons, table["data_set"])
    return counts.assign(total=counts.sum(axis=1)).sort_values("total", ascending=False)


def beside_printed(table: pd.DataFrame, printed: Mapping[str, int]) -> pd.DataFrame:
    """Return counts and shares of the emotions beside a paper's: emotion, paper, ours, both shares, and a total."""
    ours = table["emotion"].value_counts().reindex(list(printed), fill_value=0)
    counts = pd.DataFrame({"paper": pd.Series(printed), "ours": ours})
    counts.loc["total"] = counts.sum()
    shares = (counts / counts.loc["total"]).add_suffix(", share")
    return counts.join(shares).rename_axis("emotion").reset_index()


def _levels(rows: np.ndarray, share: np.ndarray, tolerance: float) -> dict[int, float]:
    """Return row -> level for one side of a sequence: as many levels as can be filled, each by a frame of its own."""
    wanted = np.array(sorted(set(LEVELS))[:-1])
    distance = np.abs(share[rows][:, None] - wanted)  # (frames of one side, 4)
    fits = distance <= tolerance
    pairs = zip(*linear_sum_assignment(np.where(fits, distance, TOO_FAR)), strict=True)
    return {rows[i]: float(wanted[k]) for i, k in pairs if fits[i, k]}
