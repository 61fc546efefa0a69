"""`run_all.sh` and the environment that it makes, in a small checkout with one pinned package instead of many."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lib.paths import ROOT
from lib.runner import environment

METADATA = "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n"
OFFLINE = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "UV_OFFLINE": "1"}


def write_wheel(folder: Path) -> Path:
    """Write the wheel of a package `toy` 1.0 that holds one empty module."""
    folder.mkdir(parents=True)
    path = folder / "toy-1.0-py3-none-any.whl"
    files = {
        "toy.py": "",
        "toy-1.0.dist-info/METADATA": METADATA,
        "toy-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_digest(text)},{len(text)}" for name, text in files.items()]
    files["toy-1.0.dist-info/RECORD"] = "\n".join([*rows, "toy-1.0.dist-info/RECORD,,"]) + "\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the frame alone, one pin, and the wheel for it in `wheels`."""
    folder = tmp_path / "a checkout"
    (folder / "lib" / "runner").mkdir(parents=True)
    for name in ("run_all.sh", "lib/__init__.py", "lib/paths.py"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("__init__.py", "environment.py"):
        shutil.copy(ROOT / "lib" / "runner" / name, folder / "lib" / "runner" / name)
    runner = "import sys\nprint('runner', sys.executable, sys.argv[1:])\n"
    (folder / "lib" / "runner" / "__main__.py").write_text(runner)
    laboratory = "import os, sys\nprint('lab', sys.argv[1:], os.environ['JUPYTER_CONFIG_PATH'])\n"
    (folder / "jupyterlab.py").write_text(laboratory)
    wheel = write_wheel(tmp_path / "wheels")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"toy==1.0 ; python_version >= '3.10' \\\n    --hash=sha256:{digest}\n")
    return folder


def call(checkout: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Return exit code and words of `run_all.sh` from another folder, without an active environment or a network."""
    clean = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
    }
    command = [checkout / "run_all.sh", *arguments]
    done = subprocess.run(
        command, cwd=checkout.parent, env=clean | OFFLINE | variables, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_environment_is_made_repaired_and_then_left_alone(checkout):
    wheels = {"PIP_FIND_LINKS": str(checkout.parent / "wheels")}
    code, words = call(checkout, "smoke")
    assert code == 3
    assert "the package index cannot be reached" in words
    assert "call this command again" in words

    code, words = call(checkout, "smoke", "--only", "04", **wheels)
    assert code == 0, words
    assert f"runner {checkout}/.venv/bin/python ['smoke', '--only', '04']" in words

    log = checkout / "build" / "setup.log"
    log.unlink()
    assert call(checkout, "smoke")[0] == 0
    assert not log.exists()  # nothing was installed again

    code, words = call(checkout, "lab", "--no-browser", JUPYTER_CONFIG_PATH="/readers/own")
    assert words.strip() == f"lab ['notebooks', '--no-browser'] {checkout}/lib/runner/jupyter:/readers/own"

    package = next((checkout / ".venv" / "lib").glob("python*/site-packages/toy-1.0.dist-info"))
    (package / "INSTALLER").unlink()  # as if the installation had been killed in the middle of a package
    package.with_name("toy.py").unlink()
    (checkout / ".venv" / ".complete").unlink()
    code, words = call(checkout, "smoke", **wheels)
    assert code == 0, words
    assert package.with_name("toy.py").exists()

    shutil.rmtree(package)
    (checkout / ".venv" / ".complete").unlink()
    pins = checkout / "requirements.txt"
    pins.write_text(pins.read_text().split("sha256:")[0] + "sha256:" + 64 * "0" + "\n")
    code, words = call(checkout, "smoke", **wheels)
    assert code == 3
    assert "a file other than the pinned one" in words


def test_a_venv_that_is_no_environment_is_made_anew(checkout):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (checkout / ".venv" / "bin" / "python").chmod(0o755)
    uv = checkout.parent / "bin" / "uv"  # it is tried, and where it fails pip does it
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\necho "$@"\necho "$@" > "{uv}.called"\nexit 1\n')
    uv.chmod(0o755)
    path = f"{uv.parent}:{os.environ['PATH']}"
    code, words = call(checkout, "smoke", PIP_FIND_LINKS=str(checkout.parent / "wheels"), PATH=path)
    assert code == 0, words
    python = checkout / ".venv" / "bin" / "python"
    asked = Path(f"{uv}.called").read_text().strip()
    assert asked == f"pip install --python {python} --no-deps --require-hashes -r {checkout}/requirements.txt"
    assert "making the environment" in words


def test_jupyterlab_asks_nothing_about_news(monkeypatch):
    from jupyterlab_server.config import get_page_config

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(ROOT / "lib" / "runner" / "jupyter"))
    assert "@jupyterlab/apputils-extension:announcements" in get_page_config([])["disabledExtensions"]


def test_without_a_fitting_python_it_says_which_ones_fit(checkout):
    stubs = checkout.parent / "stubs"
    stubs.mkdir()
    for name in ("python3.10", "python3.11", "python3.12", "python3"):
        (stubs / name).write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.13.0 && exit 0\nexit 1\n')
        (stubs / name).chmod(0o755)
    code, words = call(checkout, "smoke", PATH=f"{stubs}:{os.environ['PATH']}")
    assert code == 3
    assert "no Python 3.10, 3.11 or 3.12 here (Python 3.13.0)" in words


def test_an_active_environment_with_the_pins_is_used_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "_make", None)  # none is made
    assert environment.missing() == []
    assert environment.find() == Path(sys.prefix, "bin", "python")


def test_a_full_disk_is_said_before_anything_is_made(monkeypatch, checkout):
    monkeypatch.setattr(environment, "VENV", checkout / ".venv")
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(environment.SetupError, match="the disk is full: the packages need"):
        environment._create()
    assert not (checkout / ".venv").exists()


def test_a_checkout_that_cannot_be_written_to_is_said(monkeypatch, checkout):
    monkeypatch.setattr(environment, "ROOT", checkout)
    user = os.geteuid()
    checkout.chmod(0o555)
    checkout.parent.chmod(0o755)
    os.seteuid(65534 if user == 0 else user)  # root may write everywhere, so become nobody for a moment
    try:
        with pytest.raises(environment.SetupError, match="cannot be written to"), environment._alone():
            pass
    finally:
        os.seteuid(user)
        checkout.chmod(0o755)


def test_another_kind_of_machine_is_refused(monkeypatch):
    monkeypatch.setattr(environment.platform, "machine", lambda: "riscv64")
    with pytest.raises(environment.SetupError, match="riscv64; the packages exist for"):
        environment.find()


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError('... Temporary failure in name resolution')", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "other than the pinned"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "cannot be written to"),
    ],
)
def test_what_pip_says_is_turned_into_a_remedy(words, meaning):
    assert meaning in environment._remedy(words)


def test_conda_reads_the_one_list_of_packages():
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert content["dependencies"] == ["python=3.11", "pip", {"pip": ["-r requirements.txt"]}]


def test_the_pins_meet_what_the_project_asks_for():
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("\n]")[0].splitlines()
    wanted = [Requirement(line.split('"')[1]) for line in lines if line.strip().startswith('"')]
    pins = environment.read_pins()
    assert len(wanted) > 30
    for one in wanted:
        if one.marker is None or one.marker.evaluate():
            assert one.specifier.contains(pins[canonicalize_name(one.name)]), one


def test_every_pin_has_a_hash_and_no_file_names_an_index():
    text = environment.PINS.read_text()
    entries = text.replace("\\\n", "").splitlines()[1:]
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    for name in ("requirements.txt", "environment.yml", "pyproject.toml", "run_all.sh"):
        found = (ROOT / name).read_text()
        assert not any(word in found for word in ("index-url", "find-links", "file://", "http://", "https://")), name
