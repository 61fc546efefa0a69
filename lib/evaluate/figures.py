"""Whole figures of notebook 11."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.evaluate.beside_paper import paper_interval
from lib.evaluate.paper_items import Item

PAPER = "#c0392b"


def board(table: pd.DataFrame, item: Item, title: str) -> Figure:
    """Draw every network's figure with its interval, and the printed one as a line in a band.

    The first row of the leaderboard lends the band its spread over people.
    """
    figure, ax = plt.subplots(figsize=(7.5, 3.6))
    plots.intervals(table, ax).set(xlabel=item.item, title=title)
    ax.axvspan(*paper_interval(item, table.iloc[0]), color=PAPER, alpha=0.2, label="with our spread over people")
    ax.axvline(item.paper, color=PAPER, label=f"printed in the paper: {item.paper}")
    ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return figure


def numbers(table: pd.DataFrame, title: str) -> Figure:
    """Draw our leak-free figures with their intervals, and the printed numbers as diamonds.

    Rows of `lib.evaluate.beside_paper.numbers` without an interval, or with a bound, are left out, and losses, which
    are those of the fit.
    """
    left_out = table["verdict"].str.contains("bound") | table["item"].str.contains("loss")
    strict = table[~left_out].dropna(subset=["ours (leak-free)", "low", "paper"])
    strict = strict.rename(columns={"item": "label", "ours (leak-free)": "value"})
    figure, ax = plt.subplots(figsize=(8, 3))
    plots.intervals(strict, ax).set(xlabel="share, or RMSE", title=title, xlim=(0, 1))
    return figure
