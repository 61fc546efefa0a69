"""Fitting a network: progress, best weights by validation, and a resume that changes nothing.

What a fit leaves in its folder:

    settings.json       every setting, the model and the data; another fit in the same folder is refused
    state.npz           all variables of model and optimiser after the last whole epoch, and the history
    best.npz            the weights of the best epoch by validation, averaged ones where `ema` is set
    record.json         history, best epoch, speed, device

A fit that was killed goes on from `state.npz` when it is called again, and ends with the same bytes as one that was
not: batches are functions of (seed, epoch, batch number), and all else that changes is in that file.
"""

import contextlib
import json
import os
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from lib import machine
from lib.augment import TrainingBatches
from lib.models import FLOAT32_LAYERS, load_weights, save_weights
from lib.paths import replace_on_success
from lib.training.settings import Record, Settings, read

STEPS_WITHOUT_INPUT = 5  # steps on one batch in memory, to learn what a step costs when its input is free


def fit(
    model: keras.Model,
    train: tuple[Sequence[np.ndarray], np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    folder: Path,
) -> Record:
    """Fit the model, or go on with a fit that was killed, and leave the best weights in the model.

    Args:
        model: from `lib.models.build`; a softmax head is fitted by cross-entropy, sigmoids by their own.
        train: uint8 (N, H, W, 3), in memory or mapped, and targets: int (N,) or float (N, classes).
        validation: likewise; chooses the epoch by accuracy (softmax) or loss (sigmoid), and nothing else.
        settings: see `Settings`.
        folder: of this fit alone.

    Raises:
        ValueError: targets that do not fit the head, or a folder with another fit in it.
    """
    folder = Path(folder)
    classes = model.output_shape[-1]
    train, validation = (train[0], _targets(train[1], classes)), (validation[0], _targets(validation[1], classes))
    _claim(folder, {"settings": asdict(settings), "model": _describe(model), "data": _fingerprint(train, validation)})
    batches = TrainingBatches(*train, settings.batch_size, settings.augmentation, settings.seed, settings.visits)
    _compile(model, settings, steps=len(batches) * settings.epochs)
    keeper = _Keeper(folder, settings.patience, "val_accuracy" if _is_softmax(model) else "val_loss")
    keeper.restore(model)
    if not (folder / "record.json").exists():
        model.fit(
            batches,
            validation_data=validation,
            validation_batch_size=256,
            epochs=len(keeper.history) if keeper.finished(settings.epochs) else settings.epochs,
            initial_epoch=len(keeper.history),
            shuffle=False,
            class_weight=_class_weights(train[1]) if settings.class_weights else None,
            callbacks=[batches.callback(), keeper, *([keras.callbacks.SwapEMAWeights()] if settings.ema else [])],
            verbose=1 if sys.stdout.isatty() else 2,
        )
        _write_record(model, folder, keeper, batches)
    load_weights(model, folder / "best.npz")
    return read(folder)


def share_over_devices() -> contextlib.AbstractContextManager:
    """Return a context in which `lib.models.build` and `fit` share every batch over all devices, and over all machines.

    TensorFlow: `tf.distribute`, several machines where TF_CONFIG names them. JAX: `keras.distribution`, several
    machines after `keras.distribution.initialize()`. Each machine needs a folder of its own. The batch size stays that
    of the whole step.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if "TF_CONFIG" in os.environ:
            return tf.distribute.MultiWorkerMirroredStrategy().scope()
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices]).scope()
    return keras.distribution.DataParallel().scope()


class _Keeper(keras.callbacks.Callback):
    """Keeps the best weights after each validation and the whole state after each epoch, and stops early."""

    def __init__(self, folder: Path, patience: int, monitor: str) -> None:
        super().__init__()
        self.folder, self.patience, self.monitor = folder, patience, monitor
        self.history: list[dict[str, float]] = []

    def restore(self, model: keras.Model) -> None:
        """Bring model and optimiser to the end of the last whole epoch, if there is one."""
        path = self.folder / "state.npz"
        if path.exists():
            with np.load(path) as state:
                self.history = json.loads(str(state["history"]))
                for i, variable in enumerate(_variables(model)):
                    variable.assign(state[str(i)])

    def best(self) -> int:
        """Return the epoch of the best validation; the earliest of equals."""
        values = [row[self.monitor] for row in self.history]
        return int(np.argmax(values) if self.monitor == "val_accuracy" else np.argmin(values))

    def finished(self, epochs: int) -> bool:
        """Return whether no epoch is left to do."""
        done = len(self.history)
        return done >= epochs or bool(self.patience and done and done - 1 - self.best() >= self.patience)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the epoch's clock."""
        self._began, self._ends = time.perf_counter(), []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Note when the step ended."""
        self._ends.append(time.perf_counter())

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Stop the epoch's clock: validation is not training."""
        seconds, first = time.perf_counter() - self._began, self._ends[0]
        steps = len(self._ends) - 1  # without the first, which compiles
        self._times = {"seconds": seconds, "step": (self._ends[-1] - first) / steps if steps else seconds}

    def on_test_end(self, logs: dict) -> None:
        """Keep the weights if this validation is the best so far; averaged weights are in the model here."""
        self.history.append({f"val_{name}": float(value) for name, value in logs.items()})
        if self.best() == len(self.history) - 1:
            save_weights(self.model, self.folder / "best.npz")

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Write the state down, so that a kill costs at most one epoch."""
        self.history[-1] = {name: float(value) for name, value in logs.items()} | self._times
        with replace_on_success(self.folder / "state.npz") as path, path.open("wb") as file:
            variables = {str(i): np.asarray(variable) for i, variable in enumerate(_variables(self.model))}
            np.savez(file, history=json.dumps(self.history), **variables)
        self.model.stop_training = self.finished(self.params["epochs"])


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _is_softmax(model: keras.Model) -> bool:
    return model.layers[-1].activation is keras.activations.softmax


def _targets(targets: np.ndarray, classes: int) -> np.ndarray:
    """Return float32 (N, classes); class numbers (N,) become rows with a single 1."""
    targets = np.asarray(targets)
    if (
        targets.ndim == 1
        and np.issubdtype(targets.dtype, np.integer)
        and targets.min() >= 0
        and targets.max() < classes
    ):
        return np.eye(classes, dtype=np.float32)[targets]
    if targets.ndim == 2 and targets.shape[1] == classes:
        return targets.astype(np.float32)
    raise ValueError(
        f"targets are {targets.dtype} {targets.shape}, such as {np.unique(targets)[-3:]}; expected class numbers "
        f"(N,) from 0 to {classes - 1}, or float (N, {classes})"
    )


def _compile(model: keras.Model, settings: Settings, steps: int) -> None:
    """Give the model its precision, loss and optimiser, with a cosine over `steps` steps."""
    for layer in model.layers:
        if settings.precision != "float32" and layer.name not in FLOAT32_LAYERS:
            layer.dtype_policy = settings.precision
    warm_up = round(settings.warm_up * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warm_up else settings.learning_rate,
        max(1, steps - warm_up),
        warmup_target=settings.learning_rate if warm_up else None,
        warmup_steps=warm_up,
    )
    common = {"use_ema": settings.ema > 0, "ema_momentum": settings.ema, "global_clipnorm": 5.0}  # 5: ours
    if settings.optimiser == "sgd":
        optimiser = keras.optimizers.SGD(rate, 0.9, nesterov=True, weight_decay=settings.weight_decay or None, **common)
    else:
        optimiser = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, **common)
    if settings.weight_decay:
        optimiser.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if _is_softmax(model):
        loss, metric = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing), "accuracy"
    else:
        loss, metric = keras.losses.BinaryCrossentropy(), "mean_squared_error"
    model.compile(optimiser, loss, metrics=[metric], jit_compile=settings.jit)
    model.optimizer.build(model.trainable_variables)


def _class_weights(targets: np.ndarray) -> dict[int, float]:
    """Return a weight per class, 1 on average over the images, from targets (N, classes)."""
    share = targets.mean(axis=0)
    return {i: float(1 / (len(share) * max(s, 1e-6))) for i, s in enumerate(share)}


def _describe(model: keras.Model) -> dict[str, object]:
    return {"name": model.name, "input": list(model.input_shape), "parameters": model.count_params()}


def _fingerprint(*sets: tuple[Sequence[np.ndarray], np.ndarray]) -> dict[str, object]:
    """Return the size of each set and a checksum of its targets and of every 97th image."""
    marks = []
    for images, targets in sets:
        checksum = zlib.crc32(np.ascontiguousarray(targets))
        for image in images[::97]:
            checksum = zlib.crc32(np.ascontiguousarray(image), checksum)
        marks.append(checksum)
    return {"images": [len(images) for images, _ in sets], "checksums": marks}


def _claim(folder: Path, setup: dict[str, object]) -> None:
    """Write the set-up into the folder, or find the same one there."""
    path = folder / "settings.json"
    setup = json.loads(json.dumps(setup))
    if path.exists() and (found := json.loads(path.read_text())) != setup:
        differing = [
            f"{part}.{key}: {found[part].get(key)} there, {setup[part][key]} now"
            for part in setup
            for key in setup[part]
            if found[part].get(key) != setup[part][key]
        ]
        raise ValueError(
            f"{folder} holds another fit ({'; '.join(differing)}); give this one its own folder, or delete that"
        )
    with replace_on_success(path) as temporary:
        temporary.write_text(json.dumps(setup, indent=1))


def _write_record(model: keras.Model, folder: Path, keeper: _Keeper, batches: TrainingBatches) -> None:
    """Write `record.json`; takes a few steps on one batch in memory to learn what a step costs without its input."""
    step = float(np.median([row["step"] for row in keeper.history]))
    record = {
        "history": keeper.history,
        "best_epoch": keeper.best(),
        "images_per_second": len(batches.images) * batches.visits / len(batches) / step,
        "steps_per_second": 1 / step,
        "input_share": max(0.0, 1 - _step_without_input(model, batches[0]) / step),
        "device": machine.device(),
    }
    with replace_on_success(folder / "record.json") as path:
        path.write_text(json.dumps(record, indent=1))


def _step_without_input(model: keras.Model, batch: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the median seconds of a few training steps on one batch, which changes the model."""
    seconds, began = [], [0.0]
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda step, logs: began.__setitem__(0, time.perf_counter()),
        on_train_batch_end=lambda step, logs: seconds.append(time.perf_counter() - began[0]),
    )
    for variable in model.optimizer.variables:  # averages share their memory with weights, which JAX gives away once
        variable.assign(np.array(variable))
    images, targets = (np.concatenate([part] * STEPS_WITHOUT_INPUT) for part in batch)
    model.fit(images, targets, batch_size=len(batch[0]), shuffle=False, callbacks=[clock], verbose=0)
    return float(np.median(seconds[1:]))
