"""The paper's numbers beside ours: tables that add up, verdicts that follow from intervals."""

import json

import numpy as np
import pytest

from lib import paths
from lib.evaluate import beside_paper as results
from lib.evaluate.beside_paper import COUNTS, PAPER_A, Printed


def known(name="ours", value=0.8, low=0.7, high=0.9):
    return {name: {"value": value, "low": low, "high": high, "n": 100, "seeds": 3, "origin": "stand-in"}}


def test_the_tables_of_counts_add_up_as_the_paper_says():
    assert sum(COUNTS["Table 2"].values()) == 39914
    assert COUNTS["Table 3"]["training"] * 28 == COUNTS["Table 4"]["training x 28"]
    assert sum(COUNTS["Table 5"].values()) == COUNTS["Table 1"]["EIW"]
    for table in ("Table 6", "Table 7"):
        for side in ("training", "validation"):
            assert COUNTS[table][side] * 28 == COUNTS[table][f"{side} x 28"]
    assert COUNTS["Table 7"]["training"] - COUNTS["Table 6"]["training"] == 7451  # nine frames per MUG take


@pytest.mark.parametrize(
    ("printed", "verdict"), [(0.95, "paper above ours"), (0.8, "cannot be ordered"), (0.5, "ours above paper")]
)
def test_a_verdict_follows_from_the_two_intervals(printed, verdict):
    row = results.beside([Printed("accuracy", printed, 500, "ours")], known()).iloc[0]
    assert row["verdict"] == verdict


def test_a_printed_share_on_few_images_is_wide_and_a_printed_number_is_a_point():
    share = results.beside([Printed("accuracy", 0.92, 20, "ours")], known()).iloc[0]
    number = results.beside([Printed("RMSE", 0.92, None, "ours")], known()).iloc[0]
    assert share["verdict"] == "cannot be ordered"
    assert number["verdict"] == "paper above ours"


def test_the_stricter_of_ours_is_judged_and_a_notebook_that_did_not_run_is_named():
    both = known("lax", 0.9, 0.85, 0.95) | known("strict", 0.6, 0.55, 0.65)
    table = results.beside([Printed("accuracy", 0.9, 1000, "lax", "strict"), Printed("other", 1.0, None, "no")], both)
    assert table["verdict"].tolist() == ["paper above ours", "not run"]
    assert table["ours, paper's way"][0] == 0.9
    assert table["ours, leak-free"][0] == 0.6
    assert np.isnan(table["ours, leak-free"][1])


def test_a_result_without_an_interval_gets_no_verdict():
    table = results.beside([Printed("time", 13.68, None, "ours")], known(low=None, high=None))
    assert table["verdict"][0] == "no interval"


def test_results_are_collected_from_the_notebooks_files(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "06.json").write_text(json.dumps({"results": [{"name": "classification/a", "value": 1}]}))
    assert results.collect(["06"]) == {"classification/a": {"name": "classification/a", "value": 1}}
    with pytest.raises(FileNotFoundError, match="run notebook 10 first"):
        results.collect(["06", "07"])


def test_every_count_that_is_printed_must_be_answered():
    ours = {(table, item): 0 for table, items in COUNTS.items() for item in items}
    assert len(results.counted(ours)) == len(ours)
    del ours["Table 2", "fear"]
    with pytest.raises(KeyError):
        results.counted(ours)


def test_names_of_printed_numbers_are_unique():
    assert len({item.what for item in PAPER_A}) == len(PAPER_A)
