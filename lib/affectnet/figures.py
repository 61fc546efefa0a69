"""The figures of notebook 15."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import datasets, plots
from lib.affectnet.photographs import WAYS, prepare
from lib.affectnet.results import SIDES
from lib.papers import paper_b

COLOURS = {"training": "#2e6fb0", "validation": "#e67e22"}


def prepared(table: pd.DataFrame, boxes: np.ndarray, size: int) -> Figure:
    """Draw one photograph of each emotion as it comes, and its face at one size with each way to even out its light.

    Args:
        table: photographs with a face, N rows.
        boxes: (N, 4) in pixels, in memory or mapped.
        size: side of the faces in pixels.
    """
    rows = np.flatnonzero(~table["emotion"].duplicated())
    pictures = [datasets.read_image(table.iloc[row]) for row in rows]
    titles = table["emotion"].iloc[rows].tolist()
    faces = []
    for equalise in WAYS:
        faces += [prepare(image, boxes[row], size, equalise) for image, row in zip(pictures, rows, strict=True)]
        titles += [equalise] + [""] * (len(rows) - 1)
    return plots.gallery([*pictures, *faces], titles, columns=len(rows))


def epochs(history: pd.DataFrame, images: Mapping[str, int], title: str) -> Figure:
    """Draw Figure 6.2.1 with both metrics: binary accuracy to the left, true accuracy to the right.

    Args:
        history: from `lib.affectnet.networks.fit`.
        images: by side, "training" and "validation".
        title: of the figure.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
    for ax, metric in zip(axes, ("binary_accuracy", "accuracy"), strict=True):
        for side, prefix in SIDES.items():
            values = history[f"{prefix}{metric}"]
            ax.plot(history["epoch"], values, ".-", color=COLOURS[side], label=f"ours, {side}, n = {images[side]}")
            ax.plot(paper_b.EPOCHS, paper_b.TABLE_6_1_1[side], "D", color=COLOURS[side], mfc="none")
        ax.plot([], [], "D", color="0.4", mfc="none", label="printed in paper B")
        ax.axhline(paper_b.FLAT, color="#c0392b", lw=0.8, label="7/8")
        ax.axvline((history["stage"] == "head").sum() + 0.5, color="0.7", ls=":", label="from here on all layers")
        ax.set(xlabel="epoch", ylim=(0, 1.02), title="binary accuracy")
    axes[0].set_ylabel("accuracy")
    axes[1].set_title("true accuracy")
    axes[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title, y=1.02)
    return figure
