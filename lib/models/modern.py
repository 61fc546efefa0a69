"""Networks of today (ours): residual blocks, batch normalisation, global pooling.

The compact one has 1.1 M parameters, 4.4 MB; the large one 5.7 M, 11.5 MB at half precision.
"""

import keras
from keras import layers

PLANS = {  # ours: blocks per stage; width of the stem, then of one stage per halving of the side
    "modern_compact": (1, (32, 48, 96, 192)),  # multiples of 16 keep a CPU's vectors full
    "modern_large": (2, (32, 64, 128, 352)),
}
DEPTH = "depth"  # first word of the layers that leave a block out: stochastic depth, Huang et al. 2016


def features(image: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Return (N, 192) or (N, 352) from uint8 images (N, H, W, 3); `name` is one of `PLANS`.

    Colour is dropped and every image is brought to mean 0 and deviation 1 inside the network, so that grey and colour
    data sets mix, and light that scales or shifts the grey values changes (almost) nothing.
    """
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(image)
    x = keras.ops.image.rgb_to_grayscale(x)
    x = layers.GroupNormalization(1, center=False, scale=False, dtype="float32", name="standardise")(x)
    blocks, widths = PLANS[name]
    x = _convolution(x, widths[0], name="stem")
    for stage, width in enumerate(widths[1:], start=1):
        x = _convolution(x, width, strides=2, name=f"down_{stage}")
        for block in range(1, blocks + 1):
            x = _block(x, width, f"{stage}" if block == 1 else f"{stage}_{block}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return layers.Dropout(0.3, name="dropout")(x)


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """Return two convolutions added to their input; training may leave them out, image by image."""
    y = _convolution(x, width, name=f"block_{name}a")
    y = _convolution(y, width, activation=False, name=f"block_{name}b")
    y = layers.Dropout(0.1, noise_shape=(None, 1, 1, 1), name=f"{DEPTH}_{name}")(y)  # `Settings` sets the rate
    return layers.ReLU(name=f"out_{name}")(layers.Add(name=f"add_{name}")([x, y]))


def _convolution(
    x: keras.KerasTensor, width: int, strides: int = 1, activation: bool = True, name: str = ""
) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, strides, "same", use_bias=False, kernel_initializer="he_normal", name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)  # .9: runs of a few hundred steps settle
    return layers.ReLU(name=f"{name}_relu")(x) if activation else x
