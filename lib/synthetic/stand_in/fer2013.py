"""FER-2013: 48x48 grey faces packed in fer2013.csv, with its twins and wrong labels, and FER+ votes beside it."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import images
from lib.synthetic import Truth
from lib.synthetic.stand_in import defects
from lib.synthetic.stand_in.plan import Format, Person, Shot, share, stills

CODES = {"angry": 0, "disgust": 1, "fear": 2, "happy": 3, "sad": 4, "surprise": 5, "neutral": 6}
COUNTS = {  # FER-2013, all three parts, 35,887
    "angry": 4953,
    "disgust": 547,
    "fear": 5121,
    "happy": 8989,
    "sad": 6077,
    "surprise": 4002,
    "neutral": 6198,
}
FRACTION = {"smoke": 0.0039, "standard": 0.042, "paper": 1.0}
PARTS = (("Training", 0.8), ("PublicTest", 0.9), ("PrivateTest", 1.0))  # 28,709, 3,589 and 3,589 of 35,887
VOTES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown", "NF")
FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
TWINS = 0.05  # of the rows: the real set has 1,853 copies among 35,887
WRONG = 0.10  # of the rows: the real set's labels agree with FER+ on 63 %
LEVELS = (0.7, 0.8, 0.9, 1.0)  # ours: photographs on the web whose label names an emotion show it clearly
SIZE = 48


def pictures(scale: str) -> Format:
    """Drawn at 128, cut round the face, 48x48 grey."""
    return Format((128, 128), (SIZE, SIZE), grey=True)


def plan(scale: str, seed: int) -> list[Person]:
    """People with six photographs each; nobody knows who is who, and the parts share people, as in the real set."""
    counts = share(COUNTS, FRACTION[scale], least=4)
    cells = [(emotion, LEVELS[index % 4]) for emotion, count in counts.items() for index in range(count)]
    return stills("fer2013", seed, cells, 6, lambda number, cell: Shot((str(number),), *cell, scene="wild"))


def save(folder: Path, file: str, image: np.ndarray, truth: Truth, pictures: Format) -> dict:
    """Return the pixels to note; the CSV is written at the end.

    Args:
        folder: of the tree.
        file: number of the record.
        image: uint8 (H, W, 3).
        truth: where the face is.
        pictures: the format.
    """
    face = cv2.resize(_square(images.to_grey(image), truth.face_box), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return {"pixels": " ".join(map(str, face.ravel()))}


def _square(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Cut a square with a tenth of margin round the box (x, y, width, height), inside the image."""
    x, y, width, height = box
    side = int(min(1.2 * max(width, height), *image.shape))
    left = int(np.clip(x + width / 2 - side / 2, 0, image.shape[1] - side))
    top = int(np.clip(y + height / 2 - side / 2, 0, image.shape[0] - side))
    return image[top : top + side, left : left + side]


def finish(folder: Path, records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write fer2013.csv and fer2013new.csv, in the same order."""
    records = records.assign(number=records["file"].astype(int)).sort_values("number").drop(columns="number")
    records = _spoil(records.assign(file="fer2013.csv", row=np.arange(len(records))), rng)
    share_before = (np.arange(len(records)) + 0.5) / len(records)
    usage = [next(part for part, end in PARTS if value < end) for value in share_before]
    pixels = records["pixels"].tolist()
    codes = records["label"].map(CODES)
    table = pd.DataFrame({"emotion": codes, "pixels": pixels, "Usage": usage})
    table.to_csv(folder / "fer2013.csv", index=False)
    names = [f"fer{row:07d}.png" for row in range(len(records))]
    votes = pd.DataFrame([_votes(record, rng) for record in records.itertuples()], columns=FERPLUS)
    names = pd.Series(names).where(votes["NF"] < 10, "")  # FER+ names no file for what is no face
    pd.concat([pd.DataFrame({"Usage": usage, "Image name": names}), votes], axis=1).to_csv(
        folder / "fer2013new.csv", index=False
    )
    return records


def _spoil(records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Plant twins (every fourth with another label than its original), wrong labels, and pictures without a face."""
    records = records.reset_index(drop=True)
    order = rng.permutation(len(records))
    twins, wrong, empty = (
        max(2, int(TWINS * len(records))),
        max(2, int(WRONG * len(records))),
        max(1, len(records) // 200),
    )
    for number, (copy, source) in enumerate(zip(order[:twins], order[-twins:], strict=True)):
        kept = ["pixels", "emotion", "intensity", "subject"] + (["label"] if number % 4 else [])
        records.loc[copy, kept] = records.loc[source, kept].to_numpy()
        records.loc[copy, "defect"] = f"duplicate of record {source}"
    for index in order[twins : twins + wrong]:
        others = [emotion for emotion in CODES if emotion != records.loc[index, "label"]]
        records.loc[index, ["label", "defect"]] = [others[rng.integers(len(others))], "wrong label"]
    for index in order[twins + wrong : twins + wrong + empty]:
        face = defects.scenery((SIZE, SIZE), rng)
        records.loc[index, ["pixels", "defect"]] = [" ".join(map(str, face.ravel())), "no face"]
    return records


def _votes(record: object, rng: np.random.Generator) -> np.ndarray:
    """Ten votes: on what is shown the more often the stronger it is, else neutral or anything."""
    if record.defect == "no face":
        return np.eye(10, dtype=int)[9] * 10
    chance = np.full(10, 0.02)
    chance[VOTES.index(record.emotion)] += 0.4 + 0.4 * record.intensity
    chance[VOTES.index("neutral")] += 0.4 * (1 - record.intensity)
    return rng.multinomial(10, chance / chance.sum())
