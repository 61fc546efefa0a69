"""Portraits by action unit, contact sheets and clips of rendered faces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lib import images
from lib.emotions import EMOTIONS_8
from lib.synthetic.people import Subject
from lib.synthetic.render import draw, render, sequence
from lib.synthetic.scene import Scene
from lib.synthetic.units import NAMES, UNITS

if TYPE_CHECKING:
    import ipywidgets

_HEADER = 22  # pixels for the emotions' names


def portrait(
    subject: Subject, strength: Mapping[int, tuple[float, float]], scene: Scene | None = None, size: int = 256
) -> np.ndarray:
    """Return a subject with given action units, uint8 (size, size, 3) RGB.

    Args:
        subject: who.
        strength: per unit, how strong on the (right, left) in [0, 1]; units left out are at 0.
        scene: by default frontal, even light, a plain wall.
        size: pixels.

    Raises:
        ValueError: a unit that does not exist.
    """
    unknown = sorted(set(strength) - set(UNITS))
    if unknown:
        raise ValueError(f"no action unit {', '.join(map(str, unknown))}; there are {', '.join(map(str, UNITS))}")
    pairs = np.array([strength.get(unit, (0.0, 0.0)) for unit in UNITS], float)
    return draw(subject, pairs, scene or Scene(), np.random.default_rng(0), size)[0]


def sliders(subject: Subject, size: int = 320) -> "ipywidgets.HBox":
    """Return a widget with a slider per action unit and side beside the face that they move."""
    import ipywidgets as widgets

    def redraw(_: object = None) -> None:
        picture = portrait(
            subject, {unit: (right.value, left.value) for unit, (right, left) in controls.items()}, size=size
        )
        view.value = images.encode(picture)

    options = {"min": 0.0, "max": 1.0, "step": 0.05, "continuous_update": False, "layout": {"width": "150px"}}
    controls = {unit: (widgets.FloatSlider(**options), widgets.FloatSlider(**options)) for unit in UNITS}
    view = widgets.Image(format="png", width=size, height=size)
    rows = []
    for unit, pair in controls.items():
        for slider in pair:
            slider.observe(redraw, "value")
        rows.append(widgets.HBox([widgets.Label(f"{unit} {NAMES[unit]}", layout={"width": "150px"}), *pair]))
    redraw()
    return widgets.HBox([view, widgets.VBox(rows)])


def contact_sheet(
    subjects: Sequence[Subject], scene: str = "lab", intensity: float = 1.0, size: int = 192
) -> np.ndarray:
    """Return a sheet of one row per subject and one column per emotion, uint8 (H, W, 3) RGB."""
    rows = []
    for who in subjects:
        rngs = [np.random.default_rng((who.seed, k)) for k in range(len(EMOTIONS_8))]
        pictures = zip(EMOTIONS_8, rngs, strict=True)
        rows.append(np.hstack([render(who, emotion, intensity, rng, scene, size)[0] for emotion, rng in pictures]))
    header = np.full((_HEADER, size * len(EMOTIONS_8), 3), 255, np.uint8)
    for k, emotion in enumerate(EMOTIONS_8):
        cv2.putText(header, emotion, (k * size + 6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([header, *rows])


def frames(subjects: Sequence[Subject], scene: str = "lab", size: int = 384, count: int = 50) -> Iterator[np.ndarray]:
    """Yield the frames of a clip in which each subject shows each emotion once, uint8 RGB (size, size, 3).

    Args:
        subjects: who.
        scene: lab or wild.
        size: pixels.
        count: frames of one emotion.
    """
    for who in subjects:
        for k, emotion in enumerate(EMOTIONS_8):
            for image, truth in sequence(who, emotion, count, np.random.default_rng((who.seed, k)), scene, size):
                label = f"{emotion} {100 * truth.intensity:.0f} %"
                yield cv2.putText(
                    image, label, (10, size - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA
                )
