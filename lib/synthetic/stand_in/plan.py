"""What a stand-in consists of: people, what each of them shows, and the images' format."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

SCALES = ("smoke", "standard", "paper")
NAMES = ("mug", "ck_plus", "jaffe", "kdef", "eiw", "hp_test", "own", "affectnet", "fer2013")


@dataclass(frozen=True)
class Shot:
    """One still, or the frames of one sequence of one emotion.

    Attributes:
        files: where each picture goes, relative to the tree (for a packed file: any unique name).
        emotion: what is shown.
        intensity: of a still; the peak of a sequence.
        scene: `lab` or `wild`.
        is_sequence: frames follow a natural time course from neutral; else every file is a still.
        release: a sequence goes back to neutral; without it the last frame is the peak.
        yaw: degrees that a still's head is turned, the nose to the right of the image; 0 leaves it to the scene.
    """

    files: tuple[str, ...]
    emotion: str
    intensity: float = 1.0
    scene: str = "lab"
    is_sequence: bool = False
    release: bool = True
    yaw: float = 0.0


@dataclass(frozen=True)
class Person:
    """Everything that is drawn of one person; the unit of work and of resuming."""

    seed: int
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Format:
    """Size and colour of the pictures: drawn at `drawn` (height, width) pixels, scaled to `written`."""

    drawn: tuple[int, int]
    written: tuple[int, int]
    grey: bool = False


def first_seed(name: str, seed: int) -> int:
    """Return the first person's seed; a million of them belong to each data set, so no two trees share a person."""
    return 1_000_000 * (100 * seed + NAMES.index(name) + 1)


def share(counts: dict, fraction: float, least: int = 1) -> dict:
    """Scale published counts: each at least `least`, rounded to the nearest."""
    return {key: max(least, round(count * fraction)) for key, count in counts.items()}


def deal(cells: Sequence, per_person: int, rng: np.random.Generator) -> Iterator[list]:
    """Deal shuffled cells (an emotion and a level, say) to people, `per_person` at most each.

    Cells are sorted before they are dealt like cards, so that one person's differ as much as the counts allow.
    """
    people = -(-len(cells) // per_person)
    order = sorted(cells)
    start = rng.permutation(people)
    for person in start:
        yield order[person::people]


def stills(name: str, seed: int, cells: Sequence, per_person: int, make: Callable[[int, tuple], Shot]) -> list[Person]:
    """Plan people with a handful of unrelated photographs each.

    Args:
        name: the data set.
        seed: of the tree.
        cells: one (emotion, intensity) per photograph.
        per_person: photographs of one person.
        make: number of the photograph and its cell -> the shot.
    """
    rng = np.random.default_rng([seed, NAMES.index(name)])
    numbers = iter(rng.permutation(len(cells)))
    first = first_seed(name, seed)
    return [
        Person(first + index, tuple(make(int(next(numbers)), cell) for cell in hand))
        for index, hand in enumerate(deal(cells, per_person, rng))
    ]
