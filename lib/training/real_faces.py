"""Notebook 13: networks on a data set that comes with its own split, with and without near duplicates.

Answers are kept by (network, kind of image), str (S seeds, N test images), "" where a network has no such image;
outputs likewise, float (N, 7), NaN there. The test images are rows of `lib.splits.official` with their labels:
`emotion`, `cluster` and `near_duplicate` are read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd

from lib import datasets, emotions, evaluate, faces, models, progress, records, splits
from lib.cleaning import duplicates
from lib.emotions import EMOTIONS
from lib.images import to_rgb
from lib.models import pretrained
from lib.training import gate, memory, trained_networks
from lib.training.fit import fit as fit_one
from lib.training.seed import set_seed
from lib.training.settings import Record, Settings

Answers = Mapping[tuple[str, str], np.ndarray]
Outputs = Mapping[tuple[str, str], np.ndarray]
VOTES = 0.5  # weight of FER+'s votes in a target, the original label has the rest; ours
BOTH = "image and crop"  # the mean of the outputs of both, of the image alone where there is no crop
WHICH = ("all", "without near duplicates", "near duplicates alone")


@dataclass(frozen=True)
class Kind:
    """One way to show an image to a network.

    Attributes:
        images: uint8 (N, size, size, 3), in memory or mapped.
        usable: bool (N,), False where no face was found.
    """

    images: Sequence[np.ndarray]
    usable: np.ndarray


def load(data_set: str, study: Path, scale: str, root: Path | None = None) -> pd.DataFrame:
    """Return a data set with its official split, the closest training image of each other one, and FER+'s votes.

    Args:
        data_set: "fer2013".
        study: folder of the products.
        scale: of the stand-in, where there is no real data.
        root: folder of the data set, None to look for it.

    Returns:
        The columns of `lib.splits.official` and of `lib.training.memory.closest`; in training rows `share_<emotion>`,
        the votes of FER+ over the seven emotions, NaN elsewhere and where none of them has two votes.

    Raises:
        lib.datasets.DataError: there are no votes.
    """
    table, thumbnails = duplicates.fingerprint(datasets.load(data_set, root, scale))
    seven = table["emotion"].isin(EMOTIONS).to_numpy()
    table = memory.closest(splits.official(table[seven], thumbnails[seven], study), thumbnails[seven])
    columns = [f"share_{emotion}" for emotion in EMOTIONS]
    votes = datasets.load(data_set, root, scale, labels="soft").set_index("row")[columns]
    votes = votes.div(votes.sum(axis=1).replace(0, np.nan), axis=0)
    trained = table.loc[table["split"] == "train", "row"]
    return table.join(votes.reindex(trained).set_axis(trained.index))


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the images of each side and emotion, and the share of near duplicates of training images per side."""
    emotion = table["emotion"].replace("", "kept back")
    shares = table[table["split"] != "train"].groupby("split")["near_duplicate"].mean().rename("near duplicates")
    return pd.crosstab(table["split"], emotion, margins=True, margins_name="all").join(shares)


def contradicting(table: pd.DataFrame) -> int:
    """Return how many labelled images are equal to another one, pixel for pixel, and have another label."""
    labelled = table[table["emotion"] != ""]
    return int(duplicates.contradictory(labelled["digest"], labelled["emotion"]).sum())


def kinds(table: pd.DataFrame, size: int, study: Path) -> dict[str, Kind]:
    """Return the images of a table as they come ("whole image"), and as crops of our own alignment ("crop").

    Args:
        table: N rows of a data set.
        size: side in pixels.
        study: folder of the products.
    """
    rows = progress.bar(table[["data_set", "path", "row"]].to_dict("records"), "reading", "images")
    whole = np.stack([cv2.resize(to_rgb(datasets.read_image(row)), (size, size)) for row in rows])
    crops = faces.crop_faces(table, study, how="proposed", size=size)
    aligned = (crops.table["status"] == "ok").to_numpy()
    return {"whole image": Kind(whole, np.ones(len(table), bool)), "crop": Kind(crops.images, aligned)}


def examples(kinds: Mapping[str, Kind], table: pd.DataFrame, rng: np.random.Generator) -> list[np.ndarray]:
    """Return one training image of each emotion that has a face, every one as it comes, then every one as a crop.

    All are uint8 (size, size, 3).
    """
    chosen = []
    training = kinds["crop"].usable & (table["split"] == "train").to_numpy()
    for emotion in EMOTIONS:
        candidates = np.flatnonzero(training & (table["emotion"] == emotion))
        if len(candidates):
            chosen.append(rng.choice(candidates))
    return [np.asarray(kind.images[row]) for kind in kinds.values() for row in chosen]


def targets(table: pd.DataFrame, weight: float) -> np.ndarray:
    """Return what a network is to learn of N labelled images: int (N,), or with a weight of FER+'s votes float (N, 7).

    Args:
        table: with `emotion` and, where there is a weight, the shares of `load`; an image without them has its label.
        weight: of the votes, in [0, 1].
    """
    labels = emotions.index(table["emotion"])
    if not weight:
        return labels
    one_hot = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    shares = table[[f"share_{emotion}" for emotion in EMOTIONS]].to_numpy(np.float32)
    votes = np.where(np.isnan(shares), one_hot, shares)
    return (1 - weight) * one_hot + weight * votes


def side(
    kinds: Mapping[str, Kind], table: pd.DataFrame, name: str, weight: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of one side of the split, all kinds one after another, and their targets.

    Args:
        kinds: from the function of that name.
        table: N rows.
        name: "train" or "validation".
        weight: of FER+'s votes, as for `targets`.

    Returns:
        uint8 (M, size, size, 3) and int64 (M,), positions in `EMOTIONS`, or float32 (M, 7).
    """
    here = (table["split"] == name).to_numpy()
    images, learned = [], []
    for kind in kinds.values():
        rows = np.flatnonzero(kind.usable & here)
        images.append(np.asarray(kind.images[rows]))
        learned.append(targets(table.iloc[rows], weight))
    return np.concatenate(images), np.concatenate(learned)


def fit(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    folder: Path,
    network: str = "modern_compact",
) -> tuple[keras.Model, Record]:
    """Fit a network on the images of both kinds, or take what an equal fit has left.

    Args:
        train: uint8 (M, size, size, 3) and labels (M,) or (M, 7), from `side`.
        validation: likewise.
        settings: of the fit.
        folder: of the fits of this data set.
        network: one of `lib.models.NAMES` or `LARGER`.
    """
    set_seed(settings.seed)
    model = models.build(network, train[0].shape[1])
    return model, fit_one(model, train, validation, settings, folder)


def training_error(model: keras.Model, train: tuple[np.ndarray, np.ndarray], record: Record) -> float:
    """Return the training error of a fit, as `lib.training.gate` has it; of shares the largest is the label.

    Args:
        model: fitted.
        train: uint8 (M, size, size, 3) and labels (M,) or (M, 7), from `side`.
        record: of the fit.
    """
    images, labels = train
    labels = labels.argmax(axis=1) if labels.ndim == 2 else labels
    return gate.training_error(models.predict(model, images), labels, record.history)


def history(record: Record) -> pd.DataFrame:
    """Return the history of a fit as `lib.plots.fit_curves` takes it."""
    return record.history.assign(seed=0, epoch=record.history.index + 1)


def half_precision(
    model: keras.Model, name: str, folder: Path, images: np.ndarray, labels: np.ndarray
) -> tuple[keras.Model, dict[str, float]]:
    """Keep a model's weights as 16-bit numbers; return the model that has them, and what the rounding changed.

    Args:
        model: trained.
        name: of the file.
        folder: where to.
        images: uint8 (M, size, size, 3), on which the answers before and after are compared.
        labels: int (M,), positions in `EMOTIONS`.

    Returns:
        The model; `n`, `megabytes`, `answers changed` (share), `accuracy before`, `accuracy after`.
    """
    megabytes = pretrained.publish(model, name, {}, folder).stat().st_size / 1e6
    rounded = pretrained.load(name, folder)[0]
    before, after = (models.predict(one, images, flip=True).argmax(axis=1) for one in (model, rounded))
    shares = {
        "megabytes": megabytes,
        "answers changed": np.mean(before != after),
        "accuracy before": np.mean(before == labels),
        "accuracy after": np.mean(after == labels),
    }
    return rounded, {"n": len(labels)} | {key: round(float(value), 4) for key, value in shares.items()}


def better(networks: Mapping[str, keras.Model], images: np.ndarray, labels: np.ndarray) -> str:
    """Return the name of the network with the highest accuracy, the first of equals; the mirrored image is asked too.

    Args:
        networks: by name.
        images: uint8 (M, size, size, 3), of validation.
        labels: int (M,), positions in `EMOTIONS`.
    """
    right = {name: models.predict(one, images, flip=True).argmax(axis=1) == labels for name, one in networks.items()}
    return max(right, key=lambda name: right[name].mean())


def outputs(networks: Mapping[str, keras.Model], kinds: Mapping[str, Kind], tested: np.ndarray) -> Outputs:
    """Return the outputs of networks, float (N, 7), on every kind of image and of `BOTH`, mirrored image included.

    Args:
        networks: by name.
        kinds: from the function of that name.
        tested: bool, the rows that are test images, N of them.
    """
    given = {}
    for name, model in networks.items():
        for kind, shown in kinds.items():
            whole = np.full((tested.sum(), len(EMOTIONS)), np.nan)
            images = np.asarray(shown.images[np.flatnonzero(tested & shown.usable)])
            whole[shown.usable[tested]] = models.predict(model, images, flip=True)
            given[name, kind] = whole
        if len(kinds) > 1:
            given[name, BOTH] = np.nanmean([given[name, kind] for kind in kinds], axis=0)
    return given


def answers(outputs: Outputs) -> Answers:
    """Return the answers of networks with one seed, str (1, N), from `outputs`."""
    given = {}
    for key, output in outputs.items():
        usable = ~np.isnan(output[:, 0])
        given[key] = _in_place(emotions.names(output[usable])[None], usable)
    return given


def answers_of_notebook_09(data_set: str, test: pd.DataFrame, study: Path) -> Answers:
    """Return the answers of the networks of notebook 09, on crops; none where it has not run with this data set."""
    if not names_of_notebook_09(data_set, study):
        return {}
    usable, given = trained_networks.answers(data_set, test, study)
    return on_crops(usable, given)


def on_crops(usable: np.ndarray, given: Mapping[str, np.ndarray]) -> Answers:
    """Return answers to crops as `Answers`.

    Args:
        usable: bool (N,), which of the images have a crop, M of them.
        given: str (S, M) by network.
    """
    return {(name, "crop"): _in_place(answer, usable) for name, answer in given.items()}


def names_of_notebook_09(data_set: str, study: Path) -> list[str]:
    """Return the networks that notebook 09 has fitted on this data set; none where it has not run with it."""
    fitted = (trained_networks.folder(data_set, study) / "networks.csv").is_file()
    return trained_networks.labels(data_set, study) if fitted else []


def shown_names(
    networks: Mapping[str, keras.Model], fits: pd.DataFrame, data_set: str, study: Path, lost: Iterable[str] = ()
) -> dict[str, str]:
    """Return by name what each network of `answers` is, with pixels and parameters.

    Args:
        networks: those of this notebook, by name.
        fits: those of the fair trial, from `lib.training.fit_runs`.
        data_set: on which notebook 09 may have fitted its own.
        study: folder of the products.
        lost: those that have not learned, which their names then say.
    """
    shown = {}
    for name, model in networks.items():
        shown[name] = f"{name}: {model.name} at {model.input_shape[1]} px ({model.count_params():,} parameters)"
    if names_of_notebook_09(data_set, study):
        shown |= trained_networks.names(trained_networks.networks(data_set, study))
    shown |= trained_networks.names(fits)
    return shown | {name: f"{shown[name]}; not learned" for name in lost}


def scores(answers: Answers, test: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of merit of every network and kind of image, on all test images and on two parts of them.

    Returns:
        Rows as `lib.evaluate.classification` has them, with `network`, `input` and `images`, one of `WHICH`.
    """
    tables = []
    for (network, kind), given in answers.items():
        for which, wanted in _parts(test["near_duplicate"].to_numpy()).items():
            here = wanted & (given[0] != "")
            if here.any():
                table = evaluate.classification(test["emotion"][here], given[:, here], test["cluster"][here])
                tables.append(table.assign(network=network, input=kind, images=which))
    return pd.concat(tables, ignore_index=True)


def matrices(answers: Answers, networks: Iterable[str], test: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the confusion matrix, int (7, 7), of each of these networks on images as they come; see `scores`."""
    return {name: evaluate.confusion(test["emotion"], answers[name, "whole image"][0]) for name in networks}


def overview(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracies of `scores`, with a `label` for the figure."""
    rows = scores[(scores["of"] == "all") & (scores["metric"] == "accuracy")]
    columns = ["network", "input", "images", "value", "low", "high", "n", "clusters", "seeds"]
    return rows[columns].assign(label=rows[columns[:3]].agg(", ".join, axis=1)).reset_index(drop=True)


def sentences(overview: pd.DataFrame) -> list[str]:
    """Return a line per network and kind of image, on the images without near duplicates; from `overview`."""
    honest = overview[overview["images"] == WHICH[1]].itertuples()
    return [f"* {row.label}: {row.value:.3f} [{row.low:.3f}, {row.high:.3f}], n = {row.n:,}" for row in honest]


def compared(answers: Answers, test: pd.DataFrame, base: str) -> pd.DataFrame:
    """Return every network beside `base`, on the crops that all have and that are no near duplicates.

    Returns:
        As `lib.evaluate.leaderboard`.
    """
    on_crops = {network: given for (network, kind), given in answers.items() if kind == "crop"}
    fair = ~test["near_duplicate"].to_numpy() & np.all([given[0] != "" for given in on_crops.values()], axis=0)
    same = {network: given[:, fair] for network, given in on_crops.items()}
    return evaluate.leaderboard(same, test["emotion"].to_numpy()[fair], test["cluster"][fair], base)


def card(table: pd.DataFrame, settings: Settings, record: Record, rounding: Mapping[str, float]) -> dict[str, object]:
    """Return what a user of weights must know of how they were made: data, protocol, settings, limits.

    Args:
        table: from `load`.
        settings: of the fit.
        record: of the fit.
        rounding: from `half_precision`.
    """
    protocol = [
        "Official training images to train; of the public test images one half chose the epoch, the other is reported,",
        "whole clusters of near duplicates together; private test images are reported instead where the file has them.",
        f"Near duplicate: correlation of 16 x 16 thumbnails with a training image at least {duplicates.THRESHOLD}.",
        "Intervals: 95 %, bootstrap over clusters of duplicates. Flip at test.",
        "This study read that half five times before it had a register of readings, and changed recipe and passes",
        "after it had seen the results.",
    ]
    limits = [
        "Web photographs of 2013 with labels on which people agree in about 65 % of cases.",
        "Ages, skin tones and cultures are neither balanced nor labelled.",
        "An expression is not a feeling: not for decisions about people.",
    ]
    labels = f"original labels with a weight of {1 - VOTES}, FER+'s votes with the rest"
    title, images = datasets.about(table["data_set"].iloc[0]).title, (table["split"] == "train").sum()
    return {
        "data": f"{title}; {labels}; {images:,} training images ({records.origin(table)}), whole and as crops",
        "protocol": " ".join(protocol),
        "settings": asdict(settings) | {"best epoch": record.best_epoch + 1, "device": record.device},
        "limits": " ".join(limits),
        "half precision": dict(rounding),
    }


def measured(scores: pd.DataFrame, calibrated: pd.DataFrame, network: str) -> dict[str, object]:
    """Return what a card has of the tests of a network: metrics and calibration.

    Args:
        scores: from the function of that name.
        calibrated: from `lib.training.calibration.table`.
        network: name in both.
    """
    tables = {"calibration": calibrated, "metrics": scores}
    return {
        name: table[table["network"] == network].drop(columns=["network", "per_seed"]).round(4).to_dict("records")
        for name, table in tables.items()
    }


def card_in_words(card: Mapping[str, object]) -> str:
    """Return what a card says of data, protocol and limits, a line each."""
    return "\n".join(f"* **{name}**: {card[name]}" for name in ("data", "protocol", "limits"))


def results(scores: pd.DataFrame, data_set: str, shown: Mapping[str, str], origin: str) -> list[records.Result]:
    """Return what notebook 13 records: the overall figures of `scores`.

    Args:
        scores: from the function of that name.
        data_set: of the images.
        shown: by network its name with pixels and parameters, which begins the protocol.
        origin: of the images.
    """
    done = []
    for (network, kind, which), table in scores.groupby(["network", "input", "images"], sort=False):
        how = f"official training images, {kind}, {which} of the held-out half"
        protocol = f"{shown.get(network, network)}; {data_set}: {how}"
        whole = table[table["of"] == "all"]
        done += records.results(whole, f"real faces/{network}/{kind}/{which}", protocol, origin)
    return done


def _parts(near: np.ndarray) -> dict[str, np.ndarray]:
    """Return which images each part of `WHICH` has, bool (N,), from which are near duplicates."""
    return dict(zip(WHICH, (np.ones(len(near), bool), ~near, near), strict=True))


def _in_place(answer: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return answers (S, M) of the M usable images at their places among all, str (S, N), "" elsewhere."""
    whole = np.full((len(answer), len(usable)), "", dtype="<U16")
    whole[:, usable] = answer
    return whole
