"""The modern set beside paper A's variants: flip, brightness, contrast, RandAugment, cutout and mixup, twice.

`modern` is OpenCV and NumPy, one crop at a time; `keras_cv_set` is KerasCV's own layers, a batch at a time. Both draw
everything from a seed that is handed in, so a batch can be made again alone. KerasCV appears in this file only.
All strengths are ours.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lib.images import check

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

RANDAUGMENT_OPERATIONS = 2  # per image
_LEVELS = np.arange(256, dtype=np.float32)


def modern(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random flip, brightness, contrast, two RandAugment operations and a cutout of one crop.

    Args:
        crop: uint8 (H, W, 3).
        rng: decides everything; the same state gives the same image.

    Returns:
        uint8 (H, W, 3).
    """
    image = cv2.flip(check(crop, "crop"), 1) if rng.random() < 0.5 else crop
    contrast, brightness = rng.uniform(-1, 1, 2)
    image = _curve(image, _contrast(contrast) + 38 * brightness)
    for number in rng.integers(0, len(OPERATIONS), RANDAUGMENT_OPERATIONS):
        image = list(OPERATIONS.values())[number](image, rng.uniform(-1, 1))
    return _cut_out(image, rng)


def mix_up(
    images: np.ndarray, targets: np.ndarray, rng: np.random.Generator, alpha: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """Return each image blended with another of its batch, and the targets blended alike (Zhang et al. 2018).

    KerasCV's own MixUp draws from unseeded generators whatever its seed, so a batch could not be made again.

    Args:
        images: uint8 (B, H, W, 3).
        targets: float (B, classes), one-hot or intensities.
        rng: draws one share per image from Beta(alpha, alpha), and the partners.
        alpha: over 0; .2 blends lightly, 1 takes every share as likely.

    Returns:
        Images uint8 (B, H, W, 3), targets float32 (B, classes).

    Raises:
        ValueError: targets are not (B, classes).
    """
    if targets.ndim != 2:
        raise ValueError(f"mixup blends targets, so they must be (B, classes); got {targets.shape}: one-hot them first")
    share = rng.beta(alpha, alpha, len(images)).astype(np.float32)
    share = np.maximum(share, 1 - share)  # the image itself weighs most
    partner = rng.permutation(len(images))
    blends = zip(images, images[partner], share.tolist(), strict=True)
    mixed = [cv2.addWeighted(image, kept, other, 1 - kept, 0) for image, other, kept in blends]
    return np.stack(mixed), share[:, None] * targets + (1 - share[:, None]) * targets[partner]


def _curve(image: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return cv2.LUT(image, np.clip(np.rint(levels), 0, 255).astype(np.uint8))


def _brightened(image: np.ndarray, strength: float) -> np.ndarray:
    return _curve(image, _LEVELS + 38 * strength)  # up to 15 % of the range


def _contrast(strength: float) -> np.ndarray:
    return (_LEVELS - 128) * (1 + 0.4 * strength) + 128  # up to 40 % more or less


def _stretched(image: np.ndarray, strength: float) -> np.ndarray:
    low, high, _, _ = cv2.minMaxLoc(image.reshape(len(image), -1))
    return _curve(image, (_LEVELS - low) * 255 / max(high - low, 1))


def _coloured(image: np.ndarray, strength: float) -> np.ndarray:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, 1 + 0.6 * strength, grey, -0.6 * strength, 0)


def _moved(image: np.ndarray, matrix: list[list[float]], shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Return the image under `matrix` (2, 2) about its centre, then `shift` (x, y) as a share of its size."""
    size = np.array(image.shape[1::-1])
    centre = (size - 1) / 2
    offset = centre - np.array(matrix) @ centre + np.array(shift) * size
    affine = np.column_stack([matrix, offset])  # (2, 3)
    return cv2.warpAffine(image, affine, size.tolist(), borderMode=cv2.BORDER_REPLICATE)


def _turned(image: np.ndarray, strength: float) -> np.ndarray:
    cosine, sine = np.cos(strength * np.pi / 12), np.sin(strength * np.pi / 12)  # up to 15 degrees
    return _moved(image, [[cosine, -sine], [sine, cosine]])


OPERATIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    # Of RandAugment (Cubuk et al. 2020), those that leave an expression readable; strength in [-1, 1], 0 the identity
    # but for auto contrast, which has none.
    "brightness": _brightened,
    "contrast": lambda image, strength: _curve(image, _contrast(strength)),
    "auto contrast": _stretched,
    "colour": _coloured,
    "rotate": _turned,
    "shear x": lambda image, strength: _moved(image, [[1, 0.2 * strength], [0, 1]]),
    "shear y": lambda image, strength: _moved(image, [[1, 0], [0.2 * strength, 1]]),
    "translate x": lambda image, strength: _moved(image, [[1, 0], [0, 1]], (0.1 * strength, 0)),
    "translate y": lambda image, strength: _moved(image, [[1, 0], [0, 1]], (0, 0.1 * strength)),
}


def _cut_out(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    high, wide = (rng.uniform(0.1, 0.3, 2) * (height, width)).astype(int)
    top, left = rng.integers(0, height - high), rng.integers(0, width - wide)
    cut = image.copy()
    cut[top : top + high, left : left + wide] = 128
    return cut


@functools.cache
def keras_cv_set() -> Callable[[np.ndarray, int], np.ndarray]:
    """Return a function (images uint8 (B, H, W, 3), seed) -> uint8 (B, H, W, 3) of KerasCV 0.9's layers.

    RandomFlip, RandomBrightness, RandomContrast, RandAugment and RandomCutout, compiled once per batch shape by
    TensorFlow, which must be installed even where Keras runs on JAX. KerasCV's layers keep hidden random states; here
    all of them draw from one generator, which is set to the seed before every batch.
    """
    import keras
    import keras_cv
    import tensorflow as tf

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # KerasCV's equalisation fails in half precision
    generator = tf.random.Generator.from_seed(0)
    tf.random.set_global_generator(generator)  # layers without a seed keep the generator that they meet when built
    span, layers = {"value_range": (0, 255)}, keras_cv.layers
    rand_augment = layers.RandAugment(**span, augmentations_per_image=RANDAUGMENT_OPERATIONS, magnitude=0.2)
    flip, brightness = layers.RandomFlip("horizontal"), layers.RandomBrightness(0.15, **span)
    contrast = layers.RandomContrast(**span, factor=0.4)
    cutout = layers.RandomCutout((0.1, 0.3), (0.1, 0.3))
    tf.random.set_global_generator(tf.random.Generator.from_seed(0))  # Keras itself uses none
    keras.config.set_dtype_policy(policy)
    for layer in (flip, brightness, contrast, *rand_augment.layers, cutout):
        _draw_from(generator, layer)
    lock = threading.Lock()

    @tf.function(reduce_retracing=True)
    def augment(images: tf.Tensor) -> tf.Tensor:
        for layer in (flip, brightness, contrast, rand_augment, cutout):
            images = layer(images)
        return tf.cast(tf.clip_by_value(tf.round(images), 0, 255), tf.uint8)

    def apply(images: np.ndarray, seed: int) -> np.ndarray:
        with lock:  # one generator, several threads
            generator.reset_from_seed(seed)
            return augment(tf.cast(images, tf.float32)).numpy()

    return apply


def _draw_from(generator: "tf.random.Generator", layer: "keras.Layer") -> None:
    """Replace the layer's factor samplers, which hide a random state each, by samplers that use `generator`."""
    import keras_cv
    import tensorflow as tf

    class Drawn(keras_cv.core.FactorSampler):
        def __init__(self, config: dict) -> None:
            self.config = config

        def __call__(self, shape: tuple = (), dtype: str = "float32") -> tf.Tensor:
            c = self.config
            if "mean" not in c:
                return generator.uniform(shape, c["lower"], c["upper"], dtype)
            return tf.clip_by_value(
                generator.normal(shape, c["mean"], c["stddev"], dtype), c["min_value"], c["max_value"]
            )

    hidden = (keras_cv.core.UniformFactorSampler, keras_cv.core.NormalFactorSampler)
    for name, sampler in [*vars(layer).items()]:
        if isinstance(sampler, hidden):
            setattr(layer, name, Drawn(sampler.get_config()))
