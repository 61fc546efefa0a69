"""Notebook 16, and the eight classes of notebook 15: networks beside one another on the same images, with their costs.

Every figure of merit has its interval; a verdict comes from the paired difference to one network, the base.
"""

import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from lib import evaluate, models, records, timing, training
from lib.emotions import names
from lib.models.lbp_svm import LbpSvm
from lib.training import Settings, trained_networks
from lib.training.fit import Images
from lib.training.runs import MIRRORED, Inputs

SINGLES = 30  # images shown one by one to the clock, and
WARM_UP = 5  # of them not counted
COSTS = ("megabytes", "million multiply-adds", "ms per image", "training minutes")
OF_ACCURACY = ("value", "low", "high", "n", "clusters", "seeds", "per_seed")
OF_F1 = {"macro F1": "value", "macro F1 low": "low", "macro F1 high": "high"}
AXES = {"megabytes": "MB", "ms per image": "ms per image, one at a time"}  # costs that a figure has, with their units


class Fitted(NamedTuple):
    """A network or the traditional method, fitted, and the minutes that it took."""

    model: keras.Model | LbpSvm
    minutes: float


def part_of_training(table: pd.DataFrame, images: int, seed: int) -> np.ndarray:
    """Return the leak-free split with this many training images, drawn at random, str (N,); "" for the others.

    Args:
        table: N rows from `lib.training.classification.cropped`.
        images: how many stay; all where there are fewer.
        seed: of the draw.
    """
    side = table["split_leak_free"].to_numpy().astype("<U10")
    training = np.flatnonzero(side == "train")
    left_out = np.random.default_rng(seed).permutation(training)[images:]
    side[left_out] = ""
    return side


def resnets(networks: Sequence[str], inputs: Inputs, settings: Settings, folder: Path) -> pd.DataFrame:
    """Fit ResNets for seven emotions from random weights; return the table of `lib.training.fit_runs`.

    Args:
        networks: names of `lib.models.RESNETS`.
        inputs: from `lib.training.sides`.
        settings: of each fit.
        folder: of the fits.
    """
    pixels, images = inputs.train[0].shape[1], len(inputs.train[1])
    runs = pd.DataFrame({"model": list(networks), "pixels": pixels, "inputs": "part", "recipe": "part"})
    runs["label"] = [f"{name}, {images} images, {settings.epochs} epochs" for name in networks]
    runs["seed"] = settings.seed
    return training.fit_runs(runs, {"part": inputs}, {"part": settings}, folder)


def first_seeds(fits: pd.DataFrame, folder: Path) -> dict[str, Fitted]:
    """Return one network per label, with the mean minutes of its seeds.

    Args:
        fits: of `lib.training.trained_networks.networks`, or from `resnets`.
        folder: that their `folder` is relative to.
    """
    by_label = fits.groupby("label", sort=False)
    return {
        label: Fitted(trained_networks.load(rows.iloc[0], folder), 60 * rows["hours"].mean())
        for label, rows in by_label
    }


def traditional(train: tuple[Images, np.ndarray], emotions: Sequence[str], seed: int = 0) -> Fitted:
    """Return the traditional method, fitted.

    Args:
        train: uint8 (N, size, size, 3), and class numbers (N,).
        emotions: the classes.
        seed: of the solver.
    """
    began = time.perf_counter()
    method = LbpSvm(seed=seed).fit(train[0], np.asarray(emotions)[train[1]])
    return Fitted(method, (time.perf_counter() - began) / 60)


def answers(fitted: Mapping[str, Fitted], images: Images, emotions: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the emotion of each image by label, str (1, N).

    Args:
        fitted: by label.
        images: uint8 (N, size, size, 3), read when asked for.
        emotions: the classes of the networks.
    """
    given = {}
    for label, (model, _) in fitted.items():
        if isinstance(model, LbpSvm):
            given[label] = model.predict(images)[None]
        else:
            outputs = models.predict(model, images, batch_size=64, flip=model.name in MIRRORED)
            given[label] = names(outputs, emotions)[None]
    return given


def costs(fitted: Mapping[str, Fitted], images: Images) -> dict[str, dict[str, float]]:
    """Return what each costs, by label and the names of `COSTS`; the traditional method has no layers to count.

    Args:
        fitted: by label.
        images: uint8 (N, size, size, 3), shown one by one to the clock.
    """
    table = {}
    for label, (model, minutes) in fitted.items():
        if isinstance(model, LbpSvm):
            facts = len(pickle.dumps(model)) / 1e6, np.nan, _milliseconds(model.predict, images), minutes
        else:
            flip = model.name in MIRRORED  # asked for two views, it costs two
            adds = timing.multiply_adds(model) * (1 + flip) / 1e6
            milliseconds = _milliseconds(partial(models.predict, model, flip=flip), images)
            facts = 4 * model.count_params() / 1e6, adds, milliseconds, minutes
        table[label] = dict(zip(COSTS, facts, strict=True))
    return table


def table(
    predicted: Mapping[str, np.ndarray],
    costs: Mapping[str, Mapping[str, float]],
    y_true: np.ndarray,
    groups: Sequence,
    emotions: Sequence[str],
    base: str,
    strata: Sequence | None = None,
    primary: str = "",
) -> pd.DataFrame:
    """Return one row per network: accuracy and macro F1 with intervals, costs, and its order against the base.

    Args:
        predicted: emotions by label, str (N,) or (S, N).
        costs: by label, the names of `COSTS`.
        y_true: emotions (N,).
        groups: (N,) what an interval draws as a whole.
        emotions: the classes.
        base: label of the network that the others are compared with.
        strata: (N,) data sets whose shares are fixed by design, None for one.
        primary: label of the comparison that was named beforehand; the p-values of the others are corrected (Holm).
    """
    rows, verdicts = [], evaluate.against(predicted, y_true, groups, base, primary, strata)["verdict"]
    for label, answers in predicted.items():
        merit = evaluate.classification(y_true, answers, groups, emotions, strata).query("of == 'all'")
        merit = merit.set_index("metric")
        accuracy = merit.loc["accuracy", [*OF_ACCURACY]].to_dict()
        f1 = {name: merit.loc["macro F1", end] for name, end in OF_F1.items()}
        row = {"label": label} | accuracy | f1 | dict(costs[label])
        rows.append(row | {"verdict": verdicts.get(label, "base")})
    return pd.DataFrame(rows)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `table` as a reader needs it: without what is recorded beside it."""
    return table.drop(columns=["clusters", "per_seed", "macro F1 low", "macro F1 high"])


def against_costs(table: pd.DataFrame, title: str, costs: Mapping[str, str] = AXES) -> Figure:
    """Draw accuracy with its interval over two costs, both on a logarithmic axis.

    Args:
        table: from the function of that name.
        title: of the figure.
        costs: two columns of the table, with their units; a row without one is left out there.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    colours, shapes = plt.get_cmap("tab10").colors, "os^D"  # a second round of colours has another shape
    for ax, (cost, unit) in zip(axes, costs.items(), strict=True):
        for number, row in enumerate(table.to_dict("records")):
            ends = [[row["value"] - row["low"]], [row["high"] - row["value"]]]
            style = {"color": colours[number % len(colours)], "fmt": shapes[number // len(colours)]}
            ax.errorbar(row[cost], row["value"], ends, capsize=3, label=row["label"], **style)
        ax.set(xscale="log", xlabel=unit, ylim=(0, 1))
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("accuracy")
    axes[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title)
    return figure


def undecided(table: pd.DataFrame) -> str:
    """Return how many networks can be ordered against the base, in words; `table` from the function of that name."""
    others = table[table["verdict"] != "base"]
    equal = others[others["verdict"] == "cannot be ordered"]
    return (
        f"{len(equal)} of {len(others)} networks cannot be ordered against {_base(table)} (n = {table['n'].iloc[0]:,})."
    )


def results(table: pd.DataFrame, prefix: str, protocol: str, origin: str) -> list[records.Result]:
    """Return accuracy and macro F1 of every network as results.

    Args:
        table: from the function of that name.
        prefix: of the results' names.
        protocol: how it was measured, in words.
        origin: of the images.
    """
    done = []
    for row in table.to_dict("records"):
        accuracy = {name: row[name] for name in OF_ACCURACY}
        f1 = {"metric": "macro F1"} | {end: row[name] for name, end in OF_F1.items()}
        f1 |= {name: row[name] for name in ("n", "clusters", "seeds")}
        for one in (accuracy | {"metric": "accuracy"}, f1):
            done += records.results(pd.DataFrame([one]), f"{prefix}/{row['label']}", protocol, origin)
    return done


def _milliseconds(answer: Callable[[np.ndarray], object], images: Images) -> float:
    """Return the median time of one image alone."""
    shown = [np.asarray(images[row % len(images)])[None] for row in range(SINGLES)]
    return timing.each(answer, shown, WARM_UP)["median"]


def _base(table: pd.DataFrame) -> str:
    return table.loc[table["verdict"] == "base", "label"].item()
