"""The data root: one folder with the folders of the data sets, found by their names in any case."""

import os
from collections.abc import Mapping
from pathlib import Path

from lib.datasets.about import About
from lib.datasets.table import DataError


def survey(data: Path | str, about: Mapping[str, About]) -> dict[str, Path | None]:
    """Return the folder of each data set below `data`, None where there is none; see `lib.datasets.survey`.

    Raises:
        DataError: `data` cannot be what its owner meant; the message says why and what helps.
    """
    if not str(data).strip():
        raise DataError("the data root ($FACE_DATA, or --data DIR) is empty text; name a folder, or leave it out")
    if not os.path.isdir(data):
        raise DataError(f"the data root ($FACE_DATA, or --data DIR) is {str(data)!r}, which is no folder")
    root = Path(data)
    folders = {name: _one(name, _named(root, name, facts)) for name, facts in about.items()}
    if not any(folders.values()):
        raise DataError(_why_none(root, about))
    return folders


def _named(root: Path, name: str, facts: About) -> list[Path]:
    """Return what bears the data set's name below `root`, links to one place once."""
    names = {name.casefold(), facts.folder.casefold()}
    try:
        entries = [entry for entry in sorted(os.listdir(root)) if entry.casefold() in names]
    except OSError as error:
        raise DataError(f"the data root {root} cannot be read: {error.strerror}") from None
    places = {os.path.realpath(root / entry): root / entry for entry in entries}
    return list(places.values())


def _one(name: str, places: list[Path]) -> Path | None:
    """Return the one folder among `places`, None where there is nothing."""
    if not places:
        return None
    if len(places) > 1:
        raise DataError(f"{' and '.join(map(str, places))} are both called {name}; rename the one that is not meant")
    place = places[0]
    if not os.path.isdir(place):
        kind = "a link that leads nowhere" if place.is_symlink() else "a file; unpack it into a folder of that name"
        raise DataError(f"{place} is named as the data set {name} but is {kind}")
    if os.access(place, os.R_OK | os.X_OK) and not os.listdir(place):
        raise DataError(f"{place} is named as the data set {name} but is an empty folder; fill or remove it")
    return place


def _why_none(root: Path, about: Mapping[str, About]) -> str:
    """Return why no data set was recognised in `root`: one folder too deep, too high, or other names."""
    head = f"the data root {root} holds no data set"
    real = Path(os.path.realpath(root))
    for folder in (real, *list(real.parents)[:2]):
        for name, facts in about.items():
            if folder.name.casefold() in (name.casefold(), facts.folder.casefold()):
                return f"{head}: {folder} is {facts.title} itself; give the folder above it, {folder.parent}"
    below = [root / entry for entry in sorted(os.listdir(root)) if os.access(root / entry, os.R_OK | os.X_OK)]
    for folder in filter(os.path.isdir, below):
        held = [name for name, facts in about.items() if _named(folder, name, facts)]
        if held:
            return f"{head}, but {folder} holds {', '.join(held)}; give that folder"
    here = ", ".join(sorted(os.listdir(root))[:5]) or "nothing"
    trees = "\n".join(f"  {facts.folder + '/':<10} {facts.tree.splitlines()[0].strip()}" for facts in about.values())
    return f"{head}; it holds {here}. Expected one or more of these folders, in any case:\n{trees}"
