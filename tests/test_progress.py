"""The progress bar, where nobody watches a terminal."""

import sys

import pytest

from lib import progress


def lines(text: str) -> list[str]:
    """Return what is left to see of the lines of a text, each overwritten from its start by what follows a return."""
    return [line.split("\r")[-1] for line in text.rstrip("\n").split("\n")]


@pytest.mark.parametrize(("kernel", "stream"), [(True, "out"), (False, "err")])
def test_one_plain_line_is_left_in_a_notebook_on_standard_output_and_in_a_log_on_standard_error(
    monkeypatch, capsys, kernel, stream
):
    monkeypatch.setattr(progress, "SECONDS", 0)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", progress)
    assert list(progress.bar([1, 2, 3], "finding faces")) == [1, 2, 3]
    written = capsys.readouterr()._asdict()
    (line,) = lines(written.pop(stream))
    assert line.startswith("finding faces: 3 of 3 images, ")
    assert list(written.values()) == [""]


def test_what_is_done_at_once_leaves_no_line(capsys):
    with progress.bar(label="cropping", total=5) as bar:
        bar.update(5)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("label", "begins"), [("drawing mug", "drawing mug: 1 of 2"), ("", "1 of 2")])
def test_a_label_given_later_has_one_colon_and_none_has_none(label, begins, monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS", 0)
    with progress.bar(total=2) as bar:
        bar.set_description(label, refresh=False)
        bar.update()
    (line,) = lines(capsys.readouterr().err)
    assert line.startswith(begins)
