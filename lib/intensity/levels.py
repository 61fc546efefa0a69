"""Labels with a strength: baselines that look at no image, and figures of merit by level."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import evaluate
from lib.emotions import EMOTIONS, names
from lib.evaluate import LEVELS, NEUTRAL
from lib.evaluate.intensity_metrics import ARGMAX, WITHOUT_NEUTRAL

OTHERS = tuple(emotion for emotion in EMOTIONS if emotion != "neutral")
SETS = {"EIW": ("eiw",), "EIW + MUG": ("eiw", "mug")}  # paper A trains on the first, then on both


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


def overview(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the four figures of merit over all images, a row per network; `scores` from `lib.evaluate.scores`."""
    columns = ["RMSE", "CCC", ARGMAX, WITHOUT_NEUTRAL]
    overall = scores[scores["of"] == "all"]
    return overall.pivot_table("value", "label", "metric", sort=False, dropna=False)[columns]


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
