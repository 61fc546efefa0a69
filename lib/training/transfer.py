"""Real and rendered faces in notebook 13: what networks learn on one kind and show on the other, and landmarks.

A side is one kind of faces, "real" or "rendered", with the network that was fitted on its training images. With a
stand-in of the data set there is one side, the rendered one; the weights that come with the study are the network of
the other, and their card has its figures. With the data set itself there are both: the stand-in is drawn beside it, and
its network learns in as many steps, since its images are fewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from lib import datasets, faces, records, splits
from lib.emotions import EMOTIONS
from lib.synthetic import likeness, stand_in
from lib.training import real_faces
from lib.training.settings import Settings

SIDES = ("real", "rendered")
CROPS = "crop"  # the input on which both kinds are alike
MOST = 600  # images of an emotion that are measured: more would not narrow the means that count
AGREED = {"disgust": 0.5, "fear": 0.5}  # least share of FER+'s votes: on these two people agree less often
AGREED_OTHERS = 0.8


@dataclass(frozen=True)
class Side:
    """One kind of faces.

    Attributes:
        model: fitted on its training images.
        kinds: from `real_faces.kinds`, N images.
        table: N rows of a data set with its official split.
        test: the rows of the test images, with their labels.
    """

    model: keras.Model
    kinds: Mapping[str, real_faces.Kind]
    table: pd.DataFrame
    test: pd.DataFrame


def sides(own: Side, origin: str, settings: Settings, study: Path, scale: str) -> dict[str, Side]:
    """Return the sides that there are, by name: the notebook's own, and beside real faces the rendered ones.

    Args:
        own: of the notebook's data set.
        origin: "real" or "stand-in", of its images.
        settings: of the fit on the notebook's own images, in whose steps the rendered ones are learned.
        study: folder of the products.
        scale: of the study; the stand-in beside a real data set is drawn at most at the scale standard.
    """
    if origin != "real":
        return {"rendered": own}
    data_set = own.table["data_set"].iloc[0]
    scale = "smoke" if scale == "smoke" else "standard"
    trained = (own.table["split"] == "train").to_numpy()
    images = settings.epochs * sum(int((kind.usable & trained).sum()) for kind in own.kinds.values())
    rendered = rendered_side(data_set, own.model, settings, study / "rendered", scale, images)
    return {"real": own, "rendered": rendered}


def rendered_side(data_set: str, model: keras.Model, settings: Settings, folder: Path, scale: str, images: int) -> Side:
    """Draw the stand-in of a data set, fit a network on it, and return both.

    Args:
        data_set: one with an official split.
        model: a network of the kind and size that is to be fitted.
        settings: of the fit, but for its passes.
        folder: of the products of the stand-in, none of the data set itself.
        scale: of the stand-in.
        images: to learn in all passes together.
    """
    tree = stand_in.ensure(scale, [data_set])[data_set]
    table = real_faces.load(data_set, folder, scale, tree)
    kinds = real_faces.kinds(table, model.input_shape[1], folder)
    train = real_faces.side(kinds, table, "train", real_faces.VOTES)
    validation = real_faces.side(kinds, table, "validation")
    settings = replace(settings, epochs=max(1, round(images / len(train[0]))))
    model, _ = real_faces.fit(train, validation, settings, folder / "models", model.name)
    test = splits.read_test(data_set, folder, "13", ["fitted on rendered faces"])
    return Side(model, kinds, table, test)


def cells(sides: Mapping[str, Side], shipped: keras.Model, card: Mapping[str, object]) -> pd.DataFrame:
    """Return the accuracy of networks of both kinds on crops of both kinds, without near duplicates of training images.

    Args:
        sides: from the function of that name.
        shipped: the weights that come with the study, fitted on real faces; used where no side is real.
        card: of these weights, for what cannot be measured here.

    Returns:
        Four rows: `fitted on`, `tested on`, `value`, `low`, `high`, `n`, `clusters`, and `measured`: "here", "on the
        card" or "not run", then without a value.
    """
    rows, networks = [], {"real": shipped} | {name: side.model for name, side in sides.items()}
    for fitted in SIDES:
        for tested in SIDES:
            pair = {"fitted on": fitted, "tested on": tested}
            if tested in sides:
                rows.append(pair | {"measured": "here"} | _measure(networks[fitted], sides[tested]))
            else:
                rows.append(pair | _on_card(card, fitted, tested))
    columns = ["fitted on", "tested on", "value", "low", "high", "n", "clusters", "measured"]
    return pd.DataFrame(rows, columns=columns)


def _measure(model: keras.Model, side: Side) -> dict[str, object]:
    tested = (side.table["split"] == "test").to_numpy()
    answers = real_faces.answers(real_faces.outputs({"one": model}, {CROPS: side.kinds[CROPS]}, tested))
    overall = real_faces.overview(real_faces.scores(answers, side.test))
    return overall[overall["images"] == real_faces.WHICH[1]].iloc[0].to_dict()


def _on_card(card: Mapping[str, object], fitted: str, tested: str) -> dict[str, object]:
    """Return a cell that the card has: its own figure, or one that was measured when the weights were made."""
    own = {"metric": "accuracy", "of": "all", "input": CROPS, "images": real_faces.WHICH[1]}
    wanted = own if fitted == tested == "real" else {"fitted on": fitted, "tested on": tested}
    for row in [*card["metrics"], *card.get("transfer", [])]:
        if wanted.items() <= row.items():
            return row | {"measured": "on the card"}
    return {"measured": "not run"}


def for_card(cells: pd.DataFrame) -> list[dict[str, object]]:
    """Return the cells that were measured here, as a card keeps them."""
    return _here(cells).round(4).to_dict("records")


def _here(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that were measured here, whose numbers of images are whole."""
    return cells[cells["measured"] == "here"].drop(columns="measured").astype({"n": int, "clusters": int})


def in_words(cells: pd.DataFrame, sides: Mapping[str, Side]) -> list[str]:
    """Return a line per cell, and what always naming the most frequent emotion would reach on each side."""
    lines = []
    for row in cells.to_dict("records"):
        figure = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}], n = {row['n']:,.0f}, {row['measured']}"
        words = row["measured"] if np.isnan(row["value"]) else figure
        lines.append(f"* fitted on {row['fitted on']} faces, tested on {row['tested on']} ones: {words}")
    for name, side in sides.items():
        largest = side.test["emotion"].value_counts(normalize=True)
        lines.append(f"* always {largest.index[0]}, tested on {name} faces: {largest.iloc[0]:.3f}")
    return lines


def landmarks(data_set: str, origin: str, study: Path) -> pd.DataFrame:
    """Return the landmark distributions of real faces, as `lib.synthetic.likeness.distributions` has them.

    With real faces they are measured, on at most `MOST` training images of each emotion on which FER+'s voters agree,
    the frontal ones of them; with a stand-in they are those that come with the study.

    Args:
        data_set: "fer2013", with its votes where it is real.
        origin: "real" or "stand-in", of its images.
        study: folder of the products.

    Raises:
        lib.datasets.DataError: there are no votes.
    """
    if origin != "real":
        return likeness.real()
    table = datasets.load(data_set, labels="soft")
    share = table.filter(like="share_").max(axis=1)
    agreed = share >= table["emotion"].map(AGREED).fillna(AGREED_OTHERS)
    table = table[agreed & (table["split"] == "train") & table["emotion"].isin(EMOTIONS)]
    table = table.sample(frac=1, random_state=0).groupby("emotion").head(MOST).sort_values("emotion", kind="stable")
    seen = faces.find_faces(table, study)
    meshes = np.asarray(seen.mesh)
    measured = likeness.features(meshes).assign(emotion=table["emotion"].to_numpy())
    return likeness.distributions(measured[likeness.frontal(meshes)]).round(4)


def results(cells: pd.DataFrame, data_set: str) -> list[records.Result]:
    """Return what notebook 13 records of the cells that it has measured; `cells` from the function of that name."""
    done = []
    for row in _here(cells).to_dict("records"):
        pair = f"{row['fitted on']} to {row['tested on']}"
        sides = f"fitted on {row['fitted on']} faces, tested on {row['tested on']} ones"
        protocol = f"{data_set}, {sides}, crops without near duplicates of training images"
        origin = "real" if row["tested on"] == "real" else "stand-in"
        done += records.results(pd.DataFrame([row | {"metric": "accuracy"}]), f"transfer/{pair}", protocol, origin)
    return done
