"""Whether a map can be trusted: against the region that moved, and against networks whose weights are random."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import pandas as pd
from scipy import stats

from lib import evaluate, models, progress, records
from lib.emotions import EMOTIONS
from lib.evaluate.table import with_wilson
from lib.explanations.maps import EDGES, GRAD_CAM, OCCLUSION, STAGES, Map, edges, randomised
from lib.explanations.photographs import Pairs

RANDOM = ", random weights"
PEAK, MASS = "peak on the region", "share of the map in the region"
COMPARED = (  # the first is the question that was asked in advance
    (OCCLUSION, GRAD_CAM),
    (OCCLUSION, EDGES),
    (GRAD_CAM, EDGES),
    (OCCLUSION, OCCLUSION + RANDOM),
    (GRAD_CAM, GRAD_CAM + RANDOM),
)
TRAINED, ALL = "trained", STAGES["stem"]
PROTOCOL = "six emotions of rendered people, people drawn"


def classes(pairs: Pairs) -> np.ndarray:
    """Return the index of each shown emotion, int (N,)."""
    return np.array([EMOTIONS.index(emotion) for emotion in pairs.table["emotion"]])


def put_back(model: keras.Model, pairs: Pairs) -> pd.DataFrame:
    """Return the probability of the shown emotion when parts of a crop are exchanged for those of the resting one.

    Returns:
        Rows `person`, `emotion`, `picture`, `probability`.
    """
    region = pairs.region[..., None]
    pictures = {
        "the expression": pairs.shown,
        "its region at rest": np.where(region, pairs.resting, pairs.shown),
        "all but its region at rest": np.where(region, pairs.shown, pairs.resting),
        "all at rest": pairs.resting,
    }
    rows, k = np.arange(len(pairs.table)), classes(pairs)
    tables = []
    for name, crops in pictures.items():
        tables.append(pairs.table.assign(picture=name, probability=models.predict(model, crops)[rows, k]))
    return pd.concat(tables, ignore_index=True)


def as_measured(maps: Mapping[str, Mapping[str, np.ndarray]], pairs: Pairs) -> dict[str, np.ndarray]:
    """Return the maps of the trained network, of the wholly random one, and of none, float (N, H, W) by name.

    Args:
        maps: by method and step, from `cascade`.
        pairs: whose expressions are explained.
    """
    trained = {name: by_step[TRAINED] for name, by_step in maps.items()}
    random = {name + RANDOM: by_step[ALL] for name, by_step in maps.items()}
    return trained | random | {EDGES: edges(pairs.shown)}


def measure(maps: Mapping[str, np.ndarray], pairs: Pairs) -> pd.DataFrame:
    """Return how each map lies to the region that moved: rows `person`, `emotion`, `map`, `metric`, `value`.

    Only positive values count, and a map without any counts as an even one. Where several pixels are the brightest, the
    share of them on the region is taken: a square of occlusion leaves a patch of equal values.

    Args:
        maps: float (N, H, W) by name.
        pairs: N, with the region.
    """
    tables, images = [], len(pairs.table)
    region = pairs.region.reshape(images, -1)
    for name, values in maps.items():
        positive = np.maximum(values.reshape(images, -1), 0)
        positive[~positive.any(axis=1)] = 1
        brightest = positive == positive.max(axis=1, keepdims=True)
        for metric, weight in {PEAK: brightest, MASS: positive}.items():
            inside = (weight * region).sum(axis=1) / weight.sum(axis=1)
            tables.append(pairs.table.assign(map=name, metric=metric, value=inside))
    return pd.concat(tables, ignore_index=True)


def summarised(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each `metric` and `map` over all emotions, and of each emotion, with intervals over people."""
    whole = evaluate.by(measured, ["metric", "map"], "value", "person").assign(emotion="all")
    apart = measured[~measured["map"].str.endswith(RANDOM)]
    each = evaluate.by(apart, ["metric", "map", "emotion"], "value", "person")
    table = pd.concat([whole, each], ignore_index=True)
    return with_wilson(table, table["value"].isin([0, 1]).to_numpy())  # both metrics are shares


def compared(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the mean difference of pairs of maps on the same pictures, people drawn, with a verdict each.

    Args:
        measured: from `measure`.

    Returns:
        Rows `metric`, `first`, `second`, `value` (first minus second), `low`, `high`, `n`, `clusters`, `verdict`.
    """
    tables = []
    for metric, rows in measured.groupby("metric", sort=False):
        wide = rows.pivot_table(index=["person", "emotion"], columns="map", values="value").reset_index()
        for first, second in COMPARED:
            row = evaluate.mean((wide[first] - wide[second]).to_numpy(), wide["person"])
            interval = tuple(row.loc[0, ["low", "high"]])
            verdict = evaluate.order(interval, (0, 0), (first, second))
            tables.append(row.assign(metric=metric, first=first, second=second, verdict=verdict))
    columns = ["metric", "first", "second", "value", "low", "high", "n", "clusters", "verdict"]
    return pd.concat(tables, ignore_index=True)[columns]


def in_words(differences: pd.DataFrame) -> str:
    """Return a line per comparison of the peaks, as a list in Markdown; `differences` from `compared`."""
    rows = differences[differences["metric"] == PEAK].itertuples()
    return "".join(
        f"* Peak on the region, {row.first} minus {row.second}: {row.value:+.2f} [{row.low:+.2f}, {row.high:+.2f}]:"
        f" {row.verdict}.\n"
        for row in rows
    )


def cascade(
    model: keras.Model, pairs: Pairs, methods: Mapping[str, Map], seed: int
) -> tuple[pd.DataFrame, dict[str, dict[str, np.ndarray]]]:
    """Redraw a network's weights layer by layer, and compare its maps with those of the trained network.

    Args:
        model: trained.
        pairs: N, whose expressions are explained.
        methods: by name.
        seed: of the random weights.

    Returns:
        Rows `person`, `emotion`, `map`, `weights` (which are random), `correlation` (Spearman's, over the pixels); and
        the maps (N, H, W) by method and step, the trained network's first.
    """
    k, tables = classes(pairs), []
    maps = {name: {TRAINED: method(model, pairs.shown, k)} for name, method in methods.items()}
    for step, network in progress.bar(randomised(model, seed), "random weights", "steps", len(STAGES)):
        for name, method in methods.items():
            maps[name][step] = method(network, pairs.shown, k)
            alike = rank_correlations(maps[name][TRAINED], maps[name][step])
            tables.append(pairs.table.assign(map=name, weights=step, correlation=alike))
    return pd.concat(tables, ignore_index=True), maps


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation over the pixels of each pair of maps, float (N,).

    Args:
        first: float (N, H, W).
        second: likewise.
    """
    return np.array([stats.spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first, second, strict=True)])


def results(
    evidence: pd.DataFrame, hits: pd.DataFrame, differences: pd.DataFrame, alike: pd.DataFrame
) -> list[records.Result]:
    """Return what notebook 22 records.

    Args:
        evidence: mean `probability` by `picture`, from `lib.evaluate.by`.
        hits: from `summarised`.
        differences: from `compared`.
        alike: mean `correlation` by `map` and `weights`.
    """
    tables: Sequence[tuple[pd.DataFrame, str]] = (
        (evidence.assign(metric="probability", of=evidence["picture"]), "explanations"),
        (hits.assign(of=hits["map"] + "/" + hits["emotion"]), "explanations"),
        (differences.assign(of=differences["first"] + " minus " + differences["second"]), "explanations/difference"),
        (alike.assign(metric="rank correlation", of=alike["map"] + "/" + alike["weights"]), "explanations/randomised"),
    )
    return [one for table, prefix in tables for one in records.results(table, prefix, PROTOCOL, "stand-in")]
