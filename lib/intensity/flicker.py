"""Flicker: how much the answer of a network jumps while a face moves smoothly.

Two measures of a sequence of outputs (frames, 7). *Roughness* is the root mean square of the second difference over
frames, divided by that of the distance to the sequence's mean: a factor on all outputs cancels, so that a timid
network does not pass for a steady one, and an answer that never changes has no roughness at all (not a number).
*Label changes per second* counts how often the largest output changes; two changes per sequence are right, neutral to
the emotion and back.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import evaluate, progress, records, synthetic
from lib.faces import align, detect
from lib.intensity.levels import OTHERS

FRAMES_PER_SECOND = 25  # ours, of the rendered sequences
FIRST_SUBJECT = 20_000_000  # seeds of people whom no stand-in data set has


def sequences(count: int, frames: int, size: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Render people, each going from neutral to an emotion and back, and crop their faces.

    Args:
        count: sequences, each of another person; the emotions take turns.
        frames: per sequence.
        size: side of the crops in pixels.

    Returns:
        Columns `sequence`, `emotion`, `frame`, `intensity`, one row per frame with a detected face, F of them; and the
        crops, uint8 (F, size, size, 3), in the paper's alignment.
    """
    parts = [_sequence(number, frames, size) for number in progress.bar(range(count), "rendering", "sequences")]
    table = pd.DataFrame([row for rows, _ in parts for row in rows])
    return table, np.stack([crop for _, crops in parts for crop in crops])


def measure(outputs: Mapping[str, np.ndarray], frames: pd.DataFrame) -> pd.DataFrame:
    """Return `roughness` and `changes per second` of each `network`, `seed` and `sequence`.

    Args:
        outputs: by network, (S, F, 7).
        frames: from `sequences`, F rows.
    """
    rows = []
    for network, values in outputs.items():
        for sequence, places in frames.groupby("sequence").indices.items():
            here = values[:, places]
            changes = np.diff(here.argmax(axis=2), axis=1) != 0  # (S, frames - 1)
            per_second = changes.sum(axis=1) * FRAMES_PER_SECOND / len(places)
            for seed, one in enumerate(here):
                rows.append((network, seed, sequence, roughness(one[None]), per_second[seed]))
    return pd.DataFrame(rows, columns=["network", "seed", "sequence", "roughness", "changes per second"])


def liveliest(measured: pd.DataFrame, network: str) -> int:
    """Return the sequence in which the answer of a network's first seed changes most; `measured` from `measure`."""
    own = measured[(measured["network"] == network) & (measured["seed"] == 0)]
    return int(own.loc[own["changes per second"].idxmax(), "sequence"])


def roughness(values: np.ndarray) -> float:
    """Return the root mean square second difference of outputs (S, frames, 7) over that of their movement."""
    second = np.diff(values, n=2, axis=1)
    movement = values - values.mean(axis=1, keepdims=True)
    power = [np.mean(np.sum(np.square(part, dtype=float), axis=2)) for part in (second, movement)]
    return float(np.sqrt(power[0] / power[1])) if power[1] > 1e-12 else float("nan")  # rounding moves a constant


def compare(measured: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Return how many times rougher `first` is than `second`, and how often more its label changes.

    Returns:
        Rows as `lib.evaluate.mean` has them; `metric` is "log of roughness ratio" (0: equally rough) or "label changes
        per second, difference". Whole sequences and seeds are drawn; a sequence without movement has no roughness and
        is left out. Seeds of the two networks are paired in order, which changes nothing, because they are independent.
    """
    wide = measured.pivot_table(index="seed", columns=["network", "sequence"], dropna=False)
    rough, changes = np.log(wide["roughness"]), wide["changes per second"]
    gaps = {
        "log of roughness ratio": rough[first] - rough[second],
        "label changes per second, difference": changes[first] - changes[second],
    }
    tables = []
    for name, values in gaps.items():
        defined = values.dropna(how="all").dropna(axis=1)  # a network that the gate left out has fewer seeds
        tables.append(evaluate.mean(defined.to_numpy(), defined.columns).assign(metric=name))
    return pd.concat(tables, ignore_index=True)


def results(compared: pd.DataFrame) -> list[records.Result]:
    """Return what notebook 10 records of the comparison of classifier and regression."""
    return records.results(compared, "intensity/classifier over regression", "rendered sequences", "stand-in")


def _sequence(number: int, frames: int, size: int) -> tuple[list[dict], list[np.ndarray]]:
    """Return the rows and the crops of one sequence."""
    rng, emotion = np.random.default_rng([7, number]), OTHERS[number % len(OTHERS)]
    rows, crops = [], []
    shown = synthetic.sequence(synthetic.Subject(FIRST_SUBJECT + number), emotion, frames, rng)
    for frame, (image, truth) in enumerate(shown):
        faces = detect(image)
        if faces:
            rows.append({"sequence": number, "emotion": emotion, "frame": frame, "intensity": truth.intensity})
            crops.append(align(image, faces[0].landmarks, "proposed", size).crop)
    return rows, crops
