"""KDEF: 562x762 colour stills, two sessions of each person."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Shot, first_seed

CODES = {"fear": "AF", "angry": "AN", "disgust": "DI", "happy": "HA", "neutral": "NE", "sad": "SA", "surprise": "SU"}
STRENGTH = {"A": 1.0, "B": 0.85}
PEOPLE = {"smoke": 6, "standard": 40, "paper": 70}
SESSIONS = {"smoke": "A", "standard": "AB", "paper": "AB"}
VIEWS = {"S": 0, "HL": -45, "HR": 45, "FL": -85, "FR": 85}  # degrees; the left profile looks to the left of the image
TURNED = {"smoke": 6, "standard": 4}  # every so many people are also shown from the side


def pictures(scale: str) -> Format:
    """562x762 colour; drawn at half of that."""
    return Format((381, 281), (762, 562))


def plan(scale: str, seed: int) -> list[Person]:
    """As many women as men; `AF01/AF01ANS.JPG` is session A, woman 1, angry, straight."""
    half = PEOPLE[scale] // 2
    codes = [f"F{number:02d}" for number in range(1, half + 1)] + [f"M{number:02d}" for number in range(1, half + 1)]
    first = first_seed("kdef", seed)
    return [Person(first + index, tuple(_shots(code, index, scale))) for index, code in enumerate(codes)]


def _shots(person: str, index: int, scale: str) -> list[Shot]:
    views = VIEWS if scale == "paper" else ("S", "HL", "HR") if index % TURNED[scale] == 0 else ("S",)
    return [
        Shot((f"{session}{person}/{session}{person}{code}{view}.JPG",), emotion, STRENGTH[session], yaw=VIEWS[view])
        for session in SESSIONS[scale]
        for emotion, code in CODES.items()
        for view in views
    ]


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """No label files: the names are the labels. One file is cut short."""
    return defects.plant(folder, records, rng, unreadable=1)
