"""What binary accuracy prints, and the helper that explains a printed accuracy."""

import re

import keras
import numpy as np
import pytest

from lib import binary_accuracy
from lib.evaluate import explain_accuracy, explanation
from lib.papers import paper_b
from lib.paths import ROOT


def predictions(classes: int, accuracy: float, confidence: float, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Return class numbers (N,) and outputs (N, K) that are right so often and give their answer this confidence."""
    y_true = np.arange(n) % classes
    answer = np.where(np.arange(n) < round(accuracy * n), y_true, (y_true + 1) % classes)
    outputs = np.full((n, classes), (1 - confidence) / (classes - 1), np.float32)
    outputs[np.arange(n), answer] = confidence
    return y_true, outputs


@pytest.mark.parametrize(
    ("classes", "accuracy", "confidence", "binary"),
    [
        (8, 1.0, 0.4, 7 / 8),  # right about every image, and still 87.5 %
        (8, 0.125, 0.4, 7 / 8),
        (8, 0.125, 1.0, 0.78125),  # a confident constant
        (8, 0.875, 1.0, 0.96875),  # what a true 87.5 % prints
        (8, 0.6, 0.9, 0.75 + 0.6 / 4),
        (7, 0.5, 0.3, 6 / 7),
        (7, 0.5, 0.9, 5 / 7 + 1 / 7),
        (2, 0.5, 0.9, 0.5),
    ],
)
def test_binary_accuracy_as_counted_by_hand(classes, accuracy, confidence, binary):
    said = explain_accuracy(*predictions(classes, accuracy, confidence))
    assert said.value(explanation.BINARY) == pytest.approx(binary, abs=1e-6)
    assert said.value(explanation.TRUE) == pytest.approx(accuracy, abs=1e-3)
    assert said.possible[0] - 1e-6 <= said.value(explanation.TRUE) <= said.possible[1] + 1e-6
    assert said.interval[0] <= said.value(explanation.TRUE) <= said.interval[1]


@pytest.mark.parametrize("classes", [3, 7, 8])
def test_every_metric_agrees_with_keras(classes):
    rng = np.random.default_rng(classes)
    y_pred = rng.dirichlet(np.full(classes, 0.3), 500).astype(np.float32)
    one_hot = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, 500)]
    said = explain_accuracy(one_hot, y_pred)
    keras_own = {
        explanation.TRUE: keras.metrics.CategoricalAccuracy(),
        explanation.BINARY: keras.metrics.BinaryAccuracy(threshold=0.5),
        explanation.HERE: keras.metrics.CategoricalAccuracy(),
        explanation.BEFORE: keras.metrics.BinaryAccuracy(threshold=0.5),
    }
    for name, metric in keras_own.items():
        metric.update_state(one_hot, y_pred)
        assert said.value(name) == pytest.approx(float(metric.result()), abs=1e-6)


def test_the_string_is_resolved_by_the_shapes():
    y_true, y_pred = predictions(8, 0.5, 0.9, 80)
    numbers, one_hot = explain_accuracy(y_true, y_pred), explain_accuracy(np.eye(8)[y_true], y_pred)
    assert numbers.table["stands for"][2].startswith("SparseCategoricalAccuracy")
    assert one_hot.table["stands for"][2].startswith("CategoricalAccuracy")
    assert list(numbers.table["value"]) == pytest.approx(list(one_hot.table["value"]))


@pytest.mark.parametrize(
    ("figure", "classes", "named"),
    [(7 / 8, 8, True), (0.87, 8, True), (0.88, 8, True), (0.869, 8, False), (0.8571, 7, True), (0.875, 7, False)],
)
def test_the_trap_is_named_within_its_tolerance(figure, classes, named):
    assert bool(explanation.coincidence(figure, classes)) is named


@pytest.mark.parametrize(("place", "printed"), paper_b.PRINTED.items())
def test_every_figure_of_paper_b_coincides_with_the_trap(place, printed):
    assert explanation.coincidence(printed, len(paper_b.CLASSES)), place


def test_the_printed_accuracies_stand_in_one_file():
    files = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    holding = [path.name for path in files if re.search(r"87\.4[3789]|\.874[3789]", path.read_text(encoding="utf-8"))]
    assert holding == ["paper_b.py"]


def test_the_text_has_each_metric_the_interval_and_the_trap():
    text = str(explain_accuracy(*predictions(8, 0.3, 0.4)))
    for words in (
        explanation.TRUE,
        explanation.BINARY,
        explanation.HERE,
        explanation.BEFORE,
        "n = 800",
        "Trap: 0.8750",
    ):
        assert words in text
    assert "Trap" not in str(explain_accuracy(*predictions(8, 0.3, 0.9)))


def test_sigmoids_may_pass_one_half_together():
    y_pred = np.full((8, 8), 0.9)
    said = explain_accuracy(np.arange(8), y_pred)
    assert said.value(explanation.BINARY) == pytest.approx(1 / 8)
    assert said.possible == pytest.approx((0, 1))


GOOD = predictions(8, 0.5, 0.9, 16)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "words"),
    [
        (GOOD[0], GOOD[1][:, 0], r"expected floats \(N, K\)"),
        (GOOD[0], (GOOD[1] * 100).astype(int), r"expected floats \(N, K\)"),
        (GOOD[0], GOOD[1] * 100, "not logits or per cent"),
        (GOOD[0], np.where(GOOD[1] > 0.5, np.nan, GOOD[1]), "no numbers"),
        (GOOD[0][:5], GOOD[1], "expected whole class numbers"),
        (GOOD[0] + 1, GOOD[1], "expected 0 to 7"),
        (GOOD[0].astype(float), GOOD[1], "expected whole class numbers"),
        (GOOD[1], GOOD[1], "one-hot"),
        (np.array(["happy"] * 16), GOOD[1], "expected whole class numbers"),
        (np.empty(0, int), np.empty((0, 8)), r"expected floats \(N, K\)"),
    ],
)
def test_what_is_no_prediction_is_refused_in_words(y_true, y_pred, words):
    with pytest.raises(ValueError, match=words):
        explain_accuracy(y_true, y_pred)


@pytest.mark.parametrize("classes", [2, 7, 8])
def test_half_of_one_class_is_half_and_the_rest_even(classes):
    counts = np.bincount(binary_accuracy.balances(classes, 56 * (classes - 1))["half of one class"])
    assert counts.tolist() == [28 * (classes - 1)] + [28] * (classes - 1)
