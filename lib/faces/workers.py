"""Work on the rows of a table in other processes: one for each core of this machine, or those of a Dask cluster.

A damaged image may crash a decoder, and that ends the process it runs in. So no image is read in the caller's process;
the rows that were under way in a process that died are worked on again one by one, and the one that ends its process
again gets a status that says so.
"""

import contextlib
import errno
import functools
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import TYPE_CHECKING

import cv2
import joblib
import numpy as np
from joblib.executor import get_memmapping_executor

from lib import images, progress
from lib.faces.store import AGAIN, Store

BATCH = 32  # rows; a kill costs at most this, times the batches under way
CRASHED = "crashed the worker"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_AHEAD = 4  # batches under way for each thread of a cluster
_PATIENCE = 10  # seconds without a result after which a cluster is asked whether its scheduler is still the same
_PASSING = {
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE,
}  # fmt: skip

if TYPE_CHECKING:
    from distributed import Client

Task = tuple  # a function that can be pickled, and its arguments; it returns `status` and the fields of a row
Submit = Callable[..., Future]


def fill(store: Store, slots: np.ndarray, task: Callable[[int], Task], label: str) -> int:
    """Compute the rows of a table that are pending and store them; return how many they were.

    Where `$FACE_STUDY_SCHEDULER` is the address of a Dask scheduler, such as tcp://head:8786, its workers compute. They
    must see the same files and have the root of this project on their path.

    Args:
        store: where `slots` come from.
        slots: (N,) int64, where each row of the table stands in the store.
        task: what to do for row i of the table.
        label: of the progress bar.

    Raises:
        RuntimeError: the scheduler is gone and does not come back; what is stored stays.
    """
    places, first = np.unique(slots, return_index=True)  # equal images share a place
    status = store.status(places)
    rows = first[(status == "") | np.char.startswith(status, AGAIN)]
    if not len(rows):
        return 0
    batches = [rows[i : i + BATCH] for i in range(0, len(rows), BATCH)]
    postponed = []
    with progress.bar(label=label, total=len(rows)) as bar, _processes(len(batches)) as processes:
        for done, results in _results(*processes, task, batches):
            store.put(slots[done], results)
            postponed += [result["status"] for result in results if result["status"].startswith(AGAIN)]
            bar.update(len(done))
    if postponed:
        reasons = ", ".join(sorted({status.removeprefix(AGAIN) for status in postponed}))
        words = f"{len(postponed)} of {len(rows)} images could not be read this time ({reasons})"
        warnings.warn(f"{label}: {words}; the next call tries them again", stacklevel=3)
    return len(rows)


def _results(
    submit: Submit,
    ahead: Callable[[], int],
    lost: Callable[[], bool],
    task: Callable[[int], Task],
    batches: list[np.ndarray],
) -> Iterator[tuple[np.ndarray, list[dict]]]:
    """Yield rows with their results as they come back; at most `ahead()` batches are under way.

    All that has come back is yielded at once: the slower the disk is to write, the larger are its writes.
    """
    batches, suspects, waiting = batches[::-1], [], {}
    while batches or suspects or waiting:
        alone = not batches and not waiting  # only then is it certain which row has ended a process
        most = 1 if alone else ahead()
        while len(waiting) < most and (suspects if alone else batches):
            batch = (suspects if alone else batches).pop()
            waiting[submit(_work, [task(row) for row in batch])] = batch
        rows, results = [], []
        done = wait(waiting, _PATIENCE, return_when=FIRST_COMPLETED).done
        for future in [*waiting] if not done and lost() else done:
            batch = waiting.pop(future)
            if future.cancelled() or not future.done():  # the scheduler was lost, and may come back
                (suspects if alone else batches).append(batch)
            elif not _died(future):
                rows, results = [*rows, *batch], results + future.result()
            elif alone:
                rows, results = [*rows, *batch], [*results, {"status": CRASHED}]
            else:
                suspects += [[row] for row in batch]
        if rows:
            yield np.array(rows), results


def _died(future: Future) -> bool:
    """Tell whether a process ended in the middle of its work; Dask says so when several have done so."""
    error = future.exception()
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


@contextlib.contextmanager
def _processes(batches: int) -> Iterator[tuple[Submit, Callable[[], int], Callable[[], bool]]]:
    """Yield three functions: to submit work, how many batches may be under way, and whether all under way is lost."""
    scheduler = os.environ.get("FACE_STUDY_SCHEDULER")
    if not scheduler:
        workers = max(min(joblib.cpu_count(), batches), 1)
        executor = functools.partial(get_memmapping_executor, workers, env=_ONE_THREAD)
        yield lambda *work: executor().submit(*work), lambda: 2 * workers, lambda: False
        return
    from distributed import Client

    # results come from the workers themselves, not through the scheduler; workers that join late are counted too
    with (
        Client(scheduler, set_as_default=False, direct_to_workers=True) as client,
        client.get_executor(pure=False, retries=2) as executor,
    ):
        schedulers = [client.scheduler_info()["id"]]

        def lost() -> bool:  # a new scheduler knows nothing of the work of the one before
            schedulers.append(client.scheduler_info()["id"])
            return schedulers[-1] != schedulers[-2]

        yield executor.submit, lambda: _AHEAD * max(1, _threads(client)), lost


def _threads(client: "Client") -> int:
    """Return how many threads a cluster has now; a lost scheduler has half a minute to come back."""
    try:
        return sum(client.nthreads().values())
    except OSError as error:
        address = client.scheduler.address
        raise RuntimeError(f"the Dask scheduler {address} is gone; the same command goes on when it is back") from error


def _work(tasks: list[Task]) -> list[dict]:
    """Return the results of a batch, in a process of its own."""
    cv2.setNumThreads(1)  # the processes share the cores already
    return [_attempt(*task) for task in tasks]


def _attempt(function: Callable[..., dict], *arguments: object) -> dict:
    """Return a row's result; one bad file must not end the run, so any error of its own becomes its status."""
    try:
        return function(*arguments)
    except ImportError:  # of the installation, and so of every row
        raise
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
