"""Extended Cohn-Kanade (CK+): grey sequences from neutral to peak; 327 of 593 carry an emotion."""

import re
from pathlib import Path

from lib.datasets import files
from lib.datasets.about import About
from lib.datasets.table import Listing
from lib.papers import paper_a

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
    subjects=paper_a.TABLE_1_SUBJECTS["CK+"],
    published=paper_a.TABLE_1["CK+ sequences with an emotion"],
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
_SEQUENCE = r"(?P<sequence>(?P<subject>S\d{3})/(?P<number>\d{3}))/(?P=subject)_(?P=number)_"  # the name repeats it
_FRAME = re.compile(_SEQUENCE + r"(?P<frame>\d{8})\.png$", re.I)
_LABEL = re.compile(_SEQUENCE + r"\d{8}_emotion\.txt$", re.I)


def read(root: Path) -> Listing:
    """List every frame of the labelled sequences; the label is the peak's and stands on each frame.

    A sequence without a label is one line among the exclusions, by its folder.
    """
    names, refused = files.walk(root, "cohn-kanade-images")
    labels, bad, stray_labels = _labels(root)
    rows = names.str.removeprefix("cohn-kanade-images/").str.extract(_FRAME).drop(columns="number")
    stray = rows["sequence"].isna()
    rows = rows.assign(file=names, emotion=rows["sequence"].map(labels))
    unlabelled = dict.fromkeys(sorted(set(rows.loc[~stray & rows["emotion"].isna(), "sequence"])), NO_LABEL)
    excluded = [(file, "not S<subject>/<sequence>/S<subject>_<sequence>_<frame>.png") for file in names[stray]]
    excluded += [(f"cohn-kanade-images/{sequence}", reason) for sequence, reason in (unlabelled | bad).items()]
    kept = rows[rows["emotion"].notna()].astype({"frame": "int64"}).reset_index(drop=True)
    return Listing(kept, [*excluded, *stray_labels, *refused])


def _labels(root: Path) -> tuple[dict[str, str], dict[str, str], list[tuple[str, str]]]:
    """Return sequence -> emotion; sequence -> why its label cannot be used; (label file, why it belongs nowhere)."""
    names, strays = files.walk(root, "Emotion", suffixes={".txt"})
    texts, labels, bad = {}, {}, {}
    for name in names:
        place = _LABEL.search(name)
        if place is None:
            strays.append((name, "not S<subject>/<sequence>/S<subject>_<sequence>_<frame>_emotion.txt"))
        else:
            text = files.first_bytes(root, name).decode("utf-8-sig", "replace").strip()
            texts.setdefault(place["sequence"], []).append(text)
    for sequence, contents in texts.items():
        codes = {_code(text) for text in contents}
        if not codes <= CODES.keys():
            bad[sequence] = f"unknown emotion code {contents[0][:20]!r} in its label file; expected 0 to 7"
        elif len(codes) > 1:
            bad[sequence] = f"its label files contradict each other: {', '.join(contents)}"
        else:
            labels[sequence] = CODES[codes.pop()]
    return labels, bad, strays


def _code(text: str) -> float | None:
    """Return the number in a label file such as `3.0000000e+00`, None where there is none."""
    return float(text) if re.fullmatch(r"\d+(\.\d*)?(e[+-]?\d+)?", text, re.I) else None
