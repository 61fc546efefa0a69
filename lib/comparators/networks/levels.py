"""A CNN of several levels, after the temporal ensemble of multi-level CNN that paper B names (49.3 % on AFEW).

The first convolutions see edges, the last whole parts of the face. Here the head reads three levels at once (Nguyen et
al. 2020), each averaged over the image. Over a sequence every level gives its own answer, and the answers are averaged
(`lib.comparators.sequences`). Ours: depth and widths; the original takes a larger network and three-dimensional
convolutions as well.
"""

import keras
from keras import layers

from lib.comparators.networks import blocks

WIDTHS = (24, 48, 96)
LEVELS = ("level_1", "level_2", "level_3")  # layers with a level's features, (N, width)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 168) from uint8 images (N, H, W, 3)."""
    x, levels = blocks.grey(image), []
    for name, width in zip(LEVELS, WIDTHS, strict=True):
        x = blocks.convolution(x, width, strides=2)
        x = blocks.convolution(x, width)
        levels.append(layers.GlobalAveragePooling2D(name=name)(x))
    return layers.Dropout(0.2)(layers.Concatenate()(levels))
