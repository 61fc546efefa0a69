"""Time per image as a paper prints it and as a user feels it, and what share of the machine's arithmetic that is.

Rules: warm-up calls are not counted; results are fetched inside the clock, because a GPU returns before it is done;
wall time is the figure, processor time stands beside it because a busy machine disturbs it less; median and 95th
percentile, never the mean alone; the device and its threads are named. No time is ever asserted.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping

import joblib
import keras
import numpy as np
import pandas as pd

from lib import machine
from lib.models import anatomy

PEAK_SECONDS = 1.0  # spent on measuring the peak
LONG_ENOUGH = 0.02  # seconds of one matrix product, so that the call itself does not count


def each(call: Callable[[object], object], items: Iterable[object], warm_up: int = 10) -> dict[str, float]:
    """Time `call` on one item after another, as a user feels it.

    Args:
        call: returns NumPy, so that nothing is left running; called once per item.
        items: at least one more than `warm_up`; 100 or more make a 95th percentile.
        warm_up: first calls that are not counted: tracing, caches, memory.

    Returns:
        `n`, `median`, `p95` and `mean` wall milliseconds, `processor`: mean milliseconds of all threads together.

    Raises:
        ValueError: no item is left after the warm-up.
    """
    items = list(items)
    if len(items) <= warm_up:
        raise ValueError(f"{len(items)} items and a warm-up of {warm_up}; expected more items than that")
    for item in items[:warm_up]:
        call(item)
    wall, processor = [], time.process_time()
    for item in items[warm_up:]:
        start = time.perf_counter()
        call(item)
        wall.append(1000 * (time.perf_counter() - start))
    return {
        "n": len(wall),
        "median": float(np.median(wall)),
        "p95": float(np.percentile(wall, 95)),
        "mean": float(np.mean(wall)),
        "processor": 1000 * (time.process_time() - processor) / len(wall),
    }


def whole_set(model: keras.Model, images: np.ndarray, batch_size: int) -> dict[str, float]:
    """Time one pass over all images in batches, as paper A does for its 2,443 test images.

    Args:
        model: takes uint8 (N, H, W, 3).
        images: uint8 (N, H, W, 3); a memory map is read inside the clock.
        batch_size: images per call.

    Returns:
        `n`, `seconds`, `per_image` in milliseconds, `images_per_second`, `processor` milliseconds per image.
    """
    for batch in (images[:batch_size], images[len(images) - len(images) % batch_size :]):
        if len(batch):
            model.predict_on_batch(batch)  # traces both shapes: full batches and the last one
    start, processor = time.perf_counter(), time.process_time()
    for first in range(0, len(images), batch_size):
        model.predict_on_batch(images[first : first + batch_size])
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    count = len(images)
    return {
        "n": count,
        "seconds": seconds,
        "per_image": 1000 * seconds / count,
        "images_per_second": count / seconds,
        "processor": 1000 * processor / count,
    }


def training_step(model: keras.Model, images: np.ndarray, steps: int = 4) -> float:
    """Return the median milliseconds of a training step on one batch in memory; the first step is not counted.

    Args:
        model: from `lib.models.build`; it is compiled anew and trained for `steps` steps on made-up targets.
        images: uint8 (B, H, W, 3).
        steps: at least 2.
    """
    classes = model.output_shape[-1]
    targets = np.eye(classes, dtype=np.float32)[np.arange(len(images)) % classes]
    model.compile("sgd", "categorical_crossentropy", jit_compile=False)
    return each(lambda batch: model.train_on_batch(*batch), [(images, targets)] * steps, warm_up=1)["median"]


def costs(networks: Mapping[str, keras.Model], batch_size: int = 8) -> pd.DataFrame:
    """Return one row per network: `size` of its input, median ms of `one image` alone and of it in a `training` step.

    Args:
        networks: name -> model from `lib.models.build`; each is trained for a few steps.
        batch_size: images of a training step.
    """
    rows = []
    for name, model in networks.items():
        shape = (batch_size, *model.input_shape[1:])
        images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        one = each(model.predict_on_batch, [images[:1]] * 12, warm_up=2)["median"]
        rows.append((name, shape[1], one, training_step(model, images) / batch_size))
    return pd.DataFrame(rows, columns=["network", "size", "one image, ms", "training, ms per image"])


def multiply_adds(model: keras.Model) -> int:
    """Return multiplications with addition of one image, the sum of the column in `lib.models.anatomy.table`."""
    return round(1e6 * anatomy.table(model)["multiply_adds"].sum())


def matmul_peak(dtype: str = "float32") -> float:
    """Return the most multiply-adds per second that square matrix products of growing size reach on this device.

    It is the roof for convolutions too, which run as matrix products.
    """
    best, size, end = 0.0, 256, time.perf_counter() + PEAK_SECONDS
    while time.perf_counter() < end:
        matrix = keras.ops.ones((size, size), dtype=dtype)
        _product(matrix)
        seconds = min(_product(matrix) for _ in range(3))
        best = max(best, size**3 / seconds)
        size = 2 * size if seconds < LONG_ENOUGH else size
    return best


def device() -> str:
    """Return the device in words: the accelerator, or the processor with its cores and threads; and the backend."""
    if not machine.on_cpu():
        return machine.device()
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS", joblib.cpu_count())
    return f"{machine.device()}, {joblib.cpu_count()} cores, {threads} threads"


def _product(matrix: object) -> float:
    start = time.perf_counter()
    keras.ops.convert_to_numpy(keras.ops.matmul(matrix, matrix)[0, 0])  # waits for the device
    return time.perf_counter() - start
