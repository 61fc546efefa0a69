"""What the runner decides and shows: which notebooks start, how long it will take, what a reader sees; no kernels."""

import argparse
import io
import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib import paths
from lib.runner import pace, reference, schedule, screen
from lib.runner import run as runner
from lib.runner.execute import Outcome, Watch
from lib.runner.notebook import Notebook
from lib.runner.plan import Step
from lib.runner.worker import last_line


def step(number: str, *after: str, alone: bool = False) -> Step:
    """A notebook without parameters that comes after others."""
    return Step(Notebook(number, Path(f"{number}_x.ipynb"), "X", (), {}, after, alone), {}, {}, 60, frozenset(after))


STEPS = [
    step("00"),
    step("02"),
    step("03", alone=True),
    step("04", "03"),
    step("05", "03"),
    step("07", "03", "05"),
    step("09", "03", "05", alone=True),
]


def order(slots: int, seconds: float = 1.0) -> list[str]:
    """Return the notebooks in the order in which they start, all of one length."""
    waiting, running, done, begun = list(STEPS), [], set(), []
    while waiting or running:
        while (one := schedule.startable(waiting, running, done, slots)) is not None:
            waiting.remove(one)
            running.append(one)
            begun.append(one.notebook.number)
            assert len(running) == 1 or not any(other.notebook.alone for other in running)
        assert len(running) <= slots
        done.add(running.pop(0).notebook.number)
    return begun


def test_on_one_core_notebooks_run_in_their_order():
    assert order(1) == [one.notebook.number for one in STEPS]


def test_on_two_cores_what_others_need_comes_first_and_what_nobody_needs_fills_the_gaps():
    assert order(2) == ["03", "05", "00", "02", "04", "07", "09"]


def test_what_needs_a_notebook_waits_until_it_has_ended_well():
    assert schedule.startable([STEPS[3]], [STEPS[0]], {"00"}, 4) is None
    assert schedule.startable([STEPS[3]], [STEPS[0]], {"03"}, 4) is STEPS[3]


def test_the_cores_that_this_process_may_use_and_its_memory_bound_how_many_run_at_once(monkeypatch):
    monkeypatch.setattr(schedule.joblib, "cpu_count", lambda: 16)
    for total, slots in ((2e9, 1), (8.2e9, 2), (64e9, 16)):
        monkeypatch.setattr(schedule.machine, "memory", lambda total=total: total)
        assert schedule.slots() == slots
    monkeypatch.setattr(schedule.joblib, "cpu_count", lambda: 1)
    assert schedule.slots() == 1


def test_the_length_of_a_run_counts_what_runs_at_the_same_time_once():
    seconds = {"00": 10, "02": 30, "03": 100, "04": 40, "05": 20, "07": 20, "09": 200}
    assert schedule.wall_seconds(STEPS, seconds, 1) == 420
    # alone 03; then 05 (20), 07 and 00 beside 02 and 04 in 60; then 09 alone
    assert schedule.wall_seconds(STEPS, seconds, 2) == 100 + 60 + 200


def test_the_expected_length_scales_with_the_pace_of_this_machine():
    fast = {"all_cores": 100.0, "one_core": 50.0}
    took = {one.notebook.number: {"took": {"seconds": 10, "pace": fast}} for one in STEPS}
    one, alone = [STEPS[0]], [STEPS[2]]
    assert pace.expected_seconds(one, took, fast, 1) == 10
    assert pace.expected_seconds(one, took, {"all_cores": 100.0, "one_core": 10.0}, 1) == 50
    assert pace.expected_seconds(alone, took, {"all_cores": 25.0, "one_core": 50.0}, 1) == 40
    assert pace.expected_seconds(STEPS, {"00": took["00"]}, fast, 1) is None
    assert pace.expected_seconds(one, {"00": {"took": {"seconds": 10, "pace": None}}}, fast, 1) is None


def test_the_pace_is_measured_in_the_time_that_it_is_given():
    started = time.monotonic()
    found = pace.measure(0.05)
    assert min(found.values()) > 0
    assert time.monotonic() - started < 5


def test_how_long_a_notebook_took_stands_in_its_results(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "04.json").write_text('{"results": [1]}')
    pace.keep("04", {"seconds": 3.5})
    pace.keep("05", {"seconds": 3.5})  # has recorded nothing
    assert json.loads((tmp_path / "results" / "04.json").read_text()) == {"results": [1], "took": {"seconds": 3.5}}
    assert not (tmp_path / "results" / "05.json").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\n\n", "two"),
        ("\r 10%|# | 1/10 [00:01<00:09]\r 20%|## | 2/10 [00:02<00:08]", "20%|## | 2/10 [00:02<00:08]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("", ""),
    ],
)
def test_the_newest_line_of_what_a_cell_shows(text, line):
    assert last_line({"msg_type": "stream", "content": {"text": text}}) == line


def test_a_bar_drawn_by_widgets_is_read_too():
    message = {"msg_type": "comm_msg", "content": {"data": {"state": {"value": " 3/24 [00:12&lt;01:30]"}}}}
    assert last_line(message) == "3/24 [00:12<01:30]"
    message["content"]["data"]["state"]["value"] = 0.5
    assert last_line(message) == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_shows_what_runs_and_is_overwritten_by_what_has_ended(tmp_path):
    stream = Terminal()
    shown = screen.Screen(tmp_path / "run.log", stream)
    watch = Watch(60)
    watch.cells = 9
    watch.heard({"event": "output", "text": "3 of 24 networks, 12 minutes left"})
    shown.tick({"09": watch})
    assert "09  cell 1/9 3 of 24 networks, 12 minutes left" in stream.getvalue()
    shown.ended(STEPS[0], Outcome(True, 1.5, 2**30, Path()))
    last = stream.getvalue().split("\r")[-1]
    assert last.split() == ["00", "X", "1.5", "s", "1.0", "GB", "ok"]
    assert "ok" in (tmp_path / "run.log").read_text()


def test_without_a_terminal_a_line_comes_at_most_once_a_minute_and_in_the_log_thrice(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    shown, watch = screen.Screen(tmp_path / "run.log", stream), Watch(60)
    for second in range(121):
        clock[0] = second
        watch.heard({"event": "output", "text": f"network {second}"})
        shown.tick({"09": watch})
    assert stream.getvalue().splitlines() == [f"09  cell 1/1 network {k}  ({k} s)" for k in (60, 120)]
    assert len((tmp_path / "run.log").read_text().splitlines()) == 6


def test_a_notebook_that_does_not_move_is_not_told_again(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    shown, watch = screen.Screen(tmp_path / "run.log", stream), Watch(60)
    for second in range(300):
        clock[0] = second
        shown.tick({"09": watch})
    assert stream.getvalue() == ""


def test_a_comparison_that_fails_has_an_exit_code_of_its_own(monkeypatch):
    monkeypatch.setattr(runner, "judged", lambda *_: [])
    monkeypatch.setattr(runner.site, "build", lambda *_: Path("index.html"))
    monkeypatch.setattr(reference, "differences", lambda *_: ["accuracy of a network is lower than seeds explain"])
    assert runner.finish("smoke", []) == runner.NOT_REPRODUCED == 4
    monkeypatch.setattr(reference, "differences", lambda *_: [])
    assert runner.finish("smoke", []) == 0


def test_one_line_says_how_long_the_run_will_take(monkeypatch):
    monkeypatch.setattr(runner.pace, "expected_seconds", lambda *_: 1234)
    lines = []
    options = argparse.Namespace(profile="smoke", jobs=2)
    runner.announce_length(options, STEPS, {}, SimpleNamespace(line=lines.append))
    assert lines == ["about 21 min on this machine, less where an earlier run got far"]
    monkeypatch.setattr(runner.pace, "expected_seconds", lambda *_: None)
    runner.announce_length(options, STEPS, {}, SimpleNamespace(line=lines.append))
    assert len(lines) == 1
