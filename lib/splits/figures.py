"""The figure and the results of the notebook of splits."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import records
from lib.splits.leakage import KINDS, exposure

COLOURS = ("#c0392b", "#e67e22", "#6b8e23", "#2e6fb0")


def shared(table: pd.DataFrame) -> Figure:
    """Draw, per protocol and kind, the share of validation images that training shares; "unknown" where it is NaN.

    Args:
        table: columns protocol, kind, share in [0, 1], n.
    """
    protocols = list(table["protocol"].unique())
    figure, ax = plt.subplots(figsize=(9, 3.4))
    height = 0.8 / len(KINDS)
    for number, (kind, colour) in enumerate(zip(KINDS, COLOURS, strict=True)):
        share = table[table["kind"] == kind].set_index("protocol")["share"].reindex(protocols)
        place = np.arange(len(protocols)) + (number - 1.5) * height
        ax.barh(place, share.fillna(0), height, color=colour, label=f"same {kind}")
        for y, value in zip(place, share, strict=True):
            text = "unknown" if np.isnan(value) else f"{value:.0%}"
            ax.text(np.nan_to_num(value) + 0.01, y, text, va="center", fontsize=7)
    ax.set_yticks(range(len(protocols)), protocols)
    ax.invert_yaxis()
    ax.set(xlabel="share of the validation images; for subjects, of those whose subject is known", xlim=(0, 1.08))
    ax.legend(fontsize=8, loc="lower right")
    return figure


def results(table: pd.DataFrame, name: str, origin: str, paper: Mapping[str, int]) -> list[records.Result]:
    """Return the results of one split: images per side, and the share of validation that training shares per kind.

    Args:
        table: with column `split`.
        name: of the split.
        origin: of the data, one of `lib.records.ORIGINS`.
        paper: printed number of images, by side.
    """
    sizes = table.groupby("split").size()
    counts = pd.DataFrame({"metric": sizes.index + " images", "value": sizes.astype(float), "n": sizes})
    shares = exposure(table).rename(columns={"share": "value"}).rename_axis("metric").reset_index()
    shares["metric"] = "same " + shares["metric"]
    printed = {f"{side} images": count for side, count in paper.items()}
    return [
        *records.results(counts, f"splits/{name}", "after cleaning", origin, printed),
        *records.results(shares, f"splits/{name}", "share of validation; for subjects, where they are known", origin),
    ]
