"""Karolinska Directed Emotional Faces (KDEF): colour stills from five angles, everything is in the file's name."""

import re
from pathlib import Path

import pandas as pd

from lib.datasets import files
from lib.datasets.about import About
from lib.datasets.table import Listing, part, split_codes
from lib.papers import paper_a

ABOUT = About(
    title="Karolinska Directed Emotional Faces (KDEF)",
    folder="KDEF",
    licence="non-commercial research, free after registration; not to be passed on",
    ask="Department of Clinical Neuroscience, Karolinska Institutet (kdef.se)",
    tree="  AF01/AF01ANS.JPG ... (session A or B, F or M, person, emotion, angle; at any depth)",
    subjects=paper_a.TABLE_1_SUBJECTS["KDEF"],
    published=paper_a.TABLE_1["KDEF"],
    unit="stills, two fifths of them full profiles",
    colour="colour",
    pixels="562x762",
    kind="posed",
)
CODES = {"AF": "fear", "AN": "angry", "DI": "disgust", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}
VIEWS = {"S": "straight", "HL": "half left", "HR": "half right"}
DROPPED = {
    "FL": "full left profile: one eye is hidden, so no alignment by two eyes",
    "FR": "full right profile: one eye is hidden, so no alignment by two eyes",
}
_NAME = re.compile(r"(?P<session>[AB])(?P<subject>[FM]\d{2})(?P<code>[A-Z]{2})(?P<view>S|HL|HR|FL|FR)\.jpe?g$", re.I)


def read(root: Path) -> Listing:
    """List the stills: `AF01ANHL.JPG` is session A, woman 1, angry, half left.

    Sessions A and B show the same person: the subject is `F01` in both. The column `view` tells the angle.
    """
    names, refused = files.walk(root)
    parts = names.str.rsplit("/", n=1).str[-1].str.extract(_NAME).apply(lambda column: column.str.upper())
    stray = parts["code"].isna()
    emotion, reason = split_codes(parts["code"].fillna(""), CODES, {}, "emotion code")
    view, hidden = split_codes(parts["view"].fillna(""), VIEWS, DROPPED, "angle")
    reason = reason.where(reason != "", hidden).mask(stray, "not <session><sex><person><emotion><angle>.JPG")
    rows = pd.DataFrame({"file": names, "subject": parts["subject"], "emotion": emotion, "view": view})
    return part(rows, reason, refused)
