"""Whole figures of notebook 13."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib import evaluate, plots
from lib.emotions import EMOTIONS
from lib.papers import fer2013
from lib.training.real_faces import Answers
from lib.training.settings import Record


def curves(record: Record, title: str) -> Figure:
    """Draw loss and accuracy over the passes of one fit."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.2))
    history = record.history.assign(seed=0, epoch=record.history.index + 1)
    for metric, ax in zip(("loss", "accuracy"), axes, strict=True):
        plots.training_curves(history, metric, ax)
    axes[1].set_title(title)
    return figure


def accuracies(overview: pd.DataFrame, title: str) -> Figure:
    """Draw the accuracies of `lib.training.real_faces.overview`, and what others print as dotted lines."""
    figure, ax = plt.subplots(figsize=(9, 1.6 + 0.25 * len(overview)))
    plots.intervals(overview, ax).set(xlabel="accuracy, 95 % interval", title=title)
    for number, (name, accuracy) in enumerate(fer2013.PUBLISHED.items()):
        ax.axvline(accuracy, color=f"C{number}", ls=":", label=f"{name}: {accuracy:.3f}")
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def matrices(answers: Answers, networks: Sequence[str], test: pd.DataFrame, origin: str) -> Figure:
    """Draw the confusion matrix of each network, on images as they come.

    Args:
        answers: by network and kind of image, str (S, N).
        networks: names of those to draw.
        test: N test images.
        origin: of the images.
    """
    figure, axes = plt.subplots(1, len(networks), figsize=(7 * len(networks), 6), squeeze=False)
    for network, ax in zip(networks, axes[0], strict=True):
        matrix = evaluate.confusion(test["emotion"], answers[network, "whole image"][0])
        plots.confusion_matrix(matrix, EMOTIONS, ax)
        ax.set_title(f"{network}, n = {matrix.sum():,} images ({origin})")
    figure.tight_layout()
    return figure
