"""What a split made after augmentation tests: whether a variant finds another variant of its own face."""

import cv2
import numpy as np
import pandas as pd

from lib.augment.variants import BRIGHTNESS, VARIANTS, blur_size, variants
from lib.cleaning.duplicates import thumbnail


def thumbnails(crops: np.ndarray) -> np.ndarray:
    """Return the standardised thumbnails of all variants, float32 (28 N, 256), of crops, uint8 (N, H, W, 3)."""
    return np.stack([thumbnail(image) for crop in crops for image in variants(crop)])


def split_after_augmentation(small: np.ndarray, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Put a random share of the variants aside; let each look for its nearest thumbnail among the others.

    Args:
        small: float32 (28 N, 256) from `thumbnails`.
        share: of the rows that are put aside, in (0, 1).
        rng: draws them.

    Returns:
        One row per variant put aside: `face` (number of its crop), `own` (whether the nearest one shows that face).
    """
    face = np.repeat(np.arange(len(small) // VARIANTS), VARIANTS)
    aside = rng.random(len(face)) < share
    nearest = face[~aside][np.argmax(small[aside] @ small[~aside].T, axis=1)]
    return pd.DataFrame({"face": face[aside], "own": (nearest == face[aside]).astype(float)})


def likeness(small: np.ndarray) -> float:
    """Return the mean correlation of two variants of one face, from `thumbnails` (28 N, 256)."""
    pairs = np.triu_indices(VARIANTS, 1)
    faces = small.reshape(-1, VARIANTS, small.shape[1])
    return float(np.mean([np.corrcoef(face)[pairs].mean() for face in faces]))


def bare_variants(crop: np.ndarray) -> np.ndarray:
    """Return what `variants` returns by bare OpenCV calls, as the yardstick of its cost; uint8 (28, H, W, 3)."""
    side, repeat = blur_size(crop.shape[0]), cv2.BORDER_REPLICATE
    gaussian = cv2.GaussianBlur(crop, (side, side), side / 5, borderType=repeat)
    average = cv2.blur(crop, (side, side), borderType=repeat)
    blurred = (crop, gaussian, average, cv2.medianBlur(crop, side))
    curves = [np.clip(np.rint(np.arange(256) * gain), 0, 255).astype(np.uint8) for gain in BRIGHTNESS]
    return np.stack([cv2.LUT(image, curve) for curve in curves for image in blurred])
