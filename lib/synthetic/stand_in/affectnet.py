"""AffectNet: 224x224 colour photographs of eight emotions, four annotation files each."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.emotions import EMOTIONS_8
from lib.synthetic import Truth
from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.drawing import save_image
from lib.synthetic.stand_in.plan import Format, Person, Shot, stills

CODES = {
    "neutral": 0,
    "happy": 1,
    "sad": 2,
    "surprise": 3,
    "fear": 4,
    "disgust": 5,
    "angry": 6,
    "contempt": 7,
}
AFFECT = {  # valence and arousal at full strength: round values of the circumplex, ours
    "neutral": (0.0, 0.0),
    "happy": (0.8, 0.3),
    "sad": (-0.7, -0.3),
    "surprise": (0.2, 0.8),
    "fear": (-0.3, 0.8),
    "disgust": (-0.7, 0.4),
    "angry": (-0.6, 0.7),
    "contempt": (-0.5, 0.3),
}
PER_EMOTION = {"smoke": 8, "standard": 48, "paper": 1000}
LEVELS = (0.4, 0.6, 0.8, 1.0)
VALIDATION = 5  # every fifth person


def pictures(scale: str) -> Format:
    """224x224 colour."""
    return Format((224, 224), (224, 224))


def plan(scale: str, seed: int) -> list[Person]:
    """People with eight photographs each; a fifth of the people is the validation set."""
    cells = [(emotion, LEVELS[index % 4]) for emotion in EMOTIONS_8 for index in range(PER_EMOTION[scale])]
    people = stills("affectnet", seed, cells, 8, lambda number, cell: Shot((str(number),), *cell, scene="wild"))
    return [
        _in_folder(person, "val_set" if index % VALIDATION == 0 else "train_set") for index, person in enumerate(people)
    ]


def _in_folder(person: Person, folder: str) -> Person:
    shots = (
        Shot((f"{folder}/images/{shot.files[0]}.jpg",), shot.emotion, shot.intensity, shot.scene)
        for shot in person.shots
    )
    return Person(person.seed, tuple(shots))


def save(folder: Path, file: str, image: np.ndarray, truth: Truth, pictures: Format) -> dict:
    """Write the image and its 68 landmarks.

    Args:
        folder: of the tree.
        file: the image, relative to it.
        image: uint8 (H, W, 3).
        truth: what is known about it.
        pictures: the format.
    """
    save_image(folder, file, image, truth, pictures)
    path = _annotation(folder, file, "lnd")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, truth.landmarks.astype(np.float64).ravel())
    return {}


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write expression, valence and arousal, as text in arrays without dimension, as distributed."""
    few = max(1, len(records) // 100)
    planted = defects.plant(folder, records, rng, few, few, few, few)
    for record in planted.itertuples():
        valence, arousal = (round(value * record.intensity, 3) for value in AFFECT[record.emotion])
        for kind, value in (("exp", CODES[record.label]), ("val", valence), ("aro", arousal)):
            np.save(_annotation(folder, record.file, kind), np.array(str(value)))
    return planted


def _annotation(folder: Path, file: str, kind: str) -> Path:
    return folder / file.replace("/images/", "/annotations/").replace(".jpg", f"_{kind}.npy")
