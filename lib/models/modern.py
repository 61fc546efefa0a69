"""A compact network of today (ours): residual blocks, batch normalisation, global pooling; 1.1 M parameters, 4.4 MB."""

import keras
from keras import layers

WIDTHS = (
    32,
    48,
    96,
    192,
)  # ours: the stem, then one stage per halving of the side; multiples of 16 keep a CPU's vectors full


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 192) from uint8 images (N, H, W, 3).

    Colour is dropped and every image is brought to mean 0 and deviation 1 inside the network, so that grey and colour
    data sets mix, and light that scales or shifts the grey values changes (almost) nothing.
    """
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(image)
    x = keras.ops.image.rgb_to_grayscale(x)
    x = layers.GroupNormalization(1, center=False, scale=False, dtype="float32", name="standardise")(x)
    x = _convolution(x, WIDTHS[0], name="stem")
    for stage, width in enumerate(WIDTHS[1:], start=1):
        x = _convolution(x, width, strides=2, name=f"down_{stage}")
        y = _convolution(x, width, name=f"block_{stage}a")
        y = _convolution(y, width, activation=False, name=f"block_{stage}b")
        x = layers.ReLU(name=f"out_{stage}")(layers.Add(name=f"add_{stage}")([x, y]))
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return layers.Dropout(0.3, name="dropout")(x)


def _convolution(
    x: keras.KerasTensor, width: int, strides: int = 1, activation: bool = True, name: str = ""
) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, strides, "same", use_bias=False, kernel_initializer="he_normal", name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)  # .9: runs of a few hundred steps settle
    return layers.ReLU(name=f"{name}_relu")(x) if activation else x
