"""VGG-S and its compact forms, as paper A uses them (section on models).

All have one plan: a wide first convolution with stride 2, pooling 3/3, a second convolution, pooling 2/2, three more,
pooling 3/3, two fully connected layers with dropout, the head. The compact network's layer table is only in a figure
that we do not have; R-A to R-D are our reconstructions, all near the 12.1 MB that the paper prints.
"""

from dataclasses import dataclass

import keras
from keras import layers


@dataclass(frozen=True)
class Plan:
    """The free numbers of a VGG-S.

    Attributes:
        filters: channels of the five convolutions.
        kernels: their sides in pixels; the first has stride 2 and no padding, the others keep the size.
        dense: units of the two fully connected layers.
        pooling: "valid" drops a partial window at the border, "same" keeps it (ceil pooling, as Caffe has it).
    """

    filters: tuple[int, int, int, int, int]
    kernels: tuple[int, int, int, int, int]
    dense: int
    pooling: str


PLANS = {
    "compact_vgg_s": Plan((32, 128, 256, 256, 256), (5, 5, 3, 3, 3), 512, "valid"),  # R-A, the default: 12.107 MB
    "compact_vgg_s_b": Plan((96, 256, 256, 256, 128), (7, 3, 3, 3, 3), 512, "same"),  # R-B: 12.105 MB
    "compact_vgg_s_c": Plan((64, 256, 256, 256, 256), (3, 3, 3, 3, 3), 256, "same"),  # R-C: 12.145 MB
    "compact_vgg_s_d": Plan((48, 96, 256, 256, 256), (5, 3, 3, 3, 3), 384, "same"),  # R-D: 12.095 MiB, were they MiB
    "vgg_s": Plan((96, 256, 512, 512, 512), (7, 5, 3, 3, 3), 4048, "same"),  # Levi and Hassner's, at 224 pixels: 498 MB
}
POOLS = {0: 3, 1: 2, 4: 3}  # after which convolution, and the window's side, which is its stride too


def features(image: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Return (N, plan.dense) from uint8 RGB images (N, H, W, 3): [-1, 1], convolutions, fully connected layers."""
    x = layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="rescale")(image)
    for i, (filters, kernel) in enumerate(zip(plan.filters, plan.kernels, strict=True)):
        first = {"strides": 2, "padding": "valid"} if i == 0 else {"padding": "same"}
        x = layers.Conv2D(
            filters, kernel, **first, activation="relu", kernel_initializer="he_uniform", name=f"conv_{i + 1}"
        )(x)
        if i in POOLS:
            x = layers.MaxPooling2D(POOLS[i], padding=plan.pooling, name=f"pool_{i + 1}")(x)
    x = layers.Flatten(name="flatten")(x)
    for i in (6, 7):  # Caffe's numbering: the fully connected layers after five convolutions
        x = layers.Dense(plan.dense, activation="relu", kernel_initializer="he_uniform", name=f"dense_{i}")(x)
        x = layers.Dropout(0.5, name=f"dropout_{i}")(x)
    return x
