"""What every table of metrics shares: one row per metric, undefined ratios, interval ends inside the metric's range."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from lib.evaluate.bootstrap import Estimate, Units

ERRORS = ("RMSE", "MAE", "error SD")  # in [0, inf); correlations in [-1, 1]; everything else is a share in [0, 1]
CORRELATIONS = ("PCC", "CCC", "ICC(3,1)")


@dataclass(frozen=True)
class Row:
    """One row of a table of metrics.

    Attributes:
        metric: its name.
        of: "all", or an emotion or level.
        images: (N,) bool, the images behind it.
    """

    metric: str
    of: str
    images: np.ndarray


def tabulate(rows: list[Row], estimate: Estimate, units: Units) -> pd.DataFrame:
    """Return a table of M rows: metric, of, value, low, high, n, clusters, seeds, per_seed.

    Args:
        rows: M of them, in the order of the figures in `estimate`.
        estimate: from `lib.evaluate.bootstrap`.
        units: what was drawn as a whole.
    """
    table = pd.DataFrame({"metric": [row.metric for row in rows], "of": [row.of for row in rows]})
    ranges = np.array([_range(row.metric) for row in rows])
    undefined = np.isnan(estimate.value)  # no figure, no interval
    table["value"] = estimate.value
    for end in ("low", "high"):
        table[end] = np.where(undefined, np.nan, np.clip(getattr(estimate, end), *ranges.T))
    table["n"] = [int(row.images.sum()) for row in rows]
    table["clusters"] = [len(np.unique(units.owner[row.images])) for row in rows]
    table["seeds"] = len(estimate.per_seed)
    return table.assign(per_seed=[tuple(values.tolist()) for values in estimate.per_seed.T])


def with_wilson(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Return a table of `tabulate` with Wilson's interval in some rows, shares of 0 or 1, each group counted once.

    There is no spread to draw from where every image has the same answer, and an interval without width would be false.

    Args:
        table: from `tabulate`.
        rows: bool (M,), which.
    """
    table = table.copy()
    for row in table.index[rows]:
        clusters = int(table.loc[row, "clusters"])
        table.loc[row, ["low", "high"]] = wilson(table.loc[row, "value"], clusters)
    return table


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of n images or groups, taken for independent.

    Images of one person are not: of a share that a paper prints, the interval is too narrow.
    """
    interval = stats.binomtest(round(share * n), n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _range(metric: str) -> tuple[float, float]:
    """Return the least and the largest value that a metric can have."""
    if metric == "mean":
        return -np.inf, np.inf
    if metric in CORRELATIONS:
        return -1.0, 1.0
    return (0.0, np.inf) if metric.startswith(ERRORS) else (0.0, 1.0)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where the whole is 0 (a variance that is 0 is up to 1e-16 after rounding).

    Args:
        part: (...,).
        whole: (...,) of the same shape.
    """
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 1e-12)


def mean_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of values (..., K), NaN left out, (...,); NaN where nothing is left."""
    return ratio(np.nansum(values, axis=-1), np.isfinite(values).sum(axis=-1))
