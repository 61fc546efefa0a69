"""Figures of notebook 09."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib import evaluate, plots
from lib.emotions import EMOTIONS
from lib.training.classification import Judged


def curves(histories: pd.DataFrame, title: str) -> Figure:
    """Return loss and accuracy over the passes of one label; `histories` from `lib.training.histories`."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6))
    for ax, metric in zip(axes, ("loss", "accuracy"), strict=True):
        plots.training_curves(histories, metric, ax)
    figure.suptitle(title)
    return figure


def matrices(judged: Judged, title: str) -> Figure:
    """Return a confusion matrix of the first seed per label, side by side."""
    figure, axes = plt.subplots(1, len(judged), figsize=(6.5 * len(judged), 5.4), squeeze=False)
    for ax, (label, (images, predicted)) in zip(axes[0], judged.items(), strict=True):
        plots.confusion_matrix(evaluate.confusion(images["emotion"], predicted[0]), EMOTIONS, ax)
        ax.set_title(f"{label}, n = {len(images):,}")
    figure.suptitle(title)
    figure.tight_layout()
    return figure
