"""Networks on a data set with its own split: answers, scores, memory; and the whole profile on a small stand-in."""

import json
import os
import shutil
import subprocess
import sys
from itertools import product

import numpy as np
import pandas as pd
import pytest

from lib import models, splits
from lib.models import pretrained
from lib.paths import ROOT
from lib.training import fair_trial, real_faces, transfer

SMALL = [
    "09.SCALE=smoke",
    "09.EPOCHS=1",
    "09.SEEDS=2",
    "09.MOST_TRAINING_ERROR=9.0",
    "13.SCALE=smoke",
    "13.NETWORK=modern_compact",
    "13.EPOCHS=1",
    "20.SCALE=smoke",
    "20.IMAGES=40",
    "20.EPOCHS=1",
    '20.NETWORKS=["compact_vgg_s", "gabor"]',
    '20.SETS=["fer2013", "jaffe"]',
    "20.PEOPLE=4",
    "13.PASSES=1",
    "13.SEEDS=1",
    '13.PARTS=["FER+ votes in the targets"]',
    "13.IMAGES=40",
    "13.PRECISION=float32",
]
OF_09 = [
    "compact VGG-S",
    "compact VGG-S, paper's protocol",
    "traditional alignment",
    "alignment by the eyes",
    "LBP + SVM",
]

TESTED = ["fitted here", "weights fer2013", *fair_trial.LABELS, *OF_09]


def _images_shown(folder):
    """Return how many images the one fit in a folder has learned, over all passes."""
    (record,) = folder.glob("*/record.json")
    images, _ = json.loads((record.parent / "setup.json").read_text())["data"]["images"]
    return images * len(json.loads(record.read_text())["history"])


@pytest.fixture
def test_images():
    """Twenty test images, the first eight near duplicates of training images, two to a cluster."""
    emotion = np.tile(["happy", "sad"], 10)
    return pd.DataFrame({"emotion": emotion, "cluster": np.arange(20) // 2, "near_duplicate": np.arange(20) < 8})


def test_a_network_is_scored_on_the_images_that_it_has_and_compared_on_those_that_all_have(test_images):
    truth = test_images["emotion"].to_numpy()
    whole, crops = truth[None], np.where(np.arange(20) == 19, "", truth)[None]
    answers = {("a", "whole image"): whole, ("a", "crop"): crops, ("b", "crop"): whole}
    overall = real_faces.overview(real_faces.scores(answers, test_images))
    assert overall["n"].tolist() == [20, 12, 8, 19, 11, 8, 20, 12, 8]
    assert (overall["value"] == 1).all()
    assert len(real_faces.sentences(overall)) == 3
    assert real_faces.compared(answers, test_images, "a")["n"].tolist() == [11, 11]


def test_the_study_keeps_the_network_with_the_higher_accuracy_on_validation():
    images = np.random.default_rng(0).integers(0, 255, (20, 48, 48, 3), dtype=np.uint8)
    networks = {name: models.build("compact_vgg_s", 48) for name in ("a", "b")}
    for name, model in networks.items():
        labels = models.predict(model, images, flip=True).argmax(axis=1)
        assert real_faces.better(networks, images, labels) == name
    assert real_faces.better(networks, images, np.full(20, 9)) == "a"  # equals


def test_a_side_has_whole_images_first_and_then_the_crops_that_there_are():
    table = pd.DataFrame({"emotion": ["happy", "sad", "fear"], "split": ["train", "validation", "train"]})
    images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8)
    kinds = {
        "whole image": real_faces.Kind(images, np.ones(3, bool)),
        "crop": real_faces.Kind(images + 10, np.array([True, True, False])),
    }
    shown, labels = real_faces.side(kinds, table, "train")
    assert shown[:, 0, 0, 0].tolist() == [0, 2, 10]
    assert labels.tolist() == [3, 2, 3]
    pairs = real_faces.examples(kinds, table, np.random.default_rng(0))
    assert [image[0, 0, 0] for image in pairs] == [0, 10]  # of fear there is no crop


def test_the_networks_of_both_notebooks_are_tested_in_one_reading_of_the_reported_half(tmp_path, trees):
    for name in ("fer2013", "jaffe", "mug"):
        shutil.copytree(trees[name], tmp_path / "data/smoke/stand_in" / name)
    placed = tmp_path / "licensed" / "fer2013"  # as if it were the real one
    placed.mkdir(parents=True)
    for file in ("fer2013.csv", "fer2013new.csv"):
        shutil.copy(trees["fer2013"] / file, placed)
    chosen = [word for pair in SMALL for word in ("--set", pair)]
    command = [sys.executable, "-m", "lib.runner", "fer2013", "--data", str(placed.parent), *chosen]
    places = {name: value for name, value in os.environ.items() if name != "FACE_DATA"}
    done = subprocess.run(
        command, cwd=ROOT, env=places | {"FACE_STUDY_BUILD": str(tmp_path)}, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    found = {one["name"]: one for one in json.loads((tmp_path / "results" / "13.json").read_text())["results"]}
    for network in TESTED:
        every, fair = (found[f"real faces/{network}/crop/{which}/accuracy"] for which in real_faces.WHICH[:2])
        assert fair["n"] < every["n"] <= found["real faces/fitted here/whole image/all/accuracy"]["n"]
        assert every["seeds"] == (2 if network in OF_09[:4] else 1)
    compared = pd.read_csv(tmp_path / "results" / "13_compared.csv")
    assert compared["label"].tolist() == TESTED
    assert (tmp_path / "sheets" / "13_near_duplicates.png").is_file()
    executed = json.loads((tmp_path / "executed" / "13_pretrained.ipynb").read_text())["cells"]
    sheet = next(cell for cell in executed if "memory.sheet(" in "".join(cell["source"]))
    assert not [output for output in sheet["outputs"] if "image/png" in output.get("data", {})], "shows real faces"
    card = json.loads((tmp_path / "weights" / "fer2013.json").read_text())
    assert {row["when"] for row in card["calibration"]} == {"before", "after"}
    assert {"whole image", "crop", real_faces.BOTH} == {row["input"] for row in card["metrics"]}
    assert [(row["fitted on"], row["tested on"]) for row in card["transfer"]] == [*product(transfer.SIDES, repeat=2)]
    assert "The study keeps: weights fer2013" in json.dumps(executed[-5:])  # one pass over a toy is worse
    shipped = json.loads((pretrained.FOLDER / "fer2013.json").read_text())
    assert {name: card[name] for name in ("data", "settings", "sha256")} == {
        name: shipped[name] for name in ("data", "settings", "sha256")
    }
    shown = [_images_shown(tmp_path / "data/smoke" / part) for part in ("models/real", "rendered/models")]
    assert shown[1] == pytest.approx(shown[0], rel=0.5)
    assert shown[1] > 0

    reads = splits.test_reads(tmp_path / "data" / "smoke")
    assert reads[["reader", "split", "read"]].to_numpy().tolist() == [["13", "fer2013", 1]]

    results = json.loads((tmp_path / "results" / "20.json").read_text())["results"]
    origins = {one["name"].removesuffix("/accuracy"): one["origin"] for one in results}
    assert origins["comparators/Gabor features"] == "real"
    assert origins["cross data set/fer2013 to fer2013"] == "real"
    assert origins["cross data set/fer2013 to jaffe"] == "mixed"
    assert origins["sequences/mean of the answers"] == "stand-in"
    assert reads["models"][0].split("; ") == TESTED
