"""What the study runs on: processor, accelerator, the device that Keras uses, and the signals that stop it."""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a kill, a closed terminal


def cpu_name() -> str:
    """Return the processor's name as the system gives it."""
    if Path("/proc/cpuinfo").exists():
        match = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        return match[1] if match else platform.machine()
    return output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()


def gpu_name() -> str:
    """Return the names of the NVIDIA GPUs, "none" where there is none."""
    return ", ".join(output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()) or "none"


def on_cpu() -> bool:
    """Return whether Keras' backend sees no accelerator."""
    import keras

    return all(name.lower().startswith("cpu") for name in keras.distribution.list_devices())


def device() -> str:
    """Return what Keras computes on: the GPUs' or else the processor's name, and the backend."""
    import keras

    return f"{cpu_name() if on_cpu() else gpu_name()} ({keras.backend.backend()})"


def output(*command: str) -> str:
    """Return what a command prints, nothing where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or the limit of its container."""
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    total = psutil.virtual_memory().total
    return min(total, int(text)) if text.isdigit() else total


def stop_like_ctrl_c() -> None:
    """Let a kill and a closed terminal end a command as Ctrl-C does, which keeps what is finished."""
    for name in STOPS:
        if signal.getsignal(name) != signal.SIG_IGN or name == signal.SIGINT:  # nohup ignores SIGHUP, and means it
            signal.signal(name, signal.default_int_handler)


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what native libraries write to the standard error meanwhile; exceptions come as always.

    TensorFlow writes lines that look like errors when it is imported and when it converts a network.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def when_stopped(action: Callable[[], object]) -> Iterator[None]:
    """Call `action` on Ctrl-C, a kill or a closed terminal, for a toolkit would swallow the KeyboardInterrupt."""
    before = {name: signal.getsignal(name) for name in STOPS if signal.getsignal(name) != signal.SIG_IGN}
    for name in before:
        signal.signal(name, lambda *_: action())
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
