"""Intensity: the paper's counts, baselines, equal steps, 28 variants, and flicker that no timid network can hide."""

import numpy as np
import pandas as pd
import pytest

from lib import evaluate, training
from lib.datasets import overview
from lib.emotions import EMOTIONS, intensity_vector
from lib.intensity import flicker, leak, levels, networks
from lib.papers import paper_a
from lib.training.runs import Inputs


def test_table_5_of_the_paper_adds_up_and_ours_is_counted_by_item():
    eiw = pd.DataFrame({"emotion": ["happy", "happy", "neutral", "sad"], "intensity": [0.2, 0.2, np.nan, 1.0]})
    table = overview.table_5(eiw).set_index("item")
    assert table["paper"].sum() == paper_a.EIW_IMAGES
    assert table["ours"][table["ours"] > 0].to_dict() == {"happy 20 %": 2, "sad 100 %": 1, "neutral": 1}
    grid = overview.levels(eiw)
    assert grid.loc["20 %", "happy"] == 2
    assert grid.loc["no level", "neutral"] == 1


def test_an_answer_that_is_always_neutral_is_right_on_46_per_cent_of_the_papers_table_5():
    names, strengths = [], []
    for emotion, row in paper_a.TABLE_5.items():
        for level, images in enumerate(row, start=1):
            names += [emotion] * images
            strengths += [0.2 * level] * images
    truth = intensity_vector([*names, *["neutral"] * paper_a.TABLE_5_NEUTRAL], [*strengths, *[0.0] * 1093])
    share = (truth.argmax(axis=1) == EMOTIONS.index("neutral")).mean()
    assert pytest.approx(share) == paper_a.ALWAYS_NEUTRAL
    assert round(share, 3) == 0.458


def labels(images=40, seed=0):
    rng = np.random.default_rng(seed)
    return intensity_vector(rng.choice(levels.OTHERS, images), rng.choice(evaluate.LEVELS, images))


def test_baselines_look_at_no_image():
    guesses = levels.baselines(labels(), 3)
    assert guesses["constant guess"].shape == guesses["always neutral"].shape == (1, 3, 7)
    np.testing.assert_allclose(guesses["constant guess"][0, 2], labels().mean(axis=0), rtol=1e-6)
    overall = levels.overview(evaluate.scores(guesses, labels(3), np.arange(3)))
    assert list(overall.index) == ["constant guess", "always neutral"]


def test_a_perfect_network_is_perfect_at_every_level():
    table = levels.by_level(labels(), {"perfect": labels()[None]}, np.arange(40))
    values = table.groupby("metric")["value"].agg(["min", "max"])
    assert values.loc["RMSE"].tolist() == pytest.approx([0, 0])
    assert values.loc["accuracy"].tolist() == [1, 1]
    assert sorted(table["strength"].unique()) == pytest.approx([20, 40, 60, 80, 100])


def test_both_models_get_the_same_number_of_steps():
    sides = [(np.zeros((n, 2, 2, 3), np.uint8), np.zeros((n, 7))) for n in (100, 250)]
    inputs = {label: Inputs(side, side) for label, side in zip(levels.SETS, sides, strict=True)}
    recipes = networks.recipes(training.Settings(epochs=10), inputs)
    assert {label: recipe.epochs for label, recipe in recipes.items()} == {"EIW": 10, "EIW + MUG": 4}


class Brightness:
    """A stand-in for a network, whose outputs follow the brightness of an image."""

    def predict_on_batch(self, images):
        return np.tile(images.mean(axis=(1, 2, 3))[:, None] / 255, (1, 7)).astype(np.float32)


def test_28_variants_of_a_face_are_no_28_faces():
    images = np.random.default_rng(1).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    inputs = {"EIW": Inputs((images, labels(12)), (images, labels(12)))}
    table = pd.DataFrame({"data_set": "eiw", "split": "validation", "group": np.arange(12)})
    folded = networks.with_variants({"EIW": [Brightness()], "other": []}, inputs, table)
    overall = folded[(folded["metric"] == "RMSE") & (folded["of"] == "all")].set_index("label")
    width, n = overall["width"], overall["n"]
    assert width[networks.FOLDED] > 1.4 * width["28 variants, rows drawn (naive)"]
    assert n[networks.FOLDED] == 28 * n[networks.ONCE] == 28 * 12


def test_a_leak_is_what_a_network_gains_on_people_that_it_has_seen_beyond_one_that_saw_nobody():
    rng, people = np.random.default_rng(0), np.repeat(np.arange(12), 20)
    frames = pd.DataFrame({"emotion": "happy", "intensity": 1.0, "subject": people, "seen": people < 8})
    truth = intensity_vector(frames["emotion"], frames["intensity"])

    def answers(error):
        return np.stack([truth + error[:, None] * (1 + 0.1 * rng.normal(size=truth.shape)) for _ in range(3)])

    easier = np.where(frames["seen"], 0.3, 0.4)  # for both networks
    none = leak.effect(frames, {leak.SAW: answers(easier), leak.SAW_NOT: answers(easier)}).set_index("metric")
    assert none.loc["mean squared error", "low"] < 0 < none.loc["mean squared error", "high"]
    assert none.loc["mean squared error", "seen"] < none.loc["mean squared error", "new"]
    remembers = answers(np.where(frames["seen"], 0.1, 0.4))
    some = leak.effect(frames, {leak.SAW: remembers, leak.SAW_NOT: answers(easier)}).set_index("metric")
    assert some.loc["mean squared error", "high"] < 0
    assert some["clusters"].tolist() == [12, 12]


def test_frames_left_over_are_new_images_of_people_on_either_side():
    sequence = {"data_set": "mug", "status": "ok", "emotion": "happy", "sequence": "a"}
    share = [0.0, 0.2, 0.4, 1.0, 0.4, 0.2]
    rows = [
        sequence | {"subject": person, "sequence": f"{person}/a", "frame": k, "share": value, "path": f"{person}{k}"}
        for person in "xyz"
        for k, value in enumerate(share)
    ]
    images = pd.DataFrame(rows)
    table = images[images["path"].isin(["x1", "y1"])].assign(split=["train", "validation"])
    frames = leak.left_over(table, images)
    assert set(frames["subject"]) == {"x", "y"}, "z is in no split"
    assert not frames["path"].isin(table["path"]).any()
    assert frames.groupby("subject")["seen"].first().to_dict() == {"x": True, "y": False}


def ramp(frames=30):
    """Return outputs (1, frames, 7) of a network that follows a face from neutral to happy, steadily."""
    share = np.linspace(0, 1, frames)
    outputs = np.zeros((1, frames, 7))
    outputs[0, :, EMOTIONS.index("happy")], outputs[0, :, EMOTIONS.index("neutral")] = share, 1 - share
    return outputs


def test_a_steady_change_is_not_rough_a_jumping_one_is_and_scale_does_not_matter():
    noise = np.random.default_rng(0).normal(0, 0.05, (1, 30, 7))
    assert flicker.roughness(ramp()) == pytest.approx(0, abs=1e-12)
    assert flicker.roughness(ramp() + noise) > 0.1
    assert flicker.roughness(0.3 * (ramp() + noise)) == pytest.approx(flicker.roughness(ramp() + noise))


def test_an_answer_that_never_changes_has_no_roughness():
    assert np.isnan(flicker.roughness(np.full((2, 30, 7), 0.2)))


def test_flicker_counts_label_changes_per_second_and_compares_networks():
    frames = pd.DataFrame({"sequence": np.repeat([0, 1, 2], 30)})
    rng = np.random.default_rng(0)
    steady = np.concatenate([ramp() + rng.normal(0, 0.001, (1, 30, 7)) for _ in range(3)], axis=1)
    jumping = steady + rng.normal(0, 0.3, (1, 90, 7))
    measured = flicker.measure({"steady": steady, "jumping": jumping}, frames)
    changes = measured.groupby("network")["changes per second"].mean()
    assert changes["steady"] == pytest.approx(1 * flicker.FRAMES_PER_SECOND / 30), "neutral to happy, once"
    assert changes["jumping"] > changes["steady"]
    compared = flicker.compare(measured, "jumping", "steady").set_index("metric")
    assert compared.loc["log of roughness ratio", "value"] > np.log(2)
    assert compared.loc["label changes per second, difference", "value"] > 0


def test_rendered_sequences_are_new_people_cropped_frame_by_frame():
    frames, crops = flicker.sequences(2, 3, 48)
    assert frames["sequence"].unique().tolist() == [0, 1]
    assert frames["emotion"].nunique() == 2
    assert crops.shape == (len(frames), 48, 48, 3)
    assert frames["intensity"].between(0, 1).all()
