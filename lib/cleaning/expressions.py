"""Cleaning: which images are kept, which are dropped, and why. Paper A, data preparation; every threshold is ours.

Notebook 05 adds to the columns of `lib.datasets`, for the stages after it:

    digest    str    hash of the pixels; two images share it only if every pixel agrees
    cluster   int    chain of exact and near duplicates
    strength  float  movement of the landmarks from the take's own neutral, in inter-ocular distances; NaN for stills
    share     float  the same as a share of the take's strongest frame; the labelled intensity where there is one
"""

from collections.abc import Mapping

import joblib
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from tqdm.auto import tqdm

from lib import datasets
from lib.cleaning import duplicates

STRONG = 0.7  # share of the sequence's strongest frame from which an expression counts as strong
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2)  # paper A, nine frames per take
TAKES = ("mug", "ck_plus")  # recordings that begin neutral; the frames of HP test were picked and labelled one by one
STILL = 0.006  # strength below which a take shows nothing; rendered neutral takes stay below .0042, others above .0100
OUTER_CORNERS = (36, 45)  # iBUG points from 0; their distance is the unit of `strength`


def fingerprint(table: pd.DataFrame, boxes: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table with `digest` and `cluster`, and the thumbnails of the faces, float32 (N, 256).

    Every image is read once. The thumbnail is that of the face, because photographs of two people before one studio
    wall would look alike.

    Args:
        table: N readable images, columns of `lib.datasets`.
        boxes: float (N, 4), face boxes (x, y, width, height) in pixels; NaN takes the whole image.
    """
    read = joblib.Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    rows = zip(table[["data_set", "path", "row"]].to_dict("records"), boxes, strict=True)
    prints = read(joblib.delayed(_print)(row, box) for row, box in rows)
    digests, thumbnails = zip(*tqdm(prints, total=len(table), desc="fingerprints", unit="image"), strict=True)
    thumbnails = np.stack(thumbnails)
    return table.assign(digest=digests, cluster=duplicates.clusters(thumbnails, digests)), thumbnails


def expression_strength(table: pd.DataFrame, landmarks: np.ndarray) -> np.ndarray:
    """Return how far each face is from its take's neutral, float (N,), in inter-ocular distances; NaN outside `TAKES`.

    The first frame of a take is its neutral. Each frame is brought onto it by the similarity that fits the 68 points
    best. What is left is a movement. The strongest frame is the one with the largest root mean square over the
    points; every frame counts by the part of its movement that goes the strongest frame's way, because the rest is
    jitter of the detector: on rendered takes the share of the strongest frame is then .06 off the truth, by plain
    distance .10.

    Args:
        table: N rows with data_set, sequence and frame.
        landmarks: float (N, 68, 2), pixels; NaN where no face was found.
    """
    strength = np.full(len(table), np.nan)
    for rows in _sequences(table, np.isfinite(landmarks).all(axis=(1, 2))):
        neutral = landmarks[rows[0]]
        unit = np.linalg.norm(np.subtract(*neutral[list(OUTER_CORNERS)]))
        movement = ((onto(landmarks[rows], neutral) - neutral) / unit).reshape(len(rows), -1)  # (frames, 136)
        length = np.linalg.norm(movement, axis=1)
        direction = movement[length.argmax()] / max(length.max(), 1e-12)
        strength[rows] = np.maximum(movement @ direction, 0) / np.sqrt(68)
    return strength


def onto(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return faces, float (F, 68, 2), moved onto one, (68, 2), each by the similarity that fits its points best.

    Least squares with points as complex numbers: z -> a z + b, where a turns and scales, b shifts.
    """
    z, w = points @ (1, 1j), reference @ (1, 1j)  # (F, 68), (68,)
    z = z - z.mean(axis=1, keepdims=True)
    turn = (z.conj() @ (w - w.mean())) / (np.abs(z) ** 2).sum(axis=1)  # (F,), scale and rotation
    moved = turn[:, None] * z + w.mean()
    return np.stack([moved.real, moved.imag], axis=2)


def share_of_strongest(table: pd.DataFrame, strength: np.ndarray) -> np.ndarray:
    """Return the labelled intensity, else strength over the largest of the take, float (N,); NaN for stills."""
    largest = _largest(table, strength)
    share = np.divide(strength, largest, out=np.full(len(table), np.nan), where=largest > 0)
    return np.where(table["intensity"].notna(), table["intensity"], share)


def strong(table: pd.DataFrame, share: np.ndarray, least: float = STRONG) -> np.ndarray:
    """Return which images are strong, bool (N,): all but the frames of `TAKES` whose share is below `least`.

    Neutral takes are kept whole. A frame without a share (no face) is not strong.
    """
    weak = table["data_set"].isin(TAKES) & (table["emotion"] != "neutral")
    return ~weak.to_numpy() | (share >= least)


def unmoved(table: pd.DataFrame, strength: np.ndarray) -> np.ndarray:
    """Return which frames, bool (N,), belong to a take of an emotion that never leaves its neutral by `STILL`."""
    return (table["emotion"] != "neutral").to_numpy() & (_largest(table, strength) < STILL)


def intensity_frames(table: pd.DataFrame, share: np.ndarray, tolerance: float = 0.1) -> pd.DataFrame:
    """Return nine frames per take with `intensity` 20, 40, 60, 80, 100, 80, 60, 40, 20 % of the take's own maximum.

    Before and after the strongest frame, the four levels take the four different frames that fit best; a level is
    left out where the best is further than `tolerance` from it. Neutral takes are left out: 0 % is not among the
    paper's levels.
    """
    chosen: dict[int, float] = {}
    for rows in _sequences(table, (table["emotion"] != "neutral").to_numpy() & np.isfinite(share)):
        peak = int(np.argmax(share[rows]))
        chosen[rows[peak]] = 1.0
        for side in (rows[:peak], rows[peak + 1 :]):
            chosen |= _levels(side, share, tolerance)
    picked = sorted(chosen)
    return table.iloc[picked].assign(intensity=[chosen[row] for row in picked])


def first_reason(masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return per image the first reason whose mask holds, str (N,); empty where the image is kept."""
    names = np.array([*masks, ""])
    held = np.column_stack([*masks.values(), np.ones(len(next(iter(masks.values()))), dtype=bool)])
    return names[held.argmax(axis=1)]


def reason_counts(table: pd.DataFrame, reason: np.ndarray) -> pd.DataFrame:
    """Return how many images of each data set were kept or dropped, one row per reason, with a column `total`."""
    counts = pd.crosstab(pd.Series(reason, index=table.index, name="reason").replace("", "kept"), table["data_set"])
    return counts.assign(total=counts.sum(axis=1)).sort_values("total", ascending=False)


def _largest(table: pd.DataFrame, strength: np.ndarray) -> np.ndarray:
    keys = [table[column].to_numpy() for column in ("data_set", "sequence")]
    return pd.Series(strength).groupby(keys).transform("max").to_numpy()


def _print(row: dict, box: np.ndarray) -> tuple[str, np.ndarray]:
    image = datasets.read_image(row)
    return duplicates.digest(image), duplicates.thumbnail(_cut(image, box))


def _cut(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    if not np.isfinite(box).all():
        return image
    x, y, width, height = np.round(box).astype(int)
    part = image[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    return np.ascontiguousarray(part) if part.size else image


def _sequences(table: pd.DataFrame, usable: np.ndarray) -> list[np.ndarray]:
    """Return the positions of each take's usable rows, in the order of the frames."""
    rows = np.flatnonzero(usable & table["data_set"].isin(TAKES).to_numpy())
    ordered = table.iloc[rows].assign(position=rows).sort_values("frame", kind="stable")
    grouped = ordered.groupby(["data_set", "sequence"], sort=False)
    return [group.to_numpy() for _, group in grouped["position"]]


def _levels(rows: np.ndarray, share: np.ndarray, tolerance: float) -> dict[int, float]:
    wanted = np.array(sorted(set(LEVELS))[:-1])
    distance = np.abs(share[rows][:, None] - wanted)  # (frames of one side, 4)
    fits = distance <= tolerance
    pairs = zip(*linear_sum_assignment(np.where(fits, distance, 9)), strict=True)  # 9: as many levels as can be filled
    return {rows[i]: float(wanted[k]) for i, k in pairs if fits[i, k]}
