"""Starts the worker for one notebook, watches cells and memory, and ends the whole process tree whatever happens."""

import contextlib
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


class Memory(threading.Thread):
    """The largest resident memory of a process tree, sampled five times a second until `stop` is set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.stop = pid, 0, threading.Event()

    def run(self) -> None:
        """Sample until stopped or until the process has gone."""
        with contextlib.suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.pid)
            while not self.stop.wait(0.2):
                self.peak = max(self.peak, sum(map(_resident, worker.children(recursive=True))))


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
        progress: called at the start of every cell.
        keep_open: file descriptors that the worker inherits (the lock on the build folder).
    """
    clear(step.notebook.number)
    final = paths.BUILD / "executed" / step.notebook.path.name
    final.parent.mkdir(parents=True, exist_ok=True)
    log = final.with_suffix(".log")
    started = time.monotonic()
    with log.open("wb") as errors, _worker(environment, errors, keep_open) as worker:
        memory = Memory(worker.pid)
        memory.start()
        partial = final.with_name(f".{final.stem}.part.ipynb")
        last, source = _follow(worker, _job(step, partial), progress, started)
        memory.stop.set()
        memory.join()
        if partial.exists():
            os.replace(partial, final)
    seconds = time.monotonic() - started
    if last["event"] == "ok":
        log.unlink()
        return Outcome(True, seconds, memory.peak, final)
    problem = explain(last, step, memory.peak, log)
    return Outcome(False, seconds, memory.peak, final, problem, last.get("source", source))


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


def _follow(worker: subprocess.Popen, job: dict, progress: Progress, started: float) -> tuple[dict, str]:
    """Send the job, pass on the events; return the last one and the source of the last cell begun."""
    worker.stdin.write(json.dumps(job) + "\n")
    worker.stdin.flush()
    source = ""
    for line in worker.stdout:
        event = json.loads(line)
        if event["event"] != "cell":
            return event, source
        source = event["source"]
        progress(event["cell"], event["cells"], time.monotonic() - started)
    return {"event": "failed", "kind": "worker", "message": f"the worker ended with code {worker.wait()}"}, source
