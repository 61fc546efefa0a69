"""Maps of the evidence: against hand-made networks whose evidence is known, gradients, and random weights."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from lib import models
from lib.emotions import EMOTIONS
from lib.explanations import figures, maps, photographs, trust
from lib.explanations.maps import EDGES, GRAD_CAM, OCCLUSION
from lib.models import pretrained

SIZE = 48


@pytest.fixture(scope="module")
def pairs():
    return photographs.draw_pairs(2, SIZE, 0.2, seed=22)


@pytest.fixture(scope="module")
def network():
    return pretrained.load("fer2013")[0]


def looks_at(rows: slice, columns: slice) -> keras.Model:
    """Return a network whose first output is the brightness of one part of the picture and of nothing else."""
    window = np.zeros((1, 32, 32, 1), np.float32)
    window[:, rows, columns] = 1 / 64
    image = keras.Input((32, 32, 3), dtype="uint8")
    grey = keras.ops.mean(keras.ops.cast(image, "float32"), axis=-1, keepdims=True) / 255
    bright = keras.ops.sum(grey * window, axis=(1, 2))
    return keras.Model(image, keras.ops.concatenate([bright, 1 - bright], axis=-1))


@pytest.mark.parametrize(("rows", "columns"), [(slice(0, 8), slice(16, 24)), (slice(20, 28), slice(4, 12))])
def test_occlusion_points_at_the_only_part_that_a_network_looks_at(rows, columns):
    image = np.full((1, 32, 32, 3), 20, np.uint8)
    image[:, rows, columns] = 250
    drawn = maps.occlusion(looks_at(rows, columns), image, np.array([0]), patch=8, stride=4)[0]
    there = np.zeros((32, 32), bool)
    there[rows, columns] = True
    assert there[np.unravel_index(drawn.argmax(), drawn.shape)]
    assert drawn[there].min() > 0
    far = np.ones((32, 32), bool)
    far[max(rows.start - 8, 0) : rows.stop + 8, max(columns.start - 8, 0) : columns.stop + 8] = False
    assert drawn[far] == pytest.approx(0, abs=1e-6)


def gradient_map(network: keras.Model, image: np.ndarray, k: int) -> np.ndarray:
    """Return Grad-CAM's cells as the paper defines them, float (h, w), by the gradient of the backend."""
    inside = keras.Model(network.input, network.get_layer("pool").input)
    kernel, bias = network.get_layer("head").get_weights()
    features = tf.constant(inside.predict_on_batch(image[None]))
    with tf.GradientTape() as tape:
        tape.watch(features)
        score = (tf.reduce_mean(features, axis=(1, 2)) @ kernel + bias)[0, k]
    weights = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2))[0].numpy()
    return (features.numpy()[0] * weights).sum(axis=-1)


def test_grad_cam_is_what_the_gradient_gives(network, pairs):
    step = SIZE // 6
    for row, k in enumerate(trust.classes(pairs)[:3]):
        cells = maps.grad_cam(network, pairs.shown[row : row + 1], np.array([k]))[0][step - 1 :: step, step - 1 :: step]
        by_hand = gradient_map(network, pairs.shown[row], k)
        assert cells == pytest.approx(by_hand, abs=1e-2 * np.abs(by_hand).max())


def test_the_cells_of_grad_cam_add_up_to_the_answer(network, pairs):
    step, bias = SIZE // 6, network.layers[-1].get_weights()[1]
    scores = []
    for k in range(len(EMOTIONS)):
        cells = maps.grad_cam(network, pairs.shown[:1], np.array([k]))[0][step - 1 :: step, step - 1 :: step]
        scores.append(cells.sum() + bias[k])
    outputs = np.exp(scores) / np.exp(scores).sum()
    assert outputs == pytest.approx(models.predict(network, pairs.shown[:1])[0], abs=1e-3)


def test_a_cell_lies_where_its_receptive_field_has_its_centre():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(1, 3, 2, "same", kernel_initializer="ones") for _ in range(3)]
    network = keras.Sequential([keras.Input((64, 64, 1)), *layers])
    centres = []
    for y in range(64):
        image = np.zeros((1, 64, 64, 1), np.float32)
        image[0, y] = 1
        centres.append(network.predict_on_batch(image)[0, 3, 4, 0])
    seen = np.average(np.arange(64), weights=centres)
    cells = np.zeros((8, 8), np.float32)
    cells[3] = 1
    assert maps._enlarged(cells, 64)[:, 30].argmax() == pytest.approx(seen, abs=0.5)


def test_a_network_that_ends_otherwise_is_refused_by_grad_cam():
    network = models.build("compact_vgg_s", SIZE)
    with pytest.raises(ValueError, match="global mean"):
        maps.grad_cam(network, np.zeros((1, SIZE, SIZE, 3), np.uint8), np.array([0]))


def test_weights_are_redrawn_from_the_last_layer_down_and_the_trained_network_stays(network):
    before = [weights.copy() for weights in network.get_weights()]
    seen = []
    for step, copy in maps.randomised(network, seed=22):
        kernels = {one.name: one.get_weights()[0] for one in network.layers if isinstance(one, keras.layers.Conv2D)}
        changed = {name for name, kernel in kernels.items() if (copy.get_layer(name).get_weights()[0] != kernel).any()}
        assert (copy.layers[-1].get_weights()[0] != network.layers[-1].get_weights()[0]).any()
        seen.append(len(changed))
        assert step != trust.ALL or len(changed) == len(kernels)
    assert seen == [0, 3, 6, 9, 10]
    assert all((a == b).all() for a, b in zip(before, network.get_weights(), strict=True))


def test_random_weights_of_another_seed_do_not_resemble_the_trained_ones(network):
    _, copy = next(maps.randomised(network, seed=22))
    trained, random = network.layers[-1].get_weights()[0], copy.layers[-1].get_weights()[0]
    assert abs(np.corrcoef(trained.ravel(), random.ravel())[0, 1]) < 0.1


def test_two_pictures_of_a_pair_differ_where_muscles_move_and_nowhere_else(pairs):
    change = photographs.changes(pairs.shown, pairs.resting)
    happy = pairs.table["emotion"].eq("happy").to_numpy()
    upper, lower = change[happy][:, : SIZE // 3].mean(), change[happy][:, SIZE // 2 :].mean()
    assert lower > 3 * upper  # a smile is in the lower half of a face
    assert np.percentile(change, 5) < 1  # grey levels: light and grain are equal
    assert pairs.region.mean(axis=(1, 2)) == pytest.approx(0.2, abs=0.01)


def test_the_same_seed_draws_the_same_pairs(pairs):
    again = photographs.draw_pairs(1, SIZE, 0.2, seed=22)
    assert (again.shown == pairs.shown[:6]).all()


def toy(region: np.ndarray) -> photographs.Pairs:
    """Return pairs with given regions, bool (N, H, W), of one person a picture."""
    table = pd.DataFrame({"person": range(len(region)), "emotion": "happy"})
    crops = np.zeros((*region.shape, 3), np.uint8)
    return photographs.Pairs(table, crops, crops, region)


@pytest.mark.parametrize(
    ("drawn", "peak", "mass"),
    [
        ("the region", 1, 1),
        ("all but the region", 0, 0),
        ("even, with a peak inside", 1, 0.25),
        ("negative", 0.25, 0.25),  # counts as even
        ("two equal peaks, one inside", 0.5, 0.5),
    ],
)
def test_figures_of_merit_of_maps_made_by_hand(drawn, peak, mass):
    region = np.zeros((1, 8, 8), bool)
    region[:, 4:, 4:] = True
    even = np.ones((1, 8, 8))
    even[0, 6, 6] += 1e-9
    made = {
        "the region": region.astype(float),
        "all but the region": 1.0 - region,
        "even, with a peak inside": even,
        "negative": -even,
        "two equal peaks, one inside": np.pad(np.eye(2), ((3, 3), (3, 3)))[None],
    }
    measured = trust.measure({"map": made[drawn]}, toy(region)).set_index("metric")["value"]
    assert measured[trust.PEAK] == peak
    assert measured[trust.MASS] == pytest.approx(mass, abs=1e-6)


def test_random_maps_hit_by_chance():
    rng = np.random.default_rng(0)
    region = photographs.largest(rng.random((400, 10, 10)), 0.2)
    measured = trust.measure({"random": rng.random((400, 10, 10))}, toy(region))
    means = measured.groupby("metric")["value"].mean()
    assert means[trust.PEAK] == pytest.approx(0.2, abs=0.06)
    assert means[trust.MASS] == pytest.approx(0.2, abs=0.01)


def test_a_map_correlates_with_itself_and_not_with_another():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 5, 30, 30))
    assert trust.rank_correlations(first, np.exp(first)) == pytest.approx(1)
    assert np.abs(trust.rank_correlations(first, second)).max() < 0.15


def test_the_region_at_rest_takes_the_answer_away(network, pairs):
    mean = trust.put_back(network, pairs).groupby("picture")["probability"].mean()
    assert mean["the expression"] > mean["all but its region at rest"] > 2 * mean["its region at rest"]
    assert mean["all at rest"] < 0.2


def test_a_better_map_is_put_above_and_equal_maps_are_not_ordered():
    rng, names = np.random.default_rng(0), {name for pair in trust.COMPARED for name in pair}
    region = photographs.largest(rng.random((60, 10, 10)), 0.2)
    drawn = {name: rng.random((60, 10, 10)) for name in names}
    drawn[OCCLUSION] = region + drawn[OCCLUSION]
    table = trust.compared(trust.measure(drawn, toy(region))).set_index(["metric", "first", "second"])["verdict"]
    assert table[trust.PEAK, OCCLUSION, GRAD_CAM] == f"{OCCLUSION} above {GRAD_CAM}"
    assert table[trust.MASS, GRAD_CAM, EDGES] == "cannot be ordered"


def test_a_figure_has_a_row_for_each_map_and_one_for_the_faces(pairs):
    drawn = {"a": np.ones((6, SIZE, SIZE)), "b": np.zeros((6, SIZE, SIZE))}
    figure = figures.over_faces(pairs.shown[:6], drawn, pairs.region[:6], list("abcdef"))
    assert len(figure.axes) == 18
