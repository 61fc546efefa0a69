"""One notebook in a process of its own: `python -m lib.runner.worker` reads a job and writes events, a JSON line each.

The first line on standard input is the job: `input`, `output`, `parameters`, `cwd`, `cell_timeout`. Standard input then
stays open as a lifeline: when it ends, the runner is gone, and this process takes its kernel with it.
"""

import json
import os
import sys
import threading

import papermill
import psutil
from jupyter_client import AsyncKernelManager
from nbclient.util import run_sync
from papermill.engines import NBClientEngine, papermill_engines

from lib.runner.tree import kill_tree


class Engine(NBClientEngine):
    """papermill's own engine, which also says which cell is running."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: object, kernel_name: str, **options: object) -> object:
        """Execute the notebook; an event for every cell that starts."""
        cell_start = nb_man.cell_start

        def announced(cell: dict, cell_index: int, **rest: object) -> None:
            say(event="cell", cell=cell_index, cells=len(nb_man.nb.cells), source="".join(cell["source"]))
            cell_start(cell, cell_index, **rest)

        nb_man.cell_start = announced
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


def say(**event: object) -> None:
    """Write one event to the runner."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def watch_lifeline() -> None:
    """Wait for the end of standard input, then end the kernel and this process."""
    sys.stdin.read()
    kill_tree(psutil.Process(), itself=False)
    os._exit(1)


def run(job: dict) -> dict:
    """Execute one notebook; return the last event, `ok` or `failed` with `kind`, `message` and, if dead, `code`."""
    papermill_engines.register("announcing", Engine)
    kernel = AsyncKernelManager(kernel_name="python3")
    try:
        papermill.execute_notebook(
            job["input"],
            job["output"],
            parameters=job["parameters"],
            engine_name="announcing",
            kernel_name="python3",
            km=kernel,
            extra_arguments=["--IPKernelApp.capture_fd_output=False"],  # libraries' own chatter goes to the log
            cwd=job["cwd"],
            execution_timeout=job["cell_timeout"],
            start_timeout=120,
            iopub_timeout=60,  # its default, 4 s, fails on a busy machine
            progress_bar=False,
        )
        run_sync(kernel.shutdown_kernel)()
    except papermill.PapermillExecutionError as error:
        return {"event": "failed", "kind": "error", "message": f"{error.ename}: {error.evalue}", "source": error.source}
    except Exception as error:
        kind = type(error).__name__
        dead = {"code": kernel.provisioner.process.poll()} if kind == "DeadKernelError" else {}
        return {"event": "failed", "kind": kind, "message": str(error), **dead}
    finally:
        kill_tree(psutil.Process(), itself=False)
    return {"event": "ok"}


if __name__ == "__main__":
    first = json.loads(sys.stdin.readline())
    threading.Thread(target=watch_lifeline, daemon=True).start()
    last = run(first)
    say(**last)
    os._exit(0 if last["event"] == "ok" else 1)
