"""Which notebooks run, with which parameters; everything unknown or mistyped is refused before anything runs."""

import ast
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lib.runner.notebook import NOTEBOOKS, Notebook, Parameter, PlanError, checked, paths, read_notebook

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROFILE_KEYS = {"help", "silence", "beside", "notebooks", "needs", "shared"}
SILENCE = 1800  # seconds; ours: far above the pace of any machine


@dataclass(frozen=True)
class Step:
    """One notebook of a run.

    Attributes:
        notebook: what it is.
        given: the parameters that papermill gets.
        parameters: those and the defaults.
        silence: seconds without output and without work after which its kernel is taken for stuck.
        after: numbers of the notebooks of this run that must have ended well before it.
    """

    notebook: Notebook
    given: dict[str, object]
    parameters: dict[str, object]
    silence: int
    after: frozenset[str] = frozenset()


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


def needs(profile: str, folder: Path = NOTEBOOKS) -> list[str]:
    """Return the data sets that must be real for a profile of `profiles.toml`."""
    return read_profiles(folder)["profiles"][profile].get("needs", [])


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
    only, start = [number.zfill(2) for number in only], start.zfill(2)
    check_sections(tables, available)
    options = tables["profiles"][_known(profile, tables["profiles"], "profile")]
    members = [_known(number, available, "notebook") for number in options.get("notebooks", available)]
    for number in (*only, *([start] if start != "00" else [])):
        _known(_known(number, available, "notebook"), members, f"notebook of the profile {profile}")
    overrides = read_settings(settings, available)
    chosen = [number for number in available if number in (only or members) and number >= start]
    unused = sorted(set(overrides) - set(chosen))
    if unused:
        raise PlanError(f"--set names notebook {', '.join(unused)}, which this run leaves out")
    if not chosen:
        raise PlanError(f"--only {' '.join(only)} and --from {start} leave no notebook to run")
    notebooks = [read_notebook(path) for path in available.values()]
    if options.get("beside", False):
        notebooks = [replace(one, alone=False) for one in notebooks]
    needs = upstream(notebooks)
    steps = [_step(one, tables, profile, overrides.get(one.number, {})) for one in notebooks if one.number in chosen]
    return [replace(step, after=needs[step.notebook.number] & set(chosen)) for step in steps]


def upstream(notebooks: Iterable[Notebook]) -> dict[str, frozenset[str]]:
    """Return for every notebook the numbers of all that it needs, directly or through others.

    One that does not say what it comes after is taken to need all before it.

    Raises:
        PlanError: it says to come after a notebook that does not stand before it.
    """
    needs: dict[str, frozenset[str]] = {}
    for one in notebooks:
        direct = tuple(needs) if one.after is None else one.after
        for number in direct:
            _known(number, needs, f"notebook before {one.path.name} in its study.after")
        needs[one.number] = frozenset(direct).union(*(needs[number] for number in direct))
    return needs


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
    options, parameters = tables["profiles"][profile], notebook.parameters
    shared = {name: value for name, value in options.get("shared", {}).items() if name in parameters}
    where = f"[{notebook.number}.{profile}]"
    own = tables.get(notebook.number, {}).get(profile, {})
    for name in (*own, *texts):
        _known(name, parameters, f"parameter of {notebook.path.name}")
    given = {name: checked(parameters[name], value, where) for name, value in {**shared, **own}.items()}
    given |= {name: parsed(parameters[name], text, "--set") for name, text in texts.items()}
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    return Step(notebook, given, defaults | given, options.get("silence", SILENCE))


def _known(name: str, expected: Iterable[str], what: str) -> str:
    if name not in expected:
        raise PlanError(
            f"unknown {what} {name!r}; expected one of {', '.join(sorted(expected)) or 'none: there is no such'}"
        )
    return name


def as_json(parameters: Mapping[str, object]) -> str:
    """Return parameters as one line of JSON, for the provenance of figures."""
    return json.dumps(dict(parameters), ensure_ascii=False)
