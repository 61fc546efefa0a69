"""A multi-branch network with cross connections (Shi et al. 2021; 71.52 % on FER-2013, 98.48 % on CK+).

Three branches read the same map in different ways: a residual block, a network in network (a 3 x 3 convolution between
1 x 1 ones), and a tree of two convolutions, one upon the other, whose outputs are both kept. After each stage every
branch gets what the others have found (the cross connections), and the next stage begins from it. Ours: two stages,
the widths, and sums as cross connections.
"""

import keras
from keras import layers

from lib.comparators.networks import blocks

WIDTHS = (24, 48)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 144) from uint8 images (N, H, W, 3)."""
    stem = blocks.convolution(blocks.grey(image), 16, strides=2)
    branches = [stem, stem, stem]
    for width in WIDTHS:
        branches = [branch(x, width) for branch, x in zip((_residual, _in_network, _tree), branches, strict=True)]
        crossed = layers.Add()(branches)
        branches = [layers.Add()([x, crossed]) for x in branches]
    pooled = [layers.GlobalAveragePooling2D()(x) for x in branches]
    return layers.Dropout(0.2)(layers.Concatenate()(pooled))


def _residual(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Return a residual block of half the side."""
    shortcut = blocks.convolution(x, width, 1, 2, "linear")
    x = blocks.convolution(blocks.convolution(x, width, strides=2), width, activation="linear")
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _in_network(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Return a network in network of half the side."""
    x = blocks.convolution(x, width, 1)
    return blocks.convolution(blocks.convolution(x, width, strides=2), width, 1)


def _tree(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Return both of two convolutions in a row, half the channels each, of half the side."""
    first = blocks.convolution(x, width // 2, strides=2)
    return layers.Concatenate()([first, blocks.convolution(first, width // 2)])
