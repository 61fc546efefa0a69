"""Write a stand-in: when it is due, person by person in processes, resumable, atomic at the end."""

import ast
import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from joblib import Parallel, cpu_count, delayed
from tqdm import tqdm

from lib.paths import SCALES, meaning
from lib.synthetic.stand_in import drawing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HERE = Path(__file__).parent


def key(name: str, scale: str, seed: int) -> str:
    """Return a fingerprint of all that decides the bytes of a tree.

    That is: name, scale and seed; the code (not the comments, docstrings or layout) and data of the renderer; the code
    that draws a plan, and this data set's own plan. A change to anything else repeats nothing.
    """
    sources = [*_renderer(HERE.parent), *sorted(HERE.parent.glob("*.npz"))]
    sources += [HERE / f"{module}.py" for module in ("plan", "drawing", "defects", name)]
    digest = hashlib.sha256(f"{name} {scale} {seed}".encode())
    for path in sources:
        digest.update(path.name.encode() + meaning(path))
    return digest.hexdigest()[:16]


def _renderer(folder: Path) -> list[Path]:
    """Return the modules of `lib.synthetic` that `render` imports, directly or through others."""
    modules, waiting = set(), {folder / "render.py"}
    while waiting:
        path = waiting.pop()
        modules.add(path)
        names = _imports(path, path.stat().st_mtime_ns)
        waiting |= {folder / f"{name}.py" for name in names if (folder / f"{name}.py").is_file()} - modules
    return sorted(modules)


@lru_cache(maxsize=64)
def _imports(path: Path, changed: int) -> set[str]:
    """Return the names that a module takes from `lib.synthetic`."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    nodes = [node for node in nodes if (node.module or "").startswith("lib.synthetic")]
    return {name for node in nodes for name in (node.module.rpartition(".")[2], *(alias.name for alias in node.names))}


def write(name: str, scale: str, root: Path | str, seed: int = 0, processes: int = 0, bar: tqdm | None = None) -> Path:
    """Write the stand-in of data set `name` as the folder `root`, in the data set's own layout.

    Nothing is done where the tree is already there and nothing that decides its bytes has changed. A killed call is
    taken up where it stopped. The tree appears under its name only when it is complete.

    Args:
        name: one of the nine data sets.
        scale: smoke, standard or paper.
        root: the tree's own folder.
        seed: another seed draws other people.
        processes: how many draw at once; 0: one per core.
        bar: a progress bar that counts people.

    Raises:
        ValueError: an unknown name or scale.
        FileExistsError: `root` holds something that is not a stand-in; it is left alone.
    """
    if scale not in SCALES:
        raise ValueError(f"no stand-in of scale {scale!r}; expected one of {', '.join(SCALES)}")
    root, bar = Path(root), tqdm(disable=True) if bar is None else bar
    people, fingerprint = drawing.layout(name).plan(scale, seed), key(name, scale, seed)
    root.parent.mkdir(parents=True, exist_ok=True)
    bar.set_description(f"drawing {name}", refresh=False)
    with _alone(root.with_name(f".{root.name}.lock")):
        if _is_current(root, fingerprint):
            bar.update(len(people))
        else:
            folder = _working_folder(root, fingerprint)
            waiting = [person for person in people if drawing.note(folder, person) is None]
            bar.update(len(people) - len(waiting))
            jobs = [delayed(drawing.draw)(name, scale, seed, folder, person) for person in waiting]
            processes = min(processes or cpu_count(), len(jobs) or 1)
            for _ in Parallel(n_jobs=processes, return_as="generator_unordered")(jobs):
                bar.update()
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


def _is_current(root: Path, fingerprint: str) -> bool:
    """Tell whether the tree is there and of this fingerprint; one whose mark is damaged is written anew."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    if not (root / drawing.MARK).is_file():
        raise FileExistsError(
            f"{root} is there and is no stand-in (no {drawing.MARK}); choose another folder, real data is left alone"
        )
    mark = drawing.read_json(root / drawing.MARK)
    return mark is not None and mark.get("key") == fingerprint


def _working_folder(root: Path, fingerprint: str) -> Path:
    """Return the hidden folder beside `root` where the tree grows; one left by another version is removed."""
    folder = root.with_name(f".{root.name}.part")
    mark = folder / ".key"
    if folder.exists() and not (mark.is_file() and mark.read_text("utf-8") == fingerprint):
        shutil.rmtree(folder)
    (folder / ".done").mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint, "utf-8")
    return folder
