"""The table of all methods: accuracy with its interval, what is printed, costs, and the order against one of them."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib import emotions, evaluate, paths, records, side_by_side, training
from lib.comparators.named import SEED, SOURCES
from lib.papers import paper_b
from lib.training import classification, trained_networks
from lib.training.runs import Inputs

SHOWN = ["label", "learned", "source", "printed", "value", "low", "high", "n", "verdict", *side_by_side.COSTS[:3]]
PRICES = {"megabytes": "MB", "million multiply-adds": "million multiply-adds of one image"}  # axes of the figure


def faces(data_set: str, scale: str, size: int, images: int) -> tuple[pd.DataFrame, dict[str, Inputs], str]:
    """Return the validation images without leaks, what every network learns and is chosen by, and the images' origin.

    Args:
        data_set: as for `lib.training.classification.images`.
        scale: of the study.
        size: side of the crops in pixels.
        images: training images, drawn at random, and at most twice as many for validation; all where there are fewer.
    """
    table = classification.images(data_set, scale)
    usable, crops = trained_networks.crops(table, [("proposed", size)], paths.data(scale))
    table = table[usable].reset_index(drop=True)
    split = side_by_side.part_of_training(table, images, SEED)
    judged = np.random.default_rng(SEED).permutation(np.flatnonzero(split == "validation"))
    split[judged[2 * images :]] = ""
    inputs = training.sides(crops["proposed", size], emotions.index(table["emotion"]), split)
    return table[split == "validation"], {"faces": inputs}, records.origin(table)


def answers(fits: pd.DataFrame, folder: Path) -> dict[str, np.ndarray]:
    """Return by label the emotions of the validation images, str (1, N); `fits` from `lib.training.fit_runs`."""
    return {label: emotions.names(output) for label, output in training.outputs(fits, folder).items()}


def table(
    predicted: Mapping[str, np.ndarray],
    costs: Mapping[str, Mapping[str, float]],
    shown: pd.DataFrame,
    base: str,
    lost: Collection[str] = (),
) -> pd.DataFrame:
    """Return one row per method: the columns of `lib.evaluate.leaderboard`, `learned`, `source`, `printed`, the costs.

    Args:
        predicted: emotions by label, str (N,) or (S, N).
        costs: by label, from `lib.side_by_side.costs`.
        shown: the N images, `emotion` and `group`, which an interval draws as a whole.
        base: label of the method that the others are compared with; its `verdict` is "base".
        lost: labels that have not learned, from `lib.training.not_learned`.
    """
    rows = evaluate.leaderboard(predicted, shown["emotion"].to_numpy(), shown["group"], base).fillna(
        {"verdict": "base"}
    )
    names = rows["label"]
    rows["learned"] = np.where(names.isin(lost), "no", "yes")
    rows = rows.assign(source=names.map(SOURCES), printed=[paper_b.printed(label) for label in names])
    return rows.join(pd.DataFrame.from_dict(costs, orient="index"), on="label")


def results(table: pd.DataFrame, prefix: str, protocol: str, origin: str) -> list[records.Result]:
    """Return the accuracy of every row of a leaderboard as a result.

    Args:
        table: from `lib.evaluate.leaderboard`.
        prefix: of the results' names.
        protocol: how it was measured, in words.
        origin: of the images.
    """
    done = []
    for row in table.to_dict("records"):
        how = f"{protocol}; not learned" if row.get("learned") == "no" else protocol
        done += records.results(pd.DataFrame([row]), f"{prefix}/{row['label']}", how, origin)
    return done
