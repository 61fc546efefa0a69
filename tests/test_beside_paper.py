"""The paper's items beside ours: every one has its row, and its verdict follows from intervals."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib import paths
from lib.evaluate import beside_paper, own_results, paper_counts
from lib.evaluate.paper_items import COUNTS, ITEMS, Item
from lib.papers import paper_a

ACCURACY = Item("accuracy", "Figure 10", 0.82, n=2443, people=5, way="lax", strict="strict")


def result(value, low, high, n=489, clusters=5):
    return {"value": value, "low": low, "high": high, "n": n, "clusters": clusters, "seeds": 3, "origin": "stand-in"}


def row(item, results):
    counts = pd.DataFrame(columns=["table", "item", "paper", "ours"])
    return beside_paper.every_item(results, counts, "stand-in", [item]).iloc[0]


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [((0.4, 0.5), "ours is smaller"), ((0.63, 0.77), "cannot be ordered"), ((0.95, 0.97), "ours is larger")],
)
def test_a_verdict_follows_from_the_two_intervals(interval, verdict):
    assert row(ACCURACY, {"strict": result(np.mean(interval), *interval)})["verdict"] == verdict


def test_a_printed_figure_of_five_people_is_as_wide_as_ours_of_five_people():
    low, high = beside_paper.paper_interval(ACCURACY, result(0.636, 0.486, 0.786))
    assert (low, high) == pytest.approx((0.82 - 0.155, 0.82 + 0.155))  # .15, and .005 for the two digits
    twenty = beside_paper.paper_interval(ACCURACY, result(0.636, 0.486, 0.786, clusters=20))
    assert twenty[0] == pytest.approx(0.82 - 0.305)  # ours of 20 people is half as wide as that of 5
    certain = beside_paper.paper_interval(ACCURACY, result(0.6, 0.6, 0.6))
    assert np.ptp(certain) > 0.03  # no narrower than independent images


def test_the_leak_free_result_is_judged_and_a_missing_one_is_not_run():
    both = {"lax": result(0.82, 0.8, 0.84), "strict": result(0.5, 0.48, 0.52)}
    found = row(ACCURACY, both)
    assert (found["ours (paper's protocol)"], found["ours (leak-free)"]) == (0.82, 0.5)
    assert (found["low"], found["verdict"]) == (0.48, "ours is smaller")
    assert row(ACCURACY, {})["verdict"] == "not run"
    assert row(ACCURACY, {"strict": result(0.5, None, None)})["verdict"] == "no interval"


def test_a_bound_a_claim_and_a_reason_are_words():
    under = replace(ACCURACY, bound="<")
    assert row(under, {"strict": result(0.5, 0.4, 0.6)})["verdict"] == "within the bound"
    claim = Item("superior", "text", strict="strict", bound="claim")
    for ends, words in (
        ((0.1, 0.2), "holds"),
        ((-0.2, -0.1), "the opposite holds"),
        ((-0.1, 0.1), "cannot be decided"),
    ):
        assert row(claim, {"strict": result(np.mean(ends), *ends)})["verdict"] == words
    assert row(replace(ACCURACY, because="cannot be done"), {})["verdict"] == "cannot be done"


def test_every_figure_and_table_of_the_paper_has_a_row():
    places = " ".join(item.place for item in ITEMS) + " " + " ".join(COUNTS)
    assert [number for number in range(1, 14) if f"Figure {number}" not in places] == []
    assert [number for number in range(1, 8) if f"Table {number}" not in places] == []
    assert len({(item.item, item.place) for item in ITEMS}) == len(ITEMS)
    assert len(COUNTS["Table 5"]) == 31


def test_a_figure_is_shown_where_it_was_saved_and_a_count_is_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "05_nine_frames.png").touch()
    counted = pd.DataFrame({"table": "Table 1", "item": ["JAFFE", "KDEF"], "paper": [213, 4900], "ours": [213, 56]})
    table = beside_paper.every_item({}, counted, "real").set_index("item")
    assert table.loc[["JAFFE", "KDEF"], "verdict"].tolist() == ["equal", "-4,844 of ours"]
    assert table.loc["nine frames of a sequence", "verdict"] == "shown: 05_nine_frames"
    assert table.loc["the 68 landmarks", "verdict"] == "not run"
    assert list(table.reset_index()[beside_paper.COLUMNS]) == beside_paper.COLUMNS


def test_a_leak_effect_is_paired_where_the_images_are_the_same():
    item = replace(ACCURACY, paired="results/paired")
    results = {"lax": result(0.8, 0.7, 0.9), "strict": result(0.6, 0.5, 0.7)}
    apart = own_results.leak_effects(results, [item]).iloc[0]
    assert apart[["value", "low", "high"]].tolist() == pytest.approx([0.2, 0.2 - 0.1 * 2**0.5, 0.2 + 0.1 * 2**0.5])
    paired = own_results.leak_effects(results | {"results/paired": result(0.2, 0.15, 0.25)}, [item]).iloc[0]
    assert (apart["same images"], paired["low"], paired["same images"]) == (False, 0.15, True)
    elsewhere = replace(item, paired="intensity/seen minus new people")
    on_others = own_results.leak_effects(results | {elsewhere.paired: result(0.2, 0.15, 0.25)}, [elsewhere]).iloc[0]
    assert (on_others["low"], on_others["same images"]) == (0.15, False)


def test_28_variants_are_no_leak_and_an_unknown_leak_stands_beside_the_verdict():
    item = replace(ACCURACY, way="a, 28 variants")
    results = {"a, 28 variants": result(0.8, 0.7, 0.9), "strict": result(0.6, 0.5, 0.7)}
    assert own_results.leak_effects(results, [item]).empty
    unknown = replace(item, strict="", unknown="leak-free unknown")
    assert row(unknown, results)["verdict"].endswith("; leak-free unknown")
    assert row(unknown, results)["ours (leak-free)"] is None


def test_the_test_set_gives_a_result_per_network_and_the_paired_differences():
    truth = np.array(["happy", "sad"] * 10)
    people = np.repeat(np.arange(5), 4)
    predicted = {"compact VGG-S": np.stack([truth] * 3), "traditional alignment": np.full((2, 20), "sad")}
    names = {one.name: one for one in own_results.tested(predicted, truth, people, "stand-in")}
    assert names["results/compact VGG-S/accuracy"].value == 1
    difference = names["results/proposed minus traditional alignment/accuracy"]
    assert (difference.value, difference.seeds) == (0.5, 2)
    assert "results/paper's protocol minus leak-free/accuracy" not in names
    assert "results/proposed minus traditional alignment, face box/accuracy" not in names


def test_the_three_readings_of_rmse_stand_beside_the_printed_one():
    table = own_results.readings({"intensity/EIW/RMSE": result(0.2, 0.1, 0.3)})
    assert len(table) == 3
    assert table["value"].tolist()[0] == 0.2
    assert table["value"].isna().sum() == 2
    assert set(table["paper"]) == {paper_a.TABLE_6["EIW"]["RMSE"]}


def test_results_are_collected_from_the_notebooks_files(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "09.json").write_text(json.dumps({"results": [{"name": "classification/a", "value": 1}]}))
    assert own_results.collect(["09"], "smoke") == {"classification/a": {"name": "classification/a", "value": 1}}
    with pytest.raises(FileNotFoundError, match=r"run notebook 10 first: ./run_all.sh smoke --only 10"):
        own_results.collect(["09", "10"], "smoke")


def test_every_count_that_is_printed_must_be_answered(monkeypatch):
    whole = {(table, item): 0 for table, items in COUNTS.items() for item in items}
    monkeypatch.setattr(paper_counts, "_of_data_sets", lambda scale: dict(whole))
    monkeypatch.setattr(paper_counts, "_of_splits", lambda study: {})
    assert len(paper_counts.counts("smoke", 70)) == len(whole)
    del whole["Table 2", "fear"]
    with pytest.raises(KeyError):
        paper_counts.counts("smoke", 70)


def test_the_counts_of_table_1_are_those_of_the_folders(trees, monkeypatch):
    monkeypatch.delenv("FACE_DATA", raising=False)
    folders = {name: trees[name] for name in ("mug", "ck_plus", "jaffe", "kdef", "own", "eiw")}
    ours = paper_counts._of_data_sets("smoke")
    people = [path.name for path in (folders["ck_plus"] / "cohn-kanade-images").iterdir()]
    takes = [path for path in (folders["ck_plus"] / "cohn-kanade-images").glob("*/*") if path.is_dir()]
    labelled = [*(folders["ck_plus"] / "Emotion").rglob("*_emotion.txt")]
    assert ours["Table 1, people", "CK+"] == len(people)
    assert ours["Table 1, whole sets", "CK+ sequences, with and without an emotion"] == len(takes)
    assert ours["Table 1", "CK+ sequences with an emotion"] == len(labelled) < len(takes)
    frames = [*folders["mug"].rglob("*.jpg")]
    assert ours["Table 1, whole sets", "MUG frames, more than"] == len(frames)
    assert ours["Table 1", "JAFFE"] == len([*folders["jaffe"].rglob("*.tiff")])
    assert ours["Table 1, people", "JAFFE"] == 10
