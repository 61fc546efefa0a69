"""Clocks: the time of a call as a user feels it.

Rules: warm-up calls are not counted; results are fetched inside the clock, because a GPU returns before it is done;
wall time is the figure, processor time stands beside it because a busy machine disturbs it less; median and 95th
percentile, never the mean alone; the device and its threads are named. No time is ever asserted.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import psutil


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


def table(calls: Mapping[str, Callable[[object], object]], items: Sequence[object], name: str) -> pd.DataFrame:
    """Return one row per way of calling: its name in column `name`, then what `each` returns."""
    return pd.DataFrame([{name: label, **each(call, items)} for label, call in calls.items()])


def once(call: Callable[[], object]) -> float:
    """Return the processor seconds of one call: all threads of this process and of the processes that work for it."""
    start = _processor_seconds()
    call()
    return _processor_seconds() - start


def _processor_seconds() -> float:
    process, seconds = psutil.Process(), 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system
    return seconds
