"""Intensities on real faces: a head on the features of the network that comes with the study, fitted to votes.

EIW, on which paper A measures intensity, is not to be had, and levels of rendered faces say little about real ones.
FER+ has ten votes for every image of FER-2013. The weaker an expression is, the more of the ten see none, so the share
of the votes stands for the intensity. It does so up to a point: once all agree, a stronger expression gains nothing.

    image -> [network of the study, as it is] -> 192 features -> [one logistic regression per emotion] -> 7 intensities
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from lib import datasets, evaluate, faces, models, paths, records, splits
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS
from lib.models import pretrained
from lib.predict import export

DATA_SET = "fer2013"  # the one with votes
MOST_CONTEMPT = 0.5  # ours: share of votes for contempt, which is none of the seven, above which an image is left out
PENALTY = 0.1  # ours: inverse strength of the ridge penalty; .01 to 10 give the same error to the third digit
METRICS = ["metric", "of", "value", "low", "high", "n", "clusters"]
LIMITS = (
    "A share of people who would name the emotion, not a force: it saturates before the strongest expression, and mixed"
    " expressions share it. Grey web photographs of 2013. Checked on films of two people (README). An expression is not"
    " a feeling: not for decisions about people."
)


def fit(out: Path, images: int, seed: int, scale: str) -> Iterator[str]:
    """Fit the head on training images of FER-2013, test it on held-out ones, export it; yield what was done in words.

    Args:
        out: file, .tflite.
        images: training images, drawn; fewer where there are fewer.
        seed: of the draw.
        scale: of the stand-in, where there is no real data.

    Raises:
        lib.datasets.DataError: no votes of FER+ beside the images.
        lib.predict.export.ExportError: the file answers too differently from its network.
        OSError: `out` cannot be written.
    """
    export.check(out)
    table = drawn(images, seed, scale)
    size = pretrained.load(DATA_SET)[0].input_shape[1]
    crops = faces.crop_faces(table, paths.data(scale), how="proposed", size=size)
    usable = (crops.table["status"] == "ok").to_numpy()
    table, crops = table[usable].reset_index(drop=True), np.asarray(crops.images[np.flatnonzero(usable)])
    yield f"{(table['split'] == 'train').sum():,} faces with votes to train, {records.origin(table)}"
    row = fitted(table, crops, out)
    yield f"{out}: {row['MB']:.1f} MB, {row['answers changed']:.2%} of the answers changed by the export"


def drawn(images: int, seed: int, scale: str) -> pd.DataFrame:
    """Return training images with votes, and those that chose the epoch of the network; arguments as for `fit`.

    Returns:
        Rows of `lib.splits.official`, the share of the votes in a column per emotion, `split` train or validation.
    """
    table, thumbnails = duplicates.fingerprint(datasets.load(DATA_SET, scale=scale))
    table = splits.official(table, thumbnails, paths.data(scale))
    training = table[table["split"] == "train"]
    training = training.sample(min(images, len(training)), random_state=seed)
    return with_shares(pd.concat([training, table[table["split"] == "validation"]]), scale)


def with_shares(table: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Return the images on which people see one of the seven emotions, with the share of the votes for each of them.

    Args:
        table: of FER-2013.
        scale: of the stand-in, where there is no real data.
    """
    votes = datasets.load(DATA_SET, scale=scale, labels="soft")
    votes = votes[votes["share_contempt"] <= MOST_CONTEMPT].set_index("row")
    shares = votes[[f"share_{emotion}" for emotion in EMOTIONS]].set_axis(EMOTIONS, axis=1)
    return table.join(shares, on="row", how="inner").reset_index(drop=True)


def fitted(table: pd.DataFrame, crops: np.ndarray, out: Path) -> dict[str, object]:
    """Fit the head and export the network; return what `lib.predict.export.export` returns.

    Args:
        table: N images from `with_shares`.
        crops: theirs, uint8 (N, size, size, 3).
        out: file, .tflite.
    """
    training, held_out = ((table["split"] == side).to_numpy() for side in ("train", "validation"))
    shares, origin = table[list(EMOTIONS)].to_numpy(), records.origin(table)
    model = with_head(pretrained.load(DATA_SET)[0], crops[training], shares[training])
    outputs, groups = models.predict(model, crops[held_out], flip=True), table["cluster"][held_out].to_numpy()
    merit = evaluate.regression(shares[held_out], outputs, groups)
    merit = merit[merit["of"].isin(["all", *EMOTIONS]) & merit["metric"].isin(["RMSE", "MAE", "PCC", "CCC"])]
    title = datasets.about(DATA_SET).title
    facts = {
        "data": f"{title}: share of the votes, {training.sum():,} training images; features of the weights {DATA_SET}",
        "limits": LIMITS,
        "metrics": merit.dropna(subset="value")[METRICS].round(4).to_dict("records"),
        "mirrored": True,
        "origin": origin,
        "head": "sigmoid",
    }
    shown = crops[held_out], table["emotion"][held_out].to_numpy(), groups, crops[training][: export.CALIBRATION]
    data = f"{title}: crops of the half that chose the epoch of the features"
    return export.export(model, facts, "dynamic range", out, export.Faces(*shown, origin, data))


def with_head(model: keras.Model, crops: np.ndarray, shares: np.ndarray) -> keras.Model:
    """Return a network with the features of a model, and a head for intensities fitted to shares of votes.

    Args:
        model: from `lib.models.build`, trained.
        crops: uint8 (N, size, size, 3).
        shares: float (N, 7) in [0, 1].
    """
    bare = keras.Model(model.input, model.layers[-1].input)
    features = np.concatenate([models.predict(bare, view) for view in (crops, crops[:, :, ::-1])])  # (2 N, 192)
    parts = [_logistic(features, np.tile(share, 2)) for share in shares.T]
    result = models.build(model.name, model.input_shape[1], head="sigmoid")
    kernel, bias = (np.stack(part, axis=-1).astype(np.float32) for part in zip(*parts, strict=True))
    result.set_weights([*model.get_weights()[:-2], kernel, bias])
    return result


def _logistic(features: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic regression to shares: each image counts as yes and as no, by its share.

    Args:
        features: (N, K).
        share: (N,) in [0, 1].
    """
    answer, weight = np.repeat([1, 0], len(share)), np.concatenate([share, 1 - share])
    both = np.concatenate([features, features])
    line = LogisticRegression(C=PENALTY, max_iter=1000).fit(both, answer, sample_weight=weight)
    return line.coef_[0], line.intercept_[0]
