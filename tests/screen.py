"""A virtual screen for tests of windows, with real keys and clicks."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NEEDS_SCREEN = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="Xvfb or xdotool is not installed; .ci/run installs them",
)


@contextmanager
def virtual_screen(size: str = "900x800", dots_per_inch: int = 96) -> Iterator[str]:
    """A screen of its own; its number is chosen by Xvfb."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-dpi", str(dots_per_inch)]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        yield f":{pipe.readline().strip()}"
    server.terminate()
    server.wait(60)


def xdotool(*words: object) -> None:
    """Press keys, type or click on the screen of `$DISPLAY`."""
    subprocess.run(["xdotool", *map(str, words)], check=True)


def wait_for(condition, seconds=60, meanwhile=lambda: None):
    """Wait until a condition holds; fail where it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        meanwhile()
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("the window did not do what was awaited")
