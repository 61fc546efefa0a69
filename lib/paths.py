"""Where things are, how a product is written so that a kill leaves nothing half-done, and what a source file means."""

import ast
import contextlib
import functools
import glob
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCALES = ("smoke", "standard", "paper")


def from_caller(text: str) -> Path:
    """Return an absolute path; a relative one begins where the reader stands, not in the checkout."""
    return Path(os.environ.get("FACE_STUDY_CALLER") or ".", Path(text).expanduser()).resolve()


BUILD = from_caller(os.environ.get("FACE_STUDY_BUILD") or str(ROOT / "build"))  # set but empty is not set


def data(scale: str) -> Path:
    """Return the folder for products made from stand-ins of this scale: `build/data/<scale>`.

    Raises:
        ValueError: `scale` is not one of `SCALES`.
    """
    if scale not in SCALES:
        raise ValueError(f"scale is {scale!r}; expected one of {', '.join(SCALES)}")
    return BUILD / "data" / scale


def product(path: Path, notebook: str, options: str) -> Path:
    """Return the path of a file that another notebook leaves; `options` are those of the command that writes it.

    Raises:
        FileNotFoundError: it is not there; the message has the command.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no {path}; run notebook {notebook} first: ./run_all.sh {options} --only {notebook}")
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def check_build(folder: Path) -> None:
    """Refuse a build folder in which a run could overwrite what is no product of the study.

    Raises:
        ValueError: it is the checkout, contains it, or contains files that git tracks.
    """
    if folder == ROOT or folder in ROOT.parents:
        raise ValueError(
            f"the build folder {folder} contains the checkout; set FACE_STUDY_BUILD to a folder of its own"
        )
    inside = folder.relative_to(ROOT).parts[:1] if folder.is_relative_to(ROOT) else ()
    tracked = _tracked(folder) if folder.is_dir() else ""
    if tracked or (inside and inside[0] in (".git", "figures", "lib", "notebooks", "tests")):
        what = f"tracked files such as {tracked}" if tracked else "the study itself"
        raise ValueError(f"the build folder {folder} holds {what}; set FACE_STUDY_BUILD to a folder of its own")


def _tracked(folder: Path) -> str:
    """Return the first file below a folder that git tracks, nothing where there is none or no git."""
    command = ["git", "-C", folder, "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=False).stdout
    except OSError:
        return ""
    return os.fsdecode(listed.split(b"\0")[0])


@contextlib.contextmanager
def replace_on_success(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path`; rename it to `path` on success, remove it on any error.

    The body may make the sibling a file or a folder. An old `path` is replaced. What killed processes left is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        if (process := left.suffixes[-2][1:]).isdigit() and not _alive(int(process)):
            _remove(left)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    _remove(temporary)
    try:
        yield temporary
        if temporary.is_file():  # its bytes reach the disk before its name does: a power cut leaves no empty file
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        if path.is_dir() and not temporary.is_dir():
            raise IsADirectoryError(f"{path} is a folder where a file is to be written; move it away")
        if path.is_dir():
            _remove(path)
        os.replace(temporary, path)
    finally:
        _remove(temporary)


def is_whole(path: Path) -> bool:
    """Return whether a .json, .npz or .npy file is there and can be read; a power cut may leave one cut or empty."""
    import numpy as np  # not there yet when the environment is made

    try:
        if path.suffix == ".json":
            return bool(json.loads(path.read_text(encoding="utf-8")))
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        return bool(np.load(path, mmap_mode="r").size)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile):
        return False


def meaning(path: Path) -> bytes:
    """Return what counts in a source file: its syntax tree without comments and docstrings; of other files the bytes.

    A product whose name holds a hash of this is made again when its code changes, and not when its prose does.
    """
    return _meaning(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _meaning(path: Path, changed: int) -> bytes:
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
