"""The networks that are audited: the one that comes with the study, and two that differ in their training alone."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib import emotions, models, training
from lib.models import pretrained
from lib.training import trained_networks
from lib.training.runs import Inputs

BALANCED, BIASED, SHIPPED = "balanced", "biased", "shipped"
WEIGHTS = "fer2013"  # of the network that comes with the study, fitted on photographs
NETWORK = "comparators.levels"  # learns in a few seconds, so many seeds tell two training sets apart


def inputs(table: pd.DataFrame, images: np.ndarray) -> dict[str, Inputs]:
    """Return what the networks of both training sets learn and are chosen by, which are pictures like their own.

    Args:
        table: from `design.trained`, N rows.
        images: uint8 (N, size, size, 3), their crops.
    """
    targets = emotions.index(table["emotion"])
    sides = {name: np.where(table[name], table["split"], "") for name in (BALANCED, BIASED)}
    return {name: training.sides(images, targets, side) for name, side in sides.items()}


def run_table(seeds: int, size: int) -> pd.DataFrame:
    """Return the runs of both training sets, with the same seeds, for `lib.training.fit_runs`."""
    runs = [(name, name, seed) for name in (BALANCED, BIASED) for seed in range(seeds)]
    table = pd.DataFrame(runs, columns=["label", "inputs", "seed"])
    return table.assign(model=NETWORK, pixels=size, recipe="one")


def own_validation(fits: pd.DataFrame, inputs: Mapping[str, Inputs], folder: Path) -> dict[str, float]:
    """Return by training set the accuracy on its own validation pictures, the mean over seeds.

    Args:
        fits: from `lib.training.fit_runs`.
        inputs: from `inputs`.
        folder: of the fits.
    """
    outputs = training.outputs(fits, folder)
    right = {name: values.argmax(axis=2) == inputs[name].validation[1] for name, values in outputs.items()}
    return {name: float(values.mean()) for name, values in right.items()}


def answers(fits: pd.DataFrame, folder: Path, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the emotion that every network names, str (S, N) by label; the shipped one is last.

    Args:
        fits: from `lib.training.fit_runs`.
        folder: of the fits.
        images: uint8 (N, size, size, 3), at the pixels of the shipped network.
    """
    given = {}
    for label, own in trained_networks.load_all(fits, folder).items():
        given[label] = np.stack([emotions.names(models.predict(model, images)) for model in own])
    shipped = models.predict(pretrained.load(WEIGHTS)[0], images, flip=True)
    return given | {SHIPPED: emotions.names(shipped)[None]}
