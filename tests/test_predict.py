"""The predictor: what it answers, what it refuses, and that neither TensorFlow nor memory is spent on it."""

import contextlib
import dataclasses
import json
import os
import pickle
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import real_images

from lib import cli, faces, images, models, paths
from lib.emotions import EMOTIONS
from lib.faces.align import align
from lib.models import pretrained
from lib.predict import Predictor, contract, export, intensities, network, tiles, trials
from lib.predict.contract import Contract
from lib.synthetic import Subject, render

WITHOUT = "import sys; from lib.predict import Predictor; Predictor.load(); print({} & set(sys.modules))"
CALLS = int(os.environ.get("FACE_STUDY_CALLS", 200))  # 5000 by hand: some minutes
SHIPPED = network.FOLDER / "real_faces.tflite"


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load()


@pytest.fixture(scope="module")
def photograph():
    """A rendered happy face, uint8 (256, 256, 3)."""
    return render(Subject(3), "happy", 1.0, np.random.default_rng(0))[0]


@pytest.fixture(scope="module")
def shipped():
    """The network that comes with the study, bytes, and its contract."""
    return contract.split(SHIPPED.read_bytes())


@pytest.fixture(scope="module")
def crops():
    """Fourteen rendered faces, cut out, uint8 (14, 48, 48, 3)."""
    rng, cut = np.random.default_rng(1), []
    for number, emotion in enumerate(2 * EMOTIONS):
        image = render(Subject(number), emotion, 1.0, rng, "wild")[0]
        cut += [align(image, face.landmarks, "proposed", 48).crop for face in faces.detect(image)[:1]]
    return np.stack(cut)


# ------------------------------------------------------------------ answers


def test_a_face_comes_with_its_box_landmarks_emotion_and_probabilities(predictor, photograph):
    (face,) = predictor.predict(photograph)
    x, y, width, height = face.box
    assert 0 <= x < x + width <= 256
    assert 0 <= y < y + height <= 256
    assert face.landmarks.shape == (68, 2)
    assert predictor.emotions == EMOTIONS
    assert face.emotion == EMOTIONS[face.probabilities.argmax()]
    assert face.probabilities.shape == (7,)
    assert face.probabilities.sum() == pytest.approx(1)
    assert face.intensities.shape == (7,)


def test_one_image_alone_is_answered_as_in_a_batch(predictor, photograph):
    without = np.full_like(photograph, 128)
    batch = predictor.predict_batch([photograph, without, photograph[:, ::-1]])
    assert [len(faces) for faces in batch] == [1, 0, 1]
    alone = predictor.predict(photograph)[0].probabilities
    np.testing.assert_array_equal(batch[0][0].probabilities, alone)


def test_a_mirrored_face_has_nearly_the_same_answer(predictor, photograph):
    one, other = (predictor.predict(image)[0].probabilities for image in (photograph, photograph[:, ::-1]))
    np.testing.assert_allclose(one, other, atol=0.15)  # the landmarks are not found in mirrored places


def test_a_face_in_profile_that_cannot_be_cut_out_is_left_out(predictor, photograph, monkeypatch):
    flat = dataclasses.replace(faces.detect(photograph)[0], landmarks=np.zeros((68, 2), np.float32))
    monkeypatch.setattr("lib.predict.predictor.detect", lambda rgb: [flat])
    assert predictor.predict(photograph) == []


def test_tensorflow_is_not_imported():
    code = WITHOUT.format({"tensorflow", "keras", "pandas"})
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "set()"


def test_many_calls_leave_memory_flat(predictor, photograph):
    process = psutil.Process()
    for _ in range(50):
        predictor.predict(photograph)
    before = process.memory_info().rss
    for _ in range(CALLS):
        predictor.predict(photograph)
    assert process.memory_info().rss - before < 8e6  # a leak of one image per call would be 39 MB and more


def test_the_shipped_file_answers_as_the_weights_that_it_was_made_from(crops, shipped):
    model, _ = pretrained.load("fer2013")
    expected = models.predict(model, crops, flip=True)
    run = network.load("real_faces")
    outputs = np.stack([run(crop) for crop in crops])
    assert len(crops) >= 12
    assert (outputs.argmax(axis=1) != expected.argmax(axis=1)).mean() <= 0.1
    assert np.abs(outputs - expected).max() < export.LIMITS["dynamic range"][1]
    assert SHIPPED.stat().st_size < 1.3e6
    assert shipped[1].check["answers changed"] <= export.LIMITS["dynamic range"][0]


# ------------------------------------------------------------------ small faces


def test_small_faces_are_searched_square_by_square_and_each_is_there_once(predictor):
    rng, crowd, centres = np.random.default_rng(2), np.full((1100, 1300, 3), 90, np.uint8), []
    for number in range(12):
        face = render(Subject(number), "happy", 1.0, rng, size=110)[0]
        top, left = 40 + 340 * (number // 4), 60 + 310 * (number % 4)
        crowd[top : top + 110, left : left + 110] = face
        centres.append((left + 55, top + 55))
    without, by_itself = (predictor.predict(crowd, small) for small in (False, None))
    assert len(without) < 12
    assert len(by_itself) == 12
    boxes = np.array([face.box for face in by_itself])
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    distance = np.linalg.norm(middles[:, None] - np.array(centres)[None], axis=2)
    assert sorted(distance.argmin(axis=1)) == list(range(12))
    assert distance.min(axis=1).max() < 40


def test_a_doubtful_small_face_is_looked_at_from_near():
    crowd = trials.crowd(30, np.random.default_rng(0))
    seen = tiles.detect_small(crowd)
    doubtful = [face for face in seen if face.score < tiles.SURE]
    assert len(doubtful) >= 2
    middles = np.array([face.box[:2] + face.box[2:] / 2 for face in doubtful])
    assert np.abs(middles % trials.PLACE - trials.PLACE / 2).max() < trials.FACE / 4  # each is a person
    assert len(seen) >= 26  # 25 without it


@real_images.needs("media/no_face.mp4")
def test_letters_on_a_large_frame_are_no_faces(predictor):
    frames = [frame for _, frame in images.frames(real_images.place("media/no_face.mp4"))]
    assert max(frames[0].shape) > tiles.LARGE
    for place in (19, 20, 38, 52, 77):
        assert predictor.predict(frames[place]) == []
    assert all(faces.detect(frames[place][:, ::-1]) == [] for place in (7, 18, 21))


@real_images.needs("media/multi_face.jpg")
@pytest.mark.parametrize("small", [False, True])
def test_everybody_in_a_group_photograph_is_there_once(small, predictor):
    group = images.read(real_images.place("media/multi_face.jpg"))
    assert len(predictor.predict(group, small)) == 5


def test_every_pixel_lies_in_a_square_and_no_square_outside():
    for shape in ((100, 2000, 3), (512, 512, 3), (995, 960, 3), (513, 511, 3)):
        seen = np.zeros(shape[:2], int)
        for left, top, tile in tiles.squares(np.zeros(shape, np.uint8)):
            assert max(tile.shape) <= tiles.TILE
            seen[top : top + tile.shape[0], left : left + tile.shape[1]] += 1
        assert seen.min() >= 1


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64, 3), np.float32),
        np.full((64, 64, 3), 128.0),
        np.zeros((64, 64, 3), bool),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((3, 64, 64), np.uint8),
        np.zeros((0, 64, 3), np.uint8),
        [[0]],
    ],
    ids=["0 to 1", "float 0 to 255", "bool", "RGBA", "channels first", "empty", "a list"],
)
def test_an_image_of_another_kind_is_refused(predictor, image):
    with pytest.raises(ValueError, match=r"expected (a )?uint8"):
        predictor.predict(image)


def exchanged(outputs):
    """Return outputs with the first two classes exchanged, as another order of the labels would."""
    return outputs[:, [3, 1, 2, 0, 4, 5, 6]]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda run, crops: run(np.ascontiguousarray(crops[..., ::-1])),
        lambda run, crops: run(crops // 255),
        lambda run, crops: run(np.ascontiguousarray(crops.swapaxes(1, 2))),
        lambda run, crops: exchanged(run(crops)),
    ],
    ids=["BGR", "0 to 1", "turned", "other order of labels"],
)
def test_a_runtime_that_reads_or_answers_otherwise_does_not_pass_the_probe(wrong, monkeypatch):
    right = network.runner
    monkeypatch.setattr(network, "runner", lambda *one: lambda crops: wrong(right(*one), crops))
    with pytest.raises(ValueError, match="to the probe"):
        network.load("real_faces")


def rewritten(content, **changes):
    """Return a file whose contract has other values; None removes one."""
    bare, promises = contract.split(content)
    fields = json.loads(promises.dumps()) | changes
    text = json.dumps({name: value for name, value in fields.items() if value is not None})
    written = type("Written", (), {"dumps": lambda self: text})()
    return contract.append(bare, written, ".tflite")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ["happy", *EMOTIONS[1:3], "angry", *EMOTIONS[4:]]}, "classes"),
        ({"classes": list(EMOTIONS[:6])}, "classes"),
        ({"colour": "BGR"}, "colour is 'BGR'; expected 'RGB'"),
        ({"values": [0, 1]}, "values"),
        ({"dtype": "float32"}, "dtype"),
        ({"size": 64}, "its contract says uint8, 64 pixels"),
        ({"alignment": "none"}, "alignment"),
        ({"head": "relu"}, "head"),
        ({"origin": "the web"}, "origin"),
        ({"sha256": 64 * "0"}, "SHA-256"),
        ({"format": 2}, "format is 2; expected 1"),
        ({"limits": None}, "lacks or adds limits"),
        ({"owner": "me"}, "lacks or adds owner"),
        ({"metrics": [{"metric": "accuracy", "of": "all", "value": 0.7, "n": 9}]}, "lacks low, high"),
        ({"probe": [0.9, 0.1]}, "2 outputs on the probe"),
        ({"probe": [0.9, 0.1, 0, 0, 0, 0, 0]}, "to the probe"),
    ],
    ids=lambda one: ", ".join(one) if isinstance(one, dict) else "",
)
def test_a_file_that_breaks_its_contract_is_refused(changes, words, tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(rewritten(SHIPPED.read_bytes(), **changes))
    with pytest.raises(ValueError, match=words) as refused:
        Predictor.load(path)
    assert str(path) in str(refused.value)


def test_a_file_that_says_the_same_again_is_taken(tmp_path):
    path = tmp_path / "same.tflite"
    path.write_bytes(rewritten(SHIPPED.read_bytes()))
    assert Predictor.load(str(path)).emotions == EMOTIONS


@pytest.mark.parametrize("ending", [".tflite", ".onnx"])
def test_a_contract_comes_out_of_a_file_as_it_went_in(ending, shipped):
    bare, promises = shipped
    assert contract.split(contract.append(bare, promises, ending)) == (bare, promises)


@pytest.mark.parametrize("length", [15_743, 15_744, 15_800, 15_871, 15_872])
def test_a_contract_of_any_length_comes_out_of_an_onnx_file(length, shipped):
    bare, promises = shipped
    longer = dataclasses.replace(promises, limits="x")  # the length is written before it; from 15,744 on with a "{"
    longer = dataclasses.replace(longer, limits="x" * (length - len(longer.dumps()) + 1))
    assert len(longer.dumps()) == length
    assert contract.split(contract.append(bare, longer, ".onnx")) == (bare, longer)


def test_two_boxes_of_one_person_are_one_face_of_the_crowd(monkeypatch):
    boxes = [(10, 10, 40, 40), (14, 12, 44, 40), (trials.PLACE + 10, 10, 40, 40)]
    faces_ = [SimpleNamespace(box=box) for box in boxes]
    predictor = SimpleNamespace(predict=lambda image, small=False: faces_)
    assert trials.searched(predictor, np.zeros((8, 8, 3), np.uint8), 1)["faces"].tolist() == [2, 2]


def test_an_undefined_interval_is_null_in_the_file_and_words_on_the_card(shipped):
    row = {"metric": "accuracy", "of": "all", "value": 0.5, "low": float("nan"), "high": float("nan"), "n": 4}
    text = dataclasses.replace(shipped[1], metrics=[row]).dumps()
    assert "NaN" not in text
    assert "accuracy: 0.500 (too few people for an interval), n = 4" in contract.loads(text).in_words()


def test_what_is_no_network_is_refused_and_nothing_in_it_is_run(tmp_path, shipped):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    content = SHIPPED.read_bytes()
    broken = {
        "pickle": pickle.dumps(Trap()),
        "bare": shipped[0],
        "cut": content[:-40],
        "empty": b"",
        "text": b"real faces",
        "bytes": content[:9000] + b"\0" + content[9001:],
    }
    for name, bytes_of_it in broken.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(bytes_of_it)
        with pytest.raises(ValueError, match=r"carries no contract|SHA-256"):
            Predictor.load(path)
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_file_of_the_study_says_how_it_is_restored(tmp_path, monkeypatch):
    monkeypatch.setattr(network, "FOLDER", tmp_path)
    (tmp_path / "real_faces.tflite").write_bytes(SHIPPED.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"restore it: git checkout .*real_faces\.tflite"):
        network.load("real_faces")


def test_an_unknown_name_lists_the_networks_of_the_study():
    with pytest.raises(FileNotFoundError, match="one of: real_faces"):
        Predictor.load("perfect")


def test_intensities_come_from_a_network_that_has_them_alone(shipped, monkeypatch, photograph):
    with pytest.raises(ValueError, match="gives probabilities; expected a network with intensities"):
        Predictor.load(intensity="real_faces")

    strong = np.array([0.1, 0, 0, 0.8, 0.1, 0, 0], np.float32)
    regressor = network.load("real_faces")
    regressor.contract = dataclasses.replace(shipped[1], head="sigmoid", mirrored=False)
    regressor._run = lambda crops: strong[None]
    both = Predictor(network.load("real_faces"), regressor).predict(photograph)[0]
    np.testing.assert_array_equal(both.intensities, strong)
    alone = Predictor(regressor).predict(photograph)[0]
    np.testing.assert_array_equal(alone.intensities, strong)
    np.testing.assert_allclose(alone.probabilities, strong)
    assert alone.emotion == "happy"

    regressor._run = lambda crops: 0 * strong[None]
    np.testing.assert_allclose(Predictor(regressor).predict(photograph)[0].probabilities, 1 / 7)
    eight = {"classes": (*EMOTIONS, "contempt"), "probe": (*regressor.contract.probe, 0.0)}
    regressor.contract = dataclasses.replace(regressor.contract, **eight)
    with pytest.raises(ValueError, match="contempt; expected those of the other network"):
        Predictor(network.load("real_faces"), regressor)


def test_a_file_is_found_by_its_own_name_alone(tmp_path, shipped):
    (tmp_path / "mine.tflite.tflite").write_bytes(b"another")
    with pytest.raises(FileNotFoundError, match="no network"):
        network.load(tmp_path / "mine.tflite")
    shutil.copy(network.FOLDER / "real_faces.tflite", tmp_path / "mine.tflite")
    assert network.load(tmp_path / "mine.tflite").contract == network.load("real_faces").contract


def test_the_networks_of_the_study_give_emotion_and_intensity_and_a_smile_is_stronger_than_none(predictor):
    assert predictor.regressor.contract.origin == "real"
    assert "FER+" in predictor.regressor.contract.data
    strengths = np.empty((2, 6))
    for row, level in enumerate((0.0, 1.0)):
        for person in range(6):
            picture = render(Subject(person), "happy", level, np.random.default_rng(person))[0]
            (face,) = predictor.predict(picture)
            assert ((face.intensities >= 0) & (face.intensities <= 1)).all()
            strengths[row, person] = face.intensities[EMOTIONS.index("happy")]
    assert strengths[0].mean() < 0.1
    assert strengths[1].mean() > strengths[0].mean() + 0.3
    assert (strengths[1] > strengths[0]).all()


def test_a_head_learns_shares_of_votes_and_leaves_the_features_as_they_are(crops):
    model = pretrained.load("fer2013")[0]
    shares = np.full((len(crops), 7), 0.02)
    shares[np.arange(len(crops)), np.arange(len(crops)) % 7] = np.where(np.arange(len(crops)) < 7, 0.9, 0.4)
    fitted = intensities.with_head(model, crops, shares)
    for before, after in zip(model.get_weights()[:-2], fitted.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(before, after)
    outputs = models.predict(fitted, crops, flip=True)
    assert np.corrcoef(outputs.ravel(), shares.ravel())[0, 1] > 0.6  # the penalty holds it back


def test_intensities_are_fitted_to_the_votes_of_a_stand_in_from_the_command_line(tmp_path, capsys, monkeypatch, trees):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.delenv("FACE_DATA", raising=False)
    shutil.copytree(trees["fer2013"], tmp_path / "build/data/smoke/stand_in/fer2013")
    code = cli.main(["intensities", "--out", str(tmp_path / "own.tflite"), "--scale", "smoke", "--images", "60"])
    out, err = capsys.readouterr()
    assert code == 0, err
    assert network.load(tmp_path / "own.tflite").contract.origin == "stand-in"
    assert "faces with votes to train, stand-in" in out


# ------------------------------------------------------------------ export


@pytest.fixture
def checking(crops):
    """The rendered crops as faces to check an export on; the last label is kept back."""
    emotion = np.array([*(2 * EMOTIONS)[: len(crops) - 1], ""])
    return export.Faces(crops, emotion, np.arange(len(crops)), crops, "stand-in", "rendered faces")


FACTS = {"data": "none", "limits": "untrained", "metrics": [], "mirrored": False, "origin": "stand-in"}


@pytest.mark.parametrize(("form", "name"), [("float32", "small.tflite"), ("onnx", "small.onnx")])
def test_a_network_is_exported_with_what_the_export_changed(form, name, tmp_path, checking):
    model, facts = pretrained.load("fer2013")[0], FACTS | {"head": "softmax"}
    path = tmp_path / name
    row = export.export(model, facts, form, path, checking)
    assert row["answers changed"] == 0
    assert row["largest change"] < 1e-3
    assert (row["n"], row["labelled"]) == (len(checking.crops), len(checking.crops) - 1)
    written = network.load(path)
    assert isinstance(written.contract, Contract)
    assert written.contract.name == "small"
    assert written.contract.check["origin"] == "stand-in"
    expected = models.predict(model, checking.crops[:1])[0]
    np.testing.assert_allclose(written(checking.crops[0]), expected, atol=1e-3)


def test_an_export_that_answers_otherwise_is_not_left(tmp_path, checking, shipped, monkeypatch):
    monkeypatch.setattr(export, "_convert", lambda *_: shipped[0])  # another network
    model = models.build("modern_compact", 48)
    with pytest.raises(export.ExportError, match="so no file is left"):
        export.export(model, FACTS | {"head": "softmax"}, "float32", tmp_path / "other.tflite", checking)
    assert list(tmp_path.iterdir()) == []


JUDGED = [  # images, answers changed, largest change, and whether it is refused
    (28, 1, 0.011, False),
    (297, 5, 0.018, False),
    (297, 12, 0.018, True),
    (3490, 70, 0.05, True),
    (3490, 0, 0.2, True),
    (28, 0, float("nan"), True),
]


@pytest.mark.parametrize(("n", "changed", "most", "refused"), JUDGED)
def test_an_export_is_refused_where_more_answers_change_than_chance_explains(n, changed, most, refused):
    row = {"form": "dynamic range", "n": n, "answers changed": changed / n, "largest change": most}
    with pytest.raises(export.ExportError, match="dynamic range changes") if refused else contextlib.nullcontext():
        export._judge(row)


@pytest.mark.parametrize(("form", "name"), [("float8", "a.tflite"), ("onnx", "a.tflite"), ("int8", "a.onnx")])
def test_an_unknown_form_or_another_ending_is_refused(form, name, tmp_path, checking):
    with pytest.raises(ValueError, match="expected one of float32"):
        export.export(None, FACTS, form, tmp_path / name, checking)


def test_a_fit_is_exported_only_with_the_origin_of_its_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected fer2013, or the folder of a fit"):
        export.trained(tmp_path)


# ------------------------------------------------------------------ the command line


@pytest.fixture
def folder(tmp_path, photograph):
    """A face, no face, and a file that is cut."""
    images.write(tmp_path / "a face.png", photograph)
    images.write(tmp_path / "b nobody.png", np.full_like(photograph, 128))
    (tmp_path / "c cut.png").write_bytes((tmp_path / "a face.png").read_bytes()[:3000])
    return tmp_path


def test_a_bad_file_does_not_stop_a_folder(folder, capsys):
    assert cli.main(["predict", str(folder)]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert len(lines) == 3
    assert "a face.png: " in lines[0]
    assert lines[1].endswith("b nobody.png: no face")
    assert "cannot be decoded to its end" in lines[2]
    assert "1 of 3 files could not be used" in err


def test_a_table_has_a_row_per_face_and_json_a_line_per_image(folder, capsys):
    assert cli.main(["predict", str(folder), "--csv"]) == 1
    rows = capsys.readouterr().out.splitlines()
    names = [*EMOTIONS, *(f"intensity {emotion}" for emotion in EMOTIONS)]
    assert rows[0] == "file,seconds,face,x,y,width,height,emotion," + ",".join(names) + ",problem"
    assert [row.split(",")[2] for row in rows[1:]] == ["1", "0", "0"]

    (folder / "c cut.png").unlink()
    assert cli.main(["predict", str(folder), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(first["faces"][0]["probabilities"]) == list(EMOTIONS)
    assert sum(first["faces"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert second["faces"] == []


def test_what_a_folder_holds_and_cannot_be_used_is_named(tmp_path, photograph, capsys):
    images.write(tmp_path / "outside.png", photograph)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.png").symlink_to(tmp_path / "outside.png")
    assert cli.main(["predict", str(tmp_path / "folder")]) == cli.REFUSED
    assert "link.png: " in capsys.readouterr().err
    images.write(tmp_path / "folder" / "a.png", photograph)
    assert cli.main(["predict", str(tmp_path / "folder")]) == cli.SOME_FAILED
    err = capsys.readouterr().err
    assert "link.png: " in err
    assert "1 of 2 files could not be used" in err


def test_every_frame_of_a_video_has_an_answer(tmp_path, photograph, capsys):
    images.write_frames(tmp_path / "clip.avi", [photograph] * 3, 10)
    assert cli.main(["predict", str(tmp_path / "clip.avi"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(line["faces"]) for line in lines] == [1, 1, 1]
    assert lines[0]["seconds"] < lines[1]["seconds"] < lines[2]["seconds"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["predict", "nowhere.png"], "no file or folder nowhere.png"),
        (["predict", ".", "--csv", "--json"], "expected one of them"),
        (["predict", "lib", "--network", "perfect"], "lib holds no image"),
        (["card", "perfect"], "expected a file, or one of: real_faces, real_intensities"),
        (["train", "mug", "--out", "a.tflite", "--epochs", "0"], "whole number from 1"),
        (["export", "nothing", "--out", "a.tflite"], "no network 'nothing'; expected fer2013"),
        (["evaluate", "real_faces", "nowhere"], "nowhere"),
        (["predcit", "a.png"], "No such command"),
        ([], "Usage"),
    ],
)
def test_a_bad_request_ends_with_two_and_says_why(words, answer, capsys, monkeypatch):
    monkeypatch.chdir(paths.ROOT)
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert answer in out + err


def test_help_has_every_command_and_an_example_for_each_and_imports_nothing_heavy(capsys):
    assert cli.main(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in cli.app.registered_commands:
        name = command.callback.__name__
        assert f"  {name} " in listed
        assert cli.main([name, "--help"]) == 0
        assert f"python -m lib.cli {name}" in capsys.readouterr().out
    code = "import sys; from lib import cli; cli.main(['--help']); print({'numpy', 'cv2', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_card_says_origin_limits_and_intervals(capsys):
    assert cli.main(["card", "real_faces"]) == 0
    words = capsys.readouterr().out
    assert "FER-2013" in words
    assert "not for decisions about people" in words
    assert "without near duplicates: 0.694 (0.671 to 0.717), n = 1556" in words
