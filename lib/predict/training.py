"""From a data set of one's own to a file for `Predictor.load`, and a file's figures of merit on a data set."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib import datasets, emotions, evaluate, faces, models, paths, records, splits
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS
from lib.predict import export
from lib.predict.network import Network
from lib.splits import leakage
from lib.training import MODERN, real_faces

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}  # of the images, whole people together
LIMITS = "Tested on images of the same data set alone. An expression is not a feeling: not for decisions about people."
METRICS = ["metric", "of", "value", "low", "high", "n", "clusters"]


def train(data_set: str, out: Path, epochs: int, size: int, seed: int, scale: str) -> Iterator[str]:
    """Fit the modern compact network on a data set and export it, in 8 bits; yield what was done in words.

    Subjects, sequences and near duplicates stay on one side of the split. One side chooses the epoch, another is
    reported. An equal fit that was killed goes on.

    Args:
        data_set: one of `lib.datasets.NAMES`.
        out: file, .tflite.
        epochs: passes over the training images.
        size: side of a crop in pixels.
        seed: of split, weights and batches.
        scale: of the stand-in, where there is no real data.

    Raises:
        ValueError: too few people to fill three sides, or the export fails its check.
        OSError: `out` cannot be written.
    """
    export.check(out)
    study = paths.data(scale)
    table, crops = cropped(data_set, size, scale)
    table = splits.split(table, SHARES, seed)
    sides = {name: np.flatnonzero(table["split"] == name) for name in SHARES}
    labels, origin = emotions.index(table["emotion"]), records.origin(table)
    pairs = {name: (crops[rows], labels[rows]) for name, rows in sides.items()}
    yield f"{data_set} ({origin}): " + ", ".join(f"{len(rows)} images to {name}" for name, rows in sides.items())
    settings = replace(MODERN, epochs=epochs, seed=seed)
    model, record = real_faces.fit(pairs["train"], pairs["validation"], settings, study / "models" / "own" / data_set)
    yield f"epoch {record.best_epoch + 1} of {epochs} was chosen"
    tested = table.iloc[sides["test"]]
    held_out = export.Faces(
        crops[sides["test"]],
        tested["emotion"].to_numpy(),
        leakage.groups(table)[sides["test"]],
        pairs["train"][0][: export.CALIBRATION],
        origin,
        f"{datasets.about(data_set).title}: {_tested(tested)}, in neither training nor the choice of the epoch",
    )
    data = f"{datasets.about(data_set).title}, {len(sides['train'])} training images"
    answers = emotions.names(models.predict(model, held_out.crops, flip=True))
    scores = evaluate.classification(held_out.emotion, answers, held_out.groups).dropna(subset="value")
    metrics = scores[METRICS].round(4).to_dict("records")
    facts = {"data": data, "limits": LIMITS, "metrics": metrics, "mirrored": True, "origin": origin, "head": "softmax"}
    row = export.export(model, facts, "dynamic range", out, held_out)
    few = np.isnan(row["low"])
    interval = "too few people for an interval" if few else f"{row['low']:.3f} to {row['high']:.3f}"
    yield f"accuracy {row['accuracy']:.3f} ({interval}), n = {row['labelled']}"
    yield f"{out}: {row['MB']:.1f} MB, {row['answers changed']:.2%} of the answers changed by the export"


def _tested(table: pd.DataFrame) -> str:
    """Return who was tested: people only where every one of them is known."""
    if (table["subject"] != "").all():
        return "other people"
    return "other images, near duplicates apart, of people who are unknown and may be the same"


def evaluate_on(network: Network, data_set: str, scale: str) -> pd.DataFrame:
    """Return the figures of merit of a network on the faces of a data set, as `lib.evaluate.classification` has them.

    Args:
        network: from `lib.predict.network.load`.
        data_set: one of `lib.datasets.NAMES`.
        scale: of the stand-in, where there is no real data.
    """
    table, crops = cropped(data_set, network.contract.size, scale, network.contract.alignment)
    outputs = np.stack([network(crop) for crop in crops])
    answers = emotions.names(outputs, network.contract.classes)
    return evaluate.classification(table["emotion"], answers, leakage.groups(table))


def cropped(data_set: str, size: int, scale: str, how: str = "proposed") -> tuple[pd.DataFrame, np.ndarray]:
    """Return the images of the seven emotions that have a crop, with `digest` and `cluster`, and the crops.

    The crops are uint8 (N, size, size, 3).

    Args:
        data_set: one of `lib.datasets.NAMES`.
        size: side of a crop in pixels.
        scale: of the stand-in, where there is no real data.
        how: alignment.
    """
    table = datasets.load(data_set, scale=scale)
    table = table[table["emotion"].isin(EMOTIONS)].reset_index(drop=True)
    crops = faces.crop_faces(table, paths.data(scale), how=how, size=size)
    usable = np.flatnonzero(crops.table["status"] == "ok")
    boxes = np.asarray(faces.find_faces(table, paths.data(scale)).box[usable])
    table, _ = duplicates.fingerprint(table.iloc[usable].reset_index(drop=True), boxes)
    return table, np.asarray(crops.images[usable])
