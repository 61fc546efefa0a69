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
from lib.synthetic.scene import SCENES, Scene, light
from lib.synthetic.truth import Truth


def people(subjects: Sequence[Subject]) -> Figure:
    """Draw one row per subject and one column per emotion, at full intensity."""
    sheet = show.contact_sheet(subjects)
    figure, ax = plt.subplots(figsize=(13, 13 * sheet.shape[0] / sheet.shape[1]))
    plots.picture(sheet, f"{len(subjects)} people, every emotion at 100 % (stand-in)", ax)
    return figure


def making(subject: Subject) -> Figure:
    """Draw what a subject's face is made of, with a neutral expression: geometry above, surface and image below."""
    surface, head = mesh.surface(), shape.head(subject)
    points = surface.refine @ head.control  # (V, 3), cm
    painted = skin.paint(subject)[0]
    figure, axes = plt.subplots(2, 3, figsize=(12, 8))
    (template, person, moving), (texture, relief, image) = axes
    coarse = surface.triangles[(surface.triangles < 468).all(axis=1)]
    _wire(surface.points[:468], coarse, "1 control mesh: the network's 468 points", template)
    _wire(points, surface.fine, "2 subdivision surface of one person", person)
    _displacement(head, 12, moving)
    plots.picture(painted.colour[..., :3], "4 albedo texture, unrolled", texture)
    depth = painted.relief / max(1e-6, float(np.abs(painted.relief).max()))  # [-1, 1]
    plots.picture((127.5 + 127.5 * depth).astype(np.uint8), "5 bump map, unrolled", relief)
    plots.picture(show.portrait(subject, {}), "6 shaded and rasterised", image)
    figure.tight_layout()
    return figure


def _wire(points: np.ndarray, triangles: np.ndarray, title: str, ax: Axes) -> None:
    """Draw the front of a surface as lines: points (V, 3) in cm, triangles (T, 3)."""
    front = triangles[points[triangles][:, :, 2].mean(axis=1) > -4]  # those of the back are left out
    ax.triplot(*points[:, :2].T, front, lw=60 / len(front) ** 0.6, color="#5d4037")
    ax.set(title=title, aspect="equal", xlabel="cm", xlim=(-8, 8), ylim=(-13, 11))


def _displacement(head: shape.Head, unit: int, ax: Axes) -> None:
    """Draw how far an action unit at full strength carries each vertex of a head's control mesh."""
    strength = np.zeros((len(units.UNITS), 2))
    strength[units.UNITS.index(unit)] = 1
    before, after = head.control[:468], units.deform(head.control, strength, head.eyes)[0][:468]
    way = after - before  # (468, 3), cm
    ax.plot(*before[:, :2].T, ".", ms=2, color="0.7")
    ax.quiver(*before[:, :2].T, *way[:, :2].T, color="#c0392b", scale=1, scale_units="xy", angles="xy", width=0.006)
    title = f"3 blend shape of unit {unit}, {units.NAMES[unit]}"
    ax.set(title=title, aspect="equal", xlabel="cm", xlim=(-8, 8), ylim=(-13, 11))


def photographing(subject: Subject) -> Figure:
    """Draw a subject in several lights, then through several cameras."""
    above, side, front = (0.0, 1.0, 0.35), (1.0, 0.2, 0.25), (0.1, 0.3, 1.0)
    scenes = {
        "ambient and fill alone": Scene(lamp=light(front, 0.0), zoom=1.35),
        "key light from the front": Scene(lamp=light(front, 1.0), zoom=1.35),
        "from the side": Scene(lamp=light(side, 1.0), zoom=1.35),
        "from above": Scene(lamp=light(above, 1.0), zoom=1.35),
        "head turned by 25°": Scene(yaw=25.0, zoom=1.35),
        "lens out of focus": Scene(blur=3.0, zoom=1.35),
        "sensor noise": Scene(grain=12.0, zoom=1.35),
        "48 pixels, JPEG": Scene(small=48, jpeg=30, zoom=1.35),
    }
    return plots.gallery([show.portrait(subject, {}, scene) for scene in scenes.values()], list(scenes), 4, 2.2)


def action_units(subject: Subject) -> Figure:
    """Draw a subject's neutral face, then every action unit alone at full strength on both sides, by its number."""
    near, numbers = Scene(zoom=1.35), sorted(units.UNITS)
    faces = [show.portrait(subject, {}, near)]
    faces += [show.portrait(subject, {unit: (1.0, 1.0)}, near) for unit in numbers]
    titles = ["neutral", *(f"{unit} {units.NAMES[unit]}" for unit in numbers)]
    return plots.gallery(faces, titles, columns=8, side=1.75)


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


def likeness(compared: pd.DataFrame, title: str) -> Figure:
    """Draw per feature the mean and one deviation either way of real and of rendered faces, a row per emotion.

    Args:
        compared: from `lib.synthetic.likeness.compared`.
        title: of the whole figure.
    """
    figure, axes = plt.subplots(2, 4, figsize=(13, 6), sharey=True)
    for ax, (feature, rows) in zip(axes.flat, compared.groupby("feature", sort=False), strict=True):
        places = np.arange(len(rows))
        for kind, colour, shift in (("real", "#7f8c8d", -0.16), ("rendered", "#2e6fb0", 0.16)):
            where = rows[f"{kind} mean"], places + shift
            ax.errorbar(*where, xerr=rows[f"{kind} sd"], fmt="o", ms=5, capsize=2, color=colour, label=kind)
        ax.set(title=feature, yticks=places, yticklabels=rows["emotion"])
        ax.grid(axis="x", alpha=0.3)
    axes[0, 0].invert_yaxis()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="upper right", ncols=2)
    figure.suptitle(title)
    figure.supxlabel("mean and one standard deviation, in distances of the eye centres")
    figure.tight_layout()
    return figure
