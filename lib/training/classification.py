"""The images, tables and results of notebook 09: two protocols on one table, each network on its validation images."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib import datasets, evaluate, models, paths, records, splits
from lib.cleaning import duplicates, with_true_subjects
from lib.emotions import index
from lib.faces.align import WAYS
from lib.faces.store import Rows
from lib.papers import paper_a
from lib.splits import leakage
from lib.training import trained_networks
from lib.training.runs import Inputs, sides
from lib.training.trained_networks import BASE, PAPER_WAY

PROTOCOLS = {"leak_free": BASE, "paper": PAPER_WAY}  # and the label of the compact network under each
LEAK = "paper's protocol minus leak-free"

Crops = Mapping[tuple[str, int], Rows]  # uint8 (N, pixels, pixels, 3) by alignment and pixels
Judged = Mapping[str, tuple[pd.DataFrame, np.ndarray]]  # by label: validation images (N rows), predictions str (S, N)


def images(data_set: str, scale: str) -> pd.DataFrame:
    """Return the images of both protocols: training and validation, no test image.

    Args:
        data_set: "paper_a" for paper A's Table 3 and its leak-free form; or a data set that comes with a split, whose
            leak-free form has no training image with a near duplicate among those held out.
        scale: of the study.

    Returns:
        Columns of a saved split without `split`; `split_paper` and `split_leak_free`: "train", "validation", or ""
        where a protocol leaves the image out; `group`: what an interval draws as a whole, a person where the data or
        the rendering name one.

    Raises:
        LeakError: the leak-free protocol shares something between its sides.
    """
    study = paths.data(scale)
    if data_set == "paper_a":
        table, strict = splits.load("paper_table_3", study), splits.load("leak_free", study)
    else:
        fingerprinted, thumbnails = duplicates.fingerprint(datasets.load(data_set, scale=scale))
        table = splits.official(fingerprinted, thumbnails, study)
        strict = splits.without_leaks(table)
        table = table[table["split"] != "test"]
    splits.audit(strict)
    strict = strict[["path", "row", "split"]]
    table = table.merge(strict, how="left", on=["path", "row"], suffixes=("_paper", "_leak_free"))
    table["split_leak_free"] = table["split_leak_free"].fillna("")
    return table.assign(group=leakage.groups(with_true_subjects(table)))


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many images of each data set stand on each side of each protocol; `table` from `images`."""
    parts = [table.assign(protocol=protocol, side=table[f"split_{protocol}"]) for protocol in PROTOCOLS]
    rows = pd.concat(parts).query("side != ''")
    sizes = pd.crosstab([rows["protocol"], rows["side"]], rows["data_set"])
    return sizes.assign(all=sizes.sum(axis=1))


def cropped(
    table: pd.DataFrame, size: int, full_vgg_s: bool, study: Path, alignments: bool = True
) -> tuple[pd.DataFrame, Crops]:
    """Return the images that have a crop in every alignment, and those crops.

    Args:
        table: from `images`.
        size: side of the crops in pixels.
        full_vgg_s: whether the proposed crops are needed at `models.VGG_S_SIZE` too.
        study: folder of the products, `lib.paths.data(scale)`.
        alignments: whether all are needed, or the proposed one alone.
    """
    wanted = [(how, size) for how in (WAYS if alignments else ["proposed"])]
    wanted += [("proposed", models.VGG_S_SIZE)] if full_vgg_s else []
    usable, crops = trained_networks.crops(table, wanted, study)
    return table[usable].reset_index(drop=True), crops


def inputs(table: pd.DataFrame, crops: Crops) -> dict[str, Inputs]:
    """Return what the networks learn and are chosen by, under names such as "eyes, 48 px, leak_free".

    Args:
        table: N images, from `cropped`.
        crops: of the same images.
    """
    targets = index(table["emotion"])
    named = {}
    for how, pixels in crops:
        for protocol in PROTOCOLS:
            side = table[f"split_{protocol}"]
            named[input_name(how, pixels, protocol)] = sides(crops[how, pixels], targets, side)
    return named


def input_name(how: str, pixels: int, protocol: str) -> str:
    """Return the name of an alignment at a size under a protocol."""
    return f"{how}, {pixels} px, {protocol}"


def network_table(rows: list[tuple[str, str, str, str, str, int]], size: int) -> pd.DataFrame:
    """Return a table of runs for `lib.training.fit_runs`.

    Args:
        rows: label, model, alignment, protocol, recipe, and how many seeds.
        size: side of the crops in pixels, of all but the full VGG-S.
    """
    runs = pd.DataFrame(rows, columns=["label", "model", "how", "protocol", "recipe", "seeds"])
    runs = runs.loc[runs.index.repeat(runs["seeds"])]
    runs["seed"] = runs.groupby(level=0).cumcount()
    runs["pixels"] = np.where(runs["model"] == "vgg_s", models.VGG_S_SIZE, size)
    runs["inputs"] = [input_name(*row) for row in runs[["how", "pixels", "protocol"]].itertuples(index=False)]
    return runs.drop(columns="seeds").reset_index(drop=True)


def overview(fits: pd.DataFrame) -> pd.DataFrame:
    """Return one row per label: the size of what was fitted, and the mean over seeds of how the fit went."""
    by_label = fits.groupby("label", sort=False)
    sizes = by_label[["pixels", "parameters", "megabytes", "million multiply-adds"]].first()
    return sizes.join(by_label[["training error", "best epoch", "passes", "images per second", "hours"]].mean())


def in_words(labels: pd.Series, overview: pd.DataFrame) -> list[str]:
    """Return each network as it was fitted, such as "compact VGG-S at 48 px (1,978,119 parameters), 7.9 MB, ...".

    Args:
        labels: of the networks.
        overview: from the function of that name.
    """
    texts = trained_networks.names(overview.reset_index())
    for label, row in overview.iterrows():
        texts[label] += f", {row['megabytes']:.1f} MB, {row['million multiply-adds']:.0f} M multiply-adds"
    return [texts.get(label, "no network") for label in labels]


def judged(table: pd.DataFrame, predicted: Mapping[str, np.ndarray]) -> Judged:
    """Return the compact network's predictions with their images, under each protocol that has a network left.

    Args:
        table: from `cropped`.
        predicted: emotions by label, str (S, validation images of the label's protocol).
    """
    pairs = {}
    for protocol, label in PROTOCOLS.items():
        if label in predicted:
            pairs[label] = table[table[f"split_{protocol}"] == "validation"], predicted[label]
    return pairs


def scores(judged: Judged) -> pd.DataFrame:
    """Return the rows of `lib.evaluate.classification` for each label, with a column `label`."""
    tables = []
    for label, (rows, predicted) in judged.items():
        kinds = rows["data_set"]
        merit = evaluate.classification(rows["emotion"], predicted, rows["group"], strata=kinds)
        tables.append(merit.assign(label=label))
    return pd.concat(tables, ignore_index=True)


def calibration(judged: Judged, outputs: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the calibration error of the compact network without leaks, a row as in `scores`.

    Args:
        judged: from the function of that name.
        outputs: by label, float (S, N, 7), rows sum to 1.
    """
    rows = judged[BASE][0]
    error = evaluate.calibration(rows["emotion"], outputs[BASE], rows["group"], rows["data_set"])
    return error.assign(label=BASE)


def by_data_set(judged: Judged) -> pd.DataFrame:
    """Return the accuracy of each label on each data set; rows as in `scores`, their `label` names both."""
    tables = []
    for label, (rows, predicted) in judged.items():
        protocol = "leak-free" if label == BASE else "paper"
        for name in rows["data_set"].unique():
            here = (rows["data_set"] == name).to_numpy()
            table = evaluate.classification(rows["emotion"][here], predicted[:, here], rows["group"][here])
            tables.append(table.head(1).assign(label=f"{name}, {protocol}", data_set=name, protocol=protocol))
    return pd.concat(tables).sort_values(["data_set", "protocol"], ignore_index=True)


def matrices(judged: Judged) -> dict[str, np.ndarray]:
    """Return by protocol the confusion matrix of the first seed, int (7, 7)."""
    protocols = {BASE: "leak-free", PAPER_WAY: "paper's protocol"}
    return {protocols[name]: evaluate.confusion(rows["emotion"], seeds[0]) for name, (rows, seeds) in judged.items()}


def most_confused(judged: Judged) -> str:
    """Return which emotion the compact network most often takes for which, and how often, in words."""
    rows, predicted = judged[BASE]
    pairs = pd.DataFrame({"true": rows["emotion"].to_numpy(), "predicted": predicted[0]})
    wrong = pairs[pairs["true"] != pairs["predicted"]].value_counts()
    if wrong.empty:
        return "no image has a wrong prediction"
    (true, taken), times = wrong.index[0], wrong.iloc[0]
    return f"{times} images of *{true}* are taken for *{taken}*"


def price_of_choosing(histories: pd.DataFrame, metric: str) -> tuple[float, float]:
    """Return the mean over fits of a validation metric at the chosen epoch, and at the last one.

    Args:
        histories: one row per epoch, from `lib.training.histories`.
        metric: "val_accuracy" (the largest is chosen) or "val_loss" (the smallest).
    """
    fits = histories.groupby(["label", "seed"], sort=False)[metric]
    chosen = fits.max() if metric == "val_accuracy" else fits.min()
    return float(chosen.mean()), float(fits.last().mean())


def shown(judged: Judged, predicted: Mapping[str, np.ndarray]) -> list[tuple[pd.DataFrame, dict[str, np.ndarray]]]:
    """Return which images were shown and what was predicted, as `lib.records.save_predictions` takes them.

    Args:
        judged: the network by the paper's protocol has validation images of its own.
        predicted: the others by label, str (S, validation images without leaks).
    """
    parts = [(judged[BASE][0], dict(predicted))]
    if PAPER_WAY in judged:
        rows, answers = judged[PAPER_WAY]
        parts.append((rows, {PAPER_WAY: answers}))
    return parts


def leak(judged: Judged) -> pd.DataFrame:
    """Return the accuracy by the paper's protocol minus the leak-free one, a row as in `scores`; none without both.

    Most of their validation images are the same ones, so a person is drawn for both at once.
    """
    if set(judged) != {BASE, PAPER_WAY}:
        return pd.DataFrame()
    sides = []
    for label in (PAPER_WAY, BASE):
        rows, predicted = judged[label]
        sides.append((predicted == rows["emotion"].to_numpy(), rows["group"], rows["data_set"]))
    images = len(set().union(*(rows["digest"] for rows, _ in judged.values())))
    seeds = min(len(predicted) for _, predicted in judged.values())
    row = {"metric": "accuracy", "of": LEAK, "n": images, "seeds": seeds} | evaluate.apart(*sides)
    return pd.DataFrame([row])


def results(
    judged: Judged, scores: pd.DataFrame, compared: pd.DataFrame, claims: pd.DataFrame, data_set: str, origin: str
) -> list[records.Result]:
    """Return what notebook 09 records.

    Args:
        judged: from the function of that name.
        scores: of the compact network under both protocols, with the calibration error.
        compared: one row per label, from `lib.evaluate.leaderboard`, with the column `fitted` from `in_words`.
        claims: differences between networks, from `lib.evaluate.own_results.differences`.
        data_set: as for `images`.
        origin: of the images.
    """
    network = compared.set_index("label")["fitted"]
    protocol = f"leak-free validation, subjects and seeds drawn; {network[BASE]}"
    done = records.results(scores[scores["label"] == BASE], f"classification/{BASE}", protocol, origin)
    printed = {"accuracy": paper_a.FIGURE_8_ACCURACY} if data_set == "paper_a" else {}
    division = "Table 3" if printed else f"official split of {data_set}"
    protocol = f"{division}, each image once, subjects and seeds drawn; {network[BASE]}"
    paper_way = scores[scores["label"] == PAPER_WAY].head(1)
    done += records.results(paper_way, f"classification/{PAPER_WAY}", protocol, origin, printed)
    for row in compared[compared["label"] != BASE].to_dict("records"):
        protocol = f"leak-free validation; {row['fitted']}"
        done += records.results(pd.DataFrame([row]), f"classification/{row['label']}", protocol, origin)
    protocol = "validation of either protocol, a person drawn for both"
    done += records.results(leak(judged), "classification", protocol, origin)
    return done + records.results(claims, "classification", "leak-free validation, the same images", origin)
