"""Reproduced or not: three gates, and how many results a perfect repetition would miss.

1. **Same data.** The notebook and those before it had the same parameters, data of the same origin and the same backend
   as the published run, perhaps on another machine. A processor's last digits change how a training ends, at most as
   much as another start does. So a metric, a mean over S networks, must come as near to the published one as a new
   mean comes in 95 of 100 cases: t s sqrt(1/S + 1/S'), s the standard deviation over the published seeds. Two or three
   seeds say little about s, so it is never taken smaller than what the networks of the notebook have together, whose
   degrees of freedom t has. Less than a `margin` is no difference.
2. **New data**, other parameters or another backend. The interval of the difference of the two figures contains 0
   ("agrees") or not ("differs"). Nobody promised equality, so this gate never fails.
3. **Counts** are equal, on the same data and with any backend.

A perfect repetition misses 5 % of the metrics that have seeds, so one miss is no proof. `faults` decides; it accuses a
perfect repetition in less than 1 of 100 runs, by bounds that hold however much results of one network move together:

* no count is missing or differs, and no metric rests on other images (`FEW` may lose or gain a face);
* for every metric of a notebook, the mean shift of its networks, and for every network the shift of its main metric,
  stays in an interval made wider for the number of these tests (Bonferroni). The main metric, the first that the
  notebook records, was named beforehand, and its mean shift has half of the 1 % for itself. Networks differ in how much
  their seeds differ, so a network alone has Satterthwaite's degrees of freedom and must leave its own interval too;
* a network whose weights come with the study names nearly every image as before;
* where no network has a second seed, as in `smoke`, and where nothing is trained, a margin decides alone. Another
  processor moved 3 or 4 of 348 results, one or two of 70 networks and stages. With three times as many, one in 20,
  a binomial quantile says how many may have moved.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.05  # of the interval around one published result
FALSE_ALARM = 0.01  # ours: how often a perfect repetition may be accused, split among the tests
MARGIN = 0.02  # ours: two points, or two per cent of what is above 1 or has a unit
FEW = 2  # ours: images, of many hundred or of ten, that another processor sees otherwise
MOVED = 0.05  # ours: share of the networks and stages without seeds that another processor may move
SHARES = ("accuracy", "recall", "F1", "found")  # metrics that count images
TIE = 1e-9  # of numbers that differ in how they were rounded
SAME_DATA, NEW_DATA, COUNT = "same data", "new data", "count"


@dataclass(frozen=True)
class Spread:
    """Standard deviation of a metric over seeds, pooled over the networks of a notebook.

    Attributes:
        sd: the deviation.
        degrees: of freedom, if all networks have the same deviation.
        effective: degrees of freedom if they do not (Satterthwaite 1946).
    """

    sd: float
    degrees: int
    effective: float


@dataclass(frozen=True)
class Verdict:
    """One result beside its reference.

    Attributes:
        notebook: its two digits.
        name: the result's name.
        ours: the result of this run with all its fields, None where it is missing.
        reference: likewise of the published run.
        gate: `SAME_DATA`, `NEW_DATA` or `COUNT`; "" where nothing is judged: a time, or no reference.
        holds: whether the gate's condition holds; None where nothing can be judged.
        chance: how probable a miss is for a perfect repetition.
        spread: of its metric over seeds, None where no network of the notebook has a second one.
    """

    notebook: str
    name: str
    ours: Mapping | None
    reference: Mapping | None
    gate: str = ""
    holds: bool | None = None
    chance: float = 0.0
    spread: Spread | None = None

    @property
    def now(self) -> float | None:
        """The value of this run, None where it is missing or undefined."""
        return self.ours["value"] if self.ours else None

    @property
    def reproduced(self) -> bool | None:
        """Whether it is; None where it cannot be: on new data a result agrees or differs."""
        return None if self.gate == NEW_DATA else self.holds

    @property
    def word(self) -> str:
        """The verdict in a word, "" where nothing is judged."""
        words = ("differs", "agrees") if self.gate == NEW_DATA else ("NO", "yes")
        return "" if self.holds is None else words[self.holds]

    @property
    def network(self) -> tuple[str, str]:
        """The notebook and the network or stage behind it: one network shown other images is the same network."""
        parts = self.name.split("/")
        return self.notebook, re.sub(r", (28 variants|its own validation).*", "", parts[min(1, len(parts) - 1)])

    @property
    def metric(self) -> str:
        """The name of its metric."""
        return self.name.rsplit("/", 1)[-1]


def spreads(results: Iterable[Mapping]) -> dict[str, Spread]:
    """Return the pooled spread of every metric of which some network has two seeds, from a notebook's results."""
    parts: dict[str, list[tuple[float, int]]] = {}
    for result in results:
        values = seeds(result)
        if len(values) > 1:
            part = float(np.var(values)) * len(values), len(values) - 1
            parts.setdefault(result["name"].rsplit("/", 1)[-1], []).append(part)
    return {metric: _pooled(*np.transpose(part)) for metric, part in parts.items()}


def _pooled(squares: np.ndarray, degrees: np.ndarray) -> Spread:
    """Return the spread from sums of squares (K,) and degrees of freedom (K,) of K networks."""
    total, uneven = squares.sum(), (squares**2 / degrees).sum()
    effective = total**2 / uneven if uneven > 0 else degrees.sum()
    return Spread(float(np.sqrt(total / degrees.sum())), int(degrees.sum()), float(effective))


def seeds(result: Mapping) -> list[float]:
    """Return the value of every seed; empty where one of them is undefined."""
    values = result.get("per_seed") or []
    return [] if None in values else list(values)


def judge(
    notebook: str, ours: Mapping | None, reference: Mapping | None, gate: str, spread: Spread | None = None
) -> Verdict:
    """Return the verdict on one result.

    Args:
        notebook: its two digits.
        ours: the result of this run, None where it is missing.
        reference: that of the published run, None where it has none.
        gate: by which its notebook is judged: `SAME_DATA`; `COUNT`, counts alone; or `NEW_DATA`.
        spread: of its metric over the published seeds, if there is one.
    """
    name = (ours or reference)["name"]
    plain = Verdict(notebook, name, ours, reference)
    if reference is None or reference["kind"] == "time" or (ours is None and gate == NEW_DATA):
        return plain
    if reference["kind"] == "exact":
        equal = ours is not None and math.isclose(ours["value"], reference["value"], rel_tol=TIE)
        return plain if gate == NEW_DATA else replace(plain, gate=COUNT, holds=equal)
    if gate != SAME_DATA:
        return replace(plain, gate=NEW_DATA, holds=agrees(ours, reference)) if ours else plain
    verdict = replace(plain, gate=SAME_DATA, holds=False, spread=spread if seeds(reference) else None)
    return _near(verdict) if ours and same_images(ours, reference) else verdict


def _near(verdict: Verdict) -> Verdict:
    """Return the verdict with the answer of the first gate, on a metric that rests on the same images."""
    if verdict.now is None or verdict.reference["value"] is None:
        return replace(verdict, holds=verdict.now is verdict.reference["value"])
    error, spread, limit = standard_error(verdict), verdict.spread, margin(verdict.reference)
    limit = max(limit, stats.t.isf(LEVEL / 2, spread.degrees) * error) if spread else limit
    chance = 2 * stats.t.sf(limit / error, spread.degrees) if error > 0 else 0.0
    return replace(verdict, holds=bool(abs(_shift(verdict)) <= limit + TIE), chance=float(chance))


def same_images(ours: Mapping, reference: Mapping) -> bool:
    """Return whether two metrics rest on as many images, a few apart."""
    return abs(ours["n"] - reference["n"]) <= max(FEW, MARGIN * reference["n"])


def margin(reference: Mapping) -> float:
    """Return the difference up to which two values of a metric count as equal.

    It is two points; of a share of few images two images; with a unit two per cent, or a quarter of the way to the end
    of the interval.
    """
    value, low, high = abs(reference["value"]), reference["low"], reference["high"]
    if reference["unit"]:
        return max(MARGIN * value, (high - low) / 8 if low is not None and high is not None else 0.0)
    counts = any(word in reference["name"].rsplit("/", 1)[-1] for word in SHARES)
    return max(MARGIN * max(1.0, value), FEW / max(1, reference["n"]) if counts else 0.0)


def standard_error(verdict: Verdict, alone: bool = False) -> float:
    """Return the standard error of the shift of a mean over seeds; 0 where no network has a second seed.

    Args:
        verdict: on a metric.
        alone: whether by the network's own seeds; else it is never smaller than by those of all.
    """
    if verdict.spread is None:
        return 0.0
    values = seeds(verdict.reference)
    own = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return (own if alone else max(own, verdict.spread.sd)) * _one_shift(verdict)


def _one_shift(verdict: Verdict) -> float:
    """Return the standard error of a shift where the deviation over seeds is 1."""
    return float(np.sqrt(1 / len(seeds(verdict.reference)) + 1 / max(1, verdict.ours["seeds"])))


def agrees(ours: Mapping, reference: Mapping) -> bool | None:
    """Return whether the 95 % interval of the difference of two figures contains 0; None where one has no interval.

    The distances of the ends add up as squares (Zou and Donner 2008), for figures from other people.
    """
    if None in (ours["low"], ours["high"], reference["low"], reference["high"]):
        return None
    above, below = (ours, reference) if ours["value"] > reference["value"] else (reference, ours)
    reach = np.hypot(above["value"] - above["low"], below["high"] - below["value"])
    return bool(above["value"] - below["value"] <= reach + TIE)


def expected_misses(verdicts: Iterable[Verdict]) -> float:
    """Return how many results of these a perfect repetition is expected to miss."""
    return sum(verdict.chance for verdict in verdicts if verdict.reproduced is not None)


def faults(verdicts: Sequence[Verdict]) -> list[str]:
    """Return why this run does not reproduce the published one, a sentence each; empty where it does."""
    judged = [verdict for verdict in verdicts if verdict.gate in (SAME_DATA, COUNT)]
    return [*_other_counts(judged), *_shifts(judged), *_moved(judged)]


def _other_counts(judged: Iterable[Verdict]) -> list[str]:
    lines = []
    for verdict in judged:
        if verdict.ours is None:
            lines.append(f"{verdict.name} is missing")
        elif verdict.gate == COUNT and not verdict.holds:
            lines.append(f"{verdict.name} is {verdict.now:g}, published {verdict.reference['value']:g}")
        elif verdict.gate == SAME_DATA and not same_images(verdict.ours, verdict.reference):
            numbers = f"{verdict.ours['n']:,} images, published {verdict.reference['n']:,}"
            lines.append(f"{verdict.name} rests on {numbers}")
    return lines


def _shifts(judged: Iterable[Verdict]) -> list[str]:
    """Return the metrics that have moved in all networks of a notebook, and the networks that have moved alone."""
    groups, main = _by_metric(judged), {}
    for notebook, metric in groups:
        main.setdefault(notebook, metric)
    first = [groups[key] for key in main.items()]
    others = [group for key, group in groups.items() if main[key[0]] != key[1]]
    alone = [verdict for group in first for verdict in group if len(seeds(verdict.reference)) > 1]
    lines = [_together(group, FALSE_ALARM / 2 / _random(first)) for group in first]
    level = FALSE_ALARM / 4 / (_random(others) + len(alone))
    lines += [_together(group, level) for group in others] + [_alone(verdict, level) for verdict in alone]
    return [line for line in lines if line]


def _random(groups: Iterable[Sequence[Verdict]]) -> int:
    """Return how many groups have seeds, at least 1: a margin alone accuses nobody by chance."""
    return max(1, sum(group[0].spread is not None for group in groups))


def _by_metric(judged: Iterable[Verdict]) -> dict[tuple[str, str], list[Verdict]]:
    """Return the verdicts by notebook and metric, one per network: that on the most images."""
    largest: dict[tuple, Verdict] = {}
    for verdict in judged:
        defined = verdict.now is not None and seeds(verdict.reference)
        if verdict.gate == SAME_DATA and defined and same_images(verdict.ours, verdict.reference):
            key = (verdict.notebook, verdict.metric, verdict.network)
            if key not in largest or verdict.reference["n"] > largest[key].reference["n"]:
                largest[key] = verdict
    metrics: dict[tuple[str, str], list[Verdict]] = {}
    for (notebook, metric, _), verdict in largest.items():
        metrics.setdefault((notebook, metric), []).append(verdict)
    return {key: _with_seeds(group) for key, group in metrics.items()}


def _with_seeds(group: list[Verdict]) -> list[Verdict]:
    """Return those of a group that have two seeds, all where none has."""
    return [verdict for verdict in group if len(seeds(verdict.reference)) > 1] or group


def _shift(verdict: Verdict) -> float:
    return verdict.now - verdict.reference["value"]


def _together(group: Sequence[Verdict], level: float) -> str:
    """Return a sentence if the mean shift of a group of networks is beyond chance and the margin, else ""."""
    limit = float(np.mean([margin(verdict.reference) for verdict in group]))
    spread = group[0].spread
    if spread:
        error = spread.sd * np.linalg.norm([_one_shift(verdict) for verdict in group]) / len(group)
        limit = max(limit, stats.t.isf(level / 2, spread.degrees) * error)
    names = list(dict.fromkeys(verdict.network[1] for verdict in group))
    who = ", ".join(names) if len(names) < 3 else f"{len(names)} networks together"
    return _sentence(group[0], who, float(np.mean([_shift(verdict) for verdict in group])), limit)


def _alone(verdict: Verdict, level: float) -> str:
    """Return a sentence if one network has moved further than its seeds and those of all others explain, else ""."""
    of_all = stats.t.isf(level / 2, verdict.spread.effective) * standard_error(verdict)
    of_its_own = stats.t.isf(LEVEL / 2, len(seeds(verdict.reference)) - 1) * standard_error(verdict, alone=True)
    limit = max(margin(verdict.reference), of_all, of_its_own)
    return _sentence(verdict, verdict.network[1], _shift(verdict), limit)


def _sentence(verdict: Verdict, who: str, shift: float, limit: float) -> str:
    """Return the sentence on a shift that is larger than its limit, "" on another."""
    if abs(shift) <= limit + TIE:
        return ""
    return f"notebook {verdict.notebook}, {who}: {verdict.metric} has moved by {shift:+.3f}, more than {limit:.3f}"


def _moved(judged: Iterable[Verdict]) -> list[str]:
    """Return a sentence if more networks and stages without seeds have moved than a processor moves."""
    moved: dict[tuple[str, str], bool] = {}
    for verdict in judged:
        if verdict.gate == SAME_DATA and verdict.spread is None:
            moved[verdict.network] = moved.get(verdict.network, False) or not verdict.holds
    allowed = stats.binom.isf(FALSE_ALARM / 4, len(moved), MOVED) if moved else 0
    if sum(moved.values()) <= allowed:
        return []
    names = ", ".join(" ".join(key) for key, value in moved.items() if value)
    return [f"{sum(moved.values())} networks and stages have moved, where {allowed:.0f} may: {names}"]


def changed_answers(label: str, ours: pd.Series, published: pd.Series) -> list[str]:
    """Return a sentence if a network that is not trained here names more images otherwise than a processor explains.

    Such a network shows what an accuracy hides: images that are mirrored or whose colours are exchanged get other
    names, right and wrong alike.

    Args:
        label: of the network.
        ours: emotions by image, of this run.
        published: likewise of the published run.
    """
    pairs = pd.concat([ours, published], axis=1, join="inner").to_numpy()
    changed, limit = int((pairs[:, 0] != pairs[:, 1]).sum()), max(FEW, MARGIN * len(pairs))
    if changed <= limit:
        return []
    return [f"{label} names {changed} of {len(pairs):,} images otherwise, where {limit:.0f} may be"]
