"""The packages that the study needs, and an environment that has them. Python's standard library only.

`python -m lib.runner.environment` prints the path of the Python to use: that of the active environment when it holds
every pinned package, else that of `.venv` in the checkout, made, completed or repaired first. `.venv/.complete`
says that this was done to its end for these pins.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from lib.paths import ROOT

PINS = ROOT / "requirements.txt"
VENV = ROOT / ".venv"
MACHINES = {("Linux", "x86_64"), ("Darwin", "arm64")}
NEEDED_GB = 6  # measured: 3.5 GB installed, and pip's downloads beside them
REMEDIES = {  # what pip prints -> what it means and what helps; the first that fits
    r"No space left|Errno 28": f"the disk is full: the packages need {NEEDED_GB} GB; free some space",
    r"Read-only file system|Permission denied": "the checkout cannot be written to: copy it to a folder of your own",
    r"DO NOT MATCH THE HASHES": "the package index gave a file other than the pinned one: use another index or mirror",
    r"NewConnection|NameResolution|name resolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError|ConnectionReset|"
    r"No matching distribution": "the package index cannot be reached: connect to the network, or set pip's proxy",
}


class SetupError(RuntimeError):
    """The environment cannot be made; the message says why and what helps."""


def missing(pins: Path = PINS) -> list[str]:
    """Return the pins that this interpreter's packages do not meet, as `name==version (found ...)`."""
    problems = []
    for name, version in read_pins(pins).items():
        version_here = installed(name)
        if version_here != version:
            problems.append(f"{name}=={version} (found {version_here or 'nothing'})")
    return problems


def read_pins(pins: Path = PINS) -> dict[str, str]:
    """Return the pinned version of every package that this Python and system need, by name."""
    try:
        from packaging.markers import Marker
    except ImportError:  # an interpreter with pip alone
        from pip._vendor.packaging.markers import Marker
    lines = re.findall(
        r"^([\w.-]+)==(\S+)(?: *; *(.*?))?(?: *\\)?$", pins.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    return {name: version for name, version, marker in lines if not marker or Marker(marker).evaluate()}


def installed(name: str) -> str | None:
    """Return the version of a package that this interpreter has, None for none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def find() -> Path:
    """Return the Python to use, making or repairing `.venv` where no active environment holds the pins.

    Raises:
        SetupError: it cannot be made.
    """
    if (platform.system(), platform.machine()) not in MACHINES:
        machine = f"{platform.system()} {platform.machine()}"
        raise SetupError(f"this is {machine}; the packages exist for Linux x86_64 (WSL too) and macOS arm64")
    for folder in filter(None, map(os.environ.get, ("VIRTUAL_ENV", "CONDA_PREFIX"))):
        python = Path(folder, "bin", "python")
        if python.exists() and python.parent.parent != VENV and not _lacks(python):
            return python
    python = VENV / "bin" / "python"
    if not _complete():
        with _alone():
            if not _complete():
                _make(python)
    return python


def fingerprint() -> str:
    """Return what `.venv/.complete` must say: the pins and the place for which the environment was made."""
    return f"{hashlib.sha256(PINS.read_bytes()).hexdigest()} {ROOT}\n"


def _complete() -> bool:
    marker = VENV / ".complete"
    return marker.exists() and marker.read_text() == fingerprint() and (VENV / "bin" / "python").exists()


def _make(python: Path) -> None:
    """Bring `.venv` to its end from whatever state it is in; what is already right in it stays."""
    (VENV / ".complete").unlink(missing_ok=True)
    if not _runs(python, "import sys, pip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))"):
        _create()
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    for unfinished in (info for info in site.glob("*.dist-info") if not (info / "INSTALLER").exists()):
        shutil.rmtree(unfinished)  # pip writes INSTALLER last; without it, a kill came in the middle
    if _lacks(python):
        _install(python)
    # any tool that opens a notebook with this environment finds `lib`
    (site / "facial_emotion_study.pth").write_text(f"{ROOT}\n")
    (VENV / ".complete").write_text(fingerprint())


def _create() -> None:
    if shutil.disk_usage(ROOT).free < NEEDED_GB * 2**30:
        raise SetupError(REMEDIES[r"No space left|Errno 28"])
    _say(f"making the environment {VENV} with Python {platform.python_version()}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        words = (made.stdout + made.stderr).strip()
        if "ensurepip" in words:
            raise SetupError("this Python has no venv: install it (Debian and Ubuntu: sudo apt install python3-venv)")
        raise SetupError(f"python -m venv failed: {_remedy(words) or words}")


def _install(python: Path) -> None:
    """Install the pins, with uv where the reader has it, else with pip; their words go to `build/setup.log`."""
    log, number = ROOT / "build" / "setup.log", len(read_pins())
    _say(f"installing {number} packages; this takes some minutes, once. Details: {log}")
    # every package is in the list, so nothing is resolved: older pips stumble over extras of hashed packages
    options = ["--no-deps", "--require-hashes"]
    if _uv_installs(python, options, log):
        return
    options += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command = [python, "-m", "pip", "install", *options, "-r", PINS]
    words = []
    with (
        log.open("a") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip,
    ):
        for line in pip.stdout:
            file.write(line)
            words.append(line)
            _show(line, sum(word.startswith("Collecting") for word in words), number)
    if pip.returncode:
        raise SetupError(
            _remedy("".join(words)) or f"pip failed; all of it is in {log}; it ends: {''.join(words[-5:])}"
        )


def _uv_installs(python: Path, options: list[str], log: Path) -> bool:
    """Return whether uv has installed the pins; it is several times as quick as pip and checks the same hashes.

    The reader's own uv is taken, with its cache; else the pinned one, whose cache is removed afterwards.
    """
    uv, cache = shutil.which("uv"), ROOT / "build" / ".uv"
    with log.open("w") as file:
        if not uv and not (uv := _own_uv(python, options, file)):
            return False
        command = [uv, "pip", "install", "--python", python, *options, "-r", PINS]
        own_cache = [] if shutil.which("uv") else ["--cache-dir", cache]
        index = os.environ.get("PIP_INDEX_URL") or _runs_to(python, "-m", "pip", "config", "get", "global.index-url")
        environment = ({"UV_DEFAULT_INDEX": index} if index else {}) | os.environ
        done = subprocess.run([*command, *own_cache], stdout=file, stderr=file, env=environment, check=False)
    shutil.rmtree(cache, ignore_errors=True)
    return done.returncode == 0


def _own_uv(python: Path, options: list[str], log: TextIO) -> str | None:
    """Return the pinned uv, put into the environment by pip; None where there is none."""
    pin = re.search(r"^uv==.*?(?=^\S|\Z)", PINS.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    if not pin:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as pins:
        pins.write(pin[0])
        pins.flush()
        command = [python, "-m", "pip", "install", "--no-input", *options, "-r", pins.name]
        done = subprocess.run(command, stdout=log, stderr=log, check=False)
    return None if done.returncode else str(python.with_name("uv"))


def _show(line: str, done: int, number: int) -> None:
    """Show on a terminal which package is being fetched, or that pip writes them out, its longest step."""
    if sys.stderr.isatty() and line.startswith(("Collecting", "Installing")):
        what = line.split()[1] if line.startswith("Collecting") else "writing them to the disk"
        sys.stderr.write(f"\r{done:4}/{number} {what:<50.50}" + ("\n" if line.startswith("Installing") else ""))
        sys.stderr.flush()


def _remedy(words: str) -> str | None:
    return next((meaning for pattern, meaning in REMEDIES.items() if re.search(pattern, words)), None)


def _lacks(python: Path) -> bool:
    """Return whether an environment lacks any of the pins."""
    return not _runs(python, "import sys; from lib.runner.environment import missing; sys.exit(bool(missing()))")


def _runs(python: Path, code: str) -> bool:
    """Return whether the interpreter exists and the code ends well in it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with contextlib.suppress(OSError):
        return subprocess.run([python, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
    return False


def _runs_to(*command: str | Path) -> str:
    """Return what a command prints, nothing where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time set up; the others wait."""
    try:
        (ROOT / "build").mkdir(exist_ok=True)
        file = (ROOT / "build" / ".setup.lock").open("w")
    except OSError as error:
        raise SetupError(f"{ROOT} cannot be written to ({error.strerror}): copy it to a folder of your own") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")


def main() -> int:
    """Print the Python to use; return the exit code."""
    try:
        python = find()
    except (SetupError, OSError) as error:
        sys.stderr.write(f"run_all: {error}. Then call this command again: it goes on from here.\n")
        return 3
    except KeyboardInterrupt:
        sys.stderr.write("run_all: stopped before anything ran; the same command goes on from here.\n")
        return 130
    sys.stdout.write(f"{python}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
