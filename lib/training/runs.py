"""Many fits from a table of runs, side by side: one process per core, one thread each.

What a run leaves in the folder of its fit, beside the files of `lib.training.fit`:

    validation.npy      outputs on the validation images, float32 (N, classes)
    network.json        what the table says of the network; written last

On a CPU a process with one thread fits a network, also where there is one core only: the number of threads decides the
last digits of a sum, and only so the bytes of a network do not depend on the number of cores. On a GPU, and where all
devices share every batch (`lib.training.devices`), the networks are fitted in this process, one after another.
"""

import functools
import json
import os
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import joblib
import keras
import numpy as np
import pandas as pd
import psutil
from joblib.executor import get_memmapping_executor
from joblib.externals.loky import as_completed, get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from lib import machine, models, progress
from lib.faces.store import Rows
from lib.models import anatomy
from lib.paths import is_whole, replace_on_success
from lib.training import devices
from lib.training.fit import Images, describe, fingerprint, fit, place
from lib.training.gate import training_error
from lib.training.seed import set_seed
from lib.training.settings import Record, Settings, read

PROCESS_BYTES = 1.2e9  # memory of a process that fits a compact network on some thousand crops, rounded up
PRODUCTS = ("network.json", "validation.npy", "record.json", "best.npz")  # a network is done when all are whole
MIRRORED = (
    "modern_compact",
    "modern_large",
)  # networks that learn mirrored faces too, so both sides of a face are asked


class Inputs(NamedTuple):
    """The two sides of a fit, each images uint8 (N, H, W, 3) and targets, int (N,) or float (N, classes)."""

    train: tuple[Images, np.ndarray]
    validation: tuple[Images, np.ndarray]


@dataclass(frozen=True)
class _Job:
    """One network to fit: a row of the table, what it reads, its folder, and its cost in multiply-adds."""

    run: dict[str, object]
    inputs: Inputs
    settings: Settings
    place: Path
    cost: float

    @property
    def done(self) -> bool:
        return all(is_whole(self.place / name) for name in PRODUCTS)


def sides(images: Images, targets: np.ndarray, split: np.ndarray) -> Inputs:
    """Return the training and the validation images of a split; the images stay on disk.

    Args:
        images: uint8 (N, H, W, 3), memory-mapped.
        targets: int (N,) or float (N, classes).
        split: str (N,): "train", "validation", or anything else for images that belong to neither.
    """
    chosen = [np.flatnonzero(np.asarray(split) == side) for side in ("train", "validation")]
    return Inputs(*((Rows(images, rows), np.asarray(targets)[rows]) for rows in chosen))


def fit_runs(
    runs: pd.DataFrame,
    inputs: Mapping[str, Inputs],
    recipes: Mapping[str, Settings],
    folder: Path,
    most_error: float = np.inf,
    processes: int | None = None,
) -> pd.DataFrame:
    """Fit one network per row of a table, the costliest first, and return the table with what each fit was.

    What an earlier run has fitted is read. `lib.training.gate` says what `most_error` does.

    Args:
        runs: columns `label`, `model` (of `lib.models.NAMES`), `pixels` (side of the crops), `inputs` and `recipe`
            (names in the next two) and `seed`.
        inputs: from `sides`; a network with int validation targets gets a softmax head and may learn shares of
            classes, float (N, classes); one with float validation targets gets sigmoids.
        recipes: settings; the seed comes from the row.
        folder: of the fits.
        most_error: the largest training error of a network that has learned its training images.
        processes: how many at once; by default one per core, fewer where memory is short. Ignored on a GPU.

    Returns:
        `runs` and `folder` (name in `folder`), `training error`, `best epoch` (from 1), `passes`, `steps`, `hours`,
        `commit` and `date` of the fit, `images per second`, `input share`, `parameters`, `megabytes`,
        `million multiply-adds`, `learned`.

    Raises:
        RuntimeError: a fitting process was killed; what is fitted stays.
    """
    runs = runs.reset_index(drop=True)
    jobs = dict(zip(runs.index, _jobs(runs, inputs, recipes, folder), strict=True))
    _fit_all([*jobs.values()], processes)
    failed = [
        number for number, job in jobs.items() if not _row(job)["training error"] <= most_error
    ]  # nor where it is NaN
    twice = {name: replace(recipe, epochs=2 * recipe.epochs) for name, recipe in recipes.items()}
    jobs |= zip(failed, _jobs(runs.loc[failed], inputs, twice, folder), strict=True)
    _fit_all([*jobs.values()], processes)
    fits = pd.concat([runs, pd.DataFrame([_row(job) for job in jobs.values()])], axis=1)
    return fits.assign(learned=fits["training error"] <= most_error)


def not_fitted(
    runs: pd.DataFrame, inputs: Mapping[str, Inputs], recipes: Mapping[str, Settings], folder: Path
) -> pd.DataFrame:
    """Return the rows of a table of runs that no earlier run has fitted; arguments as for `fit_runs`."""
    return runs[[not job.done for job in _jobs(runs, inputs, recipes, folder)]]


def advice(waiting: int, all_of_them: int, scale: str, notebook: str) -> str:
    """Return a sentence for a reader who steps through a notebook: what is fitted, and what to do where it is not.

    Args:
        waiting: networks still to be fitted, from `not_fitted`.
        all_of_them: networks of the notebook.
        scale: of the study.
        notebook: its number.
    """
    if not waiting:
        return f"All {all_of_them} networks were fitted by an earlier run, so the next cell only reads them."
    toy = 'With `SCALE = "smoke"` the whole notebook takes a minute, at toy size. ' if scale != "smoke" else ""
    return (
        f"**{waiting} of {all_of_them} networks are still to be fitted**, which the next cell does. {toy}In a terminal "
        f"`./run_all.sh {scale} --only {notebook}` fits them too, and this notebook then reads them."
    )


def outputs(fits: pd.DataFrame, folder: Path) -> dict[str, np.ndarray]:
    """Return by label the outputs on the validation images of its inputs, float32 (seeds, N, classes).

    Args:
        fits: from `fit_runs`.
        folder: of the fits.
    """
    names = fits.groupby("label", sort=False)["folder"]
    return {label: np.stack([np.load(folder / name / "validation.npy") for name in part]) for label, part in names}


def histories(fits: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return one row per epoch of every fit: `label`, `seed`, `epoch` (from 1) and the columns of `Record.history`.

    Args:
        fits: from `fit_runs`.
        folder: of the fits.
    """
    tables = []
    for run in fits.to_dict("records"):
        history = read(folder / run["folder"]).history
        tables.append(history.assign(label=run["label"], seed=run["seed"], epoch=history.index + 1))
    return pd.concat(tables, ignore_index=True)


def _jobs(
    runs: pd.DataFrame, inputs: Mapping[str, Inputs], recipes: Mapping[str, Settings], folder: Path
) -> list[_Job]:
    """Return one job per row; arguments as for `fit_runs`."""
    jobs, data = [], {name: fingerprint(*both) for name, both in inputs.items()}
    for run in runs.to_dict("records"):
        both, settings = inputs[run["inputs"]], replace(recipes[run["recipe"]], seed=int(run["seed"]))
        network = _network(run["model"], int(run["pixels"]), _head(both))
        here = place(network["description"], settings, data[run["inputs"]], folder)
        images = len(both.train[1]) * settings.visits * settings.epochs
        jobs.append(_Job(run, both, settings, here, images * network["million multiply-adds"]))
    return jobs


@functools.lru_cache(maxsize=64)
def _network(name: str, size: int, head: str) -> dict[str, object]:
    """Return the description of an untrained network, its parameters, bytes and multiply-adds."""
    model = models.build(name, size, head=head)
    row = anatomy.overview({name: model}).rename(columns={"multiply_adds": "million multiply-adds"}).iloc[0]
    sizes = row[["parameters", "megabytes", "million multiply-adds"]].to_dict()
    return {"description": describe(model), **sizes}


def _head(inputs: Inputs) -> str:
    return "sigmoid" if inputs.validation[1].ndim == 2 else "softmax"


def _row(job: _Job) -> dict[str, object]:
    """Return what the table says of a fitted network."""
    return {"folder": job.place.name, **json.loads((job.place / "network.json").read_text())}


def _fit_all(jobs: list[_Job], processes: int | None) -> None:
    """Fit what is not done, the costliest first, with a bar."""
    left = devices.any_process([not job.done for job in jobs])
    waiting = sorted((job for job, missing in zip(jobs, left, strict=True) if missing), key=lambda job: -job.cost)
    if not waiting:
        return
    processes = 1 if _here() else min(processes or _processes(), len(waiting))
    left, done, spent = sum(job.cost for job in waiting), 0.0, 0.0
    with progress.bar(label="networks", unit="networks", total=len(waiting)) as bar:
        bar.bar_format = "{desc}{n_fmt} of {total_fmt}, {elapsed} gone{postfix}"  # what is left: by cost, not number
        for job, seconds in _finished(waiting, processes):
            done, spent, left = done + job.cost, spent + seconds, left - job.cost
            minutes = max(0.0, left * spent / done / processes / 60)
            bar.set_postfix_str(f"{job.run['label']}, seed {job.run['seed']}; about {minutes:.0f} min left")
            bar.update()


def _here() -> bool:
    """Return whether the networks are fitted in this process."""
    return devices.wanted() or not machine.on_cpu()


def _processes() -> int:
    """Return how many fits side by side this machine has cores and memory for."""
    memory = min(psutil.virtual_memory().available, machine.memory())
    return max(1, min(joblib.cpu_count(), int(memory / PROCESS_BYTES)))


def _finished(jobs: list[_Job], processes: int) -> Iterator[tuple[_Job, float]]:
    """Fit, and yield each finished job with the seconds that it took."""
    if _here():
        yield from ((job, _fit_one(job)) for job in jobs)
        return
    get_reusable_executor().shutdown()  # idle processes of an earlier step, with other threads, or none
    options = {"initializer": _become_worker, "initargs": (os.getpid(),), "env": _one_thread()}
    executor = get_memmapping_executor(processes, **options)  # memory maps travel as names of files
    futures = {executor.submit(_fit_alone, job): job for job in jobs}
    warnings.filterwarnings("ignore", "A worker stopped while some jobs")  # loky replaces one that has grown
    try:
        yield from ((futures[future], future.result()) for future in as_completed(futures))
    except TerminatedWorkerError as error:
        raise RuntimeError(
            "a process that fits a network was killed, often because memory was short. Run this again: what has been "
            "fitted is kept. Fewer processes need less memory"
        ) from error
    finally:
        executor.terminate(kill_workers=True)  # gives the memory of the processes back


def _one_thread() -> dict[str, str]:
    """Return the environment of a process whose backend has one thread."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
    return {**dict.fromkeys(names, "1"), "XLA_FLAGS": flags, "KERAS_BACKEND": keras.backend.backend()}


def _become_worker(parent: int) -> None:
    """Give OpenCV one thread too, and end this process soon after its parent."""

    def watch() -> None:
        while os.getppid() == parent and psutil.pid_exists(parent):  # Windows keeps the number of a dead parent
            time.sleep(1)
        os._exit(1)

    cv2.setNumThreads(1)
    threading.Thread(target=watch, daemon=True).start()


def _fit_alone(job: _Job) -> float:
    """Fit in a process that has fitted other networks before."""
    keras.backend.clear_session()
    return _fit_one(job)


def _fit_one(job: _Job) -> float:
    """Fit one network and write what the table says of it; return the seconds."""
    began = time.perf_counter()
    set_seed(job.settings.seed)
    name, size, head = job.run["model"], int(job.run["pixels"]), _head(job.inputs)
    with devices.shared():
        record = fit(models.build(name, size, head=head), *job.inputs, job.settings, job.place.parent, progress=False)
    model = models.build(name, size, head=head)  # of this process alone
    models.load_weights(model, record.weights)
    if record.weights.parent != job.place:
        raise RuntimeError("the code of training has changed since this run began; start it again")
    with replace_on_success(job.place / "validation.npy") as path, path.open("wb") as file:
        np.save(file, models.predict(model, job.inputs.validation[0], flip=name in MIRRORED))
    images, targets = job.inputs.train
    if head == "softmax" and targets.ndim == 2:  # shares of classes
        targets = targets.argmax(axis=1)
    network = {"training error": training_error(models.predict(model, images), targets, record.history)}
    network |= _summary(record, len(images) * job.settings.visits, job.settings.batch_size)
    network |= {key: value for key, value in _network(name, size, head).items() if key != "description"}
    with replace_on_success(job.place / "network.json") as path:
        path.write_text(json.dumps(network, indent=1))
    return time.perf_counter() - began


def _summary(record: Record, images: int, batch_size: int) -> dict[str, object]:
    """Return the columns that come from the record of a fit; `images` are shown per pass."""
    passes = len(record.history)
    return {
        "best epoch": record.best_epoch + 1,
        "passes": passes,
        "steps": passes * -(-images // batch_size),
        "hours": record.seconds / 3600,
        "commit": record.commit,
        "date": record.date,
        "images per second": record.images_per_second,
        "input share": record.input_share,
    }
