"""Networks beside one another: costs as they are, verdicts from paired differences, a part of training."""

import numpy as np
import pandas as pd
import pytest

from lib import evaluate, models, side_by_side, timing
from lib.emotions import EMOTIONS
from lib.side_by_side import Fitted

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 48, 48, 3), dtype=np.uint8)
TRUTH = np.asarray(EMOTIONS)[np.arange(280) % 7]


@pytest.fixture(scope="module")
def fitted() -> dict[str, Fitted]:
    """A network and the traditional method."""
    network = Fitted(models.build("compact_vgg_s", 48), 2.0)
    return {"network": network, "method": side_by_side.traditional((IMAGES, np.arange(40) % 7), EMOTIONS)}


def test_every_method_answers_every_image_with_an_emotion(fitted):
    answers = side_by_side.answers(fitted, IMAGES, EMOTIONS)
    for answer in answers.values():
        assert answer.shape == (1, 40)
        assert set(answer.ravel()) <= set(EMOTIONS)


def test_costs_are_those_of_the_weights_and_the_clock(fitted):
    costs = side_by_side.costs(fitted, IMAGES)
    network = costs["network"]
    assert network["megabytes"] == pytest.approx(4e-6 * fitted["network"].model.count_params())
    assert network["million multiply-adds"] > 1
    assert network["training minutes"] == 2.0
    assert np.isnan(costs["method"]["million multiply-adds"])
    assert all(cost["ms per image"] > 0 for cost in costs.values())


def test_a_network_that_is_asked_for_both_views_answers_alike_when_mirrored_and_costs_two():
    modern = models.build("modern_compact", 48)
    both = {"modern": Fitted(modern, 1.0)}
    answers = [side_by_side.answers(both, images, EMOTIONS)["modern"] for images in (IMAGES, IMAGES[:, :, ::-1])]
    np.testing.assert_array_equal(*answers)
    costs = side_by_side.costs(both, IMAGES)["modern"]
    assert costs["million multiply-adds"] == pytest.approx(2e-6 * timing.multiply_adds(modern))


def board(answers: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the table of answers of people with 7 images each, with made-up costs."""
    costs = {label: dict.fromkeys(side_by_side.COSTS, 1.0) for label in answers}
    return side_by_side.table(answers, costs, TRUTH, np.arange(280) // 7, EMOTIONS, "base")


def test_a_verdict_orders_what_differs_and_no_more():
    half = np.where(RNG.random(280) < 0.5, TRUTH, np.roll(TRUTH, 1))
    other = np.where(RNG.random(280) < 0.5, TRUTH, np.roll(TRUTH, 1))
    table = board({"base": half, "equal": other, "perfect": TRUTH, "wrong": np.roll(TRUTH, 1)})
    assert table["verdict"].tolist() == ["base", "cannot be ordered", "perfect above base", "base above wrong"]
    assert table["value"].tolist()[2:] == [1.0, 0.0]
    assert "1 of 3 networks cannot be ordered against base (n = 280)" in side_by_side.undecided(table)
    names = [result.name for result in side_by_side.results(table, "side by side", "as made", "stand-in")]
    assert names[:2] == ["side by side/base/accuracy", "side by side/base/macro F1"]


def test_many_comparisons_are_corrected_as_on_the_leaderboard_and_the_one_named_beforehand_is_not():
    rng, people, sets = np.random.default_rng(7), np.arange(280) // 7, np.repeat(["mug", "kdef"], 140)
    shares = {"base": 0.5, "primary": 0.62} | {f"other {k}": 0.54 + k / 100 for k in range(8)}
    answers = {label: np.where(rng.random(280) < share, TRUTH, np.roll(TRUTH, 1)) for label, share in shares.items()}
    costs = {label: dict.fromkeys(side_by_side.COSTS, 1.0) for label in answers}
    table = side_by_side.table(answers, costs, TRUTH, people, EMOTIONS, "base", sets, "primary")
    alike = evaluate.leaderboard(answers, TRUTH, people, "base", "primary", sets)
    assert table["verdict"].tolist()[1:] == alike["verdict"].tolist()[1:]
    assert (alike["p"] < 0.05).sum() > alike["verdict"].str.contains("above").sum()  # some are taken back
    assert table[["value", "low", "high"]].equals(alike[["value", "low", "high"]])


def test_a_part_of_training_keeps_validation_and_adds_nothing():
    table = pd.DataFrame({"split_leak_free": ["train"] * 50 + ["validation"] * 10 + [""] * 5})
    side = side_by_side.part_of_training(table, 20, seed=0)
    whole = table["split_leak_free"].to_numpy()
    assert (side == "train").sum() == 20
    assert (side[whole == "validation"] == "validation").all()
    assert (whole[side == "train"] == "train").all()
    assert (side_by_side.part_of_training(table, 100, seed=0) == whole).all()


def test_a_dot_is_drawn_for_every_network_in_both_panels():
    figure = side_by_side.against_costs(board({"base": TRUTH, "other": np.roll(TRUTH, 1)}), "made up")
    assert [len(ax.containers) for ax in figure.axes] == [2, 2]
