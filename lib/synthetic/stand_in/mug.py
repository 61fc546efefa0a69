"""MUG: 896x896 colour frames, neutral to apex to neutral, per subject, emotion and sequence."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Shot, first_seed

FOLDERS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
PAPER_TAKES = 1462  # paper A, Table 1: sequences of the 52 people who are distributed
PEOPLE = {"smoke": 6, "standard": 40, "paper": 52}
FRAMES = {"smoke": 7, "standard": 17, "paper": 70}  # real sequences have 50 to 160; paper: over 100,000 frames
DRAWN = {"smoke": 224, "standard": 448, "paper": 448}  # scaling up is a third of the time of drawing at 896


def pictures(scale: str) -> Format:
    """896x896 colour, drawn smaller and scaled up."""
    return Format((DRAWN[scale], DRAWN[scale]), (896, 896))


def plan(scale: str, seed: int) -> list[Person]:
    """One sequence of each emotion; at paper size as many more as make 1,462."""
    people = [first_seed("mug", seed) + number for number in range(PEOPLE[scale])]
    total = PAPER_TAKES if scale == "paper" else len(people) * len(FOLDERS)
    return [Person(one, _shots(number, total, len(people), FRAMES[scale])) for number, one in enumerate(people)]


def _shots(number: int, total: int, people: int, frames: int) -> tuple[Shot, ...]:
    """Takes of person `number`: the total is dealt over people, then over emotions."""
    mine = len(range(number, total, people))
    shots = []
    for position, (emotion, folder) in enumerate(FOLDERS.items()):
        for shot in range(len(range(position, mine, len(FOLDERS)))):
            where = f"subjects3/{number + 1:03d}/{folder}/take{shot:03d}"
            files = tuple(f"{where}/img_{frame:04d}.jpg" for frame in range(frames))
            shots.append(Shot(files, emotion, is_sequence=True))
    return tuple(shots)


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """No label files: the folders are the labels. Two frames of a thousand are spoilt."""
    spoilt = max(1, len(records) // 1000)
    return defects.plant(folder, records, rng, unreadable=spoilt, no_face=spoilt)
