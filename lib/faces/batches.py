"""Batches of rows computed on all cores of this machine, or on a Dask cluster, and stored as they come back.

joblib runs both: the same job, the same batches, the same bytes. A Dask worker that dies costs its batch, which Dask
gives to another one; a local worker that dies ends the run, and the next run goes on where this one stopped.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator

import cv2
import joblib
import numpy as np
from tqdm import tqdm

from lib.faces.store import Columns, Store

BATCH = 32  # rows; a kill costs at most this, times the batches in flight
Job = Callable[[Columns], tuple[list[str], Columns]]  # inputs of a batch -> a status for each row, and its fields
_Done = tuple[np.ndarray, list[str], Columns]


def fill(store: Store, slots: np.ndarray, inputs: Columns, job: Job, label: str, scheduler: str | None = None) -> int:
    """Compute the rows of `slots` that are pending and store them; return how many they were.

    Args:
        store: where `slots` come from.
        slots: (N,) int64, one for each input.
        inputs: (N, ...) each; what `job` is given, a batch at a time.
        job: a function that can be pickled.
        label: what the progress bar calls it.
        scheduler: address of a Dask scheduler, such as tcp://head:8786; without it this machine's cores. Its workers
            must see the same files and have the root of this project on their path.
    """
    unique, first = np.unique(slots, return_index=True)
    pending = store["status"][unique] == b""
    unique, first = unique[pending], first[pending]
    batches = [slice(i, i + BATCH) for i in range(0, len(unique), BATCH)]
    tasks = (joblib.delayed(_work)(job, unique[b], {k: v[first[b]] for k, v in inputs.items()}) for b in batches)
    interval = 1 if sys.stderr.isatty() else 10
    with tqdm(total=len(unique), desc=label, unit=" images", mininterval=interval, disable=not batches) as bar:
        for done, statuses, values in _results(tasks, len(batches), scheduler):
            store.put(done, statuses, values)
            bar.update(len(done))
    return len(unique)


def _work(job: Job, slots: np.ndarray, inputs: Columns) -> _Done:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the processes share the cores already
    try:
        return slots, *job(inputs)
    finally:
        cv2.setNumThreads(threads)


def _results(tasks: Iterator[tuple], number: int, scheduler: str | None) -> Iterator[_Done]:
    with _backend(scheduler, number) as (jobs, ahead):
        parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, pre_dispatch=ahead, return_as="generator_unordered")
        yield from parallel(tasks)


@contextlib.contextmanager
def _backend(scheduler: str | None, number: int) -> Iterator[tuple[int, str]]:
    if scheduler is None:
        jobs = min(joblib.cpu_count(), max(number // 2, 1))  # one or two batches are done sooner than a process starts
        with joblib.parallel_config("loky", inner_max_num_threads=1):
            yield jobs, "2 * n_jobs"
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("a scheduler needs dask and distributed: pip install dask distributed") from error
    with Client(scheduler, set_as_default=False) as client, joblib.parallel_config("dask", client=client):
        yield -1, "3 * n_jobs"
