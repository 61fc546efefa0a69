"""From a trained network to a file for small devices: LiteRT or ONNX, each checked on faces before it is left.

    float32         as trained
    float16         weights of half the size, arithmetic as trained
    dynamic range   weights in 8 bits, the values between layers in 8 bits from the range of each image
    int8            likewise, but the ranges are fixed beforehand by showing training images (calibration)
    onnx            as trained, for other runtimes

A mean accuracy hides what an export changes, because some answers become right while others become wrong. So what is
judged is how many answers change, and by how much a probability does.
"""

import hashlib
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from scipy import stats

from lib import datasets, emotions, evaluate, faces, machine, models, records, splits
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS
from lib.models import pretrained
from lib.paths import product, replace_on_success
from lib.predict import contract
from lib.predict.contract import Contract
from lib.predict.network import runner
from lib.timing import each
from lib.training import read

LIMITS = {  # largest share of answers changed, largest change of an output; ours, over what the study measured
    "float32": (0.0005, 0.001),
    "float16": (0.005, 0.02),
    "dynamic range": (0.01, 0.15),
    "int8": (0.05, 0.5),
    "onnx": (0.0005, 0.001),
}
FORMS = tuple(LIMITS)
CALIBRATION = 300  # training images that fix the ranges of int8
TIMED = 110  # calls, ten of them to warm up


class ExportError(ValueError):
    """An export that answers too differently from its network."""


@dataclass(frozen=True)
class Faces:
    """Faces on which an export is checked, none of them a training image.

    Attributes:
        crops: uint8 (N, size, size, 3).
        emotion: str (N,), "" where the label is kept back for the notebook of results.
        groups: (N,), what an interval draws as a whole.
        calibration: uint8 (M, size, size, 3), training images.
        origin: of all of them, "real", "stand-in" or "mixed".
        data: in words.
    """

    crops: np.ndarray
    emotion: np.ndarray
    groups: np.ndarray
    calibration: np.ndarray
    origin: str
    data: str


def held_out(data_set: str, scale: str, size: int, study: Path) -> Faces:
    """Return the held-out crops of a data set that comes with its own split; labels of test images stay closed.

    Args:
        data_set: for instance "fer2013".
        scale: of the stand-in, where there is no real data.
        size: side of a crop in pixels.
        study: folder of the products.
    """
    table, thumbnails = duplicates.fingerprint(datasets.load(data_set, scale=scale))
    table = splits.official(table, thumbnails, study)
    training = table[table["split"] == "train"]
    chosen = training.sample(min(CALIBRATION, len(training)), random_state=0)
    table = pd.concat([table[table["split"] != "train"], chosen])
    crops = faces.crop_faces(table, study, how="proposed", size=size)
    usable, shown = crops.table["status"].eq("ok").to_numpy(), table["split"].eq("train").to_numpy()
    tested, calibration = (np.asarray(crops.images[np.flatnonzero(usable & part)]) for part in (~shown, shown))
    rows = table[usable & ~shown]
    data = f"{datasets.about(data_set).title}: held-out crops; accuracy on the half that chose the epoch"
    emotion, groups = rows["emotion"].to_numpy(), rows["cluster"].to_numpy()
    return Faces(tested, emotion, groups, calibration, records.origin(table), data)


def trained(source: str | Path, origin: str = "") -> tuple[keras.Model, dict[str, object]]:
    """Return a trained network and the promises that do not depend on the file's form.

    Args:
        source: a name of the repository's weights, or the folder of a fit.
        origin: of a fit's training images; the weights' card says it of theirs.

    Raises:
        FileNotFoundError: neither weights nor a finished fit.
        ValueError: a fit, and no origin.
    """
    if (pretrained.FOLDER / f"{source}.npz").is_file():
        model, card = pretrained.load(str(source))
        metrics = [row for row in card["metrics"] if row["input"] == "crop"]
        facts = {"data": card["data"], "limits": card["limits"], "metrics": metrics, "mirrored": True, "origin": "real"}
        return model, facts | {"head": card["head"]}
    setup = Path(source) / "setup.json"
    if not setup.is_file():
        names = ", ".join(sorted(file.stem for file in pretrained.FOLDER.glob("*.npz")))
        raise FileNotFoundError(f"no network {str(source)!r}; expected {names}, or the folder of a fit")
    record = read(setup.parent)
    if origin not in contract.ORIGINS:
        raise ValueError(f"origin is {origin!r}; of a fit, say whether its images are {', '.join(contract.ORIGINS)}")
    network = json.loads(setup.read_text(encoding="utf-8"))["model"]
    model = models.build(network["name"], network["input"][1], head=network["head"])
    models.load_weights(model, record.weights)
    data = f"a fit of this study on {origin} images, {record.date}, commit {record.commit[:12]}"
    limits = "Not measured on real people. An expression is not a feeling: not for decisions about people."
    return model, {"data": data, "limits": limits, "metrics": [], "mirrored": False, "origin": origin} | {
        "head": network["head"]
    }


def export(
    model: keras.Model, facts: Mapping[str, object], form: str, path: Path, faces: Faces, version: str = "1.0"
) -> dict[str, object]:
    """Write a network in a form that needs no TensorFlow, and return what that changed.

    Args:
        model: from `trained`.
        facts: from `trained`.
        form: one of `FORMS`.
        path: ends in .tflite, or .onnx for "onnx"; its stem becomes the network's name.
        faces: from `held_out`, of the model's size.
        version: of the file.

    Returns:
        `form`, `n`, `answers changed`, `largest change`, `accuracy`, `low`, `high`, `labelled`, `MB`, and `ms`, the
        median of one image on one thread.

    Raises:
        ExportError: too many answers change, or one by too much; no file is left.
        ValueError: an unknown form, or another ending.
    """
    path, ending = Path(path), check(path, form)
    content, size = _convert(model, form, faces.calibration), model.input_shape[1]
    run = runner(content, ending, size)
    row = {"form": form} | _compare(model, run, faces, bool(facts["mirrored"])) | {"MB": len(content) / 1e6}
    _judge(row)
    kept = {key: value for key, value in row.items() if key != "ms"} | {"faces": faces.data, "origin": faces.origin}
    promises = dict(facts) | {"name": path.stem, "version": version, "classes": EMOTIONS, "size": size, "check": kept}
    promises |= {"colour": "RGB", "values": (0, 255), "dtype": "uint8", "alignment": "proposed"}
    probe = [float(value) for value in run(contract.probe(size)[None])[0]]
    whole = Contract(**promises, sha256=hashlib.sha256(content).hexdigest(), probe=probe)
    with replace_on_success(path) as part:
        part.write_bytes(contract.append(content, whole, ending))
    return row


def check(path: Path, form: str = "dynamic range") -> str:
    """Return the ending of a form's files where a file can be written there: before minutes of work, not after.

    Args:
        path: of the file to be written.
        form: one of `FORMS`.

    Raises:
        ValueError: an unknown form, or another ending.
        OSError: a folder stands there, or no file can be made in its folder.
    """
    path, ending = Path(path), ".onnx" if form == "onnx" else ".tflite"
    if form not in FORMS or path.suffix != ending:
        raise ValueError(f"{form!r} as {path}; expected one of {', '.join(FORMS)}, as a name in {ending}")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
        raise OSError(f"{path} cannot be written; expected a file in a folder that may be written")
    return ending


def _convert(model: keras.Model, form: str, calibration: np.ndarray) -> bytes:
    """Return a model in a form, by TensorFlow, in a process of its own where Keras runs on something else.

    Args:
        model: with its weights.
        form: one of `FORMS`.
        calibration: uint8 (M, size, size, 3).
    """
    if keras.backend.backend() == "tensorflow":
        return _convert_here(model, form, calibration)
    executor = get_reusable_executor(max_workers=1, env={"KERAS_BACKEND": "tensorflow"}, reuse=False)
    try:
        return executor.submit(_convert_here, model, form, calibration).result()
    finally:
        executor.shutdown()


def _convert_here(model: keras.Model, form: str, calibration: np.ndarray) -> bytes:
    """Return a model in a form; arguments as for `_convert`."""
    logging.getLogger("tensorflow").setLevel(logging.WARNING)  # it names folders that are gone when it has ended
    with tempfile.TemporaryDirectory() as folder:
        if form == "onnx":
            path = Path(folder) / "network.onnx"
            models.predict(model, calibration[:1])  # Keras asks for a network that was called
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # Keras asks NumPy for a name that is gone
                model.export(path, format="onnx", verbose=False)
            return path.read_bytes()
        path = Path(folder) / "network.tflite"
        takes = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="uint8")]
        options = _options(form, calibration)
        with machine.quiet():
            model.export(path, format="litert", input_signature=takes, verbose=False, **options)
        return path.read_bytes()


def _options(form: str, calibration: np.ndarray) -> dict[str, object]:
    """Return what TensorFlow's converter is told; `calibration` is uint8 (M, size, size, 3)."""
    import tensorflow as tf

    if form == "float32":
        return {}
    options: dict[str, object] = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if form == "float16":
        options["target_spec"] = {"supported_types": [tf.float16]}
    if form == "int8":
        options["representative_dataset"] = lambda: ([crop[None]] for crop in calibration)
    return options


def _compare(
    model: keras.Model, run: Callable[[np.ndarray], np.ndarray], faces: Faces, mirrored: bool
) -> dict[str, object]:
    """Return the answers changed, the largest change, the accuracy with its interval, and the time of one image."""
    before = models.predict(model, faces.crops, flip=mirrored)
    views = (faces.crops, faces.crops[:, :, ::-1]) if mirrored else (faces.crops,)
    after = np.mean([[run(crop[None])[0] for crop in view] for view in views], axis=0)  # (N, classes)
    changed = before.argmax(axis=1) != after.argmax(axis=1)
    labelled = faces.emotion != ""
    answers = emotions.names(after)[labelled]
    accuracy = evaluate.classification(faces.emotion[labelled], answers, faces.groups[labelled]).iloc[0]
    times = each(run, [faces.crops[row % len(faces.crops)][None] for row in range(TIMED)])
    shares = {"answers changed": changed.mean(), "largest change": np.abs(after - before).max()}
    shares |= {"accuracy": accuracy["value"], "low": accuracy["low"], "high": accuracy["high"], "ms": times["median"]}
    counts = {"n": len(changed), "labelled": int(labelled.sum())}
    return counts | {name: round(float(value), 6) for name, value in shares.items()}


def _judge(row: Mapping[str, object]) -> None:
    """Raise ExportError where an export is not the network that it was made from.

    Few faces, or faces about which the network hardly decides, change answers by chance: the share is too large where
    the lower end of its exact 99 % interval is.
    """
    most_changed, most = LIMITS[row["form"]]
    changed = stats.binomtest(round(row["answers changed"] * row["n"]), row["n"]).proportion_ci(0.99).low
    if not (changed <= most_changed and row["largest change"] <= most):  # NaN is no small change
        raise ExportError(
            f"{row['form']} changes {row['answers changed']:.2%} of {row['n']} answers (at least {changed:.2%} by its "
            f"99 % interval) and an output by up to {row['largest change']:.3f}; expected at most {most_changed:.2%} "
            f"and {most}, so no file is left"
        )


def table(source: str, forms: Sequence[str], scale: str, study: Path) -> pd.DataFrame:
    """Export a network of the repository in several forms, and return one row per form as `export` returns it.

    Args:
        source: name of the weights, which is that of the data set with the faces that check the files.
        forms: of `FORMS`.
        scale: of the stand-in, where there is no real data.
        study: folder of the products; files and table are left there for `measured`.

    Returns:
        The columns of `export`, `threads` of the time in `ms`, and `origin` of the faces.
    """
    model, facts = trained(source)
    shown = held_out(source, scale, model.input_shape[1], study)
    path, rows = _kept(study), []
    for form in forms:
        ending = ".onnx" if form == "onnx" else ".tflite"
        rows.append(export(model, facts, form, path.parent / (form.replace(" ", "_") + ending), shown))
    made = pd.DataFrame(rows).assign(threads=1, origin=shown.origin)
    with replace_on_success(path) as part:
        made.to_csv(part, index=False)
    return made


def measured(study: Path) -> pd.DataFrame:
    """Return what `table` has left in a folder of products.

    Raises:
        FileNotFoundError: notebook 12 has not run.
    """
    return pd.read_csv(product(_kept(study), "12", study.name))


def _kept(study: Path) -> Path:
    return study / "exports" / "exports.csv"
