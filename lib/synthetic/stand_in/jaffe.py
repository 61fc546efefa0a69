"""JAFFE: 213 grey 256x256 stills of ten people in TIFF, and the ratings in the read-me."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic.stand_in.plan import Format, Person, Shot, first_seed

PEOPLE = ("KM", "KA", "KL", "KR", "MK", "NA", "NM", "TM", "UY", "YM")  # KM comes first in the read-me
CODES = {"neutral": "NE", "happy": "HA", "sad": "SA", "surprise": "SU", "angry": "AN", "disgust": "DI", "fear": "FE"}
POSES = {"smoke": 1, "standard": 3, "paper": 3}
UNEVEN = {("KA", "HA"): 4, ("KA", "FE"): 4, ("NA", "FE"): 4, ("KL", "SA"): 4, ("KL", "DI"): 2}  # 210 + 3 = 213 stills
STRENGTH = (0.8, 1.0, 0.9, 0.7)  # of the poses in turn


def pictures(scale: str) -> Format:
    """256x256 grey."""
    return Format((256, 256), (256, 256), grey=True)


def plan(scale: str, seed: int) -> list[Person]:
    """`KA.AN1.39.tiff`: person, emotion and pose, running number (25 are kept for each person)."""
    first = first_seed("jaffe", seed)
    return [Person(first + number, tuple(_shots(number, person, scale))) for number, person in enumerate(PEOPLE)]


def _shots(number: int, person: str, scale: str) -> list[Shot]:
    names = [
        (f"{person}.{code}{pose + 1}", emotion, pose)
        for emotion, code in CODES.items()
        for pose in range(POSES[scale] if scale == "smoke" else UNEVEN.get((person, code), POSES[scale]))
    ]
    return [
        Shot((f"{name}.{25 * number + index}.tiff",), emotion, STRENGTH[pose])
        for index, (name, emotion, pose) in enumerate(names, start=1)
    ]


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the read-me's table: mean ratings from 1 to 5 of six emotions, none of neutral."""
    lines = ["Stand-in for JAFFE: rendered faces, ratings drawn at random round what is shown.", ""]
    lines += ["#   HAP  SAD  SUR  ANG  DIS  FEA  PIC", "-" * 45]
    for number, record in enumerate(records.itertuples(), start=1):
        shown = [4 * record.intensity if emotion == record.emotion else 0.4 for emotion in list(CODES)[1:]]
        rated = np.clip(1 + np.array(shown) + rng.normal(0, 0.25, 6), 1, 5)
        person, picture = record.file.split(".")[:2]
        lines.append(f"{number:<3} {' '.join(f'{value:.2f}' for value in rated)} {person}-{picture}")
    (folder / "README_FIRST.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return records
