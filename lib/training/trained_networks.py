"""The networks that notebook 09 has trained, for the notebooks that measure them on other images.

It leaves in `<study>/models/classification/<data set>/`:

    networks.csv      one row per fit: label, model, how (alignment), pixels, seed, folder, speed
    lbp_svm.joblib    the traditional method
"""

from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd

from lib import emotions, models
from lib.faces import crop_faces
from lib.training.settings import read

TRADITIONAL = "LBP + SVM"


def folder(data_set: str, study: Path) -> Path:
    """Return where notebook 09 keeps its fits; `data_set` is "paper_a" or one with an official split."""
    return study / "models" / "classification" / data_set


def networks(data_set: str, study: Path) -> pd.DataFrame:
    """Return one row per fit of notebook 09.

    Raises:
        FileNotFoundError: it has not run with this data set and size.
    """
    path = folder(data_set, study) / "networks.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no fits at {path}; run notebook 09 with DATA_SET={data_set!r} first")
    return pd.read_csv(path)


def labels(data_set: str, study: Path) -> list[str]:
    """Return the name of each network, and of the traditional method, in the order of `answers`."""
    return [*networks(data_set, study)["label"].unique(), TRADITIONAL]


def load(network: pd.Series, study: Path) -> keras.Model:
    """Return the network of one row of `networks`, with its weights."""
    model = models.build(network["model"], int(network["pixels"]))
    models.load_weights(model, read(study / network["folder"]).weights)
    return model


def answers(data_set: str, table: pd.DataFrame, study: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what every network says of the images of which all have their crop.

    Args:
        data_set: on which notebook 09 has trained them.
        table: one row per image, N of them.
        study: folder of the products, `lib.paths.data(scale)`.

    Returns:
        Which images these are, bool (N,), and by label the emotion of each of them, str (seeds, images).
    """
    fits = networks(data_set, study)
    inputs = fits[["how", "pixels"]].drop_duplicates().itertuples(index=False, name=None)
    crops = {(how, pixels): crop_faces(table, study, how=how, size=pixels) for how, pixels in inputs}
    usable = np.all([crop.table["status"] == "ok" for crop in crops.values()], axis=0)
    faces = {key: np.asarray(crop.images[np.flatnonzero(usable)]) for key, crop in crops.items()}
    said = {}
    for _, fit in fits.iterrows():
        flip = fit["model"] == "modern_compact"
        outputs = models.predict(load(fit, study), faces[fit["how"], fit["pixels"]], flip=flip)
        said.setdefault(fit["label"], []).append(emotions.names(outputs))
    said = {label: np.stack(found) for label, found in said.items()}
    machine = joblib.load(folder(data_set, study) / "lbp_svm.joblib")
    return usable, said | {TRADITIONAL: machine.predict(faces["proposed", fits["pixels"][0]])[None]}
