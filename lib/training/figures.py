"""The figures of notebook 13."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.emotions import EMOTIONS
from lib.papers import fer2013

COLOURS = ("#e67e22", "#2e6fb0", "#1a1a2e")


def accuracies(overview: pd.DataFrame, title: str) -> Figure:
    """Draw the accuracies of `lib.training.real_faces.overview`, a panel per choice of test images.

    What others print stands as dotted lines in the first panel: it is on all images.
    """
    choices = overview["images"].unique()
    height = 1.6 + 0.25 * len(overview) / len(choices)
    figure, axes = plt.subplots(1, len(choices), figsize=(11, height), sharey=True, squeeze=False)
    for ax, choice in zip(axes[0], choices, strict=True):
        rows = overview[overview["images"] == choice]
        plots.intervals(rows.assign(label=rows["network"] + ", " + rows["input"]), ax)
        ax.set(xlabel="accuracy, 95 % interval", xlim=(0, 1), title=f"{choice}\nn = {rows['n'].max():,}")
    for number, (name, accuracy) in enumerate(fer2013.PUBLISHED.items()):
        axes[0, 0].axvline(accuracy, color=f"C{number}", ls=":", label=f"{name}: {accuracy:.3f}")
    figure.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title)
    figure.tight_layout()
    return figure


def examples(pictures: Sequence[np.ndarray]) -> Figure:
    """Draw images in a row and their crops below.

    Args:
        pictures: uint8 (size, size, 3) each, images and then crops, from `lib.training.real_faces.examples`.
    """
    return plots.gallery(pictures, columns=len(pictures) // 2)


def passes(histories: pd.DataFrame, title: str) -> Figure:
    """Draw the validation accuracy over the passes, a line per fit; `histories` from `lib.training.histories`."""
    figure, ax = plt.subplots(figsize=(8, 4))
    for number, (label, fits) in enumerate(histories.groupby("label", sort=False)):
        for seed, fit in fits.groupby("seed"):
            name = label if seed == fits["seed"].iloc[0] else None
            style = {"color": COLOURS[number // 2], "ls": "-" if number % 2 else "--"}  # dashed: saw near duplicates
            ax.plot(fit["epoch"], fit["val_accuracy"], **style, marker=".", lw=1.5, alpha=0.8, label=name)
    ax.set(xlabel="pass", ylabel="validation accuracy", title=title)
    ax.legend(fontsize=8)
    ax.grid(alpha=0.3)
    return figure


def recalls(table: pd.DataFrame, title: str) -> Figure:
    """Draw `lib.training.fair_trial.recalls`: a dot with its interval per emotion and network."""
    figure, ax = plt.subplots(figsize=(9, 4))
    networks = table["network"].unique()
    for number, network in enumerate(networks):
        rows = table[table["network"] == network].set_index("of").loc[list(EMOTIONS)]
        places = np.arange(len(rows)) + 0.18 * (number - (len(networks) - 1) / 2)
        lengths = np.abs(rows[["low", "high"]].T.to_numpy() - rows["value"].to_numpy())
        style = {"color": COLOURS[number // 2], "mfc": None if number % 2 else "white"}  # hollow: saw near duplicates
        ax.errorbar(places, rows["value"], lengths, fmt="o", ms=5, capsize=2, label=network, **style)
    ax.set_xticks(range(len(EMOTIONS)), EMOTIONS)
    ax.set(ylabel="recall, 95 % interval", ylim=(-0.03, 1.03), title=title)
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def memory(table: pd.DataFrame, title: str) -> Figure:
    """Draw `lib.training.memory.gaps`: a panel per network, near duplicates minus the rest by threshold."""
    networks = table["network"].unique()
    figure, axes = plt.subplots(1, len(networks), figsize=(5.5 * len(networks), 3.8), sharey=True, squeeze=False)
    for ax, network in zip(axes[0], networks, strict=True):
        rows = table[table["network"] == network]
        for number, (which, line) in enumerate(rows.groupby("which", sort=False)):
            places = np.arange(len(line)) + 0.12 * (number - 1)
            lengths = np.abs(line[["low", "high"]].T.to_numpy() - line["value"].to_numpy())
            ax.errorbar(places, line["value"], lengths, fmt="o", capsize=3, color=COLOURS[number], label=which)
        ax.axhline(0, color="0.5", lw=1)
        ax.set_xticks(range(len(line)), [f"{row.threshold:.2f}\nn = {row.n:,}" for row in line.itertuples()])
        ax.set(title=network, xlabel="near duplicate from this correlation on")
    axes[0, 0].set_ylabel("accuracy, near duplicates\nminus other images")
    axes[0, -1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title)
    figure.tight_layout()
    return figure


def changes(board: pd.DataFrame, title: str) -> Figure:
    """Draw the rows of `lib.training.ablation.fit`: each change minus the recipe, with its interval."""
    rows = board.dropna(subset="difference").drop(columns=["value", "low", "high"])
    names = {"difference": "value", "difference low": "low", "difference high": "high"}
    figure, ax = plt.subplots(figsize=(8, 1.2 + 0.3 * len(rows)))
    plots.intervals(rows.rename(columns=names), ax)
    ax.axvline(0, color="0.5", lw=1)
    ax.set(xlabel="validation accuracy minus the recipe's, 95 % interval", title=title)
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
