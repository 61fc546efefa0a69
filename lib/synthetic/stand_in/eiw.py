"""EIW: photographs in the wild with five levels, in the proportions of paper A's Table 5."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Take, share, stills

TABLE_5 = {  # paper A: emotion -> images at 20, 40, 60, 80 and 100 per cent; neutral has no level
    "angry": (194, 323, 221, 207, 227),
    "disgust": (147, 218, 243, 198, 178),
    "fear": (93, 103, 134, 151, 157),
    "happy": (236, 230, 320, 295, 286),
    "neutral": (1093,),
    "sad": (210, 164, 137, 81, 84),
    "surprise": (91, 218, 279, 316, 420),
}
FRACTION = {"smoke": 0.0145, "standard": 0.25, "paper": 1.0}
PER_PERSON = {"smoke": 5, "standard": 9, "paper": 9}


def pictures(scale: str) -> Format:
    """256x256 colour; the paper gives no size."""
    return Format((256, 256), (256, 256))


def plan(scale: str, seed: int) -> list[Person]:
    """People with a few photographs each; nothing in the tree tells who is who, as in a collection from the web."""
    counts = {
        (emotion, 0.0 if emotion == "neutral" else round(0.2 * level, 1)): count
        for emotion, row in TABLE_5.items()
        for level, count in enumerate(row, start=1)
    }
    cells = [cell for cell, count in share(counts, FRACTION[scale]).items() for _ in range(count)]
    return stills("eiw", seed, cells, PER_PERSON[scale], _photograph)


def _photograph(number: int, cell: tuple[str, float]) -> Take:
    return Take((f"images/{number + 1:05d}.jpg",), *cell, scene="wild")


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write labels.csv; of a hundred photographs one is unreadable, one faceless, one doubled, two are mislabelled."""
    records = records.sort_values("file", kind="stable")
    few = max(1, len(records) // 100)
    level = (100 * records["intensity"]).round().astype(int).astype(str).where(records["emotion"] != "neutral", "")
    planted = defects.plant(folder, records, rng, few, few, few, few)
    labels = pd.DataFrame({"file": planted["file"], "emotion": planted["label"], "level": level})
    labels.to_csv(folder / "labels.csv", index=False)
    return planted
