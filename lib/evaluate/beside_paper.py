"""Every figure, table and number of paper A beside ours, each with a verdict.

**The paper's side.** A printed metric has no interval. It gets ours: people differ in the paper's data as they do in
ours, so our half-width is scaled by the root of the ratio of people (of images, where the paper gives no people), and
never narrower than independent images allow; half a unit of the last printed digit is added.

**The verdict** compares the two intervals. With stand-in data it says whether the code reaches the same region, and
nothing about the paper.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from lib import paths
from lib.evaluate.comparison import order
from lib.evaluate.paper_items import ITEMS, Item
from lib.evaluate.table import wilson

COLUMNS = ["item", "place", "paper", "ours (paper's protocol)", "ours (leak-free)", "low", "high", "n", "clusters"]
COLUMNS += ["seeds", "chosen by", "verdict", "origin", "kind"]


def every_item(
    results: Mapping[str, Mapping], counts: pd.DataFrame, origin: str, items: Sequence[Item] = ITEMS
) -> pd.DataFrame:
    """Return one row per item of the paper, numbers first, then counts, then figures: `COLUMNS`.

    `low`, `high`, `n`, `clusters`, `seeds` and the verdict belong to the leak-free figure, where there is one.

    Args:
        results: by name, from `lib.evaluate.own_results`.
        counts: from `lib.evaluate.paper_counts`.
        origin: of the data that are counted.
        items: of the paper.
    """
    figures = {path.stem for path in (paths.BUILD / "figures").glob("[0-9][0-9]_*.png")}  # saved by the notebooks
    rows = numbers(results, items).to_dict("records")
    rows += [_counted(row, origin) | {"kind": "count"} for row in counts.to_dict("records")]
    rows += [_shown(item, figures) | {"kind": "figure"} for item in items if _is_picture(item)]
    return pd.DataFrame(rows, columns=COLUMNS)


def numbers(results: Mapping[str, Mapping], items: Sequence[Item] = ITEMS) -> pd.DataFrame:
    """Return one row per number of the paper: the rows of `every_item` that are neither counts nor figures."""
    rows = [_measured(item, results) | {"kind": "number"} for item in items if not _is_picture(item)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _is_picture(item: Item) -> bool:
    return bool(item.shown) or (item.place.startswith("Figure") and np.isnan(item.paper))


def item(name: str) -> Item:
    """Return the item of the paper that has this name.

    Raises:
        StopIteration: there is none.
    """
    return next(one for one in ITEMS if one.item == name)


def sentences(table: pd.DataFrame) -> list[str]:
    """Return a line per row of `numbers` that has an interval and a printed figure, as a list in Markdown."""
    judged = table.dropna(subset=["low", "paper"])
    return [f"* {row.item} ({row.place}): paper {row.paper:g}, {row.verdict}" for row in judged.itertuples()]


def verdicts(table: pd.DataFrame) -> str:
    """Return how often each verdict stands in a table of `numbers`, in words."""
    often = table["verdict"].str.split("[:;]").str[0].value_counts()
    return ", ".join(f"{number} x *{verdict}*" for verdict, number in often.items())


def paper_interval(item: Item, ours: Mapping) -> tuple[float, float]:
    """Return the 95 % interval of a printed metric, from the spread over people that ours has (see the module).

    Args:
        item: a metric with its images, and its people where the paper gives them.
        ours: the result beside it, with `low`, `high`, `n` and `clusters`.
    """
    half = (ours["high"] - ours["low"]) / 2
    scaled = item.people and ours.get("clusters")
    half *= np.sqrt(ours["clusters"] / item.people if scaled else ours["n"] / item.n)
    if item.paper < 1 and "accuracy" in item.item:
        half = max(half, np.ptp(wilson(item.paper, item.n)) / 2)
    half += 0.5 * 10.0 ** -_decimals(item.paper)
    return max(item.paper - half, 0.0), min(item.paper + half, 1.0)


def _decimals(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def _measured(item: Item, results: Mapping[str, Mapping]) -> dict[str, object]:
    way, strict = results.get(item.way, {}), results.get(item.strict, {})
    judged = strict or way
    row = {"item": item.item, "place": item.place, "paper": item.paper, "chosen by": item.chosen_by}
    row |= {"ours (paper's protocol)": way.get("value"), "ours (leak-free)": strict.get("value")}
    row |= {key: judged.get(key) for key in ("low", "high", "n", "clusters", "seeds", "origin")}
    return row | {"verdict": "; ".join(filter(None, [_verdict(item, judged), item.unknown]))}


def _verdict(item: Item, judged: Mapping) -> str:
    if item.because:
        return item.because
    if not judged:
        return "not run"
    if judged.get("value") is None:
        return "no figure"
    if item.bound == "claim" and judged.get("low") is None:
        return "no interval"
    if item.bound == "claim":
        words = {1: "holds", -1: "the opposite holds", 0: "cannot be decided"}
        return words[int(judged["low"] > 0) - int(judged["high"] < 0)]
    if item.bound:
        inside = judged["value"] > item.paper if item.bound == ">" else judged["value"] < item.paper
        return "within the bound" if inside else "outside the bound"
    if judged.get("low") is None or not np.isfinite(judged["low"]):
        return "no interval"
    if not item.n:
        return "no interval: the paper says nothing from which to compute its own"
    paper, mine = paper_interval(item, judged), (judged["low"], judged["high"])
    words = {"ours above paper": "ours is larger", "paper above ours": "ours is smaller"}
    verdict = order(mine, paper, ("ours", "paper"))
    return words.get(verdict, verdict)


def _shown(item: Item, figures: Collection[str]) -> dict[str, object]:
    verdict = item.because or (f"shown: {item.shown}" if item.shown in figures else "not run")
    return {"item": item.item, "place": item.place, "paper": item.paper, "verdict": verdict}


def _counted(row: Mapping, origin: str) -> dict[str, object]:
    if row["ours"] == row["paper"]:
        verdict = "equal"
    elif origin == "real" or row["ours"] > row["paper"]:
        verdict = f"{row['ours'] - row['paper']:+,} of ours"
    else:
        verdict = "stand-in, smaller by design"
    facts = {"place": row["table"], "n": row["ours"], "ours (paper's protocol)": row["ours"]}
    return dict(row) | facts | {"origin": origin, "verdict": verdict}
