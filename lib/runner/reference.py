"""Reproduced or not: the results of a run beside those of the published run of the same profile, and the last lines."""

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lib import records
from lib.paths import BUILD, ROOT
from lib.runner import faults, gates
from lib.runner.gates import COUNT, NEW_DATA, SAME_DATA, Verdict
from lib.runner.notebook import PlanError

READ = "weights "  # begins the label of a network that a run reads and does not train


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
    """Return the published results of a profile by notebook; empty where there are none yet.

    Raises:
        PlanError: the file is damaged.
    """
    path = reference_path(profile)
    try:
        return json.loads(path.read_text(encoding="utf-8"))["notebooks"] if path.exists() else {}
    except (ValueError, KeyError) as error:
        raise PlanError(f"{path} is no published run ({error}); restore it: git checkout {path}") from error


def by_name(notebooks: Mapping[str, Mapping]) -> dict[str, dict]:
    """Return the results of these notebooks by their name, which is unique in the study."""
    return {result["name"]: result for content in notebooks.values() for result in content["results"]}


def compare(
    results: Mapping[str, Mapping],
    published: Mapping[str, Mapping],
    numbers: Collection[str] | None = None,
    needs: Mapping[str, Collection[str]] | None = None,
) -> list[Verdict]:
    """Return a verdict for every result of some notebooks, then for those that only the published run has.

    Args:
        results: contents of results files by notebook.
        published: likewise.
        numbers: the notebooks to be judged; all of `results` when left out.
        needs: for every notebook those that it rests on.
    """
    verdicts = []
    for notebook in results if numbers is None else numbers:
        before = published.get(notebook, {"results": []})
        ours, expected = by_name({notebook: results[notebook]}), by_name({notebook: before})
        gate = gate_of([notebook, *(needs or {}).get(notebook, ())], results, published)
        spreads = gates.spreads(before["results"])
        for name in dict.fromkeys((*ours, *expected)):
            spread = spreads.get(gates.kind(name))
            verdicts.append(gates.judge(notebook, ours.get(name), expected.get(name), gate, spread))
    return verdicts


def gate_of(linked: Sequence[str], results: Mapping[str, Mapping], published: Mapping[str, Mapping]) -> str:
    """Return by which gate a notebook is judged.

    Args:
        linked: its number, then those of the notebooks that it rests on.
        results: contents of results files by notebook.
        published: likewise.
    """
    pairs = [(results[number], published[number]) for number in linked if number in results and number in published]
    if any(ours.get(key) != before.get(key) for ours, before in pairs for key in ("parameters", "origins")):
        return NEW_DATA
    backends = [{one["provenance"].get("backend") for one in pair} for pair in pairs[:1]]
    return COUNT if backends and len(backends[0]) > 1 else SAME_DATA


def predictions(profile: str) -> Path:
    """Return the folder of the published predictions of a profile, one `NN.csv.gz` per notebook."""
    return reference_path(profile).parent / f"predictions_{profile}"


def differences(verdicts: Sequence[Verdict], profile: str) -> list[str]:
    """Return why this run does not reproduce the published one, a sentence each; empty where it does."""
    lines = faults.of(verdicts)
    for notebook in dict.fromkeys(verdict.notebook for verdict in verdicts if verdict.gate == SAME_DATA):
        ours = BUILD / "results" / f"{notebook}_predictions.csv.gz"
        published = predictions(profile) / f"{notebook}.csv.gz"
        if ours.exists() and published.exists():
            lines += _changed(ours, published)
    return lines


def _changed(ours: Path, published: Path) -> list[str]:
    """Return what `faults.changed_answers` says of the networks in two files of predictions that no run trains."""
    lines = []
    columns = pd.read_csv(published, nrows=0).columns
    for label in dict.fromkeys(name.split("/")[0] for name in columns if name.startswith(READ) and "/" in name):
        try:
            lines += faults.changed_answers(label, _by_image(ours, label), _by_image(published, label))
        except KeyError:
            lines.append(f"{label} has no predictions")
    return lines


def _by_image(path: Path, label: str) -> pd.Series:
    """Return the emotion that a network names, by image; of equal images the first."""
    rows, given = records.read_predictions(path, label)
    answers = pd.Series(given[0], index=rows["image"])
    return answers[~answers.index.duplicated()]


def lines(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the table for the screen, then how many results are reproduced and how many agree."""
    verdicts = list(verdicts)
    width = max((len(verdict.name) for verdict in verdicts), default=0)
    head = f"    {'result':<{width}} {'now':>10} {'reference':>10}  {'95 % interval':<19} reproduced"
    return [head, *(_line(verdict, width) for verdict in verdicts), *summary(verdicts)]


def summary(verdicts: Iterable[Verdict]) -> list[str]:
    """Return how many results are reproduced beside how many a perfect repetition would miss, and how many agree."""
    verdicts = list(verdicts)
    same = [verdict for verdict in verdicts if verdict.reproduced is not None]
    new = [verdict.holds for verdict in verdicts if verdict.gate == NEW_DATA and verdict.holds is not None]
    words = []
    if new:
        differ = len(new) - sum(new)
        rest = f", {differ} {'differs' if differ == 1 else 'differ'}" if differ else ""
        words = [f"on other data, parameters or another backend: {sum(new)} of {len(new)} agree{rest}"]
    missed = sum(not verdict.holds for verdict in same)
    expected = f"NO {missed}, where a perfect repetition has about {gates.expected_misses(same):.0f}"
    return [*words, f"reproduced {len(same) - missed} of {len(same)}: {expected}"]


def _line(verdict: Verdict, width: int) -> str:
    reference = verdict.reference or {"value": None, "low": None, "high": None}
    numbers = f"{number(verdict.now):>10} {number(reference['value']):>10}  {interval(reference):<19}"
    return f"{verdict.notebook}  {verdict.name:<{width}} {numbers} {verdict.word or '-'}"


def number(value: float | None) -> str:
    """Return a figure with four significant digits, whole numbers in full, nothing for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4g}"


def interval(result: Mapping) -> str:
    """Return a result's 95 % interval, nothing where it has none."""
    return "" if result["low"] is None else f"[{number(result['low'])}, {number(result['high'])}]"
