"""What was found, in words and numbers: sentences, and the paper's numbers beside ours, from the results of a run.

The README shows those of the published run, the first page of the report those of the reader's own.
"""

from collections.abc import Mapping

import pandas as pd

from lib.evaluate import beside_paper
from lib.runner import reference

Results = Mapping[str, Mapping]  # by name, as `reference.by_name` returns them
BY_CONSTRUCTION = ("megabytes",)  # a reconstruction that was chosen for its size says nothing by having it
UNDECIDED = ("not run", "no figure", "no interval", "not judged", "cannot be done")
LEAK = ("classification/compact VGG-S, paper's protocol/accuracy", "classification/compact VGG-S/accuracy")
MINUS = " minus "  # in the name of a difference
WORTH = f"classification/paper's protocol{MINUS}leak-free/accuracy"
SHARED = "splits/paper_table_3/same near duplicate"
TEST = ("results/compact VGG-S, paper's protocol/accuracy", "results/compact VGG-S/accuracy")
WORTH_ON_TEST = f"results/paper's protocol{MINUS}leak-free/accuracy"
RMSE = ("intensity/EIW/RMSE", "intensity/constant guess/RMSE")
MEMORY = "real faces/compact VGG-S, paper's protocol/crop"
SENTENCES = (  # the results that each rests on, then the sentence with their values filled in
    (
        (*LEAK, SHARED, WORTH),
        "Under the protocol of paper A as its text can be read, with {2} of the validation images near duplicates of"
        " training images, the compact network gives {0} of all of them their label; the paper prints {paper}. With"
        " people and near duplicates kept apart the share is {1}. The difference is {3}: {verdict}.",
    ),
    (
        (*TEST, WORTH_ON_TEST),
        "On the test set of a few people whom nothing was chosen on, the share is {0} under the paper's protocol and"
        " {1} without leaks; the paper prints {paper}. Few people make the interval wide. The difference is {2}:"
        " {verdict}.",
    ),
    (
        RMSE,
        "The intensity of an expression is predicted with a root mean squared error of {0} on a scale from 0 to 1, and"
        " that of always answering the mean is {1}; the paper prints {paper}.",
    ),
)
REAL_SENTENCE = (
    "On real faces (FER-2013) the plan of the paper's network, {network}, trained on all official training images, is"
    " right about {0} of the held-out images, and about {1} of those that have no near duplicate in training."
)


def sentences(ours: Results, real: Results) -> list[str]:
    """Return the findings as sentences, each where the results that it rests on are there.

    Args:
        ours: results of a run on all notebooks.
        real: published results on real faces.
    """
    lines = [
        text.format(
            *(estimate(ours[name]) for name in names), paper=printed(ours[names[0]]), verdict=leak(ours[names[-1]])
        )
        for names, text in SENTENCES
        if all(name in ours for name in names)
    ]
    pair = [f"{MEMORY}/{images}/accuracy" for images in ("all", "without near duplicates")]
    if all(name in real for name in pair):
        network = real[pair[0]]["protocol"].partition("; ")[0]
        lines.append(REAL_SENTENCE.format(*(estimate(real[name]) for name in pair), network=network))
    return lines


def beside(ours: Results) -> list[dict[str, str]]:
    """Return the paper's numbers beside ours, in the paper's order, as rows of cells ready to be shown.

    Numbers that are ours by construction are left out, and so are those that this run did not measure.
    """
    table = beside_paper.numbers(ours).dropna(subset="paper")
    measured = table[["ours (paper's protocol)", "ours (leak-free)"]].notna().any(axis=1)
    wanted = ~table["item"].str.startswith(BY_CONSTRUCTION) & measured
    return [_cells(row, ours) for row in table[wanted].to_dict("records")]


def judged(ours: Results) -> list[dict[str, str]]:
    """Return the rows of `beside` that have an interval, and so a verdict."""
    return [row for row in beside(ours) if not row["verdict"].startswith(UNDECIDED)]


def _cells(row: Mapping, ours: Results) -> dict[str, str]:
    """Return one row of `beside` in words."""
    printed_one = beside_paper.item(row["item"])
    result = ours.get(printed_one.strict) or ours[printed_one.way]
    share = is_share(result["name"])
    way, strict = ours.get(printed_one.way), ours.get(printed_one.strict)
    return {
        "the paper's number": f"{row['item']}, {row['place']}",
        "paper": value(row["paper"], share),
        "ours, paper's protocol": value(way["value"], share) if way else "",
        "ours, leak-free": value(strict["value"], share) if strict else "",
        "95 % interval": between(result, share),
        "images": "" if "loss" in row["item"] else f"{result['n']:,}",  # n of a loss counts networks
        "people or clusters": f"{result['clusters']:,}" if result.get("clusters") else "",
        "seeds": f"{result['seeds']}",
        "epoch chosen by": row["chosen by"],
        "verdict": row["verdict"],
    }


def is_share(name: str) -> bool:
    """Return whether a result is a share of images, which reads best in per cent."""
    return any(word in name.rsplit("/", 1)[-1] for word in ("accuracy", "same "))


def value(number: float | None, share: bool) -> str:
    """Return a figure as it is shown: per cent with one decimal for a share, else four digits."""
    if number is None or pd.isna(number):
        return ""
    return f"{100 * number:.1f} %" if share else reference.number(number)


def between(result: Mapping, share: bool) -> str:
    """Return the interval of a result as it is shown, nothing where it has none."""
    if result["low"] is None:
        return ""
    return f"{value(result['low'], share).removesuffix(' %')} to {value(result['high'], share)}"


def estimate(result: Mapping) -> str:
    """Return a result with its interval, for a sentence; a difference of shares in points."""
    share = is_share(result["name"])
    if MINUS in result["name"] and result["low"] is not None:
        points = [f"{100 * result[name]:+.1f}" for name in ("value", "low", "high")]
        return "{} points ({} to {})".format(*points)
    interval = between(result, share)
    return value(result["value"], share) + (f" ({interval})" if interval else "")


def leak(difference: Mapping) -> str:
    """Return whether a difference of the protocols shows that a leak is worth something."""
    low = difference["low"]
    return "the leak is shown" if low is not None and low > 0 else "no leak is shown"


def printed(result: Mapping) -> str:
    """Return what the paper prints for a result."""
    return value(result["paper"], is_share(result["name"]))
