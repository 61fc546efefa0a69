"""Ends a process with all that it started."""

import contextlib
import ctypes

import psutil

SET_CHILD_SUBREAPER = 36  # Linux' sys/prctl.h


def adopt_orphans() -> None:
    """Make this process the parent of what its dead descendants leave, where the system can do so (Linux)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Return the living processes that this one has started, directly or through others."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [one for one in process.children(recursive=True) if _lives(one)]
    return []


def kill_tree(process: psutil.Process, itself: bool = True) -> None:
    """Kill the descendants of a process, and the process too where `itself` is true."""
    for _ in range(3):  # a process that was just starting another one
        kill(descendants(process))
    if itself:
        kill([process])


def kill(processes: list[psutil.Process]) -> None:
    """Kill these processes; one that has gone, or whose number another process has now, is passed over."""
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
