"""Figures of the augmentations: the sheet of 28 variants, the plan of an epoch, both augmentation sets side by side."""

import cv2
import numpy as np
from matplotlib.axes import Axes

from lib import plots
from lib.augment.batches import plan
from lib.augment.layers import SETS
from lib.augment.modern import mix_up, modern
from lib.augment.variants import BLUR, BRIGHTNESS, VARIANTS
from lib.emotions import EMOTIONS


def sharpest(crops: np.ndarray) -> np.ndarray:
    """Return the numbers of the crops, uint8 (N, H, W, 3), the sharpest first and grey ones last; int64 (N,)."""
    colour = np.ptp(crops, axis=3).mean(axis=(1, 2)) > 5  # grey levels; JAFFE and most of CK+ are grey
    detail = np.array([cv2.Laplacian(crop, cv2.CV_32F).var() for crop in crops])
    return np.argsort(-detail * colour)


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


def draw_plan(images: int, seed: int, ax: Axes) -> np.ndarray:
    """Draw which variant each image has in 28 short epochs, a row per image, and return the numbers (images, 28)."""
    shown = np.empty((images, VARIANTS), dtype=int)
    for epoch in range(VARIANTS):
        places, numbers = plan(images, 1, seed, epoch)
        shown[places, epoch] = numbers
    drawn = ax.imshow(shown, cmap="turbo")
    ax.set(xlabel="epoch", ylabel="image", title=f"{images} images, {VARIANTS} short epochs")
    ax.figure.colorbar(drawn, ax=ax, label="variant")
    return shown


def draw_modern(crops: np.ndarray, targets: np.ndarray, seed: int, ax: Axes) -> Axes:
    """Draw crops, the same after `modern`, after each of `SETS`, and after a mixup that takes every share.

    Args:
        crops: uint8 (N, H, W, 3), a column each.
        targets: float (N, 7), one-hot.
        seed: of everything drawn.
        ax: axes.
    """
    rng = np.random.default_rng(seed)
    changed = np.stack([modern(crop, rng) for crop in crops])
    mixed, blended = mix_up(crops, targets, rng, alpha=1)
    rows = [crops, changed, *(layers()(crops, seed) for layers in SETS.values()), mixed]
    texts = np.full((len(rows), len(crops)), "", dtype=object)
    texts[0] = np.array(EMOTIONS)[targets.argmax(axis=1)]
    for column, row in enumerate(blended):
        shares = [f"{100 * share:.0f} % {EMOTIONS[k]}" for k, share in enumerate(row) if share > 0]
        texts[-1, column] = "\n".join(shares)
    return plots.tiles(np.stack(rows), texts, ("crop", "modern", *SETS, "mixup"), [""] * len(crops), ax)
