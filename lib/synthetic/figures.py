"""The figures of the notebook on the built-in faces."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib import plots
from lib.emotions import COLOURS, EMOTIONS, EMOTIONS_8
from lib.synthetic import mesh, shape, show, skin, units
from lib.synthetic.people import Subject
from lib.synthetic.render import render
from lib.synthetic.scene import SCENES, Scene
from lib.synthetic.truth import Truth


def people(subjects: Sequence[Subject]) -> Figure:
    """Draw one row per subject and one column per emotion, at full intensity."""
    sheet = show.contact_sheet(subjects)
    figure, ax = plt.subplots(figsize=(13, 13 * sheet.shape[0] / sheet.shape[1]))
    plots.picture(sheet, f"{len(subjects)} people, every emotion at 100 % (stand-in)", ax)
    return figure


def making(subject: Subject) -> Figure:
    """Draw the steps from the network's 468 points to the image of a subject, with a neutral face."""
    surface = mesh.surface()
    points = surface.refine @ shape.head(subject).control  # (V, 3), cm
    front = surface.fine[points[surface.fine][:, :, 2].mean(axis=1) > -4]  # triangles of the back are left out
    coarse = surface.triangles[(surface.triangles < 468).all(axis=1)]
    figure, axes = plt.subplots(1, 4, figsize=(14, 4))
    axes[0].triplot(*surface.points[:468, :2].T, coarse, lw=0.4)
    axes[1].triplot(*points[:, :2].T, front, lw=0.15, color="#5d4037")
    for ax, title in zip(axes[:2], ("the network's face, 468 points", "one person's, refined"), strict=True):
        ax.set(title=title, aspect="equal", xlabel="cm", xlim=(-8, 8), ylim=(-13, 11))
    plots.picture(skin.paint(subject)[0].colour[..., :3], "the painted skin, unrolled", axes[2])
    plots.picture(show.portrait(subject, {}), "the image", axes[3])
    return figure


def action_units(subject: Subject) -> Figure:
    """Draw a subject's neutral face, then every action unit alone at full strength on both sides."""
    near = Scene(zoom=1.35)
    faces = [show.portrait(subject, {}, near)]
    faces += [show.portrait(subject, {unit: (1.0, 1.0)}, near) for unit in units.UNITS]
    titles = ["neutral", *(f"{unit} {units.NAMES[unit]}" for unit in units.UNITS)]
    return plots.gallery(faces, titles, columns=7, side=2)


def levels(subject: Subject, shares: Sequence[float], seed: int) -> Figure:
    """Draw one row per emotion and one column per intensity in [0, 1]; the same random numbers in every image."""
    faces, titles = [], []
    for emotion in EMOTIONS_8:
        for share in shares:
            image, _ = render(subject, emotion, share, np.random.default_rng(seed), size=192)
            faces.append(image[20:-20, 30:-30])
            titles.append(f"{emotion} {share:.0%}")
    return plots.gallery(faces, titles, columns=len(shares), side=1.4)


def shift(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw what `check.landmark_shift` returns: a line per emotion, both axes in per cent."""
    for emotion, part in table.groupby("emotion", sort=False):
        ax.plot(100 * part["intensity"], 100 * part["shift"], "o-", color=COLOURS[emotion], label=emotion)
    ax.set(xlabel="intensity in %", ylabel="mean shift of 68 landmarks\nin % of the distance of the eyes")
    ax.legend()
    return ax


def course(frames: Sequence[tuple[np.ndarray, Truth]], emotion: str) -> Figure:
    """Draw ten frames of a sequence above its intensity and the closing of the right eye.

    Args:
        frames: (image, truth) each, the image uint8 (H, W, 3).
        emotion: of the sequence; gives the colour.
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(12, 4), height_ratios=(2, 1.4))
    step = max(1, len(frames) // 10)
    shown = range(0, len(frames), step)
    plots.strip([frames[k][0][15:-25, 30:-30] for k in shown], above, [f"frame {k}" for k in shown])
    below.plot([100 * truth.intensity for _, truth in frames], color=COLOURS[emotion], label="intensity")
    below.plot([100 * truth.action_units["43"][0] for _, truth in frames], color="#999999", label="eyes closed")
    below.set(xlabel="frame", ylabel="%", title=f"{emotion}, one sequence of {len(frames)} frames")
    below.legend()
    return figure


def truths(first: int, rng: np.random.Generator) -> Figure:
    """Draw five people from seed `first` on in each scene, each with an emotion at 80 % and the true landmarks."""
    figure, axes = plt.subplots(len(SCENES), 5, figsize=(13, 5.4))
    for row, scene in zip(axes, SCENES, strict=True):
        for number, ax in enumerate(row):
            emotion = EMOTIONS[int(rng.integers(len(EMOTIONS)))]
            image, truth = render(Subject(first + number), emotion, 0.8, rng, scene)
            plots.photograph(image, ax, truth.landmarks)
            ax.set_title(f"{scene}: {emotion}, yaw {truth.pose[0]:.0f}°", fontsize=8)
    return figure
