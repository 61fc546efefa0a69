"""What several test files read and none changes."""

from pathlib import Path

import pytest

from lib import paths
from lib.synthetic import stand_in

PLACE = paths.data("smoke") / "stand_in"  # before a test puts another build folder in its place


@pytest.fixture(scope="session")
def trees() -> dict[str, Path]:
    """The nine stand-ins at the smallest size, drawn once in a checkout; `./run_all.sh smoke` reads the same ones."""
    PLACE.mkdir(parents=True, exist_ok=True)
    return {name: stand_in.write(name, "smoke", PLACE / name) for name in stand_in.NAMES}
