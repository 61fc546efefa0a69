"""Rows of fixed-shape arrays on disk, found by key: memory-mapped `.npy` files that grow, filled batch by batch.

    build/data/standard/faces/1f3a.../manifest.json   what made the rows: code, versions, parameters
                                      key.npy         (n,) which image
                                      status.npy      (n,) "" while the row is pending
                                      mesh.npy ...    (n, 468, 2) one file per field

A row's status is written after its arrays and files grow before their headers say so; therefore whatever moment a
process is killed at, the rows with a status are whole and the others are pending.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from lib.paths import replace_on_success

Fields = dict[str, tuple[tuple[int, ...], str]]  # name -> shape of one row, dtype
Columns = dict[str, np.ndarray]  # name -> (rows, ...)


@dataclass(frozen=True)
class Rows:
    """Rows of a memory map in another order: `rows[i]` is `stored[slots[i]]`, read when asked for.

    Attributes:
        stored: (n, ...) as on disk.
        slots: (N,) int64.
    """

    stored: np.ndarray
    slots: np.ndarray

    def __len__(self) -> int:
        """Return N."""
        return len(self.slots)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """Return one row or several, as NumPy indexes the first axis."""
        return self.stored[self.slots[rows]]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """Return all rows, read into memory."""
        return np.asarray(self[:], dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (N, ...)."""
        return (len(self.slots), *self.stored.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """Return the type of the numbers."""
        return self.stored.dtype


class Store:
    """A folder of rows; one process at a time may open it, a second one waits.

    Args:
        folder: made if it is not there.
        fields: what a row holds.
        manifest: written beside the rows for people to read.
    """

    def __init__(self, folder: Path, fields: Fields, manifest: dict) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.lock = folder, FileLock(folder / "lock")
        self.fields: Fields = {**fields, "status": ((), "S40"), "key": ((), "S32")}
        with replace_on_success(folder / "manifest.json") as path:
            path.write_text(json.dumps(manifest, indent=1))

    def slots(self, keys: np.ndarray) -> np.ndarray:
        """Return the row of each key, int64 (N,); keys not seen before get pending rows at the end, in order.

        Args:
            keys: (N,) bytes of at most 32 characters; equal keys share a row.
        """
        slots, known = _find(keys, self["key"]) if (self.folder / "key.npy").exists() else (None, 0)
        if slots is None or (slots < 0).any():
            new = pd.unique(keys if slots is None else keys[slots < 0])
            for name, (shape, dtype) in self.fields.items():  # the keys last: they say how many rows there are
                _grow(self.folder / f"{name}.npy", known + len(new), shape, dtype, new if name == "key" else None)
            slots, _ = _find(keys, self["key"])
        return slots

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a field of all rows (n, ...), memory-mapped for reading and writing."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r+")

    def rows(self, name: str, slots: np.ndarray) -> np.ndarray | Rows:
        """Return a field in the order of `slots`: the memory map itself where it has that order already."""
        stored = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        in_order = len(slots) and np.array_equal(slots, np.arange(slots[0], slots[0] + len(slots)))
        return stored[slots[0] : slots[0] + len(slots)] if in_order else Rows(stored, slots)

    def put(self, slots: np.ndarray, statuses: list[str], values: Columns) -> None:
        """Write a batch: its fields first, its statuses when those are safe.

        Maps are opened for each batch and closed again: pages of an open one would count as this process's memory.
        """
        for name, value in {**values, "status": np.array(statuses, self.fields["status"][1])}.items():
            stored = self[name]
            stored[slots] = value
            stored.flush()


def _find(keys: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, int]:
    """Return where each key stands among `known`, -1 where it does not, and how many are known."""
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, keys, sorter=order), len(known) - 1)]
    return np.where(known[place] == keys, place, -1), len(known)


def _grow(path: Path, rows: int, shape: tuple[int, ...], dtype: str, tail: np.ndarray | None) -> None:
    """Give the file `rows` rows, new ones zero or `tail`; NumPy leaves room in the header for a longer first axis."""
    if not path.exists():
        with replace_on_success(path) as new:
            fresh = np.lib.format.open_memmap(new, "w+", dtype, (rows, *shape))
            if tail is not None:
                fresh[:] = tail
        return
    with open(path, "r+b") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        start, row_bytes = file.tell(), np.dtype(dtype).itemsize * int(np.prod(shape))
        file.truncate(start + rows * row_bytes)
        if tail is not None:
            file.seek(start + (rows - len(tail)) * row_bytes)
            file.write(tail.astype(dtype).tobytes())
            file.flush()
        file.seek(0)
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (rows, *shape)})
