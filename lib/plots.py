"""Figures of the study: every function takes `ax` and returns it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lib.emotions import COLOURS


def confusion_matrix(counts: np.ndarray, emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw counts (K, K), rows true: the colour and the upper number are the row's share, the lower number the count."""
    rates = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(rates, cmap="Blues", vmin=0, vmax=1)
    for (row, column), rate in np.ndenumerate(rates):
        text = f"{100 * rate:.0f} %\n{counts[row, column]:,}"
        ax.text(column, row, text, ha="center", va="center", fontsize=7, color="white" if rate > 0.55 else "#1a1a2e")
    places = range(len(emotions))
    ax.set_xticks(places, emotions, rotation=45, ha="right")
    ax.set_yticks(places, [f"{name} ({n:,})" for name, n in zip(emotions, counts.sum(axis=1), strict=True)])
    ax.set(xlabel="predicted emotion", ylabel="true emotion (images)")
    return ax


def intervals(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one dot with its 95 % interval per row of a table with `label`, `value`, `low`, `high`, top to bottom.

    Optional columns: `paper` adds a diamond for the printed figure, `colour` colours a row.
    """
    places = np.arange(len(table))[::-1]
    colours = table["colour"] if "colour" in table else ["#2e6fb0"] * len(table)
    for place, row, colour in zip(places, table.itertuples(), colours, strict=True):
        ax.plot([row.low, row.high], [place, place], color=colour, lw=2, solid_capstyle="butt")
        ax.plot(row.value, place, "o", color=colour, ms=6)
    if "paper" in table:
        ax.plot(table["paper"], places, "D", color="#c0392b", ms=6, mfc="none", label="printed in the paper")
    ax.set_yticks(places, table["label"])
    ax.set_ylim(-0.7, len(table) - 0.3)
    ax.grid(axis="x", alpha=0.3)
    return ax


def training_curves(history: pd.DataFrame, metric: str, ax: Axes) -> Axes:
    """Draw `metric` and `val_metric` over epochs, one pair of lines per training seed.

    Args:
        history: columns `seed`, `epoch` (from 1), `metric` and `val_<metric>`.
        metric: for instance "loss" or "accuracy".
        ax: axes.
    """
    for column, colour, name in ((metric, "#2e6fb0", "training"), (f"val_{metric}", "#e67e22", "validation")):
        for number, (_, run) in enumerate(history.groupby("seed")):
            ax.plot(run["epoch"], run[column], color=colour, lw=1.5, alpha=0.8, label=None if number else name)
    ax.set(xlabel="epoch", ylabel=metric)
    ax.legend()
    return ax


def share_right_by_strength(table: pd.DataFrame, ax: Axes, label: str | None = None, colour: str = "#2e6fb0") -> Axes:
    """Draw a share with its interval over strength: a table with `strength` (percent), `value`, `low`, `high`."""
    below, above = table["value"] - table["low"], table["high"] - table["value"]
    ax.errorbar(table["strength"], table["value"], [below, above], fmt="o-", capsize=3, color=colour, label=label)
    ax.set(xlabel="labelled strength of the expression, %", ylabel="share right", ylim=(0, 1.02))
    ax.grid(alpha=0.3)
    return ax


def predicted_against_true(y_true: np.ndarray, y_pred: np.ndarray, emotion: str, ax: Axes, label: str = "") -> Axes:
    """Draw one emotion's output against its label, both (N,) in [0, 1]: median and quartiles per labelled level."""
    levels, place = np.unique(np.round(y_true, 2), return_inverse=True)
    quartiles = np.array([np.percentile(y_pred[place == k], [25, 50, 75]) for k in range(len(levels))])
    ax.plot([0, 1], [0, 1], color="0.6", lw=1, ls="--")
    ax.fill_between(levels, quartiles[:, 0], quartiles[:, 2], color=COLOURS[emotion], alpha=0.25, lw=0)
    ax.plot(levels, quartiles[:, 1], "o-", color=COLOURS[emotion], label=label or None)
    ax.set(title=f"{emotion} (n = {len(y_true):,})", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    return ax


def over_a_sequence(outputs: np.ndarray, emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw outputs (frames, K) of one sequence, a line per emotion in its colour."""
    for emotion, values in zip(emotions, outputs.T, strict=True):
        ax.plot(np.arange(1, len(values) + 1), values, color=COLOURS[emotion], lw=1.8, label=emotion)
    ax.set(xlabel="frame", ylabel="output", ylim=(-0.02, 1.02))
    return ax


def emotion_row(emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw the emotions in the order of their index, each in its colour."""
    for place, name in enumerate(emotions):
        ax.bar(place, 1, width=0.96, color=COLOURS[name])
        ax.text(place, 0.5, f"{place}  {name}", ha="center", va="center", color="white")
    ax.set_axis_off()
    return ax
