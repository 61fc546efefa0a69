"""Where a face is photographed: pose, light, background, what is in the way, and the camera's faults."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

SCENES = ("lab", "wild")
LIMITS = (30.0, 20.0, 20.0)  # degrees of yaw, pitch and roll in `wild`


@dataclass(frozen=True)
class Scene:
    """One photograph's conditions.

    Attributes:
        yaw, pitch, roll: degrees; the nose turns to the right of the image, up, and the head clockwise.
        gaze: angles to the left and up, radians.
        shift: of the head in the image, as fractions of its shorter side (right, down).
        zoom: 1 makes the head about 0.62 of the shorter side.
        lamp: float32 (5, 3), the rows are the fields of `shade.Lights`.
        background: seed of the background; a negative one is a plain wall.
        wall: linear colour of the wall.
        blur, grain: sd in pixels of a 256-pixel image, and in grey levels.
        jpeg, small: quality, and size in pixels that the image passes through; 0 for none.
        cover: seed of what hides a part of the face; negative for nothing.
        stops: by how much the camera exposes too long; negative for too short.
        contrast: of the camera's tone curve, see `shade.tone_curve`.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0
    lamp: np.ndarray = field(default_factory=lambda: light((0.35, 0.55, 0.8), 1.0))
    background: int = -1
    wall: tuple[float, float, float] = (0.30, 0.30, 0.31)
    blur: float = 0.0
    grain: float = 0.0
    jpeg: int = 0
    small: int = 0
    cover: int = -1
    stops: float = 0.0
    contrast: float = 1.0

    def turned(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> "Scene":
        """Return the same scene with the head turned to these angles."""
        return replace(self, yaw=yaw, pitch=pitch, roll=roll)


def light(
    direction: tuple[float, float, float],
    strength: float,
    colour: tuple | np.ndarray = (1.0, 0.97, 0.92),
    sky: float = 0.34,
    fill: float = 0.24,
) -> np.ndarray:
    """Return a lamp, a fill light and the sky as directions and colours, float32 (5, 3).

    Args:
        direction: to the lamp: right of the image, up, to the viewer.
        strength: of the lamp.
        colour: of the lamp (3,), linear.
        sky: strength of the sky.
        fill: strength of the light from the other side.
    """
    lamp = np.array(direction) / np.linalg.norm(direction)
    other = np.array([-lamp[0] * 0.9 - 0.1, 0.15, 0.8])
    colour = np.array(colour)
    rows = [
        lamp,
        0.66 * strength * colour,
        other / np.linalg.norm(other),
        np.full(3, fill),
        sky * np.array([0.95, 1.0, 1.05]),
    ]
    return np.array(rows, np.float32)


def sample(scene: str, rng: np.random.Generator) -> Scene:
    """Draw the conditions of one photograph.

    Raises:
        ValueError: unknown scene.
    """
    if scene == "lab":
        return _lab(rng)
    if scene == "wild":
        return _wild(rng)
    raise ValueError(f"scene is {scene!r}; expected one of {', '.join(SCENES)}")


def _lab(rng: np.random.Generator) -> Scene:
    yaw, pitch, roll = rng.normal(0, (2.5, 2.0, 1.5)).clip(-7, 7)
    lamp = light((rng.normal(0.25, 0.12), rng.normal(0.5, 0.08), 0.85), rng.normal(1, 0.04), sky=0.36)
    wall = float(rng.normal(0.32, 0.03))
    x, y, zoom = rng.normal(0, (0.008, 0.008, 0.012))
    gaze = tuple(rng.normal(0, 0.04, 2))
    return Scene(yaw, pitch, roll, gaze, (x, y), 1 + zoom, lamp, wall=(wall, wall, wall * 1.02), grain=1.2, blur=0.35)


def _wild(rng: np.random.Generator) -> Scene:
    yaw, pitch, roll = (rng.normal(0, 1, 3) * (15, 9, 9)).clip(np.negative(LIMITS), LIMITS)
    fault = rng.uniform(size=6)
    return Scene(
        yaw, pitch, roll,
        gaze=tuple(rng.normal(0, (0.13, 0.07)) * (2.2 if fault[5] < 0.2 else 1)),  # some glance aside
        shift=tuple(rng.normal(0, 0.035, 2)),
        zoom=float(np.exp(rng.normal(0, 0.10)).clip(0.78, 1.25)),
        lamp=_daylight(rng),
        background=int(rng.integers(1 << 30)),
        blur=float(rng.uniform(0.3, 1.5)) if fault[0] < 0.35 else 0.3,
        grain=float(rng.uniform(1, 8)) if fault[1] < 0.5 else 1.5,
        jpeg=int(rng.integers(35, 90)) if fault[2] < 0.5 else 0,
        small=int(rng.integers(56, 128)) if fault[3] < 0.2 else 0,
        cover=int(rng.integers(1 << 30)) if fault[4] < 0.12 else -1,
        stops=float(rng.normal(0.15, 0.2)),
        contrast=float(np.exp(rng.normal(0.2, 0.2)).clip(0.85, 1.7)),
    )  # fmt: skip


def _daylight(rng: np.random.Generator) -> np.ndarray:
    """Draw lamp, fill and sky from an overcast day to a spotlight in the dark, as `light`; in most the lamp wins."""
    around, height = rng.normal(0, 1.05), float(np.clip(rng.normal(0.45, 0.4), -0.5, 1.4))
    around, hard = float(np.clip(around, -1.9, 1.9)), rng.beta(1.8, 1.1)
    colour = 1 + rng.normal(0, 1) * np.array([0.10, 0.0, -0.13])
    return light(
        (np.sin(around), height, np.cos(around) + 0.25), 0.6 + 1.4 * hard, colour.clip(0.6, 1.4),
        0.45 - 0.40 * hard, 0.28 - 0.26 * np.sqrt(hard * rng.uniform()),
    )  # fmt: skip


def exposure(scene: Scene, skin: np.ndarray) -> np.float32:
    """Return what the camera multiplies light by: it evens out half of what skin and lamps differ in brightness.

    Args:
        scene: gives the lamps and the error of the exposure.
        skin: linear colour of the face (3,).
    """
    arriving = 0.55 * scene.lamp[1] + 0.5 * scene.lamp[3] + 0.8 * scene.lamp[4]
    bright = float((skin * arriving) @ (0.21, 0.72, 0.07))
    return np.float32(np.clip((0.30 / bright) ** 0.45, 0.85, 1.8) * 2**scene.stops)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return float64 (3, 3) that turns head coordinates (as columns) by degrees: first yaw, then pitch, then roll."""
    a, b, c = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def backdrop(scene: Scene, height: int, width: int) -> np.ndarray:
    """Return the background as linear light, float32 (height, width, 3)."""
    if scene.background < 0:
        shade = np.linspace(1.06, 0.92, height, dtype=np.float32)[:, None, None]
        return np.broadcast_to(shade * np.array(scene.wall, np.float32), (height, width, 3)).astype(np.float32)
    image = _place(np.random.default_rng(scene.background))
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


def _place(rng: np.random.Generator, side: int = 96) -> np.ndarray:
    """Draw a room or a street out of focus, or a light or dark studio; linear light, float32 (side, side, 3)."""
    level = rng.choice([0.85, 0.03, rng.uniform(0.05, 0.6)], p=(0.22, 0.18, 0.6))
    image = level * np.exp(rng.normal(0, (0.35, 0.1)[int(level > 0.8)], (3, 3, 3)))
    image = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    if rng.uniform() < 0.65:
        for _ in range(int(rng.integers(2, 14))):
            colour = tuple(map(float, rng.uniform(0, 0.9, 3) ** 1.5))
            x, y, w, h = map(int, rng.integers((0, 0, 3, 6), (side, side, side // 2, side)))
            if rng.uniform() < 0.7:
                cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
            else:
                cv2.circle(image, (x, y), w // 2, colour, -1)
        fine = int(rng.integers(5, side // 2))
        leaves = rng.normal(0, rng.uniform(0, 0.4), (fine, fine)).astype(np.float32)
        image *= np.exp(cv2.resize(leaves, (side, side), interpolation=cv2.INTER_LINEAR))[..., None]
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 3.5)))
    grey = image.mean(2, keepdims=True)
    return grey + float(rng.uniform(0.0, 0.6)) * (image - grey)  # few walls are as colourful as drawn at random
