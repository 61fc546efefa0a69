"""Scores the hand-ins of a project: `./run_all.sh score FOLDER --seed N`.

Every file of the folder is a hand-in. The hidden test is drawn from the seed, which stays with the teacher; one bad
hand-in is refused with a sentence and stops nothing.
"""

import argparse
import itertools
import re
import shutil
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from lib import evaluate, paths
from lib.course import hand_ins, hidden
from lib.emotions import EMOTIONS

CONSTANT = "(always neutral, no network)"  # what everybody must beat
WELL, BAD_REQUEST = 0, 2
LEVEL = 0.05  # after Holm's correction
NEXT, FIRST, NEUTRAL = "verdict", "against the first", "against always neutral"
SEEN = "agrees with the planted wrong labels of the test more often than anybody can who has seen the images alone"


def score(folder: Path, test: hidden.Hidden) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the leaderboard, and what was refused.

    Args:
        folder: with a file per hand-in; hidden files are left out.
        test: drawn from the teacher's seed.

    Returns:
        A row per hand-in, best first: `hand-in`, `accuracy`, `low`, `high` (95 % over people), `images`, `people`,
        `verdict` against the next row, `against the first` hand-in and `against always neutral`, each corrected by Holm
        for as many comparisons as its column has; and a table of `hand-in`, `refused because`. The answer that is
        always neutral has a row too, and is no hand-in: it is never the first.
    """
    counted = ~test.table["canary"].to_numpy()
    predicted, refused = {CONSTANT: np.full(counted.sum(), "neutral")}, []
    for path in _hand_ins(folder):
        name = _name(path, {*predicted, *(name for name, _ in refused)})
        try:
            answers = hand_ins.answers(path, test.folder, test.table["image"])
            if hidden.has_seen_the_answers(test.table[~counted], answers[~counted]):
                raise hand_ins.RefusedError(SEEN)
            predicted[name] = _as_emotions(answers[counted], test.table.loc[counted, "emotion"].to_numpy())
        except (hand_ins.RefusedError, OSError) as error:
            refused.append((name, str(error)))
    return _board(predicted, test.table[counted]), pd.DataFrame(refused, columns=["hand-in", "refused because"])


def _as_emotions(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return answers, str (N,), with a wrong emotion for "no face" and what a network of more classes may say."""
    return np.where(np.isin(answers, EMOTIONS), answers, np.where(truth == EMOTIONS[0], EMOTIONS[1], EMOTIONS[0]))


def _name(path: Path, taken: Collection[str]) -> str:
    """Return a file's name as it may stand once in a table and in a spreadsheet, where a formula would be computed."""
    name = re.sub(r"^\W+|[^\w .-]", "_", path.name)[:60]
    numbered = (f"{name} ({number})" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def _board(predicted: dict[str, np.ndarray], truth: pd.DataFrame) -> pd.DataFrame:
    """Return the hand-ins by their accuracy, each compared on the same images with the next, the first and neutral."""
    y_true, people = truth["emotion"].to_numpy(), truth["person"].to_numpy()
    table = evaluate.scores(predicted, y_true, people).drop_duplicates("label")
    table = table.sort_values("value", ascending=False, ignore_index=True, kind="stable")
    order = [predicted[label] for label in table["label"]]
    neighbours = _larger(itertools.pairwise(order), y_true, people)
    network = (table["label"] != CONSTANT).to_numpy()
    answers = [one for one, of_network in zip(order, network, strict=True) if of_network]
    first = _larger([(answers[0], other) for other in answers[1:]], y_true, people)
    constant = _larger([(one, predicted[CONSTANT]) for one in answers], y_true, people)
    names = {"label": "hand-in", "value": "accuracy", "n": "images", "clusters": "people"}
    table = table.rename(columns=names)
    table[NEXT] = [*np.where(neighbours, "larger than the next", "cannot be ordered with the next"), ""]
    table[[FIRST, NEUTRAL]] = ""
    others = np.flatnonzero(network)[1:]
    table.loc[others, FIRST] = np.where(first, "smaller than the first", "cannot be ordered with the first")
    table.loc[network, NEUTRAL] = np.where(constant, "larger", "not larger")
    return table[["hand-in", "accuracy", "low", "high", "images", "people", NEXT, FIRST, NEUTRAL]]


def _larger(pairs: Iterable[tuple[np.ndarray, np.ndarray]], y_true: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return of each pair of answers, str (N,), whether the first is right more often, beyond chance: bool (P,)."""
    rows = [evaluate.compare(y_true, *pair, people, ("above", "below")) for pair in pairs]
    p = evaluate.holm([row["p"] for row in rows])
    return (p < LEVEL) & np.array([row["low"] > 0 for row in rows], dtype=bool)


def main(arguments: list[str] | None = None) -> int:
    """Score a folder, write build/course/leaderboard.csv and refused.csv, and show both; return the exit code.

    Raises:
        KeyboardInterrupt: stopped; nothing was scored.
    """
    parser = argparse.ArgumentParser(prog="./run_all.sh score", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=_named, help="with one file per hand-in, .tflite or .csv")
    parser.add_argument("--seed", type=int, required=True, help="the teacher's secret, ten digits or more")
    parser.add_argument("--people", type=int, default=20, metavar="N", help="in the hidden test, seven images each")
    parser.add_argument("--give", action="store_true", help="copy the images without answers into FOLDER, for students")
    options = parser.parse_args(arguments)
    folder = options.folder
    try:
        _check(folder, options.give)
        test = hidden.test(options.seed, options.people)
        if options.give:
            with paths.replace_on_success(folder) as part:
                shutil.copytree(test.folder, part)
            sys.stdout.write(f"{len(test.table)} images without answers in {folder}\n")
            return WELL
        for name, table in zip(("leaderboard", "refused"), score(folder, test), strict=True):
            with paths.replace_on_success(paths.BUILD / "course" / f"{name}.csv") as part:
                table.to_csv(part, index=False, float_format="%.4f")
            sys.stdout.write(f"\n{name}, in {paths.BUILD / 'course' / name}.csv\n{_text(table)}\n")
    except (ValueError, OSError) as error:
        sys.stderr.write(f"score: {error}\n")
        return BAD_REQUEST
    return WELL


def _named(text: str) -> Path:
    """Return the folder of an argument, whose relative path begins where the reader stands."""
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty name; expected a folder")
    return paths.from_caller(text)


def _check(folder: Path, give: bool) -> None:
    """Raise ValueError where a folder is there and is to be made, or holds nothing that can be scored."""
    if give and folder.exists():
        raise ValueError(f"{folder} is there already; expected the name of a new folder for the images")
    if not give and not folder.is_dir():
        raise ValueError(f"{folder} is no folder; expected one with a file per hand-in")
    if not give and not _hand_ins(folder):
        raise ValueError(f"{folder} is empty; expected a file per hand-in, .tflite or .csv")


def _hand_ins(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if not file.name.startswith("."))


def _text(table: pd.DataFrame) -> str:
    return table.round(3).to_string(index=False) if len(table) else "none"
