"""Which data sets a run reads for real and which as stand-ins; a folder that holds none is refused before it runs."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lib.paths import from_caller
from lib.runner.notebook import PlanError


def use(text: str | None) -> str:
    """Take `--data DIR`, or else `$FACE_DATA`, for this process and all that it starts; return what it holds, in words.

    Args:
        text: what `--data` says, None where it is not given; relative to where the reader stands.

    Returns:
        Which sets are real and which stand-ins; empty where no folder is named.

    Raises:
        PlanError: the folder is not there or holds no data set; the message says what it holds instead.
    """
    named = "--data" if text is not None else "$FACE_DATA"
    text = os.environ.get("FACE_DATA") or None if text is None else text
    if text is None:
        return ""
    if not text.strip():
        raise PlanError(f"{named} is empty; give the folder that holds the data sets, one folder each")
    folder = from_caller(text)
    if not folder.is_dir():
        raise PlanError(f"{named} {text}: {'not a' if folder.exists() else 'no such'} folder")
    os.environ["FACE_DATA"] = str(folder)
    return _origins(folder, named)


def _origins(folder: Path, named: str) -> str:
    """Return which sets are real and which stand-ins under `$FACE_DATA`."""
    from lib import datasets

    real = [name for name in datasets.NAMES if datasets.is_real(name)]
    empty = [path.name for path in map(datasets.find, real) if not any(path.iterdir())]
    if empty:
        raise PlanError(f"{named} {folder}: the folder {', '.join(empty)} is empty")
    if not real:
        raise PlanError(f"{named} {folder}: no data set is here. {_instead(folder)}")
    used = {datasets.find(name).name for name in real}
    others = [name for name in _content(folder) if name.rstrip("/") not in used]
    words = [f"real: {', '.join(real)}", f"stand-in: {', '.join(n for n in datasets.NAMES if n not in real) or 'none'}"]
    return "; ".join(words + ([f"not recognised: {_few(others)}"] if others else []))


def _instead(folder: Path) -> str:
    """Return what a folder without data sets holds, which folders it should hold, and which was meant perhaps."""
    from lib import datasets

    known = {name: datasets.about(name) for name in datasets.NAMES}
    expected = f"It holds {_few(_content(folder)) or 'nothing'}; expected folders such as "
    expected += ", ".join(f"{about.folder}/" for about in known.values())
    folders = {text.lower() for name, about in known.items() for text in (name, about.folder)}
    own = [about.title for name, about in known.items() if folder.name.lower() in (name, about.folder.lower())]
    inside = {name.lower() for name in _content(folder)}
    own = own or [about.title for about in known.values() if inside & set(_first_names(about.tree))]
    below = [child for child in _folders(folder) if any(one.name.lower() in folders for one in _folders(child))]
    if below:
        return f"{expected}. Perhaps {below[0]} is meant"
    if own:
        return f"{expected}. It looks like the folder of {own[0]} itself; give the folder above that one"
    return expected


def _first_names(tree: str) -> Iterator[str]:
    """Yield the names that stand at the top of a data set's own folder, from the tree that its loader expects."""
    for match in re.finditer(r"(?:^|either |or )\s*([\w-]+(?:/|\.csv))", tree, flags=re.MULTILINE):
        yield match[1].lower()


def _content(folder: Path) -> list[str]:
    return sorted(f"{child.name}/" if child.is_dir() else child.name for child in _visible(folder))


def _folders(folder: Path) -> list[Path]:
    return sorted(child for child in _visible(folder) if child.is_dir())


def _visible(folder: Path) -> list[Path]:
    try:
        return [child for child in folder.iterdir() if not child.name.startswith(".")]
    except PermissionError:
        return []


def _few(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
