"""The two passes over a table of images: where the faces are, and the aligned crops."""

import functools
import hashlib
import importlib.metadata
import json
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import images
from lib.faces import jobs
from lib.faces.align import WAYS
from lib.faces.batches import fill
from lib.faces.store import Columns, Fields, Rows, Store

NO_FACE = ("skip", "centre")


@dataclass(frozen=True)
class Faces:
    """The largest face of each image, in pixels of that image; NaN where there is none.

    Attributes:
        table: the table given, with the columns `status` ("ok", "no face", or why the image cannot be read) and `faces`
            (how many were found; of several, the one with the largest box is taken).
        box: (N, 4) float32 `x, y, width, height`.
        mesh: (N, 468, 2) float32.
        landmarks: (N, 68, 2) float32, iBUG order.
    """

    table: pd.DataFrame
    box: np.ndarray | Rows
    mesh: np.ndarray | Rows
    landmarks: np.ndarray | Rows


@dataclass(frozen=True)
class Crops:
    """Aligned crops.

    Attributes:
        table: the table given, with `status` ("ok", "centre crop", or why there is no crop: "no face", "no upright
            face", or why the image cannot be read) and `faces`.
        images: uint8 (N, size, size, 3), memory-mapped; black where there is no crop.
    """

    table: pd.DataFrame
    images: np.ndarray | Rows


def find_faces(table: pd.DataFrame, folder: Path, scheduler: str | None = None) -> Faces:
    """Return the face of each image; only images not seen before are read.

    Args:
        table: one row per image, as `lib.datasets.load` returns it.
        folder: where the results are kept, for instance `lib.paths.data(scale)`.
        scheduler: address of a Dask scheduler; without it `$FACE_STUDY_SCHEDULER`, else this machine's cores.

    Raises:
        ValueError: the table has no rows.
    """
    keys = _keys(table)
    store = _store(folder, "faces", jobs.FACE_FIELDS, {})
    with store.lock:
        slots = store.slots(keys)
        fill(store, slots, _files(table), jobs.detected, "finding faces", scheduler or _scheduler())
    found = {name: store.rows(name, slots) for name in ("box", "mesh", "landmarks")}
    return Faces(_with_status(table, store, slots).assign(faces=store["faces"][slots]), **found)


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
        how: "proposed", "traditional" or "eyes" (see `lib.faces.align`).
        size: side of a crop in pixels; paper A's is 128.
        no_face: "skip" (paper B) leaves such a row without a crop; "centre" takes the largest central square and
            marks the row "centre crop".
        scheduler: as for `find_faces`.

    Raises:
        ValueError: an unknown `how` or `no_face`, or a table without rows.
    """
    if how not in WAYS or no_face not in NO_FACE:
        expected = f"{', '.join(WAYS)} and {', '.join(NO_FACE)}"
        raise ValueError(f"how is {how!r} and no_face is {no_face!r}; expected one of {expected}")
    found = find_faces(table, folder, scheduler)
    parameters = {"how": how, "size": size, "no_face": no_face}
    job = functools.partial(jobs.cropped, **parameters)
    store = _store(folder, "crops", {"images": ((size, size, 3), "|u1")}, parameters)
    inputs = {**_files(table), "landmarks": found.landmarks, "status": found.table["status"].to_numpy(str)}
    with store.lock:
        slots = store.slots(_keys(table))
        fill(store, slots, inputs, job, "cropping", scheduler or _scheduler())
    return Crops(_with_status(found.table, store, slots), store.rows("images", slots))


def _files(table: pd.DataFrame) -> Columns:
    return {name: table[name].to_numpy() for name in ("path", "row", "data_set")}


def _keys(table: pd.DataFrame) -> np.ndarray:
    """Return a hash of each image, (N,) bytes of 32 hexadecimal digits."""
    if table.empty:
        raise ValueError("the table has no rows; expected one row per image")
    return np.array([_key(*file) for file in zip(*_files(table).values(), strict=True)], "S32")


def _key(path: str, row: int, data_set: str) -> str:
    try:
        facts = os.stat(path)
    except OSError:
        return _digest(f"{path} cannot be read")
    if row >= 0:
        return _packed_key(path, row, data_set, facts.st_mtime_ns)
    return _digest(f"{path} {facts.st_size} {facts.st_mtime_ns} {facts.st_mode}")


@functools.lru_cache(2**20)
def _packed_key(path: str, row: int, data_set: str, changed: int) -> str:
    pixels = jobs.read(path, row, data_set)
    return _digest(pixels if isinstance(pixels, str) else f"{pixels.shape} {pixels.tobytes().hex()}")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _store(folder: Path, stage: str, fields: Fields, parameters: dict) -> Store:
    """Open the store whose name is a hash of the code, the libraries that find and warp faces, and the parameters."""
    sources = [*sorted(Path(__file__).parent.glob("*.py")), Path(images.__file__), Path(jobs.__file__)]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    versions = {name: importlib.metadata.version(name) for name in ("mediapipe", "numpy")}
    manifest = {"stage": stage, "code": code, **versions, "opencv": cv2.__version__, **parameters}
    name = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
    return Store(folder / stage / name, fields, manifest)


def _scheduler() -> str | None:
    return os.environ.get("FACE_STUDY_SCHEDULER") or None


def _with_status(table: pd.DataFrame, store: Store, slots: np.ndarray) -> pd.DataFrame:
    return table.assign(status=np.char.decode(store["status"][slots], "ascii"))
