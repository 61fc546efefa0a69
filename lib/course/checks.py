"""Checks of a student's answers: each raises an AssertionError that says what is wrong, and never the answer.

The truth is computed by the study where a check needs it, so a check holds no number that a student could copy, and
another data set does not break it. An answer that is still `...` has its own words.
"""

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np

MILLISECONDS = ("ms", "milliseconds")
EMPTY = "There is no answer yet: replace the ... in the cell above and run both cells again."


def given(answer: object) -> None:
    """Refuse an answer that nobody has given: `...`, or the None of a function without a return."""
    assert answer is not ..., EMPTY
    assert answer is not None, EMPTY


def number(answer: object, truth: float, hint: str, within: float = 0.005) -> None:
    """Refuse what is no number, and a number further than `within` from the truth.

    Args:
        answer: of the student.
        truth: computed by the study.
        hint: what to think about.
        within: absolute tolerance.
    """
    given(answer)
    assert isinstance(answer, int | float | np.number), f"{answer!r} is no number. {hint}"
    side = "too large" if answer > truth else "too small"
    assert abs(answer - truth) <= within + 1e-12, f"{answer:.6g} is {side}. {hint}"


def choice(answer: object, options: Collection[str], truth: str, hint: str) -> None:
    """Refuse an answer that is none of the options, or not the right one.

    Args:
        answer: of the student.
        options: that the exercise names.
        truth: computed by the study.
        hint: what to think about.
    """
    given(answer)
    assert answer in options, f"{answer!r} is none of {', '.join(map(repr, options))}."
    assert answer == truth, f"It is not {answer!r}. {hint}"


def choices(answer: object, options: Collection[str], truth: Collection[str], hint: str) -> None:
    """Refuse a set with a wrong option, or without a right one; it says how many, not which.

    Args:
        answer: set of words of the student.
        options: that the exercise names.
        truth: computed by the study.
        hint: what to think about.
    """
    given(answer)
    unknown = sorted(set(answer) - set(options))
    assert not unknown, f"{unknown} is none of {', '.join(map(repr, options))}."
    wrong, missing = set(answer) - set(truth), set(truth) - set(answer)
    assert not wrong | missing, f"{len(wrong)} of your set do not belong there, {len(missing)} are missing. {hint}"


def function(answer: Callable, truth: Callable, cases: Sequence[tuple], hint: str, within: float = 1e-6) -> None:
    """Refuse a function that gives other numbers than the study's own.

    Args:
        answer: of the student.
        truth: of the study.
        cases: arguments of both, a tuple per call.
        hint: what to think about.
        within: absolute tolerance, of every number that is returned.
    """
    for place, case in enumerate(cases, start=1):
        given(returned := answer(*case))
        ours, theirs = np.asarray(truth(*case), dtype=float), np.asarray(returned, dtype=float)
        shapes = f"case {place}: the answer has the shape {theirs.shape}, expected is {ours.shape}. {hint}"
        assert theirs.shape == ours.shape, shapes
        wrong = ~np.isclose(theirs, ours, rtol=0, atol=within)
        assert not wrong.any(), f"case {place} of {len(cases)} is not right yet. {hint}"


def defence(text: object, words: int, figures: Collection[float] = (), names: Collection[str] = ()) -> None:
    """Refuse a text that is too short, or that lacks a figure which the student has computed, or a word of the course.

    Whether its argument holds is for a reader to judge; the teacher's guide says how.

    Args:
        text: of the student.
        words: least number.
        figures: that it must cite up to .01 or 2 %: a share also in per cent or points, seconds also in ms.
        names: of which each must occur.
    """
    given(text)
    length = len(str(text).split())
    assert length >= words, f"{length} words so far; an argument of at least {words} is expected."
    cited = _numbers(str(text))
    for place, figure in enumerate(figures, start=1):
        near = any(abs(one - figure) <= max(0.01, 0.02 * abs(figure)) for one in cited)
        assert near, (
            f"figure {place} of {len(figures)} that you have computed above is not cited; "
            "write a number like 0.37, .37 or 37 %."
        )
    for name in names:
        assert name.lower() in str(text).lower(), f"the argument does not speak of {name!r} yet."


def _numbers(text: str) -> list[float]:
    """Return the numbers of a text, those in per cent or points as shares, those in milliseconds also as seconds."""
    matches = re.findall(r"(\d*\.\d+|\d+)\s*(%|per cent|percent|points|point|ms\b|milliseconds)?", text)
    seconds = [float(value) / 1000 for value, unit in matches if unit in MILLISECONDS]
    percent = [float(value) / 100 for value, unit in matches if unit and unit not in MILLISECONDS]
    return seconds + percent + [float(value) for value, unit in matches if not unit or unit in MILLISECONDS]
