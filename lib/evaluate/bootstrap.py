"""95 % intervals by drawing whole subjects: the bootstrap behind every figure of merit.

**What an interval covers.** Whole groups (subjects; clusters of duplicates where subjects are unknown) are drawn with
replacement, so that many images of one face do not pass for many faces. With two seeds or more, seeds are drawn too,
so the interval also holds the luck of training (from S seeds, (S - 1) / S of its variance). It does not hold another
choice of training subjects. The ends are Hesterberg's expanded percentiles (The American Statistician 69, 2015),
which widen the plain percentiles as Student's t does: with 5 subjects that matters. The interval that takes images
for independent is `groups=np.arange(N)`: far too narrow, and shown for contrast only.

Every figure is a function of sums over rows, so a resample is a weighted sum of per-group sums, never a copy of the
rows: arrays are (S seeds, G groups, D sums), and 2,000 resamples take a matrix product.
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import sparse, stats

RESAMPLES = 2000
CHUNK = 20_000_000  # counts held at a time, 160 MB
Measure = Callable[[np.ndarray], np.ndarray]  # sums (..., D) to figures (..., M)


def aligned(true: np.ndarray, predicted: np.ndarray, groups: Sequence, width: int) -> tuple[np.ndarray, ...]:
    """Return (true, predicted with a seed axis in front, group number of each row).

    Args:
        true: (N, ...).
        predicted: like `true`, or with S seeds in front; `width` axes lie behind the rows.
        groups: (N,).
        width: 0 for labels, 1 for vectors.

    Raises:
        ValueError: rows do not belong together, there are none, or a group is missing.
    """
    predicted = np.asarray(predicted)
    per_seed = predicted[None] if predicted.ndim == 1 + width else predicted
    if not len(true) or per_seed.shape[1 : 1 + true.ndim] != true.shape or len(groups) != len(true):
        raise ValueError(
            f"y_true {true.shape}, y_pred {predicted.shape} and {len(groups)} groups do not belong together; expected "
            "the same rows in all three, at least one, with an optional first axis of seeds in y_pred"
        )
    if pd.isna(np.asarray(groups, dtype=object)).any():
        raise ValueError("a group is missing; expected a subject, or a duplicate cluster where the subject is unknown")
    return true, per_seed, np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]


def sums(rows: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Return the sum of `rows` (S, N, D) over each group, (S, G, D)."""
    indicator = sparse.csr_matrix((np.ones(len(owners)), (owners, np.arange(len(owners)))))
    return np.stack([indicator @ row for row in rows])


def resample(sums: np.ndarray, measure: Measure, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return `measure` of every resample of the groups, (R, S, M), from sums (S, G, D).

    Groups with equal sums are drawn together, which is the same multinomial and makes the naive interval fast.
    """
    seeds, groups, width = sums.shape
    distinct, times = np.unique(sums.swapaxes(0, 1).reshape(groups, -1), axis=0, return_counts=True)
    chunk = max(1, CHUNK // len(distinct))
    drawn = [
        rng.multinomial(groups, times / groups, size=min(chunk, resamples - start)) @ distinct
        for start in range(0, resamples, chunk)
    ]
    return measure(np.concatenate(drawn).reshape(resamples, seeds, width))


def over_seeds(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the mean over seeds drawn with replacement, (R, M) from (R, S, M)."""
    seeds = drawn.shape[1]
    weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=len(drawn)) / seeds
    return np.einsum("rs,rsm->rm", weights, drawn)


def ends(drawn: np.ndarray, groups: int) -> np.ndarray:
    """Return the 95 % ends (2, M) of resamples (R, M): Hesterberg's expanded percentiles; NaN for a single group."""
    if groups < 2:
        return np.full((2, drawn.shape[1]), np.nan)
    tail = stats.norm.cdf(-np.sqrt(groups / (groups - 1)) * stats.t.ppf(0.975, groups - 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an emotion without images is NaN throughout
        return np.nanquantile(drawn, [tail, 1 - tail], axis=0)


def estimate(sums: np.ndarray, measure: Measure, resamples: int, seed: int) -> np.ndarray:
    """Return value, low, high (3, M) of the mean over seeds."""
    rng = np.random.default_rng(seed)
    drawn = over_seeds(resample(sums, measure, resamples, rng), rng)
    return np.vstack([measure(sums.sum(axis=1)).mean(axis=0), ends(drawn, sums.shape[1])])
