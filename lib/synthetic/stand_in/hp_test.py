"""HP test set: frames picked from videos of five people, labelled by hand."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.emotions import EMOTIONS
from lib.synthetic.stand_in.plan import Format, Person, Shot, first_seed

PEOPLE = 5
PER_EMOTION = {"smoke": 10, "standard": 70, "paper": 349}  # 7 x 349 = 2,443, paper A; its own division is not given
LEVELS = (0.6, 0.7, 0.8, 0.9, 1.0)  # frames picked for a label are strong ones


def pictures(scale: str) -> Format:
    """640x480 colour as from a web camera; drawn at half of that."""
    return Format((240, 320), (480, 640))


def plan(scale: str, seed: int) -> list[Person]:
    """One video per person and emotion; the frames are dealt to the five people in turn."""
    first = first_seed("hp_test", seed)
    return [Person(first + number, tuple(_shots(number, PER_EMOTION[scale]))) for number in range(PEOPLE)]


def _shots(number: int, per_emotion: int) -> list[Shot]:
    shots = []
    for video, emotion in enumerate(EMOTIONS, start=1):
        for index in range((number + video) % PEOPLE, per_emotion, PEOPLE):
            file = f"subject_{number + 1}/video_{video}/frame_{15 * index:06d}.jpg"
            shots.append(Shot((file,), emotion, LEVELS[index // PEOPLE % len(LEVELS)], scene="wild"))
    return shots


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write labels.csv; nothing is spoilt in the test set."""
    records[["file", "emotion"]].to_csv(folder / "labels.csv", index=False)
    return records
