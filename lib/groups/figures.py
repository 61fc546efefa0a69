"""Figures of notebook 21."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.groups import design
from lib.groups.networks import BALANCED, BIASED, SHIPPED

COLOURS = {SHIPPED: "#7f8c8d", BALANCED: "#2e6fb0", BIASED: "#c0392b"}
DRAWN, CROP = 256, 160  # pixels of the pictures that are shown


def versions(table: pd.DataFrame, emotion: str, people: int) -> Figure:
    """Return the four versions of some people in both lights, a row per person and light.

    Args:
        table: from `design.tested`.
        emotion: that is shown.
        people: how many, the first of the table.
    """
    shown = table[(table["emotion"] == emotion) & table["person"].isin(table["person"].unique()[:people])]
    groups = shown.groupby(["person", "light"], sort=False)
    figure, axes = plt.subplots(len(groups), 1, figsize=(7.5, 2.1 * len(groups)), squeeze=False)
    for ax, ((_, light), rows) in zip(axes[:, 0], groups, strict=True):
        rows = rows.to_dict("records")
        titles = [", ".join(row[name] for name in design.VERSION) for row in rows]
        plots.strip([design.picture(row, DRAWN, CROP) for row in rows], ax, titles)
        ax.text(-8, CROP / 2, light, rotation=90, ha="right", va="center", fontsize=8)
    figure.tight_layout()
    return figure


def training_sets(table: pd.DataFrame, count: int) -> Figure:
    """Return dark people of the balanced training set, above the same people in the biased one.

    Args:
        table: from `design.trained`.
        count: people.
    """
    dark = table["balanced"] & ~table["biased"]
    people = table["person"][dark].unique()[:count]
    figure, axes = plt.subplots(2, 1, figsize=(1.3 * count, 3.2))
    for ax, name in zip(axes, (BALANCED, BIASED), strict=True):
        rows = table[table[name] & table["person"].isin(people) & (table["take"] == 3)].sort_values("person")
        plots.strip([design.picture(row, DRAWN, CROP) for row in rows.to_dict("records")], ax)
        ax.set_title(f"the same people in the {name} set", fontsize=9)
    figure.tight_layout()
    return figure


def gaps(table: pd.DataFrame, title: str) -> Figure:
    """Return the gaps of every attribute with their intervals, a colour per network; `table` from `audit.gaps`."""
    table = table.sort_values("of", key=lambda column: column.map(list(design.ATTRIBUTES).index), kind="stable")
    rows = table.assign(label=_labels(table) + ": " + table["network"], colour=table["network"].map(COLOURS))
    _, ax = plt.subplots(figsize=(7.5, 0.36 * len(rows) + 1))
    return _with_zero(plots.intervals(rows, ax), "gap in accuracy", title)


def change(table: pd.DataFrame, title: str) -> Figure:
    """Return the differences of gaps with their intervals; `table` from `audit.change`."""
    _, ax = plt.subplots(figsize=(7.5, 2.6))
    return _with_zero(plots.intervals(table.assign(label=_labels(table)), ax), "gap after bias minus gap before", title)


def kinds(tables: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Return how much more often the second level is wrongly called each emotion, a panel per network.

    Args:
        tables: by network, from `audit.kinds`.
        title: of the whole figure.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(3.6 * len(tables), 3.4), sharex=True, sharey=True)
    for ax, (network, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        plots.intervals(table.assign(label=table["of"], colour=COLOURS[network]), ax)
        ax.axvline(0, color="0.4", lw=1)
        ax.set(title=network, xlabel="")
        ax.locator_params(axis="x", nbins=5)
    figure.suptitle(title)
    figure.supxlabel("share of pictures wrongly called so: second level minus first", fontsize="medium")
    figure.tight_layout()
    return figure


def alarms(table: pd.DataFrame, title: str) -> Figure:
    """Return the share of audits that raise an alarm over the planted gap, a line per design; from `audit.alarms`."""
    figure, ax = plt.subplots(figsize=(7.5, 3.6))
    for (name, part), colour in zip(
        table.groupby("design", sort=False), ("#2e6fb0", "#6b8e23", "#c0392b"), strict=True
    ):
        ax.plot(part["planted"], part["value"], "o-", color=colour, label=name)
        ax.fill_between(part["planted"], part["low"], part["high"], color=colour, alpha=0.15, lw=0)
    ax.axhline(0.05, color="0.4", ls=":", label="5 %")
    ax.set(xlabel="planted gap in accuracy", ylabel="share of audits with an alarm", ylim=(0, 1.02), title=title)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _labels(table: pd.DataFrame) -> pd.Series:
    return table["second"] + " minus " + table["first"]


def _with_zero(ax: plt.Axes, label: str, title: str) -> Figure:
    """Return the figure of axes with a line at 0, a label and a title."""
    ax.axvline(0, color="0.4", lw=1)
    ax.set(xlabel=label, title=title)
    return ax.figure
