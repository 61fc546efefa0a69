"""What stands between a face and its image: the lens, few pixels, grain, JPEG, and things in the way."""

from functools import lru_cache

import cv2
import numpy as np

from lib import images
from lib.synthetic.scene import Scene


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((1300, 1300, 3), dtype=np.float32)


def grain(shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Return float32 noise (h, w, 3), sd 1: a random window into one stored field; drawing it anew is slow."""
    row, column = rng.integers(0, 256, 2)
    field_ = _grain()
    if shape[0] + 256 > len(field_) or shape[1] + 256 > len(field_):
        return rng.standard_normal(shape, dtype=np.float32)
    return field_[row : row + shape[0], column : column + shape[1]]


def blur(light_: np.ndarray, scene: Scene, small: int) -> np.ndarray:
    """Return light after the lens and, in a poor image, a trip through few pixels.

    Args:
        light_: linear, float32 (h, w, 3).
        scene: gives the blur and the number of pixels.
        small: the shorter side of the image in pixels.
    """
    h, w = light_.shape[:2]
    if scene.blur:
        light_ = cv2.GaussianBlur(light_, (0, 0), scene.blur * small / 256)
    if scene.small and scene.small < small:
        share = scene.small / small
        few = cv2.resize(light_, (max(int(w * share), 8), max(int(h * share), 8)), interpolation=cv2.INTER_AREA)
        light_ = cv2.resize(few, (w, h), interpolation=cv2.INTER_LINEAR)
    return light_


def compress(image: np.ndarray, quality: int) -> np.ndarray:
    """Return an image after JPEG.

    Args:
        image: uint8 RGB (h, w, 3).
        quality: 1 to 100.
    """
    return images.decode(images.encode(image, ".jpg", quality))


def cover(light_: np.ndarray, scene: Scene, mesh: np.ndarray, tone: np.ndarray) -> None:
    """Put a hand or a dark bar over a part of the face, in place.

    Args:
        light_: float32 (h, w, 3), linear.
        scene: `cover` is the seed.
        mesh: float32 (468, 2), where the face is.
        tone: linear skin colour (3,).
    """
    rng = np.random.default_rng(scene.cover)
    size = float(np.linalg.norm(mesh[33] - mesh[263]))
    mask = np.zeros(light_.shape[:2], np.uint8)
    if rng.uniform() < 0.55:
        target = mesh[int(rng.choice([61, 291, 17, 152, 132, 361, 205, 425]))]
        _hand(mask, target, size, rng)
        colour = np.asarray(tone) * rng.uniform(0.45, 0.7)
    else:
        target = mesh[int(rng.choice([17, 132, 361, 103, 332, 70, 300]))] + rng.normal(0, 0.15 * size, 2)
        box = (
            tuple(map(float, target)),
            (float(size * rng.uniform(0.5, 0.9)), float(size * rng.uniform(0.8, 2))),
            float(rng.uniform(0, 180)),
        )
        cv2.fillPoly(mask, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255, cv2.LINE_AA)
        colour = rng.uniform(0.005, 0.1, 3)
    alpha = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(size / 60, 0.5))[..., None]
    edge = cv2.GaussianBlur(alpha[..., 0], (0, 0), max(size / 12, 1))[..., None]
    light_ += alpha * (np.asarray(colour, np.float32) * (0.55 + 0.6 * edge) - light_)


def _hand(mask: np.ndarray, target: np.ndarray, size: float, rng: np.random.Generator) -> None:
    """Draw four fingers that reach `target` from below and the palm they come from."""
    way = rng.uniform(-0.7, 0.7)
    ahead, across = np.array([np.sin(way), -np.cos(way)]), np.array([np.cos(way), np.sin(way)])
    for k, reach in enumerate((0.30, 0.46, 0.42, 0.22)):
        foot = target + across * (k - 1.5) * 0.23 * size - ahead * 0.75 * size
        tip = foot + ahead * (0.55 + reach) * size
        cv2.line(
            mask,
            tuple(np.round(foot).astype(int).tolist()),
            tuple(np.round(tip).astype(int).tolist()),
            255,
            max(int(0.20 * size), 1),
            cv2.LINE_AA,
        )
    palm = target - ahead * 1.25 * size
    cv2.ellipse(mask, (tuple(palm.tolist()), (1.05 * size, 1.4 * size), float(np.degrees(way))), 255, -1, cv2.LINE_AA)
