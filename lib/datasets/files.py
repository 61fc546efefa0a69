"""Files of a data set: found without opening an image, never outside its folder, never written to."""

import os
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import pandas as pd

from lib.datasets.table import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"})


def walk(
    root: Path, below: str = "", suffixes: Collection[str] = IMAGE_SUFFIXES
) -> tuple[list[str], list[tuple[str, str]]]:
    """List the files below `root/below` whose name ends in one of `suffixes` (any case), sorted.

    Names that begin with a dot are the operating system's (`.DS_Store`, `._photo.jpg`) and are not data. A link is
    followed only to something inside `root`.

    Returns:
        Paths relative to `root` (POSIX), and (path, reason) for links out of the root and unreadable folders.
    """
    real = os.path.realpath(root)
    found, refused, folders = [], [], [below]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(os.path.join(real, folder)))
        except PermissionError:
            refused.append((folder or ".", "no permission to read this folder"))
            continue
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not _is_inside(os.path.realpath(entry.path), real, entry.is_dir()):
                refused.append((relative, "a link out of the data set's folder, or to a folder above itself"))
            elif entry.is_dir():
                folders.append(relative)
            elif os.path.splitext(entry.name)[1].lower() in suffixes:
                found.append(relative)
    return sorted(found), sorted(refused)


def _is_inside(target: str, root: str, is_folder: bool) -> bool:
    """A linked folder must not hold the root, or the walk would not end; folders are therefore never followed."""
    return not is_folder and os.path.commonpath([target, root]) == root


def first_folder(root: Path, *names: str) -> str | None:
    """Return the first of `names` (relative, POSIX) that is a folder of `root`, or None."""
    return next((name for name in names if (root / name).is_dir()), None)


def read_csv(path: Path, columns: Collection[str], optional: Collection[str] = ()) -> pd.DataFrame:
    """Read `columns` (and those of `optional` that are there) of a label file as text; "" where a cell is empty.

    A byte-order mark, Windows line ends, blanks round the names and further columns do no harm.

    Raises:
        DataError: the file is not UTF-8, not a table, or lacks a column.
    """
    try:
        names = {name: name.strip() for name in pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns}
        absent = sorted(set(columns) - set(names.values()))
        if absent:
            raise DataError(f"{path} has no column {', '.join(absent)}; it has {', '.join(names.values()) or 'none'}")
        wanted = [name for name, clean in names.items() if clean in {*columns, *optional}]
        table = pd.read_csv(path, usecols=wanted, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path} is not a table with commas: {error}") from None
    return table.rename(columns=names).apply(lambda column: column.str.strip())


def check_inside(files: pd.Series, label_file: Path) -> pd.Series:
    """Return `files` in POSIX form.

    Raises:
        DataError: one is absolute or climbs with `..`, so it points out of the data set's folder.
    """
    files = files.str.replace("\\", "/", regex=False)
    suspects = files[files.str.contains(r"\.\.|^/|^[A-Za-z]:", regex=True)]
    outside = [
        file for file in suspects if PurePosixPath(file).is_absolute() or file[1:2] == ":" or ".." in file.split("/")
    ]
    if outside:
        raise DataError(f"{label_file} names a file outside its folder: {outside[0]!r}; expected paths inside it")
    return files


def absent_files(rows: pd.DataFrame, root: Path, below: str = "") -> tuple[pd.Series, list[tuple[str, str]]]:
    """Compare a label file with what lies on disk.

    Returns:
        For each row "" or the reason why its `file` cannot be used; and (file, reason) for images without a row.
    """
    found, refused = walk(root, below)
    links = dict(refused)
    here = rows["file"].isin(set(found))
    reason = rows["file"].map(links).fillna("named in the label file, not on disk").where(~here, "")
    twice = rows["file"].duplicated() & here
    reason = reason.mask(twice, "named twice in the label file; the first row is used")
    named = set(rows["file"])
    unlabelled = [(file, "no row in the label file") for file in found if file not in named]
    return reason, unlabelled + [(file, why) for file, why in refused if file not in named]
