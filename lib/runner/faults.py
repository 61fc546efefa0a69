"""Whether a run reproduces the published one, from the verdicts on its results.

A perfect repetition is accused in about 1 of 100 runs at most, by bounds that hold however much results of one network
move together. Every result of a notebook is in one of these tests:

* no count is missing or differs, and no metric rests on other images (two in a hundred may lose or gain a face; of a
  number of images after cleaning two in a thousand);
* of every metric on the same images, the mean shift of the networks of a notebook, and the shift of each network alone,
  stay in an interval made wider for the number of these tests (Bonferroni). The first metric that a notebook records
  was named beforehand, and its mean shift has half of the 1 % for itself. Networks differ in how much their seeds
  differ, so a shift must leave the interval of the network's, or of the group's, own seeds too;
* networks that were fitted once are also taken together over all notebooks: what moves each of them a little, as
  exchanged labels do, moves their mean too far;
* a result without seeds, such as a difference, moves by no more than the whole width of its interval; in a notebook
  that evaluates no network of its own there is nothing that a processor could move far, and there one result beyond
  five points, or its like in its own unit, is enough;
* a network whose weights come with the study names nearly every image as before.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from lib.runner.gates import (
    CORRELATIONS,
    COUNT,
    FEW,
    LEVEL,
    MARGIN,
    SAME_DATA,
    TIE,
    Verdict,
    few,
    lone_spread,
    margin,
    one_shift,
    same_images,
    seeds,
    shift,
    standard_error,
)

FALSE_ALARM = 0.01  # ours: how often a perfect repetition may be accused, split among the tests
FAR = 2.5  # ours: margins, five points; no processor moves a stage as far in which nothing is trained
ACCURACY = "accuracy"  # by which networks of all notebooks are taken together


def of(verdicts: Sequence[Verdict]) -> list[str]:
    """Return why this run does not reproduce the published one, a sentence each; empty where it does."""
    judged = [verdict for verdict in verdicts if verdict.gate in (SAME_DATA, COUNT)]
    return [*_other_counts(judged), *_shifts(judged), *_far(judged)]


def _other_counts(judged: Iterable[Verdict]) -> list[str]:
    lines = []
    for verdict in judged:
        if verdict.ours is None:
            lines.append(f"{verdict.name} is missing")
        elif (verdict.now is None) != (verdict.reference["value"] is None):
            lines += [] if verdict.metric in CORRELATIONS else [f"{verdict.name} is defined in one of the runs only"]
        elif not verdict.holds and (verdict.gate == COUNT or verdict.reference["unit"] == "images"):
            lines.append(f"{verdict.name} is {verdict.now:g}, published {verdict.reference['value']:g}")
        elif verdict.gate == SAME_DATA and not same_images(verdict.ours, verdict.reference):
            numbers = f"{verdict.ours['n']:,} images, published {verdict.reference['n']:,}"
            lines.append(f"{verdict.name} rests on {numbers}")
    return lines


def _shifts(judged: Iterable[Verdict]) -> list[str]:
    """Return the metrics that have moved in all networks of a notebook, and the networks that have moved alone."""
    groups, main = _groups(judged), {}
    for key in groups:
        main.setdefault(key[0], key)
    first = [groups[key] for key in main.values()]
    others = [group for key, group in groups.items() if main[key[0]] != key]
    alone = [verdict for group in groups.values() if len(group) > 1 for verdict in group]
    lines = [_together(group, FALSE_ALARM / 2 / len(first)) for group in first]
    level = FALSE_ALARM / 4 / max(1, len(others) + len(alone))
    lines += [_together(group, level) for group in others] + [_alone(verdict, level) for verdict in alone]
    return [line for line in [*lines, _everywhere(first)] if line]


def _groups(judged: Iterable[Verdict]) -> dict[tuple, list[Verdict]]:
    """Return the verdicts on networks by notebook, metric and images; those with two seeds and those with one apart."""
    groups: dict[tuple, list[Verdict]] = {}
    for verdict in judged:
        defined = verdict.now is not None and seeds(verdict.reference)
        if verdict.gate == SAME_DATA and defined and same_images(verdict.ours, verdict.reference):
            several = len(seeds(verdict.reference)) > 1
            groups.setdefault((verdict.notebook, verdict.metric, verdict.where, several), []).append(verdict)
    return groups


def _together(group: Sequence[Verdict], level: float, who: str = "") -> str:
    """Return a sentence if the mean shift of a group of networks is beyond chance and the margin, else ""."""
    error = np.linalg.norm([verdict.spread.sd * one_shift(verdict) for verdict in group]) / len(group)
    free = min(verdict.spread.effective for verdict in group)
    limits = [np.mean([margin(verdict.reference) for verdict in group]), stats.t.isf(level / 2, free) * error]
    own = sum(len(seeds(verdict.reference)) - 1 for verdict in group)
    if own:
        error = np.linalg.norm([standard_error(verdict, alone=True) for verdict in group]) / len(group)
        limits.append(stats.t.isf(LEVEL / 2, own) * error)
    names = list(dict.fromkeys(verdict.network[1] for verdict in group))
    names = ", ".join(names) if len(names) < 3 else f"{len(names)} networks together"
    moved = float(np.mean([shift(verdict) for verdict in group]))
    return _sentence(group[0], who or _who(group[0], names), moved, float(max(limits)))


def _alone(verdict: Verdict, level: float) -> str:
    """Return a sentence if one network has moved further than its seeds and those of all others explain, else ""."""
    limits = [margin(verdict.reference)]
    limits.append(stats.t.isf(level / 2, verdict.spread.effective) * standard_error(verdict))
    own = len(seeds(verdict.reference)) - 1
    if own:
        limits.append(stats.t.isf(LEVEL / 2, own) * standard_error(verdict, alone=True))
    return _sentence(verdict, _who(verdict, verdict.network[1]), shift(verdict), max(limits))


def _everywhere(first: Iterable[Sequence[Verdict]]) -> str:
    """Return a sentence if the accuracy of the networks of all notebooks that were fitted once has moved, else ""."""
    once: dict[str, Verdict] = {}
    for verdict in (one for group in first for one in group):
        if verdict.metric == ACCURACY and len(seeds(verdict.reference)) == 1:
            once.setdefault(verdict.network[1], verdict)
    group = list(once.values())
    return _together(group, FALSE_ALARM / 8, f"{len(group)} networks of all notebooks") if len(group) > 1 else ""


def _who(verdict: Verdict, who: str) -> str:
    return f"notebook {verdict.notebook}, {who}"


def _sentence(verdict: Verdict, who: str, shift: float, limit: float) -> str:
    """Return the sentence on a shift that is larger than its limit, "" on another."""
    if abs(shift) <= limit + TIE:
        return ""
    return f"{who}: {verdict.metric} has moved by {shift:+.3f}, more than {limit:.3f}"


def _far(judged: Iterable[Verdict]) -> list[str]:
    """Return the results without seeds that have moved far, a sentence each."""
    metrics = [one for one in judged if one.gate == SAME_DATA and one.reference["unit"] != "images"]
    networks = {one.notebook for one in metrics if one.reference.get("per_seed")}
    lines, level = [], FALSE_ALARM / 8 / max(1, len(metrics))
    for one in metrics:
        defined = one.now is not None and one.reference["value"] is not None
        if not one.reference.get("per_seed") and defined and same_images(one.ours, one.reference):
            limit = max(FAR * margin(one.reference), few(one.reference, FEW + 1))
            if one.notebook in networks:
                limit = max(limit, _reach(one, level))
            lines.append(_sentence(one, _who(one, one.name.rsplit("/", 1)[0]), shift(one), limit))
    return [line for line in lines if line]


def _reach(verdict: Verdict, level: float) -> float:
    """Return how far a result that rests on networks may move: the width of its interval, or what is assumed.

    The width holds the luck of training where there are seeds. With one it holds people alone, and a difference rests
    on two networks, each of which moves from this run to the published one.
    """
    low, high, several = (verdict.reference[key] for key in ("low", "high", "seeds"))
    assumed = float(stats.norm.isf(level / 2) * lone_spread(verdict.reference).sd * 2)
    if low is None or high is None:
        return assumed
    return high - low if several > 1 else max(high - low, assumed)


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
    if len(pairs) < (1 - MARGIN) * len(published):  # another processor's faces have other bytes: in their order then
        if len(ours) != len(published):
            return [f"{label} has answers to {len(ours):,} images, published {len(published):,}"]
        pairs = np.column_stack([ours, published])
    changed, limit = int((pairs[:, 0] != pairs[:, 1]).sum()), max(FEW, MARGIN * len(pairs))
    if changed <= limit:
        return []
    return [f"{label} names {changed} of {len(pairs):,} images otherwise, where {limit:.0f} may be"]
