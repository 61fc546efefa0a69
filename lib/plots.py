"""Figures of the study: a function that takes `ax` returns it; the others return a whole figure."""

from collections.abc import Mapping, Sequence

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.emotions import COLOURS, EMOTIONS


def confusion_matrix(counts: np.ndarray, emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw a confusion matrix: colour and upper number are the row's share, the lower number is the count.

    Args:
        counts: int (K, K), a row per true emotion, a column per predicted one.
        emotions: K names.
        ax: axes.
    """
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


def confusion_matrices(matrices: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw confusion matrices side by side, each below its label, its images and the share on the diagonal.

    Args:
        matrices: by label, int (7, 7), from `lib.evaluate.confusion`.
        title: of the whole figure.
    """
    figure, axes = plt.subplots(1, len(matrices), figsize=(6.5 * len(matrices), 5.6), squeeze=False)
    for ax, (label, counts) in zip(axes[0], matrices.items(), strict=True):
        images = counts.sum()
        confusion_matrix(counts, EMOTIONS, ax)
        ax.set_title(f"{label}, n = {images:,}, {100 * np.trace(counts) / images:.0f} % right")
    figure.suptitle(title)
    figure.tight_layout()
    return figure


def heat_map(cells: pd.DataFrame, ax: Axes) -> Axes:
    """Draw what networks of each row reach on each column, as colour and text.

    Args:
        cells: columns `fitted on` and `tested on`, whose first appearance gives the order of rows and columns, `value`
            in [0, 1] or NaN, and `text`.
        ax: axes.
    """
    rows, columns = list(cells["fitted on"].unique()), list(cells["tested on"].unique())
    values = cells.set_index(["fitted on", "tested on"])["value"].unstack().loc[rows, columns]  # noqa: PD010
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for row in cells.to_dict("records"):
        place = columns.index(row["tested on"]), rows.index(row["fitted on"])
        colour = "white" if row["value"] > 0.55 else "#1a1a2e"
        ax.text(*place, row["text"], ha="center", va="center", color=colour, fontsize=8)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows, va="center")
    ax.set(xlabel="tested on", ylabel="fitted on")
    return ax


def intervals(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw one dot with its 95 % interval per row of a table with `label`, `value`, `low`, `high`, top to bottom.

    Optional columns: `paper` adds diamonds for printed figures and a legend, `colour` colours a row.
    """
    places = np.arange(len(table))[::-1]
    colours = table["colour"] if "colour" in table else ["#2e6fb0"] * len(table)
    for place, row, colour in zip(places, table.itertuples(), colours, strict=True):
        ax.plot([row.low, row.high], [place, place], color=colour, lw=2, solid_capstyle="butt")
        ax.plot(row.value, place, "o", color=colour, ms=6)
    if "paper" in table and table["paper"].notna().any():
        ax.plot(table["paper"], places, "D", color="#c0392b", ms=6, mfc="none", label="printed in the paper")
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    ax.set_yticks(places, table["label"])
    ax.set_ylim(-0.7, len(table) - 0.3)
    ax.grid(axis="x", alpha=0.3)
    return ax


def training_curves(history: pd.DataFrame, metric: str, ax: Axes) -> Axes:
    """Draw columns `metric` and `val_<metric>` over `epoch`, from 1: one pair of lines for each `seed`."""
    for column, colour, name in ((metric, "#2e6fb0", "training"), (f"val_{metric}", "#e67e22", "validation")):
        for number, (_, run) in enumerate(history.groupby("seed")):
            ax.plot(run["epoch"], run[column], ".-", color=colour, lw=1.5, alpha=0.8, label=None if number else name)
    ax.set(xlabel="epoch", ylabel=metric)
    ax.legend()
    return ax


def fit_curves(history: pd.DataFrame, title: str) -> Figure:
    """Draw loss and accuracy over epochs side by side; `history` as for `training_curves`."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6))
    for ax, metric in zip(axes, ("loss", "accuracy"), strict=True):
        training_curves(history, metric, ax)
    figure.suptitle(title)
    return figure


def by_strength(table: pd.DataFrame, ax: Axes, label: str, colour: str, aside: float = 0.0) -> Axes:
    """Draw a figure with its interval over strength.

    Args:
        table: with `strength` (percent), `value`, `low`, `high`.
        ax: axes.
        label: in the legend.
        colour: of line and intervals.
        aside: per cent by which it is drawn to the right, so that intervals of several do not cover each other.
    """
    below, above = table["value"] - table["low"], table["high"] - table["value"]
    ax.errorbar(
        table["strength"] + aside, table["value"], [below, above], fmt="o-", capsize=3, color=colour, label=label
    )
    ax.set_xlabel("labelled strength of the expression, %")
    ax.grid(alpha=0.3)
    return ax


def predicted_against_true(y_true: np.ndarray, y_pred: np.ndarray, emotion: str, ax: Axes) -> Axes:
    """Draw the output of one emotion against its label: median and quartiles per labelled level.

    Args:
        y_true: float (N,) in [0, 1].
        y_pred: float (N,) in [0, 1].
        emotion: which gives colour and title.
        ax: axes.
    """
    levels, place = np.unique(np.round(y_true, 2), return_inverse=True)
    quartiles = np.array([np.percentile(y_pred[place == k], [25, 50, 75]) for k in range(len(levels))])
    ax.plot([0, 1], [0, 1], color="0.6", lw=1, ls="--")
    ax.fill_between(levels, quartiles[:, 0], quartiles[:, 2], color=COLOURS[emotion], alpha=0.25, lw=0)
    ax.plot(levels, quartiles[:, 1], "o-", color=COLOURS[emotion])
    ax.set(title=f"{emotion} (n = {len(y_true):,})", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    return ax


def over_a_sequence(outputs: np.ndarray, emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw the outputs over a sequence, a line per emotion in its colour.

    Args:
        outputs: float (frames, K) in [0, 1].
        emotions: K names.
        ax: axes.
    """
    for emotion, values in zip(emotions, outputs.T, strict=True):
        ax.plot(np.arange(1, len(values) + 1), values, color=COLOURS[emotion], lw=1.8, label=emotion)
    ax.set(xlabel="frame", ylabel="output", ylim=(-0.02, 1.02))
    return ax


def photograph(
    image: np.ndarray, ax: Axes, landmarks: np.ndarray | None = None, window: np.ndarray | None = None
) -> Axes:
    """Draw an image with landmarks as dots and the outline of a crop.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        ax: axes.
        landmarks: (n, 2) as (x, y) in pixels.
        window: (4, 2), the corners of the crop in pixels of the image.
    """
    height, width = image.shape[:2]
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    if landmarks is not None:
        ax.scatter(*landmarks.T, s=5, color="#00d5ff", edgecolors="#10242c", linewidths=0.3)
    if window is not None:
        ax.plot(*window[[0, 1, 2, 3, 0]].T, color="#ffb000", lw=1.2)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    ax.set_axis_off()
    return ax


def strip(pictures: Sequence[np.ndarray], ax: Axes, titles: Sequence[str] = ()) -> Axes:
    """Draw images of one size side by side, each below its title.

    Args:
        pictures: uint8 (P, P) or (P, P, 3) each.
        ax: axes.
        titles: none, or one for each image.
    """
    side = pictures[0].shape[1]
    ax.imshow(np.hstack(pictures), cmap="gray", vmin=0, vmax=255)
    for place, title in enumerate(titles):
        ax.text((place + 0.5) * side, -0.04 * side, title, ha="center", va="bottom", fontsize=8)
    ax.set_axis_off()
    return ax


def emotion_row(emotions: Sequence[str], ax: Axes) -> Axes:
    """Draw the emotions in the order of their index, each in its colour."""
    for place, name in enumerate(emotions):
        ax.bar(place, 1, width=0.96, color=COLOURS[name])
        ax.text(place, 0.5, f"{place}  {name}", ha="center", va="center", color="white")
    ax.set_axis_off()
    return ax


def flow_chart(steps: Mapping[str, tuple[str, str, float, float]], arrows: Sequence[tuple[str, str]], ax: Axes) -> Axes:
    """Draw steps as boxes and what follows what as arrows.

    Args:
        steps: name -> what it has, its notebook, column and row of its box, the first on top.
        arrows: pairs of names.
        ax: axes.
    """
    box, boxes = {"boxstyle": "round,pad=0.6", "facecolor": "#eef3f8", "edgecolor": "#2e6fb0"}, {}
    for name, (detail, notebook, column, row) in steps.items():
        words = f"{name}\n{detail}\nnotebook {notebook}"
        text = ax.text(column, row, words, ha="center", va="center", fontsize=8, bbox=box)
        boxes[name] = text.get_bbox_patch()
    for first, second in arrows:
        ends = {"patchA": boxes[first], "patchB": boxes[second], "arrowstyle": "-|>", "color": "#2e6fb0"}
        ax.annotate("", xy=steps[second][2:], xytext=steps[first][2:], arrowprops=ends)
    columns, rows = zip(*(step[2:] for step in steps.values()), strict=True)
    ax.set(xlim=(min(columns) - 0.5, max(columns) + 0.5), ylim=(max(rows) + 0.5, min(rows) - 0.5))
    ax.set_axis_off()
    return ax


def layers(table: pd.DataFrame, column: str, unit: str, ax: Axes, colour: str = "#2e6fb0") -> Axes:
    """Draw one bar per layer that has weights, first on top; `table` from `lib.models.anatomy.table`."""
    table = table[table["multiply_adds"] > 0]
    ax.barh(table["layer"], table[column], color=colour)
    for place, value in enumerate(table[column]):
        ax.text(value, place, f" {value:.3g}", va="center", fontsize=8)
    ax.set(xlabel=unit, xlim=(0, 1.2 * table[column].max()), ylim=(len(table) - 0.5, -0.5))
    return ax


def receptive_fields(image: np.ndarray, table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw an image and, about its centre, the square of pixels that one output of each layer sees.

    Args:
        image: uint8 (H, W, 3).
        table: rows of `lib.models.anatomy.table`, at most five.
        ax: axes.
    """
    ax.imshow(image)
    centre, colours = (np.array(image.shape[:2]) - 1) / 2, ("#ffd166", "#06d6a0", "#4cc9f0", "#f72585", "#ffffff")
    for (layer, side), colour in zip(
        table[["layer", "receptive_field"]].itertuples(index=False), colours, strict=False
    ):
        low, high = centre - side / 2, centre + side / 2
        square = [low[1], high[1], high[1], low[1], low[1]], [low[0], low[0], high[0], high[0], low[0]]
        ax.plot(*square, color=colour, lw=2, label=f"{layer}, {side} pixels")
    ax.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5), xticks=[], yticks=[])
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, facecolor="0.4", labelcolor="white")
    return ax


def tiles(pictures: np.ndarray, texts: np.ndarray, rows: Sequence[str], columns: Sequence[str], ax: Axes) -> Axes:
    """Draw images as one sheet, a text in the corner of each.

    Args:
        pictures: (R, C, H, W) or (R, C, H, W, 3).
        texts: str (R, C).
        rows: R names.
        columns: C names.
        ax: axes.
    """
    high, wide = pictures.shape[2:4]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in pictures], axis=0)
    ax.imshow(sheet, cmap="magma")
    for (row, column), text in np.ndenumerate(texts):
        place = (column * wide + 0.04 * wide, row * high + 0.05 * high)
        ax.text(*place, text, color="white", fontsize=7, va="top", bbox={"color": "black", "alpha": 0.5, "pad": 1})
    ax.set_xticks((np.arange(len(columns)) + 0.5) * wide, columns)
    ax.set_yticks((np.arange(len(rows)) + 0.5) * high, rows)
    ax.tick_params(length=0)
    return ax


def class_counts(counts: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of each emotion per data set as one bar: `counts` has a row per data set, a column per emotion."""
    left, total = np.zeros(len(counts)), counts.sum(axis=1)
    for emotion in counts.columns:
        share = (counts[emotion] / total).to_numpy()
        ax.barh(range(len(counts)), share, left=left, color=COLOURS[emotion], label=emotion)
        left += share
    ax.set_yticks(range(len(counts)), [f"{name} (n = {n:,})" for name, n in total.items()])
    ax.invert_yaxis()
    ax.set(xlabel="share of the images", xlim=(0, 1))
    ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    return ax


def picture(image: np.ndarray, title: str, ax: Axes) -> Axes:
    """Show an image without axes; one that is larger than its place is averaged down to it.

    Args:
        image: uint8, RGB (H, W, 3) or grey (H, W).
        title: above it.
        ax: axes.
    """
    share = 2 * ax.get_window_extent().width / image.shape[1]  # 2: figures are saved finer than they are drawn
    if share < 1:
        image = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set_title(title, fontsize=8)
    ax.set_axis_off()
    return ax


def stacked_bar(parts: pd.Series, ax: Axes) -> Axes:
    """Draw positive parts as one bar, each named below its piece's share; small ones in the legend only."""
    starts = parts.cumsum() - parts
    for name, colour in zip(parts.index, ("#7f8c8d", "#2e6fb0", "#6b8e23", "#e67e22", "#7d3c98"), strict=False):
        share = parts[name] / parts.sum()
        ax.barh(0, parts[name], left=starts[name], color=colour, label=f"{name}, {share:.0%}")
        if share > 0.08:
            ax.text(starts[name] + parts[name] / 2, 0, f"{parts[name]:.1f}", ha="center", va="center", color="white")
    ax.set_yticks([])
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.45), ncols=len(parts), fontsize=8, frameon=False)
    return ax


def gallery(pictures: Sequence[np.ndarray], titles: Sequence[str] = (), columns: int = 8, side: float = 1.5) -> Figure:
    """Draw pictures, uint8 (H, W[, 3]), in rows of `columns`, each below its title; none gives a line of words.

    Args:
        pictures: sizes may differ.
        titles: none, or one for each picture.
        columns: pictures in a row.
        side: inches of a picture.
    """
    if not len(pictures):
        figure = plt.figure(figsize=(3, 0.4))
        figure.text(0.5, 0.5, "there is no such image", ha="center", va="center")
        return figure
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height = side * (1.25 if len(titles) else 1)
    figure, axes = plt.subplots(rows, columns, figsize=(side * columns, height * rows), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for place, image in enumerate(pictures):
        picture(image, titles[place] if len(titles) else "", axes.flat[place])
    figure.tight_layout(pad=0.3)
    return figure
