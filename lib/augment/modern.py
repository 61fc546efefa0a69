"""The modern set beside paper A's variants: flip, brightness, contrast, RandAugment, cutout and mixup.

It is OpenCV and NumPy, one crop at a time; `lib.augment.layers` has the set as layers of libraries. All strengths are
ours.
"""

from collections.abc import Callable

import cv2
import numpy as np

from lib.images import check

RANDAUGMENT_OPERATIONS = 2  # per image
_LEVELS = np.arange(256, dtype=np.float32)


def modern(crop: np.ndarray, rng: np.random.Generator, erase: bool = True) -> np.ndarray:
    """Return a random flip, brightness, contrast, two RandAugment operations and a cutout of one crop.

    Args:
        crop: uint8 (H, W, 3).
        rng: decides everything; the same state gives the same image.
        erase: cut a rectangle out.

    Returns:
        uint8 (H, W, 3).
    """
    image = cv2.flip(check(crop, "crop"), 1) if rng.random() < 0.5 else crop
    contrast, brightness = rng.uniform(-1, 1, 2)
    image = _curve(image, _contrast(contrast) + 38 * brightness)
    for number in rng.integers(0, len(OPERATIONS), RANDAUGMENT_OPERATIONS):
        image = list(OPERATIONS.values())[number](image, rng.uniform(-1, 1))
    return _cut_out(image, rng) if erase else image


def mix_up(
    images: np.ndarray, targets: np.ndarray, rng: np.random.Generator, alpha: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """Return each image blended with another of its batch, and the targets blended alike (Zhang et al. 2018).

    KerasCV's own MixUp draws from unseeded generators whatever its seed, so a batch could not be made again.

    Args:
        images: uint8 (B, H, W, 3).
        targets: float (B, classes), one-hot or intensities.
        rng: draws one share per image from Beta(alpha, alpha), and the partners.
        alpha: over 0; .2 blends lightly, 1 takes every share as likely.

    Returns:
        Images uint8 (B, H, W, 3), targets float32 (B, classes).

    Raises:
        ValueError: targets are not (B, classes).
    """
    if targets.ndim != 2:
        raise ValueError(f"mixup blends targets, so they must be (B, classes); got {targets.shape}: one-hot them first")
    share = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    share = np.maximum(share, 1 - share)  # the image itself weighs most
    partner = rng.permutation(len(images))
    blends = zip(images, images[partner], share.tolist(), strict=True)
    mixed = [cv2.addWeighted(image, kept, other, 1 - kept, 0) for image, other, kept in blends]
    return np.stack(mixed), share[:, None] * targets + (1 - share[:, None]) * targets[partner]


def cut_mix(images: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return each image with a rectangle of another of its batch, and targets by the shares of both (Yun et al. 2019).

    Args:
        images: uint8 (B, H, W, 3).
        targets: float (B, classes).
        rng: draws the share of the rectangle, any as likely as another and one for the batch, its place, the partners.

    Returns:
        Images uint8 (B, H, W, 3), targets float32 (B, classes).
    """
    height, width = images.shape[1:3]
    side = np.sqrt(rng.random())
    high, wide = round(side * height), round(side * width)
    top, left = rng.integers(0, height - high + 1), rng.integers(0, width - wide + 1)
    partner = rng.permutation(len(images))
    here = np.s_[:, top : top + high, left : left + wide]
    mixed = images.copy()
    mixed[here] = images[partner][here]
    share = np.float32(high * wide / (height * width))
    return mixed, (1 - share) * targets + share * targets[partner]


def _curve(image: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return cv2.LUT(image, np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def _brightened(image: np.ndarray, strength: float) -> np.ndarray:
    return _curve(image, _LEVELS + 38 * strength)  # up to 15 % of the range


def _contrast(strength: float) -> np.ndarray:
    return (_LEVELS - 128) * (1 + 0.4 * strength) + 128  # up to 40 % more or less


def _stretched(image: np.ndarray, strength: float) -> np.ndarray:
    low, high, _, _ = cv2.minMaxLoc(image.reshape(len(image), -1))
    return _curve(image, (_LEVELS - low) * 255 / max(high - low, 1))


def _coloured(image: np.ndarray, strength: float) -> np.ndarray:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, 1 + 0.6 * strength, grey, -0.6 * strength, 0)


def _moved(image: np.ndarray, matrix: list[list[float]], shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Return the image under `matrix` (2, 2) about its centre, then `shift` (x, y) as a share of its size."""
    size = np.array(image.shape[1::-1])
    centre = (size - 1) / 2
    offset = centre - np.array(matrix) @ centre + np.array(shift) * size
    affine = np.column_stack([matrix, offset])  # (2, 3)
    return cv2.warpAffine(image, affine, size.tolist(), borderMode=cv2.BORDER_REPLICATE)


def _turned(image: np.ndarray, strength: float) -> np.ndarray:
    cosine, sine = np.cos(strength * np.pi / 12), np.sin(strength * np.pi / 12)  # up to 15 degrees
    return _moved(image, [[cosine, -sine], [sine, cosine]])


OPERATIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    # Of RandAugment (Cubuk et al. 2020), those that leave an expression readable; strength in [-1, 1], 0 the identity
    # but for auto contrast, which has none.
    "brightness": _brightened,
    "contrast": lambda image, strength: _curve(image, _contrast(strength)),
    "auto contrast": _stretched,
    "colour": _coloured,
    "rotate": _turned,
    "shear x": lambda image, strength: _moved(image, [[1, 0.2 * strength], [0, 1]]),
    "shear y": lambda image, strength: _moved(image, [[1, 0], [0.2 * strength, 1]]),
    "translate x": lambda image, strength: _moved(image, [[1, 0], [0, 1]], (0.1 * strength, 0)),
    "translate y": lambda image, strength: _moved(image, [[1, 0], [0, 1]], (0, 0.1 * strength)),
}


def _cut_out(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    high, wide = (rng.uniform(0.1, 0.3, 2) * (height, width)).astype(int)
    top, left = rng.integers(0, height - high), rng.integers(0, width - wide)
    cut = image.copy()
    cut[top : top + high, left : left + wide] = 128
    return cut
