"""The figure of the notebook of splits."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.splits.leakage import KINDS

COLOURS = ("#c0392b", "#e67e22", "#6b8e23", "#2e6fb0")


def shared(table: pd.DataFrame) -> Figure:
    """Draw, per protocol and kind, the share of validation images that training shares; "unknown" where it is NaN.

    Args:
        table: columns protocol, kind, share in [0, 1], n.
    """
    protocols = list(table["protocol"].unique())
    figure, ax = plt.subplots(figsize=(9, 3.8))
    height = 0.8 / len(KINDS)
    for number, (kind, colour) in enumerate(zip(KINDS, COLOURS, strict=True)):
        rows = table[table["kind"] == kind].set_index("protocol").loc[protocols]
        place = np.arange(len(protocols)) + (number - 1.5) * height
        ax.barh(place, rows["share"].fillna(0), height, color=colour, label=f"same {kind}")
        for y, (share, n) in zip(place, rows[["share", "n"]].to_numpy(), strict=True):
            text = "unknown" if np.isnan(share) else f"{share:.0%} of {n:,.0f}"
            ax.text(np.nan_to_num(share) + 0.01, y, text, va="center", fontsize=7)
    ax.set_yticks(range(len(protocols)), protocols)
    ax.invert_yaxis()
    ax.set(xlabel="share of the validation images; for subjects, of those whose subject is known", xlim=(0, 1.15))
    ax.legend(fontsize=8, loc="lower right")
    return figure
