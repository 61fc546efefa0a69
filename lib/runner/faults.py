"""Whether a run reproduces the published one, from the verdicts on its results.

A perfect repetition is accused in less than 1 of 100 runs, by bounds that hold however much results of one network move
together:

* no count is missing or differs, and no metric rests on other images (two in a hundred may lose or gain a face; of a
  number of images after cleaning two in a thousand);
* for every metric of a notebook, the mean shift of its networks, and for every network the shift of its main metric,
  stays in an interval made wider for the number of these tests (Bonferroni). The main metric, the first that the
  notebook records, was named beforehand, and its mean shift has half of the 1 % for itself. Networks differ in how much
  their seeds differ, so a network alone has Satterthwaite's degrees of freedom and must leave its own interval too;
* a network whose weights come with the study names nearly every image as before;
* where no network has a second seed, as in `smoke`, and where nothing is trained, a margin decides alone. Another
  processor moved 3 or 4 of 348 results, one or two of 54 networks and stages. If each moves in 1 of 20 runs, a
  binomial quantile says how many may have moved;
* a notebook that evaluates no network of its own has nothing that a processor could move far: there one result beyond
  five points, or its like in its own unit, is enough.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from lib.runner.gates import (
    COUNT,
    FEW,
    LEVEL,
    MARGIN,
    SAME_DATA,
    TIE,
    Verdict,
    margin,
    one_shift,
    same_images,
    seeds,
    shift,
    standard_error,
)

FALSE_ALARM = 0.01  # ours: how often a perfect repetition may be accused, split among the tests
MOVED = 0.05  # ours: share of the networks and stages without seeds that another processor may move
FAR = 2.5  # ours: margins, five points; no processor moves a stage as far in which nothing is trained


def of(verdicts: Sequence[Verdict]) -> list[str]:
    """Return why this run does not reproduce the published one, a sentence each; empty where it does."""
    judged = [verdict for verdict in verdicts if verdict.gate in (SAME_DATA, COUNT)]
    return [*_other_counts(judged), *_shifts(judged), *_moved(judged), *_far(judged)]


def _other_counts(judged: Iterable[Verdict]) -> list[str]:
    lines = []
    for verdict in judged:
        if verdict.ours is None:
            lines.append(f"{verdict.name} is missing")
        elif not verdict.holds and (verdict.gate == COUNT or verdict.reference["unit"] == "images"):
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


def _together(group: Sequence[Verdict], level: float) -> str:
    """Return a sentence if the mean shift of a group of networks is beyond chance and the margin, else ""."""
    limit = float(np.mean([margin(verdict.reference) for verdict in group]))
    spread = group[0].spread
    if spread:
        error = spread.sd * np.linalg.norm([one_shift(verdict) for verdict in group]) / len(group)
        limit = max(limit, stats.t.isf(level / 2, spread.degrees) * error)
    names = list(dict.fromkeys(verdict.network[1] for verdict in group))
    who = ", ".join(names) if len(names) < 3 else f"{len(names)} networks together"
    return _sentence(group[0], who, float(np.mean([shift(verdict) for verdict in group])), limit)


def _alone(verdict: Verdict, level: float) -> str:
    """Return a sentence if one network has moved further than its seeds and those of all others explain, else ""."""
    of_all = stats.t.isf(level / 2, verdict.spread.effective) * standard_error(verdict)
    of_its_own = stats.t.isf(LEVEL / 2, len(seeds(verdict.reference)) - 1) * standard_error(verdict, alone=True)
    limit = max(margin(verdict.reference), of_all, of_its_own)
    return _sentence(verdict, verdict.network[1], shift(verdict), limit)


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


def _far(judged: Iterable[Verdict]) -> list[str]:
    """Return the results that have moved far in notebooks of which no result has seeds, a sentence each."""
    metrics = [one for one in judged if one.gate == SAME_DATA and one.reference["unit"] != "images"]
    networks, lines = {one.notebook for one in metrics if one.reference.get("per_seed")}, []
    for one in metrics:
        defined = one.now is not None and one.reference["value"] is not None
        if one.notebook not in networks and defined and same_images(one.ours, one.reference):
            limit = max(FAR * margin(one.reference), (FEW + 1) / max(1, one.reference["n"]))
            lines.append(_sentence(one, one.name.rsplit("/", 1)[0], shift(one), limit))
    return [line for line in lines if line]


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
