"""Paper A's 28 variants of a crop.

Paper A (augmentation) names 7 brightness variants x 4 blur variants (none, Gaussian, average, median) = 28 and gives no
strengths. The strengths are ours: gains of .55 to 1.45 that keep dark skin from drowning in black, and a blur radius of
1/64 of the crop's height: 5x5 pixels at 128, for the Gaussian with a standard deviation of 1 pixel.
"""

import cv2
import numpy as np
import pandas as pd

from lib.images import check
from lib.papers import paper_a

BRIGHTNESS = (1.0, 0.55, 0.7, 0.85, 1.15, 1.3, 1.45)  # gains, ours; the identity first
BLUR = ("none", "gaussian", "average", "median")  # paper A, augmentation
VARIANTS = len(BRIGHTNESS) * len(BLUR)  # 28; variant k has gain k // 4 and blur k % 4, so variant 0 is the crop itself
_GAIN_CURVES = [np.clip(np.rint(np.arange(256) * gain), 0, 255).astype(np.uint8) for gain in BRIGHTNESS]


def variant(crop: np.ndarray, k: int) -> np.ndarray:
    """Return variant `k` of one crop: blurred, then brightened.

    Args:
        crop: uint8 (H, W) or (H, W, 3).
        k: 0 to 27; 0 is the identity, bit for bit.

    Returns:
        uint8 of the crop's shape. Borders are replicated, so edges are as bright as the rest.

    Raises:
        ValueError: not an image, or `k` out of range.
    """
    if not 0 <= k < VARIANTS:
        raise ValueError(f"variant {k!r}; expected a whole number from 0 to {VARIANTS - 1}")
    gain, blur = divmod(int(k), len(BLUR))
    return cv2.LUT(_blurred(check(crop, "crop"), BLUR[blur]), _GAIN_CURVES[gain])


def variants(crop: np.ndarray) -> np.ndarray:
    """Return all variants of one crop, uint8 (28, H, W[, 3]); row k is `variant(crop, k)`."""
    blurred = [_blurred(check(crop, "crop"), blur) for blur in BLUR]
    return np.stack([cv2.LUT(image, curve) for curve in _GAIN_CURVES for image in blurred])


def count_images(classification: pd.DataFrame, intensity: pd.DataFrame) -> pd.DataFrame:
    """Return the images of Tables 4 and 7 of paper A beside ours, and both with their variants.

    Args:
        classification: the split by Table 3, with columns `split` and `data_set`.
        intensity: the split for the regression, likewise.
    """
    eiw = intensity[intensity["data_set"] == "eiw"]
    ours = {"EIW": eiw["split"].value_counts(), "EIW + MUG": intensity["split"].value_counts()}
    training = paper_a.TABLE_4["training"], paper_a.TABLE_4["training x 28"]
    rows = [("Table 4", "classification, training", *training, (classification["split"] == "train").sum())]
    for name, printed in paper_a.TABLE_7.items():
        for side, split in (("training", "train"), ("validation", "validation")):
            images = printed[side], printed[f"{side} x 28"]
            rows.append(("Table 7", f"{name}, {side}", *images, ours[name].get(split, 0)))
    table = pd.DataFrame(rows, columns=["table", "images of", "paper", "paper, with variants", "ours"])
    table["ours, with variants"] = table["ours"] * VARIANTS
    table["paper, GB"] = table["paper, with variants"] * paper_a.SIZE**2 * 3 / 1e9
    return table


def blur_size(height: int) -> int:
    """Return the side of the blur kernel in pixels, odd and at least 3: a radius of 1/64 of the crop's height."""
    return 2 * max(1, round(height / 64)) + 1


def _blurred(crop: np.ndarray, blur: str) -> np.ndarray:
    side = blur_size(crop.shape[0])
    if blur == "gaussian":
        return cv2.GaussianBlur(crop, (side, side), side / 5, borderType=cv2.BORDER_REPLICATE)
    if blur == "average":
        return cv2.blur(crop, (side, side), borderType=cv2.BORDER_REPLICATE)
    return cv2.medianBlur(crop, side) if blur == "median" else crop  # the median replicates borders by itself
