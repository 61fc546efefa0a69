"""A notebook as the runner sees it: number, title, introduction and parameters, read without running it."""

import ast
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.paths import ROOT

NOTEBOOKS = Path(os.environ.get("FACE_STUDY_NOTEBOOKS", ROOT / "notebooks"))  # tests set it
AT_LEAST_ONE = ("EPOCHS", "SEEDS", "SIZE", "PEOPLE", "BATCH", "BATCH_SIZE", "STEPS", "CALLS", "FOLDS")
TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list}


class PlanError(ValueError):
    """A run that cannot start; the message says what came and what was expected."""


@dataclass(frozen=True)
class Parameter:
    """One line `NAME: type = literal  # help` of a notebook's parameter cell."""

    name: str
    type: str
    default: object
    help: str


@dataclass(frozen=True)
class Notebook:
    """A notebook as the runner sees it.

    Attributes:
        number: two digits, the beginning of the file's name.
        path: the file.
        title: its first heading.
        intro: the lines below the heading: question, what is seen, time.
        parameters: by name, in the order of the cell.
        after: numbers of the notebooks whose products it reads; None where it does not say.
        alone: whether it uses all cores or measures time, so that no other may run beside it.
    """

    number: str
    path: Path
    title: str
    intro: tuple[str, ...]
    parameters: dict[str, Parameter]
    after: tuple[str, ...] | None = None
    alone: bool = False


def paths(folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """Return the notebooks of `folder` by their two-digit number, in order."""
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    numbers = [path.name[:2] for path in files]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise PlanError(f"two notebooks share the number {', '.join(twice)} in {folder}; rename one")
    return dict(zip(numbers, files, strict=True))


def read_notebook(path: Path) -> Notebook:
    """Return what the runner needs of a notebook, read without running it.

    Raises:
        PlanError: the file is no notebook, or its parameters or its `study` metadata have another form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells, study = content["cells"], content.get("metadata", {}).get("study", {})
        texts = [source(cell) for cell in cells]
        tags = [cell["metadata"].get("tags", []) for cell in cells]
        after, alone = study.get("after"), study.get("alone", False)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanError(f"{path} is not a notebook: {type(error).__name__} {error}") from error
    if not (after is None or isinstance(after, list)) or not isinstance(alone, bool):
        raise PlanError(f'{path.name}: the metadata study is {study!r}; expected {{"after": ["03"], "alone": false}}')
    first = [line.strip() for line in texts[0].splitlines() if line.strip()] if texts else []
    title = re.sub(r"^\d\d\s*[.:-]?\s*", "", first[0].lstrip("# ") if first else path.stem)
    cell = next((text for text, own in zip(texts, tags, strict=True) if "parameters" in own), None)
    parameters = read_parameters(cell, path) if cell else {}
    upstream = None if after is None else tuple(after)
    return Notebook(path.name[:2], path, title, tuple(first[1:]), parameters, upstream, alone)


def source(cell: Mapping) -> str:
    """Return a cell's text, which a notebook file holds as one string or as a list of lines."""
    return "".join(cell["source"])


def read_parameters(text: str, path: Path) -> dict[str, Parameter]:
    """Return the parameters of a cell of lines `NAME: type = literal  # help`.

    Raises:
        PlanError: a line of another form, an unknown type, a default of another type.
    """
    parameters = {}
    lines = text.splitlines()
    try:
        nodes = ast.parse(text).body
    except SyntaxError as error:
        raise PlanError(f"{path.name}: the parameter cell is not Python: {error}") from error
    for node in nodes:
        try:
            name, annotation = node.target.id, ast.unparse(node.annotation)
            default, kind = ast.literal_eval(node.value), annotation.split("[")[0]
        except (AttributeError, ValueError) as error:
            raise PlanError(f"{path.name}: {ast.unparse(node)!r} is not of the form NAME: type = literal") from error
        comment = lines[node.end_lineno - 1][node.end_col_offset :].strip().lstrip("# ")
        parameters[name] = Parameter(name, kind, default, comment)
        checked(parameters[name], default, f"{path.name}: default")
    return parameters


def checked(parameter: Parameter, value: object, where: str) -> object:
    """Return `value` if it has the parameter's type; an int is taken for a float.

    Raises:
        PlanError: another type, or a number that no parameter of that name can have; the message says what is expected.
    """
    expected = TYPES.get(parameter.type)
    if expected is None:
        raise PlanError(f"{where}: {parameter.name} has the type {parameter.type}; expected one of {', '.join(TYPES)}")
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:
        came = f"{value!r}, a {type(value).__name__}"
        raise PlanError(f"{where}: {parameter.name} is {came}; expected the type {parameter.type}")
    if expected in (int, float) and value < (parameter.name in AT_LEAST_ONE):
        expected = "1 or more" if parameter.name in AT_LEAST_ONE else "no negative number"
        raise PlanError(f"{where}: {parameter.name} is {value}; expected {expected}")
    return value


def introduction(notebook: Notebook) -> tuple[str, str, str]:
    """Return question, what will be seen, and time with data needed: the three lines below a notebook's title.

    Raises:
        PlanError: the lines do not begin with `**Question.**`, `**You will see.**` and `**Time.**`.
    """
    text = " ".join(line.rstrip("\\").strip() for line in notebook.intro)
    match = re.fullmatch(r"\*\*Question\.\*\* (.+) \*\*You will see\.\*\* (.+) \*\*Time\.\*\* (.+)", text)
    if not match:
        expected = "**Question.** ..., **You will see.** ..., **Time.** ..."
        raise PlanError(f"{notebook.path.name}: below its title stands {text[:80]!r}; expected three lines {expected}")
    return match[1], match[2], match[3]
