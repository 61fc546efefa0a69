"""KDEF: 562x762 colour stills, two sessions of each person."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Take, first_seed

CODES = {"fear": "AF", "angry": "AN", "disgust": "DI", "happy": "HA", "neutral": "NE", "sad": "SA", "surprise": "SU"}
PEOPLE = {"smoke": 6, "standard": 40, "paper": 70}
SESSIONS = {"smoke": "A", "standard": "AB", "paper": "AB"}


def pictures(size: str) -> Format:
    """562x762 colour; drawn at half of that."""
    return Format((381, 281), (762, 562))


def plan(size: str, seed: int) -> list[Person]:
    """As many women as men; `AF01/AF01ANS.JPG` is session A, woman 1, angry, straight."""
    half = PEOPLE[size] // 2
    codes = [f"F{number:02d}" for number in range(1, half + 1)] + [f"M{number:02d}" for number in range(1, half + 1)]
    first = first_seed("kdef", seed)
    return [Person(first + index, tuple(_takes(code, SESSIONS[size]))) for index, code in enumerate(codes)]


def _takes(person: str, sessions: str) -> list[Take]:
    return [
        Take((f"{session}{person}/{session}{person}{code}S.JPG",), emotion, 1.0 if session == "A" else 0.85)
        for session in sessions
        for emotion, code in CODES.items()
    ]


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """No label files: the names are the labels. One file is cut short."""
    return defects.plant(folder, records, rng, unreadable=1)
