"""Multiply-adds against hand values and TensorFlow's own counter; clocks that count what they should, never a time."""

import keras
import numpy as np
import pytest

from lib import images, models, timing
from lib.predict import peers
from lib.timing import bare

LAYERS = keras.layers


@pytest.fixture(scope="module")
def network():
    """A small network as `lib.models.build` makes them, uint8 (N, 32, 32, 3) in."""
    image = keras.Input((32, 32, 3), dtype="uint8")
    x = LAYERS.Rescaling(1 / 255)(image)
    x = LAYERS.Conv2D(8, 3, strides=2)(x)  # 15 x 15 x 8
    x = LAYERS.BatchNormalization()(x)
    x = LAYERS.Flatten()(LAYERS.MaxPooling2D(3)(x))  # 200
    return keras.Model(image, LAYERS.Dense(7, activation="softmax")(x))


def test_multiply_adds_are_those_counted_by_hand(network):
    assert timing.multiply_adds(network) == 15 * 15 * (3 * 3 * 3 * 8) + 5 * 5 * 8 * 7


def test_the_compact_network_needs_199_million_multiply_adds_as_was_counted_before():
    assert round(timing.multiply_adds(models.build("compact_vgg_s", 128)) / 1e6) == 199


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the independent counter is TensorFlow's profiler: unset KERAS_BACKEND",
)
def test_multiply_adds_are_half_of_tensorflows_floating_point_operations():
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = models.build("compact_vgg_s", 64)
    call = tf.function(model).get_concrete_function(tf.TensorSpec((1, 64, 64, 3), tf.uint8))
    options = tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
    graph = convert_variables_to_constants_v2(call).graph
    counted = tf.compat.v1.profiler.profile(graph, options=options.with_empty_output().build()).total_float_ops
    assert 2 * timing.multiply_adds(model) == pytest.approx(counted, rel=0.01)


def test_warm_up_calls_are_made_and_not_counted():
    called = []
    found = timing.each(called.append, range(25), warm_up=5)
    assert called == list(range(25))
    assert found["n"] == 20
    assert 0 <= found["median"] <= found["p95"]


def test_too_few_items_for_the_warm_up_are_refused():
    with pytest.raises(ValueError, match="5 items and a warm-up of 10"):
        timing.each(print, range(5))


def test_a_pass_over_the_whole_set_sees_every_image_once(network, monkeypatch):
    images, seen = np.zeros((10, 32, 32, 3), np.uint8), []
    original = network.predict_on_batch
    monkeypatch.setattr(network, "predict_on_batch", lambda batch: (seen.append(len(batch)), original(batch)))
    found = timing.whole_set(network, images, batch_size=4)
    assert seen == [4, 2, 4, 4, 2]  # both shapes traced, then the clock
    assert found["n"] == 10
    assert found["per_image"] == pytest.approx(1000 * found["seconds"] / 10)


def test_the_peak_is_a_rate_and_the_device_has_a_name(monkeypatch):
    monkeypatch.setattr(timing.networks, "PEAK_SECONDS", 0.05)
    assert timing.matmul_peak() > 0
    assert keras.backend.backend() in timing.device()


def test_an_input_that_costs_time_costs_more_than_the_same_batch(network):
    class Slow(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, number):
            np.linalg.svd(np.ones((200, 200)))
            return np.zeros((2, *network.input_shape[1:]), np.uint8), np.eye(network.output_shape[-1])[:2]

    table = timing.input_costs(network, {"slow": Slow()})
    assert table["input"].tolist() == ["the same batch", "slow"]
    assert table["over the same batch"][0] == 0
    assert (table[["ms", "processor ms"]] > 0).all(axis=None)


def test_a_table_has_a_row_per_call():
    table = timing.table({"a": lambda item: item, "b": lambda item: item}, range(20), "call")
    assert table["call"].tolist() == ["a", "b"]
    assert (table["n"] == 10).all()


def test_a_training_step_multiplies_three_times_but_not_for_the_image(network):
    table = timing.training_shares({"small": network}, 4, peak=1e9)
    first = 15 * 15 * (3 * 3 * 3 * 8)
    work = 3 * timing.multiply_adds(network) - first
    assert table["million multiply-adds"][0] == pytest.approx(work / 1e6)
    seconds = table["ms per image"][0] / 1000
    assert table["share of peak"][0] == pytest.approx(work / seconds / 1e9)


def test_the_table_of_peers_has_a_row_per_way_on_the_same_photographs():
    table = peers.kept()
    assert table["way"].tolist() == list(peers.SIDES.values())
    assert table["n"].nunique() == 1
    assert (table["right"] <= table["answered"]).all()


def test_bare_library_calls_stand_beside_the_work_of_the_study(tmp_path):
    for number in range(4):
        images.write(tmp_path / f"{number}.png", bare._rendered(number)[0])
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    crop = bare._prepared(files[0], 48)
    assert crop.shape == bare._networks(48)(files[0]).shape == (48, 48, 3)
    assert crop.any()
    table = bare.beside_bare(files, 48)
    assert table["n"].tolist() == [2] * 4
    assert np.allclose(table["times"], table["ms"] / table["bare ms"])
