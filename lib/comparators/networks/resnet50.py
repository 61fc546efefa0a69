"""A ResNet50 (He et al. 2016) at a quarter of its width: 1.5 instead of 23.5 million parameters.

Paper B uses a ResNet50 on AffectNet, and names one on images of a camera (95.39 %). The 3, 4, 6 and 3 bottlenecks are
the original's; notebooks 15 and 16 have it at its full width. Ours: the width, and batch norms that settle in short
runs.
"""

import keras
from keras import layers

from lib.comparators.networks import blocks

BOTTLENECKS = (3, 4, 6, 3)  # per stage
WIDTH = 16  # of the first stage; the original 64
REDUCTION = 16  # of squeeze and excitation, as Hu et al. 2018


def features(image: keras.KerasTensor, squeeze: bool = False) -> keras.KerasTensor:
    """Return (N, 512) from uint8 images (N, H, W, 3); with `squeeze` every bottleneck weighs its channels."""
    x = blocks.convolution(blocks.grey(image), WIDTH, kernel=7, strides=2)
    x = layers.MaxPooling2D(3, 2, "same")(x)
    for stage, count in enumerate(BOTTLENECKS):
        for number in range(count):
            x = _bottleneck(x, WIDTH * 2**stage, 2 if stage and not number else 1, squeeze)
    return layers.GlobalAveragePooling2D(name="pool")(x)


def _bottleneck(x: keras.KerasTensor, width: int, strides: int, squeeze: bool) -> keras.KerasTensor:
    """Return a bottleneck of 4 x `width` channels: 1 x 1, 3 x 3, 1 x 1, and the shortcut."""
    shortcut = x
    if strides > 1 or x.shape[-1] != 4 * width:
        shortcut = blocks.convolution(x, 4 * width, 1, strides, "linear")
    y = blocks.convolution(blocks.convolution(x, width, 1), width, strides=strides)
    y = blocks.convolution(y, 4 * width, 1, activation="linear")
    if squeeze:
        y = _excited(y)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def _excited(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return the channels, each times a weight in [0, 1] that two small layers derive from all channels' means."""
    channels = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(channels // REDUCTION, activation="relu")(weights)
    return layers.Multiply()([x, layers.Dense(channels, activation="sigmoid")(weights)])
