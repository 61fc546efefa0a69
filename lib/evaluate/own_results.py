"""The results of this study that stand beside paper A: of other notebooks, of the test set, of time and size."""

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from lib import models, paths, records
from lib.evaluate.comparison import compare, scores
from lib.evaluate.paper_items import ITEMS, Item
from lib.papers import paper_a
from lib.records import Result

SIZES = {  # as the paper draws them
    f"compact VGG-S at {paper_a.SIZE} px": ("compact_vgg_s", paper_a.SIZE),
    f"VGG-S at {models.VGG_S_SIZE} px": ("vgg_s", models.VGG_S_SIZE),
}
READINGS = ("RMSE", "RMSE, labelled emotion", "error SD, bias removed")
LEAKING = "compact VGG-S, paper's protocol"
PAIRS = {  # differences on the same images: the first network's accuracy minus the second's
    "paper's protocol minus leak-free": (LEAKING, "compact VGG-S"),
    "proposed minus traditional alignment": ("compact VGG-S", "traditional alignment"),
    "proposed minus traditional alignment, face box": ("compact VGG-S", "traditional alignment, face box"),
}


def collect(notebooks: Iterable[str], scale: str) -> dict[str, dict]:
    """Return the results that these notebooks recorded, by name, each with the fields of `lib.records.Result`.

    Args:
        notebooks: two-digit numbers.
        scale: of the run, which names the command for one that is missing.

    Raises:
        FileNotFoundError: a notebook has not run.
    """
    results = {}
    for number in notebooks:
        path = paths.product(paths.BUILD / "results" / f"{number}.json", number, scale)
        results |= {result["name"]: result for result in json.loads(path.read_text("utf-8"))["results"]}
    return results


def named(results: Iterable[Result]) -> dict[str, dict]:
    """Return results by name, with the fields that `collect` gives."""
    return {one.name: {key: records.plain(value) for key, value in vars(one).items()} for one in results}


def tested(predicted: Mapping[str, np.ndarray], y_true: np.ndarray, groups: Sequence, origin: str) -> list[Result]:
    """Return the results of every network on the HP test set, and the paired differences between them.

    Args:
        predicted: emotion names by network, (N,) or (S, N).
        y_true: (N,) emotion names.
        groups: (N,) what is drawn as a whole.
        origin: of the images.
    """
    protocol, results = "HP test set, read once a run, subjects and seeds drawn", []
    for label, table in scores(predicted, y_true, groups).groupby("label", sort=False):
        paper = {"accuracy": paper_a.FIGURE_10_ACCURACY} if label == LEAKING else None
        results += records.results(table, f"results/{label}", protocol, origin, paper)
    return results + records.results(differences(predicted, y_true, groups), "results", protocol, origin)


def machine(speed: Mapping[str, float], fit: Mapping, device: str) -> list[Result]:
    """Return time, size and length of training as results, from `lib.timing.whole_set` and a fit of notebook 09."""
    batches = f"crops of {paper_a.SIZE} pixels in batches, {device}"
    rows = [
        ("time/seconds", speed["seconds"], speed["n"], "s", "time", batches),
        ("time/milliseconds per image", speed["per_image"], speed["n"], "ms", "time", batches),
        ("training/steps", fit["steps"], 1, "steps", "exact", f"batches of 32, crops of {fit['pixels']} pixels"),
        ("training/hours", fit["hours"], 1, "h", "time", device),
    ]
    for name, plan in SIZES.items():
        rows.append((f"size/{name}", models.build(*plan).count_params() * 4 / 1e6, 1, "MB", "exact", "float32 weights"))
    return [
        Result(f"results/{name}", value, n, None, None, protocol, "computed", unit=unit, kind=kind)
        for name, value, n, unit, kind, protocol in rows
    ]


def differences(
    predicted: Mapping[str, np.ndarray], y_true: np.ndarray, groups: Sequence, strata: Sequence | None = None
) -> pd.DataFrame:
    """Return the paired differences in accuracy that the paper's items ask for, of the networks that there are.

    Args:
        predicted: emotion names by network, (N,) or (S, N).
        y_true: (N,) emotion names.
        groups: (N,) what is drawn as a whole.
        strata: (N,) data sets whose shares are fixed by design, None for one.

    Returns:
        Columns `metric`, `of` (the pair), `value`, `low`, `high`, `p`, `n`, `clusters`, `seeds` (the fewer).
    """
    rows = []
    for name, (first, second) in PAIRS.items():
        if first in predicted and second in predicted:
            difference = compare(y_true, predicted[first], predicted[second], groups, strata=strata)
            seeds = min(len(np.atleast_2d(predicted[label])) for label in (first, second))
            row = {"of": name, "value": difference["difference"], "n": len(y_true), "clusters": len(set(groups))}
            rows.append(row | {"seeds": seeds} | difference)
    return pd.DataFrame(rows, columns=["metric", "of", "value", "low", "high", "p", "n", "clusters", "seeds"])


def leak_effects(results: Mapping[str, Mapping], items: Sequence[Item] = ITEMS) -> pd.DataFrame:
    """Return what leaks add to each number: the paper's protocol minus leak-free, with a 95 % interval.

    Where the two networks saw other images, their figures are taken for independent, so distances of the ends add up
    as squares; people in both make that interval wider than it need be.

    Returns:
        Columns `label`, `place`, `value`, `low`, `high`, `same images`.
    """
    rows = []
    for item in items:
        way, strict = results.get(item.way), results.get(item.strict)
        if item.bound or not way or not strict or way["low"] is None or strict["low"] is None:
            continue
        if "28 variants" in item.way and item.paired not in results:
            continue  # darkened and blurred images are no leak
        effect = results[item.paired] if item.paired in results else _unpaired(way, strict)
        if effect["low"] is not None:
            interval = [effect[key] for key in ("value", "low", "high")]
            on_one_test = item.paired in results and item.paired.startswith("results/")
            rows.append((item.item, item.place, *interval, on_one_test))
    return pd.DataFrame(rows, columns=["label", "place", "value", "low", "high", "same images"])


def _unpaired(first: Mapping, second: Mapping) -> dict[str, float]:
    """Return first minus second with its interval (Zou and Donner 2008), both taken for independent."""
    value = first["value"] - second["value"]
    low = value - np.hypot(first["value"] - first["low"], second["high"] - second["value"])
    high = value + np.hypot(first["high"] - first["value"], second["value"] - second["low"])
    return {"value": value, "low": float(low), "high": float(high)}


def readings(results: Mapping[str, Mapping], name: str = "EIW") -> pd.DataFrame:
    """Return our RMSE by each reading of "the standard deviation of the prediction errors", beside the printed one.

    Returns:
        Columns `reading`, `value`, `low`, `high`, `n`, `seeds`, `paper`; a row without values is one that is not run.
    """
    rows = [{"reading": metric} | dict(results.get(f"intensity/{name}/{metric}", {})) for metric in READINGS]
    table = pd.DataFrame(rows).reindex(columns=["reading", "value", "low", "high", "n", "seeds"])
    return table.assign(paper=paper_a.TABLE_6[name]["RMSE"])
