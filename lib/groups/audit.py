"""Gaps between groups: how large, of which kind, how sure, and how often the audit is wrong itself.

A gap is the mean of the second level of an attribute minus that of the first, over pictures of the same people. Whole
people are drawn for its interval. Several attributes are several questions: p-values are corrected by Holm's method,
and a gap is called one only if its interval excludes 0 and the corrected p is below .05.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from lib import evaluate, progress, records
from lib.emotions import EMOTIONS
from lib.evaluate.comparison import LEVEL
from lib.groups.design import ATTRIBUTES

NO_GAP = "no gap shown"
DESIGNS = ("same people in both groups", "other people, people drawn", "other people, pictures drawn")


def right(answers: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Return whether each answer is the shown emotion, bool (S, N).

    Args:
        answers: str (S, N).
        table: from `design.tested`, N rows.
    """
    return answers == table["emotion"].to_numpy(str)


def accuracies(answers: Mapping[str, np.ndarray], table: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy of every network on every level of every attribute, with its 95 % interval over people.

    Args:
        answers: by network, str (S, N).
        table: from `design.tested`, N rows.

    Returns:
        Columns `network`, `attribute`, `of` (the level), and those of `lib.evaluate.mean`.
    """
    parts = []
    for network, given in answers.items():
        for attribute, levels in ATTRIBUTES.items():
            for level in levels:
                here = (table[attribute] == level).to_numpy()
                mean = evaluate.mean(right(given, table)[:, here], table["person"][here])
                parts.append(mean.assign(network=network, attribute=attribute, of=level, metric="accuracy"))
    columns = ["network", "attribute", "of", "metric", "value", "low", "high", "n", "clusters", "seeds", "per_seed"]
    return pd.concat(parts, ignore_index=True)[columns]


def gaps(answers: Mapping[str, np.ndarray], table: pd.DataFrame) -> pd.DataFrame:
    """Return the gap in accuracy of every network and attribute, corrected over the attributes of a network.

    Args:
        answers: by network, str (S, N).
        table: from `design.tested`, N rows.
    """
    parts = [
        _gaps(right(given, table), table, ATTRIBUTES).assign(network=network) for network, given in answers.items()
    ]
    return pd.concat(parts, ignore_index=True)


def change(answers: np.ndarray, without: np.ndarray, table: pd.DataFrame, primary: str) -> pd.DataFrame:
    """Return by how much the gaps of one network exceed those of another on the same pictures: differences of gaps.

    One comparison is named before anything is fitted, the primary one, and is judged at 5 %; the p-values of all others
    are corrected together (as in `lib.evaluate.leaderboard`).

    Args:
        answers: of the network in question, str (S, N).
        without: of the network that it is compared with, str (S, N).
        table: from `design.tested`, N rows.
        primary: of `ATTRIBUTES`; its row is the first.
    """
    before, after = right(without, table), right(answers, table)
    others = [attribute for attribute in ATTRIBUTES if attribute != primary]
    parts = [_gaps(after, table, names, before) for names in ([primary], others)]
    return pd.concat(parts, ignore_index=True)


def kinds(answers: np.ndarray, table: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return how much more often the second level is wrongly called each emotion, corrected over the emotions.

    Args:
        answers: of one network, str (S, N).
        table: from `design.tested`, N rows.
        attribute: of `ATTRIBUTES`.
    """
    wrong = ~right(answers, table)
    rows = [_row(wrong & (answers == emotion), table, attribute) | {"of": emotion} for emotion in EMOTIONS]
    return _judged(pd.DataFrame(rows))


def _gaps(
    values: np.ndarray, table: pd.DataFrame, attributes: Iterable[str], minus: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the gap of each attribute, or its difference to that of `minus`; p-values are corrected over them."""
    rows = [_row(values, table, attribute, minus) | {"of": attribute} for attribute in attributes]
    return _judged(pd.DataFrame(rows))


def _row(values: np.ndarray, table: pd.DataFrame, attribute: str, minus: np.ndarray | None = None) -> dict[str, object]:
    """Return both levels' means of values (S, N), and their gap with its interval."""
    first, second = ATTRIBUTES[attribute]
    inside = (table[attribute] == second).to_numpy()
    gap = evaluate.gap(values, inside, table["person"], minus)
    counts = {"n": len(table), "clusters": table["person"].nunique(), "seeds": len(values)}
    levels = {"first": first, "second": second, "first mean": values[:, ~inside].mean()}
    return levels | {"second mean": values[:, inside].mean(), "value": gap.pop("difference")} | gap | counts


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of gaps with `p Holm` and a `verdict`."""
    corrected = evaluate.holm(table["p"])
    shown = (corrected < LEVEL) & ((table["low"] > 0) | (table["high"] < 0))
    words = np.where(table["value"] > 0, table["second"] + " above " + table["first"], "")
    words = np.where(table["value"] < 0, table["second"] + " below " + table["first"], words)
    return table.assign(**{"p Holm": corrected, "verdict": np.where(shown, words, NO_GAP)})


def alarms(
    values: np.ndarray, people: Sequence, planted: Sequence[float], trials: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return how often an audit finds a gap of a known size between groups that a coin has made.

    The groups mean nothing: half of each person's pictures, or half of the people. So every gap beyond the planted one
    is chance. It is planted by turning right answers on pictures of the second group into wrong ones.

    Args:
        values: whether the answers are right, bool (S, N).
        people: who is shown, (N,).
        planted: gaps, shares in [0, 1).
        trials: coins for each size and design.
        rng: the coins.

    Returns:
        Columns `design` (of `DESIGNS`), `planted`, and `value`, the share of audits whose interval excludes 0, with its
        Wilson interval `low`, `high` and the trials, `n`.
    """
    rows = []
    for share in progress.bar(planted, "auditing", "sizes of the gap"):
        hits = dict.fromkeys(DESIGNS, 0)
        for _ in range(trials):
            for design, (inside, drawn) in _coins(np.asarray(people), rng).items():
                spoiled = inside & (rng.uniform(size=len(inside)) < share / values.mean())
                gap = evaluate.gap(values & ~spoiled, inside, drawn)
                hits[design] += gap["low"] > 0 or gap["high"] < 0
        rows += [(design, share, hits[design]) for design in DESIGNS]
    return _shares(pd.DataFrame(rows, columns=["design", "planted", "hits"]), trials)


def _coins(people: np.ndarray, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return by design which pictures are in the second group, bool (N,), and what is drawn as a whole, (N,)."""
    who, owner = np.unique(people, return_inverse=True)
    half = rng.permutation(len(who)) < len(who) // 2
    order = np.lexsort((rng.uniform(size=len(people)), owner))  # each person's pictures together, in a random order
    alternate = np.empty(len(people), bool)
    alternate[order] = np.arange(len(people)) % 2 == 1
    pictures = np.arange(len(people))
    return dict(zip(DESIGNS, ((alternate, people), (half[owner], people), (half[owner], pictures)), strict=True))


def _shares(table: pd.DataFrame, trials: int) -> pd.DataFrame:
    """Return hits of so many trials as shares with their Wilson interval."""
    low, high = zip(*(evaluate.wilson(hits / trials, trials) for hits in table["hits"]), strict=True)
    return table.drop(columns="hits").assign(value=table["hits"] / trials, low=low, high=high, n=trials)


def in_words(table: pd.DataFrame) -> str:
    """Return a line in Markdown per row of a table, its index in front, with value and interval."""
    rows = [f"* {row.Index}: {row.value:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in table.itertuples()]
    return "\n".join(rows)


def results(
    accuracies: pd.DataFrame, gaps: pd.DataFrame, change: pd.DataFrame, alarms: pd.DataFrame
) -> list[records.Result]:
    """Return what notebook 21 records of its tables, each from the function of its name."""
    done, protocol = [], "rendered people, each in every group; crops by true landmarks"
    for network, part in accuracies.groupby("network", sort=False):
        done += records.results(part, f"groups/{network}", f"{network}: {protocol}", "stand-in")
    for network, part in gaps.groupby("network", sort=False):
        part = part.assign(metric="gap in accuracy")
        done += records.results(part, f"groups/{network}", f"{network}: {protocol}", "stand-in")
    change = change.assign(metric="change of the gap")
    done += records.results(change, "groups/biased minus balanced", f"both networks: {protocol}", "stand-in")
    never = alarms[alarms["planted"] == 0].assign(metric="false alarms").rename(columns={"design": "of"})
    return done + records.results(never, "groups/audit", "groups made by a coin", "stand-in")
