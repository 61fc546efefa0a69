"""Whole figures of the cleaning notebook."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib import plots
from lib.emotions import COLOURS
from lib.faces import crop_faces


def one_sequence_per_emotion(table: pd.DataFrame) -> pd.DataFrame:
    """Return the frames with a face of one sequence per emotion, neutral apart, in the order of the frames."""
    moving = table[(table["status"] == "ok") & (table["emotion"] != "neutral") & (table["sequence"] != "")]
    first = moving.groupby("emotion")["sequence"].first()
    return moving[moving["sequence"].isin(first)].sort_values(["emotion", "frame"])


def faces_with_titles(table: pd.DataFrame, titles: pd.Series, study: Path) -> Figure:
    """Draw the aligned faces of the first 16 rows of a table, eight in a row; an empty one draws a line of words.

    Args:
        table: rows of `lib.datasets`.
        titles: str, one per row.
        study: folder of the products, `lib.paths.data(scale)`.
    """
    crops = [] if table.empty else list(crop_faces(table.head(16), study, size=96).images[:])
    return plots.gallery(crops, titles.head(16).tolist(), columns=8)


def strength_curves(frames: pd.DataFrame, chosen: pd.Index, levels: Sequence[float]) -> Figure:
    """Draw the share of the strongest frame over each sequence, a panel per emotion, dotted lines at `levels`.

    Frames whose label of the index is in `chosen` are filled.
    """
    emotions = list(frames["emotion"].unique())
    figure, axes = plt.subplots(1, len(emotions), figsize=(15, 2.8), sharey=True, squeeze=False)
    for emotion, ax in zip(emotions, axes[0], strict=True):
        sequence = frames[frames["emotion"] == emotion]
        _over_a_sequence(sequence, sequence.index.isin(chosen), ax)
        ax.set_title(f"{emotion}, at most {sequence['strength'].max():.3f}", fontsize=10)
        for level in levels:
            ax.axhline(level, color="0.6", ls=":", lw=1, zorder=0)
    axes[0, 0].set_ylabel("share of the strongest frame")
    return figure


def _over_a_sequence(sequence: pd.DataFrame, filled: np.ndarray, ax: Axes) -> None:
    """Draw share over frame for the N rows of one sequence; frames where `filled`, bool (N,), get a filled dot."""
    colour = COLOURS[sequence["emotion"].iloc[0]]
    frame, share = sequence["frame"].to_numpy(), sequence["share"].to_numpy()
    ax.plot(frame, share, "-", color=colour, lw=1)
    ax.plot(frame[filled], share[filled], "o", color=colour, ms=7)
    ax.plot(frame[~filled], share[~filled], "o", color=colour, ms=5, mfc="white")
    ax.set(xlabel="frame", ylim=(-0.05, 1.08))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
