"""Metrics of predicted intensities: RMSE, MAE, PCC, CCC, ICC(3,1), and accuracies by the largest output.

Each metric is a function of *named sums over images*, so that a resample, which is a weighted sum of the groups' sums,
costs no pass over the images. With x the label and y the prediction of one of the seven outputs, the sums are
`n` (..., 1), `x`, `y`, `xx`, `yy`, `xy` and `gap` (the sum of |x - y|), each (..., 7), and those that single metrics
need. A bar is a mean over images. Conventions stand in `lib.evaluate`.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from lib.emotions import EMOTIONS
from lib.evaluate import bootstrap
from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.table import Row, mean_defined, ratio, tabulate

NEUTRAL = EMOTIONS.index("neutral")
ARGMAX, WITHOUT_NEUTRAL = "accuracy, argmax of 7", "accuracy, strongest without neutral"
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0)  # paper A, Table 5
ROUNDING = 1e-12  # of the difference of two means of values up to 1, in float64
Sums = Mapping[str, np.ndarray]
Metric = Callable[[Sums], np.ndarray]


def rmse(sums: Sums) -> np.ndarray:
    """Return the root of the mean squared error of each output, (..., 7): sqrt(mean (x - y)^2)."""
    return np.sqrt(np.maximum(_squared_error(sums), 0))


def mae(sums: Sums) -> np.ndarray:
    """Return the mean absolute error of each output, (..., 7): mean |x - y|."""
    return sums["gap"] / sums["n"]


def pcc(sums: Sums) -> np.ndarray:
    """Return Pearson's correlation of each output, (..., 7): cov(x, y) / sqrt(var x var y); NaN for a constant."""
    variance = _variance(sums, "x") * _variance(sums, "y")
    return ratio(_covariance(sums), np.sqrt(np.maximum(variance, 0)))


def ccc(sums: Sums) -> np.ndarray:
    """Return Lin's concordance of each output, (..., 7): 2 cov(x, y) / (var x + var y + (mean x - mean y)^2)."""
    bias = (sums["x"] - sums["y"]) / sums["n"]
    return ratio(2 * _covariance(sums), _variance(sums, "x") + _variance(sums, "y") + bias**2)


def icc(sums: Sums) -> np.ndarray:
    """Return ICC(3,1) of each output, (..., 7), label and network as the two raters (Shrout and Fleiss 1979).

    For two raters (MS_images - MS_error) / (MS_images + MS_error) = 2 cov(x, y) / (var x + var y).
    """
    return ratio(2 * _covariance(sums), _variance(sums, "x") + _variance(sums, "y"))


def rmse_overall(sums: Sums) -> np.ndarray:
    """Return the root of the mean squared error over images and outputs, (...,): sqrt(mean (x - y)^2)."""
    return np.sqrt(_squared_error(sums).mean(-1))


def rmse_labelled(sums: Sums) -> np.ndarray:
    """Return the RMSE of the labelled emotion's output alone, (...,): sqrt(mean (x[label] - y[label])^2)."""
    return np.sqrt(sums["labelled"] / sums["n"])[..., 0]


def error_sd(sums: Sums) -> np.ndarray:
    """Return the standard deviation of all errors, (...,): sqrt(mean (x - y)^2 - (mean (x - y))^2)."""
    bias = ((sums["x"] - sums["y"]) / sums["n"]).mean(-1)
    return np.sqrt(np.maximum(_squared_error(sums).mean(-1) - bias**2, 0))


def accuracy_of_seven(sums: Sums) -> np.ndarray:
    """Return the share of images whose largest output is that of the largest target, (...,): 20 % happy is neutral."""
    return ratio(sums["argmax right"], sums["n"])[..., 0]


def accuracy_without_neutral(sums: Sums) -> np.ndarray:
    """Return the share of images with an emotion whose largest of the six others is the labelled one, (...,)."""
    return ratio(sums["strongest right"], sums["with emotion"])[..., 0]


def rmse_of_levels(sums: Sums) -> np.ndarray:
    """Return the RMSE over all outputs of the images of each of the five levels, (..., 5)."""
    return np.sqrt(ratio(sums["squares at level"], sums["at level"]))


def mean_of_outputs(metric: Metric) -> Metric:
    """Return the metric that averages another one over the outputs where it is defined."""

    def averaged(sums: Sums) -> np.ndarray:
        return mean_defined(metric(sums))

    return averaged


PER_EMOTION: dict[str, Metric] = {"RMSE": rmse, "MAE": mae, "PCC": pcc, "CCC": ccc, "ICC(3,1)": icc}
OVERALL: dict[str, Metric] = {
    "RMSE": rmse_overall,
    "MAE": mean_of_outputs(mae),
    "PCC": mean_of_outputs(pcc),
    "CCC": mean_of_outputs(ccc),
    "ICC(3,1)": mean_of_outputs(icc),
    ARGMAX: accuracy_of_seven,
    WITHOUT_NEUTRAL: accuracy_without_neutral,
    "RMSE, labelled emotion": rmse_labelled,
    "error SD, bias removed": error_sd,
}


def regression(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    groups: Sequence,
    strata: Sequence | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the errors of intensity, over all seven outputs, per emotion and per level, each with its 95 % interval.

    Paper A defines its RMSE only as "the standard deviation of the prediction errors". Three readings are given: "RMSE"
    over images and the seven outputs, "RMSE, labelled emotion", and "error SD, bias removed".

    Args:
        y_true: (N, 7) in [0, 1], from `lib.emotions.intensity_vector`.
        y_pred: (N, 7) or (S, N, 7).
        groups: (N,) as for `classification`.
        strata: (N,) as for `classification`.
        resamples: bootstrap resamples.
        seed: of the bootstrap.

    Returns:
        Rows as `classification` has them; `of` is "all", an emotion (that output over all images), or a level such as
        "40 %" (all outputs over the images whose labelled emotion is nearest to 40 %).

    Raises:
        ValueError: shapes differ, or nothing to evaluate.
    """
    true = np.asarray(y_true, float)
    per_seed = bootstrap.seeds_first(true, np.asarray(y_pred, float), 1)
    units, level = bootstrap.units(groups, strata, len(true)), levels(true)
    terms = [_terms(true, predicted, level) for predicted in per_seed]
    places = _places(terms[0])
    rows = np.stack([np.concatenate(list(one.values()), axis=1) for one in terms])

    def figures(sums: np.ndarray) -> np.ndarray:
        named = {name: sums[..., place] for name, place in places.items()}
        overall = [metric(named)[..., None] for metric in OVERALL.values()]
        each = [metric(named) for metric in PER_EMOTION.values()]
        return np.concatenate([*overall, *each, rmse_of_levels(named)], axis=-1)

    estimate = bootstrap.estimate([bootstrap.group_sums(rows, units)], figures, units, resamples, seed)
    return tabulate(_rows(level), estimate, units)


def levels(y_true: np.ndarray) -> np.ndarray:
    """Return the position in `LEVELS` nearest to each image's emotion, (N,) int64; -1 for purely neutral ones."""
    strength = np.delete(y_true, NEUTRAL, axis=1).max(axis=1)
    return np.where(strength > 0, np.abs(strength[:, None] - LEVELS).argmin(axis=1), -1)


def _rows(level: np.ndarray) -> list[Row]:
    """Return what the figures of `regression` are, in their order, from the level (N,) of each image."""
    every = np.ones(len(level), bool)
    rows = [Row(name, "all", level >= 0 if name == WITHOUT_NEUTRAL else every) for name in OVERALL]
    rows += [Row(name, emotion, every) for name in PER_EMOTION for emotion in EMOTIONS]
    return rows + [Row("RMSE", f"{100 * share:.0f} %", level == k) for k, share in enumerate(LEVELS)]


def _terms(true: np.ndarray, predicted: np.ndarray, level: np.ndarray) -> dict[str, np.ndarray]:
    """Return the named terms (N, k), whose sums the metrics take, of labels and outputs (N, 7) and levels (N,)."""
    with_emotion = level >= 0
    strongest = [np.delete(values, NEUTRAL, axis=1).argmax(axis=1) for values in (true, predicted)]
    at_level = level[:, None] == np.arange(len(LEVELS))  # (N, 5)
    squares = (true - predicted) ** 2
    emotions = np.delete(np.arange(len(EMOTIONS)), NEUTRAL)
    label = np.where(with_emotion, emotions[strongest[0]], NEUTRAL)
    return {
        "x": true,
        "y": predicted,
        "xx": true**2,
        "yy": predicted**2,
        "xy": true * predicted,
        "gap": np.abs(true - predicted),
        "argmax right": (true.argmax(1) == predicted.argmax(1))[:, None],
        "strongest right": ((strongest[0] == strongest[1]) & with_emotion)[:, None],
        "with emotion": with_emotion[:, None],
        "n": np.ones((len(true), 1)),
        "squares at level": squares.mean(axis=1, keepdims=True) * at_level,
        "at level": at_level,
        "labelled": np.take_along_axis(squares, label[:, None], axis=1),
    }


def _places(terms: Mapping[str, np.ndarray]) -> dict[str, slice]:
    """Return where the columns of each term are once all terms stand side by side."""
    ends = np.cumsum([values.shape[1] for values in terms.values()])
    return {name: slice(end - terms[name].shape[1], end) for name, end in zip(terms, ends, strict=True)}


def _squared_error(sums: Sums) -> np.ndarray:
    return (sums["xx"] - 2 * sums["xy"] + sums["yy"]) / sums["n"]


def _variance(sums: Sums, of: str) -> np.ndarray:
    squares = sums[f"{of}{of}"]  # "xx" or "yy"
    return _cleared(squares / sums["n"] - (sums[of] / sums["n"]) ** 2)


def _covariance(sums: Sums) -> np.ndarray:
    return _cleared(sums["xy"] / sums["n"] - sums["x"] * sums["y"] / sums["n"] ** 2)


def _cleared(moments: np.ndarray) -> np.ndarray:
    """Return moments of intensities, 0 where only rounding is left, as for a constant."""
    return np.where(np.abs(moments) < ROUNDING, 0, moments)
