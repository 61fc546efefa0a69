"""Extended Cohn-Kanade (CK+): grey sequences from neutral to peak; 327 of 593 carry an emotion."""

import re
from pathlib import Path

import pandas as pd

from lib.datasets import files
from lib.datasets.about import About
from lib.datasets.table import Listing

ABOUT = About(
    title="Extended Cohn-Kanade (CK+)",
    folder="CK+",
    licence="non-commercial research; signed agreement; only some subjects may be printed",
    ask="Affect Analysis Group, University of Pittsburgh (Jeffrey Cohn)",
    tree=(
        "  cohn-kanade-images/S005/001/S005_001_00000001.png ...\n"
        "  Emotion/S005/001/S005_001_00000011_emotion.txt\n"
        "  Landmarks/S005/001/S005_001_00000001_landmarks.txt ... (not read)"
    ),
    subjects=123,
    published=327,
    unit="labelled sequences of 593",
    colour="mostly grey",
    pixels="640x490",
    kind="posed; some spontaneous smiles",
)
CODES = {  # the read-me of the distribution, 28 September 2010
    0: "neutral",
    1: "angry",
    2: "contempt",  # not in paper A, which leaves it out; the cleaning drops it, with a reason
    3: "disgust",
    4: "fear",
    5: "happy",
    6: "sad",
    7: "surprise",
}
NO_LABEL = "no emotion label: the peak fits no prototype (266 of the 593 published sequences)"
_FRAME = re.compile(r"(?P<sequence>(?P<subject>S\d{3})/\d{3})/S\d{3}_\d{3}_(?P<frame>\d{8})\.png$", re.I)


def read(root: Path) -> Listing:
    """List every frame of the labelled sequences; the label is the peak's and stands on each frame.

    A sequence without a label is one line among the exclusions, by its folder.
    """
    found, refused = files.walk(root, "cohn-kanade-images")
    labels, bad = _labels(root)
    names = pd.Series(found, dtype=str)
    parts = names.str.removeprefix("cohn-kanade-images/").str.extract(_FRAME)
    stray = parts["sequence"].isna()
    rows = pd.DataFrame(
        {
            "file": names,
            "subject": parts["subject"],
            "sequence": parts["sequence"],
            "frame": parts["frame"],
            "emotion": parts["sequence"].map(labels),
        }
    )
    unlabelled = sorted(set(rows.loc[~stray & rows["emotion"].isna(), "sequence"]) - bad.keys())
    rows_kept = rows[rows["emotion"].notna()].astype({"frame": "int64"}).reset_index(drop=True)
    excluded = [(file, "not S<subject>/<sequence>/S<subject>_<sequence>_<frame>.png") for file in names[stray]]
    excluded += [(f"cohn-kanade-images/{sequence}", NO_LABEL) for sequence in unlabelled]
    excluded += [(f"cohn-kanade-images/{sequence}", reason) for sequence, reason in bad.items()]
    return Listing(rows_kept, [*excluded, *refused])


def _labels(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return sequence -> emotion, and sequence -> reason where the label file says something else than a code."""
    labels, bad = {}, {}
    texts, _ = files.walk(root, "Emotion", suffixes={".txt"})
    for name in texts:
        sequence = "/".join(name.split("/")[1:3])
        text = (root / name).read_text(encoding="utf-8-sig", errors="replace").strip()
        code = float(text) if re.fullmatch(r"\d+(\.\d*)?(e[+-]?\d+)?", text, re.I) else None
        if code in CODES:
            labels[sequence] = CODES[code]
        else:
            bad[sequence] = f"unknown emotion code {text[:20]!r} in {name}; expected 0 to 7"
    return labels, bad
