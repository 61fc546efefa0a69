"""Calibration of notebook 13's network: one temperature, fitted on validation images (Guo et al. 2017)."""

from collections.abc import Mapping

import keras
import numpy as np
import pandas as pd
from scipy import optimize, special

from lib import evaluate, models


def temperature(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that makes the labels most likely; above 1 the network was too sure.

    Args:
        outputs: probabilities, float (N, K), of images that have trained nothing.
        labels: int (N,).
    """
    logs = np.log(np.maximum(outputs, 1e-12))

    def surprise(log_temperature: float) -> float:
        scaled = special.log_softmax(logs / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(labels)), labels].mean())

    best = optimize.minimize_scalar(surprise, bounds=(-2.3, 2.3), method="bounded")  # .1 to 10
    return float(np.exp(best.x))


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature of a network.

    Args:
        model: with a softmax head.
        images: uint8 (N, H, W, 3) that have trained nothing; the mirrored ones are asked too.
        labels: int (N,).
    """
    return temperature(models.predict(model, images, flip=True), labels)


def cooled(outputs: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities (..., K) at a temperature; 1 is the identity, and no answer changes.

    Args:
        outputs: probabilities, float (..., K).
        temperature: over 0.
    """
    return special.softmax(np.log(np.maximum(outputs, 1e-12)) / temperature, axis=-1)


def table(
    outputs: Mapping[tuple[str, str], np.ndarray], network: str, temperature: float, test: pd.DataFrame
) -> pd.DataFrame:
    """Return the expected calibration error of a network on test images before and after, per kind of image.

    Args:
        outputs: by (network, kind of image), float (N, 7), NaN where there is no such image.
        network: which.
        temperature: from the function of that name.
        test: N test images with `emotion` and `cluster`.

    Returns:
        Rows of `lib.evaluate.calibration` with `network`, `input`, `when` and `temperature`.
    """
    rows = []
    for (name, kind), given in outputs.items():
        if name == network:
            here = ~np.isnan(given[:, 0])
            for when, value in (("before", 1.0), ("after", temperature)):
                shown = test[here]
                error = evaluate.calibration(shown["emotion"], cooled(given[here], value), shown["cluster"])
                rows.append(error.assign(network=network, input=kind, when=when, temperature=value))
    return pd.concat(rows, ignore_index=True)
