"""Draw a plan to disk: person by person, in processes, resumable, atomic at the end."""

import ast
import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from lib import images
from lib.paths import SIZES, replace_on_success
from lib.synthetic import Subject, Truth, expressions, render, scene, sequence
from lib.synthetic import draw as photograph
from lib.synthetic.stand_in.plan import NAMES, Format, Person, Take

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

MARK = "STAND_IN.json"
HERE = Path(__file__).parent


def key(name: str, size: str, seed: int) -> str:
    """Return a fingerprint of all that decides the bytes of a tree.

    That is: name, size and seed; the code (not the comments, docstrings or layout) and data of the renderer; the code
    of the writer and of this data set's own plan. A change to anything else repeats nothing.
    """
    sources = [path for path in sorted(HERE.parent.iterdir()) if path.suffix in {".py", ".npz"}]
    sources += [HERE / "plan.py", HERE / "writer.py", HERE / "defects.py", HERE / f"{name}.py"]
    digest = hashlib.sha256(f"{name} {size} {seed}".encode())
    for path in sources:
        digest.update(path.name.encode() + _meaning(path, path.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


@lru_cache(maxsize=64)
def _meaning(path: Path, changed: int) -> bytes:
    """Return what counts in a source file: its syntax tree without docstrings; of other files the bytes."""
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            del body[0]
    return ast.dump(tree).encode()


def write(name: str, size: str, root: Path | str, seed: int = 0, progress: bool = True, processes: int = 2) -> Path:
    """Write the stand-in of data set `name` as the folder `root`, in the data set's own layout.

    Nothing is done where the tree is already there and nothing that decides its bytes has changed. A killed call is
    taken up where it stopped. The tree appears under its name only when it is complete.

    Args:
        name: one of the nine data sets.
        size: smoke, standard or paper.
        root: the tree's own folder.
        seed: another seed draws other people.
        progress: show a bar over the people.
        processes: how many draw at once.

    Raises:
        ValueError: an unknown name or size.
        FileExistsError: `root` holds something that is not a stand-in; it is left alone.
    """
    if name not in NAMES or size not in SIZES:
        raise ValueError(
            f"no stand-in {name!r} of size {size!r}; expected one of {', '.join(NAMES)}; {', '.join(SIZES)}"
        )
    root = Path(root)
    fingerprint = key(name, size, seed)
    root.parent.mkdir(parents=True, exist_ok=True)
    with _alone(root.with_name(f".{root.name}.lock")):
        if not _is_current(root, fingerprint):
            folder = _working_folder(root, fingerprint)
            people = layout(name).plan(size, seed)
            _draw_all(name, size, seed, folder, people, progress, processes)
            _complete(name, size, seed, fingerprint, people, folder)
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
    name: str, size: str, seed: int, folder: Path, people: list[Person], progress: bool, processes: int
) -> None:
    waiting = [person for person in people if not _done(folder, person).is_file()]
    bar = tqdm(total=len(people), initial=len(people) - len(waiting), desc=name, unit="person", disable=not progress)
    jobs = (delayed(draw)(name, size, seed, folder, person) for person in waiting)
    with bar:
        for _ in Parallel(n_jobs=min(processes, len(waiting) or 1), return_as="generator_unordered")(jobs):
            bar.update()


def layout(name: str) -> ModuleType:
    """Return the module with the plan, the pictures' format and the label files of a data set."""
    return import_module(f"lib.synthetic.stand_in.{name}")


def draw(name: str, size: str, seed: int, folder: Path, person: Person) -> None:
    """Draw everything of one person, then note what was drawn; the note makes the person done."""
    cv2.setNumThreads(1)
    subject = Subject(person.seed)
    module = layout(name)
    save = getattr(module, "save", save_image)
    rng = np.random.default_rng([seed, person.seed])
    records = []
    for take in person.takes:
        for file, (image, truth) in zip(take.files, _frames(subject, take, module.pictures(size), rng), strict=True):
            extra = save(folder, file, image, truth, module.pictures(size))
            records.append(
                {"file": file, "subject": person.seed, "emotion": take.emotion, "intensity": float(truth.intensity)}
                | extra
            )
    note = {"records": records, "groups": {name: _text(value) for name, value in subject.attributes().items()}}
    with replace_on_success(_done(folder, person)) as path:
        path.write_text(json.dumps(note), "utf-8")


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _frames(subject: Subject, take: Take, pictures: Format, rng: np.random.Generator) -> Iterator[tuple]:
    """Yield image and truth of each file of the take."""
    how = (rng, take.scene, pictures.drawn)
    if take.recording:
        yield from sequence(subject, take.emotion, len(take.files), *how, take.intensity, release=take.release)
    elif take.yaw:
        full, rest = expressions.draw(subject, take.emotion, rng)
        strength = expressions.at(full, rest, take.intensity)
        view = scene.sample(take.scene, rng).turned(yaw=take.yaw)
        yield photograph(subject, strength, view, rng, pictures.drawn, take.emotion, take.intensity)
    else:
        yield render(subject, take.emotion, take.intensity, *how)


def save_image(folder: Path, file: str, image: np.ndarray, truth: Truth, pictures: Format) -> dict:
    """Scale, turn grey where the data set is, and write; return nothing to note."""
    height, width = pictures.written
    if image.shape[:2] != (height, width):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(path, images.to_grey(image) if pictures.grey else image, quality=92)
    return {}


def _complete(name: str, size: str, seed: int, fingerprint: str, people: list[Person], folder: Path) -> None:
    """Write the label files, the truth, the groups and the mark."""
    notes = [json.loads(_done(folder, person).read_text("utf-8")) for person in people]
    records = pd.DataFrame([record for note in notes for record in note["records"]])
    records["label"], records["defect"] = records["emotion"], ""
    rng = np.random.default_rng([seed, NAMES.index(name), 1])
    truth = layout(name).finish(folder, records, rng).reset_index(drop=True)
    keys = [column for column in ("file", "row") if column in truth]
    groups = pd.DataFrame({person.seed: note["groups"] for person, note in zip(people, notes, strict=True)}).T
    groups = groups.loc[truth["subject"]].reset_index(drop=True)
    pd.concat([truth[keys], groups], axis=1).to_csv(folder / "groups.csv", index=False)
    truth.drop(columns="pixels", errors="ignore").to_csv(folder / "truth.csv", index=False)
    defects = truth.loc[truth["defect"] != "", [*keys, "defect", "emotion", "label"]].to_dict("records")
    facts = {
        "data_set": name,
        "size": size,
        "seed": seed,
        "key": fingerprint,
        "images": len(truth),
        "people": len(people),
    }
    shutil.rmtree(folder / ".done")
    (folder / ".key").unlink()
    (folder / MARK).write_text(json.dumps(facts | {"defects": defects}, indent=1, ensure_ascii=False), "utf-8")


def _is_current(root: Path, fingerprint: str) -> bool:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    if not (root / MARK).is_file():
        raise FileExistsError(
            f"{root} is there and is no stand-in (no {MARK}); choose another folder, real data is left alone"
        )
    return json.loads((root / MARK).read_text("utf-8"))["key"] == fingerprint


def _working_folder(root: Path, fingerprint: str) -> Path:
    """Return the hidden folder beside `root` where the tree grows; one left by another version is removed."""
    folder = root.with_name(f".{root.name}.part")
    mark = folder / ".key"
    if folder.exists() and not (mark.is_file() and mark.read_text("utf-8") == fingerprint):
        shutil.rmtree(folder)
    (folder / ".done").mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint, "utf-8")
    return folder


def _done(folder: Path, person: Person) -> Path:
    return folder / ".done" / f"{person.seed}.json"
