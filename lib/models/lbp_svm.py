"""The traditional method that paper A's introduction names: local binary patterns and a support vector machine.

Patterns as in Shan, Gong and McOwan 2009: uniform patterns of 8 neighbours, one histogram per cell of a grid, so that
the place of a wrinkle counts. Grid and C are ours; `tune` chooses them on validation images.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from skimage.feature import local_binary_pattern
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from lib.images import to_grey

CELLS, REGULARISATION = (4, 6, 8), (1e-4, 1e-3, 1e-2)  # tried by `tune`
NEIGHBOURS, RADIUS, PATTERNS = 8, 1, 59  # 58 uniform patterns of 8 neighbours, and one bin for the rest


def describe(image: np.ndarray, cells: int = 8) -> np.ndarray:
    """Return the image's histograms of local binary patterns, float32 (cells * cells * 59,), each cell's unit length.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        cells: cells along each side.
    """
    pattern = local_binary_pattern(to_grey(image), NEIGHBOURS, RADIUS, method="nri_uniform").astype(np.int64)
    rows = np.arange(pattern.shape[0]) * cells // pattern.shape[0]
    columns = np.arange(pattern.shape[1]) * cells // pattern.shape[1]
    cell = rows[:, None] * cells + columns  # (H, W)
    counts = np.bincount((cell * PATTERNS + pattern).ravel(), minlength=cells * cells * PATTERNS)
    histograms = np.sqrt(counts.reshape(cells * cells, PATTERNS))  # roots: Hellinger's distance instead of Euclid's
    return (histograms / np.linalg.norm(histograms, axis=1, keepdims=True)).astype(np.float32).ravel()


class LbpSvm:
    """Local binary patterns and a linear support vector machine, with scikit-learn's `fit` and `predict`.

    Args:
        cells: cells of the grid along each side.
        regularisation: C of the machine; small is smooth.
        seed: of the solver's order.
    """

    def __init__(self, cells: int = 8, regularisation: float = 1e-3, seed: int = 0) -> None:
        self.cells, self.regularisation = cells, regularisation
        self.machine = make_pipeline(
            StandardScaler(), LinearSVC(C=regularisation, class_weight="balanced", random_state=seed)
        )

    def fit(self, images: Sequence[np.ndarray], labels: Sequence[str]) -> "LbpSvm":
        """Learn from uint8 images (N, H, W[, 3]) of one size and N labels.

        Raises:
            ValueError: not as many images as labels, or a single class.
        """
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images and {len(labels)} labels; expected as many of each")
        self.machine.fit(self._describe(images), np.asarray(labels))
        return self

    def predict(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return N labels for uint8 images (N, H, W[, 3]) of the size that `fit` saw."""
        return self.machine.predict(self._describe(images))

    def _describe(self, images: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([describe(np.asarray(image), self.cells) for image in images])  # (N, cells * cells * 59)


def tune(
    train: tuple[Sequence[np.ndarray], np.ndarray], validation: tuple[Sequence[np.ndarray], np.ndarray]
) -> tuple[LbpSvm, pd.DataFrame]:
    """Return the machine that is most often right on validation images, of all grids and C tried, and how all fared.

    Args:
        train: uint8 images (N, H, W[, 3]) and str labels (N,).
        validation: likewise, of the same size.

    Returns:
        The machine; columns `cells`, `C`, `accuracy` on the validation images.
    """
    machines, rows = [], []
    for cells in CELLS:
        described = [
            np.stack([describe(np.asarray(image), cells) for image in side[0]]) for side in (train, validation)
        ]
        for regularisation in REGULARISATION:
            machine = LbpSvm(cells, regularisation)
            machine.machine.fit(described[0], train[1])
            accuracy = machine.machine.score(described[1], validation[1])
            machines.append(machine)
            rows.append({"cells": cells, "C": regularisation, "accuracy": accuracy})
    table = pd.DataFrame(rows)
    return machines[table["accuracy"].idxmax()], table
