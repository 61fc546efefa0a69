"""What several test files read and none changes."""

import signal
from pathlib import Path

import pytest

from lib import paths
from lib.synthetic import stand_in

LONGEST = ["test_pretrained", "test_runner", "test_prepare", "test_training", "test_runs", "test_augment"]
for stop in (signal.SIGINT, signal.SIGHUP):  # `&` and nohup ignore them, and so would every command that a test starts
    if signal.getsignal(stop) == signal.SIG_IGN:
        signal.signal(stop, lambda *_: None)
PLACE = paths.data("smoke") / "stand_in"  # before a test puts another build folder in its place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, a minute each: one that begins last would run alone, on one core of several."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


class Trees(dict[str, Path]):
    """The stand-ins at the smallest size, each drawn when a test asks for it."""

    def __missing__(self, name: str) -> Path:
        PLACE.mkdir(parents=True, exist_ok=True)
        self[name] = stand_in.write(name, "smoke", PLACE / name)
        return self[name]


@pytest.fixture(scope="session")
def trees() -> Trees:
    """The nine stand-ins, drawn once in a checkout; `./run_all.sh smoke` reads the same ones."""
    return Trees()
