"""The figures of notebook 04."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib import datasets, plots
from lib.faces.align import WAYS, align, crop_matrix, move
from lib.faces.detect import Face
from lib.faces.store import Rows
from lib.faces.trials import TRUE_POINTS

COLOURS = {
    "traditional": "#7f8c8d",
    "box": "#6b8e23",
    "proposed": "#2e6fb0",
    "eyes": "#e67e22",
    TRUE_POINTS: "#8e44ad",
}


def face_and_crop(image: np.ndarray, face: Face, size: int) -> Figure:
    """Draw paper A's Figure 4: an image with the mesh, with the 68 landmarks and the proposed crop, and that crop.

    Args:
        image: uint8 RGB (H, W, 3).
        face: in that image.
        size: side of the crop in pixels.
    """
    crop, _, inverse = align(image, face.landmarks, "proposed", size)
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4))
    plots.photograph(image, axes[0], face.mesh).set_title("468 mesh points")
    plots.photograph(image, axes[1], face.landmarks, _corners(inverse, size)).set_title("68 landmarks, proposed crop")
    plots.photograph(crop, axes[2]).set_title(f"the crop, {size} x {size} pixels")
    for number, side in {1: (-12, -3), 9: (-3, -12), 17: (5, -3)}.items():
        place = face.landmarks[number - 1]
        axes[1].annotate(str(number), place, side, textcoords="offset points", color="#ffb000", weight="bold")
    return figure


def before_and_after(table: pd.DataFrame, landmarks: Rows, size: int) -> Figure:
    """Draw paper A's Figure 5: two images of each data set, each beside its crops.

    Args:
        table: rows of `find_faces`; the first two of each data set with a face that can be cut out are drawn.
        landmarks: (N, 68, 2) of `find_faces`; the index of `table` counts its rows.
        size: side of the crops in pixels.
    """
    usable = [status == "ok" and _spans_crops(landmarks[row], size) for row, status in table["status"].items()]
    shown = table[usable].groupby("data_set", sort=False).head(2)
    names = [name for name in datasets.NAMES if name in set(shown["data_set"])]
    shape = {"width_ratios": [1, len(WAYS), 1, len(WAYS)], "squeeze": False}
    figure, axes = plt.subplots(len(names), 4, figsize=(14, 2 * len(names)), **shape)
    for ax in axes.flat:
        ax.set_axis_off()
    for name, line in zip(names, axes, strict=True):
        rows = shown[shown["data_set"] == name]
        for (before, after), (number, row) in zip(line.reshape(2, 2), rows.iterrows(), strict=False):
            image = datasets.read_image(row)
            crops = {how: align(image, landmarks[number], how, size) for how in WAYS}
            window = _corners(crops["proposed"].inverse, size)
            plots.photograph(image, before, landmarks[number], window).set_title(name, fontsize=9)
            plots.strip([one.crop for one in crops.values()], after, WAYS)
    figure.tight_layout()
    return figure


def _spans_crops(landmarks: np.ndarray, size: int) -> bool:
    """Return whether a face can be cut out in every way: in profile its points may span no width."""
    try:
        return all(crop_matrix(landmarks, how, size, (size, size)) is not None for how in WAYS)
    except ValueError:
        return False


def odd_images(odd: pd.DataFrame) -> Figure:
    """Draw up to two images of each data set and reason, twelve in all, each below both; `odd` of `trials`."""
    shown = odd[odd["status"].isin(["ok", "no face"])]  # the others cannot be read
    shown = shown.groupby(["data_set", "reason"], sort=False).head(2).head(12)
    images = [datasets.read_image(row) for _, row in shown.iterrows()]
    return plots.gallery(images, (shown["data_set"] + ": " + shown["reason"]).tolist(), columns=6, side=2.2)


def largest_errors(rendered: pd.DataFrame, errors: pd.DataFrame, number: int = 6) -> Figure:
    """Draw the rendered faces whose landmarks are most off, with those landmarks; both tables of `trials`."""
    errors = errors[errors["metric"] == "landmark error, all 68"].set_index("image")["value"]
    worst = errors.sort_values(ascending=False).head(number)
    figure, axes = plt.subplots(1, number, figsize=(14, 2.8))
    for ax, (image, error) in zip(axes, worst.items(), strict=False):
        row = rendered.loc[image]
        plots.photograph(row["image"], ax, row["landmarks"]).set_title(f"{row['scene']}: error {error:.3f}", fontsize=9)
    return figure


def angle_errors(turned: pd.DataFrame, rng: np.random.Generator) -> Figure:
    """Draw how far the detected turn is off the true one, a dot a face, moved aside a little; `turned` of `trials`."""
    figure, ax = plt.subplots(figsize=(6, 3))
    ax.axhspan(-0.5, 0.5, color="0.92")
    place = turned["degrees"] + rng.uniform(-2, 2, len(turned))
    ax.plot(place, turned["error"], ".", color=COLOURS["proposed"])
    ax.set(xlabel="turned by, degrees", ylabel="change of the angle minus the turn, degrees")
    ax.set_title(f"{len(turned)} turned faces (stand-in)", fontsize=10)
    return figure


def claims(table: pd.DataFrame, size: int) -> Figure:
    """Draw eye-level spread and background of each alignment, of `lib.evaluate.by`, in crops of `size` pixels."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 3))
    units = {"eye-level spread": f"pixels of {size}", "background": "share of the crop"}
    for ax, (metric, unit) in zip(axes, units.items(), strict=True):
        _intervals(table[table["metric"] == metric], "scene", f"{metric}, {unit}", ax).set_xlim(0)
    figure.tight_layout()
    return figure


def chin(table: pd.DataFrame, brows: pd.DataFrame, size: int) -> Figure:
    """Draw how far the brows move in each crop, and beside it one person's crops at rest and with a dropped jaw.

    Args:
        table: by `action` and `alignment`, of `lib.evaluate.by`.
        brows: of `trials.brow_movement`; the second action is shown below the first.
        size: side of the crops in pixels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(14, 5), width_ratios=[1, 1.2])
    _intervals(table, "action", f"brows move down, pixels of {size}", axes[0]).axvline(0, color="0.6", lw=1)
    rest, action = brows["action"].unique()[:2]
    crop = brows.drop_duplicates(["action", "alignment"]).set_index(["action", "alignment"])["crop"]
    plots.strip([np.vstack([crop[rest, how], crop[action, how]]) for how in WAYS], axes[1], WAYS)
    figure.tight_layout()
    return figure


def _intervals(table: pd.DataFrame, first: str, unit: str, ax: Axes) -> Axes:
    """Draw intervals over `first` and `alignment` in the colours of the alignments."""
    labels, colours = table[first] + ", " + table["alignment"], table["alignment"].map(COLOURS)
    plots.intervals(table.assign(label=labels, colour=colours), ax).set_xlabel(unit)
    ax.set_title(f"{table['n'].max()} images of {table['clusters'].max()} people (stand-in)", fontsize=10)
    return ax


def _corners(inverse: np.ndarray, size: int) -> np.ndarray:
    """Return the corners (4, 2) of a crop in pixels of the image; `inverse` (2, 3) leads there."""
    return move(np.array([[0, 0], [size, 0], [size, size], [0, size]]), inverse)
