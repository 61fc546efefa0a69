"""Means by columns, models beside a base, and whether two figures can be put in order."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from lib.evaluate import bootstrap
from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.intensity_metrics import regression
from lib.evaluate.label_metrics import classification
from lib.evaluate.table import Row, tabulate, with_wilson

LEVEL = 0.05  # of every test


def mean(values: np.ndarray, groups: Sequence, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Return the mean of values with its 95 % interval, as a table of one row like the others.

    Where every value is 1, or every truth value is false, there is no spread to draw from: the interval is then
    Wilson's of a share, each group counted once.

    Args:
        values: (N,) or (S, N) numbers or truth values.
        groups: (N,) what is drawn as a whole.
        resamples: bootstrap resamples.
    """
    values = np.asarray(values)
    rows = values.shape[-1]
    per_seed = bootstrap.seeds_first(np.zeros(rows), values.astype(float), 0)
    units = bootstrap.units(groups, None, rows)
    estimate = bootstrap.estimate([_with_ones(per_seed, units)], _mean, units, resamples)
    table = tabulate([Row("mean", "all", np.ones(rows, bool))], estimate, units)
    if (values == 1).all() or (values.dtype == bool and not values.any()):
        table = with_wilson(table, np.array([True]))
    if ((values >= 0) & (values <= 1)).all():  # the seeds' part could lead a share out of its range
        table[["low", "high"]] = table[["low", "high"]].clip(0, 1)
    return table


def by(table: pd.DataFrame, columns: str | Sequence[str], value: str = "correct", group: str = "group") -> pd.DataFrame:
    """Return the mean of a column for every value of other columns, each with its 95 % interval.

    Args:
        table: one row per image; column `value` is a number or a truth value, column `group` names what is drawn as a
            whole.
        columns: one name or several; rows with the same values there are averaged together, in order of appearance.
        value: column to average.
        group: column of subjects, or of clusters of duplicates.

    Returns:
        One row per combination: `columns`, then `value`, `low`, `high`, `n`, `clusters`.

    Raises:
        ValueError: the table is empty, or a group is missing.
    """
    columns = [columns] if isinstance(columns, str) else list(columns)
    rows = []
    for key, part in table.groupby(columns, sort=False, observed=True, dropna=False):
        average = mean(part[value].to_numpy(bool if part[value].dtype == bool else float), part[group])
        rows.append(average[["value", "low", "high", "n", "clusters"]].assign(**dict(zip(columns, key, strict=True))))
    if not rows:
        raise ValueError("the table is empty; expected at least one row")
    return pd.concat(rows, ignore_index=True)[[*columns, "value", "low", "high", "n", "clusters"]]


def compare(
    y_true: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    groups: Sequence,
    labels: tuple[str, str] = ("A", "B"),
    strata: Sequence | None = None,
    resamples: int = RESAMPLES,
) -> dict[str, object]:
    """Compare two models on the same images: accuracy for names, RMSE for intensities.

    The same groups are drawn for both models. Seeds of the two models are independent runs.

    Args:
        y_true: emotion names (N,) or intensities (N, 7).
        first: predictions like `y_true`, or with S seeds in front.
        second: predictions of the other model; its number of seeds may differ.
        groups: (N,) what is drawn as a whole.
        labels: names of the two models for the verdict.
        strata: (N,) data sets whose shares are fixed by design, None for one.
        resamples: bootstrap resamples.

    Returns:
        `metric`; `difference` (first - second) with its `low` and `high`; `p`, of a paired t-test that takes groups and
        seeds into account; `verdict`, from the interval: "A above B", "B above A" (above is better: a smaller RMSE) or
        "cannot be ordered".
    """
    true, intensity = np.asarray(y_true), np.ndim(y_true) == 2
    units = bootstrap.units(groups, strata, len(true))
    parts = [_with_ones(_losses(true, y_pred), units) for y_pred in (first, second)]
    estimate = bootstrap.estimate(parts, _root_mean if intensity else _mean, units, resamples)
    row = {"metric": "RMSE" if intensity else "accuracy"} | _difference(estimate, 1.0)
    low, high = row["low"], row["high"]
    return row | {"verdict": _words(-high, -low, labels) if intensity else _words(low, high, labels)}


def gap(values: np.ndarray, inside: np.ndarray, groups: Sequence, minus: np.ndarray | None = None) -> dict[str, float]:
    """Return the mean of the values inside minus that outside, for instance near duplicates against other images.

    Groups are drawn whole, inside and outside each by itself (one on both sides is drawn where its first image is), and
    the smaller side gives the degrees of freedom. With `minus` the gap of a second model on the same images is taken
    off: the difference in differences, what the first model gains inside beyond what makes these images easy.

    Args:
        values: (N,) or (S, N) numbers in [0, 1], such as whether a prediction is right.
        inside: (N,) bool.
        groups: (N,) what is drawn as a whole.
        minus: the second model's values.

    Returns:
        `difference`, `low`, `high`, `p`; NaN for the last three where a side has a single group.
    """
    inside = np.asarray(inside)
    units = bootstrap.units(groups, inside, len(inside))
    free = min(len(np.unique(units.owner[side])) for side in (inside, ~inside)) - 1
    models = [values] if minus is None else [values, minus]
    parts = []
    for one in models:
        per_seed = bootstrap.seeds_first(np.zeros(len(inside)), one, 0).astype(float)
        sides = [_terms_of_mean(per_seed * side, side) for side in (inside, ~inside)]
        parts.append(bootstrap.group_sums(np.concatenate(sides, axis=-1), units))
    return _difference(bootstrap.estimate(parts, _mean_gap, units, free=free), float(len(models)))


def apart(
    first: tuple[np.ndarray, Sequence, Sequence], second: tuple[np.ndarray, Sequence, Sequence]
) -> dict[str, float]:
    """Return the mean of one model on its images minus that of another on images that need not be the same.

    A person, or cluster, of both sets of images is drawn for both at once, so what their images share cancels.

    Args:
        first: values (N,) or (S, N) in [0, 1], such as whether a prediction is right; (N,) what is drawn as a whole;
            and (N,) data sets whose shares are fixed by design.
        second: likewise of the other model, (M,).

    Returns:
        `value`, `low`, `high`, `p` and `clusters`.
    """
    owners, sets = (np.concatenate([first[k], second[k]]) for k in (1, 2))
    units = bootstrap.units(owners, sets, len(owners))
    here = np.arange(len(owners)) < len(first[1])
    parts = []
    for (values, *_), side in ((first, here), (second, ~here)):
        values = np.atleast_2d(np.asarray(values, dtype=float))
        padded = np.zeros((len(values), len(owners)))
        padded[:, side] = values
        parts.append(bootstrap.group_sums(_terms_of_mean(padded, side), units))
    row = _difference(bootstrap.estimate(parts, _mean, units), 1.0)
    return {"value": row.pop("difference")} | row | {"clusters": len(np.unique(owners))}


def scores(
    predicted: Mapping[str, np.ndarray], y_true: np.ndarray, groups: Sequence, strata: Sequence | None = None
) -> pd.DataFrame:
    """Return every metric of every model: the tables of `classification` (names) or `regression`, `label` in front.

    Args:
        predicted: predictions by label, as for `leaderboard`.
        y_true: emotion names (N,) or intensities (N, 7).
        groups: (N,) what is drawn as a whole.
        strata: (N,) data sets whose shares are fixed by design, None for one.
    """
    measure = regression if np.ndim(y_true) == 2 else classification
    tables = []
    for label, y_pred in predicted.items():
        table = measure(y_true, y_pred, groups, strata=strata)
        table.insert(0, "label", label)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def leaderboard(
    predicted: Mapping[str, np.ndarray],
    y_true: np.ndarray,
    groups: Sequence,
    base: str,
    primary: str = "",
    strata: Sequence | None = None,
) -> pd.DataFrame:
    """Return one row per model: its accuracy (names) or RMSE (intensities), and its paired difference to `base`.

    Many comparisons give false orderings by chance alone. So one comparison may be named before the data are seen, the
    primary one, and is judged at 5 %; the p-values of all others are corrected together (Holm 1979).

    Args:
        predicted: predictions by label: emotion names (N,) or (S, N), or intensities (N, 7) or (S, N, 7).
        y_true: emotion names (N,) or intensities (N, 7).
        groups: (N,) what is drawn as a whole.
        base: label of the model that every other one is compared with.
        primary: label of the model whose comparison with `base` is not corrected; "" for none.
        strata: (N,) data sets whose shares are fixed by design, None for one.

    Returns:
        Columns `label`, `metric`, `value`, `low`, `high`, `n`, `clusters`, `seeds`, `per_seed`; and of the comparison
        with `base`, empty in its own row: `difference` (the label's figure minus that of `base`), `difference low`,
        `difference high` (95 %, for this comparison alone), `p`, `p Holm` (corrected), and `verdict`, which orders two
        models only if the interval excludes 0 and the corrected p is below .05.

    Raises:
        KeyError: no predictions of `base`, or of a `primary` that is named.
    """
    table = scores(predicted, y_true, groups, strata).drop_duplicates("label", ignore_index=True)
    beside = against(predicted, y_true, groups, base, primary, strata)
    return table.drop(columns="of").merge(beside, how="left", left_on="label", right_index=True)


def against(
    predicted: Mapping[str, np.ndarray],
    y_true: np.ndarray,
    groups: Sequence,
    base: str,
    primary: str = "",
    strata: Sequence | None = None,
) -> pd.DataFrame:
    """Return how every other model stands against `base`, its p-values corrected but for that of `primary`.

    Args:
        predicted: predictions by label, emotion names (N,) or (S, N), or intensities (N, 7) or (S, N, 7).
        y_true: emotion names (N,) or intensities (N, 7).
        groups: (N,) what is drawn as a whole.
        base: label of the model that every other one is compared with.
        primary: label of the comparison that was named beforehand, "" for none.
        strata: (N,) data sets whose shares are fixed by design, None for one.

    Returns:
        Index: the labels without `base`; columns `difference`, `difference low`, `difference high`, `p`, `p Holm` and
        `verdict` of `leaderboard`.

    Raises:
        KeyError: no predictions of `base`, or of a `primary` that is named.
    """
    unknown = [label for label in (base, primary) if label and label not in predicted]
    if unknown:
        raise KeyError(f"no predictions of {unknown}; there are those of {', '.join(predicted)}")
    pairs = {}
    for label, y_pred in predicted.items():
        if label != base:
            pairs[label] = compare(y_true, y_pred, predicted[base], groups, (label, base), strata)
    names = {"low": "difference low", "high": "difference high"}
    columns = ["difference", *names.values(), "p", "p Holm", "verdict"]
    table = pd.DataFrame.from_dict(pairs, orient="index").rename(columns=names).reindex(columns=columns)
    corrected = table.index != primary
    table["p Holm"] = np.where(corrected, holm(table["p"].where(corrected)), table["p"])
    table["verdict"] = table["verdict"].astype(object).mask(table["p Holm"] >= LEVEL, "cannot be ordered")
    return table


def holm(p: Sequence[float]) -> np.ndarray:
    """Return p-values (M,) corrected for their number (Holm 1979): p[k] (M - k), ascending and at most 1; NaN stays."""
    p = np.asarray(p, dtype=float)
    ascending = np.argsort(p)[: np.isfinite(p).sum()]  # NaN is sorted last
    corrected = np.full(len(p), np.nan)
    factors = np.arange(len(ascending), 0, -1)
    corrected[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1)
    return corrected


def mcnemar(y_true: Sequence[str], first: Sequence[str], second: Sequence[str]) -> float:
    """Return the p-value of McNemar's exact test: are the images that only one model gets right split evenly?

    All are N emotion names. Images are taken for independent, so with several images of a person it is too small;
    `compare` judges by its own.
    """
    right = np.asarray(first) == np.asarray(y_true), np.asarray(second) == np.asarray(y_true)
    only_first, only_second = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(stats.binomtest(only_first, only_first + only_second).pvalue)


def order(first: tuple[float, float], second: tuple[float, float], labels: tuple[str, str]) -> str:
    """Put two 95 % intervals (low, high) in order, larger above, for figures from different images.

    Overlap means "cannot be ordered": stricter than a test at 5 %, and all that a printed figure allows.
    """
    return _words(first[0] - second[1], first[1] - second[0], labels)


def _difference(estimate: bootstrap.Estimate, most: float) -> dict[str, float]:
    """Return a difference that is `most` at most, its interval inside that range, and its p-value."""
    ends = {"low": np.maximum(estimate.low, -most), "high": np.minimum(estimate.high, most)}
    row = {"difference": estimate.value} | ends | {"p": bootstrap.p_value(estimate)}
    return {name: value.item() for name, value in row.items()}


def _words(low: float, high: float, labels: tuple[str, str]) -> str:
    if low > 0:
        return f"{labels[0]} above {labels[1]}"
    return f"{labels[1]} above {labels[0]}" if high < 0 else "cannot be ordered"


def _losses(true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return hits (names) or squared errors (intensities) of each image, float (S, N)."""
    per_seed = bootstrap.seeds_first(true, y_pred, true.ndim - 1)
    return (per_seed == true).astype(float) if true.ndim == 1 else ((per_seed - true) ** 2).mean(axis=-1)


def _with_ones(values: np.ndarray, units: bootstrap.Units) -> np.ndarray:
    """Return sums over groups (S, G, 2) of values (S, N) and of their number."""
    return bootstrap.group_sums(_terms_of_mean(values, np.ones(values.shape[1])), units)


def _terms_of_mean(values: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Return values (S, N) and the ones (N,) that count them, (S, N, 2)."""
    return np.stack([values, np.broadcast_to(ones, values.shape)], axis=-1)


def _mean(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # a resample may leave the images of one model out
        return sums[..., :1] / sums[..., 1:]


def _root_mean(sums: np.ndarray) -> np.ndarray:
    return np.sqrt(_mean(sums))


def _mean_gap(sums: np.ndarray) -> np.ndarray:
    """Return mean inside minus mean outside, from sum and number of both sides (..., 4)."""
    with np.errstate(invalid="ignore"):  # a resample may leave one side empty
        return sums[..., 0:1] / sums[..., 1:2] - sums[..., 2:3] / sums[..., 3:4]
