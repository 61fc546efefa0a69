"""SE-ResNet50: a ResNet50 with squeeze and excitation (Hu et al. 2018; paper B: 56.54 % AffectNet, 65.67 % RAF-DB).

Every bottleneck averages its map to one number per channel, and two small layers turn these into a weight for each
channel. Width as `lib.comparators.networks.resnet50`.
"""

import keras

from lib.comparators.networks import resnet50


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 512) from uint8 images (N, H, W, 3)."""
    return resnet50.features(image, squeeze=True)
