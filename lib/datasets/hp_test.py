"""HP Facial Expression Test Set: frames picked from videos of five people, for the test only."""

import re
from pathlib import Path

import pandas as pd

from lib.datasets import files, label_file
from lib.datasets.about import About
from lib.datasets.table import Listing, part, split_codes
from lib.emotions import EMOTIONS
from lib.papers import paper_a

ABOUT = About(
    title="HP Facial Expression Test Set",
    folder="HP_test",
    licence="not distributed",
    ask="the authors of paper A (HP Labs); or record your own: `python -m lib.cli frames VIDEO`",
    tree="  labels.csv (file,emotion; our layout: the paper gives none)\n  subject_1/video_1/frame_000012.jpg ...",
    subjects=paper_a.HP_TEST_SUBJECTS,
    published=paper_a.HP_TEST_IMAGES,
    unit="frames",
    colour="colour",
    pixels="",
    kind="test only",
    source="paper A, text",
)
CODES = {emotion: emotion for emotion in EMOTIONS}
_FRAME = re.compile(r"(?P<subject>[^/]+)/(?P<video>[^/]+)/frame_(?P<frame>\d{1,18})\.[a-z]+$", re.I)


def read(root: Path) -> Listing:
    """List the frames; a sequence is one video of one person, and every row is of the test split."""
    table = label_file.read(root, "labels.csv", ("file", "emotion"))
    emotion, reason = split_codes(table["emotion"], CODES, {}, "emotion")
    names = files.check_inside(table["file"], root / "labels.csv")
    parts = names.str.extract(_FRAME)
    reason = reason.mask(parts["frame"].isna(), "not <subject>/<video>/frame_<number>.jpg")
    rows = pd.DataFrame(
        {
            "file": names,
            "subject": parts["subject"].fillna(""),
            "sequence": (parts["subject"] + "/" + parts["video"]).fillna(""),
            "frame": parts["frame"].fillna("-1").astype("int64"),
            "emotion": emotion,
            "split": "test",
        }
    )
    reason, unlabelled = files.check_files(rows, reason, root)
    return part(rows, reason, unlabelled)
