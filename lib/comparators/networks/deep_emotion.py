"""Deep-Emotion: attention by a spatial transformer (Minaee, Minaei and Abdolrashidi 2021; 70.02 % on FER-2013).

A small network looks at the face and gives an affine map; the face is sampled through it, so that the part that matters
fills the image, and four convolutions of 10 channels classify what they see (the paper's Figure 2). The spatial
transformer is that of Jaderberg et al. 2015. Ours: the standardised grey image, the start at the identity, He's
initial weights and no regularisation of the weights.
"""

import keras
from keras import layers, ops

from lib.comparators.networks import blocks


@keras.saving.register_keras_serializable(package="face_study")
class SpatialTransformer(layers.Layer):
    """Samples images through affine maps; maps of zeros give the images back.

    Coordinates run from -1 to 1 along both axes, x to the right, y down. A place of the output shows the input at
    (a x + b y + c, d x + e y + f), bilinearly between its four neighbours; beyond the border, the border.
    """

    def call(self, image: keras.KerasTensor, change: keras.KerasTensor) -> keras.KerasTensor:
        """Return (N, H, W, C) from images of that shape and what to add to the identity's a to f, (N, 6)."""
        height, width, channels = image.shape[1:]
        x, y = ops.meshgrid(ops.linspace(-1.0, 1.0, width), ops.linspace(-1.0, 1.0, height))
        grid = ops.stack([ops.ravel(x), ops.ravel(y), ops.ones(height * width)])  # (3, H W)
        maps = ops.reshape(change, (-1, 2, 3)) + ops.eye(2, 3)
        points = (ops.matmul(maps, grid) + 1) / 2  # (N, 2, H W), from 0 to 1
        x = ops.clip(points[:, 0] * (width - 1), 0, width - 1)
        y = ops.clip(points[:, 1] * (height - 1), 0, height - 1)
        left, top = ops.floor(ops.clip(x, 0, width - 2)), ops.floor(ops.clip(y, 0, height - 2))
        pixels, sampled = ops.reshape(image, (-1, height * width, channels)), 0.0
        for step_y, share_y in ((0, 1 - (y - top)), (1, y - top)):
            for step_x, share_x in ((0, 1 - (x - left)), (1, x - left)):
                place = ops.cast((top + step_y) * width + left + step_x, "int32")  # (N, H W)
                neighbour = ops.take_along_axis(pixels, ops.repeat(place[..., None], channels, axis=-1), axis=1)
                sampled += (share_x * share_y)[..., None] * neighbour
        return ops.reshape(sampled, (-1, height, width, channels))


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 50) from uint8 images (N, H, W, 3)."""
    face = blocks.grey(image)
    seen = SpatialTransformer(name="attention")(face, _localisation(face))
    x = seen
    for stage in range(2):
        x = layers.Conv2D(10, 3, activation="relu", kernel_initializer="he_uniform", name=f"conv_{stage}a")(x)
        x = layers.Conv2D(10, 3, kernel_initializer="he_uniform", name=f"conv_{stage}b")(x)
        x = layers.ReLU()(layers.MaxPooling2D(2)(x))
    x = layers.Dropout(0.2)(x)  # the paper gives no share
    return layers.Dense(50, activation="relu", kernel_initializer="he_uniform")(layers.Flatten()(x))


def _localisation(face: keras.KerasTensor) -> keras.KerasTensor:
    """Return the change of the identity map, (N, 6), 0 before training."""
    x = face
    for width, kernel in ((8, 7), (10, 5)):
        x = layers.Conv2D(width, kernel, kernel_initializer="he_uniform")(x)
        x = layers.ReLU()(layers.MaxPooling2D(2)(x))
    x = layers.Dense(32, activation="relu", kernel_initializer="he_uniform")(layers.Flatten()(x))
    return layers.Dense(6, kernel_initializer="zeros", name="map")(x)
