"""Memory of near duplicates in notebook 13: what networks gain on test images of which they have learned a copy.

A test image is a near duplicate from a threshold of the correlation of its thumbnail with that of a training image on.
Near duplicates may also be easier images. So two networks are needed that differ in one thing, whether they have
learned the copies; the difference of their differences is memory.
"""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lib import datasets, evaluate, paths, plots
from lib.cleaning import duplicates
from lib.images import to_rgb

THRESHOLDS = (0.95, 0.98, 0.99)  # correlations; the study's own is in the middle
PAIRS = 8  # of each range of correlations, on the sheet
MEMORY = "memory: the difference of both"


def closest(table: pd.DataFrame, thumbnails: np.ndarray) -> pd.DataFrame:
    """Return the table with the training image that each other image is closest to.

    Args:
        table: N rows of `lib.splits.official`.
        thumbnails: float32 (N, 256) of the same images, from `lib.cleaning.duplicates.fingerprint`.

    Returns:
        The columns given, `correlation` with the closest training image, and `closest`, its place among the rows; 0 and
        -1 for training images and where no correlation reaches the lowest threshold.
    """
    training = (table["split"] == "train").to_numpy()
    learned, others = np.flatnonzero(training), np.flatnonzero(~training)
    correlation, nearest = np.zeros(len(table)), np.full(len(table), -1)
    for left, right in duplicates.near_pairs(thumbnails[others], thumbnails[learned], THRESHOLDS[0]):
        one, other = others[left], learned[right]
        values = np.einsum("ij,ij->i", thumbnails[one], thumbnails[other])
        order = np.argsort(values)  # the largest is written last
        correlation[one[order]], nearest[one[order]] = values[order], other[order]
    return table.assign(correlation=correlation, closest=nearest)


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return the share of near duplicates per side of the split and threshold; `table` from `closest`."""
    held_out = table[table["split"] != "train"]
    columns = {f"from {threshold:.2f} on": held_out["correlation"] >= threshold for threshold in THRESHOLDS}
    return pd.DataFrame(columns).groupby(held_out["split"]).mean()


def sheet(table: pd.DataFrame, rng: np.random.Generator) -> Path:
    """Draw held-out images above their closest training images, a row per range of correlations, and return the file.

    It is for the eye that checks the threshold and lies in the build folder alone: it shows faces of the data set.

    Args:
        table: from `closest`.
        rng: draws the pairs.
    """
    pictures, titles = [], []
    for low, high in zip(THRESHOLDS, [*THRESHOLDS[1:], 1.01], strict=True):
        pairs = table[table["correlation"].between(low, high, inclusive="left")]
        pairs = pairs.sample(min(PAIRS, len(pairs)), random_state=rng).to_dict("records")
        rows = [*pairs, *(table.iloc[pair["closest"]] for pair in pairs)]
        pictures += [to_rgb(datasets.read_image(row)) for row in rows]
        titles += [f"{pair['correlation']:.3f}" for pair in pairs] + ["closest"] * len(pairs)
    path = paths.BUILD / "sheets" / "13_near_duplicates.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = plots.gallery(pictures, titles, columns=PAIRS, side=1.1)
    figure.savefig(path)
    plt.close(figure)  # else a notebook would show it
    return path


def gaps(
    answers: Mapping[tuple[str, str], np.ndarray],
    test: pd.DataFrame,
    table: pd.DataFrame,
    pairs: Mapping[str, tuple[str, str]],
) -> pd.DataFrame:
    """Return how much more often near duplicates are right than other images, and how much of that is memory.

    Args:
        answers: by (network, kind of image), str (S, N), "" where a network has no such image.
        test: N test images with `emotion` and `cluster`.
        table: from `closest`; its test rows are those of `test`.
        pairs: by name the network that has learned the copies and the one that has not.

    Returns:
        Columns `network`, `which`, `threshold`, `value`, `low`, `high`, `p`, `n` (near duplicates), `images`.
    """
    rows, correlation = [], table.loc[table["split"] == "test", "correlation"].to_numpy()
    for network, labels in pairs.items():
        saw, saw_not = (answers[label, "crop"] for label in labels)
        for threshold in THRESHOLDS:
            near = correlation >= threshold
            for which, given in (("saw them", [saw]), ("saw none", [saw_not]), (MEMORY, [saw, saw_not])):
                gap = {"network": network, "which": which, "threshold": threshold} | _gap(test, near, given)
                rows.append(gap)
    return pd.DataFrame(rows).rename(columns={"difference": "value"})


def in_words(gaps: pd.DataFrame) -> list[str]:
    """Return a sentence per network: memory at the study's threshold and whether it is more than chance."""
    own = gaps[(gaps["which"] == MEMORY) & (gaps["threshold"] == duplicates.THRESHOLD)]
    lines = []
    for row in own.to_dict("records"):
        interval = f"{row['value']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}], {row['n']} near duplicates"
        verdict = "more than chance" if row["low"] > 0 else "the interval does not show memory"
        lines.append(f"* {row['network']}, memory: {interval}; {verdict}.")
    return lines


def _gap(test: pd.DataFrame, near: np.ndarray, given: list[np.ndarray]) -> dict[str, float]:
    """Return near duplicates minus other images of the first answers (S, N), less that of the second."""
    here = np.all([answer[0] != "" for answer in given], axis=0)
    right = [(answer == test["emotion"].to_numpy())[:, here] for answer in given]
    counts = {"n": int(near[here].sum()), "images": int(here.sum())}
    if len(np.unique(near[here])) < 2:
        return dict.fromkeys(("difference", "low", "high", "p"), np.nan) | counts
    return evaluate.gap(right[0], near[here], test["cluster"][here], *right[1:]) | counts
