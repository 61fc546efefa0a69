"""Every number that paper A prints, beside ours, with a verdict.

A printed share has an interval of its own (Wilson's, from the images behind it, taken for independent); any other
printed number is a point. A verdict compares it with the 95 % interval of ours; "above" means larger. With stand-in
data a verdict says whether the code reaches the same region, and nothing about the paper.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib import evaluate, paths
from lib.emotions import EMOTIONS


@dataclass(frozen=True)
class Printed:
    """A number that paper A prints, and the names of our results that answer it.

    Attributes:
        what: in words, with its place in the paper.
        value: as printed; percentages as shares, times as the unit in `what`.
        n: images behind a share, None for what is no share or has no images.
        way: our result by the paper's protocol, leaks included.
        strict: our result without leaks, "" where a protocol cannot leak.
    """

    what: str
    value: float
    n: int | None
    way: str
    strict: str = ""


_CLASSES = [
    Printed(
        "validation accuracy, Figure 8",
        0.85,
        1867,
        "classification/compact VGG-S, paper's split/accuracy",
        "classification/compact VGG-S/accuracy",
    ),
    Printed(
        "HP test accuracy, Figure 10",
        0.82,
        2443,
        "results/compact VGG-S, paper's split/accuracy",
        "results/compact VGG-S/accuracy",
    ),
    Printed(
        "validation accuracy of VGG-S, less than",
        0.60,
        1867,
        "classification/full VGG-S/accuracy",
        "classification/full VGG-S/accuracy",
    ),
    Printed("seconds for the HP test set", 13.68, None, "results/time/seconds"),
    Printed("milliseconds per image of it", 5.6, None, "results/time/milliseconds per image"),
    Printed("megabytes of the compact network", 12.1, None, "results/size/compact VGG-S"),
    Printed("megabytes of VGG-S, at least", 500.0, None, "results/size/VGG-S"),
    Printed("training steps", 50_000, None, "results/training/steps"),
    Printed("training hours", 4.5, None, "results/training/hours"),
]
_ARGMAX = "accuracy, argmax of 7"
_EIW = [
    Printed("intensity, EIW, training loss, Figure 11", 0.13, None, "intensity/EIW/training loss"),
    Printed("intensity, EIW, validation loss, Figure 11", 0.30, None, "intensity/EIW/validation loss"),
    Printed("intensity, EIW, RMSE, Figure 11", 0.129, None, "intensity/EIW/RMSE", "intensity/EIW/RMSE"),
    Printed("intensity, EIW, accuracy, Figure 11", 0.772, 682, f"intensity/EIW/{_ARGMAX}", f"intensity/EIW/{_ARGMAX}"),
]
_BOTH = [
    Printed("intensity, EIW + MUG, training loss, Figure 12", 0.122, None, "intensity/EIW + MUG/training loss"),
    Printed("intensity, EIW + MUG, validation loss, Figure 12", 0.239, None, "intensity/EIW + MUG/validation loss"),
    Printed(
        "intensity, EIW + MUG, RMSE, Figure 12",
        0.123,
        None,
        "intensity/EIW + MUG, its own validation/RMSE",
        "intensity/EIW + MUG/RMSE",
    ),
    Printed(
        "intensity, EIW + MUG, accuracy, Figure 12",
        0.76,
        1663,
        f"intensity/EIW + MUG, its own validation/{_ARGMAX}",
        f"intensity/EIW + MUG/{_ARGMAX}",
    ),
]
PAPER_A = (*_CLASSES, *_EIW, *_BOTH)

_LEVELS = ("20 %", "40 %", "60 %", "80 %", "100 %")
_TABLE_5 = {  # images per level, 20 % first
    "angry": (194, 323, 221, 207, 227),
    "disgust": (147, 218, 243, 198, 178),
    "fear": (93, 103, 134, 151, 157),
    "happy": (236, 230, 320, 295, 286),
    "sad": (210, 164, 137, 81, 84),
    "surprise": (91, 218, 279, 316, 420),
}
COUNTS = {  # paper A's tables of counts: table -> item -> printed
    "Table 1": {
        "MUG sequences": 1462,
        "CK+ sequences with an emotion": 327,
        "JAFFE": 213,
        "KDEF": 4900,
        "own": 490,
        "HP test": 2443,
        "EIW": 7254,
    },
    "Table 2": dict(zip(EMOTIONS, (6220, 4856, 4605, 9329, 3719, 5562, 5623), strict=True)),
    "Table 3": {"training": 41029, "validation": 1867},
    "Table 4": {"training x 28": 1148812},
    "Table 5": {
        **{f"{name} {level}": n for name, row in _TABLE_5.items() for level, n in zip(_LEVELS, row, strict=True)},
        "neutral": 1093,
    },
    "Table 6": {"training": 6141, "validation": 682, "training x 28": 171948, "validation x 28": 19096},
    "Table 7": {"training": 13592, "validation": 1663, "training x 28": 380576, "validation x 28": 46564},
}


def collect(notebooks: Iterable[str]) -> dict[str, dict]:
    """Return the results that these notebooks recorded, by name, each with the fields of `lib.records.Result`.

    Raises:
        FileNotFoundError: a notebook has not run.
    """
    found = {}
    for number in notebooks:
        path = paths.BUILD / "results" / f"{number}.json"
        if not path.exists():
            raise FileNotFoundError(f"no results at {path}; run notebook {number} first")
        found |= {result["name"]: result for result in json.loads(path.read_text("utf-8"))["results"]}
    return found


def beside(printed: Sequence[Printed], known: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return one row per printed number: the paper's, ours by its protocol, ours without leaks, and the verdict.

    Args:
        printed: for instance `PAPER_A`.
        known: results by name, from `collect`.

    Returns:
        Columns `what`, `paper`; for both of ours value, low, high; of the stricter one n, seeds, origin; and `verdict`:
        "ours above paper", "paper above ours", "cannot be ordered", "no interval", or "not run".
    """
    return pd.DataFrame([_row(item, known) for item in printed])


def _row(item: Printed, known: Mapping[str, Mapping]) -> dict[str, object]:
    way, strict = known.get(item.way, {}), known.get(item.strict, {})
    judged = strict or way
    row: dict[str, object] = {"what": item.what, "paper": item.value}
    for label, found in (("paper's way", way), ("leak-free", strict)):
        row |= {f"ours, {label}": found.get("value", np.nan)}
        row |= {f"{label}, {end}": _number(found.get(end)) for end in ("low", "high")}
    row |= {key: judged.get(key) for key in ("n", "seeds", "origin")}
    return row | {"verdict": _verdict(item, judged)}


def _verdict(item: Printed, found: Mapping) -> str:
    if not found:
        return "not run"
    ours = _number(found["low"]), _number(found["high"])
    if np.isnan(ours).any():
        return "no interval"
    paper = evaluate.printed(item.value, item.n) if item.n else (item.value, item.value)
    return evaluate.order(ours, paper, ("ours", "paper"))


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def counted(ours: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Return the paper's tables of counts beside ours.

    Args:
        ours: counts by (table, item), the items of `COUNTS`.

    Raises:
        KeyError: an item that `COUNTS` has and `ours` has not.
    """
    rows = [(table, item, n, ours[table, item]) for table, items in COUNTS.items() for item, n in items.items()]
    return pd.DataFrame(rows, columns=["table", "item", "paper", "ours"])
