"""Write a stand-in: when it is due, person by person in processes, resumable, atomic at the end."""

import ast
import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from lib.paths import SCALES
from lib.synthetic.stand_in import drawing
from lib.synthetic.stand_in.plan import NAMES, Person

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HERE = Path(__file__).parent


def key(name: str, scale: str, seed: int) -> str:
    """Return a fingerprint of all that decides the bytes of a tree.

    That is: name, size and seed; the code (not the comments, docstrings or layout) and data of the renderer; the code
    that draws a plan, and this data set's own plan. A change to anything else repeats nothing.
    """
    sources = [*_renderer(HERE.parent), *sorted(HERE.parent.glob("*.npz"))]
    sources += [HERE / f"{module}.py" for module in ("plan", "drawing", "defects", name)]
    digest = hashlib.sha256(f"{name} {scale} {seed}".encode())
    for path in sources:
        digest.update(path.name.encode() + _meaning(path, path.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


def _renderer(folder: Path) -> list[Path]:
    """Return the modules of `lib.synthetic` that `render` imports, directly or through others."""
    found, waiting = set(), {folder / "render.py"}
    while waiting:
        path = waiting.pop()
        found.add(path)
        names = _imports(path, path.stat().st_mtime_ns)
        waiting |= {folder / f"{name}.py" for name in names if (folder / f"{name}.py").is_file()} - found
    return sorted(found)


@lru_cache(maxsize=64)
def _imports(path: Path, changed: int) -> set[str]:
    """Return the names that a module takes from `lib.synthetic`."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    nodes = [node for node in nodes if (node.module or "").startswith("lib.synthetic")]
    return {name for node in nodes for name in (node.module.rpartition(".")[2], *(alias.name for alias in node.names))}


@lru_cache(maxsize=64)
def _meaning(path: Path, changed: int) -> bytes:
    """Return what counts in a source file: its syntax tree without docstrings; of other files the bytes."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree).encode()


def write(name: str, scale: str, root: Path | str, seed: int = 0, progress: bool = True, processes: int = 2) -> Path:
    """Write the stand-in of data set `name` as the folder `root`, in the data set's own layout.

    Nothing is done where the tree is already there and nothing that decides its bytes has changed. A killed call is
    taken up where it stopped. The tree appears under its name only when it is complete.

    Args:
        name: one of the nine data sets.
        scale: smoke, standard or paper.
        root: the tree's own folder.
        seed: another seed draws other people.
        progress: show a bar over the people.
        processes: how many draw at once.

    Raises:
        ValueError: an unknown name or size.
        FileExistsError: `root` holds something that is not a stand-in; it is left alone.
    """
    if name not in NAMES or scale not in SCALES:
        raise ValueError(
            f"no stand-in {name!r} of scale {scale!r}; expected one of {', '.join(NAMES)}; {', '.join(SCALES)}"
        )
    root = Path(root)
    fingerprint = key(name, scale, seed)
    root.parent.mkdir(parents=True, exist_ok=True)
    with _alone(root.with_name(f".{root.name}.lock")):
        if not _is_current(root, fingerprint):
            folder = _working_folder(root, fingerprint)
            people = drawing.layout(name).plan(scale, seed)
            _draw_all(name, scale, seed, folder, people, progress, processes)
            drawing.complete(name, scale, seed, fingerprint, people, folder)
            if root.is_dir():
                shutil.rmtree(root)
            os.replace(folder, root)
    return root


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time in; a second one waits and then finds the tree written. Not on Windows."""
    with open(path, "w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _draw_all(
    name: str, scale: str, seed: int, folder: Path, people: list[Person], progress: bool, processes: int
) -> None:
    waiting = [person for person in people if not drawing.done(folder, person).is_file()]
    bar = tqdm(total=len(people), initial=len(people) - len(waiting), desc=name, unit="person", disable=not progress)
    jobs = (delayed(drawing.draw)(name, scale, seed, folder, person) for person in waiting)
    with bar:
        for _ in Parallel(n_jobs=min(processes, len(waiting) or 1), return_as="generator_unordered")(jobs):
            bar.update()


def _is_current(root: Path, fingerprint: str) -> bool:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    if not (root / drawing.MARK).is_file():
        raise FileExistsError(
            f"{root} is there and is no stand-in (no {drawing.MARK}); choose another folder, real data is left alone"
        )
    return json.loads((root / drawing.MARK).read_text("utf-8"))["key"] == fingerprint


def _working_folder(root: Path, fingerprint: str) -> Path:
    """Return the hidden folder beside `root` where the tree grows; one left by another version is removed."""
    folder = root.with_name(f".{root.name}.part")
    mark = folder / ".key"
    if folder.exists() and not (mark.is_file() and mark.read_text("utf-8") == fingerprint):
        shutil.rmtree(folder)
    (folder / ".done").mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint, "utf-8")
    return folder
