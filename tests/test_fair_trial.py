"""The fair trial, what each part of the recipe is worth, memory of near duplicates, calibration."""

import numpy as np
import pandas as pd
import pytest

from lib import augment, models, training
from lib.emotions import EMOTIONS
from lib.models import lbp_svm, modern, pretrained
from lib.training import ablation, calibration, fair_trial, figures, memory, real_faces

SPLIT = ["train"] * 6 + ["validation"] * 3 + ["test"] * 3


@pytest.fixture
def table():
    """Twelve images; training image 0 is a near duplicate of test image 9, 1 of validation image 6."""
    cluster = [9, 6, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    facts = {"emotion": ["happy", "sad"] * 6, "split": SPLIT, "cluster": cluster, "digest": list("abcdefghijkl")}
    return pd.DataFrame(facts).assign(subject="", sequence="", data_set="fer2013")


def test_the_networks_that_saw_none_learn_no_image_with_a_near_duplicate_held_out(table):
    rng = np.random.default_rng(0)
    rows = fair_trial.images(table, 0, rng)
    learned = {side: rows.loc[rows[column] == "train", "digest"].tolist() for side, column in fair_trial.SIDES.items()}
    assert learned == {"saw near duplicates": list("abcdef"), "saw none": list("cdef")}
    validated = [rows.loc[rows[column] == "validation", "digest"].tolist() for column in fair_trial.SIDES.values()]
    assert validated == [list("ghi")] * 2
    few = fair_trial.images(table, 3, rng)
    assert {"a", "b"} < set(few.loc[few["split_saw"] == "train", "digest"])
    assert (few["split_none"] == "train").sum() == 1


def test_the_closest_training_image_is_named_for_held_out_images_alone(table):
    rng = np.random.default_rng(0)
    thumbnails = rng.normal(size=(12, 256)).astype(np.float32)
    thumbnails[9] = thumbnails[0] + 0.1 * thumbnails[9]
    thumbnails /= np.linalg.norm(thumbnails, axis=1, keepdims=True)
    closest = memory.closest(table, thumbnails)
    assert closest["closest"].tolist() == [-1] * 9 + [0, -1, -1]
    assert closest["correlation"].iloc[9] == pytest.approx(thumbnails[0] @ thumbnails[9])
    assert memory.shares(closest).loc["test"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_what_a_network_gains_beyond_one_that_saw_no_copies_is_memory():
    emotion, near = np.tile(["happy", "sad"], 40), np.arange(80) < 32
    test = pd.DataFrame({"emotion": emotion, "cluster": np.arange(80) // 2})
    table = pd.DataFrame({"split": "test", "correlation": np.where(near, 0.985, 0.0)})
    half = np.arange(80) % 4 < 2  # right on half of the clusters
    wrong = np.where(emotion == "happy", "sad", "happy")
    answers = {
        ("a", "crop"): np.where(near | half, emotion, wrong)[None],
        ("b", "crop"): np.where(half, emotion, wrong)[None],
    }
    gaps = memory.gaps(answers, test, table, {"one": ("a", "b")})
    own = gaps[gaps["threshold"] == 0.98]
    assert own["value"].tolist() == pytest.approx([0.5, 0.0, 0.5])
    assert own["n"].tolist() == [32] * 3
    assert gaps.loc[gaps["threshold"] == 0.99, "value"].isna().all()  # no near duplicate is left there
    assert "more than chance" in memory.in_words(gaps)[0]
    assert len(figures.memory(gaps, "title").axes) == 1


def test_votes_stand_beside_the_original_label_and_an_image_without_votes_has_its_label():
    shares = pd.DataFrame(0.0, index=range(2), columns=[f"share_{emotion}" for emotion in EMOTIONS])
    shares.loc[0, ["share_happy", "share_sad"]] = 0.25, 0.75
    shares.loc[1] = np.nan
    table = shares.assign(emotion=["happy", "fear"])
    assert real_faces.targets(table, 0.0).tolist() == [3, 2]
    soft = real_faces.targets(table, 0.4)
    assert soft[0, [3, 5]] == pytest.approx([0.7, 0.3])
    assert soft[1].tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert soft.sum(axis=1) == pytest.approx([1, 1])


def test_the_temperature_brings_back_probabilities_that_were_sharpened():
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.ones(7), 20_000)
    labels = np.array([rng.choice(7, p=p) for p in honest])
    sharp = calibration.cooled(honest, 0.5)
    assert calibration.temperature(sharp, labels) == pytest.approx(2, rel=0.05)
    assert calibration.cooled(sharp, 2.0) == pytest.approx(honest)
    assert calibration.cooled(honest, 1.0) == pytest.approx(honest)
    test = pd.DataFrame({"emotion": np.array(EMOTIONS)[labels], "cluster": np.arange(len(labels))}).head(2000)
    errors = calibration.table({("net", "crop"): sharp[:2000]}, "net", 2.0, test)
    assert errors["value"].iloc[1] < 0.05 < errors["value"].iloc[0]
    assert set(errors["network"]) == {"net"}


def test_the_large_network_fits_the_limit_at_half_precision_and_can_leave_blocks_out(tmp_path):
    model = models.build("modern_large", 48)
    path = pretrained.publish(model, "large", {}, tmp_path)
    assert 11e6 < path.stat().st_size <= pretrained.LARGEST
    depth = [layer for layer in model.layers if layer.name.startswith(modern.DEPTH)]
    assert len(depth) == 6
    blocks = np.asarray(depth[0](np.ones((400, 2, 2, 3), np.float32), training=True))
    assert {len(np.unique(block)) for block in blocks} == {1}  # whole images are dropped, not single values
    assert 0.02 < (blocks[:, 0, 0, 0] == 0).mean() < 0.2


def test_a_fit_sets_the_rate_of_stochastic_depth(tmp_path):
    images, labels = np.zeros((8, 48, 48, 3), np.uint8), np.arange(8) % 7
    model = models.build("modern_compact", 48)
    settings = training.Settings(epochs=1, augmentation="modern, cutmix", stochastic_depth=0.3)
    training.fit(model, (images, labels), (images, labels), settings, tmp_path, progress=False)
    assert {layer.rate for layer in model.layers if layer.name.startswith(modern.DEPTH)} == {0.3}


def test_cutmix_shares_the_target_by_area():
    images = np.repeat(np.arange(8, dtype=np.uint8) * 30, 20 * 20 * 3).reshape(8, 20, 20, 3)
    targets = np.eye(8, dtype=np.float32)
    mixed, shared = augment.cut_mix(images, targets, np.random.default_rng(1))
    assert shared.sum(axis=1) == pytest.approx(np.ones(8))
    for image, target in zip(mixed, shared, strict=True):
        counts = np.bincount(image[..., 0].ravel() // 30, minlength=8)
        assert counts / 400 == pytest.approx(target)


@pytest.mark.parametrize("augmentation", augment.CHANGED)
def test_a_changed_set_changes_one_part_of_the_modern_one(augmentation):
    images = np.random.default_rng(0).integers(0, 256, (8, 48, 48, 3), dtype=np.uint8)
    targets = np.eye(7, dtype=np.float32)[np.arange(8) % 7]
    batches = [augment.TrainingBatches(images, targets, 8, name) for name in (augmentation, "modern")]
    (one, target), (other, mixed) = (batch[0] for batch in batches)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, batches[0][0][0])
    assert (target.max(axis=1) == 1).all() == (augmentation == "modern, no mixing")
    assert mixed.max(axis=1).min() < 1


def test_grid_and_c_of_the_traditional_method_are_the_best_of_those_tried_on_validation():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 32, 32), dtype=np.uint8)
    images[::2] = np.sort(images[::2], axis=2)  # another texture
    labels = np.where(np.arange(40) % 2, "sad", "happy")
    machine, tried = lbp_svm.tune((images[:20], labels[:20]), (images[20:], labels[20:]))
    assert len(tried) == len(lbp_svm.CELLS) * len(lbp_svm.REGULARISATION)
    best = tried.loc[tried["accuracy"].idxmax()]
    assert (machine.cells, machine.regularisation) == (best["cells"], best["C"])
    assert np.mean(machine.predict(images[20:]) == labels[20:]) == best["accuracy"]


def test_every_change_of_the_recipe_differs_from_it_in_one_thing():
    changes = ablation.changes(training.MODERN)
    network, settings, weight = changes.pop(ablation.RECIPE)
    for name, (other, changed, votes) in changes.items():
        parts = sum(vars(changed)[key] != value for key, value in vars(settings).items())
        assert parts + (other != network) + (votes != weight) == 1, name


def test_the_recipe_stands_beside_the_parts_that_are_named_and_an_unknown_part_is_refused():
    assert list(ablation.chosen(training.MODERN, ["no erasing"])) == [ablation.RECIPE, "no erasing"]
    assert list(ablation.chosen(training.MODERN, [])) == [ablation.RECIPE]
    assert ablation.chosen(training.MODERN, ["all"]) == ablation.changes(training.MODERN)
    with pytest.raises(ValueError, match="no part no sleep; expected some of the recipe, FER"):
        ablation.chosen(training.MODERN, ["no sleep"])


def test_a_kind_of_network_with_one_that_hardly_beats_a_constant_guess_has_not_learned():
    errors = pd.DataFrame({"label": ["a", "a", "b"], "training error": [0.5, 0.95, 0.9]})
    assert training.not_learned(errors) == {"a": 0.95}
    diverged = pd.DataFrame({"label": ["a", "b", "b"], "training error": [0.5, np.nan, 0.5]})
    assert training.not_learned(diverged) == {"b": np.inf}


def test_what_notebook_13_records_has_a_name_of_its_own_an_n_and_an_interval():
    image = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 40, "clusters": 30, "seeds": 1, "per_seed": (0.5,)}
    recalls = pd.DataFrame([image | {"metric": "recall", "of": of, "network": "a"} for of in ("happy", "sad")])
    gap = {"network": "a", "which": "saw them", "threshold": 0.98, "value": 0.2, "low": 0.1, "high": 0.3, "n": 32}
    empty = gap | {"threshold": 0.99, "low": np.nan, "high": np.nan}
    one = image | {"label": "no mixing", "difference": 0.1, "difference low": 0.0, "difference high": 0.2}
    changes = pd.DataFrame([image | {"label": ablation.RECIPE}, one]).assign(learned=False)
    error = image | {"metric": "expected calibration error", "of": "all", "input": "crop", "network": "b"}
    calibrated = pd.DataFrame([error | {"when": when} for when in ("before", "after")])
    tables = recalls, pd.DataFrame([gap, empty]), changes, calibrated
    results = fair_trial.results(*tables, "stand-in", {"a": 1.0})
    lost = [result.name for result in results if result.protocol.endswith("; not learned")]
    assert lost == ["fair trial/a/happy/recall", "fair trial/a/sad/recall", "recipe/no mixing/difference of accuracy"]
    names = [result.name for result in results]
    assert len(set(names)) == len(names) == 6
    assert "memory/a/saw them, from 0.98 on" in names
    assert all(result.n and result.low < result.value < result.high for result in results)


def test_what_is_never_right_is_listed_by_network_in_words():
    rows = [("small", "sad", 0.0), ("small", "fear", 0.0), ("small", "accuracy", 0.0), ("large", "sad", 0.5)]
    recalls = pd.DataFrame(rows, columns=["network", "of", "value"])
    assert fair_trial.unlearned(recalls) == "Never right:\n\n* small: sad, fear"
    assert "some images of every emotion" in fair_trial.unlearned(recalls[3:])
