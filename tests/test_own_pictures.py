"""One's own pictures: drawn, labelled with the keys of the tool, and nobody answered by a layer that saw the person."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest

from lib import images, own_pictures
from lib.emotions import EMOTIONS
from lib.own_pictures import AS_IT_COMES, TUNED


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two drawn people, labelled as drawn: the folder, and the labels."""
    place = tmp_path_factory.mktemp("own") / "pictures"
    drawn = own_pictures.draw(place, 2, 0)
    session = own_pictures.label(place, drawn, "me")
    assert session.status.endswith("all done")
    return place, drawn


def test_labels_by_the_keys_of_the_tool_are_those_that_were_drawn(folder):
    place, drawn = folder
    table, crops, problems = own_pictures.read(place)
    labelled = own_pictures.labels(place, table, "me")
    assert crops.shape == (len(table), 48, 48, 3)
    assert problems == []
    assert set(table["person"]) == {"person 1", "person 2"}
    assert [drawn[row.path][0] for row in labelled.itertuples()] == labelled["emotion"].tolist()


@pytest.mark.parametrize("annotator", ["me", "somebody else"])
def test_labels_of_too_few_people_are_refused(annotator, folder):
    place, _ = folder
    table = own_pictures.read(place)[0]
    one = table[table["person"] == "person 1"] if annotator == "me" else table
    with pytest.raises(ValueError, match=f"people with labels by '{annotator}'; expected two or more"):
        own_pictures.labels(place, one, annotator)


def test_people_who_show_one_emotion_alone_teach_nothing_and_are_named(folder):
    place, _ = folder
    table, crops, _ = own_pictures.read(place)
    labelled = own_pictures.labels(place, table, "me")
    rows = labelled[(labelled["person"] == "person 2") | (labelled["emotion"] == "happy")]
    with pytest.raises(ValueError, match="without person 2 all labels are 'happy'; expected two emotions or more"):
        own_pictures.tuned(crops[rows["place"]], rows, 5)


def test_labels_that_cannot_be_saved_end_the_labelling(tmp_path, monkeypatch):
    drawn = own_pictures.draw(tmp_path / "pictures", 1, 0)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lib.labelling.labels_file.LabelsFile.write", full)
    with pytest.raises(OSError, match="No space left"):
        own_pictures.label(tmp_path / "pictures", drawn, "me")


def test_a_folder_without_labels_or_without_a_face_is_refused(tmp_path):
    images.write(tmp_path / "wall.png", np.full((64, 64, 3), 128, np.uint8))
    with pytest.raises(ValueError, match="holds 1 pictures and none with a face"):
        own_pictures.read(tmp_path)
    with pytest.raises(ValueError, match=r"python -m lib\.cli label"):
        own_pictures.labels(tmp_path, pd.DataFrame({"path": [], "person": []}), "me")


def test_a_file_that_cannot_be_used_is_left_out_and_named(folder, tmp_path):
    place, _ = folder
    shutil.copytree(place / "person 1", tmp_path / "ada")
    (tmp_path / "ada" / "zero.jpg").touch()
    table, _, problems = own_pictures.read(tmp_path)
    assert set(table["person"]) == {"ada"}
    assert ["zero.jpg is empty" in problem for problem in problems] == [True]
    with pytest.raises(ValueError, match="is no folder; expected one with a sub-folder"):
        own_pictures.read(tmp_path / "nowhere")


def test_a_face_in_profile_is_left_out_and_named(folder, monkeypatch):
    place, drawn = folder
    detect, seen = own_pictures.detect, []

    def first_in_profile(image):
        seen.append(image)
        faces = detect(image)
        return faces if len(seen) > 1 else [dataclasses.replace(faces[0], landmarks=np.zeros((68, 2), np.float32))]

    monkeypatch.setattr(own_pictures, "detect", first_in_profile)
    table, crops, problems = own_pictures.read(place)
    assert len(table) == len(crops) == len(drawn) - 1
    assert len(problems) == 1
    assert "expected an upright face seen from the front" in problems[0]


@pytest.mark.parametrize("last", ["{0},sad,1.0,me", "{0},Happy,1.0,me"])
def test_labels_that_contradict_or_are_unknown_are_refused(last, folder):
    place, _ = folder
    table, file = own_pictures.read(place)[0], place / "labels.csv"
    before = file.read_text()
    file.write_text(before + last.format(table["path"][0]) + "\n")
    with pytest.raises(ValueError, match="unknown emotion, an intensity outside 0 to 1, or name an image twice"):
        own_pictures.labels(place, table, "me")
    file.write_text(before)


def test_nobody_is_answered_by_a_layer_that_has_seen_the_same_person():
    rng = np.random.default_rng(0)
    labelled = pd.DataFrame({"person": np.repeat(["a", "b"], 14), "emotion": np.tile(EMOTIONS, 4)})
    crops = rng.integers(0, 256, (28, 48, 48, 3), dtype=np.uint8)
    crops[7:14] = crops[:7]  # a layer that had seen the other picture of the person would be right about these
    answers = own_pictures.tuned(crops, labelled, folds=5)
    mirrored = own_pictures.tuned(crops[:, :, ::-1], labelled, folds=5)
    assert np.mean(answers == mirrored) > 0.9  # both views are asked for, as of the network as it comes
    truth = labelled["emotion"].to_numpy()
    assert np.mean(answers[:14] == truth[:14]) < 0.7
    board = own_pictures.compare(labelled, {AS_IT_COMES: np.roll(truth, 1), TUNED: answers})
    names = [result.name for result in own_pictures.results(board, "stand-in")]
    assert names == [f"own pictures/{name}/accuracy" for name in board["label"]]
