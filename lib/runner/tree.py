"""Ends a process with all that it started."""

import contextlib

import psutil


def kill_tree(process: psutil.Process, itself: bool = True) -> None:
    """Kill the descendants of a process, and the process too where `itself` is true."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in [*process.children(recursive=True), *([process] if itself else [])]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
