"""The course: solutions pass, exercises fail at their checks, what is generated is what is committed."""

import json
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from lib import splits
from lib.course import checks, exercises, practice
from lib.paths import ROOT

SOURCES = exercises.sources()
each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def code_cells(notebook):
    """Return (tags, source) of every code cell."""
    return [(cell.metadata.get("tags", []), cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def run(notebook):
    """Run every code cell, going on after a failure; return tags and error of the cells that failed."""
    namespace, failed = {"__name__": "__main__"}, []
    for tags, source in code_cells(notebook):
        try:
            exec(compile(source, "cell", "exec"), namespace)
        except Exception as error:
            failed.append((tags, error))
    return failed


@each_source
def test_every_solution_passes(path):
    assert run(nbformat.read(path, as_version=4)) == []


@each_source
def test_every_exercise_fails_at_its_check_and_not_before(path):
    notebook = nbformat.reads(exercises.student_version(path), as_version=4)
    failed = run(notebook)
    wanted = [tags for tags, _ in code_cells(notebook) if "check" in tags]
    assert 3 <= len(wanted) <= 5
    assert [tags for tags, _ in failed] == wanted, failed
    for _, error in failed:
        assert isinstance(error, AssertionError), repr(error)
        assert str(error) == checks.EMPTY


@each_source
def test_the_student_gets_what_is_committed_and_no_line_of_a_solution(path):
    committed = (exercises.EXERCISES / path.name).read_text(encoding="utf-8")
    assert exercises.student_version(path) == committed, "stale: python -m lib.course.exercises writes it anew"
    shown = {line.strip() for _, source in code_cells(nbformat.reads(committed, 4)) for line in source.splitlines()}
    solved = [source for tags, source in code_cells(nbformat.read(path, 4)) if "solution" in tags]
    lines = {line.strip() for source in solved for line in source.splitlines() if re.search("[a-z]", line)}
    given = {line for line in lines if re.match(r'def |"""|one_hot =|labels =|names =|rng =', line)}  # in the gap too
    assert (lines - given) & shown == set()


def test_no_exercise_is_without_a_source():
    assert [path.name for path in sorted(exercises.EXERCISES.glob("*"))] == [path.name for path in SOURCES]


@each_source
def test_cells_carry_what_nbgrader_asks_for(path):
    cells = nbformat.read(path, as_version=4).cells
    marked = [cell for cell in cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata["nbgrader"]["grade_id"] for cell in marked]
    assert len(set(ids)) == len(ids)
    for cell in marked:
        facts = cell.metadata["nbgrader"]
        assert facts["solution"] == ("exercise" in cell.metadata["tags"])
        assert facts["grade"] == facts["locked"] == ("check" in cell.metadata["tags"])
        assert (facts.get("points", 0) > 0) == facts["grade"]


def test_a_notebook_runs_in_a_kernel_as_a_student_runs_it(tmp_path):
    path = next(path for path in SOURCES if path.name.startswith("06"))
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output-dir", str(tmp_path)]
    done = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


WRONG = [
    (checks.number, (0.3, 0.5, "Think."), "0.3 is too small. Think."),
    (checks.number, ("half", 0.5, "Think."), "'half' is no number. Think."),
    (checks.choice, ("red", ("red", "blue"), "blue", "Look."), "It is not 'red'. Look."),
    (checks.choice, ("green", ("red", "blue"), "blue", "Look."), "'green' is none of 'red', 'blue'."),
    (checks.choices, ({"a"}, "abc", {"b"}, "Look."), "1 of your set do not belong there, 1 are missing. Look."),
    (checks.function, (abs, np.negative, [(1,)], "Sign."), "case 1 of 1 is not right yet. Sign."),
    (checks.defence, ("Too short.", 5), "2 words so far; an argument of at least 5 is expected."),
    (checks.defence, ("It was 40 % here.", 4, [0.5]), "figure 1 of 1 that you have computed above is not cited"),
    (checks.defence, ("One two three.", 3, [], ["leak"]), "the argument does not speak of 'leak' yet."),
    (checks.given, (...,), checks.EMPTY),
    (checks.given, (None,), checks.EMPTY),
]


@pytest.mark.parametrize(("check", "arguments", "words"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_check_says_what_is_wrong_without_the_answer(check, arguments, words):
    with pytest.raises(AssertionError, match=re.escape(words)):
        check(*arguments)


def test_a_figure_is_cited_as_share_in_per_cent_or_in_points():
    for text in ("it is 0.875", "it is 87.5 %", "it is 87.5% here", "about 87.5 per cent", "by 87.5 points"):
        checks.defence(text, 2, [7 / 8])


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("it is .45", 0.45),
        ("270 ms passed", 0.27),
        ("some 270 milliseconds", 0.27),
        ("4.8 times", 4.75),
        ("0.27 s", 0.27),
        ("12.5 ms", 12.5),
    ],
)
def test_a_figure_is_cited_without_its_zero_in_milliseconds_or_rounded(text, figure):
    checks.defence(text, 2, [figure])
    with pytest.raises(AssertionError, match="is not cited; write a number like"):
        checks.defence(text, 2, [1.1 * figure + 0.01])


def test_the_practice_table_leaks_by_copies_alone():
    table = practice.images()
    people = table["subject"].unique()
    divided = table.assign(split=np.where(table["subject"] == people[0], "validation", "train"))
    assert set(splits.leaks(divided)["kind"]) == {"near duplicate"}
    assert len(splits.leaks(divided)) == practice.COPIES


def test_the_course_is_plain_json_as_nbstripout_leaves_it():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n" == text
