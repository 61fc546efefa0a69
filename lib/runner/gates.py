"""Reproduced or not: three gates, and how many results a perfect repetition would miss.

1. **Same data.** The notebook and those before it had the same parameters, data of the same origin and the same backend
   as the published run, perhaps on another machine. A processor's last digits change how a training ends, at most as
   much as another start does. So a metric, a mean over S networks, must come as near to the published one as a new
   mean comes in 95 of 100 cases: t s sqrt(1/S + 1/S'), s the standard deviation over the published seeds. Two or three
   seeds say little about s, so it is never taken smaller than what the networks of the notebook have together, whose
   degrees of freedom t has; figures of an emotion or a level are taken together apart from those of all images. Where
   every network has one seed, s is assumed (`lone_spread`). Less than a `margin` is no difference.
2. **New data**, other parameters or another backend. The interval of the difference of the two figures contains 0
   ("agrees") or not ("differs"). Nobody promised equality, so this gate never fails.
3. **Counts** are equal, on the same data and with any backend.

A perfect repetition on another processor misses up to 5 % of the metrics of networks, so one miss is no proof;
`lib.runner.faults` decides.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from lib.emotions import EMOTIONS_8

LEVEL = 0.05  # of the interval around one published result
MARGIN = 0.02  # ours: two points, or two per cent of what is above 1 or has a unit
FEW = 2  # ours: images, of many hundred or of ten, that another processor sees otherwise
OF_MANY = 0.002  # ours: share of many thousand images that it may see otherwise
LONE, LONE_EACH = 0.02, 0.2  # ours: of `lone_spread`
LONE_ERROR = 0.03  # ours: likewise, of an error or of what has a unit, as a share of it
ERRORS = ("RMSE", "MAE", "error")  # begin the names of metrics that are errors
LOSSES = ("loss", "squared error")  # end the names of others, which have no range of their own
PART = re.compile("|".join([*EMOTIONS_8, r"\d+ %"]))  # an emotion or a level in a result's name
CORRELATIONS = ("PCC", "CCC", "ICC(3,1)", "rank correlation")  # undefined where every answer is the same
SHARES = ("accuracy", "recall", "F1", "found")  # metrics that count images
MANY = 10**6  # degrees of freedom of what is assumed
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
        spread: of its metric over seeds, assumed where no network has a second one; None where nothing is trained.
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
        return self.notebook, parts[min(1, len(parts) - 1)]

    @property
    def where(self) -> tuple[str, ...]:
        """The stage, and what stands between network and metric: images, an emotion, a level."""
        parts = self.name.split("/")
        return (parts[0], *parts[2:-1])

    @property
    def metric(self) -> str:
        """The name of its metric."""
        return self.name.rsplit("/", 1)[-1]


def kind(name: str) -> tuple[str, bool]:
    """Return the metric of a result, and whether it is of an emotion or a level alone."""
    *before, metric = name.split("/")
    return metric, bool(before) and PART.fullmatch(before[-1]) is not None


def spreads(results: Iterable[Mapping]) -> dict[tuple[str, bool], Spread]:
    """Return the pooled spread of every `kind` of which some network has two seeds, from a notebook's results."""
    parts: dict[tuple[str, bool], list[tuple[float, int]]] = {}
    for result in results:
        values = seeds(result)
        if len(values) > 1:
            part = float(np.var(values)) * len(values), len(values) - 1
            parts.setdefault(kind(result["name"]), []).append(part)
    return {one: _pooled(*np.transpose(part)) for one, part in parts.items()}


def lone_spread(reference: Mapping) -> Spread:
    """Return the spread that is assumed where every network was fitted once: how far another processor moves it.

    Of a share it is two points, and chance by image on top: .028 of 100 images, .022 of 400. Ten ways to add up gave
    .027 on 98 images, two ways .025 on 400. Of an error or a figure with a unit it is three per cent.
    """
    value, metric = abs(reference["value"] or 0), reference["name"].rsplit("/", 1)[-1]
    of_share = not reference["unit"] and not metric.startswith(ERRORS) and not metric.endswith(LOSSES)
    sd = math.hypot(LONE, LONE_EACH / math.sqrt(max(1, reference["n"]))) if of_share else LONE_ERROR * value
    return Spread(sd, MANY, MANY)


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
        spread: of its `kind` over the published seeds, if there is one.
    """
    name = (ours or reference)["name"]
    plain = Verdict(notebook, name, ours, reference)
    if reference is None or reference["kind"] == "time" or (ours is None and gate == NEW_DATA):
        return plain
    if reference["kind"] == "exact":
        values = (None if ours is None else ours["value"]), reference["value"]
        equal = None not in values and math.isclose(*values, rel_tol=TIE)
        return plain if gate == NEW_DATA else replace(plain, gate=COUNT, holds=equal)
    if gate != SAME_DATA:
        return replace(plain, gate=NEW_DATA, holds=agrees(ours, reference)) if ours else plain
    spread = (spread or lone_spread(reference)) if seeds(reference) else None
    verdict = replace(plain, gate=SAME_DATA, holds=False, spread=spread)
    return _near(verdict) if ours and same_images(ours, reference) else verdict


def _near(verdict: Verdict) -> Verdict:
    """Return the verdict with the answer of the first gate, on a metric that rests on the same images."""
    if verdict.now is None or verdict.reference["value"] is None:
        return replace(verdict, holds=verdict.now is verdict.reference["value"])
    error, spread, limit = standard_error(verdict), verdict.spread, margin(verdict.reference)
    limit = max(limit, stats.t.isf(LEVEL / 2, spread.degrees) * error) if spread else limit
    chance = 2 * stats.t.sf(limit / error, spread.degrees) if error > 0 else 0.0
    return replace(verdict, holds=bool(abs(shift(verdict)) <= limit + TIE), chance=float(chance))


def same_images(ours: Mapping, reference: Mapping) -> bool:
    """Return whether two metrics rest on as many images, `FEW` or two in a hundred apart."""
    return abs(ours["n"] - reference["n"]) <= max(FEW, MARGIN * reference["n"])


def margin(reference: Mapping) -> float:
    """Return the difference up to which two values of a metric count as equal.

    It is two points; of a share of few images two images; of a number of images two, or two in a thousand; of a loss or
    with another unit two per cent, or a quarter of the way to the end of the interval.
    """
    value, low, high = abs(reference["value"]), reference["low"], reference["high"]
    if reference["unit"] == "images":
        return max(FEW, OF_MANY * value)
    if reference["unit"] or reference["name"].endswith(LOSSES):
        return max(MARGIN * value, (high - low) / 8 if low is not None and high is not None else 0.0)
    return max(MARGIN * max(1.0, value), few(reference, FEW))


def few(reference: Mapping, images: int) -> float:
    """Return the share that so many images are of those behind a metric that counts images; 0 of another metric."""
    counts = any(word in reference["name"].rsplit("/", 1)[-1] for word in SHARES)
    return images / max(1, reference["n"]) if counts else 0.0


def standard_error(verdict: Verdict, alone: bool = False) -> float:
    """Return the standard error of the shift of a mean over seeds; 0 where nothing is trained.

    Args:
        verdict: on a metric.
        alone: whether by the network's own seeds; else it is never smaller than by those of all.
    """
    if verdict.spread is None:
        return 0.0
    values = seeds(verdict.reference)
    own = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return (own if alone else max(own, verdict.spread.sd)) * one_shift(verdict)


def one_shift(verdict: Verdict) -> float:
    """Return the standard error of a shift where the deviation over seeds is 1."""
    return float(np.sqrt(1 / len(seeds(verdict.reference)) + 1 / max(1, verdict.ours["seeds"])))


def shift(verdict: Verdict) -> float:
    """Return how far a metric has moved, this run's value minus the published one."""
    return verdict.now - verdict.reference["value"]


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
