"""Figures say what their data say: texts, places and ends read back from the axes."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from lib import plots
from lib.emotions import COLOURS, EMOTIONS


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_a_confusion_matrix_shows_counts_and_row_rates(ax):
    plots.confusion_matrix(np.array([[3, 1], [0, 0]]), ("happy", "sad"), ax)
    assert [text.get_text() for text in ax.texts] == ["75 %\n3", "25 %\n1", "0 %\n0", "0 %\n0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["happy (4)", "sad (0)"]


def test_a_flow_chart_has_a_box_for_each_step_and_its_arrows_end_there(ax):
    plots.flow_chart({"first": ("a", "03", 0, 1), "second": ("b", "05", 1, 0)}, [("first", "second")], ax)
    first, second, arrow = ax.texts
    assert [first.get_text(), second.get_text()] == ["first\na\nnotebook 03", "second\nb\nnotebook 05"]
    assert [arrow.xyann, arrow.xy] == [(0, 1), (1, 0)]
    assert [arrow.arrow_patch.patchA, arrow.arrow_patch.patchB] == [first.get_bbox_patch(), second.get_bbox_patch()]
    assert ax.yaxis_inverted()


def test_intervals_stand_in_the_table_s_order_from_the_top(ax):
    table = pd.DataFrame({"label": ["first", "second"], "value": [0.2, 0.6], "low": [0.1, 0.5], "high": [0.3, 0.9]})
    plots.intervals(table.assign(paper=[0.85, np.nan]), ax)
    height = dict(zip([label.get_text() for label in ax.get_yticklabels()], ax.get_yticks(), strict=True))
    assert height["first"] > height["second"]
    assert list(ax.lines[0].get_xdata()) == [0.1, 0.3]
    assert ax.lines[-1].get_xdata()[0] == 0.85


def test_training_curves_draw_one_pair_of_lines_per_seed(ax):
    history = pd.DataFrame(
        {"seed": [0, 0, 1, 1], "epoch": [1, 2, 1, 2], "loss": [2, 1, 3, 1], "val_loss": [2, 2, 3, 2]}
    )
    plots.training_curves(history, "loss", ax)
    assert len(ax.lines) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]


def test_predicted_against_true_draws_the_median_of_each_level(ax):
    true = np.repeat([0.0, 0.4, 1.0], 3)
    plots.predicted_against_true(true, np.array([0, 0.1, 0.3, 0.2, 0.3, 0.9, 0.5, 0.7, 1.0]), "fear", ax)
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[0, 0.1], [0.4, 0.3], [1, 0.7]])
    assert ax.lines[-1].get_color() == COLOURS["fear"]


def test_outputs_over_a_sequence_keep_each_emotion_s_colour(ax):
    plots.over_a_sequence(np.zeros((5, 7)), EMOTIONS, ax)
    assert {line.get_label(): line.get_color() for line in ax.lines} == {name: COLOURS[name] for name in EMOTIONS}


def test_the_pieces_of_a_bar_add_up(ax):
    plots.stacked_bar(pd.Series({"read": 1.0, "detect": 7.0, "network": 2.0}), ax)
    ends = [(piece.get_x(), piece.get_x() + piece.get_width()) for piece in ax.patches]
    assert ends == [(0, 1), (1, 8), (8, 10)]
    assert "detect, 70%" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_strength_is_drawn_with_both_ends_of_its_interval(ax):
    table = pd.DataFrame({"strength": [20, 40], "value": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.7, 0.65]})
    plots.by_strength(table, ax, "network", "#000000")
    ends = [segment[:, 1].tolist() for segment in ax.collections[0].get_segments()]
    np.testing.assert_allclose(ends, [[0.4, 0.7], [0.5, 0.65]])
