"""Rows of one shape on disk, found by key: two files of records that grow, filled batch by batch.

    build/data/standard/faces/1f3a.../manifest.json   what made the rows: code, versions, parameters
                                      index.bin       of each row its key and its status
                                      rows.bin        of each row its fields, such as box, mesh and landmarks

A row without a status is pending. Its status is written when its fields are on the disk; so whatever moment a process
is killed at, the rows with a status are whole and the others pending. A file that was cut counts as far as its last
whole record. There is no checksum, so changed bytes are not noticed: delete the folder, and it is made anew.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from filelock import FileLock

from lib.paths import replace_on_success

AGAIN = "again: "  # how the status begins of a row that a passing fault has stopped; it is pending too
INDEX = np.dtype([("key", "S32"), ("status", "S40")])


class Rows:
    """A field of some rows, read from the disk when asked for: `rows[i]` is that of the table's row i.

    `stored` is (n, ...), in the order of the store, memory-mapped; `slots` (N,) are the places of the table's rows.
    """

    def __init__(self, stored: np.ndarray, slots: np.ndarray) -> None:
        self.stored, self.slots = stored, slots
        self.shape, self.dtype = (len(slots), *stored.shape[1:]), stored.dtype

    def __len__(self) -> int:
        """Return N."""
        return len(self.slots)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """Return one row or several, as NumPy indexes the first axis."""
        return self.stored[self.slots[rows]]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        """Return all rows, read into memory."""
        return np.asarray(self[:], dtype)


class Store:
    """A folder of rows; hold `lock` while changing it, and a second process waits.

    `fields` is what a row holds, as NumPy writes a structured type: [("box", "<f4", (4,)), ...].
    """

    def __init__(self, folder: Path, fields: list[tuple], manifest: dict) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.lock, self.fields = folder, FileLock(folder / "lock"), np.dtype(fields, align=True)
        with replace_on_success(folder / "manifest.json") as path:
            path.write_text(json.dumps(manifest | {"fields": str(fields)}, indent=1))

    def __len__(self) -> int:
        """Return how many rows there are: what both files hold as a whole."""
        return min(_size(self._path("index")) // INDEX.itemsize, _size(self._path("rows")) // self.fields.itemsize)

    def slots(self, keys: Iterable[str]) -> np.ndarray:
        """Return where the row of each key is, int64 (N,); a key not seen before gets a pending row at the end.

        Args:
            keys: at most 32 ASCII characters each; equal keys share a row.

        Raises:
            OSError: the disk is full; the rows that were there are as they were.
        """
        keys = [key.encode() for key in keys]
        place = {key: slot for slot, key in enumerate(self.open("index")["key"].tolist())}
        new = [key for key in dict.fromkeys(keys) if key not in place]
        if new:
            place |= {key: slot for slot, key in enumerate(new, start=len(self))}
            self._append(new)
        return np.array([place[key] for key in keys], np.int64)

    def open(self, name: str, mode: str = "r") -> np.ndarray:
        """Return the records of `index` or `rows` (n,), memory-mapped; mode "r+" to write."""
        kind = INDEX if name == "index" else self.fields
        return np.memmap(self._path(name), kind, mode, shape=len(self)) if len(self) else np.empty(0, kind)

    def status(self, slots: np.ndarray) -> np.ndarray:
        """Return the status of rows, str (N,); "" while a row has none."""
        return np.char.decode(self.open("index")["status"][slots], "ascii")

    def put(self, slots: np.ndarray, results: Iterable[dict]) -> None:
        """Write a batch: its fields first, its statuses when those are safe.

        Maps are opened for each batch and closed again: pages of an open one would count as this process's memory.

        Args:
            slots: (B,) where the results belong.
            results: `status` and the fields of each row; a field left out is 0, or not a number where it is a fraction.
        """
        rows, index = self.open("rows", "r+"), self.open("index", "r+")
        for slot, result in zip(slots, results, strict=True):
            for name in rows.dtype.names:
                fraction = rows.dtype[name].base.kind == "f"
                rows[name][slot] = result.get(name, np.nan if fraction else 0)
        rows.flush()
        for slot, result in zip(slots, results, strict=True):
            index["status"][slot] = result["status"].encode("ascii", "replace")
        index.flush()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.bin"

    def _append(self, keys: list[bytes]) -> None:
        """Add pending rows. The index grows last: it says that the room for their fields is there."""
        old, new = len(self), len(self) + len(keys)
        with open(self._path("rows"), "ab") as file:
            _reserve(file.fileno(), new * self.fields.itemsize)
        records = np.zeros(len(keys), INDEX)
        records["key"] = keys
        with open(self._path("index"), "ab") as file:
            file.truncate(old * INDEX.itemsize)  # of a record written in part
            file.write(records.tobytes())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reserve(file: int, size: int) -> None:
    """Give a file room on the disk. A file with holes would end the process on a full disk, without a word."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:  # macOS
        os.truncate(file, size)
