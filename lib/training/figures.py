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
    table = cells.set_index(["fitted on", "tested on"])["value"].unstack()  # noqa: PD010
    shown = ax.imshow(table, cmap="Blues", vmin=0, vmax=1)
    for row in cells.to_dict("records"):
        place = table.columns.get_loc(row["tested on"]), table.index.get_loc(row["fitted on"])
        colour = "white" if row["value"] > 0.55 else "#1a1a2e"
        ax.text(*place, _cell(row), ha="center", va="center", color=colour)
    ax.set_xticks(range(2), [f"{name} faces" for name in table.columns])
    ax.set_yticks(range(2), [f"{name} faces" for name in table.index], rotation=90, va="center")
    ax.set(xlabel="tested on", ylabel="fitted on", title=title)
    figure.colorbar(shown, label="accuracy")
    return figure


def _cell(row: Mapping[str, object]) -> str:
    """Return the text of a cell: a figure with its interval and images, or that there is none."""
    if pd.isna(row["value"]):
        return row["measured"]
    return f"{row['value']:.2f}\n[{row['low']:.2f}, {row['high']:.2f}]\nn = {row['n']:,.0f}\n{row['measured']}"
