"""Emotion Intensity in the Wild (EIW): colour photographs labelled by hand with one of five levels."""

from pathlib import Path

import pandas as pd

from lib.datasets import files, label_file
from lib.datasets.about import About
from lib.datasets.table import Listing, part, split_codes
from lib.emotions import EMOTIONS
from lib.papers import paper_a

ABOUT = About(
    title="Emotion Intensity in the Wild (EIW)",
    folder="EIW",
    licence="not distributed; paper A's authors collected and labelled it",
    ask="the authors of paper A (Purdue University, HP Labs); or label your own photographs: `python -m lib.cli label`",
    tree="  labels.csv (file,emotion,level; our layout: the paper gives none)\n  images/00001.jpg ...",
    subjects=None,
    published=paper_a.EIW_IMAGES,
    unit="stills",
    colour="colour",
    pixels="",
    kind="in the wild",
    source="paper A, Table 5",
)
CODES = {emotion: emotion for emotion in EMOTIONS}
LEVELS = {"20": 0.2, "40": 0.4, "60": 0.6, "80": 0.8, "100": 1.0}  # per cent of full strength, paper A Table 5


def read(root: Path) -> Listing:
    """List the photographs with emotion and intensity; neutral has no level and intensity 0."""
    table = label_file.read(root, "labels.csv", ("file", "emotion", "level"))
    emotion, reason = split_codes(table["emotion"], CODES, {}, "emotion")
    level = table["level"].where(emotion != "neutral", "0").map({"0": 0.0, **LEVELS})
    bad = (reason == "") & ((emotion != "neutral") & ~table["level"].isin(LEVELS))
    reason = reason.mask(bad, "level " + table["level"].map(repr) + "; expected 20, 40, 60, 80 or 100")
    names = files.check_inside(table["file"], root / "labels.csv")
    rows = pd.DataFrame({"file": names, "emotion": emotion, "intensity": level})
    reason, unlabelled = files.check_files(rows, reason, root)
    return part(rows, reason, unlabelled)
