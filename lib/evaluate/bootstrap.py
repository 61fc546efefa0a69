"""95 % intervals by drawing whole subjects: the bootstrap behind every figure of merit.

**What is drawn.** Whole groups (subjects; clusters of duplicates where subjects are unknown) are drawn with
replacement, so that many images of one face do not pass for many faces. Where images come in strata (data sets, whose
shares are fixed by design), groups are drawn within their stratum. The interval that takes images for independent is
`groups=np.arange(N)`: far too narrow, and shown for contrast only.

**Few subjects.** The ends are Hesterberg's expanded percentiles (The American Statistician 69, 2015), which widen the
plain percentiles as Student's t does. Of few subjects the percentiles hold too little (of 400 studies of 3 people .82
for .95, of 5 people .92): below nine degrees of freedom (subjects less strata) the ends are Student's own, the value
and t standard deviations.

**Few training seeds.** Drawing from three seeds would give two thirds of their variance and no t at all. So the seeds'
part of the variance is the textbook one of groups crossed with seeds,

    V_seeds = max(0, variance of the S values / S - V_both),

where V_both is what the same images under another seed add, which the groups' part holds already. Each part gets its
own t, and an end lies at the root of the sum of their squared distances from the value (Zou and Donner, Statistics in
Medicine 27, 2008). With one seed nothing is known about the luck of training, and the interval does not hold it; no
interval holds another choice of training subjects.

Every figure is a function of sums over rows, so a resample is a weighted sum of per-group sums, never a copy of the
rows: arrays are (S seeds, G groups, D sums), and 2,000 resamples take a matrix product.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, stats

RESAMPLES = 2000
CHUNK = 20_000_000  # counts held at a time, 160 MB
LEVEL = 0.975  # upper end of a 95 % interval
FEW = 9  # ours: degrees of freedom below which an interval is symmetric
Measure = Callable[[np.ndarray], np.ndarray]  # sums (..., D) to M figures (..., M)


@dataclass(frozen=True)
class Estimate:
    """M figures, each the mean over seeds, with 95 % intervals.

    Attributes:
        value: (M,).
        low: (M,) lower ends, NaN where there is one group.
        high: (M,) upper ends.
        per_seed: (S, M) the figure of each seed; for a difference those of its first part.
        variances: (2, M) of the value: the groups' part and the seeds'.
        degrees: (2, M) their degrees of freedom.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    per_seed: np.ndarray
    variances: np.ndarray
    degrees: np.ndarray


@dataclass(frozen=True)
class Units:
    """What is drawn as a whole.

    Attributes:
        owner: (N,) int64, the group of each row.
        stratum: (G,) int64, the stratum of each group.
    """

    owner: np.ndarray
    stratum: np.ndarray


def seeds_first(y_true: np.ndarray, y_pred: np.ndarray, target_ndim: int) -> np.ndarray:
    """Return predictions with an axis of seeds in front, (S, N, ...).

    Args:
        y_true: (N, ...).
        y_pred: like `y_true`, or with S seeds in front.
        target_ndim: axes behind the rows of `y_pred`: 0 for labels, 1 for vectors.

    Raises:
        ValueError: rows do not belong together, or there are none.
    """
    y_pred = np.asarray(y_pred)
    per_seed = y_pred[None] if y_pred.ndim == 1 + target_ndim else y_pred
    if not len(y_true) or per_seed.shape[1 : 1 + y_true.ndim] != y_true.shape:
        raise ValueError(
            f"y_true {y_true.shape} and y_pred {y_pred.shape} do not belong together; expected the same rows in both, "
            "at least one, with an optional first axis of seeds in y_pred"
        )
    return per_seed


def units(groups: Sequence, strata: Sequence | None, rows: int) -> Units:
    """Return the group of each of N rows, and the stratum of each group.

    A group that lies in two strata counts for that of its first row. Strata with a single group are drawn together.

    Args:
        groups: (N,) names.
        strata: (N,) names, None for a single stratum.
        rows: N.

    Raises:
        ValueError: a wrong number of rows, or a group is missing.
    """
    if len(groups) != rows or (strata is not None and len(strata) != rows):
        raise ValueError(f"groups or strata do not belong together with {rows} rows; expected one of each per row")
    if pd.isna(np.asarray(groups, dtype=object)).any():
        raise ValueError("a group is missing; expected a subject, or a duplicate cluster where the subject is unknown")
    _, first, owner = np.unique(np.asarray(groups).astype(str), return_index=True, return_inverse=True)
    if strata is None:
        return Units(owner, np.zeros(len(first), dtype=np.int64))
    stratum = np.unique(np.asarray(strata).astype(str)[first], return_inverse=True)[1]
    alone = np.bincount(stratum)[stratum] == 1
    return Units(owner, np.unique(np.where(alone, -1, stratum), return_inverse=True)[1])


def group_sums(rows: np.ndarray, drawn_whole: Units) -> np.ndarray:
    """Return the sum of rows over each group, (S, G, D).

    Args:
        rows: (S, N, D).
        drawn_whole: from `units`.
    """
    owner = drawn_whole.owner
    indicator = sparse.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    return np.stack([indicator @ row for row in rows])


def resample(sums: np.ndarray, stratum: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return the sums (R, S, D) of R resamples of the groups within their strata.

    Groups with equal sums are drawn together, which is the same multinomial and makes the naive interval fast.

    Args:
        sums: (S, G, D), from `group_sums`.
        stratum: (G,) of each group.
        resamples: R.
        rng: random numbers.
    """
    seeds, _, width = sums.shape
    total = np.zeros((resamples, seeds * width))
    for number in np.unique(stratum):
        rows = sums[:, stratum == number].swapaxes(0, 1).reshape(np.sum(stratum == number), -1)
        distinct, times = np.unique(rows.astype(float), axis=0, return_counts=True)
        chunk = max(1, CHUNK // len(distinct))
        for start in range(0, resamples, chunk):
            here = slice(start, min(start + chunk, resamples))
            counts = rng.multinomial(len(rows), times / len(rows), size=here.stop - start)
            total[here] += counts @ distinct
    return total.reshape(resamples, seeds, width)


def estimate(
    parts: Sequence[np.ndarray],
    measure: Measure,
    drawn_whole: Units,
    resamples: int = RESAMPLES,
    seed: int = 0,
    free: int | None = None,
) -> Estimate:
    """Return the mean over seeds of M figures of one part, or of one model's part minus another's, with intervals.

    The same groups are drawn for both parts; seeds of different parts are independent.

    Args:
        parts: one or two, each (S, G, D) from `group_sums`, over the same groups; the numbers of seeds may differ.
        measure: from sums to figures.
        drawn_whole: from `units`.
        resamples: R.
        seed: of the draws.
        free: degrees of freedom of the groups; None for groups less strata.
    """
    stratum, rng = drawn_whole.stratum, np.random.default_rng(seed)
    per_seed = [measure(part.sum(axis=1)) for part in parts]  # each (S, M)
    drawn = measure(resample(np.concatenate(parts), stratum, resamples, rng))  # (R, S of all parts, M)
    drawn = np.split(drawn, np.cumsum([len(part) for part in parts])[:-1], axis=1)
    value = sum(sign * values.mean(axis=0) for sign, values in zip((1, -1), per_seed, strict=False))
    means = sum(sign * values.mean(axis=1) for sign, values in zip((1, -1), drawn, strict=False))  # (R, M)
    strata = len(np.unique(stratum))
    free, lost = (len(stratum) - strata, strata) if free is None else (free, 1)
    small = (free + lost) / max(free, 1)
    of_seeds = np.stack([_seed_variance(*pair) for pair in zip(per_seed, drawn, strict=True)])  # (parts, M)
    variances = np.stack([small * _quietly(np.nanvar, means), of_seeds.sum(axis=0)])
    degrees = np.stack([np.full(len(value), free), _pooled([len(part) - 1 for part in parts], of_seeds)])
    low, high = _ends(value, means, small, variances, degrees)
    return Estimate(value, low, high, per_seed[0], variances, degrees)


def p_value(estimate: Estimate) -> np.ndarray:
    """Return the two-sided p-value of "the figure is 0", (M,): the share that an interval just reaching 0 leaves out.

    It takes both parts' t for symmetric, so near .05 it may differ a little from the interval.
    """
    low, high = np.zeros(len(estimate.value)), np.ones(len(estimate.value))
    for _ in range(30):  # halving, to 1e-9: the distance of an end falls as p grows
        middle = (low + high) / 2
        distance = np.sqrt((stats.t.isf(middle / 2, estimate.degrees) ** 2 * estimate.variances).sum(axis=0))
        further = distance >= np.abs(estimate.value)  # equal where both are 0: two equal networks, p is 1
        low, high = np.where(further, middle, low), np.where(further, high, middle)
    return np.where(np.isnan(estimate.low), np.nan, high)


def _seed_variance(per_seed: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return what seeds add to the variance of their mean, (M,), beyond what the groups' variance already holds.

    The figure of each seed is (S, M) as measured and (R, S, M) in the resamples.
    """
    seeds = len(per_seed)
    if seeds == 1:
        return np.zeros(per_seed.shape[1])
    of_seeds = per_seed.var(axis=0, ddof=1) / seeds
    by_seed = np.swapaxes(drawn, 0, 1)  # a resample may lack a rare emotion: NaN in every seed
    apart = np.swapaxes(by_seed - _quietly(np.nanmean, by_seed), 0, 1)
    both = _quietly(np.nanvar, apart).sum(axis=0) / (seeds * (seeds - 1))
    return np.maximum(np.nan_to_num(of_seeds - both), 0)


def _pooled(degrees: Sequence[int], variances: np.ndarray) -> np.ndarray:
    """Return the degrees of freedom (M,) of a sum of variances (parts, M): Satterthwaite 1946; 1 where the sum is 0."""
    spread = (variances**2 / np.maximum(degrees, 1)[:, None]).sum(axis=0)
    return np.divide(variances.sum(axis=0) ** 2, spread, out=np.ones_like(spread), where=spread > 0)


def _ends(
    value: np.ndarray, means: np.ndarray, small: float, variances: np.ndarray, degrees: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high, each (M,): expanded percentiles of the groups, moved out by the part of the seeds.

    Both hold the value. `means` (R, M) is the value in every resample, `small` groups over their degrees of freedom,
    `variances` (2, M) and `degrees` (2, M) those of groups and seeds.
    """
    free, (of_groups, of_seeds) = degrees[0, 0], variances
    if free < 1:
        return np.full_like(value, np.nan), np.full_like(value, np.nan)
    tail = stats.norm.cdf(-np.sqrt(small) * stats.t.ppf(LEVEL, free))
    low, high = _quietly(np.nanquantile, means, [tail, 1 - tail])
    added = of_seeds * stats.t.ppf(LEVEL, degrees[1]) ** 2
    if free < FEW:
        reach = stats.t.ppf(LEVEL, free) * np.sqrt(of_groups)
        low, high = value - reach, value + reach
    low, high = np.minimum(low, value), np.maximum(high, value)  # rounding, or a skewed figure, can put an end beyond
    below, above = value - low, high - value
    return low - (np.sqrt(below**2 + added) - below), high + (np.sqrt(above**2 + added) - above)


def _quietly(function: Callable[..., np.ndarray], values: np.ndarray, *arguments: object) -> np.ndarray:
    """Return a NumPy function over the first axis; an emotion without images is NaN throughout, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(values, *arguments, axis=0)
