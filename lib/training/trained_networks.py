"""The networks that notebook 09 has trained, for the notebooks that measure them on other images.

It leaves in `<study>/models/classification/<data set>/`:

    networks.csv      one row per network that has learned: label, model, how (alignment), pixels, seed, folder, speed
    lbp_svm.joblib    the traditional method
"""

import re
from collections.abc import Iterable
from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd

from lib import emotions, models
from lib.faces import crop_faces
from lib.faces.store import Rows
from lib.models.lbp_svm import LbpSvm
from lib.paths import product, replace_on_success
from lib.training.runs import MIRRORED
from lib.training.settings import read

BASE = "compact VGG-S"  # leak-free, on the proposed crops: every other network is compared with it
PAPER_WAY = "compact VGG-S, paper's protocol"
WHOLE_FRAME, FACE_BOX = "traditional alignment", "traditional alignment, face box"  # both readings of the paper
TRADITIONAL = "LBP + SVM"
PRECISION = {"smoke": "float32", "standard": "float32", "paper": "mixed_bfloat16"}  # of the compact VGG-S by scale


def folder(data_set: str, study: Path) -> Path:
    """Return where notebook 09 keeps its fits; `data_set` is "paper_a" or one with an official split."""
    return study / "models" / "classification" / data_set


def networks(data_set: str, study: Path) -> pd.DataFrame:
    """Return one row per fit of notebook 09.

    Raises:
        FileNotFoundError: it has not run with this data set and size.
    """
    options = f"{study.name} --set 09.DATA_SET={data_set}"
    return pd.read_csv(product(folder(data_set, study) / "networks.csv", "09", options))


def labels(data_set: str, study: Path) -> list[str]:
    """Return the name of each network, and of the traditional method, in the order of `answers`."""
    return [*networks(data_set, study)["label"].unique(), TRADITIONAL]


def names(fits: pd.DataFrame) -> dict[str, str]:
    """Return by label what was fitted, such as "compact VGG-S at 48 px (1,978,119 parameters)".

    A plan gives another network at another side of its input, so its name alone does not tell which one was fitted.

    Args:
        fits: rows with `label`, `pixels` and `parameters`, from `networks` or `lib.training.fit_runs`.
    """
    shown = {}
    for fit in fits.drop_duplicates("label").itertuples():
        label = f"{WHOLE_FRAME}, whole frame" if fit.label == WHOLE_FRAME else fit.label
        plan, comma, protocol = label.partition(", ")
        shown[fit.label] = f"{plan} at {fit.pixels} px ({fit.parameters:,} parameters){comma}{protocol}"
    return shown


def named(table: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Return a table that is to be shown, every network under the name that `names` gives it.

    Args:
        table: names are put into its columns `label`, `network` and `verdict`, those that it has.
        fits: as for `names`.
    """
    shown = names(fits)
    longest_first = "|".join(map(re.escape, sorted(shown, key=len, reverse=True)))
    columns = [name for name in ("label", "network", "verdict") if name in table]
    replaced = {
        name: table[name].str.replace(longest_first, lambda match: shown[match[0]], regex=True) for name in columns
    }
    return table.assign(**replaced)


def load(fit: pd.Series, folder: Path, head: str = "softmax") -> keras.Model:
    """Return the network of one fit, with its weights.

    Args:
        fit: a row of `networks`, or of `lib.training.fit_runs`.
        folder: that `fit["folder"]` is relative to: of the products, or of the fits.
        head: "softmax" or "sigmoid".
    """
    model = models.build(fit["model"], int(fit["pixels"]), head=head)
    models.load_weights(model, read(folder / fit["folder"]).weights)
    return model


def load_all(fits: pd.DataFrame, folder: Path, head: str = "softmax") -> dict[str, list[keras.Model]]:
    """Return the networks of some fits by label, one per seed; further arguments as for `load`."""
    by_label = fits.groupby("label", sort=False)
    return {label: [load(fit, folder, head) for _, fit in rows.iterrows()] for label, rows in by_label}


def save(fits: pd.DataFrame, traditional: LbpSvm, data_set: str, study: Path) -> None:
    """Write the table of fits and the traditional method where the functions above read them.

    The `folder` of the fits, from `lib.training.fit_runs`, becomes relative to `study`.
    """
    place = folder(data_set, study)
    relative = place.relative_to(study)
    with replace_on_success(place / "networks.csv") as path:
        fits.assign(folder=[str(relative / name) for name in fits["folder"]]).to_csv(path, index=False)
    with replace_on_success(place / "lbp_svm.joblib") as path:
        joblib.dump(traditional, path)


def crops(
    table: pd.DataFrame, inputs: Iterable[tuple[str, int]], study: Path
) -> tuple[np.ndarray, dict[tuple[str, int], Rows]]:
    """Return which images have a crop in every alignment, and those crops.

    Args:
        table: one row per image, N of them.
        inputs: (alignment, side of the crop in pixels), each once.
        study: folder of the products, `lib.paths.data(scale)`.

    Returns:
        Which images these are, bool (N,), and by input their crops, uint8 (M, pixels, pixels, 3), memory-mapped.
    """
    every = {(how, pixels): crop_faces(table, study, how=how, size=pixels) for how, pixels in inputs}
    usable = np.all([crop.table["status"] == "ok" for crop in every.values()], axis=0)
    return usable, {key: Rows(crop.images, np.flatnonzero(usable)) for key, crop in every.items()}


def classifiers(study: Path) -> list[keras.Model]:
    """Return the compact networks that notebook 09 has trained without leaks on paper A's data, one per seed."""
    fits = networks("paper_a", study)
    return load_all(fits[fits["label"] == BASE], study)[BASE]


def answers(data_set: str, table: pd.DataFrame, study: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what every network answers, on the images that have a crop in every alignment.

    Args:
        data_set: on which notebook 09 has trained them.
        table: one row per image, N of them.
        study: folder of the products, `lib.paths.data(scale)`.

    Returns:
        Which images these are, bool (N,), and by label the emotion of each of them, str (seeds, images).
    """
    fits = networks(data_set, study)
    inputs = fits[["how", "pixels"]].drop_duplicates().itertuples(index=False, name=None)
    usable, faces = crops(table, inputs, study)
    answered = {}
    for _, fit in fits.iterrows():
        flip = fit["model"] in MIRRORED
        outputs = models.predict(load(fit, study), faces[fit["how"], fit["pixels"]], flip=flip)
        answered.setdefault(fit["label"], []).append(emotions.names(outputs))
    answered = {label: np.stack(seeds) for label, seeds in answered.items()}
    traditional = joblib.load(folder(data_set, study) / "lbp_svm.joblib")
    return usable, answered | {TRADITIONAL: traditional.predict(faces["proposed", fits["pixels"][0]])[None]}
