"""What several of the networks begin with or consist of."""

import keras
from keras import layers


def grey(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, H, W, 1) of mean 0 and deviation 1 in every image, as `lib.models.modern` begins, from uint8 RGB."""
    x = layers.Rescaling(1 / 255, dtype="float32", name="rescale")(image)
    x = keras.ops.image.rgb_to_grayscale(x)
    return layers.GroupNormalization(1, center=False, scale=False, dtype="float32", name="standardise")(x)


def convolution(
    x: keras.KerasTensor, width: int, kernel: int = 3, strides: int = 1, activation: str = "relu"
) -> keras.KerasTensor:
    """Return a convolution of `width` channels, batch normalisation, and an activation ("linear" for none)."""
    x = layers.Conv2D(width, kernel, strides, "same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)  # .9: runs of a few hundred steps settle
    return layers.Activation(activation)(x)
