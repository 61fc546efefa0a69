import sys

import cv2
import keras
import keras_cv
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy import ndimage, stats

from lib import augment
from lib.augment import BLUR, BRIGHTNESS, VARIANTS, TrainingBatches, layers, own_face
from lib.synthetic import Subject, render
from lib.training import set_seed

ONE_HOT = np.eye(7, dtype=np.float32)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Twenty smooth random pictures, uint8 (20, 64, 64, 3)."""
    noise = np.random.default_rng(0).normal(128, 400, (20, 64, 64, 3))
    return np.clip(ndimage.gaussian_filter(noise, (0, 3, 3, 0)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def targets() -> np.ndarray:
    return ONE_HOT[np.arange(20) % 7]


def test_there_are_seven_gains_and_four_blurs():
    assert (len(BRIGHTNESS), len(BLUR), VARIANTS) == (7, 4, 28)
    assert len(set(BRIGHTNESS)) == 7
    assert set(BLUR) == {"none", "gaussian", "average", "median"}


def test_variant_0_is_the_crop_bit_for_bit(crops):
    assert np.array_equal(augment.variant(crops[0], 0), crops[0])
    assert np.array_equal(augment.variants(crops[0])[0], crops[0])


@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 64), (31, 48, 3)])
def test_row_k_of_all_variants_is_variant_k(crops, shape):
    crop = crops[0][: shape[0], : shape[1]] if len(shape) == 3 else crops[0][..., 1].copy()
    rows = augment.variants(crop)
    assert rows.shape == (28, *shape)
    assert rows.dtype == np.uint8
    assert all(np.array_equal(rows[k], augment.variant(crop, k)) for k in range(28))
    assert len({row.tobytes() for row in rows}) == 28


def test_brightness_follows_the_gain_and_saturates(crops):
    means = [augment.variant(crops[0], 4 * i).mean() for i in np.argsort(BRIGHTNESS)]
    assert means == sorted(means)
    white, black = np.full((8, 8), 255, np.uint8), np.zeros((8, 8), np.uint8)
    assert augment.variant(white, 4 * BRIGHTNESS.index(max(BRIGHTNESS))).min() == 255
    assert not augment.variants(black).any()


def test_borders_are_not_darkened():
    flat = np.full((64, 64, 3), 200, np.uint8)
    assert all(np.array_equal(row, flat) for row in augment.variants(flat)[:4])
    darkened = cv2.blur(flat, (3, 3), borderType=cv2.BORDER_CONSTANT)
    assert darkened[0].max() < 200  # what a border of zeros would do


@pytest.mark.parametrize("pixels", [64, 128])
def test_blurs_agree_with_scipy(pixels):
    crop = np.random.default_rng(1).integers(0, 256, (pixels, pixels), dtype=np.uint8)
    side = augment.blur_size(pixels)
    expected = {
        "gaussian": ndimage.gaussian_filter(crop.astype(float), side / 5, mode="nearest", radius=side // 2),
        "average": ndimage.uniform_filter(crop.astype(float), side, mode="nearest"),
        "median": ndimage.median_filter(crop, side, mode="nearest"),
    }
    for name, image in expected.items():
        assert np.abs(augment.variant(crop, BLUR.index(name)) - image).max() <= 1.5, name


def test_the_blur_grows_with_the_crop():
    assert [augment.blur_size(pixels) for pixels in (32, 48, 64, 128, 224)] == [3, 3, 3, 5, 9]


@pytest.mark.parametrize("k", [-1, 28])
def test_an_unknown_variant_is_refused(crops, k):
    with pytest.raises(ValueError, match="0 to 27"):
        augment.variant(crops[0], k)


def test_what_is_no_crop_is_refused(crops):
    with pytest.raises(ValueError, match="float64"):
        augment.variants(crops[0] / 255)


def test_28_short_epochs_show_every_variant_of_every_image_once():
    seen = [augment.plan(50, 1, seed=3, epoch=epoch) for epoch in range(28)]
    pairs = {(int(i), int(k)) for images, kinds in seen for i, k in zip(images, kinds, strict=True)}
    assert len(pairs) == 50 * 28
    assert all(sorted(images) == list(range(50)) for images, _ in seen)


@pytest.mark.parametrize("visits", [4, 28])
def test_an_epoch_visits_each_image_so_often_never_with_the_same_variant(visits):
    images, kinds = augment.plan(30, visits, seed=0, epoch=5)
    assert np.array_equal(np.bincount(images), np.full(30, visits))
    assert len(set(zip(images.tolist(), kinds.tolist(), strict=True))) == 30 * visits


def test_the_plan_follows_seed_and_epoch_alone():
    first = augment.plan(40, 7, seed=1, epoch=2)
    assert all(np.array_equal(a, b) for a, b in zip(first, augment.plan(40, 7, seed=1, epoch=2), strict=True))
    for other in (augment.plan(40, 7, seed=2, epoch=2), augment.plan(40, 7, seed=1, epoch=3)):
        assert not np.array_equal(first[0], other[0])
        assert not np.array_equal(first[1], other[1])
    with pytest.raises(ValueError, match="divisor of 28"):
        augment.plan(40, 3, seed=1, epoch=2)


@pytest.mark.parametrize("augmentation", ["none", "paper", "modern"])
def test_a_batch_can_be_made_again_alone(crops, targets, augmentation):
    read_through = TrainingBatches(crops, targets, 6, augmentation, seed=4)
    read_through.start(3)
    epoch = [read_through[k] for k in range(len(read_through))]
    alone = TrainingBatches(list(crops), targets, 6, augmentation, seed=4)
    alone.start(3)
    assert [len(images) for images, _ in epoch] == [6, 6, 6, 2]
    for mine, again in zip(epoch[2], alone[2], strict=True):
        assert np.array_equal(mine, again)
    assert epoch[0][0].dtype == np.uint8
    alone.start(4)
    assert not np.array_equal(epoch[2][0], alone[2][0])


def test_a_paper_batch_holds_the_planned_variants(crops):
    batches = TrainingBatches(crops, np.arange(20), 64, "paper", seed=1, visits=28)
    images, kinds = augment.plan(20, 28, seed=1, epoch=0)
    pictures, labels = batches[3]
    assert len(batches) == 9
    assert np.array_equal(labels, images[192:256])
    assert np.array_equal(pictures[5], augment.variant(crops[images[197]], kinds[197]))


def test_no_augmentation_gives_every_crop_once(crops):
    batches = TrainingBatches(crops, np.arange(20), 8, "none")
    labels = np.concatenate([labels for _, labels in batches])
    pictures = np.concatenate([pictures for pictures, _ in batches])
    assert sorted(labels) == list(range(20))
    assert np.array_equal(pictures, crops[labels])


@pytest.mark.parametrize("workers", [1, 2])
def test_keras_is_served_the_epochs_it_trains_in_order(crops, targets, workers):
    class Listed(TrainingBatches):
        def __getitem__(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
            served.append((self.epoch, batch))
            return super().__getitem__(batch)

    served = []
    model = keras.Sequential([keras.layers.Input((64, 64, 3)), keras.layers.Flatten(), keras.layers.Dense(7)])
    model.compile("sgd", "mse")
    batches = Listed(crops, targets, 5, workers=workers)
    model.fit(batches, shuffle=False, callbacks=[batches.callback()], initial_epoch=3, epochs=5, verbose=0)
    trained = [pair for pair in served if pair[0] > 0]  # Keras peeks into epoch 0 before it begins
    assert sorted(trained) == [(epoch, batch) for epoch in (3, 4) for batch in range(4)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"augmentation": "papers"}, "'papers'; expected one of none, paper, modern, keras, keras_cv"),
        ({"targets": np.zeros((19, 7))}, "20 images and 19 targets"),
        ({"targets": np.zeros(20), "augmentation": "modern"}, r"must be \(N, classes\)"),
    ],
)
def test_batches_that_cannot_be_are_refused(crops, targets, arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingBatches(**{"images": crops, "targets": targets, "batch_size": 4, **arguments})


@pytest.mark.parametrize("name", [name for name in augment.OPERATIONS if name != "auto contrast"])
def test_an_operation_of_strength_0_is_the_identity(crops, name):
    assert np.array_equal(augment.OPERATIONS[name](crops[0], 0.0), crops[0])


def test_operations_move_as_far_as_they_say(crops):
    moved = augment.OPERATIONS["translate x"](crops[0], 0.625)  # .0625 of 64 pixels
    assert np.array_equal(moved[:, 4:], crops[0][:, :-4])
    assert np.array_equal(moved[:, :4], np.repeat(crops[0][:, :1], 4, axis=1))  # the border is repeated
    stretched = augment.OPERATIONS["auto contrast"](crops[0] // 2 + 40, 0.0)
    assert (stretched.min(), stretched.max()) == (0, 255)


def test_a_modern_crop_follows_its_generator(crops):
    one, same, other = (augment.modern(crops[0], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.shape == crops[0].shape
    assert one.dtype == np.uint8


def test_mixup_blends_images_and_targets_by_the_same_share():
    images = np.repeat(np.arange(0, 200, 10, dtype=np.uint8), 48).reshape(20, 4, 4, 3)
    targets = np.eye(20, dtype=np.float32)
    mixed, blended = augment.mix_up(images, targets, np.random.default_rng(0))
    assert np.allclose(blended.sum(axis=1), 1)
    assert (np.diag(blended) >= 0.5).all()
    assert np.abs(mixed[:, 0, 0, 0] - blended @ np.arange(0, 200, 10)).max() <= 0.5 + 1e-3
    assert (np.diag(blended) < 0.99).any()


def test_mixup_refuses_class_numbers(crops):
    with pytest.raises(ValueError, match="one-hot them first"):
        augment.mix_up(crops, np.arange(20), np.random.default_rng(0))


@pytest.mark.parametrize("name", augment.SETS)
def test_a_batch_of_layers_can_be_made_again_alone(crops, targets, name):
    keras.config.set_dtype_policy("mixed_float16")  # what training on a GPU may set, KerasCV's layers cannot take
    try:
        set_seed(7)  # deterministic operations, as the notebooks want
        augment.SETS[name].cache_clear()
        batches = TrainingBatches(crops, targets, 10, name, seed=2)
        first, second = batches[0], batches[1]
        set_seed(99)
        again = TrainingBatches(crops, targets, 10, name, seed=2)[1]
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.array_equal(second[0], again[0])
    assert np.array_equal(second[1], again[1])
    assert not np.array_equal(first[0], second[0])
    assert second[0].dtype == np.uint8
    assert second[0].shape == (10, 64, 64, 3)


@pytest.fixture(scope="module")
def ten_faces() -> np.ndarray:
    """Ten rendered faces with a grain, as an even background has no histogram, uint8 (10, 64, 64, 3)."""
    drawn = [render(Subject(k), "happy", 0.8, np.random.default_rng(k), "wild", size=64)[0] for k in range(10)]
    grain = np.random.default_rng(0).normal(0, 8, (10, 64, 64, 3))
    return np.clip(np.stack(drawn) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def same_face() -> np.ndarray:
    """A face 1000 times, uint8 (1000, 64, 64, 3), with a grain: an even or overexposed background has no histogram."""
    face = render(Subject(0), "happy", 0.8, np.random.default_rng(0), "wild", size=64)[0]
    grain = np.random.default_rng(0).normal(0, 8, face.shape)
    return np.tile(np.clip(0.8 * face + grain, 0, 255).astype(np.uint8), (1000, 1, 1, 1))


MEASURES = {  # of images uint8 (B, 64, 64, 3) and of the face they were made from
    "brightness": lambda images, before: images.mean(axis=(1, 2, 3)),
    "contrast": lambda images, before: images.std(axis=(1, 2, 3)),
    "colour": lambda images, before: np.ptp(images, axis=3).mean(axis=(1, 2)),
    "change": lambda images, before: np.abs(images.astype(np.float32) - before).mean(axis=(1, 2, 3)),
}


def apart(one: np.ndarray, other: np.ndarray, before: np.ndarray) -> dict[str, float]:
    """Return for each measure how far its distributions are apart on average (Wasserstein), in levels of 256."""
    pairs = {name: [measure(images, before) for images in (one, other)] for name, measure in MEASURES.items()}
    return {name: stats.wasserstein_distance(*pair) for name, pair in pairs.items()}


def unlike(one: np.ndarray, other: np.ndarray, before: np.ndarray) -> dict[str, float]:
    """Return for each measure the Kolmogorov-Smirnov statistic of its draws, where one level of 256 is no difference.

    It is the largest distance of the two distribution functions, 0 to 1. Of 1000 draws each from one law it is over .09
    once in a thousand times.
    """
    distances = {}
    for name, measure in MEASURES.items():
        ours, theirs = measure(one, before), measure(other, before)
        sides = (ours + 1, theirs, "greater"), (ours - 1, theirs, "less")
        distances[name] = max(stats.ks_2samp(*side).statistic for side in sides)
    return distances


def through(layer: keras.Layer, images: np.ndarray) -> np.ndarray:
    changed = keras.ops.convert_to_numpy(layer(images.astype(np.float32)))
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)


OPERATIONS_OF_RANDAUGMENT = (
    "AutoContrast", "Equalization", "Solarization", "RandomColorDegeneration", "RandomContrast", "RandomBrightness",
    "RandomShear", "RandomShear", "RandomTranslation", "RandomTranslation",
)  # fmt: skip


@pytest.mark.parametrize("number", range(10), ids=OPERATIONS_OF_RANDAUGMENT)
def test_an_operation_of_keras_draws_like_that_of_keras_cv(ten_faces, same_face, number):
    keras.utils.set_random_seed(0)
    tf.random.set_global_generator(tf.random.Generator.from_seed(0))
    ours = layers._operations("float32")
    theirs = keras_cv.layers.RandAugment((0, 255), 2, layers.MAGNITUDE).layers
    kinds = [[type(layer).__name__.lstrip("_") for layer in side] for side in (ours, theirs)]
    assert kinds == [list(OPERATIONS_OF_RANDAUGMENT)] * 2
    for faces, measure, most in ((np.tile(ten_faces, (20, 1, 1, 1)), apart, 5), (same_face, unlike, 0.12)):
        if number < 2 and measure is unlike:
            continue  # these two draw nothing, and they equalise by formulas that differ
        one, other = (through(side[number], faces) for side in (ours, theirs))
        assert max(measure(one, other, faces).values()) < most


def test_the_sets_of_keras_and_of_keras_cv_draw_alike(ten_faces, same_face, monkeypatch):
    many = np.tile(ten_faces, (20, 1, 1, 1))
    assert max(apart(*(augment.SETS[name]()(many, 3) for name in ("keras", "keras_cv")), many).values()) < 6
    theirs = augment.SETS["keras_cv"]()(same_face, 3)
    ours = augment.SETS["keras"]()(same_face, 3)
    monkeypatch.setattr(layers, "BRIGHTNESS", 0.3)
    brighter = layers.keras_set.__wrapped__()(same_face, 3)
    assert max(unlike(ours, theirs, same_face).values()) < 0.12 < max(unlike(brighter, theirs, same_face).values())


def test_mixup_blends_by_the_law_of_keras():
    targets = np.eye(500, dtype=np.float32)
    _, ours = augment.mix_up(np.zeros((500, 1, 1, 3), np.uint8), targets, np.random.default_rng(0))
    layer = keras.layers.MixUp(0.2, seed=0)
    theirs = keras.ops.convert_to_numpy(layer({"images": np.zeros((500, 1, 1, 3)), "labels": targets})["labels"])
    assert stats.ks_2samp(ours.max(axis=1), theirs.max(axis=1)).statistic < 0.1


def test_cutmix_takes_every_share_as_likely_and_keras_nearly():
    """Keras cuts its rectangles off at the border, ours lie inside: the laws differ by about .15."""
    images, targets, ours = np.zeros((20, 32, 32, 3), np.uint8), np.eye(20, dtype=np.float32), []
    rng, layer = np.random.default_rng(0), keras.layers.CutMix(1.0, seed=0)
    for _ in range(300):
        _, mixed = augment.cut_mix(images, targets, rng)
        ours.append(1 - mixed.diagonal().min())
    calls = [layer({"images": images.astype(np.float32), "labels": targets})["labels"] for _ in range(50)]
    theirs = np.concatenate([1 - keras.ops.convert_to_numpy(call).diagonal() for call in calls])
    assert stats.kstest(ours, "uniform").statistic < 0.09
    assert stats.ks_2samp(ours, theirs[theirs > 0]).statistic < 0.2


def test_without_keras_cv_one_line_goes_and_all_else_stays(crops, targets, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_cv", None)
    monkeypatch.delitem(augment.SETS, "keras_cv")
    assert TrainingBatches(crops, targets, 10, "keras")[0][0].shape == (10, 64, 64, 3)
    figure, ax = plt.subplots()
    augment.draw_modern(crops[:2], targets[:2], 0, ax)
    plt.close(figure)


def test_every_variant_put_aside_finds_its_own_face_among_different_faces(crops):
    small = own_face.thumbnails(crops[:4])
    found = own_face.split_after_augmentation(small, 0.2, np.random.default_rng(0))
    assert 0 < len(found) < 4 * augment.VARIANTS
    assert found["own"].all()


def test_the_likeness_of_equal_variants_is_one(crops):
    same = np.repeat(own_face.thumbnails(crops[:2])[:: augment.VARIANTS], augment.VARIANTS, axis=0)
    assert own_face.likeness(same) == pytest.approx(1)
    assert own_face.likeness(own_face.thumbnails(crops[:2])) < 1


def test_bare_calls_make_the_same_variants(crops):
    assert np.array_equal(own_face.bare_variants(crops[0]), augment.variants(crops[0]))


def test_the_counts_of_tables_4_and_7_stand_beside_ours():
    sides = pd.DataFrame({"data_set": ["eiw", "eiw", "mug"], "split": ["train", "validation", "train"]})
    table = augment.count_images(sides, sides).set_index("images of")
    assert table["ours"].tolist() == [2, 1, 1, 2, 1]
    assert (table["paper"] * 28 == table["paper, with variants"]).all()
    assert (table["ours"] * 28 == table["ours, with variants"]).all()


def test_the_sharpest_colour_crop_comes_first_and_grey_ones_last():
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    grey = np.repeat(noise[..., :1], 3, axis=2)
    assert augment.sharpest(np.stack([grey, noise // 4, noise])).tolist() == [2, 1, 0]
