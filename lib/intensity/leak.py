"""What it is worth that training has seen the people: MUG frames of training's people against those of new ones.

A random split puts frames of one sequence on both sides. The frames of a sequence that the nine leave over stand where
the validation frames of such a split would: their person, and often nearly the same image, is in training. The frames
left over of the validation people stand where those of a split by person do. The two parts show different images, so
the model that never saw MUG is asked about both as well: what the trained one gains more on the people that it has
seen is the leak (a difference in differences), and no network has to be fitted for it.
"""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from lib import cleaning, evaluate, records
from lib.emotions import intensity_vector
from lib.intensity import networks
from lib.intensity.levels import ARGMAX
from lib.intensity.networks import Tested
from lib.training import trained_networks
from lib.training.runs import Inputs

SAW, SAW_NOT = "EIW + MUG", "EIW"


def left_over(table: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Return MUG frames that fit a level and are in no split, with `intensity` and `seen`: their person is in training.

    Args:
        table: the intensity split.
        images: every image, from `lib.cleaning.load`.
    """
    mug = images[(images["data_set"] == "mug") & (images["status"] == "ok") & ~images["path"].isin(table["path"])]
    frames = cleaning.nine_frames(mug.reset_index(drop=True))
    sides = table[table["data_set"] == "mug"].groupby("subject")["split"].first()
    frames = frames.assign(split=frames["subject"].map(sides)).dropna(subset="split")
    return frames.assign(seen=frames["split"] == "train").reset_index(drop=True)


def measured(models: Mapping[str, list[keras.Model]], table: pd.DataFrame, size: int, study: Path) -> pd.DataFrame:
    """Return `effect` on the frames that are left over and have a crop.

    Args:
        models: of both training sets, or more, one per seed.
        table: the intensity split.
        size: side of the crops in pixels.
        study: folder of the products, `lib.paths.data(scale)`.
    """
    frames = left_over(table, cleaning.load(study)[0])
    usable, crops = trained_networks.crops(frames, [("proposed", size)], study)
    both = {name: models[name] for name in (SAW, SAW_NOT)}
    return effect(frames[usable].reset_index(drop=True), networks.outputs(both, crops["proposed", size]))


def effect(frames: pd.DataFrame, outputs: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return what having seen the people is worth to a model.

    Args:
        frames: N images with `emotion`, `intensity`, `subject` (what is drawn as a whole) and `seen`, bool: training
            has the person.
        outputs: of the model on their crops, float (S, N, 7); those of one that never saw the people may follow.

    Returns:
        Rows `metric` (accuracy, and mean squared error), `seen` and `new` (the model's mean on the people that it has
        seen and on new ones), `value` with its `low`, `high` and `p` (the difference of both, less that of the second
        model), `n` images, `clusters` people and `seeds`.
    """
    truth = intensity_vector(frames["emotion"], frames["intensity"].fillna(0))
    seen, people = frames["seen"].to_numpy(), frames["subject"].to_numpy()
    measures = {
        ARGMAX: [values.argmax(axis=2) == truth.argmax(axis=1) for values in outputs.values()],
        "mean squared error": [((values - truth) ** 2).mean(axis=2) for values in outputs.values()],
    }
    rows = []
    for metric, (values, *control) in measures.items():
        gap = evaluate.gap(values, seen, people, *control)
        means = {"seen": values[:, seen].mean(), "new": values[:, ~seen].mean()}
        counts = {"n": len(frames), "clusters": frames["subject"].nunique(), "seeds": len(values)}
        rows.append({"metric": metric} | means | gap | counts)
    return pd.DataFrame(rows).rename(columns={"difference": "value"})


def validation_and_test(
    models: Mapping[str, list[keras.Model]], table: pd.DataFrame, inputs: Mapping[str, Inputs], test: Tested
) -> pd.DataFrame:
    """Return `effect` of the model on EIW between its validation and its test images.

    EIW names nobody, so validation shows people of training; the test people of rendered EIW are new. Validation has
    chosen the epoch too, and that is part of the difference.

    Args:
        models: of both training sets, or more, one per seed.
        table: the intensity split with `group`, from `networks.cropped`.
        inputs: from the same function.
        test: the test images of EIW.
    """
    own = networks.validation(table, SAW_NOT).assign(seen=True)
    images = pd.concat([own, test.table.assign(seen=False)], ignore_index=True)
    images["subject"] = images["split"] + images["group"].astype(str)
    model = {SAW_NOT: models[SAW_NOT]}
    parts = [networks.outputs(model, part)[SAW_NOT] for part in (inputs[SAW_NOT].validation[0], test.images)]
    return effect(images, {SAW_NOT: np.concatenate(parts, axis=1)})


def results(frames: pd.DataFrame, images: pd.DataFrame, origin: str) -> list[records.Result]:
    """Return what notebook 10 records of the leak.

    Args:
        frames: from `measured`.
        images: from `validation_and_test`.
        origin: of the images.
    """
    protocol = f"frames that training left over: seen minus new people, {SAW} minus {SAW_NOT}; people and seeds drawn"
    done = records.results(frames, f"intensity/{SAW}/seen minus new people, less that of {SAW_NOT}", protocol, origin)
    protocol = "validation images, which chose the epoch, minus test images of new people; people and seeds drawn"
    return done + records.results(images, f"intensity/{SAW_NOT}/seen minus new people", protocol, origin)
