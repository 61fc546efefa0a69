"""Files of a data set: found without opening an image, never outside its folder, never written to.

Only regular files count: a pipe or a device would stop the reader for ever. Names are relative to the data set's
folder (`root`) and POSIX.
"""

import os
import stat
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import pandas as pd

from lib.datasets.table import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"})
LINK = "a link out of the data set's folder, or to a folder above itself"


def walk(
    root: Path, below: str = "", suffixes: Collection[str] = IMAGE_SUFFIXES
) -> tuple[pd.Series, list[tuple[str, str]]]:
    """List the regular files below `root/below` whose name ends in one of `suffixes` (any case), sorted.

    Names that begin with a dot are the operating system's (`.DS_Store`, `._photo.jpg`) and are not data. A link is
    followed only to a file inside `root`.

    Args:
        root: the data set's folder.
        below: where to begin, relative to `root`.
        suffixes: in small letters, with their dot.

    Returns:
        Paths relative to `root`, str (N,), and (path, reason) for what cannot be used: links out of the root, pipes,
        names that are not UTF-8, unreadable folders.

    Raises:
        DataError: `below` lies outside `root`.
        FileNotFoundError: there is no folder `below`.
    """
    real = os.path.realpath(root)
    _check_within(os.path.join(real, below), real)
    names, refused, folders = [], [], [below]
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
            reason = _refusal(entry, real, suffixes)
            if reason:
                refused.append((relative.encode("utf-8", "backslashreplace").decode(), reason))
            elif entry.is_dir():
                folders.append(relative)
            elif _ends_in(entry.name, suffixes):
                names.append(relative)
    return pd.Series(sorted(names), dtype=str), sorted(refused)


def _refusal(entry: os.DirEntry, real: str, suffixes: Collection[str]) -> str:
    """Return why an entry of a folder cannot be used, "" where nothing is against it."""
    if entry.name != entry.name.encode("utf-8", "ignore").decode():
        return "its name is not UTF-8; rename it"
    if entry.is_symlink():
        try:
            target = os.path.realpath(entry.path, strict=True)
        except OSError:
            return "a link that leads nowhere"
        if os.path.isdir(target) or not _is_within(target, real):  # a linked folder may hold the root: no end
            return LINK
    elif entry.is_dir():
        return ""
    return "no regular file" if _ends_in(entry.name, suffixes) and not entry.is_file() else ""


def _ends_in(name: str, suffixes: Collection[str]) -> bool:
    return os.path.splitext(name)[1].lower() in suffixes


def _is_within(target: str, root: str) -> bool:
    return os.path.commonpath([target, root]) == root


def _check_within(path: str, root: str) -> None:
    """Follow the links of a path at every level; raise DataError where they lead out of `root`, a real path."""
    if not _is_within(os.path.realpath(path), root):
        raise DataError(f"{path} is a link out of the data set's folder; put the data itself there")


def regular(root: Path, name: str) -> str:
    """Return the full path of a file that is safe to open: regular, and inside `root` once all links are followed.

    Raises:
        DataError: it is something else.
        OSError: it is not there, or cannot be asked.
    """
    real = os.path.realpath(root)
    path = os.path.join(real, name)
    _check_within(path, real)
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise DataError(f"{path} is a folder, a pipe or a device; expected a file")
    return path


def first_bytes(root: Path, name: str, most: int = 4096) -> bytes:
    """Return the beginning of a small file below `root` that `walk` has listed, at most so many bytes."""
    with open(f"{root}/{name}", "rb", buffering=0) as file:
        return file.read(most)


def first_folder(root: Path, *names: str) -> str | None:
    """Return the first of `names` (relative, POSIX) that is a folder of `root`, or None."""
    return next((name for name in names if os.path.isdir(root / name)), None)


def check_inside(files: pd.Series, label_file: Path) -> pd.Series:
    """Return the paths that a label file names, in POSIX form.

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


def check_files(
    rows: pd.DataFrame, reason: pd.Series, root: Path, below: str = ""
) -> tuple[pd.Series, list[tuple[str, str]]]:
    """Compare a label file with what lies on disk.

    Args:
        rows: of the label file; their `file` is relative to `root`.
        reason: why a row cannot be used already, "" where nothing is against it.
        root: the data set's folder.
        below: its folder of images, relative to `root`.

    Returns:
        For each row "" or the reason why it cannot be used; and (file, reason) for images below `root/below` without a
        row.
    """
    names, refused = walk(root, below)
    links = dict(refused)
    here = rows["file"].isin(set(names))
    absent = rows["file"].map(links).fillna("named in the label file, not on disk")
    reason = reason.mask((reason == "") & ~here, absent)
    twice = rows.loc[reason == "", "file"].duplicated().reindex(rows.index, fill_value=False)
    reason = reason.mask(twice, "named twice in the label file; the first row that can be used is used")
    named = set(rows["file"])
    unlabelled = [(file, "no row in the label file") for file in names if file not in named]
    return reason, unlabelled + [(file, why) for file, why in refused if file not in named]
