"""Figures of merit with 95 % intervals: classification, intensity, calibration, comparison.

Labels are emotion names; intensities are float (N, 7) in [0, 1] in the order of `EMOTIONS`. A prediction may carry a
first axis of S training seeds, (S, N) or (S, N, 7), and the value is then the mean over seeds. `groups` (N,) names
what is drawn as a whole: a subject, or a cluster of duplicates; `lib.evaluate.bootstrap` says what an interval covers.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics

from lib.emotions import EMOTIONS, index
from lib.evaluate import bootstrap
from lib.evaluate.bootstrap import RESAMPLES

NEUTRAL = EMOTIONS.index("neutral")
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0)  # paper A, Table 5
BINS = 15  # of the calibration error; Guo et al. 2017


# ---------------------------------------------------------------- classification


def classification(
    y_true: Sequence[str],
    y_pred: np.ndarray,
    groups: Sequence,
    emotions: Sequence[str] = EMOTIONS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return accuracy, balanced accuracy, macro-F1 and the recall of each emotion, each with its 95 % interval.

    Args:
        y_true: (N,) emotion names.
        y_pred: (N,) or (S, N) emotion names.
        groups: (N,) what is drawn as a whole; `np.arange(N)` gives the naive interval.
        emotions: the classes, K of them.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        Rows `metric, of, value, low, high, n, clusters, seeds`; `of` is "all" or an emotion, NaN if it has no images.

    Raises:
        ValueError: lengths differ, nothing to evaluate, or an unknown emotion.
    """
    size = len(emotions)
    predicted = index(np.ravel(y_pred), emotions).reshape(np.shape(y_pred))
    true, per_seed, owners = bootstrap.aligned(index(y_true, emotions), predicted, groups, 0)
    cells = (owners * size + true) * size + per_seed  # (S, N): one number per group, true and predicted emotion
    sums = np.stack([np.bincount(row, minlength=(owners.max() + 1) * size**2) for row in cells])
    found = bootstrap.estimate(
        sums.reshape(len(sums), -1, size**2), lambda s: _from_confusion(s, size), resamples, seed
    )
    rows = [(name, "all", np.ones(len(true), bool)) for name in ("accuracy", "balanced accuracy", "macro F1")]
    rows += [("recall", emotion, true == k) for k, emotion in enumerate(emotions)]
    return _table(rows, found, owners, len(sums))


def confusion(y_true: Sequence[str], y_pred: Sequence[str], emotions: Sequence[str] = EMOTIONS) -> np.ndarray:
    """Return counts (K, K) int64, row = true emotion, column = predicted, in the order of `emotions`."""
    return metrics.confusion_matrix(index(y_true, emotions), index(y_pred, emotions), labels=range(len(emotions)))


def names(outputs: np.ndarray, emotions: Sequence[str] = EMOTIONS) -> np.ndarray:
    """Return the emotion of the largest output, (...,) str from (..., K)."""
    return np.asarray(emotions)[np.argmax(outputs, axis=-1)]


def calibration(
    y_true: Sequence[str], probabilities: np.ndarray, groups: Sequence, resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Return the expected calibration error: the mean gap between confidence and accuracy over 15 equal bins.

    Noise only adds to it, so its resamples lie above it: read the interval's upper end.

    Args:
        y_true: (N,) emotion names.
        probabilities: (N, 7) or (S, N, 7), rows sum to 1.
        groups: (N,) as for `classification`.
        resamples: bootstrap resamples.
        seed: of the bootstrap.
    """
    true, per_seed, owners = bootstrap.aligned(index(y_true), probabilities, groups, 1)
    confidence, right = per_seed.max(-1), per_seed.argmax(-1) == true
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)  # (S, N)
    gaps = np.eye(BINS)[bins] * (right - confidence)[..., None]  # (S, N, bins), signed
    sums = bootstrap.sums(np.concatenate([gaps, np.ones((*right.shape, 1))], axis=-1), owners)
    found = bootstrap.estimate(
        sums, lambda s: np.abs(s[..., :-1]).sum(-1, keepdims=True) / s[..., -1:], resamples, seed
    )
    return _table([("expected calibration error", "all", np.ones(len(true), bool))], found, owners, len(per_seed))


# ---------------------------------------------------------------- intensity


def regression(
    y_true: np.ndarray, y_pred: np.ndarray, groups: Sequence, resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Return the errors of intensity, over all seven outputs, per emotion and per level, each with its 95 % interval.

    * RMSE: root of the mean squared error over images *and* the seven outputs (paper A, regression); MAE likewise.
    * PCC, CCC, ICC(3,1) (Shrout and Fleiss 1979; the two raters are label and network): per output; "all" is the mean
      of the seven. PCC is NaN where label or output never changes.
    * "accuracy, argmax of 7": the largest of all seven outputs against the largest target, so 20 % happy is neutral.
    * "accuracy, strongest without neutral": the largest of the six others; purely neutral images are left out.

    Args:
        y_true: (N, 7) in [0, 1], from `lib.emotions.intensity_vector`.
        y_pred: (N, 7) or (S, N, 7).
        groups: (N,) as for `classification`.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        Rows as `classification` has them; `of` is "all", an emotion (that output over all images), or a level such as
        "40 %" (all outputs over the images whose labelled emotion is nearest to 40 %).

    Raises:
        ValueError: shapes differ, or nothing to evaluate.
    """
    true, per_seed, owners = bootstrap.aligned(np.asarray(y_true, float), np.asarray(y_pred, float), groups, 1)
    level = levels(true)
    found = bootstrap.estimate(
        bootstrap.sums(np.stack([_regression_rows(true, p, level) for p in per_seed]), owners),
        _from_moments,
        resamples,
        seed,
    )
    every = np.ones(len(true), bool)
    rows = [(name, "all", every) for name in ("RMSE", "MAE", "PCC", "CCC", "ICC(3,1)", "accuracy, argmax of 7")]
    rows += [("accuracy, strongest without neutral", "all", level >= 0)]
    rows += [(name, emotion, every) for name in ("RMSE", "MAE", "PCC", "CCC", "ICC(3,1)") for emotion in EMOTIONS]
    rows += [("RMSE", f"{share:.0%}".replace("%", " %"), level == k) for k, share in enumerate(LEVELS)]
    return _table(rows, found, owners, len(per_seed))


def levels(y_true: np.ndarray) -> np.ndarray:
    """Return the position in `LEVELS` nearest to each image's emotion, (N,) int64; -1 for purely neutral ones."""
    strength = np.delete(y_true, NEUTRAL, axis=1).max(axis=1)
    return np.where(strength > 0, np.abs(strength[:, None] - LEVELS).argmin(axis=1), -1)


# ---------------------------------------------------------------- comparison


def compare(
    y_true: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    groups: Sequence,
    labels: tuple[str, str] = ("A", "B"),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, object]:
    """Compare two models on the same images: accuracy for names (N,), RMSE for intensities (N, 7).

    The same groups are drawn for both models; seeds are drawn for each model by itself.

    Returns:
        `metric`; `difference` (first - second) with its `low` and `high`; `p` of McNemar's exact test, the largest over
        the seeds paired in order (names only, NaN else; it takes images for independent, so the verdict ignores it);
        `verdict`: "A above B", "B above A" (above is better: a smaller RMSE) or "cannot be ordered".
    """
    intensity = np.ndim(y_true) == 2
    measure = _root_mean if intensity else _mean
    sums = [_losses(y_true, y_pred, groups) for y_pred in (first, second)]
    a, b = (measure(s.sum(axis=1)).mean() for s in sums)
    rng, split = np.random.default_rng(seed), len(sums[0])
    drawn = bootstrap.resample(np.concatenate(sums), measure, resamples, rng)  # (R, Sa + Sb, 1)
    gap = bootstrap.over_seeds(drawn[:, :split], rng) - bootstrap.over_seeds(drawn[:, split:], rng)
    low, high = (float(end) for end in bootstrap.ends(gap, sums[0].shape[1]).ravel())
    pairs = [] if intensity else zip(np.atleast_2d(first), np.atleast_2d(second), strict=False)
    return {
        "metric": "RMSE" if intensity else "accuracy",
        "difference": float(a - b),
        "low": low,
        "high": high,
        "p": max((mcnemar(y_true, one, other) for one, other in pairs), default=np.nan),
        "verdict": _words(-high, -low, labels) if intensity else _words(low, high, labels),
    }


def mean(values: np.ndarray, groups: Sequence, resamples: int = RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Return the mean of values (N,) or (S, N) with its 95 % interval, as a table of one row like the others."""
    true, per_seed, owners = bootstrap.aligned(np.zeros(np.shape(values)[-1]), values, groups, 0)
    sums = bootstrap.sums(np.stack([per_seed, np.ones(per_seed.shape)], axis=-1), owners)
    found = bootstrap.estimate(sums, _mean, resamples, seed)
    return _table([("mean", "all", np.ones(len(true), bool))], found, owners, len(per_seed))


def by(
    table: pd.DataFrame,
    columns: str | Sequence[str],
    value: str = "correct",
    group: str = "group",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the mean of a column for every value of other columns, each with its 95 % interval.

    Args:
        table: one row per image; column `value` is a number or a truth value, column `group` names what is drawn as a
            whole.
        columns: one name or several; rows with the same values there are averaged together, in order of appearance.
        value: column to average.
        group: column of subjects, or of clusters of duplicates.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        One row per combination: `columns`, then `value`, `low`, `high`, `n`, `clusters`.

    Raises:
        ValueError: the table is empty, or a group is missing.
    """
    columns = [columns] if isinstance(columns, str) else list(columns)
    rows = []
    for key, part in table.groupby(columns, sort=False, observed=True, dropna=False):
        found = mean(part[value].to_numpy(float), part[group], resamples, seed)
        rows.append(found[["value", "low", "high", "n", "clusters"]].assign(**dict(zip(columns, key, strict=True))))
    if not rows:
        raise ValueError("the table is empty; expected at least one row")
    return pd.concat(rows, ignore_index=True)[[*columns, "value", "low", "high", "n", "clusters"]]


def leaderboard(
    predicted: Mapping[str, np.ndarray],
    y_true: np.ndarray,
    groups: Sequence,
    base: str,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return one row per model: its accuracy (names) or RMSE (intensities), and its paired difference to `base`.

    Args:
        predicted: predictions by label: emotion names (N,) or (S, N), or intensities (N, 7) or (S, N, 7).
        y_true: emotion names (N,) or intensities (N, 7).
        groups: (N,) what is drawn as a whole.
        base: label of the model that every other one is compared with.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        Columns `label`, `metric`, `value`, `low`, `high`, `n`, `clusters`, `seeds`; and of the comparison with `base`
        `difference` (the label's figure minus that of `base`), `difference low`, `difference high`, `p` and `verdict`,
        empty in the row of `base`. `compare` says what they mean.

    Raises:
        KeyError: no predictions of `base`.
    """
    reference = predicted[base]
    scores = regression if np.ndim(y_true) == 2 else classification
    rows = []
    for label, y_pred in predicted.items():
        row = {"label": label} | scores(y_true, y_pred, groups, resamples=resamples, seed=seed).iloc[0].to_dict()
        if label != base:
            against = compare(y_true, y_pred, reference, groups, (label, base), resamples, seed)
            row |= {"difference": against["difference"], "p": against["p"], "verdict": against["verdict"]}
            row |= {"difference low": against["low"], "difference high": against["high"]}
        rows.append(row)
    order = ["label", "metric", "value", "low", "high", "n", "clusters", "seeds"]
    order += ["difference", "difference low", "difference high", "p", "verdict"]
    return pd.DataFrame(rows).reindex(columns=order)


def mcnemar(y_true: Sequence[str], first: Sequence[str], second: Sequence[str]) -> float:
    """Return the p-value of McNemar's exact test: are the images that only one model gets right split evenly?"""
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


def printed(share: float, n: int) -> tuple[float, float]:
    """Return the Wilson interval of a share printed in a paper; images taken for independent, so it is too narrow."""
    found = stats.binomtest(round(share * n), n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


# ---------------------------------------------------------------- for the record


def origin(*tables: pd.DataFrame) -> str:
    """Return "real", "stand-in" or "mixed", from the column `origin` of every table that a figure rests on."""
    kinds = set().union(*(table["origin"] for table in tables))
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _table(rows: list[tuple[str, str, np.ndarray]], found: np.ndarray, owners: np.ndarray, seeds: int) -> pd.DataFrame:
    table = pd.DataFrame([row[:2] for row in rows], columns=["metric", "of"])
    table[["value", "low", "high"]] = np.where(np.isnan(found[0]), np.nan, found).T  # no figure, no interval
    table["n"] = [int(mask.sum()) for *_, mask in rows]
    table["clusters"] = [len(np.unique(owners[mask])) for *_, mask in rows]
    return table.assign(seeds=seeds)


def _words(low: float, high: float, labels: tuple[str, str]) -> str:
    if low > 0:
        return f"{labels[0]} above {labels[1]}"
    return f"{labels[1]} above {labels[0]}" if high < 0 else "cannot be ordered"


# ---------------------------------------------------------------- figures from sums


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where the whole is 0 (a variance that is 0 is up to 1e-16 after rounding)."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 1e-12)


def _from_confusion(cells: np.ndarray, size: int) -> np.ndarray:
    """Return accuracy, balanced accuracy, macro F1, recalls (..., 3 + K) from confusion matrices (..., K * K)."""
    matrix = cells.reshape(*cells.shape[:-1], size, size).astype(float)
    hits, true, predicted = np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(-1), matrix.sum(-2)
    recall, f1 = _share(hits, true), _share(2 * hits, true + predicted)
    whole = [_share(hits.sum(-1), true.sum(-1)), _mean_known(recall), _mean_known(f1)]
    return np.concatenate([np.stack(whole, axis=-1), recall], axis=-1)


def _mean_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis without NaN: classes that do not occur, as scikit-learn leaves them out."""
    return _share(np.nansum(values, axis=-1), np.isfinite(values).sum(axis=-1))


def _regression_rows(true: np.ndarray, predicted: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return what `_from_moments` needs of every row, (N, 6 * 7 + 4 + 2 * 5)."""
    gap, with_emotion = true - predicted, level >= 0
    others = [np.delete(values, NEUTRAL, axis=1).argmax(axis=1) for values in (true, predicted)]
    hits = [
        true.argmax(1) == predicted.argmax(1),
        (others[0] == others[1]) & with_emotion,
        with_emotion,
        np.ones(len(true), bool),
    ]
    at_level = level[:, None] == np.arange(len(LEVELS))
    squares = (gap**2).mean(axis=1, keepdims=True)
    moments = [true, predicted, true**2, predicted**2, true * predicted, np.abs(gap)]
    return np.concatenate([*moments, np.stack(hits, axis=1), squares * at_level, at_level], axis=1)


def _from_moments(sums: np.ndarray) -> np.ndarray:
    """Return the figures of `regression`, in its order, (..., 47) from sums of `_regression_rows`."""
    x, y, xx, yy, xy, gap = np.split(sums[..., :42], 6, axis=-1)
    right, strongest, with_emotion, n = np.split(sums[..., 42:46], 4, axis=-1)
    squares, at_level = np.split(sums[..., 46:], 2, axis=-1)
    variance_x, variance_y = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
    covariance = xy / n - x * y / n**2
    mse, mae = (xx - 2 * xy + yy) / n, gap / n
    pcc = _share(covariance, np.sqrt(np.maximum(variance_x * variance_y, 0)))
    ccc = _share(2 * covariance, variance_x + variance_y + ((x - y) / n) ** 2)
    icc = _share(2 * covariance, variance_x + variance_y)  # ICC(3,1) of two raters
    whole = [np.sqrt(mse.mean(-1)), mae.mean(-1), _mean_known(pcc), _mean_known(ccc), _mean_known(icc)]
    shares = [_share(right, n), _share(strongest, with_emotion)]
    each = [np.sqrt(np.maximum(mse, 0)), mae, pcc, ccc, icc, np.sqrt(_share(squares, at_level))]
    return np.concatenate([np.stack(whole, axis=-1), *shares, *each], axis=-1)


def _losses(y_true: np.ndarray, y_pred: np.ndarray, groups: Sequence) -> np.ndarray:
    """Return hits (names) or squared errors (intensities), and rows, summed over groups: (S, G, 2)."""
    true = np.asarray(y_true)
    true, per_seed, owners = bootstrap.aligned(true, y_pred, groups, true.ndim - 1)
    values = per_seed == true if true.ndim == 1 else ((per_seed - true) ** 2).mean(axis=-1)
    return bootstrap.sums(np.stack([values.astype(float), np.ones(values.shape)], axis=-1), owners)


def _mean(sums: np.ndarray) -> np.ndarray:
    return sums[..., :1] / sums[..., 1:]


def _root_mean(sums: np.ndarray) -> np.ndarray:
    return np.sqrt(_mean(sums))
