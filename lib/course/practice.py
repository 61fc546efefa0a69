"""A small table of stand-ins for exercises on splits: the plan of MUG's, before any image is drawn."""

import hashlib

import numpy as np
import pandas as pd

from lib.datasets import table
from lib.synthetic.stand_in import layout

COPIES = 6  # images planted a second time under another person's name


def images(seed: int = 0, scale: str = "smoke") -> pd.DataFrame:
    """Return one row per image that the stand-in of MUG would hold, with a few near duplicates across people.

    Nothing is drawn: `digest` and `cluster`, which cleaning measures on pixels, number the images instead, and a copy
    has the cluster of its original.

    Args:
        seed: of the choice of copies.
        scale: smoke, standard or paper.
    """
    rows = [
        {"path": file, "subject": str(person.seed), "sequence": f"{person.seed}/{number}", "emotion": shot.emotion}
        for person in layout("mug").plan(scale, 0)
        for number, shot in enumerate(person.shots)
        for file in shot.files
    ]
    made = table.finish(pd.DataFrame(rows), data_set="mug", origin="stand-in")
    made = made.assign(digest=[_digest(path) for path in made["path"]], cluster=np.arange(len(made)))
    return _with_copies(made, np.random.default_rng(seed))


def _with_copies(made: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table with images of the first person again, as single images of nobody who is named."""
    first = made[made["subject"] == made["subject"].iloc[0]]
    copies = first.iloc[rng.choice(len(first), COPIES, replace=False)]
    copies = copies.assign(path="copy_of_" + copies["path"], subject="", sequence="")
    copies["digest"] = [_digest(path) for path in copies["path"]]
    return pd.concat([made, copies], ignore_index=True)


def _digest(path: str) -> str:
    return hashlib.blake2b(path.encode(), digest_size=16).hexdigest()
