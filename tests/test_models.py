"""Networks: sizes as the paper prints them, what goes in and out, and the traditional method."""

import logging

import keras
import numpy as np
import pytest

from lib import models, timing
from lib.emotions import EMOTIONS
from lib.faces import align
from lib.models import anatomy, first_layer, lbp_svm, pretrained, reconstructions
from lib.papers import paper_a
from lib.synthetic import Subject, render


@pytest.fixture(scope="module")
def compact():
    return models.build("compact_vgg_s")


@pytest.fixture(scope="module")
def modern():
    return models.build("modern_compact", size=48)


def images(n, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


def test_the_compact_network_has_the_size_that_the_paper_prints(compact):
    assert compact.count_params() == 3_026_695
    assert 4 * compact.count_params() / 1e6 == pytest.approx(12.107, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("compact_vgg_s_b", 3_026_183), ("compact_vgg_s_c", 3_036_167), ("compact_vgg_s_d", 3_170_599)],
)
def test_the_other_reconstructions_fit_too(name, parameters):
    assert models.build(name).count_params() == parameters


def test_the_full_vgg_s_has_the_published_number_of_parameters():
    assert models.build("vgg_s", size=224).count_params() == 124_507_607


def test_the_modern_network_is_not_larger_than_the_papers(modern):
    assert 4 * modern.count_params() / 1e6 <= 12.1


def test_the_table_of_layers_adds_up(compact):
    table = anatomy.table(compact)
    assert table["parameters"].sum() == compact.count_params()
    assert 1e6 * table["multiply_adds"].sum() == pytest.approx(timing.multiply_adds(compact))
    assert round(table["multiply_adds"].sum()) == 199


def test_the_receptive_field_is_what_a_changed_pixel_reaches(modern):
    """An output unit reacts to pixels inside its receptive field and to none outside."""
    table = anatomy.table(modern).set_index("layer")
    inner = keras.Model(modern.get_layer("standardise").output, modern.get_layer("block_2b").output)
    base = np.zeros((1, 48, 48, 1), np.float32)
    reached = np.zeros((48, 48), bool)
    for y, x in [(24, x) for x in range(48)]:
        changed = base.copy()
        changed[0, y, x] = 100
        difference = np.abs(np.asarray(inner(changed)) - np.asarray(inner(base)))[0, 6, 6].max()
        reached[y, x] = difference > 0
    assert reached[24].sum() == table.loc["block_2b", "receptive_field"] == 33


@pytest.mark.parametrize("head", models.HEADS)
@pytest.mark.parametrize("name", ["compact_vgg_s", "compact_vgg_s_b", "modern_compact"])
def test_bytes_go_in_and_shares_come_out(name, head):
    output = models.predict(models.build(name, size=64, head=head), images(3, 64))
    assert output.shape == (3, 7)
    assert output.dtype == np.float32
    assert (output >= 0).all()
    assert (output <= 1).all()
    if head == "softmax":
        np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-5)


def test_the_smallest_size_can_be_built_and_a_smaller_one_is_refused():
    for name in models.NAMES[:4]:
        models.build(name, size=models.SMALLEST)
    with pytest.raises(ValueError, match="expected at least 41 pixels"):
        models.build("compact_vgg_s", size=40)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="unknown model 'vgg'"):
        models.build("vgg")
    with pytest.raises(ValueError, match="unknown head 'linear'"):
        models.build("vgg_s", head="linear")


def test_the_modern_network_does_not_care_for_colour_or_plain_light(modern):
    faces = images(4, 48) // 2 + 40
    grey = np.repeat(np.rint(faces @ [0.2989, 0.5870, 0.1140]).astype(np.uint8)[..., None], 3, axis=3)
    output = models.predict(modern, faces)
    np.testing.assert_allclose(models.predict(modern, grey), output, atol=0.01)
    np.testing.assert_allclose(models.predict(modern, faces + 40), output, atol=0.01)


def test_flip_at_test_gives_a_mirrored_face_the_same_answer(modern):
    faces = images(5, 48)
    there, back = (models.predict(modern, batch, batch_size=2, flip=True) for batch in (faces, faces[:, :, ::-1]))
    np.testing.assert_allclose(there, back, atol=1e-6)
    assert np.abs(models.predict(modern, faces) - models.predict(modern, faces[:, :, ::-1])).max() > 1e-6


def test_many_networks_one_after_another_are_no_reason_for_a_warning(caplog):
    logging.getLogger("tensorflow").propagate = True
    for _ in range(7):
        models.predict(keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()]), np.zeros((1, 4, 4, 3)))
    assert not caplog.records


def test_no_images_give_no_outputs(modern):
    assert models.predict(modern, images(0, 48)).shape == (0, 7)


def test_weights_come_back_whole_and_half_precision_comes_back_near(modern, tmp_path):
    other = models.build("modern_compact", size=48)
    for dtype, tolerance in (("float32", 0), ("float16", 1e-3)):
        models.save_weights(modern, tmp_path / dtype, dtype)
        models.load_weights(other, tmp_path / dtype)
        for a, b in zip(modern.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    assert (tmp_path / "float16").stat().st_size < 0.51 * (tmp_path / "float32").stat().st_size + 30_000


def test_weights_of_another_network_are_refused(modern, tmp_path):
    models.save_weights(modern, tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="holds weights of modern_compact"):
        models.load_weights(models.build("compact_vgg_s", size=48), tmp_path / "weights.npz")


def test_the_traditional_method_tells_textures_apart():
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 256, (20, 64, 64), dtype=np.uint8)
    stripes = np.tile((np.arange(64) // 4 % 2 * 200).astype(np.uint8), (20, 64, 1)) + rng.integers(0, 9, (20, 64, 64))
    faces = np.concatenate([rough, stripes.astype(np.uint8)])
    labels = np.repeat(["rough", "striped"], 20)
    machine = lbp_svm.LbpSvm().fit(faces[::2], labels[::2])
    assert (machine.predict(faces[1::2]) == labels[1::2]).all()


def test_local_binary_patterns_ignore_brightness_and_notice_place():
    face = images(1, 64)[0, :, :, 0] // 2
    brighter = np.abs(lbp_svm.describe(face) - lbp_svm.describe(face + 60))
    assert brighter.mean() < 0.002  # not 0: interpolated neighbours round differently
    assert np.abs(lbp_svm.describe(face) - lbp_svm.describe(face[::-1].copy())).mean() > 0.02


def test_as_many_labels_as_images_are_expected():
    with pytest.raises(ValueError, match="2 images and 3 labels"):
        lbp_svm.LbpSvm().fit(images(2, 64), ["a", "b", "c"])


def test_published_weights_come_back_with_their_card_and_answer_alike(modern, tmp_path):
    path = pretrained.publish(modern, "faces", {"data": "none"}, tmp_path)
    model, card = pretrained.load("faces", tmp_path)
    faces = images(4, 48)
    np.testing.assert_allclose(models.predict(model, faces), models.predict(modern, faces), atol=2e-3)
    assert (card["network"], card["size"], card["data"]) == ("modern_compact", 48, "none")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="SHA-256 is not that of its card"):
        pretrained.load("faces", tmp_path)
    with pytest.raises(FileNotFoundError, match="there are: faces"):
        pretrained.load("others", tmp_path)


def test_weights_too_large_to_come_with_the_study_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"more than 12\.1 MB"):
        pretrained.publish(keras.Sequential([keras.Input((2500,)), keras.layers.Dense(2500)]), "large", {}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_weights_that_come_with_the_study_know_a_smile():
    """Trained on photographs, shown rendered faces: the happy output is highest where the face smiles."""
    model, card = pretrained.load("fer2013")
    crops, smile = {}, EMOTIONS.index("happy")
    for emotion in EMOTIONS:
        drawn = [render(Subject(seed), emotion, 1.0, np.random.default_rng(seed)) for seed in range(3)]
        crops[emotion] = [align(image, truth.landmarks, size=48).crop for image, truth in drawn]
    happy = {
        emotion: models.predict(model, np.stack(few), flip=True)[:, smile].mean() for emotion, few in crops.items()
    }
    assert max(happy, key=happy.get) == "happy"
    assert {"data", "protocol", "settings", "limits", "metrics"} <= set(card)
    assert (pretrained.FOLDER / "fer2013.npz").stat().st_size <= pretrained.LARGEST


def test_four_reconstructions_fit_the_printed_size():
    table = reconstructions.table()
    assert table["label"].tolist() == ["R-A", "R-B", "R-C", "R-D"]
    closest = (table[["MB", "MiB"]] - paper_a.MEGABYTES).abs().min(axis=1)
    assert (closest < 0.005 * paper_a.MEGABYTES).all()


def test_the_first_layer_does_not_move_for_the_unchanged_face_and_moves_more_for_more_light():
    pairs = np.stack([images(2, 64), images(2, 64)])
    built = {"compact_vgg_s": models.build("compact_vgg_s", 64)}
    reaction = first_layer.reactions(built, {"compact_vgg_s": "conv_1"}, pairs)["compact_vgg_s"]
    assert reaction.variants[0] == 0
    assert reaction.variants[24] > reaction.variants[16] > 0  # gains 1.45 and 1.15, no blur
    assert reaction.maps.shape[0] == 28
    row = first_layer.summary({"compact_vgg_s": reaction}).iloc[0]
    assert row["brightness"] == pytest.approx(reaction.variants[4::4].mean())


def test_the_overview_adds_up_the_layers():
    built = {"modern": models.build("modern_compact", 48)}
    row = anatomy.overview(built).iloc[0]
    assert row["parameters"] == built["modern"].count_params()
    assert row["input"] == 48
