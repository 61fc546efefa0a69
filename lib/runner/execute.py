"""Starts the worker for one notebook, watches cells, work and memory, and ends the whole process tree at the end."""

import contextlib
import json
import math
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from lib import machine, paths
from lib.runner.plan import Step
from lib.runner.tree import descendants, kill, kill_tree

SAMPLE = 0.5  # seconds between two looks at a process tree
WINDOW = 10  # seconds over which its work is judged
IDLE = 0.02  # share of one core; a kernel that waits uses a tenth of it


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
    """Looks at a worker's process tree twice a second; ends its kernel where it is stuck or asked to stop.

    Attributes:
        cell: index of the cell that runs, of `cells`.
        note: the newest line that the cell has shown.
        resident: bytes that the kernel and all that it started hold now; `peak` at most.
        stuck: there was no output and no work for `silence` seconds.
        stop: to be set from another thread, has the notebook ended within a second.
    """

    def __init__(self, silence: float) -> None:
        super().__init__(daemon=True)
        self.silence, self.started = silence, time.monotonic()
        self.cell, self.cells, self.note = 0, 1, ""
        self.resident, self.peak, self.stuck = 0, 0, False
        self.quiet = -math.inf  # counted from the first event on: a kernel's start has a limit of its own
        self.worker: psutil.Process | None = None
        self._seen: dict[int, psutil.Process] = {}
        self.stop, self._ended = threading.Event(), threading.Event()

    def follow(self, pid: int) -> None:
        """Begin to watch this worker."""
        self.worker = psutil.Process(pid)
        self.start()

    def heard(self, event: dict) -> None:
        """Take an event of the worker: it is a sign of life."""
        self.quiet = 0.0
        if event["event"] == "cell":
            self.cell, self.cells, self.note = event["cell"], event["cells"], ""
        self.note = event.get("text") or self.note

    def run(self) -> None:
        """Sample until the notebook has ended."""
        before, spent, since = {}, 0.0, 0.0
        last = time.monotonic()
        while not self._ended.wait(SAMPLE):
            # a machine that was asleep for an hour has not been silent for an hour
            now, waited = time.monotonic(), min(time.monotonic() - last, 2 * SAMPLE)
            tree = descendants(self.worker)
            self._seen |= {one.pid: one for one in tree}
            self.resident = sum(map(_resident, tree))
            self.peak = max(self.peak, self.resident)
            times = {one.pid: _processor_time(one) for one in tree}
            spent += sum(max(0, value - before.get(pid, 0)) for pid, value in times.items())
            before, last, since, self.quiet = times, now, since + waited, self.quiet + waited
            if since >= min(WINDOW, self.silence / 3):
                self.quiet = 0.0 if spent > IDLE * since else self.quiet
                spent, since = 0.0, 0.0
            self._end_if_needed(tree)

    def _end_if_needed(self, tree: list[psutil.Process]) -> None:
        """End the tree when asked to stop; end the kernel when it is stuck, and a minute later the worker as well."""
        if self.stop.is_set() or self.quiet > self.silence + 60:
            kill_tree(self.worker)
        elif self.quiet > self.silence and not self.stuck:
            self.stuck = True
            kill(tree)

    def seconds(self) -> float:
        """Return the wall time since the start."""
        return time.monotonic() - self.started

    def end(self) -> None:
        """End the watching, and every process that the worker or its kernel has ever started and left."""
        self._ended.set()
        if self.is_alive():
            self.join()
        kill(list(self._seen.values()))


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _processor_time(process: psutil.Process) -> float:
    """Return the seconds of processor time of a process and of those of its children that have ended."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.Error:
        return 0.0


def clear(number: str) -> None:
    """Remove what an earlier run of this notebook left, so that products of two runs never stand side by side."""
    for folder in ("executed", "results", "figures"):
        for old in (*(paths.BUILD / folder).glob(f"{number}[_.]*"), *(paths.BUILD / folder).glob(f".{number}[_.]*")):
            old.unlink()


def execute(step: Step, environment: dict[str, str], watch: Watch, keep_open: tuple[int, ...] = ()) -> Outcome:
    """Run one notebook in a worker process and return how it went.

    Args:
        step: notebook and parameters.
        environment: variables added to this process's own for the kernel.
        watch: a new one; others may read from it, or ask it to stop the notebook.
        keep_open: file descriptors that the worker inherits (the lock on the build folder).
    """
    clear(step.notebook.number)
    final = paths.BUILD / "executed" / step.notebook.path.name
    final.parent.mkdir(parents=True, exist_ok=True)
    log, partial = final.with_suffix(".log"), final.with_name(f".{final.stem}.part.ipynb")
    with log.open("wb") as errors, _worker(environment, errors, watch, keep_open) as worker:
        last, source = _follow(worker, _job(step, partial), watch)
    if watch.stop.is_set():
        return Outcome(False, watch.seconds(), watch.peak, final, "it was stopped", source)
    if partial.exists():
        os.replace(partial, final)
    if last["event"] == "ok":
        log.unlink()
        return Outcome(True, watch.seconds(), watch.peak, final)
    problem = explain(last, step, watch, log)
    return Outcome(False, watch.seconds(), watch.peak, final, problem, last.get("source", source))


def explain(event: dict, step: Step, watch: Watch, log: Path) -> str:
    """Return what a failure means, in words, from the worker's last event."""
    if watch.stuck:
        return (
            f"nothing happened for {step.silence} s, no output and no work by any of its processes, so it was taken for"
            f" stuck and ended (silence in profiles.toml); its last words: {watch.note or 'none'}; see also {log}"
        )
    kind, message = event["kind"], event["message"]
    if kind != "DeadKernelError":
        return message
    held = f"it held {watch.peak / 2**30:.1f} GB at most of this machine's "
    held += f"{machine.memory() / 2**30:.0f} GB"
    if event.get("code") == -9:
        return f"the kernel was killed, most likely for memory: {held}. Close other programs, or lower the sizes"
    return f"the kernel died with exit code {event.get('code')}; {held}; its last words are in {log}"


def _job(step: Step, output: Path) -> dict:
    return {
        "input": str(step.notebook.path),
        "output": str(output),
        "parameters": step.given,
        "cwd": str(paths.ROOT),
        "token": secrets.token_hex(),
    }


@contextlib.contextmanager
def _worker(
    environment: dict[str, str], errors: object, watch: Watch, keep_open: tuple[int, ...]
) -> Iterator[subprocess.Popen]:
    """Start a worker and have it watched; at the end nothing of it is left."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONSTARTUP"}
    own = {"IPYTHONDIR": str(paths.BUILD / ".ipython")}  # no start-up files of the reader's
    worker = subprocess.Popen(
        [sys.executable, "-m", "lib.runner.worker"],
        cwd=paths.ROOT,
        env=inherited | own | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
        errors="replace",
        pass_fds=keep_open,
        start_new_session=True,  # Ctrl-C reaches the runner alone, which then ends the tree
    )
    try:
        watch.follow(worker.pid)
        yield worker
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            kill_tree(psutil.Process(worker.pid))
        watch.end()
        worker.communicate()


def _follow(worker: subprocess.Popen, job: dict, watch: Watch) -> tuple[dict, str]:
    """Send the job, pass on the events; return the last event and the source of the last cell."""
    source = ""
    with contextlib.suppress(BrokenPipeError):  # it has died; below is said how
        worker.stdin.write(json.dumps(job) + "\n")
        worker.stdin.flush()
    for line in worker.stdout:
        event = read_event(line, job["token"])
        if event.get("event") in ("ok", "failed"):
            return event, source
        if event:
            watch.heard(event)
            source = event.get("source", source)
    return {"event": "failed", "kind": "worker", "message": f"the worker ended with code {worker.wait()}"}, source


def read_event(line: str, token: str) -> dict:
    """Return the worker's event in a line, empty for a line that is none."""
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict) and event.get("token") == token:
            return event
    return {}
