"""The profile for real faces, whole, on the small stand-in of FER-2013: real kernels, toy fits."""

import json
import os
import subprocess
import sys

import pandas as pd

from lib import paths, splits
from lib.paths import ROOT
from lib.synthetic import stand_in

SMALL = [
    "09.SCALE=smoke",
    "09.EPOCHS=1",
    "09.SEEDS=2",
    "09.LEAST_TRAINING_ACCURACY=0.0",
    "13.SCALE=smoke",
    "13.EPOCHS=1",
]
OF_06 = [
    "compact VGG-S",
    "compact VGG-S, paper's protocol",
    "traditional alignment",
    "alignment by the eyes",
    "LBP + SVM",
]


def test_the_networks_of_both_notebooks_are_tested_in_one_reading_of_the_reported_half(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    stand_in.ensure("smoke", ["fer2013"])
    chosen = [word for pair in SMALL for word in ("--set", pair)]
    command = [sys.executable, "-m", "lib.runner", "fer2013", *chosen]
    places = {name: value for name, value in os.environ.items() if name != "FACE_DATA"}
    done = subprocess.run(
        command, cwd=ROOT, env=places | {"FACE_STUDY_BUILD": str(tmp_path)}, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    found = {one["name"]: one for one in json.loads((tmp_path / "results" / "13.json").read_text())["results"]}
    for network in ("fitted here", "weights fer2013", *OF_06):
        every, fair = (found[f"real faces/{network}/crop/{which}/accuracy"] for which in ("all", "without twins"))
        assert fair["n"] < every["n"] <= found["real faces/fitted here/picture/all/accuracy"]["n"]
        assert every["seeds"] == (2 if network in OF_06[:4] else 1)
    compared = pd.read_csv(tmp_path / "results" / "13_compared.csv")
    assert compared["network"].tolist() == ["weights fer2013", *OF_06]

    reads = splits.test_reads(tmp_path / "data" / "smoke")
    assert reads[["reader", "split", "read"]].to_numpy().tolist() == [["13", "fer2013", 1]]
    assert reads["models"][0].split("; ") == ["fitted here", "weights fer2013", *OF_06]
