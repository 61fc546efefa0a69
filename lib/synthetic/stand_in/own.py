"""Own validation set: a folder per emotion, with file names as people give them."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.emotions import EMOTIONS
from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Shot, stills

PER_EMOTION = {"smoke": 8, "standard": 28, "paper": 70}  # 490 in paper A; its division is not given
STYLES = ("IMG_{:04d}.jpg", "me and café {:d}.jpg", "фото {:d}.jpg", "顔 {:d}.png")
LEVELS = (0.6, 0.8, 1.0)


def pictures(scale: str) -> Format:
    """640x480 colour; drawn at half of that."""
    return Format((240, 320), (480, 640))


def plan(scale: str, seed: int) -> list[Person]:
    """Seven photographs of each person, half of them in the laboratory's light."""
    cells = [(emotion, LEVELS[index % 3]) for emotion in EMOTIONS for index in range(PER_EMOTION[scale])]
    return stills("own", seed, cells, 7, _photograph)


def _photograph(number: int, cell: tuple[str, float]) -> Shot:
    name = STYLES[number % len(STYLES)].format(number)
    return Shot((f"{cell[0]}/{name}",), *cell, scene="wild" if number % 2 else "lab")


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """No label files: the folders are the labels."""
    return defects.plant(folder, records, rng, unreadable=1, duplicates=2, no_face=1)
