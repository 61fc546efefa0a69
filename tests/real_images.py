"""Real photographs and films, which cannot be passed on: a test that needs some says which are missing and skips."""

import os
from pathlib import Path

import pytest

SHARED, DATA = "FACE_STUDY_SHARED", "FACE_DATA"  # environment variables that name folders


def place(name: str, variable: str = SHARED) -> Path:
    """Return where a file or a folder is looked for."""
    return Path(os.environ.get(variable) or "/nowhere") / name


def needs(*names: str, variable: str = SHARED) -> pytest.MarkDecorator:
    """Skip a test unless all of these are in the folder that an environment variable names."""
    missing = ", ".join(name for name in names if not place(name, variable).exists())
    where = f"not in ${variable}, {os.environ[variable]}" if os.environ.get(variable) else f"${variable} is not set"
    return pytest.mark.skipif(bool(missing), reason=f"real images, which cannot be passed on: {missing} ({where})")
