"""Rendered people at rest and with an expression: what differs between the two pictures is what the muscles changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from lib import progress
from lib.emotions import EMOTIONS
from lib.faces import align
from lib.synthetic import Subject, draw, expressions
from lib.synthetic import scene as scenes

FIRST = 22_000_000  # seed of a person whom no stand-in has
SHOWN = tuple(emotion for emotion in EMOTIONS if emotion != "neutral")  # neutral moves nothing
BLUR = 1 / 16  # ours: sd of the blur of the change, share of the crop; a map is no finer than that


@dataclass(frozen=True)
class Pairs:
    """Two crops a row, cut out at the same place: the expression, and the same photograph at rest.

    Attributes:
        table: columns `person` and `emotion`, N rows.
        shown: uint8 (N, size, size, 3).
        resting: the same with all muscles at rest.
        region: bool (N, size, size), the share of each crop that changed most.
    """

    table: pd.DataFrame
    shown: np.ndarray
    resting: np.ndarray
    region: np.ndarray


def draw_pairs(people: int, size: int, area: float, seed: int) -> Pairs:
    """Draw people with each of six emotions at full strength, beside themselves at rest.

    Args:
        people: how many.
        size: side of the crops in pixels.
        area: share of a crop that counts as the region that moved, in (0, 1).
        seed: of expressions, light and camera.
    """
    rows, shown, resting = [], [], []
    for person in progress.bar(range(people), "pairs of pictures", "people"):
        for number, emotion in enumerate(SHOWN):
            rows.append((person, emotion))
            pair = _pair(Subject(FIRST + person), emotion, size, [seed, person, number])
            shown.append(pair[0])
            resting.append(pair[1])
    shown, resting = np.stack(shown), np.stack(resting)
    table = pd.DataFrame(rows, columns=["person", "emotion"])
    return Pairs(table, shown, resting, largest(changes(shown, resting), area))


def changes(shown: np.ndarray, resting: np.ndarray) -> np.ndarray:
    """Return by how much grey values changed, blurred, float32 (N, H, W) in grey levels.

    Args:
        shown: uint8 (N, H, W, 3).
        resting: likewise.
    """
    change = np.abs(shown.mean(axis=-1, dtype=np.float32) - resting.mean(axis=-1, dtype=np.float32))
    return np.stack([blurred(one) for one in change])


def blurred(values: np.ndarray) -> np.ndarray:
    """Return values float32 (H, W) blurred as coarsely as the maps are."""
    return cv2.GaussianBlur(values, (0, 0), BLUR * values.shape[1])


def largest(values: np.ndarray, area: float) -> np.ndarray:
    """Return where the largest values of each picture are, bool (N, H, W).

    Args:
        values: float (N, H, W).
        area: their share of the picture, in (0, 1).
    """
    return values > np.quantile(values, 1 - area, axis=(1, 2), keepdims=True)


def _pair(person: Subject, emotion: str, size: int, seed: Sequence[int]) -> list[np.ndarray]:
    """Return two crops, uint8 (size, size, 3): with the emotion, and at rest; light, pose and grain are the same."""
    rng = np.random.default_rng(seed)
    full, rest = expressions.draw(person, emotion, rng)
    scene = scenes.sample("lab", rng)
    drawn = [draw(person, expressions.at(full, rest, level), scene, np.random.default_rng(seed)) for level in (1, 0)]
    landmarks = drawn[0][1].landmarks
    return [align(image, landmarks, "proposed", size).crop for image, _ in drawn]
