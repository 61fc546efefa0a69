"""The two regression models of the paper, on images and on their 28 variants."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd
from scipy import stats

from lib import augment, evaluate, models, records
from lib.cleaning import with_true_subjects
from lib.emotions import intensity_vector, names
from lib.faces.store import Rows
from lib.intensity.levels import ARGMAX, SETS
from lib.papers import paper_a
from lib.paths import replace_on_success
from lib.splits import leakage
from lib.training import Settings, trained_networks
from lib.training.runs import Inputs, sides

BASE = "EIW + MUG"  # every other answer is compared with this model
ONCE, FOLDED = "each image once, groups drawn", "28 variants, groups drawn"
Networks = Mapping[str, list[keras.Model]]  # by label, one per seed


class Tested(NamedTuple):
    """Test images.

    Attributes:
        table: N rows.
        people: int (N,), what an interval draws as a whole.
        images: uint8 (N, size, size, 3), read when asked for.
        truth: float (N, 7), the labelled intensities.
    """

    table: pd.DataFrame
    people: np.ndarray
    images: Rows
    truth: np.ndarray


def run_table(seeds: int, size: int) -> pd.DataFrame:
    """Return a table of runs for `lib.training.fit_runs`: both models with each seed; labels are those of `SETS`."""
    rows = [(label, seed) for label in SETS for seed in range(seeds)]
    runs = pd.DataFrame(rows, columns=["label", "seed"])
    return runs.assign(model="compact_vgg_s", pixels=size, inputs=runs["label"], recipe=runs["label"])


def cropped(table: pd.DataFrame, size: int, study: Path) -> tuple[pd.DataFrame, dict[str, Inputs]]:
    """Return the images that have a crop, with `group`, and what each model learns and is chosen by.

    `attrs["left out"]` of the table counts the images without a crop.
    """
    images = len(table)
    table, crops, targets = _crops(table, size, study)
    inputs = {}
    for label, members in SETS.items():
        split = table["split"].where(table["data_set"].isin(members), "")
        inputs[label] = sides(crops, targets, split)
    table.attrs["left out"] = images - len(table)
    return table, inputs


def tested(table: pd.DataFrame, size: int, study: Path) -> dict[str, Tested]:
    """Return by label the test images of each model's data sets.

    Args:
        table: the test rows of the split, from `lib.splits.read_test`.
        size: side of the crops in pixels.
        study: folder of the products, `lib.paths.data(scale)`.
    """
    table, crops, targets = _crops(table, size, study)
    here = {label: np.flatnonzero(table["data_set"].isin(members)) for label, members in SETS.items()}
    people = table["group"].to_numpy()
    return {
        label: Tested(table.iloc[rows].reset_index(drop=True), people[rows], Rows(crops, rows), targets[rows])
        for label, rows in here.items()
    }


def _crops(table: pd.DataFrame, size: int, study: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the rows that have a crop, with `group`, their crops, and their targets (N, 7)."""
    usable, crops = trained_networks.crops(table, [("proposed", size)], study)
    table = table.assign(group=leakage.groups(with_true_subjects(table)))[usable].reset_index(drop=True)
    return table, crops["proposed", size], intensity_vector(table["emotion"], table["intensity"].fillna(0))


def plan(fits: pd.DataFrame) -> str:
    """Return the network of both models as it was fitted, with pixels and parameters; `fits` of `lib.training`."""
    return trained_networks.names(fits.assign(label=trained_networks.BASE))[trained_networks.BASE]


def recipes(recipe: Settings, inputs: Mapping[str, Inputs]) -> dict[str, Settings]:
    """Return the settings of each model: the recipe for EIW, and for the other as many passes as give as many steps."""
    images = {label: len(sides.train[1]) for label, sides in inputs.items()}
    passes = {label: max(1, round(recipe.epochs * images["EIW"] / count)) for label, count in images.items()}
    return {label: replace(recipe, epochs=count) for label, count in passes.items()}


def validation(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the rows of a model's own validation images, in the order of its inputs."""
    return table[table["data_set"].isin(SETS[label]) & (table["split"] == "validation")]


def save(fits: pd.DataFrame, study: Path) -> None:
    """Write which networks have learned, for `regressors`; `fits` from `lib.training.passed`."""
    with replace_on_success(_folder(study) / "networks.csv") as path:
        fits.to_csv(path, index=False)


def regressors(study: Path) -> list[keras.Model]:
    """Return the networks on EIW and MUG that notebook 10 has trained, one per seed.

    Raises:
        FileNotFoundError: it has not run.
    """
    path = _folder(study) / "networks.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no networks at {path}; run notebook 10 first: ./run_all.sh {study.name} --only 10")
    return trained_networks.load_all(pd.read_csv(path), _folder(study), "sigmoid")[BASE]


def outputs(networks: Networks, images: np.ndarray | Rows) -> dict[str, np.ndarray]:
    """Return the outputs of every network by label, float32 (S, N, 7).

    Args:
        networks: S seeds per label.
        images: uint8 (N, H, W, 3).
    """
    return {
        label: np.stack([models.predict(network, images) for network in seeds]) for label, seeds in networks.items()
    }


def losses(fits: pd.DataFrame, histories: pd.DataFrame) -> pd.DataFrame:
    """Return training and validation loss of the chosen epoch of every network, beside its label and seed."""
    best = fits[["label", "seed", "best epoch"]].rename(columns={"best epoch": "epoch"})
    chosen = best.merge(histories, on=["label", "seed", "epoch"])
    chosen = chosen.rename(columns={"loss": "training loss", "val_loss": "validation loss"})
    return chosen[["label", "seed", "epoch", "training loss", "validation loss"]]


def table_6_losses(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the mean losses of each model beside those of the paper's Table 6; `losses` from the function above."""
    columns = ["training loss", "validation loss"]
    ours = losses.groupby("label", sort=False)[columns].mean()
    return ours.join(pd.DataFrame(paper_a.TABLE_6).T[columns].add_prefix("paper's "))


def own_validation(inputs: Mapping[str, Inputs], networks: Networks) -> dict[str, np.ndarray]:
    """Return the confusion matrix, int (7, 7), of each model's first network on its own validation images.

    The largest of seven counts, in labels and in outputs. Networks of other training sets are left out.
    """
    matrices = {}
    for label in [name for name in SETS if name in networks]:
        images, truth = inputs[label].validation
        matrices[label] = evaluate.confusion(names(truth), names(models.predict(networks[label][0], images)))
    return matrices


def with_variants(networks: Networks, inputs: Mapping[str, Inputs], table: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of merit of each model on its validation images and on their 28 variants.

    Paper A counts every one of the 28 variants of a validation image as an image (regression, Table 7).

    Args:
        networks: of both models, or more; others are left out.
        inputs: from `cropped`.
        table: of the images, with `group`: what an honest interval draws as a whole.

    Returns:
        Rows as `lib.evaluate.regression` has them, with `network`, `label` (28-fold or once, rows or groups drawn) and
        `width`, high - low.
    """
    tables = []
    for name in [name for name in SETS if name in networks]:
        rows = validation(table, name)
        tables.append(_folded(networks[name], *inputs[name].validation, rows).assign(network=name))
    merit = pd.concat(tables)
    return merit.assign(width=merit["high"] - merit["low"]).reset_index(drop=True)


def overall(merit: pd.DataFrame, network: str, metric: str) -> pd.DataFrame:
    """Return the rows of one network and one metric over all images."""
    return merit[(merit["network"] == network) & (merit["metric"] == metric) & (merit["of"] == "all")]


def _folded(networks: list[keras.Model], images: Rows, truth: np.ndarray, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of merit of one model, 28-fold and once, with rows drawn and with groups drawn.

    Either is drawn within its data set. `rows` has the `group` and the `data_set` of each image.
    """
    groups, sets = rows["group"].to_numpy(), rows["data_set"].to_numpy()
    folds = np.stack([augment.variants(image) for image in np.asarray(images)], axis=1)  # (28, N, H, W, 3)
    answers = [np.stack([models.predict(network, fold) for network in networks]) for fold in folds]  # (S, N, 7) each
    many, every = np.tile(truth, (augment.VARIANTS, 1)), np.concatenate(answers, axis=1)
    all_groups, all_sets = np.tile(groups, augment.VARIANTS), np.tile(sets, augment.VARIANTS)
    ways = {
        "28 variants, rows drawn (naive)": (many, every, np.arange(len(many)), all_sets),
        FOLDED: (many, every, all_groups, all_sets),
        "each image once, rows drawn (naive)": (truth, answers[0], np.arange(len(truth)), sets),
        ONCE: (truth, answers[0], groups, sets),
    }
    tables = []
    for label, (true, predicted, drawn, strata) in ways.items():
        tables.append(evaluate.regression(true, predicted, drawn, strata=strata).assign(label=label))
    return pd.concat(tables)


def own_test(networks: Networks, test: Tested) -> pd.DataFrame:
    """Return the figures of merit of the model on EIW and MUG on the test images of both, as `lib.evaluate.scores`."""
    answers = outputs({BASE: networks[BASE]}, test.images)
    return evaluate.scores(answers, test.truth, test.people, test.table["data_set"])


def predictions(
    networks: Networks, inputs: Mapping[str, Inputs], table: pd.DataFrame, test: Tested
) -> list[tuple[pd.DataFrame, dict[str, np.ndarray]]]:
    """Return rows and outputs (S, N, 7) of each model on its own images, as `lib.records.save_predictions` takes them.

    Args:
        networks: of both models, or more; others are left out.
        inputs: from `cropped`.
        table: likewise.
        test: images of EIW and MUG, from `tested`.
    """
    parts = [(test.table, outputs({f"{BASE}, its own test": networks[BASE]}, test.images))]
    for name in [name for name in SETS if name in networks]:
        answers = outputs({f"{name}, its own validation": networks[name]}, inputs[name].validation[0])
        rows = validation(table, name)  # whose groups are numbered apart from those of the test images
        parts.append((rows.assign(group="validation " + rows["group"].astype(str)), answers))
    return parts


def results(
    merit: pd.DataFrame, own_test: pd.DataFrame, folded: pd.DataFrame, losses: pd.DataFrame, origin: str
) -> list[records.Result]:
    """Return what notebook 10 records of the models and their baselines.

    Args:
        merit: of every answer on the test images of EIW, from `lib.evaluate.scores`.
        own_test: from the function of that name.
        folded: from `with_variants`.
        losses: from the function of that name.
        origin: of the images.
    """
    done = []
    for network, rows in merit.groupby("label", sort=False):
        printed = _printed("EIW") if network == "EIW" else {}
        protocol = "test of EIW, read once a run, new people; groups and seeds drawn; validation chose the epoch"
        done += records.results(_of_interest(rows), f"intensity/{network}", protocol, origin, printed)
    protocol = f"test of {BASE}, read once a run, new people; groups and seeds drawn; validation chose the epoch"
    done += records.results(_of_interest(own_test), f"intensity/{BASE}/its own test", protocol, origin, _printed(BASE))
    for network, rows in folded.groupby("network", sort=False):
        whole = rows["of"].eq("all") & rows["metric"].isin(["RMSE", ARGMAX])
        parts = {"/28 variants": rows[whole & rows["label"].eq(FOLDED)], "": rows[whole & rows["label"].eq(ONCE)]}
        for name, part in parts.items():
            protocol = f"validation of {network}, which chose the epoch, {part['label'].iloc[0]}, seeds drawn"
            name = f"intensity/{network}/its own validation{name}"
            done += records.results(part, name, protocol, origin, _printed(network))
    means = losses.melt("label", ["training loss", "validation loss"], "metric").groupby(["label", "metric"])["value"]
    for (network, metric), values in means:
        row = {"metric": metric, "value": values.mean(), "n": len(values), "seeds": len(values)}
        if len(values) > 1:
            row["low"], row["high"] = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        protocol = "sigmoid cross-entropy of the chosen epoch, mean over outputs; n counts networks, seeds drawn"
        table = pd.DataFrame([row | {"per_seed": tuple(values)}])
        done += records.results(table, f"intensity/{network}", protocol, origin, paper_a.TABLE_6[network])
    return done


def _of_interest(merit: pd.DataFrame) -> pd.DataFrame:
    """Return the rows over all images, and the RMSE of every part."""
    return merit[merit["of"].eq("all") | merit["metric"].eq("RMSE")]


def _printed(network: str) -> dict[str, float]:
    """Return what the paper's Table 6 prints of a model, by our names of metrics."""
    printed = paper_a.TABLE_6[network]
    return {"RMSE": printed["RMSE"], ARGMAX: printed["accuracy"]}


def _folder(study: Path) -> Path:
    return study / "models" / "intensity"
