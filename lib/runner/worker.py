"""One notebook in a process of its own: `python -m lib.runner.worker` reads a job and writes events, a JSON line each.

The first line on standard input is the job: `input`, `output`, `parameters`, `cwd`, `token`. Standard input then stays
open as a lifeline: when it ends, the runner is gone, and this process takes its kernel with it.

Events go to what is standard output at the start, and each carries the job's token. Then standard output becomes
standard error, so that whatever a kernel or its children print lands in the log and never between the events.
"""

import html
import json
import os
import re
import sys
import threading
from typing import TextIO

import papermill
import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.util import run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from lib.runner.tree import adopt_orphans, kill_tree

KERNEL = [
    *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
    "--IPKernelApp.capture_fd_output=False",  # libraries' own chatter goes to the log
    "--HistoryManager.enabled=False",
]


class Channel:
    """Writes events to the runner, each with the token that only the two know."""

    def __init__(self, file: TextIO, token: str) -> None:
        self.file, self.token = file, token

    def say(self, **event: object) -> None:
        """Write one event."""
        self.file.write(json.dumps({**event, "token": self.token}) + "\n")
        self.file.flush()


class OwnKernel(KernelSpecManager):
    """Knows one kernel, this interpreter: what a reader or a cluster has installed as `python3` does not matter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the study's kernel, whatever its name."""
        return KernelSpec(argv=KERNEL, display_name="Python 3", language="python")


class Client(PapermillNotebookClient):
    """papermill's client, which also tells the runner which cell is running and what it shows."""

    channel: Channel  # set before the notebook runs

    def process_message(self, message: dict, *where: object) -> object:
        """Take a message of the kernel; an event for every one, with its last line of text where it has one."""
        self.channel.say(event="output", text=last_line(message))
        return super().process_message(message, *where)


class AnnouncingEngine(Engine):
    """papermill's engine with that client and without a clock."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: object, kernel_name: str, **options: object) -> object:
        """Execute the notebook; an event for every cell that starts."""

        def announce(cell: dict, cell_index: int) -> None:
            text = "".join(cell["source"])
            Client.channel.say(event="cell", cell=cell_index, cells=len(nb_man.nb.cells), source=text)

        return Client(
            nb_man,
            km=options["km"],
            kernel_name=kernel_name,
            on_cell_start=announce,
            timeout=None,
            startup_timeout=600,  # a machine that starts many kernels at once is slow
            iopub_timeout=60,  # its default, 4 s, fails on a busy machine
        ).execute()


def last_line(message: dict) -> str:
    """Return the newest line of text that a kernel's message shows, a progress bar's too; empty where it has none."""
    content = message["content"]
    text = content.get("text", "") if message["msg_type"] == "stream" else ""
    if message["msg_type"] == "comm_msg":  # a bar drawn by widgets: the text beside it
        value = content["data"].get("state", {}).get("value")
        text = html.unescape(value) if isinstance(value, str) else ""
    pieces = [piece.strip() for piece in re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text))]
    return next((piece[:160] for piece in reversed(pieces) if piece), "")


def watch_lifeline() -> None:
    """Wait for the end of standard input, then end the kernel and this process."""
    sys.stdin.read()
    kill_tree(psutil.Process(), itself=False)
    os._exit(1)


def run(job: dict) -> dict:
    """Execute one notebook; return the last event, `ok` or `failed` with `kind`, `message` and, if dead, `code`."""
    papermill_engines.register("announcing", AnnouncingEngine)
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=OwnKernel())
    try:
        papermill.execute_notebook(
            job["input"],
            job["output"],
            parameters=job["parameters"],
            engine_name="announcing",
            kernel_name="python3",
            km=kernel,
            cwd=job["cwd"],
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


def main() -> None:
    """Take the job from standard input, execute it, and end with all that it started."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")  # a copy that no child inherits
    os.dup2(2, 1)
    adopt_orphans()
    job = json.loads(sys.stdin.readline())
    Client.channel = Channel(events, job["token"])
    threading.Thread(target=watch_lifeline, daemon=True).start()
    last = run(job)
    Client.channel.say(**last)
    os._exit(0 if last["event"] == "ok" else 1)


if __name__ == "__main__":
    main()
