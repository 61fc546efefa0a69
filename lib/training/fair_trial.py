"""The fair trial of notebook 13: paper A's network beside a modern one, with and without near duplicates in training.

Both learn the same crops in as many passes, mirrored, moved and mixed alike, and both see the mirrored crop at test.
Paper A's network has its own 128 pixels, or 48 where the images are limited, the modern one the 48 of FER-2013; each
has the learning rate that suits it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from lib import emotions, evaluate, models, records, splits
from lib.emotions import EMOTIONS
from lib.models import lbp_svm
from lib.training import gate, real_faces, trained_networks
from lib.training.runs import Inputs, fit_runs, histories, sides
from lib.training.settings import MODERN, Record, Settings

HOW = "proposed"  # alignment
COMPACT = "compact VGG-S"
NETWORKS = {  # model, learning rate (ours: the largest with which a few passes settle)
    COMPACT: ("compact_vgg_s", 0.02),
    "modern compact": ("modern_compact", MODERN.learning_rate),
}
SIDES = {"saw near duplicates": "split_saw", "saw none": "split_none"}  # and the columns of `images`
PAIRS = {name: tuple(f"{name}, {which}" for which in SIDES) for name in NETWORKS}
TUNED = "LBP + SVM, tuned"
LABELS = (*PAIRS[COMPACT], *PAIRS["modern compact"], TUNED)
OWN = "fitted here"  # the small network of notebook 13
NOT_LEARNED = "; not learned"
SMALL, PAPER_A = 48, 128  # pixels of the modern networks, those of FER-2013, and of paper A's network


@dataclass(frozen=True)
class Trial:
    """What was fitted.

    Attributes:
        table: N images that have a crop, from `images`.
        inputs: by pixels and side, such as "48, saw none".
        fits: from `lib.training.fit_runs`.
        folder: of the fits.
        recipe: settings of the modern network.
    """

    table: pd.DataFrame
    inputs: Mapping[str, Inputs]
    fits: pd.DataFrame
    folder: Path
    recipe: Settings

    @cached_property
    def networks(self) -> dict[str, list[keras.Model]]:
        """The fitted networks by label, one per seed; read once, so that each is traced once."""
        return trained_networks.load_all(self.fits, self.folder)

    @property
    def histories(self) -> pd.DataFrame:
        """One row per pass of every fit."""
        return histories(self.fits, self.folder)

    @property
    def strict(self) -> Inputs:
        """Crops and labels of the modern network that saw no near duplicates."""
        return self.inputs["48, saw none"]

    def side(self, name: str) -> pd.DataFrame:
        """Return the rows of one side, "train" or "validation", of the networks that saw none."""
        return self.table[self.table[SIDES["saw none"]] == name]


def images(table: pd.DataFrame, most: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the images of the trial: training with and without near duplicates, one validation for both.

    Args:
        table: N rows of `lib.splits.official`.
        most: training images at most, those with near duplicates among the held-out ones first; 0 for all.
        rng: draws the others.

    Returns:
        Training and validation rows with two columns more, named in `SIDES`: "train", "validation" or "".
    """
    strict = table.index.isin(splits.without_leaks(table).index)
    train = (table["split"] == "train").to_numpy()
    if most:
        order = np.lexsort([rng.random(len(table)), strict, ~train])  # training images first, of them the leaking ones
        train &= np.isin(np.arange(len(table)), order[:most])
    saw = np.where(train, "train", np.where((table["split"] == "validation") & strict, "validation", ""))
    both = table.assign(split_saw=saw, split_none=np.where(train & ~strict, "", saw))
    return both[both["split_saw"] != ""].reset_index(drop=True)


def fit(table: pd.DataFrame, study: Path, most: int, passes: int, seeds: int, precision: str) -> Trial:
    """Fit both networks on both sides, or read what an equal run has fitted.

    Args:
        table: N rows, as for `images`.
        study: folder of the products.
        most: training images at most, as for `images`; with a limit, the recipe is that of `few_images`, and
            paper A's network sees the pixels of the other, at a seventh of the price.
        passes: over the training images.
        seeds: networks of each kind.
        precision: as `lib.training.Settings` has it.
    """
    rows, folder = images(table, most, np.random.default_rng(0)), study / "models" / "fair_trial"
    pixels = SMALL if most else PAPER_A
    usable, crops = trained_networks.crops(rows, {(HOW, pixels), (HOW, SMALL)}, study)
    rows = rows[usable].reset_index(drop=True)
    labels, inputs = emotions.index(rows["emotion"]), {}
    for how, side in crops:
        for which, column in SIDES.items():
            inputs[f"{side}, {which}"] = sides(crops[how, side], labels, rows[column])
    recipes = {}
    for name, (_, rate) in NETWORKS.items():
        recipe = replace(MODERN, epochs=passes, precision=precision, learning_rate=rate)
        recipes[name] = few_images(recipe) if most else recipe
    fits = fit_runs(_runs(pixels, seeds), inputs, recipes, folder)
    return Trial(rows, inputs, fits, folder, recipes["modern compact"])


def few_images(recipe: Settings) -> Settings:
    """Return a recipe for some hundred images in few passes: more steps, no mixing, no averaged weights (ours).

    In batches of 128 such a fit has some dozen steps, and an average over a hundred steps then holds the first weights.
    """
    rate, augmentation = recipe.learning_rate / 5, "modern, no mixing"
    return replace(recipe, batch_size=16, learning_rate=rate, ema=0.0, augmentation=augmentation)


def _runs(pixels: int, seeds: int) -> pd.DataFrame:
    """Return a table of runs for `lib.training.fit_runs`; paper A's network sees crops of so many pixels."""
    rows = []
    for name, (model, _) in NETWORKS.items():
        side = pixels if name == COMPACT else SMALL
        for label, which in zip(PAIRS[name], SIDES, strict=True):
            run = {"label": label, "model": model, "how": HOW, "pixels": side, "recipe": name}
            rows += [run | {"inputs": f"{side}, {which}", "seed": seed} for seed in range(seeds)]
    return pd.DataFrame(rows)


def answers(
    trial: Trial, shown: pd.DataFrame, study: Path, machine: lbp_svm.LbpSvm | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what every network of the trial answers, the mirrored crop asked too, and the traditional method.

    Args:
        trial: from `fit`.
        shown: N images; labels are not needed.
        study: folder of the products.
        machine: from `traditional`.

    Returns:
        Which images have a crop, bool (N,), and by label the emotion of each of them, str (S, images).
    """
    seen = {(HOW, int(side)) for side in trial.fits["pixels"]}
    usable, crops = trained_networks.crops(shown, seen, study)
    given = {}
    for label, networks in trial.networks.items():
        faces = crops[HOW, networks[0].input_shape[1]]
        outputs = [models.predict(model, faces, flip=True) for model in networks]
        given[label] = emotions.names(np.stack(outputs))
    if machine:
        given[TUNED] = machine.predict(crops[HOW, SMALL])[None]
    return usable, given


def not_learned(
    trial: Trial, model: keras.Model, train: tuple[np.ndarray, np.ndarray], record: Record
) -> dict[str, float]:
    """Return what `lib.training.not_learned` returns of the networks of the trial and of the small network.

    Args:
        trial: from `fit`.
        model: the small network, `OWN`.
        train: images uint8 (M, size, size, 3) and targets that it was fitted on.
        record: of its fit.
    """
    own = {"label": OWN, "training error": real_faces.training_error(model, train, record)}
    return gate.not_learned(pd.concat([trial.fits, pd.DataFrame([own])]))


def recalls(trial: Trial, study: Path) -> pd.DataFrame:
    """Return accuracy and the recall of every emotion of each network on the validation images, with intervals."""
    shown, tables = trial.side("validation"), []
    for label, given in answers(trial, shown, study)[1].items():
        scores = evaluate.classification(shown["emotion"], given, shown["cluster"])
        scores = scores[scores["metric"].isin(["accuracy", "recall"])]
        tables.append(scores.assign(network=label))
    return pd.concat(tables, ignore_index=True)


def unlearned(recalls: pd.DataFrame) -> str:
    """Return which emotions a network never gets right, in words; from `recalls`."""
    never = recalls[(recalls["value"] == 0) & recalls["of"].isin(EMOTIONS)]
    lines = [f"* {network}: {', '.join(rows['of'])}" for network, rows in never.groupby("network", sort=False)]
    if not lines:
        return "Every network is right on some images of every emotion."
    return "\n".join(["Never right:", "", *lines])


def traditional(trial: Trial) -> tuple[lbp_svm.LbpSvm, pd.DataFrame]:
    """Return LBP + SVM with the grid and C that are best on validation, and how all fared; crops as the networks'."""
    train, validation = trial.strict
    labels = (trial.side(name)["emotion"].to_numpy() for name in ("train", "validation"))
    return lbp_svm.tune(*zip((train[0], validation[0]), labels, strict=True))


def results(
    recalls: pd.DataFrame,
    gaps: pd.DataFrame,
    changes: pd.DataFrame,
    calibrated: pd.DataFrame,
    origin: str,
    lost: Collection[str],
) -> list[records.Result]:
    """Return what notebook 13 records beside the accuracies on test images.

    Args:
        recalls: from the function of that name.
        gaps: from `lib.training.memory.gaps`.
        changes: from `lib.training.ablation.fit`.
        calibrated: from `lib.training.calibration.table`.
        origin: of the images.
        lost: labels that have not learned, from `lib.training.not_learned`; the protocol of their results says so.
    """
    done, difference = [], {"difference": "value", "difference low": "low", "difference high": "high"}
    for network, rows in recalls.groupby("network", sort=False):
        how = f"validation without near duplicates, flip{remark([network], lost)}"
        done += records.results(rows, f"fair trial/{network}", how, origin)
    for row in gaps.dropna(subset="low").to_dict("records"):
        table = pd.DataFrame([row | {"metric": f"{row['which']}, from {row['threshold']:.2f} on"}])
        how = "accuracy on near duplicates minus that on other test images, crops, flip"
        how += remark(PAIRS.get(row["network"], ()), lost)
        done += records.results(table, f"memory/{row['network']}", how, origin)
    for row in changes.dropna(subset="difference").to_dict("records"):
        kept = {name: row[name] for name in ("n", "clusters", "seeds")} | {"metric": "difference of accuracy"}
        table = pd.DataFrame([kept | {new: row[old] for old, new in difference.items()}])
        how = f"minus {changes['label'].iloc[0]}, on the same validation images, crops"
        how += "" if row["learned"] else NOT_LEARNED
        done += records.results(table, f"recipe/{row['label']}", how, origin)
    for (network, kind, when), rows in calibrated.groupby(["network", "input", "when"], sort=False):
        how = f"test images, flip{remark([network], lost)}"
        done += records.results(rows, f"calibration/{kind}/{when}", how, origin)
    return done


def remark(names: Iterable[str], lost: Collection[str]) -> str:
    """Return what a protocol adds where one of these networks is among those that have not learned."""
    return NOT_LEARNED if set(names) & set(lost) else ""
