"""MUG Facial Expression Database: colour sequences, neutral to apex to neutral, one folder per sequence."""

import re
from pathlib import Path

import pandas as pd

from lib.datasets import files
from lib.datasets.about import About
from lib.datasets.table import Listing, part, split_codes
from lib.papers import paper_a

ABOUT = About(
    title="MUG Facial Expression Database",
    folder="MUG",
    licence="research only; signed licence agreement; 52 of 86 people agreed to be distributed",
    ask="Multimedia Understanding Group, Aristotle University of Thessaloniki",
    tree="  subjects3/001/[session0/]anger/take000/img_0000.jpg ...",
    subjects=paper_a.TABLE_1_SUBJECTS["MUG"],
    published=paper_a.TABLE_1["MUG sequences"],
    unit="sequences",
    colour="colour",
    pixels="896x896",
    kind="posed",
)
CODES = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
}
DROPPED = {"mixed": "several emotions one after the other: no single label"}
_FRAME = re.compile(
    r"(?P<subject>\d{3})/(?:(?P<session>session\d+)/)?(?P<code>[^/]+)/(?P<take>take\d+)/"
    r"(?:[^/]*\D)?(?P<frame>\d{1,18})\.jpe?g$",
    re.I,
)


def read(root: Path) -> Listing:
    """List every frame of every sequence; its emotion stands on each of its frames, the neutral ones too."""
    below = files.first_folder(root, "subjects3") or ""
    names, refused = files.walk(root, below)
    parts = names.str.removeprefix(f"{below}/" if below else "").str.extract(_FRAME)
    stray = parts["code"].isna()
    parts = parts.fillna("")
    emotion, reason = split_codes(parts["code"].str.lower(), CODES, DROPPED, "emotion folder")
    reason = reason.mask(stray, "not <subject>/<emotion>/take<number>/<name><number>.jpg")
    session = parts["session"].where(parts["session"] == "", parts["session"] + "/")
    rows = pd.DataFrame(
        {
            "file": names,
            "subject": parts["subject"],
            "sequence": parts["subject"] + "/" + session + parts["code"] + "/" + parts["take"],
            "frame": parts["frame"].replace("", "-1").astype("int64"),
            "emotion": emotion,
        }
    )
    return part(rows, reason, refused)
