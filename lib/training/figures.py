"""The figures of notebook 13."""

from collections.abc import Mapping

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


def transfer(cells: pd.DataFrame, title: str) -> Figure:
    """Draw `lib.training.transfer.cells` as a heat map: accuracy, interval, images, and where it was measured."""
    figure, ax = plt.subplots(figsize=(6, 4.4))
    plots.heat_map(cells.assign(text=[_cell(row) for row in cells.to_dict("records")]), ax)
    ax.set_xticks(ax.get_xticks(), [f"{name.get_text()} faces" for name in ax.get_xticklabels()])
    ax.set_yticks(ax.get_yticks(), [f"{name.get_text()} faces" for name in ax.get_yticklabels()], rotation=90)
    ax.set_title(title)
    figure.colorbar(ax.images[0], label="accuracy")
    return figure


def _cell(row: Mapping[str, object]) -> str:
    """Return the text of a cell: a figure with its interval and images, or that there is none."""
    if pd.isna(row["value"]):
        return row["measured"]
    return f"{row['value']:.2f}\n[{row['low']:.2f}, {row['high']:.2f}]\nn = {row['n']:,.0f}\n{row['measured']}"
