"""CK+: grey 640x490 sequences from neutral to peak, a label for some of them, 68 landmarks per frame."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.synthetic import Truth
from lib.synthetic.stand_in.drawing import save_image
from lib.synthetic.stand_in.plan import Format, Person, Shot, first_seed, share

CODES = {"angry": 1, "contempt": 2, "disgust": 3, "fear": 4, "happy": 5, "sad": 6, "surprise": 7}
LABELLED = {
    "angry": 45,
    "contempt": 18,
    "disgust": 59,
    "fear": 25,
    "happy": 69,
    "sad": 28,
    "surprise": 83,
}  # Lucey 2010
UNLABELLED = 266  # of 593 sequences
FRACTION = {"smoke": 0.07, "standard": 0.5, "paper": 1.0}
PEOPLE = {"smoke": 8, "standard": 60, "paper": 123}
FRAMES = {"smoke": 5, "standard": 6, "paper": 18}  # real sequences have 10 to 60, 18 on average


def pictures(scale: str) -> Format:
    """640x490 grey; drawn at half of that."""
    return Format((245, 320), (490, 640), grey=True)


def plan(scale: str, seed: int) -> list[Person]:
    """Deal the sequences to people in turn; those without a label show some emotion at less than half strength."""
    counts = share(LABELLED, FRACTION[scale])
    labelled = [emotion for emotion, count in counts.items() for _ in range(count)]
    rng = np.random.default_rng([seed, 1])
    unlabelled = rng.choice(
        sorted(LABELLED), max(2, round(UNLABELLED * FRACTION[scale] / 2 if scale != "paper" else UNLABELLED))
    )
    shows = [(emotion, 1.0) for emotion in labelled] + [(str(emotion), 0.4) for emotion in unlabelled]
    people = PEOPLE[scale]
    return [
        Person(first_seed("ck_plus", seed) + number, tuple(_shots(number, shows[number::people], FRAMES[scale])))
        for number in range(people)
    ]


def _shots(number: int, shows: list[tuple[str, float]], frames: int) -> list[Shot]:
    """The names: subjects from S005 on, sequences from 001, frames from 1; weak sequences get no label."""
    shots = []
    for sequence, (emotion, peak) in enumerate(shows, start=1):
        name = f"S{number + 5:03d}/{sequence:03d}/S{number + 5:03d}_{sequence:03d}"
        files = tuple(f"cohn-kanade-images/{name}_{frame:08d}.png" for frame in range(1, frames + 1))
        shots.append(Shot(files, emotion, peak, is_sequence=True, release=False))
    return shots


def save(folder: Path, file: str, image: np.ndarray, truth: Truth, pictures: Format) -> dict:
    """Write the frame and its landmarks (x y per line, in pixels of the written frame).

    Args:
        folder: of the tree.
        file: the frame, relative to it.
        image: uint8 (H, W, 3).
        truth: what is known about it.
        pictures: the format.
    """
    save_image(folder, file, image, truth, pictures)
    path = folder / file.replace("cohn-kanade-images", "Landmarks").replace(".png", "_landmarks.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    scale = pictures.written[1] / pictures.drawn[1]
    np.savetxt(path, truth.landmarks * scale, fmt="%16.7e", delimiter="")
    return {}


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write one label per labelled sequence, named after its last frame; a real code looks like `   3.0000000e+00`."""
    sequence = records["file"].str.rsplit("/", n=1).str[0]
    last = records.groupby(sequence)["file"].transform("max") == records["file"]
    for record in records[last & (records["intensity"] > 0.7)].itertuples():
        path = folder / record.file.replace("cohn-kanade-images", "Emotion").replace(".png", "_emotion.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"   {CODES[record.emotion]:.7e}\n", "utf-8")
    return records
