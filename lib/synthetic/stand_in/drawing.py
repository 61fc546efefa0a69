"""Draw one person of a plan, and finish a tree: everything that decides the bytes, with the plans themselves."""

import json
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pandas as pd

from lib import images
from lib.paths import replace_on_success
from lib.synthetic import Subject, Truth, expressions, render, scene, sequence
from lib.synthetic import draw as photograph
from lib.synthetic.stand_in.plan import NAMES, Format, Person, Shot

MARK = "STAND_IN.json"


def layout(name: str) -> ModuleType:
    """Return the module with the plan, the images' format and the label files of a data set."""
    if name not in NAMES:
        raise ValueError(f"no stand-in {name!r}; expected one of {', '.join(NAMES)}")
    return import_module(f"lib.synthetic.stand_in.{name}")


def draw(name: str, scale: str, seed: int, folder: Path, person: Person) -> None:
    """Draw everything of one person, then note what was drawn; the note makes the person done."""
    cv2.setNumThreads(1)
    subject = Subject(person.seed)
    module = layout(name)
    save = getattr(module, "save", save_image)
    rng = np.random.default_rng([seed, person.seed])
    records = []
    for shot in person.shots:
        for file, (image, truth) in zip(shot.files, _frames(subject, shot, module.pictures(scale), rng), strict=True):
            extra = save(folder, file, image, truth, module.pictures(scale))
            records.append(
                {"file": file, "subject": person.seed, "emotion": shot.emotion, "intensity": float(truth.intensity)}
                | extra
            )
    groups = {name: _text(value) for name, value in subject.attributes().items()}
    with replace_on_success(_note_path(folder, person)) as path:
        path.write_text(json.dumps({"records": records, "groups": groups}), "utf-8")


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _frames(subject: Subject, shot: Shot, pictures: Format, rng: np.random.Generator) -> Iterator[tuple]:
    """Yield image and truth of each file of the shot."""
    how = (rng, shot.scene, pictures.drawn)
    if shot.is_sequence:
        yield from sequence(subject, shot.emotion, len(shot.files), *how, shot.intensity, release=shot.release)
    elif shot.yaw:
        full, rest = expressions.draw(subject, shot.emotion, rng)
        strength = expressions.at(full, rest, shot.intensity)
        view = scene.sample(shot.scene, rng).turned(yaw=shot.yaw)
        yield photograph(subject, strength, view, rng, pictures.drawn, shot.emotion, shot.intensity)
    else:
        yield render(subject, shot.emotion, shot.intensity, *how)


def save_image(folder: Path, file: str, image: np.ndarray, truth: Truth, pictures: Format) -> dict:
    """Scale an image, turn it grey where the data set is, and write it; return nothing to note.

    Args:
        folder: of the tree.
        file: the image, relative to it.
        image: uint8 (H, W, 3).
        truth: what is known about it.
        pictures: the format.
    """
    height, width = pictures.written
    if image.shape[:2] != (height, width):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    images.write(path, images.to_grey(image) if pictures.grey else image, quality=92)
    return {}


def complete(name: str, scale: str, seed: int, fingerprint: str, people: list[Person], folder: Path) -> None:
    """Write the label files, the truth, the groups and the mark."""
    notes = [note(folder, person) for person in people]
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
        "scale": scale,
        "seed": seed,
        "key": fingerprint,
        "images": len(truth),
        "people": len(people),
    }
    shutil.rmtree(folder / ".done")
    (folder / ".key").unlink()
    (folder / MARK).write_text(json.dumps(facts | {"defects": defects}, indent=1, ensure_ascii=False), "utf-8")


def note(folder: Path, person: Person) -> dict | None:
    """Return what was drawn of a person (`records`, `groups`), None where this is not done or its note is damaged."""
    return read_json(_note_path(folder, person))


def _note_path(folder: Path, person: Person) -> Path:
    return folder / ".done" / f"{person.seed}.json"


def read_json(path: Path) -> dict | None:
    """Return the object in a file, None where there is none or it was cut short."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
