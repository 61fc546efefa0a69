"""Your own photographs: a folder per emotion, or a CSV such as `python -m lib.cli label` writes."""

from pathlib import Path

import pandas as pd

from lib.datasets import files, label_file
from lib.datasets.about import About
from lib.datasets.table import DataError, Listing, part, split_codes
from lib.emotions import EMOTIONS_8
from lib.papers import paper_a

ABOUT = About(
    title="Own validation set",
    folder="own",
    licence="yours: ask everybody shown",
    ask="your camera; label with `python -m lib.cli label FOLDER`",
    tree=(
        "  either angry/any name.jpg ... happy/any name.jpg (one folder per emotion)\n"
        "  or labels.csv (path,emotion and optionally intensity,subject,split) and the files that it names"
    ),
    subjects=None,
    published=paper_a.OWN_IMAGES,
    unit="stills",
    colour="colour",
    pixels="",
    kind="by hand",
    source="paper A, text",
)
CODES = {
    **{emotion: emotion for emotion in EMOTIONS_8},
    "anger": "angry",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
DROPPED = {"unsuitable": "marked unsuitable by the annotator", "": "not labelled yet"}
OPTIONAL = ("intensity", "subject", "split", "annotator")


def read(root: Path) -> Listing:
    """List the photographs by `labels.csv` if there is one, else by folder.

    Raises:
        DataError: several CSV files and none is called labels.csv.
    """
    tables = sorted(path for path in root.glob("*.csv") if path.name not in {"groups.csv", "truth.csv"})
    if not tables:
        return _by_folder(root)
    if len(tables) > 1 and root / "labels.csv" not in tables:
        raise DataError(f"{root} holds {', '.join(path.name for path in tables)}; name the one to use labels.csv")
    return _by_csv(root, "labels.csv" if root / "labels.csv" in tables else tables[0].name)


def _by_folder(root: Path) -> Listing:
    names, refused = files.walk(root)
    emotion, reason = split_codes(names.str.split("/").str[0].str.lower(), CODES, {}, "emotion folder")
    return part(pd.DataFrame({"file": names, "emotion": emotion}), reason, refused)


def _by_csv(root: Path, name: str) -> Listing:
    """Several annotators of one file: the first usable row counts; agreement is `lib.labelling`'s."""
    table = label_file.read(root, name, ("path", "emotion"), OPTIONAL)
    table = table.reindex(columns=["path", "emotion", *OPTIONAL], fill_value="")
    emotion, reason = split_codes(table["emotion"].str.lower(), CODES, DROPPED, "emotion")
    intensity = pd.to_numeric(table["intensity"].replace("", "nan"), errors="coerce")
    bad = (table["intensity"] != "") & ~intensity.between(0, 1)
    reason = reason.mask(bad, "intensity " + table["intensity"].map(repr) + "; expected a number from 0 to 1")
    strange = ~table["split"].isin(("", "train", "validation", "test"))
    reason = reason.mask(strange, "split " + table["split"].map(repr) + "; expected train, validation or test")
    rows = pd.DataFrame(
        {
            "file": files.check_inside(table["path"], root / name),
            "subject": table["subject"],
            "emotion": emotion,
            "intensity": intensity.astype("float64"),
            "split": table["split"],
        }
    )
    reason, unlabelled = files.check_files(rows, reason, root)
    return part(rows, reason, unlabelled)
