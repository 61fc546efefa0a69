"""A light network after Savchenko 2021 (63.03 % on AffectNet), whose features over frames notebook 20 compares.

Depthwise convolutions, which mix places, take turns with 1 x 1 convolutions, which mix channels (MobileNet, Howard et
al. 2017): an eighth of the arithmetic. The original is pretrained to recognise people and then fitted to several tasks
at once, emotion, valence and arousal. No data set of this study has labels of the other tasks, so ours has one task and
begins with random weights; widths are ours.
"""

import keras
from keras import layers

from lib.comparators.networks import blocks

WIDTHS = (32, 64, 128)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 128) from uint8 images (N, H, W, 3); the layer `pool` has them too."""
    x = blocks.convolution(blocks.grey(image), 16)
    for width in WIDTHS:
        for strides in (2, 1):
            x = layers.DepthwiseConv2D(3, strides, "same", use_bias=False, depthwise_initializer="he_normal")(x)
            x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
            x = blocks.convolution(x, width, kernel=1)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return layers.Dropout(0.2)(x)
