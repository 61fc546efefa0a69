"""The figures of notebook 20."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib import plots


def matrix(cells: pd.DataFrame, title: str) -> Figure:
    """Draw `lib.comparators.matrix.cells` as a heat map: accuracy, and its interval below."""
    texts = [f"{row.value:.2f}\n[{row.low:.2f}, {row.high:.2f}]" for row in cells.itertuples()]
    shown = cells.assign(text=texts)
    shown["tested on"] += "\nn = " + shown["n"].astype(str)
    sides = shown["tested on"].nunique(), shown["fitted on"].nunique()
    figure, ax = plt.subplots(figsize=(2.2 + 1.15 * sides[0], 1.2 + 0.62 * sides[1]))
    plots.heat_map(shown, ax).set(title=title, aspect="auto")
    figure.colorbar(ax.images[0], label="accuracy")
    return figure
