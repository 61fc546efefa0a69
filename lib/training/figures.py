"""The figure of notebook 13."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.papers import fer2013


def accuracies(overview: pd.DataFrame, title: str) -> Figure:
    """Draw the accuracies of `lib.training.real_faces.overview`, and what others print as dotted lines."""
    figure, ax = plt.subplots(figsize=(9, 1.6 + 0.25 * len(overview)))
    plots.intervals(overview, ax).set(xlabel="accuracy, 95 % interval", title=title)
    for number, (name, accuracy) in enumerate(fer2013.PUBLISHED.items()):
        ax.axvline(accuracy, color=f"C{number}", ls=":", label=f"{name}: {accuracy:.3f}")
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
