"""Reproduced or not: the results of a run beside those of the published run of the same profile."""

import contextlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.paths import BUILD, ROOT

TOLERANCE = 0.01  # ours: relative, for a metric whose reference has no interval
ROUNDING = 1e-6  # ours: absolute; an interval of no width (a constant answer) is no test of the last digits


@dataclass(frozen=True)
class Verdict:
    """One result beside its reference.

    Attributes:
        notebook: its two digits.
        name: the result's name.
        now: the value of this run, None where it is missing or undefined.
        reference: the result of the published run with all its fields, None for a result that it does not have.
        reproduced: None where nothing is judged: a time, real data against a stand-in's reference, or no reference.
    """

    notebook: str
    name: str
    now: float | None
    reference: Mapping | None
    reproduced: bool | None


def read_results(folder: Path | None = None) -> dict[str, dict]:
    """Return what `records.record` wrote, by the notebook's number; a cut or empty file counts as not there."""
    results = {}
    for path in sorted((folder or BUILD / "results").glob("[0-9][0-9].json")):
        with contextlib.suppress(ValueError):
            results[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return results


def reference_path(profile: str) -> Path:
    """Return where the published results of a profile are: for smoke among the tests, else in `figures/`."""
    if profile == "smoke":
        return ROOT / "tests" / "reference_smoke.json"
    return ROOT / "figures" / f"results_{profile}.json"


def read_reference(profile: str) -> dict[str, dict]:
    """Return the published results of a profile by notebook; empty where there are none yet."""
    path = reference_path(profile)
    return json.loads(path.read_text(encoding="utf-8"))["notebooks"] if path.exists() else {}


def by_name(notebooks: Mapping[str, Mapping]) -> dict[str, dict]:
    """Return the results of these notebooks by their name, which is unique in the study."""
    return {result["name"]: result for content in notebooks.values() for result in content["results"]}


def compare(now: Mapping[str, Mapping], reference: Mapping[str, Mapping]) -> list[Verdict]:
    """Return a verdict for every result of the notebooks in `now`, then for those that only the reference has."""
    verdicts = []
    for notebook, content in now.items():
        ours = by_name({notebook: content})
        expected = by_name({notebook: reference.get(notebook, {"results": []})})
        for name in dict.fromkeys((*ours, *expected)):
            value = ours[name]["value"] if name in ours else None
            judged = judge(ours.get(name), expected.get(name))
            verdicts.append(Verdict(notebook, name, value, expected.get(name), judged))
    return verdicts


def judge(ours: Mapping | None, reference: Mapping | None) -> bool | None:
    """Return whether a result reproduces its reference; None for a time, for other data, and without a reference."""
    if reference is None or reference["kind"] == "time":
        return None
    if ours is None:
        return False
    return agrees(ours["value"], reference) if ours["origin"] == reference["origin"] else None


def agrees(value: float | None, reference: Mapping) -> bool:
    """Return whether a value reproduces the reference: equal if exact, else inside its 95 % interval.

    The interval is taken `ROUNDING` wider, and a metric without one must come within `TOLERANCE`; what is undefined
    must be undefined again.
    """
    expected, low, high = reference["value"], reference["low"], reference["high"]
    if value is None or expected is None:
        return value is expected
    if reference["kind"] == "exact":
        return math.isclose(value, expected, rel_tol=1e-9)
    if low is None or high is None:
        return math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=ROUNDING)
    return low - ROUNDING <= value <= high + ROUNDING


def lines(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the table for the screen, its last line `reproduced N of M`."""
    verdicts = list(verdicts)
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    head = f"    {'result':<{width}} {'now':>10} {'reference':>10}  {'95 % interval':<19} reproduced"
    judged = [verdict.reproduced for verdict in verdicts if verdict.reproduced is not None]
    return [head, *(_line(verdict, width) for verdict in verdicts), f"reproduced {sum(judged)} of {len(judged)}"]


def _line(verdict: Verdict, width: int) -> str:
    reference = verdict.reference or {"value": None, "low": None, "high": None}
    word = {True: "yes", False: "NO", None: "-"}[verdict.reproduced]
    numbers = f"{number(verdict.now):>10} {number(reference['value']):>10}  {interval(reference):<19}"
    return f"{verdict.notebook}  {verdict.name:<{width}} {numbers} {word}"


def number(value: float | None) -> str:
    """Return a figure with four significant digits, whole numbers in full, nothing for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4g}"


def interval(result: Mapping) -> str:
    """Return a result's 95 % interval, nothing where it has none."""
    return "" if result["low"] is None else f"[{number(result['low'])}, {number(result['high'])}]"
