"""Figures of notebook 17."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.emotions import EMOTIONS
from lib.intensity.flicker import FRAMES_PER_SECOND
from lib.live import overlay, smooth
from lib.live.reader import Read

MARKS = {"none": "o", "exponential": "s", "median": "^", "one-euro": "D"}
COLOURS = ("#2e6fb0", "#c0392b")  # of the networks


def frames(reads: Sequence[Read], count: int) -> Figure:
    """Return some frames of a video with what is drawn on them, three in a row, each below its time."""
    picked = [reads[place] for place in np.linspace(0, len(reads) - 1, count).astype(int)]
    figure, axes = plt.subplots(count // 3, 3, figsize=(11, 2.9 * (count // 3)))
    for ax, read in zip(axes.flat, picked, strict=True):
        plots.picture(overlay.draw(read), f"{read.seconds:.2f} s", ax)
    figure.tight_layout(pad=0.4, h_pad=1.5)
    return figure


def jitter(overview: pd.DataFrame, changes: float, title: str) -> Figure:
    """Return label changes, and the share of right frames, over the delay: a mark per filter, a colour per network.

    Args:
        overview: from `lib.live.jitter.overview`.
        changes: of the truth per minute, drawn as a line.
        title: of the figure.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8))
    for ax, metric in zip(axes, ("changes per minute", "right"), strict=True):
        for colour, (network, rows) in zip(COLOURS, overview.groupby(level="network", sort=False), strict=False):
            ax.plot(rows["delay"], rows[metric], color=colour, lw=1, alpha=0.5)
            for smoothing, row in rows.droplevel("network").iterrows():
                label = f"{network}, {smoothing}"
                ax.plot(row["delay"], row[metric], MARKS[smoothing], color=colour, ms=8, label=label)
        ax.set(xlabel="delay, ms", ylim=(0, None))
        ax.grid(alpha=0.3)
    axes[0].axhline(changes, color="0.4", ls=":", label="the truth")
    axes[0].set_ylabel("label changes per minute")
    axes[1].set(ylabel="share of frames with the true label", ylim=(0, 1))
    axes[0].legend(fontsize=7, ncols=3, loc="upper left", bbox_to_anchor=(0, -0.2))
    figure.suptitle(title)
    return figure


def smoothed(frames: pd.DataFrame, outputs: np.ndarray, shown: Sequence[str], title: str) -> Figure:
    """Return the outputs over a sequence after some filters, a panel each, with the true intensity.

    Args:
        frames: F rows of one sequence, from `lib.intensity.flicker.sequences`.
        outputs: (F, 7) of one network.
        shown: names of filters.
        title: of the figure.
    """
    seconds = frames["frame"].to_numpy() / FRAMES_PER_SECOND
    figure, axes = plt.subplots(1, len(shown), figsize=(12, 2.8), sharey=True)
    for ax, name in zip(axes, shown, strict=True):
        plots.over_a_sequence(smooth.over(name, seconds, outputs), EMOTIONS, ax)
        ax.plot(np.arange(1, len(frames) + 1), frames["intensity"], "k--", lw=1, label="true intensity")
        ax.set_title(name)
    axes[-1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    figure.suptitle(title, y=1.06)
    return figure
