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
from collections.abc import Sequence
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
NO_FACE = ("skip", "centre")
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
        table: that of `Faces`; `status` may also be "centre crop" or "no upright face".
        images: uint8 (N, size, size, 3), read from the disk when asked for; black where there is no crop.
    """

    table: pd.DataFrame
    images: Rows


def find_faces(table: pd.DataFrame, folder: Path, scheduler: str | None = None) -> Faces:
    """Return the face of each image; only images not seen before are read.

    Args:
        table: one row per image, as `lib.datasets.load` returns it.
        folder: where the results are kept, for instance `lib.paths.data(scale)`.
        scheduler: address of a Dask scheduler; without it `$FACE_STUDY_SCHEDULER`, else this machine's cores.

    Raises:
        ValueError: the table has no rows.
    """
    files = _files(table)
    kept = _store(folder, "faces", FIELDS, {})
    with kept.lock:
        slots = kept.slots(_keys(files))
        workers.fill(kept, slots, lambda row: (find_face, files[row]), "finding faces", scheduler)
    rows = kept.open("rows")
    fields = {name: Rows(rows[name], slots) for name in ("box", "mesh", "landmarks")}
    return Faces(table.assign(status=kept.status(slots), faces=rows["faces"][slots]), **fields)


def crop_faces(
    table: pd.DataFrame,
    folder: Path,
    how: str = "proposed",
    size: int = 128,
    no_face: str = "skip",
    scheduler: str | None = None,
) -> Crops:
    """Return the aligned crop of each image, from the landmarks that `find_faces` finds or has found.

    Args:
        table: one row per image.
        folder: where the results are kept, for instance `lib.paths.data(scale)`.
        how: "proposed", "traditional", "box" or "eyes" (see `lib.faces.align`).
        size: side of a crop in pixels; paper A's is 128.
        no_face: "skip" (paper B) leaves such a row without a crop; "centre" takes the largest central square and
            marks the row "centre crop".
        scheduler: as for `find_faces`.

    Raises:
        ValueError: an unknown `how` or `no_face`, a size below 1, or a table without rows.
    """
    if how not in WAYS or no_face not in NO_FACE or size < 1:
        expected = f"{', '.join(WAYS)}; at least 1 pixel; {', '.join(NO_FACE)}"
        raise ValueError(f"how is {how!r}, size is {size} and no_face is {no_face!r}; expected {expected}")
    faces, files = find_faces(table, folder, scheduler), _files(table)
    status = faces.table["status"].tolist()
    parameters = {"how": how, "size": size, "no_face": no_face}
    kept = _store(folder, "crops", [("images", "u1", (size, size, 3))], parameters)

    def task(row: int) -> workers.Task:
        return crop_face, files[row], status[row], faces.landmarks[row], how, size, no_face

    with kept.lock:
        slots = kept.slots(_keys(files))
        workers.fill(kept, slots, task, "cropping", scheduler)
    return Crops(faces.table.assign(status=kept.status(slots)), Rows(kept.open("rows")["images"], slots))


def find_face(file: File) -> dict:
    """Return `status`, the number of `faces`, and of the largest its `box`, `mesh` and `landmarks`."""
    seen = detect(_read(file))
    if not seen:
        return {"status": "no face"}
    face = max(seen, key=lambda face: face.box[2] * face.box[3])
    return {"status": "ok", "faces": len(seen), "box": face.box, "mesh": face.mesh, "landmarks": face.landmarks}


def crop_face(file: File, status: str, landmarks_68: np.ndarray, how: str, size: int, no_face: str) -> dict:
    """Cut the face out of an image.

    Args:
        file: which image.
        status: of `find_face`; with another than "ok" and "no face" the image is not read.
        landmarks_68: (68, 2) of `find_face`.
        how: see `lib.faces.align`.
        size: side of the crop in pixels.
        no_face: "centre" takes the central square where there is no face, "skip" leaves the crop out.

    Returns:
        `status` (the one given, "centre crop" or "no upright face"), and the crop as `images`, (size, size, 3).
    """
    if status == "ok":
        image = _read(file)
        try:
            return {"status": "ok", "images": images.to_rgb(align(image, landmarks_68, how, size).crop)}
        except ValueError:  # the landmarks span no crop, as in a profile
            status = "no upright face"
    if no_face == "centre" and status in ("no face", "no upright face"):
        return {"status": "centre crop", "images": _centre(images.to_rgb(_read(file)), size)}
    return {"status": status}


def _centre(image: np.ndarray, size: int) -> np.ndarray:
    """Return the largest central square of an image (H, W, 3), scaled to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return cv2.resize(image[top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)


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


def _store(folder: Path, stage: str, fields: list[tuple], parameters: dict) -> Store:
    """Open the store whose name is a hash of the code, the libraries that find and warp faces, and the parameters."""
    sources = [Path(__file__).with_name(f"{name}.py") for name in SOURCES] + [Path(images.__file__)]
    code = hashlib.sha256(b"".join(map(paths.meaning, sources))).hexdigest()
    versions = {name: importlib.metadata.version(name) for name in ("ai-edge-litert", "numpy")}
    manifest = {"stage": stage, "code": code, **versions, "opencv": cv2.__version__, **parameters}
    name = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
    return Store(folder / stage / name, fields, manifest)
