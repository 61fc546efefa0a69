"""An answer for a whole sequence, from networks that see one frame at a time.

The frames of a sequence of MUG go from neutral to an emotion and back, and all of them have the label of the whole
sequence, as the frames of a film have. Two networks are fitted on frames; what is made of their outputs or features
over the frames is compared on sequences of people whom neither of them has seen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from lib import datasets, models
from lib.comparators.matrix import tree
from lib.comparators.named import LABELS
from lib.comparators.networks.levels import LEVELS
from lib.emotions import EMOTIONS, index, names
from lib.faces.store import Rows
from lib.training import sides, trained_networks
from lib.training.runs import Inputs

DATA_SET, HELD_OUT = "mug", 0.3  # share of the people whose sequences are tested
NETWORKS, INPUTS = ("light", "levels"), "film"
STATISTICS = ("mean", "max", "min", "std")  # Savchenko 2021: of every feature, over the frames
BASE = "mean of the answers"


def frames(scale: str, people: int, each: int, size: int, study: Path) -> tuple[pd.DataFrame, Rows]:
    """Return frames of MUG, evenly spaced over each sequence, `split` by people, and their crops.

    Args:
        scale: of the stand-in.
        people: how many, the first ones.
        each: frames of a sequence.
        size: side of the crops in pixels.
        study: folder of the products.
    """
    table = datasets.load(DATA_SET, root=tree(DATA_SET, scale))
    table = table[table["subject"].isin(sorted(set(table["subject"]))[:people])].sort_values(["sequence", "frame"])
    sequence = table.groupby("sequence")["frame"]
    share = sequence.cumcount() / (sequence.transform("size") - 1).clip(lower=1)
    step = np.floor(share * (each - 1) + 1e-9)  # a frame is taken where a new step begins
    table = table[step.groupby(table["sequence"]).diff().fillna(1) > 0]
    usable, crops = trained_networks.crops(table, [("proposed", size)], study)
    table = table[usable].reset_index(drop=True)
    tested = next(GroupShuffleSplit(1, test_size=HELD_OUT, random_state=0).split(table, groups=table["subject"]))[1]
    split = np.where(np.isin(np.arange(len(table)), tested), "validation", "train")
    return table.assign(split=split), crops["proposed", size]


def inputs(table: pd.DataFrame, crops: Rows) -> dict[str, Inputs]:
    """Return what the networks learn and are chosen by; arguments from `frames`, N rows, crops (N, size, size, 3)."""
    return {INPUTS: sides(crops, index(table["emotion"]), table["split"])}


def answers(fits: pd.DataFrame, folder: Path, table: pd.DataFrame, crops: Rows) -> tuple[pd.DataFrame, dict]:
    """Return the held-out sequences, `emotion` and `subject`, and by method the emotion of each, str (Q,).

    Args:
        fits: from `lib.training.fit_runs`; those of `NETWORKS` on `INPUTS` are read.
        folder: of the fits.
        table: N frames, from the function `frames`.
        crops: (N, size, size, 3) of the same frames.
    """
    light, levels = (trained_networks.load(_fit(fits, name), folder) for name in NETWORKS)
    whole = table.groupby("sequence")[["emotion", "subject", "split"]].first()
    outputs = pd.DataFrame(models.predict(light, crops))
    frames = outputs.groupby(table["sequence"].to_numpy())
    middle = frames.cumcount() == frames[0].transform("size") // 2
    given = {BASE: frames.mean(), "middle frame alone": outputs[middle]}
    features = over_frames(_features(light, ["pool"], crops)[0], table["sequence"])
    for chosen in (("mean",), ("max",), STATISTICS):
        given[f"{', '.join(chosen)} of the features"] = _scores(features, chosen, whole)
    each = [over_frames(level, table["sequence"]) for level in _features(levels, LEVELS, crops)]
    given["temporal ensemble of levels"] = np.mean([_scores(level, STATISTICS, whole) for level in each], axis=0)
    held_out = (whole["split"] == "validation").to_numpy()
    return whole[held_out], {label: names(np.asarray(scores)[held_out]) for label, scores in given.items()}


def over_frames(features: np.ndarray, sequence: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the statistics of each sequence by name, float (Q, D), sequences in the order of their names.

    Args:
        features: float (N, D), of every frame.
        sequence: (N,) which sequence a frame belongs to.
    """
    frames = pd.DataFrame(features).groupby(np.asarray(sequence))
    named = {name: getattr(frames, name)() for name in STATISTICS[:3]} | {"std": frames.std(ddof=0)}
    return {name: values.to_numpy() for name, values in named.items()}


def _fit(fits: pd.DataFrame, name: str) -> pd.Series:
    return fits[(fits["label"] == LABELS[name][0]) & (fits["inputs"] == INPUTS)].iloc[0]


def _features(model: keras.Model, layers: Sequence[str], crops: Rows) -> list[np.ndarray]:
    """Return the outputs of layers on all crops, float (N, D) each."""
    outputs = [model.get_layer(name).output for name in layers]
    features = models.predict(keras.Model(model.input, keras.ops.concatenate(outputs, axis=1)), crops)
    return np.split(features, np.cumsum([output.shape[1] for output in outputs])[:-1], axis=1)


def _scores(statistics: Mapping[str, np.ndarray], chosen: Sequence[str], whole: pd.DataFrame) -> np.ndarray:
    """Return how much a linear machine, fitted on the training people, is for each emotion, float (Q, 7)."""
    x = np.concatenate([statistics[name] for name in chosen], axis=1)
    train = (whole["split"] == "train").to_numpy()
    machine = make_pipeline(StandardScaler(), LinearSVC(C=0.01, random_state=0))
    machine.fit(x[train], index(whole["emotion"])[train])
    scores = np.full((len(x), len(EMOTIONS)), -np.inf)
    scores[:, machine.classes_] = machine.decision_function(x)
    return scores
