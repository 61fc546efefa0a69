"""AffectNet for training: which photographs have a face, which side they stand on, and their pixels on demand.

290,000 photographs fit neither in memory nor twice on a disk, so none is copied: `Photographs` reads a file when a
batch asks for it, cuts the face out and evens out its light. Only where the face is has been found before, once, and
is on the disk.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib import datasets, faces, splits
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS_8, index
from lib.images import to_rgb

NAME = "affectnet"  # of the data set, and of the saved split
WAYS = ("normalise", "histogram", "clahe")
VALIDATION = 0.15  # of the training photographs; it chooses the epoch, because AffectNet has no public test
TILES, LIMIT = (4, 4), 2.0  # ours: of the contrast-limited equalisation


class Photographs(Sequence):
    """Faces of photographs, decoded when they are asked for: by number, slice or array of numbers.

    Args:
        table: N photographs with a face.
        boxes: (N, 4) `x, y, width, height` in pixels, in memory or mapped; from `lib.faces.find_faces`.
        size: side of the square in pixels.
        equalise: one of `WAYS`; paper B names normalisation and histogram equalisation, the third is ours.

    Raises:
        ValueError: another `equalise`, or not as many boxes as photographs.
    """

    def __init__(self, table: pd.DataFrame, boxes: Sequence[np.ndarray], size: int, equalise: str) -> None:
        if equalise not in WAYS or len(boxes) != len(table):
            expected = f"one of {', '.join(WAYS)} and a box per photograph"
            raise ValueError(
                f"equalise is {equalise!r}, with {len(boxes)} boxes for {len(table)} rows; expected {expected}"
            )
        self.files = [table[name].to_numpy() for name in ("data_set", "path", "row")]
        self.boxes, self.size, self.equalise = boxes, size, equalise

    def __len__(self) -> int:
        """Return N."""
        return len(self.boxes)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """Return one photograph, uint8 (size, size, 3), or several, (M, size, size, 3)."""
        if isinstance(rows, int | np.integer):
            return self._read(int(rows))
        chosen = [self._read(row) for row in np.arange(len(self))[rows]]
        return np.stack(chosen) if chosen else np.empty((0, self.size, self.size, 3), np.uint8)

    def _read(self, row: int) -> np.ndarray:
        data_set, path, packed = (column[row] for column in self.files)
        image = datasets.read_image({"data_set": data_set, "path": path, "row": packed})
        return prepare(image, self.boxes[row], self.size, self.equalise)


def prepare(image: np.ndarray, box: np.ndarray, size: int, equalise: str) -> np.ndarray:
    """Return the face of a photograph at one size with its light evened out, uint8 (size, size, 3).

    Args:
        image: uint8 (H, W, 3) or (H, W).
        box: (4,) `x, y, width, height` in pixels.
        size: side in pixels.
        equalise: one of `WAYS`.
    """
    x, y, width, height = np.round(box).astype(int)
    face = to_rgb(image)[max(0, y) : y + height, max(0, x) : x + width]
    return even_out(cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA), equalise)


def even_out(image: np.ndarray, equalise: str) -> np.ndarray:
    """Return an image with its brightness evened out and its colours kept, uint8 (H, W, 3).

    Args:
        image: uint8 (H, W, 3).
        equalise: "normalise" stretches the brightness over all grey levels, "histogram" makes them equally frequent,
            "clahe" does so tile by tile with limited contrast.
    """
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    brightness = colours[..., 0]
    if equalise == "normalise":
        colours[..., 0] = cv2.normalize(brightness, None, 0, 255, cv2.NORM_MINMAX)
    elif equalise == "histogram":
        colours[..., 0] = cv2.equalizeHist(brightness)
    else:
        colours[..., 0] = cv2.createCLAHE(LIMIT, TILES).apply(brightness)
    return cv2.cvtColor(colours, cv2.COLOR_YCrCb2RGB)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the photographs of each emotion by what came of face detection; `table` has `emotion` and `status`."""
    order = [emotion for emotion in EMOTIONS_8 if emotion in set(table["emotion"])]
    return pd.crosstab(table["emotion"], table["status"], margins=True, margins_name="all").loc[[*order, "all"]]


def in_words(table: pd.DataFrame) -> str:
    """Return how many photographs are used, have no face, or cannot be read; `table` has `status`."""
    often = table["status"].value_counts()
    used, missing = often.get("ok", 0), often.get("no face", 0)
    return (
        f"{used:,} of {len(table):,} photographs are used; {missing} have no face and {len(table) - used - missing} "
        "cannot be read."
    )


def divide(table: pd.DataFrame, study: Path, seed: int = 0) -> pd.DataFrame:
    """Save the split of AffectNet, and return its training and validation rows.

    AffectNet's own validation set reports, so it is the test side here. A part of its training set, whole clusters of
    near duplicates together, chooses the epoch. Training rows with a near duplicate on another side are left out.

    Args:
        table: photographs with a face, from `lib.faces.find_faces`.
        study: folder of the products, `lib.paths.data(scale)`.
        seed: of the draw.

    Raises:
        LeakError: two sides share something.
    """
    boxes = faces.find_faces(table, study).box
    table = duplicates.fingerprint(table, boxes)[0]
    reported = table["split"] == "validation"
    sides = splits.split(table[~reported], {"train": 1 - VALIDATION, "validation": VALIDATION}, seed)
    both = pd.concat([sides, table[reported].assign(split="test")], ignore_index=True)
    splits.save(splits.audit(splits.without_leaks(both)), NAME, study)
    return splits.load(NAME, study)


def side(table: pd.DataFrame, study: Path, size: int, equalise: str) -> tuple[Photographs, np.ndarray]:
    """Return photographs and their class numbers, int (N,), positions in `EMOTIONS_8`.

    Args:
        table: N rows with a face.
        study: folder of the products.
        size: side in pixels.
        equalise: one of `WAYS`.
    """
    boxes = faces.find_faces(table, study).box
    return Photographs(table, boxes, size, equalise), index(table["emotion"], EMOTIONS_8)
