"""The modern set as layers of libraries, a batch at a time: of Keras itself, and of KerasCV, whose project has ended.

Both make the same changes in the same ranges (`tests/test_augment.py` compares them on faces) and draw everything from
a seed that is handed in, so a batch can be made again alone. KerasCV appears in this file only: on the day that it
cannot be installed any more its entry in `SETS` goes, and nothing else has to change.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

from lib.augment.modern import RANDAUGMENT_OPERATIONS

if TYPE_CHECKING:
    import tensorflow as tf

Augment = Callable[[np.ndarray, int], np.ndarray]
BRIGHTNESS, CONTRAST, MAGNITUDE = 0.15, 0.4, 0.2  # shares of the range of values; all strengths are ours
CUTOUT = (0.1, 0.3)  # of a side


class _Equalization(layers.Equalization):
    """Equalises each image by its own histogram; Keras takes one for the whole batch.

    Where one level fills much of an image, as overexposure does, KerasCV's result is darker than Keras'.
    """

    def transform_images(self, images: object, transformation: None, training: bool = True) -> object:
        equalise = super().transform_images
        return keras.ops.concatenate([equalise(images[i : i + 1], None, training) for i in range(len(images))])


class _Solarization(layers.Solarization):
    """Inverts levels above a threshold near white; Keras cannot keep its thresholds away from black."""

    def get_random_transformation(self, data: object, training: bool = True, seed: object = None) -> dict:
        drawn = super().get_random_transformation(data, training, seed)
        return drawn | {"thresholds": 255 - drawn["thresholds"]}


@functools.cache
def keras_set() -> Augment:
    """Return a function (images uint8 (B, H, W, 3), seed) -> uint8 (B, H, W, 3) of Keras' own layers.

    RandomFlip, RandomBrightness, RandomContrast, two of the operations of KerasCV's RandAugment, and RandomErasing.
    Keras' own RandAugment draws its operations for a whole batch and turns faces by up to 72 degrees at this magnitude,
    so the images are dealt out to single operations here. A strength that KerasCV draws from a normal distribution is
    drawn evenly from a range with the same mean; RandomErasing keeps its patch inside, KerasCV's may cross the border.
    """
    plain = {"dtype": "float32"}
    contrast = layers.RandomContrast((CONTRAST, CONTRAST), **plain)  # of a single number Keras takes the upper half
    begin = [layers.RandomFlip("horizontal", **plain), layers.RandomBrightness(BRIGHTNESS, **plain), contrast]
    cutout = layers.RandomErasing((1.0, 1.0), tuple(side**2 for side in CUTOUT), fill_value=0, **plain)
    operations, generator, lock = _operations(**plain), keras.random.SeedGenerator(0), threading.Lock()
    for layer in (*begin, *operations, cutout):
        layer.generator = generator

    def through(layer: keras.Layer, images: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(layer(images, training=True))

    def apply(images: np.ndarray, seed: int) -> np.ndarray:
        images, rng = images.astype(np.float32), np.random.default_rng(seed)
        with lock:  # one generator, several threads
            generator.state.assign([seed, 0])
            for layer in begin:
                images = through(layer, images)
            for _ in range(RANDAUGMENT_OPERATIONS):
                changed = images.copy()
                shares = np.array_split(rng.permutation(len(images)), len(operations) + 1)  # one is left as it is
                for number, rows in zip(rng.permutation(len(shares)), shares, strict=True):
                    if len(rows) and number < len(operations):
                        changed[rows] = through(operations[number], images[rows])
                images = changed
            images = through(cutout, images)
        return np.clip(np.rint(images), 0, 255).astype(np.uint8)

    return apply


def _operations(dtype: str) -> list[keras.Layer]:
    """Return the operations that KerasCV's RandAugment draws from, as Keras' own layers."""
    upper = (0.0, 2 * MAGNITUDE)
    return [
        layers.AutoContrast(dtype=dtype),
        _Equalization(dtype=dtype),
        _Solarization(110 / 255 * upper[1], upper[1], dtype=dtype),
        layers.RandomColorDegeneration(upper, dtype=dtype),
        layers.RandomContrast((MAGNITUDE, MAGNITUDE), dtype=dtype),
        layers.RandomBrightness(MAGNITUDE, dtype=dtype),
        layers.RandomShear(upper, 0.0, dtype=dtype),
        layers.RandomShear(0.0, upper, dtype=dtype),
        layers.RandomTranslation(0.0, MAGNITUDE, dtype=dtype),
        layers.RandomTranslation(MAGNITUDE, 0.0, dtype=dtype),
    ]


@functools.cache
def keras_cv_set() -> Augment:
    """Return a function (images uint8 (B, H, W, 3), seed) -> uint8 (B, H, W, 3) of KerasCV 0.9's layers.

    RandomFlip, RandomBrightness, RandomContrast, RandAugment and RandomCutout, compiled once per batch shape by
    TensorFlow, which must be installed even where Keras runs on JAX. KerasCV's layers keep hidden random states; here
    all of them draw from one generator, which is set to the seed before every batch.
    """
    import keras_cv
    import tensorflow as tf

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # KerasCV's equalisation fails in half precision
    generator = tf.random.Generator.from_seed(0)
    tf.random.set_global_generator(generator)  # layers without a seed keep the generator that they meet when built
    span, cv = {"value_range": (0, 255)}, keras_cv.layers
    rand_augment = cv.RandAugment(**span, augmentations_per_image=RANDAUGMENT_OPERATIONS, magnitude=MAGNITUDE)
    flip, brightness = cv.RandomFlip("horizontal"), cv.RandomBrightness(BRIGHTNESS, **span)
    contrast, cutout = cv.RandomContrast(**span, factor=CONTRAST), cv.RandomCutout(CUTOUT, CUTOUT)
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


def _draw_from(generator: "tf.random.Generator", layer: keras.Layer) -> None:
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


SETS: dict[str, Callable[[], Augment]] = {
    "keras": keras_set,
    "keras_cv": keras_cv_set,
}
