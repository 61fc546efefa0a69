"""Paper B's network: the head first, then all layers; and the other networks of the study on the same photographs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from lib import models, paths, training
from lib.emotions import EMOTIONS_8
from lib.side_by_side import Fitted, traditional
from lib.training import Record, Settings
from lib.training.fit import Images
from lib.training.trained_networks import TRADITIONAL

HEAD = "head"  # name of the first stage
ALL = "all"  # and of the second
RATES = {"none": (1e-5, 1e-5), "imagenet": (1e-3, 1e-5)}  # largest step of each stage, ours; random features are large
OTHERS = {"compact VGG-S": "compact_vgg_s", "modern compact": "modern_compact"}
Side = tuple[Images, np.ndarray]  # photographs uint8 (N, size, size, 3), and class numbers (N,)


def stages(epochs: int, weights: str, precision: str = "float32", seed: int = 0) -> dict[str, Settings]:
    """Return the settings of both stages, `epochs` together; paper B gives none, so all of them are ours.

    The head has 2 epochs, the first column of Table 6.1.1, and fine-tuning has the rest. The head begins with zeros,
    so that the first answer is the same for all emotions.

    Args:
        epochs: at least 1.
        weights: "none" or "imagenet".
        precision: of `lib.training.Settings`; "mixed_bfloat16" halves memory and time on a GPU.
        seed: of the first weights and the batches.
    """
    common = {"batch_size": 32, "optimiser": "adamw", "augmentation": "none", "precision": precision, "seed": seed}
    start = f"{'seed' if weights == 'none' else weights}, zeros in the head"
    head, rest = RATES[weights]
    first = Settings(epochs=min(2, epochs), learning_rate=head, trainable=HEAD, start=start, **common)
    second = replace(first, epochs=max(1, epochs - 2), learning_rate=rest, trainable=ALL)
    return {HEAD: first} | ({ALL: second} if epochs > 2 else {})


def fit(
    name: str, train: Side, validation: Side, recipe: Mapping[str, Settings], weights: str, folder: Path
) -> tuple[keras.Model, pd.DataFrame, Record]:
    """Fit a ResNet stage by stage, each beginning with the best weights of the one before, or read what is fitted.

    Args:
        name: of `lib.models.RESNETS`.
        train: photographs uint8 (N, size, size, 3), read when asked for, and class numbers int (N,).
        validation: likewise; chooses the epoch of each stage.
        recipe: from `stages`.
        weights: "none" or "imagenet".
        folder: of the fits.

    Returns:
        The model with the best weights of the last stage; one row per epoch of all stages, with `stage` and `epoch`
        (from 1); and the record of the last stage.
    """
    training.set_seed(recipe[HEAD].seed)
    histories, start = [], recipe[HEAD].start
    with training.devices.shared():
        model = models.build(name, train[0].size, len(EMOTIONS_8), weights=weights)
        kernel = model.get_layer("head").kernel
        kernel.assign(np.zeros(kernel.shape, np.float32))
        for stage, settings in recipe.items():
            record = training.fit(model, train, validation, replace(settings, start=start), folder)
            histories.append(record.history.assign(stage=stage))
            start = paths.sha256(record.weights)
    if training.devices.wanted():
        model = models.build(name, train[0].size, len(EMOTIONS_8))  # of this process alone
        models.load_weights(model, record.weights)
    history = pd.concat(histories, ignore_index=True)
    return model, history.assign(epoch=history.index + 1), record


def others(train: Side, validation: Side, epochs: int, seed: int, folder: Path) -> dict[str, Fitted]:
    """Return the small networks of the study and the traditional method, fitted on the same photographs, by label.

    Args:
        train: as for `fit`.
        validation: likewise.
        epochs: of each network.
        seed: of the first weights and the batches.
        folder: of the fits.
    """
    common = {"epochs": epochs, "batch_size": 32, "augmentation": "none", "seed": seed}
    recipes = {"compact_vgg_s": Settings(learning_rate=0.02, **common)}
    recipes["modern_compact"] = replace(training.MODERN, learning_rate=0.05, ema=0.0, **common)
    fitted = {}
    for label, name in OTHERS.items():
        training.set_seed(seed)
        model = models.build(name, train[0].size, len(EMOTIONS_8))
        record = training.fit(model, train, validation, recipes[name], folder, progress=False)
        fitted[label] = Fitted(model, record.seconds / 60)
    return fitted | {TRADITIONAL: traditional(train, EMOTIONS_8, seed)}
