"""The comparators: each network is what its source says it is, learns, and is saved; sequences; the matrix."""

import keras
import numpy as np
import pandas as pd
import pytest

from lib import models, plots, training
from lib.comparators import board, figures, matrix, named, sequences
from lib.comparators.networks import centre_loss, deep_emotion, gabor
from lib.emotions import EMOTIONS
from lib.models import anatomy
from lib.papers import paper_b
from lib.training.runs import Inputs

RNG = np.random.default_rng(0)
FACES = RNG.integers(0, 256, (14, 48, 48, 3), dtype=np.uint8)
CLASSES = np.arange(14) % 7
MODELS = dict(zip(named.LABELS, named.run_table(["all"], 48)["model"], strict=True))
LIGHT_ONES = ["gabor", "deep_emotion", "centre_loss"]  # those with a layer or a loss of their own
PARAMETERS = {"plain_cnn": (369_000, 0.01), "deep_emotion": (57_000, 0.2), "resnet50": (1_480_000, 0.05)}


@pytest.mark.parametrize("name", sorted(set(named.LABELS) - set(models.NAMES)))
def test_a_comparator_gives_probabilities_and_counts_its_arithmetic(name):
    model = models.build(MODELS[name], 48)
    outputs = models.predict(model, FACES[:3])
    assert outputs.shape == (3, 7)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    row = anatomy.overview({name: model}).iloc[0]
    assert 1 < row["multiply_adds"] < 100
    assert row["megabytes"] < 12.1
    if name in PARAMETERS:
        count, within = PARAMETERS[name]
        assert row["parameters"] == pytest.approx(count, rel=within)


def test_the_layers_of_a_residual_network_of_50_are_50():
    layers = anatomy.table(models.build(MODELS["resnet50"], 48))
    convolutions = layers[layers["kind"] == "Conv2D"]
    shortcuts = 4
    assert len(convolutions) - shortcuts + 1 == 50  # and the head
    excited = models.build(MODELS["se_resnet50"], 48)
    assert sum(isinstance(layer, keras.layers.Multiply) for layer in excited.layers) == 16


@pytest.mark.parametrize("name", LIGHT_ONES)
def test_a_comparator_is_fitted_by_the_one_fit_and_read_again(name, tmp_path):
    inputs = {"faces": Inputs((FACES, CLASSES), (FACES, CLASSES))}
    recipe = {"all": training.Settings(3, 14, 0.003, optimiser="adamw", augmentation="none")}
    training.set_seed(0)
    model = models.build(MODELS[name], 48)
    record = training.fit(model, *inputs["faces"], recipe["all"], tmp_path, progress=False)
    assert record.history["loss"].iloc[-1] < record.history["loss"].iloc[0]
    again = models.build(MODELS[name], 48)
    models.load_weights(again, record.weights)
    np.testing.assert_array_equal(models.predict(model, FACES), models.predict(again, FACES))


def test_an_unknown_comparator_is_refused():
    with pytest.raises(ValueError, match="no comparator vgg19"):
        named.run_table(["vgg19"], 48)


def test_flat_skin_has_no_gabor_energy_and_a_stripe_has_most_in_its_own_direction():
    layer = gabor.GaborEnergy()
    flat = np.full((1, 48, 48, 1), 3.0, np.float32)
    assert np.asarray(layer(flat))[:, 12:36, 12:36].max() < 0.01
    x = np.arange(48, dtype=np.float32)
    stripes = np.broadcast_to(np.sin(2 * np.pi * x / 7), (48, 48))[None, ..., None].astype(np.float32)
    energy = np.asarray(layer(stripes))[0, 12:36, 12:36].mean(axis=(0, 1))
    assert energy.argmax() == gabor.DIRECTIONS  # the second wavelength, 7 pixels, the first direction
    assert layer.trainable_variables == []


def test_a_transformer_of_zeros_is_the_identity_and_a_shift_moves_the_image():
    layer, image = deep_emotion.SpatialTransformer(), FACES[:2].astype(np.float32)
    same = np.asarray(layer(image, np.zeros((2, 6), np.float32)))
    np.testing.assert_allclose(same, image, atol=0.02)
    change = np.zeros((2, 6), np.float32)
    change[:, 2] = 2 * 5 / 47  # five pixels to the right
    moved = np.asarray(layer(image, change))
    np.testing.assert_allclose(moved[:, :, :40], image[:, :, 5:45], atol=0.05)


def test_the_centres_add_the_weighted_distance_to_the_loss():
    model = models.build(MODELS["centre_loss"], 48)
    layer = model.get_layer("centres")
    y = np.eye(7, dtype=np.float32)[CLASSES]
    model.compile(loss="categorical_crossentropy")
    y_pred = model(FACES)
    whole = float(model.compute_loss(FACES, y, y_pred))
    pooled, attention = (np.asarray(part) for part in layer.batch)
    expected = centre_loss.STRENGTH / 2 * np.mean(attention * pooled**2)  # all centres are 0
    head = float(keras.losses.categorical_crossentropy(y, y_pred).numpy().mean())
    assert whole == pytest.approx(head + expected, rel=1e-4)
    layer.centres.assign(pooled[:7])
    model(FACES[:7])
    assert float(layer.loss(np.eye(7, dtype=np.float32))) == pytest.approx(0, abs=1e-6)


def test_every_printed_figure_has_its_row():
    labels = {label for label, _ in named.LABELS.values()}
    assert set(paper_b.RELATED) <= labels
    assert paper_b.printed("cross-connected branches") == "71.5 % FER-2013, 98.5 % CK+"
    assert paper_b.printed(named.MODERN) == ""


def test_the_board_has_costs_and_corrected_verdicts():
    truth = np.asarray(EMOTIONS)[np.arange(280) % 7]
    shown = pd.DataFrame({"emotion": truth, "group": np.arange(280) // 7})
    answers = {"plain CNN": truth, "ResNet50": np.roll(truth, 1)}
    costs = {label: {"megabytes": 1.0, "ms per image": 2.0} for label in answers}
    rows = board.table(answers, costs, shown, "plain CNN")
    assert rows["verdict"].tolist() == ["base", "plain CNN above ResNet50"]
    assert rows["printed"].tolist() == ["73.5 % FER-2013", "95.4 % images of a camera"]
    names = [result.name for result in board.results(rows, "comparators", "as made", "stand-in")]
    assert names == ["comparators/plain CNN/accuracy", "comparators/ResNet50/accuracy"]


def test_statistics_over_frames_are_those_of_each_sequence():
    features = np.array([[1.0, 5.0], [3.0, 5.0], [7.0, 0.0]])
    statistics = sequences.over_frames(features, ["b", "b", "a"])
    assert statistics["mean"].tolist() == [[7, 0], [2, 5]]  # in the order of the names
    assert statistics["max"].tolist() == [[7, 0], [3, 5]]
    assert statistics["min"].tolist() == [[7, 0], [1, 5]]
    assert statistics["std"].tolist() == [[0, 0], [1, 0]]


def test_a_matrix_has_a_cell_per_pair_and_a_row_of_the_most_frequent_emotion():
    right = pd.DataFrame(
        {
            "fitted on": ["mug"] * 4 + ["kdef"] * 4 + [matrix.FREQUENT] * 4,
            "tested on": ["mug", "mug", "kdef", "kdef"] * 3,
            "correct": [True, True, True, False, False, False, True, True] + [False] * 4,
            "group": [0, 1, 2, 3] * 3,
        }
    )
    own = np.where(right["fitted on"] == right["tested on"], "the same data set", "another one")
    right["own"] = np.where(right["fitted on"] == matrix.FREQUENT, matrix.FREQUENT, own)
    cells = matrix.cells(right)
    assert cells["value"].tolist() == [1, 0.5, 0, 1, 0, 0]
    assert "* the same data set: 1.000" in matrix.in_words(right)
    texts = [text.get_text() for text in figures.matrix(cells, "made up").axes[0].texts]
    assert len(texts) == 6
    assert texts[1].startswith("0.50\n[")
    origins = [result.origin for result in matrix.results(cells, {"mug": "real", "kdef": "stand-in"}, 48)]
    assert origins == ["real", "mixed", "mixed", "stand-in", "real", "stand-in"]


def test_a_heat_map_keeps_the_order_in_which_rows_and_columns_appear():
    import matplotlib.pyplot as plt

    cells = pd.DataFrame(
        {"fitted on": ["b", "b", "a", "a"], "tested on": ["y", "x"] * 2, "value": [0.1, 0.2, 0.3, 0.4]}
    )
    ax = plots.heat_map(cells.assign(text="t"), plt.figure().add_subplot())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "a"]
    assert ax.images[0].get_array().tolist() == [[0.1, 0.2], [0.3, 0.4]]
