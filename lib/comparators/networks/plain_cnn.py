"""A plain CNN, as paper B's section on related work names one (73.5 % on FER-2013, without a plan).

Three stages of two convolutions and a pooling, and a fully connected layer; no normalisation, no shortcut. Ours: all
numbers.
"""

import keras
from keras import layers

from lib.comparators.networks import blocks

WIDTHS = (16, 32, 64)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 128) from uint8 images (N, H, W, 3)."""
    x = blocks.grey(image)
    for width in WIDTHS:
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", activation="relu", kernel_initializer="he_uniform")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(128, activation="relu", kernel_initializer="he_uniform")(layers.Flatten()(x))
    return layers.Dropout(0.3)(x)
