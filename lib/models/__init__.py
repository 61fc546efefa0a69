"""The networks, by name, and what a table about them needs; the traditional method is in `lib.models.lbp_svm`."""

import contextlib
import importlib
import logging
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from lib.emotions import EMOTIONS
from lib.models import modern, resnet, vgg
from lib.paths import replace_on_success

NAMES = (*vgg.PLANS, "modern_compact")
COMPARATOR = "comparators."  # begins the name of a network of lib.comparators.networks, read when it is asked for
LARGER = ("modern_large",)  # for real faces alone, so no table of small networks has it
RESNETS = resnet.NAMES  # paper B's; of 95 MB and more, so no table of small networks has them
FLOAT32_LAYERS = ("image", "rescale", "standardise", "head")  # stay so in mixed precision
VGG_S_SIZE = 224  # pixels; Levi and Hassner 2015
HEADS = ("softmax", "sigmoid")
SMALLEST = 41  # pixels; below this a pooling window of VGG-S has nothing left to look at


def build(
    name: str, size: int = 128, classes: int = len(EMOTIONS), head: str = "softmax", weights: str = "none"
) -> keras.Model:
    """Return an untrained network that owns its input scaling.

    Args:
        name: one of `NAMES`, `LARGER` or `RESNETS`, `compact_vgg_s` being reconstruction R-A of paper A's network; or
            "comparators." and a module of `lib.comparators.networks`, which has `features` from an image alone, and a
            class `Network` where its training needs more than the loss of the head.
        size: side of the square input in pixels; paper A has 128, Levi and Hassner's VGG-S and the ResNets 224.
        classes: outputs.
        head: "softmax" for classes (cross-entropy), "sigmoid" for intensities (sigmoid cross-entropy on the vector).
        weights: "none", or for a ResNet "imagenet", which Keras fetches once and checks.

    Returns:
        A model from uint8 RGB (N, size, size, 3) to float32 (N, classes) in [0, 1].

    Raises:
        ValueError: an unknown name, head or weights, or a size or number of classes that cannot be built.
        OSError: the weights of ImageNet cannot be fetched.
    """
    if name not in (*NAMES, *LARGER, *RESNETS) and not name.startswith(COMPARATOR):
        raise ValueError(f"unknown model {name!r}; expected one of {', '.join((*NAMES, *LARGER, *RESNETS))}")
    if weights not in (("none", "imagenet") if name in RESNETS else ("none",)):
        raise ValueError(f"{name} has no weights {weights!r}; expected none, or imagenet for a ResNet")
    if head not in HEADS:
        raise ValueError(f"unknown head {head!r}; expected softmax for classes or sigmoid for intensities")
    if size < SMALLEST or classes < 2:
        raise ValueError(f"size {size} and {classes} classes; expected at least {SMALLEST} pixels and 2 classes")
    image, kind = keras.Input((size, size, 3), dtype="uint8", name="image"), keras.Model
    if name.startswith(COMPARATOR):
        module = importlib.import_module(f"lib.comparators.networks.{name.removeprefix(COMPARATOR)}")
        x, kind = module.features(image), getattr(module, "Network", kind)
    elif name in RESNETS:
        x = resnet.features(image, name, weights)
    else:
        x = modern.features(image, name) if name in modern.PLANS else vgg.features(image, vgg.PLANS[name])
    output = keras.layers.Dense(classes, activation=head, dtype="float32", name="head")(x)
    return kind(image, output, name=name)


def build_all(size: int = 128, with_vgg_s: bool = True) -> dict[str, keras.Model]:
    """Return every network untrained, by name, for crops of `size` pixels; VGG-S, .5 GB, for its own 224."""
    sizes = dict.fromkeys(NAMES, size) | {"vgg_s": VGG_S_SIZE}
    return {name: build(name, sizes[name]) for name in NAMES if with_vgg_s or name != "vgg_s"}


def predict(model: keras.Model, images: np.ndarray, batch_size: int = 256, flip: bool = False) -> np.ndarray:
    """Return the model's outputs, float32 (N, classes).

    Args:
        model: from `build`.
        images: uint8 (N, H, W, 3); a memory map is read batch by batch.
        batch_size: images held at once.
        flip: also show the mirrored image and average the two outputs; faces are nearly symmetric, errors are not.
    """
    outputs = []
    with _each_traced_once():
        for start in range(0, len(images), batch_size):
            batch = np.asarray(images[start : start + batch_size])
            output = np.asarray(model.predict_on_batch(batch))
            outputs.append((output + np.asarray(model.predict_on_batch(batch[:, :, ::-1]))) / 2 if flip else output)
    return np.concatenate(outputs) if outputs else np.empty((0, model.output_shape[-1]), np.float32)


@contextlib.contextmanager
def _each_traced_once() -> Iterator[None]:
    """Keep TensorFlow from taking several networks, each traced at its first call, for one that is traced again."""
    logger = logging.getLogger("tensorflow")

    def is_other(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


def save_weights(model: keras.Model, path: Path, dtype: str = "float32") -> None:
    """Write all weights as an .npz file; "float16" halves it, and what that costs is for the caller to measure."""
    with replace_on_success(path) as temporary, temporary.open("wb") as file:
        weights = {str(i): array.astype(dtype) for i, array in enumerate(model.get_weights())}
        np.savez(file, model=model.name, **weights)


def load_weights(model: keras.Model, path: Path) -> None:
    """Read weights that `save_weights` wrote for the same network.

    Raises:
        ValueError: the file is another network's, or of another input size or number of classes.
    """
    with np.load(path) as file:
        weights = [file[str(i)] for i in range(len(file.files) - 1)]
        name, shapes, expected = str(file["model"]), [w.shape for w in weights], [w.shape for w in model.get_weights()]
    if name != model.name or shapes != expected:
        different = next((f"{a} for {b}" for a, b in zip(shapes, expected, strict=False) if a != b), "their number")
        raise ValueError(f"{path} holds weights of {name}, not of this {model.name}: shapes differ ({different})")
    model.set_weights(weights)
