"""Metrics of predicted labels: accuracy, balanced accuracy, macro F1, recall, calibration error.

Each metric is a function of confusion matrices, so that a resample, which is a weighted sum of the groups' matrices,
costs no pass over the images. Conventions stand in `lib.evaluate`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn import metrics

from lib.emotions import EMOTIONS, index
from lib.evaluate import bootstrap
from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.table import Row, mean_defined, ratio, tabulate, with_wilson

BINS = 15  # of the calibration error; Guo et al. 2017


def accuracy(matrix: np.ndarray) -> np.ndarray:
    """Return the share of images on the diagonal, (...,): sum_k m[k, k] / sum_jk m[j, k].

    Args:
        matrix: (..., K, K) counts, row = true emotion, column = predicted; so for every metric here.
    """
    return ratio(_hits(matrix).sum(-1), _true(matrix).sum(-1))


def recall(matrix: np.ndarray) -> np.ndarray:
    """Return, for each emotion, the share of its images that are predicted so, (..., K): m[k, k] / sum_j m[k, j]."""
    return ratio(_hits(matrix), _true(matrix))


def balanced_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Return the mean recall of the emotions that have images, (...,): mean_k recall[k]."""
    return mean_defined(recall(matrix))


def macro_f1(matrix: np.ndarray) -> np.ndarray:
    """Return the mean F1 of the emotions that are true or predicted anywhere, (...,).

    F1[k] = 2 m[k, k] / (sum_j m[k, j] + sum_j m[j, k]), the harmonic mean of recall and precision.
    """
    return mean_defined(ratio(2 * _hits(matrix), _true(matrix) + matrix.sum(-2)))


OVERALL: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "accuracy": accuracy,
    "balanced accuracy": balanced_accuracy,
    "macro F1": macro_f1,
}
PER_EMOTION: dict[str, Callable[[np.ndarray], np.ndarray]] = {"recall": recall}


def classification(
    y_true: Sequence[str],
    y_pred: np.ndarray,
    groups: Sequence,
    emotions: Sequence[str] = EMOTIONS,
    strata: Sequence | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return accuracy, balanced accuracy, macro F1 and the recall of each emotion, each with its 95 % interval.

    Where a figure is 0 or 1 there is nothing to resample, and the interval is Wilson's of a share of the groups; for
    balanced accuracy and F1 that stands in for one that nobody has.

    Args:
        y_true: (N,) emotion names.
        y_pred: (N,) or (S, N) emotion names.
        groups: (N,) what is drawn as a whole; `np.arange(N)` gives the naive interval.
        emotions: the classes, K of them.
        strata: (N,) data sets whose shares are fixed by design, None for one.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        Rows `metric, of, value, low, high, n, clusters, seeds, per_seed`; `of` is "all" or an emotion, NaN if it has no
        images.

    Raises:
        ValueError: lengths differ, nothing to evaluate, or an unknown emotion.
    """
    size, true = len(emotions), index(y_true, emotions)
    predicted = index(np.ravel(y_pred), emotions).reshape(np.shape(y_pred))
    per_seed = bootstrap.seeds_first(true, predicted, 0)
    units = bootstrap.units(groups, strata, len(true))
    cells = (units.owner * size + true) * size + per_seed  # (S, N): one number per group, true and predicted emotion
    counts = [np.bincount(row, minlength=len(units.stratum) * size**2) for row in cells]
    sums = np.stack(counts).reshape(len(cells), -1, size**2)

    def figures(sums: np.ndarray) -> np.ndarray:
        matrix = sums.reshape(*sums.shape[:-1], size, size)
        overall = [metric(matrix)[..., None] for metric in OVERALL.values()]
        return np.concatenate([*overall, *(metric(matrix) for metric in PER_EMOTION.values())], axis=-1)

    rows = [Row(name, "all", np.ones(len(true), bool)) for name in OVERALL]
    rows += [Row(name, emotion, true == k) for name in PER_EMOTION for k, emotion in enumerate(emotions)]
    table = tabulate(rows, bootstrap.estimate([sums], figures, units, resamples, seed), units)
    return with_wilson(table, table["value"].isin([0, 1]).to_numpy())


def confusion(y_true: Sequence[str], y_pred: Sequence[str]) -> np.ndarray:
    """Return counts (7, 7) int64, row = true emotion, column = predicted, in the order of `EMOTIONS`.

    Args:
        y_true: (N,) emotion names.
        y_pred: (N,) emotion names.
    """
    return metrics.confusion_matrix(index(y_true), index(y_pred), labels=range(len(EMOTIONS)))


def calibration(
    y_true: Sequence[str], probabilities: np.ndarray, groups: Sequence, strata: Sequence | None = None
) -> pd.DataFrame:
    """Return the expected calibration error (ECE) with its 95 % interval, a table of one row.

    Images fall into 15 equal bins of their confidence, the largest probability (Guo et al. 2017):
    ECE = sum over bins of |sum of (right - confidence)| / N. The estimate is biased upwards by sampling noise, so
    resampled values lie above it; report the upper end.

    Args:
        y_true: (N,) emotion names.
        probabilities: (N, 7) or (S, N, 7) in [0, 1], rows sum to 1.
        groups: (N,) as for `classification`.
        strata: (N,) as for `classification`.
    """
    true = index(y_true)
    per_seed = bootstrap.seeds_first(true, probabilities, 1)
    units = bootstrap.units(groups, strata, len(true))
    confidence, right = per_seed.max(-1), per_seed.argmax(-1) == true
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)  # (S, N)
    gaps = np.eye(BINS)[bins] * (right - confidence)[..., None]  # (S, N, bins), signed
    sums = bootstrap.group_sums(np.concatenate([gaps, np.ones((*right.shape, 1))], axis=-1), units)
    estimate = bootstrap.estimate([sums], _calibration_error, units)
    return tabulate([Row("expected calibration error", "all", np.ones(len(true), bool))], estimate, units)


def _calibration_error(sums: np.ndarray) -> np.ndarray:
    """Return the ECE (..., 1) from the gaps of the bins and the number of images (..., bins + 1)."""
    return np.abs(sums[..., :-1]).sum(-1, keepdims=True) / sums[..., -1:]


def _hits(matrix: np.ndarray) -> np.ndarray:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _true(matrix: np.ndarray) -> np.ndarray:
    return matrix.sum(-1)
