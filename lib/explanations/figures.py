"""The figures of notebook 22."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.explanations.maps import EDGES, GRAD_CAM, OCCLUSION
from lib.explanations.photographs import Pairs

COLOURS = {OCCLUSION: "#2e6fb0", GRAD_CAM: "#e67e22", EDGES: "#7f8c8d"}


def over_faces(faces: np.ndarray, maps: Mapping[str, np.ndarray], regions: np.ndarray, titles: Sequence[str]) -> Figure:
    """Draw faces in a row, below it each kind of map over them, and round the region that moved a line.

    Args:
        faces: uint8 (N, H, W, 3).
        maps: float (N, H, W) by name, a row each; only positive values show.
        regions: bool (N, H, W).
        titles: N.
    """
    rows = {"": np.zeros_like(regions, float), **maps}
    figure, axes = plt.subplots(len(rows), len(faces), figsize=(1.55 * len(faces), 1.6 * len(rows)), squeeze=False)
    for row, (name, values) in zip(axes, rows.items(), strict=True):
        row[0].set_ylabel(name)
        for ax, face, one, region in zip(row, faces, values, regions, strict=True):
            _face(ax, face, np.maximum(one, 0), region)
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=9)
    figure.tight_layout(pad=0.3)
    return figure


def _face(ax: Axes, face: np.ndarray, values: np.ndarray, region: np.ndarray) -> None:
    """Draw a face in grey, a map in colour and the line round a region."""
    ax.imshow(face.mean(axis=-1), cmap="gray", vmin=0, vmax=255)
    if values.any():
        ax.imshow(values, cmap="inferno", alpha=0.55)
    ax.contour(region, [0.5], colors="#00d5ff", linewidths=1.2)
    ax.set(xticks=[], yticks=[])


def by_emotion(hits: pd.DataFrame, metric: str, chance: float, ax: Axes) -> Axes:
    """Draw a figure of merit per emotion, a dot with its interval for each kind of map, and chance as a line.

    Args:
        hits: columns `metric`, `map`, `emotion`, `value`, `low`, `high`.
        metric: which.
        chance: share of the region in the crop.
        ax: axes.
    """
    rows = hits[hits["metric"] == metric]
    emotions = rows["emotion"].unique()
    for number, (name, colour) in enumerate(COLOURS.items()):
        one = rows[rows["map"] == name]
        places = np.arange(len(one))[::-1] + 0.22 * (1 - number)
        ax.hlines(places, one["low"], one["high"], color=colour, lw=2)
        ax.plot(one["value"], places, "o", color=colour, ms=5, label=name)
    ax.axvline(chance, color="#c0392b", ls="--", lw=1, label="chance")
    ax.set_yticks(np.arange(len(emotions))[::-1], emotions)
    ax.set(xlabel=metric, xlim=(-0.02, 1.02))
    ax.grid(axis="x", alpha=0.3)
    return ax


def merit(hits: pd.DataFrame, metrics: Sequence[str], chance: float, title: str) -> Figure:
    """Draw `by_emotion` for several metrics side by side.

    Args:
        hits: as for `by_emotion`.
        metrics: a panel each.
        chance: share of the region in the crop.
        title: of the figure.
    """
    figure, axes = plt.subplots(1, len(metrics), figsize=(4.6 * len(metrics), 4), sharey=True)
    for ax, metric in zip(axes, metrics, strict=True):
        by_emotion(hits, metric, chance, ax)
    axes[-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    return figure


def cascade(alike: pd.DataFrame, title: str) -> Figure:
    """Draw how alike maps stay while weights are redrawn: `alike` has `map`, `weights`, `value`, `low`, `high`."""
    figure, ax = plt.subplots(figsize=(7, 3))
    for name, rows in alike.groupby("map", sort=False):
        around = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
        ax.errorbar(rows["weights"], rows["value"], around, fmt="o-", capsize=3, color=COLOURS[name], label=name)
    ax.axhline(0, color="0.4", lw=0.8)
    ax.set(xlabel="weights drawn anew", ylabel="rank correlation\nwith the trained map", ylim=(-0.5, 1), title=title)
    ax.grid(alpha=0.3)
    ax.legend()
    return figure


def steps(pairs: Pairs, maps: Mapping[str, Mapping[str, np.ndarray]], row: int) -> Figure:
    """Draw the maps of one picture while weights are redrawn.

    Args:
        pairs: N.
        maps: by method and step, float (N, H, W).
        row: which picture.
    """
    names = [*next(iter(maps.values()))]
    rows = {method: np.stack([values[row] for values in by_step.values()]) for method, by_step in maps.items()}
    faces = np.repeat(pairs.shown[row][None], len(names), axis=0)
    return over_faces(faces, rows, np.repeat(pairs.region[row][None], len(names), axis=0), names)
