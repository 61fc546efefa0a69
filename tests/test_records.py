"""Results, tables and figures: what is written, and what is refused."""

import gzip
import json
import math
import os

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from lib import evaluate, paths, records
from lib.emotions import EMOTIONS
from lib.records import Result
from lib.runner import reference


@pytest.fixture(autouse=True)
def build(tmp_path, monkeypatch):
    """A folder for the products of one test."""
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    return tmp_path


def result(name: str = "toy/all/accuracy", value: float = 0.5, **fields) -> Result:
    """Return a result with an interval."""
    return Result(name, value, 40, 0.4, 0.6, "by subject", "stand-in", **fields)


def test_results_are_written_with_where_they_come_from(monkeypatch):
    monkeypatch.setenv("FACE_STUDY_PROFILE", "smoke")
    monkeypatch.setenv("FACE_STUDY_PARAMETERS", '{"SEED": 1}')
    path = records.record("06", [result(paper=0.96, per_seed=(0.4, 0.6), clusters=5)], {"mug": "stand-in"})
    content = json.loads(path.read_text())
    assert path.name == "06.json"
    assert content["parameters"] == {"SEED": 1}
    assert content["origins"] == {"mug": "stand-in"}
    assert content["results"][0]["paper"] == 0.96
    assert Result(**content["results"][0]) == result(paper=0.96, per_seed=(0.4, 0.6), clusters=5)
    where = content["provenance"]
    assert where["profile"] == "smoke"
    assert where["versions"]["numpy"] == np.__version__
    assert where["cores"] >= 1
    assert {"commit", "dirty", "cpu", "gpu", "run", "written", "backend"} <= set(where)


def test_numpy_numbers_and_not_a_number_are_written_as_json():
    numbers = [result("a", np.float32(0.25), per_seed=(np.float64(0.5), math.nan)), result("b", math.nan)]
    written = json.loads(records.record("06", numbers).read_text())["results"]
    assert [one["value"] for one in written] == [0.25, None]
    assert written[0]["per_seed"] == [0.5, None]


def test_by_hand_there_are_no_parameters(monkeypatch):
    monkeypatch.delenv("FACE_STUDY_PARAMETERS", raising=False)
    assert records.parameters() == {}


def test_nothing_half_written_is_left(build):
    records.record("06", [result()])
    with pytest.raises(TypeError):
        records.record("06", [result(paper=object())])
    assert [path.name for path in (build / "results").iterdir()] == ["06.json"]
    assert json.loads((build / "results" / "06.json").read_text())["results"]


@pytest.mark.parametrize("fields", [{"origin": "guess"}, {"kind": "metrics"}])
def test_an_unknown_origin_or_kind_is_refused(fields):
    with pytest.raises(ValueError, match="expected one of"):
        Result("a", 1.0, 1, None, None, "by hand", **{"origin": "real", **fields})


def test_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="one name twice: toy/all/accuracy"):
        records.record("06", [result(), result()])


@pytest.mark.parametrize("name", ["6", "table", "06-table"])
def test_a_name_without_the_number_of_its_notebook_is_refused(name):
    with pytest.raises(ValueError, match="two-digit number"):
        records.save_table(pd.DataFrame(), name)


MEASURED = pd.DataFrame(
    {
        "metric": ["accuracy", "recall"],
        "of": ["all", "fear"],
        "value": [0.8, 0.5],
        "low": [0.7, np.nan],
        "high": [0.9, np.nan],
        "n": [1200, 40],
    }
)


def test_a_table_becomes_one_result_per_row():
    first, second = records.results(MEASURED, "toy/net", "by subject", "real", {"accuracy": 0.85}, unit="share")
    assert first == Result("toy/net/accuracy", 0.8, 1200, 0.7, 0.9, "by subject", "real", 0.85, "share")
    assert second.name == "toy/net/fear/recall"
    assert second.paper is None


def test_a_result_keeps_seeds_clusters_and_the_value_of_every_seed():
    table = MEASURED.head(1).assign(seeds=2, clusters=17, per_seed=[(0.75, 0.85)])
    (only,) = records.results(table, "toy", "by subject", "real")
    assert (only.seeds, only.clusters, only.per_seed) == (2, 17, (0.75, 0.85))


def test_a_table_without_intervals_gives_results_without():
    (only,) = records.results(pd.DataFrame({"metric": ["images"], "value": [7], "n": [7]}), "toy", "counted", "real")
    assert (only.low, only.high) == (None, None)


def test_a_shown_table_writes_counts_with_commas_and_shares_in_per_cent():
    text = records.show(MEASURED, percent=["value"]).to_html()
    for cell in (">1,200<", ">80.0%<", ">0.700<", "></td>"):
        assert cell in text
    assert "nan" not in text


def test_a_shown_table_has_text_left_and_numbers_right():
    styles = records.show(pd.DataFrame({"emotion": ["fear"], "n": [3]})).to_html()
    left, right = styles.index("text-align: left"), styles.index("text-align: right")
    assert styles.index(".col0 {") < left < styles.index(".col1 {") < right


def test_a_shown_table_leaves_the_values_of_every_seed_to_the_record():
    assert "per_seed" not in records.show(MEASURED.assign(per_seed=[(1, 2), (3,)])).to_html()


def test_a_shown_table_hides_an_index_that_only_counts_rows():
    assert "row_heading" not in records.show(MEASURED[1:]).to_html()
    assert "row_heading" in records.show(MEASURED.set_index("metric")).to_html()


def test_a_table_is_written_as_csv():
    table = pd.DataFrame({"emotion": ["happy"], "recall": [0.5]})
    pd.testing.assert_frame_equal(pd.read_csv(records.save_table(table, "09_recall")), table)


def test_a_figure_carries_notebook_parameters_and_commit(monkeypatch):
    monkeypatch.setenv("FACE_STUDY_PARAMETERS", '{"SEED": 3}')
    figure = Figure()
    figure.subplots().plot([1, 2])
    path = records.save_figure(figure, "09_curve", "stand-in")
    origin = json.loads(Image.open(path).text["Description"])
    assert path.name == "09_curve.png"
    assert origin["notebook"] == "09"
    assert origin["origin"] == "stand-in"
    assert origin["parameters"] == {"SEED": 3}
    assert len(origin["commit"]) in (40, len("unknown"))


@pytest.mark.parametrize(("origin", "stamps"), [("stand-in", 1), ("mixed", 1), ("real", 0), ("computed", 0)])
def test_a_figure_of_rendered_faces_has_a_stamp_that_names_them(origin, stamps):
    figure = Figure()
    records.save_figure(figure, "09_curve", origin)
    assert sum("stand-in" in text.get_text() for text in figure.texts) == stamps


def test_a_figure_of_unknown_origin_is_refused():
    with pytest.raises(ValueError, match="origin of figure 09_curve is 'drawn'; expected one of stand-in"):
        records.save_figure(Figure(), "09_curve", "drawn")


def test_a_product_replaces_the_old_one_and_an_error_leaves_the_old_one(tmp_path):
    path = tmp_path / "a product"
    for text in ("old", "new"):
        with paths.replace_on_success(path) as temporary:
            temporary.mkdir()
            (temporary / "file").write_text(text)
    with pytest.raises(TypeError), paths.replace_on_success(path) as temporary:
        temporary.write_bytes("half")
    assert [one.name for one in tmp_path.iterdir()] == ["a product"]
    assert (path / "file").read_text() == "new"


def test_what_a_killed_process_left_is_removed(tmp_path):
    left = tmp_path / ".a.txt.4194999.part"  # above the largest process number
    left.mkdir()
    with paths.replace_on_success(tmp_path / "a.txt") as temporary:
        temporary.write_text("x")
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="'huge'; expected one of smoke, standard, paper"):
        paths.data("huge")


IMAGES = pd.DataFrame(
    {
        "path": ["/home/ann/own/ann_fear.png", "/home/ann/own/bob.png", "/data/KDEF/AF01ANS.JPG"],
        "row": -1,
        "digest": ["1" * 32, "2" * 32, "3" * 32],
        "data_set": ["own", "own", "kdef"],
        "group": ["ann", "bob", "AF01"],
        "emotion": ["fear", "sad", "happy"],
        "intensity": [0.2, np.nan, 1.0],
    }
)


def test_predictions_come_back_as_they_were_with_the_images_that_were_shown():
    names = {"net": np.array([["fear", "", "sad"], ["sad", "", "sad"]]), ("a", "b"): np.array([["fear", "sad", "sad"]])}
    other = {"intensity": np.random.default_rng(0).random((2, 1, 7))}
    path = records.save_predictions("09", (IMAGES, names), (IMAGES[2:], other))
    rows, given = records.read_predictions(path, "net")
    np.testing.assert_array_equal(given, names["net"][:, [0, 2]])
    assert rows["emotion"].tolist() == ["fear", "happy"]
    assert rows["intensity"].tolist() == [0.2, 1.0]
    assert records.read_predictions(path, "a, b")[1].tolist() == [["fear", "sad", "sad"]]
    rows, given = records.read_predictions(path, "intensity")
    assert rows["image"].tolist() == ["3" * 12]
    np.testing.assert_allclose(given, other["intensity"], atol=5e-5)
    with pytest.raises(KeyError, match=r"no predictions of 'nets'.*net, a, b, intensity"):
        records.read_predictions(path, "nets")


def test_predictions_name_no_person_and_no_file_and_are_the_same_bytes_again(monkeypatch):
    predicted = {"net": np.array([["fear", "sad", "sad"]])}
    path = records.save_predictions("09", (IMAGES, predicted))
    text, packed = gzip.decompress(path.read_bytes()).decode(), path.read_bytes()
    assert not any(word in text for word in ("ann", "bob", "AF01", "KDEF", "/home"))
    monkeypatch.setattr(os, "getpid", lambda: 1)  # another process
    assert records.save_predictions("09", (IMAGES, predicted)).read_bytes() == packed


def test_an_accuracy_and_its_interval_can_be_computed_again_from_the_predictions():
    rng = np.random.default_rng(3)
    emotion = rng.choice(EMOTIONS, 300)
    given = np.where(rng.random((3, 300)) < 0.7, emotion, rng.choice(EMOTIONS, (3, 300)))
    rows = pd.DataFrame({"path": np.arange(300).astype(str), "row": -1, "digest": "0" * 32, "emotion": emotion})
    rows = rows.assign(data_set=np.repeat(["kdef", "mug"], 150), group=np.arange(300) // 6)
    before = evaluate.classification(rows["emotion"], given, rows["group"], strata=rows["data_set"])
    path = records.save_predictions("09", (rows, {"compact VGG-S": given}))
    images, answers = records.read_predictions(path, "compact VGG-S")
    again = evaluate.classification(images["emotion"], answers, images["group"], strata=images["data_set"])
    pd.testing.assert_frame_equal(again, before)


@pytest.mark.parametrize("profile", ["smoke", "standard", "paper"])
def test_a_published_group_of_notebook_10_is_of_test_or_of_validation_images(profile):
    path = reference.predictions(profile) / "10.csv.gz"
    parts = [f"EIW + MUG, its own {part}" for part in ("test", "validation")]
    test, validation = (set(records.read_predictions(path, label)[0]["group"]) for label in parts)
    assert test
    assert validation
    assert not test & validation
