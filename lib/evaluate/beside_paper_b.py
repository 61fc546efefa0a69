"""The printed accuracies of paper B beside ours of both kinds, each with a verdict, for notebook 15 and the README.

The paper prints no number of images, so its figures get no interval. The verdict says two things: whether our binary
accuracy gives the printed figure within half a point, and on which side of it the interval of our true accuracy lies.
"""

from collections.abc import Iterable, Mapping

from lib.emotions import EMOTIONS_8
from lib.evaluate.comparison import order
from lib.evaluate.explanation import BINARY, TRUE, agree
from lib.papers import paper_b


def verdict(paper: float, binary: float, interval: tuple[float, float]) -> str:
    """Return both halves of the verdict in words; accuracies and the interval of the true one in [0, 1]."""
    as_binary = "binary accuracy gives it" if agree(paper, binary) else "binary accuracy differs"
    placed = order(interval, (paper, paper), ("ours", "paper"))
    words = {"ours above paper": "ours is larger", "paper above ours": "ours is smaller"}
    return f"{as_binary}; the true one: {words.get(placed, placed)}"


def recognised(recalls: Iterable[float | None]) -> str:
    """Return how many emotions a network recognises at all, from the recall of each; with one it has not learned."""
    recalls = [recall or 0 for recall in recalls]
    number = sum(recall > 0 for recall in recalls)
    return f"recognises {number} of {len(recalls)} emotions" + (": not learned" if number < 2 else "")


def cells(results: Mapping[str, Mapping]) -> list[dict[str, str]]:
    """Return a row of cells per printed accuracy that a run has something beside; none where notebook 15 has not run.

    Args:
        results: by name, each with the fields of `lib.records.Result`.
    """
    names = [f"affectnet/reported/{emotion}/recall" for emotion in EMOTIONS_8]
    learned = recognised([results[name]["value"] for name in names if name in results])
    rows = []
    for place, printed in paper_b.PRINTED.items():
        binary, true = (results.get(f"affectnet/{place}/{metric}") for metric in (BINARY, TRUE))
        if binary and true:
            ends = true["low"], true["high"]
            row = {"the paper's number": place, "paper": f"{printed:.2%}", "ours, binary": f"{binary['value']:.2%}"}
            row |= {"ours, true": f"{true['value']:.1%}", "95 % interval": f"{100 * ends[0]:.1f} to {ends[1]:.1%}"}
            row |= {"images": f"{true['n']:,}", "what was fitted": f"{true['protocol']}; {learned}"}
            rows.append(row | {"verdict": verdict(printed, binary["value"], ends)})
    return rows
