"""Work on the rows of a table in other processes: one for each core of this machine, or those of a Dask cluster.

A damaged image may crash a decoder, and that ends the process it runs in. So no image is read in the caller's process;
the rows that were under way in a process that died are worked on again one by one, and the one that ends its process
again gets a status that says so.
"""

import contextlib
import errno
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

import cv2
import joblib
import numpy as np
from joblib.externals.loky import get_reusable_executor

from lib import images, progress
from lib.faces.store import AGAIN, Store

BATCH = 32  # rows; a kill costs at most this, times the batches under way
CRASHED = "crashed the worker"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_AHEAD = 200  # batches that a cluster is given at once
_PASSING = {
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE,
}  # fmt: skip

Task = tuple  # a function that can be pickled, and its arguments; it returns `status` and the fields of a row
Submit = Callable[..., Future]


def fill(store: Store, slots: np.ndarray, task: Callable[[int], Task], label: str, scheduler: str | None = None) -> int:
    """Compute the rows of a table that are pending and store them; return how many they were.

    Args:
        store: where `slots` come from.
        slots: (N,) int64, where each row of the table stands in the store.
        task: what to do for row i of the table.
        label: of the progress bar.
        scheduler: address of a Dask scheduler, such as tcp://head:8786; without it `$FACE_STUDY_SCHEDULER`, else this
            machine's cores. Its workers must see the same files and have the root of this project on their path.
    """
    places, first = np.unique(slots, return_index=True)  # equal images share a place
    status = store.status(places)
    rows = first[(status == "") | np.char.startswith(status, AGAIN)]
    batches = [rows[i : i + BATCH] for i in range(0, len(rows), BATCH)]
    postponed = []
    with progress.bar(label=label, total=len(rows)) as bar, _processes(len(batches), scheduler) as (submit, ahead):
        for batch, results in _results(submit, task, batches, ahead):
            store.put(slots[batch], results)
            postponed += [result["status"] for result in results if result["status"].startswith(AGAIN)]
            bar.update(len(batch))
    if postponed:
        reasons = ", ".join(sorted({status.removeprefix(AGAIN) for status in postponed}))
        words = f"{len(postponed)} of {len(rows)} images could not be read this time ({reasons})"
        warnings.warn(f"{label}: {words}; the next call tries them again", stacklevel=3)
    return len(rows)


def _results(
    submit: Submit, task: Callable[[int], Task], batches: list[np.ndarray], ahead: int
) -> Iterator[tuple[np.ndarray, list[dict]]]:
    """Yield each batch of rows with its results, as they come back; at most `ahead` batches are under way."""
    batches, suspects, waiting = batches[::-1], [], {}
    while batches or suspects or waiting:
        alone = not batches and not waiting  # only then is it certain which row has ended a process
        while len(waiting) < (1 if alone else ahead) and (suspects if alone else batches):
            batch = (suspects if alone else batches).pop()
            waiting[submit(_work, [task(row) for row in batch])] = batch
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            batch = waiting.pop(future)
            if not _died(future):
                yield batch, future.result()
            elif alone:
                yield batch, [{"status": CRASHED}]
            else:
                suspects += [[row] for row in batch]


def _died(future: Future) -> bool:
    """Tell whether a process ended in the middle of its work; Dask says so when several have done so."""
    error = future.exception()
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


@contextlib.contextmanager
def _processes(batches: int, scheduler: str | None) -> Iterator[tuple[Submit, int]]:
    """Yield a function that submits work, and how many batches may be under way."""
    scheduler = scheduler or os.environ.get("FACE_STUDY_SCHEDULER")
    if not scheduler:
        workers = max(min(joblib.cpu_count(), batches), 1)
        yield lambda *work: get_reusable_executor(workers, env=_ONE_THREAD).submit(*work), 2 * workers
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("a scheduler needs dask and distributed: pip install dask distributed") from error
    with Client(scheduler, set_as_default=False) as client, client.get_executor(pure=False) as executor:
        yield executor.submit, _AHEAD


def _work(tasks: list[Task]) -> list[dict]:
    """Return the results of a batch, in a process of its own."""
    cv2.setNumThreads(1)  # the processes share the cores already
    return [_attempt(*task) for task in tasks]


def _attempt(function: Callable[..., dict], *arguments: object) -> dict:
    """Return a row's result; one bad file must not end the run, so any error becomes its status."""
    try:
        return function(*arguments)
    except Exception as error:
        return {"status": reason(error)}


def reason(error: Exception) -> str:
    """Return in a few words why a row has no result; `AGAIN` before them if another try may succeed."""
    fault = error.__cause__ if isinstance(error, images.ImageError) and error.__cause__ else error
    if isinstance(fault, OSError) and fault.errno in _PASSING:
        return AGAIN + os.strerror(fault.errno)
    if isinstance(fault, MemoryError) or (isinstance(fault, cv2.error) and fault.code == cv2.Error.StsNoMem):
        return AGAIN + os.strerror(errno.ENOMEM)
    if isinstance(error, images.ImageError):
        return error.reason
    return (error.strerror if isinstance(error, OSError) else None) or f"unreadable: {type(error).__name__}"
