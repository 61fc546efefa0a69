"""Time and arithmetic of networks: in batches, alone, in training, and from a file to an emotion."""

import os
import time
from collections.abc import Mapping, Sequence

import joblib
import keras
import numpy as np
import pandas as pd

from lib import faces, images, machine, models
from lib.models import anatomy
from lib.papers import paper_a
from lib.timing.clock import each

PEAK_SECONDS = 1.0  # spent on measuring the peak
LONG_ENOUGH = 0.02  # seconds of one matrix product, so that the call itself does not count


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


def whole_sets(
    networks: Mapping[str, keras.Model], counts: Mapping[str, int], batch_size: int, peak: float
) -> pd.DataFrame:
    """Return what `whole_set` returns for each network on noise, one row per network.

    Args:
        networks: name -> model.
        counts: name -> images that it is shown.
        batch_size: images per call, at most half of the images.
        peak: multiply-adds per second, from `matmul_peak`.

    Returns:
        Columns `network`, `size`, those of `whole_set`, `million multiply-adds` of one image, and `share of peak`.
    """
    rng, rows = np.random.default_rng(0), []
    for name, model in networks.items():
        crops = rng.integers(0, 256, (counts[name], *model.input_shape[1:]), dtype=np.uint8)
        times = whole_set(model, crops, min(batch_size, counts[name] // 2))
        work = multiply_adds(model)
        facts = {"million multiply-adds": work / 1e6, "share of peak": times["images_per_second"] * work / peak}
        rows.append({"network": name, "size": model.input_shape[1], **times, **facts})
    return pd.DataFrame(rows)


def file_to_emotion(paths: Sequence[str], model: keras.Model) -> pd.DataFrame:
    """Time the four steps from a photograph's file to its emotion, one photograph at a time, after ten calls of each.

    Args:
        paths: photographs; those in which no face is found take no part in the last two steps.
        model: from `lib.models.build`, for crops.

    Returns:
        One row per step: `step`, what `each` returns, and `share` of the sum of the medians.
    """
    photographs = [images.read(path) for path in paths]
    detected = [(photograph, faces.detect(photograph)) for photograph in photographs]
    pairs = [(photograph, face[0].landmarks) for photograph, face in detected if face]
    size = model.input_shape[1]
    crops = [faces.align(*pair, "proposed", size).crop for pair in pairs]
    warm_up = min(10, len(pairs) // 2)
    steps = {
        "read the file": each(images.read, paths, warm_up),
        "find face and landmarks": each(faces.detect, photographs, warm_up),
        "align": each(lambda pair: faces.align(*pair, "proposed", size), pairs, warm_up),
        "network": each(lambda crop: model.predict_on_batch(crop[None]), crops, warm_up),
    }
    rows = pd.DataFrame([{"step": name, **times} for name, times in steps.items()])
    return rows.assign(share=rows["median"] / rows["median"].sum())


def beside_paper(whole: Mapping[str, float], one: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the time that paper A prints for its test set beside ours, with and without what surrounds the network.

    Args:
        whole: the compact network's row of `whole_sets`.
        one: ways to call it with one crop, medians in ms; the first row is taken.
        steps: from `file_to_emotion`.

    Returns:
        Columns `measured`, `device`, `n`, `pixels` (side of the crops), `ms per image`, and the seconds for as many
        images as the paper has.
    """
    ours, pixels = device(), whole["size"]
    images, printed = paper_a.HP_TEST_IMAGES, 1000 * paper_a.HP_TEST_SECONDS / paper_a.HP_TEST_IMAGES
    rows = [
        ("paper A: the whole test set", "Titan X", images, paper_a.SIZE, printed),
        ("ours: crops in batches", ours, whole["n"], pixels, whole["per_image"]),
        ("ours: one crop after another", ours, one["n"][0], pixels, one["median"][0]),
        ("ours: from file to emotion, one after another", ours, steps["n"].min(), pixels, steps["median"].sum()),
    ]
    table = pd.DataFrame(rows, columns=["measured", "device", "n", "pixels", "ms per image"])
    return table.assign(**{f"seconds for {images:,}": table["ms per image"] * images / 1000})


def training_step(model: keras.Model, images: np.ndarray) -> float:
    """Return the median milliseconds of a training step on one batch in memory; the first step is not counted.

    Args:
        model: from `lib.models.build`; it is compiled anew and trained for four steps on made-up targets.
        images: uint8 (B, H, W, 3).
    """
    classes = model.output_shape[-1]
    targets = np.eye(classes, dtype=np.float32)[np.arange(len(images)) % classes]
    model.compile("sgd", "categorical_crossentropy", jit_compile=False)
    return each(lambda batch: model.train_on_batch(*batch), [(images, targets)] * 4, warm_up=1)["median"]


def training_shares(networks: Mapping[str, keras.Model], batch_size: int, peak: float) -> pd.DataFrame:
    """Return how much of the machine's arithmetic a training step on one batch in memory uses, one row per network.

    A step multiplies three times: forwards, for the gradient of the weights, and for that of what the layer before it
    gave. The first layer has no layer before it, so its third product is not counted.

    Args:
        networks: name -> model from `lib.models.build`; each is trained for a few steps.
        batch_size: images of a step.
        peak: multiply-adds per second, from `matmul_peak`.

    Returns:
        Columns `network`, `size`, `ms per image`, `million multiply-adds` of an image in a step, `share of peak`.
    """
    rows = []
    for name, model in networks.items():
        images = np.random.default_rng(0).integers(0, 256, (batch_size, *model.input_shape[1:]), dtype=np.uint8)
        layers = 1e6 * anatomy.table(model)["multiply_adds"]
        work = 3 * layers.sum() - layers[layers > 0].iloc[0]
        milliseconds = training_step(model, images) / batch_size
        rows.append((name, model.input_shape[1], milliseconds, work / 1e6, work / (milliseconds / 1000) / peak))
    columns = ["network", "size", "ms per image", "million multiply-adds", "share of peak"]
    return pd.DataFrame(rows, columns=columns)


def input_costs(model: keras.Model, sources: Mapping[str, keras.utils.PyDataset]) -> pd.DataFrame:
    """Return what a training step costs with each input, beside a step on one batch that is already in memory.

    Args:
        model: from `lib.models.build`; it is compiled anew and trained for three epochs per input.
        sources: name -> batches of one size.

    Returns:
        Columns `input`, `ms` by the clock, `processor ms` of all threads, and `over the same batch`: the share of
        processor time on top of the first row's.
    """
    model.compile("sgd", "categorical_crossentropy")
    first = next(iter(sources.values()))
    ends: list[tuple[float, float]] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append((time.perf_counter(), time.process_time()))
    )
    rows = []
    for name, source in {"the same batch": _SameBatch(first), **sources}.items():
        ends.clear()
        model.fit(source, epochs=3, shuffle=False, verbose=0, callbacks=[clock])
        wall, processor = 1000 * np.diff(ends, axis=0).min(axis=0) / len(first)  # the first epoch compiles
        rows.append((name, wall, processor))
    table = pd.DataFrame(rows, columns=["input", "ms", "processor ms"])
    return table.assign(**{"over the same batch": table["processor ms"] / table["processor ms"][0] - 1})


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
        models.predict(model, images[:1])  # traced here, before the clock
        one = each(model.predict_on_batch, [images[:1]] * 12, warm_up=2)["median"]
        rows.append((name, shape[1], one, training_step(model, images) / batch_size))
    return pd.DataFrame(rows, columns=["network", "size", "one image, ms", "training, ms per image"])


def multiply_adds(model: keras.Model) -> int:
    """Return multiplications with addition of one image, the sum of the column in `lib.models.anatomy.table`."""
    return round(1e6 * anatomy.table(model)["multiply_adds"].sum())


def matmul_peak() -> float:
    """Return the most multiply-adds per second that square float32 products of growing size reach on this device.

    It is the roof for convolutions too, which run as matrix products.
    """
    best, size, end = 0.0, 256, time.perf_counter() + PEAK_SECONDS
    while time.perf_counter() < end:
        matrix = keras.ops.ones((size, size), dtype="float32")
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


class _SameBatch(keras.utils.PyDataset):
    """The first batch of other batches, again and again."""

    def __init__(self, batches: keras.utils.PyDataset) -> None:
        super().__init__(workers=batches.workers)
        self.batch, self.steps = batches[0], len(batches)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return self.batch


def _product(matrix: object) -> float:
    start = time.perf_counter()
    keras.ops.convert_to_numpy(keras.ops.matmul(matrix, matrix)[0, 0])  # waits for the device
    return time.perf_counter() - start
