"""Cleaning: which images are kept, which are dropped, and why. Paper A, data preparation; every threshold is ours.

Notebook 02 writes, for the stages after it, the columns of `lib.datasets` and these:

    digest    str    hash of the pixels; two images share it only if every pixel agrees
    cluster   int    chain of exact and near duplicates
    strength  float  distance of the landmarks from the sequence's own neutral, unit inter-ocular; NaN for stills
    stills share     float  the same as a share of the sequence's strongest frame; the labelled intensity where there
    is one role      str    what paper A uses the image for: train, validation or test

`tables/classification.parquet` holds MUG, CK+, JAFFE, KDEF, own and HP test; `tables/intensity.parquet` holds EIW and
nine frames per MUG take, with `intensity` filled.
"""

from collections.abc import Mapping, Sequence

import joblib
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from tqdm.auto import tqdm

from lib import datasets, duplicates

STRONG = 0.7  # share of the sequence's strongest frame from which an expression counts as strong
LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4, 0.2)  # paper A, nine frames per take
STEADY = (27, 28, 29, 30, 36, 39, 42, 45)  # iBUG points, from 0, that expressions move least: nose bridge, eye corners
OUTER_CORNERS = (36, 45)  # their distance is the unit of `strength`


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
    """Return how far each face is from its sequence's neutral, float (N,), in inter-ocular distances; NaN for stills.

    The first frame of a sequence is its neutral (MUG and CK+ both start there). Each frame is brought onto it by the
    similarity that fits `STEADY` best; the strength is the mean distance of the 68 points.

    Args:
        table: N rows with data_set, sequence and frame.
        landmarks: float (N, 68, 2), pixels; NaN where no face was found.
    """
    strength = np.full(len(table), np.nan)
    for rows in _sequences(table, np.isfinite(landmarks).all(axis=(1, 2))):
        neutral = landmarks[rows[0]]
        unit = np.linalg.norm(np.subtract(*neutral[list(OUTER_CORNERS)]))
        moved = _onto(landmarks[rows], neutral)
        strength[rows] = np.linalg.norm(moved - neutral, axis=2).mean(axis=1) / unit
    return strength


def share_of_strongest(table: pd.DataFrame, strength: np.ndarray) -> np.ndarray:
    """Return the labelled intensity, else strength over the largest of the sequence, float (N,) in [0, 1]."""
    keys = [table[column].to_numpy() for column in ("data_set", "sequence")]
    largest = pd.Series(strength).groupby(keys).transform("max").to_numpy()
    share = np.divide(strength, largest, out=np.full(len(table), np.nan), where=largest > 0)
    return np.where(table["intensity"].notna(), table["intensity"], share)


def strong(table: pd.DataFrame, share: np.ndarray, least: float = STRONG) -> np.ndarray:
    """Return which images are strong, bool (N,): stills and neutral takes all, frames whose share reaches `least`."""
    still = (table["sequence"] == "").to_numpy()
    return still | (table["emotion"] == "neutral").to_numpy() | (share >= least)


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
    return table.iloc[picked].assign(intensity=[chosen[row] for row in picked], share=share[picked])


def suspects(
    features: np.ndarray, emotions: Sequence[str], groups: np.ndarray, folds: int = 5, seed: int = 0
) -> pd.DataFrame:
    """Return per image the confidence in its label, the best other emotion, and whether the label is suspected.

    Confident learning (Northcutt, Jiang and Chuang 2021) in its simplest form: a linear discriminant predicts every
    image from the folds that hold none of its group. A label is suspected where another emotion is at least as
    probable as that emotion usually is on its own images, and more probable than the label.

    Args:
        features: float (N, F), one row per image.
        emotions: N labels.
        groups: int (N,), from `lib.leaks.groups`.
        folds: of the cross-validation.
        seed: of the folds.

    Returns:
        Columns confidence (probability of the label), suggestion, suspected.
    """
    y = np.asarray(emotions, dtype=str)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    probability = cross_val_predict(model, features, y, groups=groups, cv=cut, method="predict_proba")
    names, label = np.unique(y, return_inverse=True)
    own = probability[np.arange(len(y)), label]
    usual = np.array([own[label == k].mean() for k in range(len(names))])
    rival = np.where(np.arange(len(names)) == label[:, None], -1.0, probability)
    best = rival.argmax(axis=1)
    other = rival.max(axis=1)
    return pd.DataFrame(
        {"confidence": own, "suggestion": names[best], "suspected": (other >= usual[best]) & (other > own)}
    )


def first_reason(masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return per image the first reason whose mask holds, str (N,); empty where the image is kept."""
    names = np.array([*masks, ""])
    held = np.column_stack([*masks.values(), np.ones(len(next(iter(masks.values()))), dtype=bool)])
    return names[held.argmax(axis=1)]


def reason_counts(table: pd.DataFrame, reason: np.ndarray) -> pd.DataFrame:
    """Return how many images of each data set were kept or dropped, one row per reason, with a column `total`."""
    counts = pd.crosstab(pd.Series(reason, index=table.index, name="reason").replace("", "kept"), table["data_set"])
    return counts.assign(total=counts.sum(axis=1)).sort_values("total", ascending=False)


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
    """Return the positions of each sequence's usable rows, in the order of the frames."""
    rows = np.flatnonzero(usable & (table["sequence"] != "").to_numpy())
    ordered = table.iloc[rows].assign(position=rows).sort_values("frame", kind="stable")
    grouped = ordered.groupby(["data_set", "sequence"], sort=False)
    return [group.to_numpy() for _, group in grouped["position"]]


def _onto(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Bring each face of (F, 68, 2) onto (68, 2) by least squares over `STEADY`: as complex numbers, z -> a z + b."""
    z, w = points @ (1, 1j), reference @ (1, 1j)  # (F, 68), (68,)
    steady = list(STEADY)
    z = z - z[:, steady].mean(axis=1, keepdims=True)
    target = w[steady] - w[steady].mean()
    turn = (z[:, steady].conj() @ target) / (np.abs(z[:, steady]) ** 2).sum(axis=1)  # (F,), scale and rotation
    moved = turn[:, None] * z + w[steady].mean()
    return np.stack([moved.real, moved.imag], axis=2)


def _levels(rows: np.ndarray, share: np.ndarray, tolerance: float) -> dict[int, float]:
    wanted = np.array(sorted(set(LEVELS))[:-1])
    distance = np.abs(share[rows][:, None] - wanted)  # (frames of one side, 4)
    pairs = zip(*linear_sum_assignment(distance), strict=True)
    return {rows[i]: float(wanted[k]) for i, k in pairs if distance[i, k] <= tolerance}
