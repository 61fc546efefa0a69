"""Paper A's 28 variants of a crop.

Paper A (augmentation) names 7 brightness variants x 4 blur variants (none, Gaussian, average, median) = 28 and gives no
strengths. The strengths are ours: gains of .55 to 1.45 that keep dark skin from drowning in black, and a blur radius of
1/64 of the crop's height: 5x5 pixels at 128, for the Gaussian with a standard deviation of 1 pixel.
"""

import cv2
import numpy as np
from matplotlib.axes import Axes

from lib import plots
from lib.images import check

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


def blur_size(height: int) -> int:
    """Return the side of the blur kernel in pixels, odd and at least 3: a radius of 1/64 of the crop's height."""
    return 2 * max(1, round(height / 64)) + 1


def draw_variants(sheet: np.ndarray, ax: Axes, numbers: np.ndarray | None = None) -> Axes:
    """Draw the variants of a crop as a sheet: a row per blur, a column per gain, dark to bright.

    Args:
        sheet: (28, h, w) or (28, h, w, 3), row k for variant k: crops, or what a layer makes of them.
        ax: axes.
        numbers: (28,), one for the corner of each tile; the variant's number if left out.
    """
    texts = np.arange(VARIANTS).astype(str) if numbers is None else np.char.mod("%.2f", numbers)
    gains = np.argsort(BRIGHTNESS)
    grid = sheet.reshape(len(BRIGHTNESS), len(BLUR), *sheet.shape[1:])[gains].swapaxes(0, 1)
    texts = texts.reshape(len(BRIGHTNESS), len(BLUR))[gains].T
    return plots.tiles(grid, texts, BLUR, [f"gain {BRIGHTNESS[k]:g}" for k in gains], ax)


def _blurred(crop: np.ndarray, blur: str) -> np.ndarray:
    side = blur_size(crop.shape[0])
    if blur == "gaussian":
        return cv2.GaussianBlur(crop, (side, side), side / 5, borderType=cv2.BORDER_REPLICATE)
    if blur == "average":
        return cv2.blur(crop, (side, side), borderType=cv2.BORDER_REPLICATE)
    return cv2.medianBlur(crop, side) if blur == "median" else crop  # the median replicates borders by itself
