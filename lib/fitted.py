"""What notebook 06 has fitted, for the notebooks that measure it on other images.

It leaves in `build/data/<size>/models/06/<data set>/`:

    networks.csv      one row per fit: label, model, how (alignment), pixels, seed, folder, speed
    lbp_svm.joblib    the traditional method
"""

from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd

from lib import evaluate, models, paths, prepare, train

TRADITIONAL = "LBP + SVM"


def folder(data_set: str, size: str) -> Path:
    """Return where notebook 06 keeps its fits; `data_set` is "paper_a" or one with an official split."""
    return paths.data(size) / "models" / "06" / data_set


def networks(data_set: str, size: str) -> pd.DataFrame:
    """Return one row per fit of notebook 06.

    Raises:
        FileNotFoundError: it has not run with this data set and size.
    """
    path = folder(data_set, size) / "networks.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no fits at {path}; run notebook 06 with SIZE={size!r}, DATA_SET={data_set!r} first")
    return pd.read_csv(path)


def labels(data_set: str, size: str) -> list[str]:
    """Return the name of each network, and of the traditional method, in the order of `answers`."""
    return [*networks(data_set, size)["label"].unique(), TRADITIONAL]


def load(network: pd.Series, size: str) -> keras.Model:
    """Return the network of one row of `networks`, with its weights."""
    model = models.build(network["model"], int(network["pixels"]))
    models.load_weights(model, train.read(paths.data(size) / network["folder"]).weights)
    return model


def answers(data_set: str, table: pd.DataFrame, size: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what every network says of the images of which all have their crop.

    Args:
        data_set: on which notebook 06 has fitted them.
        table: one row per image, N of them.
        size: of the stand-ins.

    Returns:
        Which images these are, bool (N,), and by label the emotion of each of them, str (seeds, images).
    """
    fits = networks(data_set, size)
    inputs = fits[["how", "pixels"]].drop_duplicates().itertuples(index=False, name=None)
    crops = {(how, pixels): prepare.crop_faces(table, size, how=how, pixels=pixels) for how, pixels in inputs}
    usable = np.all([crop.table["status"] == "ok" for crop in crops.values()], axis=0)
    faces = {key: np.asarray(crop.images[np.flatnonzero(usable)]) for key, crop in crops.items()}
    said = {}
    for _, fit in fits.iterrows():
        flip = fit["model"] == "modern_compact"
        outputs = models.predict(load(fit, size), faces[fit["how"], fit["pixels"]], flip=flip)
        said.setdefault(fit["label"], []).append(evaluate.names(outputs))
    said = {label: np.stack(found) for label, found in said.items()}
    machine = joblib.load(folder(data_set, size) / "lbp_svm.joblib")
    return usable, said | {TRADITIONAL: machine.predict(faces["proposed", fits["pixels"][0]])[None]}
