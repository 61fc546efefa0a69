"""Gabor features and a linear classifier, after the Gabor-like method for higher poses that paper B names.

A Gabor filter is a wave under a bell: it answers to stripes of one width and direction, such as a wrinkle or an edge of
a lip. The energy of a pair of them, a sine and a cosine, does not depend on where in the stripe the pixel lies, so it
tolerates small turns of the head (Daugman 1985; on faces Lyons et al. 1998). The filters are fixed; only the head
learns. Ours: wavelengths, directions, the grid; the named method's own features for large poses are not in paper B.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from lib.comparators.networks import blocks

WAVELENGTHS, DIRECTIONS, SIDE = (4.0, 7.0, 12.0), 6, 13  # pixels, over 180 degrees, pixels of a filter
GRID = 6  # cells along each side of the crop; the energy of each is averaged


def bank() -> np.ndarray:
    """Return the filters, float32 (13, 13, 1, 36): 18 cosines, then the 18 sines; each has sum 0 and length 1."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    filters = []
    for phase in (0.0, math.pi / 2):
        for wavelength in WAVELENGTHS:
            for direction in np.arange(DIRECTIONS) * math.pi / DIRECTIONS:
                along = x * math.cos(direction) + y * math.sin(direction)
                bell = np.exp(-(x**2 + y**2) / (2 * (0.45 * wavelength) ** 2))
                wave = bell * np.cos(2 * math.pi * along / wavelength - phase)
                wave -= bell * wave.sum() / bell.sum()  # flat skin gives 0
                filters.append(wave / np.linalg.norm(wave))
    return np.stack(filters, axis=-1)[:, :, None].astype(np.float32)


@keras.saving.register_keras_serializable(package="face_study")
class GaborEnergy(layers.Layer):
    """The energy of every pair of filters, float32 (N, H, W, 18), from (N, H, W, 1)."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the filters, which are no weights: nothing fits them, nothing saves them."""
        self.bank = bank()
        self.multiply_adds = shape[1] * shape[2] * self.bank.size

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return the energies."""
        even, odd = ops.split(ops.conv(x, self.bank, padding="same"), 2, axis=-1)
        return ops.sqrt(even**2 + odd**2 + 1e-6)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 648) from uint8 images (N, H, W, 3): the energy of 18 pairs in 36 cells."""
    x = GaborEnergy()(blocks.grey(image))
    x = layers.AveragePooling2D(image.shape[1] // GRID)(x)
    return layers.BatchNormalization(momentum=0.9)(layers.Flatten()(x))
