"""Starts the worker for one notebook, watches cells and memory, and ends the whole process tree whatever happens."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from lib import paths
from lib.runner.plan import Step
from lib.runner.tree import kill_tree

Progress = Callable[[int, int, float], None]  # cell, cells, seconds since the start


@dataclass(frozen=True)
class Outcome:
    """How a notebook went.

    Attributes:
        ok: executed to its end.
        seconds: wall time, with the start of the kernel.
        peak_bytes: the largest resident memory of the kernel and all that it started.
        executed: the executed copy; of a failure, as far as it came.
        problem: what went wrong, in words; empty when ok.
        source: the failing cell.
    """

    ok: bool
    seconds: float
    peak_bytes: int
    executed: Path
    problem: str = ""
    source: str = ""


class Watch(threading.Thread):
    """Samples the largest resident memory of a process tree, and reports progress every second, until stopped."""

    def __init__(self, pid: int, progress: Progress) -> None:
        super().__init__(daemon=True)
        self.pid, self.progress, self.started = pid, progress, time.monotonic()
        self.peak, self.cell, self.cells, self.ended = 0, 0, 1, threading.Event()

    def run(self) -> None:
        """Sample five times a second until stopped or until the process has gone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.pid)
            for tick in itertools.count():
                if tick % 5 == 0:
                    self.progress(self.cell, self.cells, self.seconds())
                self.peak = max(self.peak, sum(map(_resident, worker.children(recursive=True))))
                if self.ended.wait(0.2):
                    return

    def seconds(self) -> float:
        """Return the wall time since the start."""
        return time.monotonic() - self.started

    def stop(self) -> None:
        """End the sampling, and wait for its last line."""
        self.ended.set()
        self.join()


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def clear(number: str) -> None:
    """Remove what an earlier run of this notebook left, so that products of two runs never stand side by side."""
    for folder in ("executed", "results", "figures"):
        for old in (*(paths.BUILD / folder).glob(f"{number}[_.]*"), *(paths.BUILD / folder).glob(f".{number}[_.]*")):
            old.unlink()


def execute(step: Step, environment: dict[str, str], progress: Progress, keep_open: tuple[int, ...] = ()) -> Outcome:
    """Run one notebook in a worker process and return how it went.

    Args:
        step: notebook and parameters.
        environment: variables added to this process's own for the kernel.
        progress: called every second.
        keep_open: file descriptors that the worker inherits (the lock on the build folder).
    """
    clear(step.notebook.number)
    final = paths.BUILD / "executed" / step.notebook.path.name
    final.parent.mkdir(parents=True, exist_ok=True)
    log = final.with_suffix(".log")
    with log.open("wb") as errors, _worker(environment, errors, keep_open) as worker:
        watch = Watch(worker.pid, progress)
        watch.start()
        partial = final.with_name(f".{final.stem}.part.ipynb")
        last, source = _follow(worker, _job(step, partial), watch)
        watch.stop()
        if partial.exists():
            os.replace(partial, final)
    if last["event"] == "ok":
        log.unlink()
        return Outcome(True, watch.seconds(), watch.peak, final)
    problem = explain(last, step, watch.peak, log)
    return Outcome(False, watch.seconds(), watch.peak, final, problem, last.get("source", source))


def explain(event: dict, step: Step, peak: int, log: Path) -> str:
    """Return what a failure means, in words, from the worker's last event."""
    kind, message = event["kind"], event["message"]
    if kind == "CellTimeoutError":
        return f"a cell ran longer than the {step.cell_timeout} s that profiles.toml allows (cell_timeout)"
    if kind != "DeadKernelError":
        return message
    held = f"it held {peak / 2**30:.1f} GB at most of this machine's {psutil.virtual_memory().total / 2**30:.0f} GB"
    if event.get("code") == -9:
        return f"the kernel was killed, most likely for memory: {held}. Close other programs, or lower the sizes"
    return f"the kernel died with exit code {event.get('code')}; {held}; its last words are in {log}"


def _job(step: Step, output: Path) -> dict:
    return {
        "input": str(step.notebook.path),
        "output": str(output),
        "parameters": step.given,
        "cwd": str(paths.ROOT),
        "cell_timeout": step.cell_timeout,
    }


@contextlib.contextmanager
def _worker(environment: dict[str, str], errors: object, keep_open: tuple[int, ...]) -> Iterator[subprocess.Popen]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "lib.runner.worker"],
        cwd=paths.ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        pass_fds=keep_open,
        start_new_session=True,  # Ctrl-C reaches the runner alone, which then ends the tree
    )
    try:
        yield worker
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            kill_tree(psutil.Process(worker.pid))
        worker.wait()


def _follow(worker: subprocess.Popen, job: dict, watch: Watch) -> tuple[dict, str]:
    """Send the job, note the cells as they begin; return the last event and the source of the last cell."""
    worker.stdin.write(json.dumps(job) + "\n")
    worker.stdin.flush()
    source = ""
    for line in worker.stdout:
        event = json.loads(line)
        if event["event"] != "cell":
            return event, source
        source, watch.cell, watch.cells = event["source"], event["cell"], event["cells"]
    return {"event": "failed", "kind": "worker", "message": f"the worker ended with code {worker.wait()}"}, source
