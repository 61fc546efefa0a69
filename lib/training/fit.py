"""Fitting a network: progress, best weights by validation, and a resume that changes nothing.

What a fit leaves in its folder:

    setup.json          every setting, the model, the data, the code and the backend; their hash is the folder's name
    state.npz           all variables of model and optimiser after the last whole epoch, and the history
    best.npz            the weights of the best epoch by validation, averaged ones where `ema` is set
    record.json         history, best epoch, speed, device, commit, date, seconds

A fit that was killed goes on from `state.npz` when it is called again, and ends with the same bytes as one that was
not: batches are functions of (seed, epoch, batch number), and all else that changes is in that file.
"""

import hashlib
import importlib.metadata
import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from filelock import FileLock

from lib import machine, paths, records
from lib.augment import Share, TrainingBatches
from lib.models import COMPARATOR, FLOAT32_LAYERS, load_weights, modern, save_weights
from lib.paths import replace_on_success
from lib.training import devices
from lib.training.settings import Record, Settings, read

CODE = (  # sources that decide the bytes of a fit, in lib
    *(f"training/{name}.py" for name in ("devices", "fit", "gate", "runs", "seed", "settings")),
    *(f"models/{name}.py" for name in ("__init__", "modern", "resnet", "vgg")),
    "augment/*.py",
)
COMPARATORS = "comparators/networks/*.py"  # likewise, of a comparator
FILES = ("state.npz", "best.npz", "record.json")
STEPS_WITHOUT_INPUT = 5  # steps on one batch in memory, to learn what a step costs when its input is free
Images = Sequence[np.ndarray]  # uint8 (N, H, W, 3), in memory or mapped


def fit(
    model: keras.Model,
    train: tuple[Images, np.ndarray],
    validation: tuple[Images, np.ndarray],
    settings: Settings,
    folder: Path,
    progress: bool = True,
) -> Record:
    """Fit the model, or go on with a fit that was killed, and leave the best weights in the model.

    Args:
        model: from `lib.models.build`; a softmax head is fitted by cross-entropy, sigmoids by their own.
        train: uint8 (N, H, W, 3), in memory or mapped, and targets: int (N,) or float (N, classes).
        validation: likewise; chooses the epoch by accuracy (softmax) or loss (sigmoid), and nothing else.
        settings: see `Settings`.
        folder: of many fits; this one takes the folder in it that `place` names.
        progress: print a line per epoch, on a terminal a bar.

    Raises:
        ValueError: targets that do not fit the head.
    """
    classes, setup = model.output_shape[-1], (describe(model), settings, fingerprint(train, validation))
    train, validation = ((images, _targets(targets, classes)) for images, targets in (train, validation))
    here = place(*setup, folder)
    with replace_on_success(here / "setup.json") as path:
        path.write_text(json.dumps(_setup(*setup), indent=1))
    with FileLock(here / "lock"):  # what a killed run has left running may still be at work on this fit
        devices.agree(here, FILES)
        _set_damage_aside(here)
        if not (here / "record.json").exists():
            _fit(model, train, validation, settings, here, progress)
    load_weights(model, here / "best.npz")
    return read(here)


def _set_damage_aside(folder: Path) -> None:
    """Rename the files of a fit where one of them is cut, empty or gone, so that it is fitted anew."""
    files = [folder / name for name in FILES]
    left = [path for path in files if path.exists()]
    expected = files if files[2] in left else left  # a fit that has ended has all three
    if all(map(paths.is_whole, expected)):
        return
    for path in left:
        os.replace(path, path.with_name(f"{path.name}.damaged"))
    warnings.warn(f"a file of the fit in {folder} was damaged; it is set aside and the fit begins anew", stacklevel=2)


def place(model: dict[str, object], settings: Settings, data: dict[str, object], folder: Path) -> Path:
    """Return the folder of a fit, named after the model and a hash of all that decides the bytes of its weights.

    That is: settings, model, data, backend, and the code (not the comments and docstrings) of models, augmentation and
    training. The initial weights are taken to follow from the seed: call `lib.training.set_seed` with it first.

    Args:
        model: from `describe`.
        settings: see `Settings`.
        data: from `fingerprint`.
        folder: of many fits.
    """
    setup = json.dumps(_setup(model, settings, data))
    return Path(folder) / f"{model['name']}_{hashlib.sha256(setup.encode()).hexdigest()[:12]}"


def describe(model: keras.Model) -> dict[str, object]:
    """Return what tells a network of `lib.models.build` from another one before training."""
    head = model.layers[-1].activation.__name__
    return {"name": model.name, "input": model.input_shape, "parameters": model.count_params(), "head": head}


def fingerprint(*sets: tuple[Images, np.ndarray]) -> dict[str, object]:
    """Return the size and a hash of each set of images with their targets; images are read 256 at a time."""
    hashes = []
    for images, targets in sets:
        digest = hashlib.blake2b(np.ascontiguousarray(targets), digest_size=16)
        for start in range(0, len(images), 256):
            digest.update(np.ascontiguousarray(images[start : start + 256]))
        hashes.append(digest.hexdigest())
    return {"images": [len(images) for images, _ in sets], "hashes": hashes}


def _fit(
    model: keras.Model,
    train: tuple[Images, np.ndarray],
    validation: tuple[Images, np.ndarray],
    settings: Settings,
    folder: Path,
    progress: bool,
) -> None:
    """Fit from the last whole epoch on, and write the record; targets are float32 (N, classes)."""
    share = devices.share()
    batches = TrainingBatches(
        *train, settings.batch_size, settings.augmentation, settings.seed, settings.visits, share=share
    )
    _compile(model, settings, steps=len(batches) * settings.epochs)
    keeper = _Keeper(folder, "val_accuracy" if _is_softmax(model) else "val_loss")
    keeper.restore(model)
    validated = _Validation(*validation, share)
    if keras.backend.backend() == "jax":  # where `model.fit` would lose the first batch to building the metrics
        model.test_on_batch(*validated[0])
    model.fit(
        batches,
        validation_data=validated,
        epochs=settings.epochs,
        initial_epoch=len(keeper.history),
        shuffle=False,
        callbacks=[batches.callback(), keeper, *([keras.callbacks.SwapEMAWeights()] if settings.ema else [])],
        verbose=(1 if sys.stdout.isatty() else 2) if progress else 0,
    )
    _write_record(model, folder, keeper, batches)


class _Validation(keras.utils.PyDataset):
    """Batches of 256 validation images in their order, read when they are asked for; of each the share given."""

    def __init__(self, images: Images, targets: np.ndarray, share: Share) -> None:
        super().__init__()
        self.images, self.targets, self.share = images, targets, share

    def __len__(self) -> int:
        return -(-len(self.images) // 256)

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.share.own(self.share.places(number, 256, len(self.images)))
        return np.stack([self.images[row] for row in rows]), self.targets[rows]


class _Keeper(keras.callbacks.Callback):
    """Keeps the best weights after each validation and the whole state after each epoch."""

    def __init__(self, folder: Path, monitor: str) -> None:
        super().__init__()
        self.folder, self.monitor = folder, monitor
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
        """Return the epoch of the best validation; the earliest of equals, and none that has diverged to NaN."""
        values = np.array([row[self.monitor] for row in self.history])
        errors = -values if self.monitor == "val_accuracy" else values
        diverged = np.isnan([row["val_loss"] for row in self.history])  # an accuracy is a number even then
        return int(np.argmin(np.where(diverged, np.inf, errors)))

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
        layer.trainable = settings.trainable == "all" or layer.name == "head"
        if settings.precision != "float32" and layer.name not in FLOAT32_LAYERS:
            layer.dtype_policy = settings.precision
        if layer.name.startswith(modern.DEPTH):
            layer.rate = settings.stochastic_depth
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
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
        metrics = ["accuracy", "binary_accuracy"]  # the second for paper B: lib.evaluate says what it hides
    else:
        loss, metrics = keras.losses.BinaryCrossentropy(), ["mean_squared_error"]
    compiled = settings.jit or keras.backend.backend() == "jax"  # which else compiles every operation of a step alone
    model.compile(optimiser, loss, metrics=metrics, jit_compile=compiled)
    model.optimizer.build(model.trainable_variables)


def _setup(model: dict[str, object], settings: Settings, data: dict[str, object]) -> dict[str, object]:
    """Return all that decides the bytes of a fit; arguments as for `place`."""
    code = _code((*CODE, COMPARATORS) if str(model["name"]).startswith(COMPARATOR) else CODE)
    return {"settings": asdict(settings), "model": model, "data": data, "code": code, **_backend()}


def _code(patterns: Sequence[str]) -> str:
    """Return a hash of what the code means that decides the bytes of a fit."""
    sources = [source for pattern in patterns for source in sorted((paths.ROOT / "lib").glob(pattern))]
    return hashlib.sha256(b"".join(map(paths.meaning, sources))).hexdigest()[:16]


def _backend() -> dict[str, str]:
    """Return the backend and the versions of what computes."""
    name = keras.backend.backend()
    packages = ("keras", name, "opencv-python")
    return {"backend": name, "versions": {package: importlib.metadata.version(package) for package in packages}}


def _write_record(model: keras.Model, folder: Path, keeper: _Keeper, batches: TrainingBatches) -> None:
    """Write `record.json`; takes a few steps on one batch in memory to learn what a step costs without its input."""
    source = records.provenance()
    step = float(np.median([row["step"] for row in keeper.history]))
    record = {
        "history": keeper.history,
        "best_epoch": keeper.best(),
        "images_per_second": len(batches.images) * batches.visits / len(batches) / step,
        "steps_per_second": 1 / step,
        "input_share": max(0.0, 1 - _step_without_input(model, batches[0]) / step),
        "device": machine.device(),
        "seconds": sum(row["seconds"] for row in keeper.history),
        "commit": source["commit"] + (" with changes" if source["dirty"] else ""),
        "date": source["written"],
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
    model.fit(_Repeated(batch), shuffle=False, callbacks=[clock], verbose=0)
    return float(np.median(seconds[1:]))


class _Repeated(keras.utils.PyDataset):
    """One batch in memory a few times over; a data set of this kind, so that the step is not traced anew."""

    def __init__(self, batch: tuple[np.ndarray, np.ndarray]) -> None:
        super().__init__()
        self.batch = batch

    def __len__(self) -> int:
        return STEPS_WITHOUT_INPUT

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return self.batch
