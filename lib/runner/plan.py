"""Which notebooks run, with which parameters; everything unknown or mistyped is refused before anything runs."""

import ast
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOTEBOOKS = Path(os.environ.get("FACE_STUDY_NOTEBOOKS", ROOT / "notebooks"))  # tests set it
TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list}
PROFILE_KEYS = {"help", "cell_timeout", "notebooks", "shared"}


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
    """

    number: str
    path: Path
    title: str
    intro: tuple[str, ...]
    parameters: dict[str, Parameter]


@dataclass(frozen=True)
class Step:
    """One notebook of a run: `given` goes to papermill, `parameters` has the defaults too; timeout in seconds."""

    notebook: Notebook
    given: dict[str, object]
    parameters: dict[str, object]
    cell_timeout: int


def paths(folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """Return the notebooks of `folder` by their two-digit number, in order."""
    found = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    numbers = [path.name[:2] for path in found]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise PlanError(f"two notebooks share the number {', '.join(twice)} in {folder}; rename one")
    return dict(zip(numbers, found, strict=True))


def read_notebook(path: Path) -> Notebook:
    """Return what the runner needs of a notebook: title, introduction and parameters, read without running it."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise PlanError(f"{path} is not a notebook: {error}") from error
    first = [line.strip() for line in source(cells[0]).splitlines() if line.strip()] if cells else []
    title = first[0].lstrip("# ") if first else path.stem
    cell = next((cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])), None)
    parameters = read_parameters(source(cell), path) if cell else {}
    return Notebook(path.name[:2], path, re.sub(r"^\d\d\s*[.:-]?\s*", "", title), tuple(first[1:]), parameters)


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
    for node in ast.parse(text).body:
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
        PlanError: another type; the message names both.
    """
    expected = TYPES.get(parameter.type)
    if expected is None:
        raise PlanError(f"{where}: {parameter.name} has the type {parameter.type}; expected one of {', '.join(TYPES)}")
    if expected is float and type(value) is int:
        return float(value)
    if type(value) is not expected:
        came = f"{value!r}, a {type(value).__name__}"
        raise PlanError(f"{where}: {parameter.name} is {came}; expected a {parameter.type}")
    return value


def parsed(parameter: Parameter, text: str, where: str) -> object:
    """Return the value that `text` (from the command line) means for this parameter."""
    if parameter.type == "str":
        return text
    try:
        value = ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, SyntaxError):
        value = text
    return checked(parameter, value, where)


def read_profiles(folder: Path = NOTEBOOKS) -> dict:
    """Return `profiles.toml` of `folder`; its form is explained at its top."""
    path = folder / "profiles.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path} cannot be read: {error}") from error


def make_plan(
    profile: str, only: Iterable[str] = (), start: str = "00", settings: Iterable[str] = (), folder: Path = NOTEBOOKS
) -> list[Step]:
    """Return the steps of a run.

    Args:
        profile: a profile of `profiles.toml`.
        only: numbers of the notebooks to run; empty for all of the profile.
        start: number of the first notebook to run.
        settings: texts `NN.NAME=VALUE`, which win over the profile.
        folder: where the notebooks and `profiles.toml` are.

    Raises:
        PlanError: an unknown notebook, profile or parameter, or a value of the wrong type.
    """
    tables, available = read_profiles(folder), paths(folder)
    check_sections(tables, available)
    options = tables["profiles"][_known(profile, tables["profiles"], "profile")]
    members = [_known(number, available, "notebook") for number in options.get("notebooks", available)]
    for number in (*only, *([start] if start != "00" else [])):
        _known(_known(number, available, "notebook"), members, f"notebook of the profile {profile}")
    overrides = read_settings(settings, available)
    chosen = [number for number in available if number in (list(only) or members) and number >= start]
    unused = sorted(set(overrides) - set(chosen))
    if unused:
        raise PlanError(f"--set names notebook {', '.join(unused)}, which this run leaves out")
    return [_step(read_notebook(available[number]), tables, profile, overrides.get(number, {})) for number in chosen]


def check_sections(tables: Mapping, available: Iterable[str]) -> None:
    """Refuse a section of `profiles.toml` for an unknown notebook or profile, and an unknown key of a profile."""
    for profile, options in tables["profiles"].items():
        for key in options:
            _known(key, PROFILE_KEYS, f"key in [profiles.{profile}]")
    for number in set(tables) - {"profiles"}:
        for profile in tables[_known(number, available, "notebook")]:
            _known(profile, tables["profiles"], f"profile in [{number}.{profile}]")


def read_settings(settings: Iterable[str], available: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return `NN.NAME=VALUE` texts as {number: {name: text}}."""
    result: dict[str, dict[str, str]] = {}
    for setting in settings:
        match = re.fullmatch(r"(\d\d)\.(\w+)=(.*)", setting, flags=re.DOTALL)
        if not match:
            raise PlanError(f"--set {setting}: expected NN.NAME=VALUE, for example 06.EPOCHS=3")
        result.setdefault(_known(match[1], available, "notebook"), {})[match[2]] = match[3]
    return result


def _step(notebook: Notebook, tables: Mapping, profile: str, texts: Mapping[str, str]) -> Step:
    options, known = tables["profiles"][profile], notebook.parameters
    shared = {name: value for name, value in options.get("shared", {}).items() if name in known}
    where = f"[{notebook.number}.{profile}]"
    own = tables.get(notebook.number, {}).get(profile, {})
    for name in (*own, *texts):
        _known(name, known, f"parameter of {notebook.path.name}")
    given = {name: checked(known[name], value, where) for name, value in {**shared, **own}.items()}
    given |= {name: parsed(known[name], text, "--set") for name, text in texts.items()}
    defaults = {name: parameter.default for name, parameter in known.items()}
    return Step(notebook, given, defaults | given, options.get("cell_timeout", 3600))


def _known(name: str, expected: Iterable[str], what: str) -> str:
    if name not in expected:
        raise PlanError(
            f"unknown {what} {name!r}; expected one of {', '.join(sorted(expected)) or 'none: there is no such'}"
        )
    return name


def as_json(parameters: Mapping[str, object]) -> str:
    """Return parameters as one line of JSON, for the provenance of figures."""
    return json.dumps(dict(parameters), ensure_ascii=False)


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
