"""EIW: photographs in the wild with five levels, in the proportions of paper A's Table 5."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.papers import paper_a
from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Shot, share, stills

FRACTION = {"smoke": 0.0145, "standard": 0.25, "paper": 1.0}
PER_PERSON = {"smoke": 5, "standard": 9, "paper": 9}


def pictures(scale: str) -> Format:
    """256x256 colour; the paper gives no size."""
    return Format((256, 256), (256, 256))


def plan(scale: str, seed: int) -> list[Person]:
    """People with a few photographs each; nothing in the tree tells who is who, as in a collection from the web."""
    counts = {("neutral", 0.0): paper_a.TABLE_5_NEUTRAL}  # neutral has no level
    for emotion, row in paper_a.TABLE_5.items():
        counts |= {(emotion, round(0.2 * level, 1)): count for level, count in enumerate(row, start=1)}
    cells = [cell for cell, count in share(counts, FRACTION[scale]).items() for _ in range(count)]
    return stills("eiw", seed, cells, PER_PERSON[scale], _photograph)


def _photograph(number: int, cell: tuple[str, float]) -> Shot:
    return Shot((f"images/{number + 1:05d}.jpg",), *cell, scene="wild")


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write labels.csv; of a hundred photographs one is unreadable, one faceless, one doubled, two are mislabelled."""
    records = records.sort_values("file", kind="stable")
    few = max(1, len(records) // 100)
    level = (100 * records["intensity"]).round().astype(int).astype(str).where(records["emotion"] != "neutral", "")
    planted = defects.plant(folder, records, rng, few, few, few, few)
    labels = pd.DataFrame({"file": planted["file"], "emotion": planted["label"], "level": level})
    labels.to_csv(folder / "labels.csv", index=False)
    return planted
