"""The hidden test of the project: rendered people from the teacher's seed, and canaries among them.

A canary is an image whose recorded label is wrong: drawn evenly from the six emotions that it does *not* show, apart
from everything that a network can see. Canaries do not count for the accuracy. Whoever has only looked at the images
agrees with a canary's label in one of six cases at most, whatever the network does: of its answers other than the shown
emotion, each meets the drawn one with a chance of 1/6. Whoever has seen the answers agrees with nearly all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from lib import images, paths, progress
from lib.emotions import EMOTIONS
from lib.synthetic import Subject, render

CANARIES = 20
ACCUSED = 0.001  # chance that somebody honest is refused, at most
LEAST_PEOPLE = 5  # ours
LEAST_SEED = 1_000_000_000  # students have this code: a small seed can be tried out
CHANCE = 1 / 6  # that an honest answer meets the label of a canary, at most
SIZE = 256  # side of an image in pixels


@dataclass(frozen=True)
class Hidden:
    """A hidden test.

    Attributes:
        folder: with the images, nothing else.
        table: a row per image: `image` (file name), `emotion` (of a canary a wrong one), `person`, `canary`.
    """

    folder: Path
    table: pd.DataFrame


def test(seed: int, people: int) -> Hidden:
    """Return the hidden test of a seed, drawn first where it is not there yet.

    Args:
        seed: the teacher's secret, at least `LEAST_SEED`.
        people: each shows every emotion once; canaries are of these people too.

    Raises:
        ValueError: a seed that can be guessed, fewer than `LEAST_PEOPLE` people, or a damaged test on the disk.
    """
    if seed < LEAST_SEED:
        raise ValueError(f"the seed is {seed}; expected ten digits or more, so that nobody can try them all")
    if people < LEAST_PEOPLE:
        raise ValueError(f"{people} people; expected at least {LEAST_PEOPLE}: fewer have no interval worth its name")
    home = paths.BUILD / "course" / f"hidden_{seed}_{people}"
    if not home.exists():
        with paths.replace_on_success(home) as folder:
            _draw(seed, people, folder)
    return _read(home, people * len(EMOTIONS) + CANARIES)


def _read(home: Path, expected: int) -> Hidden:
    """Return a hidden test that is on the disk, whole; a damaged one would be blamed on those who hand in."""
    try:
        table = pd.read_csv(home / "answers.csv", dtype={"image": str, "person": str}, keep_default_na=False)
        whole = len(table) == expected and table["canary"].dtype == bool and table["emotion"].isin(EMOTIONS).all()
        for name in table["image"]:
            images.read(home / "images" / name)
    except (OSError, ValueError, KeyError):
        whole = False
    if not whole:
        raise ValueError(f"the hidden test in {home} is damaged; delete that folder, and the seed draws it anew")
    return Hidden(home / "images", table)


def _draw(seed: int, people: int, folder: Path) -> None:
    """Write images under numbers in random order, and the answers beside them."""
    rng = np.random.default_rng(seed)
    persons = rng.integers(2**31, 2**62, people)
    shown = [(person, emotion, False) for person in persons for emotion in EMOTIONS]
    shown += [(rng.choice(persons), rng.choice(EMOTIONS), True) for _ in range(CANARIES)]
    (folder / "images").mkdir(parents=True)
    rows = []
    for number, place in enumerate(progress.bar(rng.permutation(len(shown)), "hidden test", "images")):
        person, emotion, canary = shown[place]
        image, _ = render(Subject(int(person)), emotion, rng.uniform(0.6, 1.0), rng, rng.choice(["lab", "wild"]), SIZE)
        images.write(folder / "images" / f"{number:04}.png", image)
        label = rng.choice([other for other in EMOTIONS if other != emotion]) if canary else emotion
        rows.append((f"{number:04}.png", label, f"p{np.flatnonzero(persons == person)[0]:03}", canary))
    pd.DataFrame(rows, columns=["image", "emotion", "person", "canary"]).to_csv(folder / "answers.csv", index=False)


def has_seen_the_answers(canaries: pd.DataFrame, answers: Sequence[str]) -> bool:
    """Return whether answers meet more labels of canaries than somebody honest would in 999 of 1,000 tests.

    Args:
        canaries: rows of `Hidden.table`.
        answers: to the same images.
    """
    hits = int((canaries["emotion"].to_numpy() == np.asarray(answers)).sum())
    return bool(stats.binom.sf(hits - 1, len(canaries), CHANCE) < ACCUSED)
