"""The counts of images and sequences that paper A prints, beside those of the data of this study."""

from pathlib import Path

import pandas as pd

from lib import augment, datasets, paths, splits
from lib.datasets import overview
from lib.emotions import EMOTIONS
from lib.evaluate.paper_items import COUNTS
from lib.papers import paper_a

PEOPLE = {"MUG": "mug", "CK+": "ck_plus", "JAFFE": "jaffe", "KDEF": "kdef"}  # as Table 1 names the sets


def counts(scale: str, tested: int) -> pd.DataFrame:
    """Return the paper's counts beside ours: `table`, `item`, `paper`, `ours`, one row per item of `COUNTS`.

    How many test images were `tested` only `lib.splits.read_test` tells.
    """
    ours = _of_data_sets(scale) | _of_splits(paths.data(scale)) | {("text", "HP test"): tested}
    used = [ours["Table 7", f"EIW, {side}"] for side in ("training", "validation")]
    ours["text", "EIW, not in Table 7"] = ours["text", "EIW"] - sum(used)
    for side in paper_a.MUG_NINE_FRAMES:
        ours["text", f"nine frames of MUG, {side}"] = (
            ours["Table 7", f"EIW + MUG, {side}"] - ours["Table 7", f"EIW, {side}"]
        )
    rows = [(table, item, n, ours[table, item]) for table, items in COUNTS.items() for item, n in items.items()]
    return pd.DataFrame(rows, columns=["table", "item", "paper", "ours"])


def _of_data_sets(scale: str) -> dict[tuple[str, str], int]:
    """Return the counts of whole data sets: those of Table 1, the text's, and Table 5, the levels of EIW."""
    raw = {name: datasets.load(name, scale=scale) for name in ("mug", "ck_plus", "jaffe", "kdef", "own", "eiw")}
    sequences = {name: raw[name].groupby(["subject", "sequence"]).ngroups for name in ("mug", "ck_plus")}
    ours = {("Table 1", "MUG sequences"): sequences["mug"]}
    ours["Table 1", "CK+ sequences with an emotion"] = sequences["ck_plus"]
    ours |= {("Table 1", item): len(raw[name]) for item, name in (("JAFFE", "jaffe"), ("KDEF", "kdef"))}
    left_out = datasets.excluded(raw["ck_plus"])
    unlabelled = left_out["file"][left_out["reason"].str.startswith("no emotion label")]  # a folder per sequence
    whole = (len(raw["mug"]), sequences["ck_plus"] + len(unlabelled))
    ours |= {("Table 1, whole sets", item): n for item, n in zip(COUNTS["Table 1, whole sets"], whole, strict=True)}
    people = {item: set(raw[name]["subject"]) for item, name in PEOPLE.items()}
    people["CK+"] |= set(unlabelled.str.split("/").str[1])
    ours |= {("Table 1, people", item): len(names) for item, names in people.items()}
    ours["text", "people of MUG that are distributed"] = len(people["MUG"])
    ours |= {("text", item): len(raw[name]) for item, name in (("own", "own"), ("EIW", "eiw"))}
    table_5 = overview.table_5(raw["eiw"]).set_index("item")["ours"]
    return ours | {("Table 5", item): images for item, images in table_5.items()}


def _of_splits(study: Path) -> dict[tuple[str, str], int]:
    """Return the counts of splits: Tables 2, 3, 4 and 7, and MUG's images of validation."""
    table_3 = splits.load("paper_table_3", study)
    strong = table_3[(table_3["data_set"] == "mug") & (table_3["split"] == "train")]["emotion"].value_counts()
    sides = table_3["split"].replace("train", "training").value_counts()
    by_hand = ((table_3["data_set"] == "mug") & (table_3["split"] == "validation")).sum()
    ours = {("Table 2", emotion): int(strong.get(emotion, 0)) for emotion in EMOTIONS}
    ours["text", "MUG, labelled by hand"] = int(by_hand)
    ours |= {("Table 3", side): int(sides[side]) for side in COUNTS["Table 3"]}
    counted = augment.count_images(table_3, splits.load("intensity", study))
    for row in counted.to_dict("records"):
        item = row["images of"].removeprefix("classification, ")
        ours[row["table"], item] = row["ours"]
        ours[row["table"], f"{item} x 28"] = row["ours, with variants"]
    return ours
