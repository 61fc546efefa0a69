"""Labels with a strength: the paper's counts beside ours, and figures of merit by level."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import evaluate
from lib.augment import VARIANTS
from lib.emotions import EMOTIONS, names
from lib.evaluate import LEVELS, NEUTRAL
from lib.papers import paper_a

OTHERS = tuple(emotion for emotion in EMOTIONS if emotion != "neutral")
ARGMAX = "accuracy, argmax of 7"  # as `lib.evaluate.regression` names it
SETS = {"EIW": ("eiw",), "EIW + MUG": ("eiw", "mug")}  # paper A trains on the first, then on both


def table_5(eiw: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's Table 5 beside ours, a row per item such as "happy 20 %": `item`, `paper`, `ours`.

    Args:
        eiw: the images of EIW with `emotion` and `intensity` in [0, 1], as `lib.datasets.load` returns them.
    """
    printed = {
        f"{emotion} {level}": images
        for emotion, row in paper_a.TABLE_5.items()
        for level, images in zip(paper_a.LEVELS, row, strict=True)
    } | {"neutral": paper_a.TABLE_5_NEUTRAL}
    level = (100 * eiw["intensity"]).map("{:.0f} %".format)
    item = (eiw["emotion"] + " " + level).where(eiw["emotion"] != "neutral", "neutral")
    ours = item.value_counts().reindex(list(printed), fill_value=0)
    return pd.DataFrame({"paper": pd.Series(printed), "ours": ours}).rename_axis("item").reset_index()


def as_grid(table_5: pd.DataFrame) -> pd.DataFrame:
    """Return our Table 5 with a row per level and a column per emotion; neutral has no level."""
    cells = table_5["item"].str.extract(r"(?P<emotion>\w+) ?(?P<level>.*)").assign(ours=table_5["ours"])
    cells["level"] = cells["level"].replace("", "none")
    grid = cells.pivot_table(index="level", columns="emotion", values="ours", aggfunc="sum", fill_value=0)
    return grid.reindex([*paper_a.LEVELS, "none"]).astype(int)


def table_7(table: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's Table 7 beside ours: images of each model, as they are and with 28 variants.

    Args:
        table: the intensity split, columns `data_set` and `split`.
    """
    rows = []
    for model, members in SETS.items():
        sides = table.loc[table["data_set"].isin(members), "split"].replace("train", "training").value_counts()
        for side in ("training", "validation"):
            ours, paper = int(sides.get(side, 0)), paper_a.TABLE_7[model][side]
            rows.append({"model": model, "side": side, "ours": ours, "ours x 28": VARIANTS * ours, "paper": paper})
    return pd.DataFrame(rows).assign(**{"paper x 28": lambda sizes: VARIANTS * sizes["paper"]})


def named(values: np.ndarray) -> np.ndarray:
    """Return the strongest emotion apart from neutral, str (N,) or (S, N), of intensities (N, 7) or (S, N, 7)."""
    return names(np.delete(values, NEUTRAL, axis=-1), OTHERS)


def baselines(targets: np.ndarray, images: int) -> dict[str, np.ndarray]:
    """Return two answers that look at no image, (1, images, 7): the mean of the training targets, and neutral.

    Args:
        targets: of the training images, float (N, 7).
        images: how many answers are asked for.
    """
    guesses = {"constant guess": targets.mean(axis=0), "always neutral": np.eye(len(EMOTIONS))[NEUTRAL]}
    return {name: np.tile(guess, (1, images, 1)) for name, guess in guesses.items()}


def scores(truth: np.ndarray, outputs: Mapping[str, np.ndarray], people: np.ndarray) -> pd.DataFrame:
    """Return the rows of `lib.evaluate.regression` for each network, with a column `network`.

    Args:
        truth: labels (N, 7).
        outputs: by network, (S, N, 7).
        people: (N,) what an interval draws as a whole.
    """
    tables = [evaluate.regression(truth, values, people).assign(network=name) for name, values in outputs.items()]
    return pd.concat(tables, ignore_index=True)


def overview(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the four figures of merit over all images, a row per network; `scores` from the function above."""
    columns = ["RMSE", "CCC", ARGMAX, "accuracy, strongest without neutral"]
    overall = scores[scores["of"] == "all"]
    return overall.pivot_table("value", "network", "metric", sort=False, dropna=False)[columns]


def by_level(truth: np.ndarray, outputs: Mapping[str, np.ndarray], people: np.ndarray) -> pd.DataFrame:
    """Return RMSE, and accuracy of the strongest emotion without neutral, on the images of each level.

    Args:
        truth: labels (N, 7).
        outputs: by network, (S, N, 7).
        people: (N,) what an interval draws as a whole.

    Returns:
        Rows as `lib.evaluate.regression` has them, with `network` and `strength` in per cent.
    """
    level, tables = evaluate.levels(truth), []
    for network, values in outputs.items():
        for k, share in enumerate(LEVELS):
            here = level == k
            if not here.any():
                continue
            error = evaluate.regression(truth[here], values[:, here], people[here]).head(1)
            right = evaluate.classification(named(truth[here]), named(values[:, here]), people[here]).head(1)
            tables.append(pd.concat([error, right]).assign(network=network, strength=100 * share))
    return pd.concat(tables, ignore_index=True)
