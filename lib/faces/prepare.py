"""The two passes over a table of images: where the faces are, and the aligned crops.

    table -- find_faces: read, detect --> Faces -- crop_faces: read, align --> Crops

Each pass keeps its rows on disk (`lib.faces.store`), so that an image is looked at once, and works in other processes
(`lib.faces.workers`). What is done to one image is `find_face` and `crop_face`.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import datasets, images, paths
from lib.faces import workers
from lib.faces.align import WAYS, align
from lib.faces.detect import detect
from lib.faces.store import Rows, Store

READERS = 16  # threads that read files for their keys; a network drive answers each of them late
FIELDS = [("box", "<f4", (4,)), ("mesh", "<f4", (468, 2)), ("landmarks", "<f4", (68, 2)), ("faces", "<i2")]
SOURCES = ("align", "detect", "landmarks", "networks", "prepare", "store")  # other code, other rows
File = tuple[str, int, str]  # path, row in it (-1: a file of its own), data set


@dataclass(frozen=True)
class Faces:
    """The largest face of each image, in pixels of that image; NaN where there is none.

    Attributes:
        table: the table given, with the columns `status` ("ok", "no face", or why the image cannot be read) and `faces`
            (how many were detected; of several, the one with the largest box is taken).
        box: (N, 4) float32 `x, y, width, height`.
        mesh: (N, 468, 2) float32.
        landmarks: (N, 68, 2) float32, iBUG order.
    """

    table: pd.DataFrame
    box: Rows
    mesh: Rows
    landmarks: Rows


@dataclass(frozen=True)
class Crops:
    """Aligned crops.

    Attributes:
        table: that of `Faces`; `status` may also be "no upright face".
        images: uint8 (N, size, size, 3), read from the disk when asked for; black where there is no crop.
    """

    table: pd.DataFrame
    images: Rows


def find_faces(table: pd.DataFrame, folder: Path) -> Faces:
    """Return the face of each image; only images not seen before are read.

    Args:
        table: one row per image, as `lib.datasets.load` returns it.
        folder: where the results are kept, for instance `lib.paths.data(scale)`.

    Raises:
        ValueError: the table has no rows.
    """
    files = _files(table)
    return _find_faces(table, folder, files, _keys(files))


def crop_faces(table: pd.DataFrame, folder: Path, how: str = "proposed", size: int = 128) -> Crops:
    """Return the aligned crop of each image, from the landmarks that `find_faces` finds or has found.

    Args:
        table: one row per image.
        folder: where the results are kept, for instance `lib.paths.data(scale)`.
        how: "proposed", "traditional", "box" or "eyes" (see `lib.faces.align`).
        size: side of a crop in pixels; paper A's is 128.

    Raises:
        ValueError: an unknown `how`, a size below 1, or a table without rows.
    """
    if how not in WAYS or size < 1:
        raise ValueError(f"how is {how!r} and size is {size}; expected {', '.join(WAYS)}, and at least 1 pixel")
    files = _files(table)
    keys = _keys(files)
    faces = _find_faces(table, folder, files, keys)
    before = faces.table["status"].tolist()

    def task(row: int) -> workers.Task:
        return crop_face, files[row], before[row], faces.landmarks[row], how, size

    kept = _store(folder, "crops", [("images", "u1", (size, size, 3))], how=how, size=size)
    status, rows = _filled(kept, keys, task, "cropping")
    return Crops(faces.table.assign(status=status), rows["images"])


def _find_faces(table: pd.DataFrame, folder: Path, files: Sequence[File], keys: Sequence[str]) -> Faces:
    kept = _store(folder, "faces", FIELDS)
    status, rows = _filled(kept, keys, lambda row: (find_face, files[row]), "finding faces")
    return Faces(table.assign(status=status, faces=np.asarray(rows.pop("faces"))), **rows)


def _filled(
    kept: Store, keys: Sequence[str], task: Callable[[int], workers.Task], label: str
) -> tuple[np.ndarray, dict[str, Rows]]:
    """Return the statuses of a table's rows, str (N,), and their fields, when those that are pending are computed."""
    with kept.lock:
        slots = kept.slots(keys)
        workers.fill(kept, slots, task, label)
    rows = kept.open("rows")
    return kept.status(slots), {name: Rows(rows[name], slots) for name in rows.dtype.names}


def find_face(file: File) -> dict:
    """Return `status`, the number of `faces`, and of the largest its `box`, `mesh` and `landmarks`."""
    seen = detect(_read(file))
    if not seen:
        return {"status": "no face"}
    face = max(seen, key=lambda face: face.box[2] * face.box[3])
    return {"status": "ok", "faces": len(seen), "box": face.box, "mesh": face.mesh, "landmarks": face.landmarks}


def crop_face(file: File, status: str, landmarks_68: np.ndarray, how: str, size: int) -> dict:
    """Cut the face out of an image.

    Args:
        file: which image; it is read where `status` is "ok".
        status: of `find_face`.
        landmarks_68: (68, 2) of `find_face`.
        how: see `lib.faces.align`.
        size: side of the crop in pixels.

    Returns:
        `status` (the one given, or "no upright face"), and the crop as `images`, (size, size, 3).
    """
    if status != "ok":
        return {"status": status}
    image = _read(file)
    try:
        return {"status": "ok", "images": images.to_rgb(align(image, landmarks_68, how, size).crop)}
    except ValueError:  # the landmarks span no crop, as in a profile
        return {"status": "no upright face"}


def _read(file: File) -> np.ndarray:
    return datasets.read_image(dict(zip(("path", "row", "data_set"), file, strict=True)))


def _files(table: pd.DataFrame) -> list[File]:
    if table.empty:
        raise ValueError("the table has no rows; expected one row per image")
    return list(zip(*(table[name].tolist() for name in ("path", "row", "data_set")), strict=True))


def _keys(files: Sequence[File]) -> list[str]:
    """Return the key of each image, in their order."""
    parts = [files[start : start + 256] for start in range(0, len(files), 256)]
    packed = any(row >= 0 for _, row, _ in files)
    with ThreadPoolExecutor(1 if packed else READERS) as pool:
        return [key for part in pool.map(lambda part: [*map(_key, part)], parts) for key in part]


def _key(file: File) -> str:
    """Return 32 hexadecimal digits of an image's content, so that they hold for a copy elsewhere too."""
    path, row, _ = file
    try:
        facts = os.stat(path)
        if stat.S_ISREG(facts.st_mode):
            return _content_key(file, facts.st_size, facts.st_mtime_ns)
        fault = "no file"
    except Exception as error:  # listed later, when it is read
        fault = type(error).__name__
    return _digest(os.fsencode(f"{path} {row} {fault}"))


@functools.lru_cache(2**20)
def _content_key(file: File, size: int, changed: int) -> str:
    """Return the key of a file's bytes or, where a file packs many images, of the pixels of one of them."""
    path, row, _ = file
    if row < 0:
        return _digest(Path(path).read_bytes())
    pixels = _read(file)
    return _digest(str(pixels.shape).encode(), pixels.tobytes())


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b" ".join(parts), digest_size=16).hexdigest()


def _store(folder: Path, stage: str, fields: list[tuple], **parameters: object) -> Store:
    """Open the store whose name is a hash of the code, the libraries that find and warp faces, and the parameters."""
    sources = [Path(__file__).with_name(f"{name}.py") for name in SOURCES] + [Path(images.__file__)]
    code = hashlib.sha256(b"".join(map(paths.meaning, sources))).hexdigest()
    versions = {name: importlib.metadata.version(name) for name in ("ai-edge-litert", "numpy")}
    manifest = {"stage": stage, "code": code, **versions, "opencv": cv2.__version__, **parameters}
    name = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
    return Store(folder / stage / name, fields, manifest)
