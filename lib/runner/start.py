"""What notebook 00 shows: the map of the study, and whether packages, machine and data sets are as they are needed."""

import os
import platform
import shutil

import pandas as pd

from lib import datasets, machine, paths, records
from lib.runner import environment, notebook


def map_of_notebooks() -> pd.DataFrame:
    """Return one row per notebook: number, title, question, what is seen, time with data needed."""
    notebooks = [notebook.read_notebook(path) for path in notebook.paths().values()]
    rows = [(one.number, one.title, *notebook.introduction(one)) for one in notebooks]
    return pd.DataFrame(rows, columns=["", "notebook", "question", "you will see", "time and data"])


def packages() -> pd.DataFrame:
    """Return one row per pinned package: the version needed, the one installed, and what to do."""
    rows = []
    for name, needed in environment.read_pins().items():
        installed = environment.installed(name) or "nothing"
        advice = "OK" if installed == needed else "remove .venv/.complete, then call ./run_all.sh"
        rows.append((name, needed, installed, advice))
    return pd.DataFrame(rows, columns=["package", "needed", "installed", "what to do"])


def worth_showing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `packages` that results depend on, and any other that differs from its pin."""
    return table[table["package"].isin(records.PACKAGES) | (table["what to do"] != "OK")]


def this_machine(memory_gb: float, disk_gb: float) -> pd.DataFrame:
    """Return one row per property of this machine and what to do about it; a tenth less memory is enough."""
    memory = machine.memory() / 2**30
    disk = shutil.disk_usage(paths.ROOT).free / 2**30
    rows = [
        ("Python", platform.python_version(), "OK"),
        ("processor", f"{machine.cpu_name()}, {os.cpu_count()} cores", "OK"),
        ("GPU", machine.gpu_name(), "OK"),
        ("memory", f"{memory:.1f} GB", "OK" if memory > 0.9 * memory_gb else "use the profile smoke"),
        ("free disk", f"{disk:.0f} GB", "OK" if disk > disk_gb else f"free {disk_gb:.0f} GB, or set FACE_STUDY_BUILD"),
    ]
    return pd.DataFrame(rows, columns=["property", "here", "what to do"])


def data_sets() -> pd.DataFrame:
    """Return one row per data set: its folder below `--data DIR`, and whether it is real here or a stand-in."""
    rows = []
    for name in datasets.NAMES:
        about = datasets.about(name)
        rows.append((about.title, f"DIR/{about.folder}", "real" if datasets.is_real(name) else "stand-in"))
    return pd.DataFrame(rows, columns=["data set", "folder", "here"])
