"""Paper B's pipeline: light, photographs on demand, the split that reports nothing it was chosen on, and two stages."""

import resource
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from lib import images, models, training
from lib.affectnet import networks, photographs, results
from lib.augment import TrainingBatches
from lib.emotions import EMOTIONS_8
from lib.evaluate import beside_paper_b, explanation
from lib.models import resnet
from lib.papers import paper_b

SIZE = 48


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> pd.DataFrame:
    """Sixteen files of coloured squares, none alike, as rows of AffectNet."""
    folder, rng, rows = tmp_path_factory.mktemp("photographs"), np.random.default_rng(0), []
    for number in range(16):
        image = rng.integers(60, 200, (6, 6, 3), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
        images.write(folder / f"{number}.png", image)
        row = {"data_set": "affectnet", "path": str(folder / f"{number}.png"), "row": -1}
        rows.append(row | {"emotion": EMOTIONS_8[number % 8], "split": "train", "subject": "", "sequence": ""})
    return pd.DataFrame(rows)


def shown(table: pd.DataFrame, equalise: str = "normalise") -> photographs.Photographs:
    """Return the photographs of a table, each with one box."""
    boxes = np.tile(np.float32([8, 8, 80, 80]), (len(table), 1))
    return photographs.Photographs(table, boxes, SIZE, equalise)


@pytest.mark.parametrize("equalise", photographs.WAYS)
def test_light_is_evened_out_and_shape_and_type_stay(table, equalise):
    before = images.read(table["path"][0])
    after = photographs.even_out(before, equalise)
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert np.ptp(images.to_grey(after)) > np.ptp(images.to_grey(before))


def test_normalising_an_image_that_has_all_grey_levels_is_the_identity():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(photographs.even_out(grey, "normalise"), grey)


def test_a_box_beyond_the_image_is_cut_at_its_edge():
    image = np.full((40, 40, 3), 90, np.uint8)
    assert photographs.prepare(image, np.array([-9.0, -9.0, 60.0, 60.0]), SIZE, "clahe").shape == (SIZE, SIZE, 3)


def test_one_photograph_a_slice_and_an_array_of_numbers_agree(table):
    faces = shown(table)
    assert len(faces) == 16
    np.testing.assert_array_equal(faces[2:4][1], faces[3])
    np.testing.assert_array_equal(faces[np.array([3, 1])][0], faces[np.int64(3)])
    assert faces[16:].shape == (0, SIZE, SIZE, 3)


def test_unknown_light_and_a_missing_box_are_refused(table):
    with pytest.raises(ValueError, match="expected one of normalise, histogram, clahe"):
        shown(table, "none")
    with pytest.raises(ValueError, match="15 boxes for 16 rows"):
        photographs.Photographs(table, np.zeros((15, 4)), SIZE, "clahe")


def test_many_rows_are_streamed_and_not_held(table):
    rows = table.iloc[np.arange(20_000) % 16].reset_index(drop=True)
    faces = shown(rows)
    batches = TrainingBatches(faces, np.eye(8, dtype=np.float32)[np.arange(20_000) % 8], 32, "none")
    batches[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(40):
        batches[number]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 0.1 * len(faces) * faces[0].nbytes  # all of them would take 138 MB


def test_the_reported_side_is_affectnets_validation_set_and_shares_nothing(table, tmp_path, monkeypatch):
    rows = table.assign(split=np.where(np.arange(16) < 12, "train", "validation"), emotion="happy", origin="stand-in")
    rows = rows.assign(frame=-1, intensity=np.nan, skin_tone="", age_band="", facial_hair="", glasses="", faces=1)
    copied = rows.iloc[[12]].assign(split="train", path=rows["path"][12].replace("12.png", "copy.png"))
    images.write(copied["path"].item(), images.read(rows["path"][12]))
    rows = pd.concat([rows, copied], ignore_index=True)
    boxes = np.full((len(rows), 4), np.nan, np.float32)
    monkeypatch.setattr(photographs.faces, "find_faces", lambda *_: type("Found", (), {"box": boxes}))
    monkeypatch.setattr(photographs, "VALIDATION", 0.25)
    chosen = photographs.divide(rows, tmp_path)
    assert set(chosen["split"]) == {"train", "validation"}
    assert set(chosen["path"]) <= set(rows["path"][:12])  # neither the reported ones nor the copy of one


def test_the_head_is_trained_first_and_then_everything(table, tmp_path):
    train = shown(table), np.arange(16) % 8
    recipe = networks.stages(3, "none")
    assert [one.trainable for one in recipe.values()] == ["head", "all"]
    assert sum(one.epochs for one in recipe.values()) == 3
    recipe = {name: replace(one, batch_size=8) for name, one in recipe.items()}
    model, history, record = networks.fit("compact_vgg_s", train, train, recipe, "none", tmp_path)
    assert model.output_shape == (None, 8)
    assert history["stage"].tolist() == ["head", "head", "all"]
    assert {"accuracy", "binary_accuracy", "val_accuracy", "val_binary_accuracy"} <= set(history)
    assert np.isfinite(history["loss"]).all()
    again = networks.fit("compact_vgg_s", train, train, recipe, "none", tmp_path)
    pd.testing.assert_frame_equal(again[1], history)
    assert again[2].weights == record.weights


@pytest.mark.parametrize("name", ["resnet101", "resnet152"])  # paper B, future work
def test_the_larger_resnets_are_built_and_fitted_by_a_step(name):
    training.set_seed(0)
    model = models.build(name, SIZE, len(EMOTIONS_8))
    faces = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), dtype=np.uint8)
    model.compile("sgd", "categorical_crossentropy", jit_compile=False, run_eagerly=True)  # no minute of tracing
    head = model.layers[-1].kernel.numpy()
    loss = model.train_on_batch(faces, np.eye(8, dtype=np.float32)[:2])
    assert np.isfinite(loss)
    assert not np.array_equal(model.layers[-1].kernel.numpy(), head)
    keras.backend.clear_session()


def test_without_internet_the_imagenet_weights_are_missed_in_a_sentence_that_says_what_to_do(monkeypatch):
    def refuse(**options):
        raise Exception("URL fetch failure on https://host/resnet50.h5: no route to host")

    monkeypatch.setitem(resnet.NAMES, "resnet50", refuse)
    with pytest.raises(OSError, match=r"cannot be fetched \(URL fetch failure.*copy them .* into ~/.keras/models, or"):
        models.build("resnet50", SIZE, len(EMOTIONS_8), weights="imagenet")


def history(binary: float, true: float, epochs: int = 15) -> pd.DataFrame:
    """Return a history whose accuracies never move."""
    row = {"binary_accuracy": binary, "accuracy": true, "val_binary_accuracy": binary, "val_accuracy": true}
    return pd.DataFrame([row] * epochs)


def test_every_printed_accuracy_gets_a_row_and_a_verdict():
    y_true = np.arange(80) % 8
    outputs = np.full((80, 8), 1 / 8)
    merit = results.reported(y_true, outputs, np.arange(80))
    beside = results.beside(history(0.875, 0.125), {"training": 300, "validation": 80}, merit)
    assert set(beside["place"]) == set(paper_b.PRINTED)
    assert set(beside["verdict"]) == {"binary accuracy gives it; the true one: ours is smaller"}
    done = results.results(beside, merit, "as fitted", "stand-in")
    cells = beside_paper_b.cells({one.name: vars(one) for one in done})
    assert [row["the paper's number"] for row in cells] == list(paper_b.PRINTED)
    assert {row["ours, true"] for row in cells} == {"12.5%"}
    assert {row["what was fitted"] for row in cells} == {"as fitted; recognises 1 of 8 emotions: not learned"}


def test_a_short_fit_leaves_out_the_epochs_that_it_does_not_have():
    after = results.table_6_1_1(history(0.875, 0.2, epochs=2), {"training": 30, "validation": 8})
    assert after["place"].tolist() == ["Table 6.1.1, training, 2 epochs", "Table 6.1.1, validation, 2 epochs"]


@pytest.mark.parametrize(
    ("paper", "binary", "interval", "words"),
    [
        (0.875, 0.8749, (0.2, 0.4), "binary accuracy gives it; the true one: ours is smaller"),
        (0.875, 0.97, (0.8, 0.95), "binary accuracy differs; the true one: cannot be ordered"),
        (0.87, 0.875, (0.9, 0.95), "binary accuracy gives it; the true one: ours is larger"),
    ],
)
def test_the_verdict_has_two_halves(paper, binary, interval, words):
    assert beside_paper_b.verdict(paper, binary, interval) == words


def test_binary_accuracy_of_the_report_is_that_of_the_explanation():
    rng = np.random.default_rng(0)
    y_true, outputs = rng.integers(0, 8, 60), rng.dirichlet(np.full(8, 0.3), 60)
    merit = results.reported(y_true, outputs, np.arange(60)).set_index("metric")["value"]
    ours = explanation.accuracies(y_true, outputs)
    assert merit[explanation.BINARY] == pytest.approx(ours[explanation.BINARY])
    assert merit[explanation.TRUE] == pytest.approx(ours[explanation.TRUE])
