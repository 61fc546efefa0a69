"""Networks of real and of rendered faces on one another's images: which cells are measured, and what a card adds."""

import numpy as np
import pandas as pd
import pytest

from lib import models
from lib.emotions import EMOTIONS
from lib.synthetic import likeness
from lib.training import figures, real_faces, transfer

OWN = {"metric": "accuracy", "of": "all", "input": "crop", "images": "without near duplicates"}
FIGURES = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 50, "clusters": 49}
CARD = {"metrics": [OWN | FIGURES, OWN | FIGURES | {"input": "whole image", "value": 0.9}]}


@pytest.fixture(scope="module")
def side():
    """Fourteen test images and two training images, with an untrained network."""
    emotions = [*EMOTIONS, *EMOTIONS, "happy", "sad"]
    table = pd.DataFrame({"emotion": emotions, "split": ["test"] * 14 + ["train"] * 2, "data_set": "fer2013"})
    test = table.head(14).assign(cluster=np.arange(14), near_duplicate=False)
    images = np.random.default_rng(0).integers(0, 255, (16, 48, 48, 3), dtype=np.uint8)
    kinds = {name: real_faces.Kind(images, np.ones(16, bool)) for name in ("whole image", "crop")}
    return transfer.Side(models.build("modern_compact", 48), kinds, table, test)


def measured(cells):
    """Return where each cell comes from, by (fitted on, tested on)."""
    return cells.set_index(["fitted on", "tested on"])["measured"].to_dict()


def test_with_a_stand_in_the_card_has_the_real_figures(side):
    sides = transfer.sides(side, "stand-in", None, None, "smoke")
    cells = transfer.cells(sides, models.build("modern_compact", 48), CARD)
    assert measured(cells) == {
        ("real", "real"): "on the card",
        ("real", "rendered"): "here",
        ("rendered", "real"): "not run",
        ("rendered", "rendered"): "here",
    }
    assert cells["value"].iloc[0] == 0.7
    assert cells["n"].tolist()[1::2] == [14, 14]
    lines = transfer.in_words(cells, sides)
    assert lines[2].endswith("not run")
    assert lines[-1].startswith("* always ")
    assert len(figures.transfer(cells, "title").axes[0].texts) == 4
    assert [result.name for result in transfer.results(cells, "fer2013")] == [
        "transfer/real to rendered/accuracy",
        "transfer/rendered to rendered/accuracy",
    ]


def test_a_cell_that_was_measured_with_real_faces_comes_back_from_the_card(side):
    both = {"real": side, "rendered": side}
    cells = transfer.cells(both, side.model, CARD)
    assert set(cells["measured"]) == {"here"}
    card = CARD | {"transfer": transfer.for_card(cells)}
    again = transfer.cells({"rendered": side}, side.model, card)
    assert measured(again)["rendered", "real"] == "on the card"
    assert again["value"].iloc[2] == pytest.approx(cells["value"].iloc[2], abs=1e-4)


def test_landmarks_of_a_stand_in_are_those_that_come_with_the_study():
    pd.testing.assert_frame_equal(transfer.landmarks("fer2013", "stand-in", None), likeness.real())
