"""What a printed "accuracy" is: every metric that the word may stand for, on the same predictions.

With K one-hot classes *binary* accuracy judges each of the K outputs by itself against one half. An image none of whose
outputs passes one half has K - 1 right outputs of K, whatever its class and whatever the network has learned. So a
binary accuracy of (K - 1) / K, .875 with 8 classes and .857 with 7, says next to nothing: that is the trap.

Which metric the string "accuracy" stands for has changed: stand-alone Keras up to 2.3 and tf.keras up to 2.1 looked at
the loss first, tf.keras since 2.2 and Keras 3 look at the shapes alone (Keras pull request 3098; TensorFlow issue
41361).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.evaluate.table import wilson

TOLERANCE = 0.005  # ours: half a point, which rounding to whole per cent hides
HALF = 0.5  # what an output must pass, in Keras' binary accuracy
TRUE, BINARY, PASSING = "true accuracy", "binary accuracy", "over one half"
HERE, BEFORE = '"accuracy" in this Keras', '"accuracy" in Keras up to 2.3 under binary cross-entropy'


@dataclass(frozen=True)
class Explanation:
    """What `explain_accuracy` says; it prints as text.

    Attributes:
        table: columns `metric`, `value`, `stands for`.
        n: images.
        classes: K.
        interval: 95 % of the true accuracy, images taken for independent (Wilson 1927).
        passing: share of the images with an output over one half.
        possible: least and largest true accuracy that the binary accuracy alone would allow.
        trap: a sentence where the binary accuracy coincides with (K - 1) / K, else "".
    """

    table: pd.DataFrame
    n: int
    classes: int
    interval: tuple[float, float]
    passing: float
    possible: tuple[float, float]
    trap: str

    def value(self, metric: str) -> float:
        """Return the value of one metric of the table."""
        return float(self.table.set_index("metric").loc[metric, "value"])

    def __str__(self) -> str:
        """Return the table and what follows from it."""
        rows = [f"{row.metric:<57} {row.value:7.4f}  {row[2]}" for row in self.table.itertuples(index=False)]
        low, high = self.interval
        least, most = self.possible
        sentences = [
            f"The true accuracy is {self.value(TRUE):.3f}, n = {self.n:,}; 95 % interval {low:.3f} to {high:.3f}, "
            "images taken for independent.",
            f"An output passes one half on {self.passing:.1%} of the images.",
            f"From the binary accuracy alone, the true one could be anything from {least:.3f} to {most:.3f}.",
        ]
        return "\n".join([*rows, *sentences, *([self.trap] if self.trap else [])])

    __repr__ = __str__


def explain_accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> Explanation:
    """Return every metric that the word accuracy may stand for, on one's own predictions.

    Args:
        y_true: class numbers, int (N,) from 0, or one-hot (N, K).
        y_pred: float (N, K) in [0, 1], a column per class: softmax outputs, or sigmoids.

    Raises:
        ValueError: another shape, a value outside its range, or something that is no number.
    """
    shares = accuracies(y_true, y_pred)
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    n, classes = y_pred.shape
    binary = shares[BINARY]
    chosen, resolved = _resolved(y_true, y_pred)
    rows = [
        (TRUE, shares[TRUE], "CategoricalAccuracy: the largest output is that of the class"),
        (BINARY, binary, "BinaryAccuracy: each output by itself is on the right side of one half"),
        (HERE, resolved, f"{chosen}, by the shapes"),
        (BEFORE, binary, "BinaryAccuracy, by the loss; under a categorical cross-entropy CategoricalAccuracy"),
    ]
    sums_to_one = np.allclose(y_pred.sum(axis=1), 1, atol=1e-3)
    return Explanation(
        pd.DataFrame(rows, columns=["metric", "value", "stands for"]),
        n,
        classes,
        wilson(shares[TRUE], n),
        shares[PASSING],
        possible_accuracy(binary, classes, sums_to_one),
        coincidence(binary, classes),
    )


def accuracies(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, float]:
    """Return the two accuracies and the share of the images with an output over one half, under `TRUE` and so on.

    Args:
        y_true: class numbers, int (N,) from 0, or one-hot (N, K).
        y_pred: float (N, K) in [0, 1].

    Raises:
        ValueError: as for `explain_accuracy`.
    """
    return per_image(y_true, y_pred).mean().to_dict()


def per_image(y_true: np.ndarray, y_pred: np.ndarray) -> pd.DataFrame:
    """Return what each image adds to `accuracies`: N rows in [0, 1], columns `TRUE`, `BINARY`, `PASSING`.

    Args:
        y_true: class numbers, int (N,) from 0, or one-hot (N, K).
        y_pred: float (N, K) in [0, 1].

    Raises:
        ValueError: as for `explain_accuracy`.
    """
    y_pred = _outputs(y_pred)
    one_hot = _one_hot(np.asarray(y_true), *y_pred.shape)
    columns = {
        TRUE: y_pred.argmax(axis=1) == one_hot.argmax(axis=1),
        BINARY: ((y_pred > HALF) == (one_hot > HALF)).mean(axis=1),
        PASSING: y_pred.max(axis=1) > HALF,
    }
    return pd.DataFrame(columns, dtype=float)


def coincidence(figure: float, classes: int) -> str:
    """Return a sentence that names the trap where a figure in [0, 1] is (K - 1) / K up to `TOLERANCE`, else ""."""
    flat = 1 - 1 / classes
    if not agree(figure, flat):
        return ""
    return (
        f"Trap: {figure:.4f} is {classes - 1}/{classes} = {flat:.4f} within {TOLERANCE}, the binary accuracy over "
        f"{classes} classes of any network none of whose outputs passes one half, trained or not."
    )


def agree(first: float, second: float) -> bool:
    """Return whether two accuracies in [0, 1] are the same up to `TOLERANCE`; half a point itself still agrees."""
    return abs(first - second) <= TOLERANCE + 1e-9  # .875 - .87 is a little more than .005


def possible_accuracy(binary: float, classes: int, sums_to_one: bool = True) -> tuple[float, float]:
    """Return the least and the largest true accuracy, in [0, 1], behind a binary accuracy over K one-hot classes.

    Outputs that sum to 1 pass one half once at most. With shares p of images on which the right output does and q on
    which a wrong one does, the binary accuracy is (K - 1 + p - q) / K, and the rest of the images may be right or not.

    Args:
        binary: accuracy in [0, 1].
        classes: K.
        sums_to_one: softmax outputs; sigmoids may pass one half together.
    """
    surplus = classes * binary - (classes - 1)  # p - q
    most = 1 + surplus if sums_to_one else classes * binary
    return max(0.0, surplus), max(0.0, min(1.0, most))


def _outputs(y_pred: np.ndarray) -> np.ndarray:
    """Return predictions as float (N, K) if they are such, in [0, 1]."""
    y_pred = np.asarray(y_pred)
    if y_pred.ndim != 2 or not np.issubdtype(y_pred.dtype, np.floating) or len(y_pred) < 1 or y_pred.shape[1] < 2:
        raise ValueError(f"y_pred is {y_pred.dtype} {y_pred.shape}; expected floats (N, K), one column per class")
    if not np.isfinite(y_pred).all():
        raise ValueError(f"y_pred has {int((~np.isfinite(y_pred)).sum())} values that are no numbers")
    if y_pred.min() < 0 or y_pred.max() > 1:
        raise ValueError(
            f"y_pred lies in [{y_pred.min():.3g}, {y_pred.max():.3g}]; expected [0, 1]: outputs of a softmax or of "
            "sigmoids, not logits or per cent"
        )
    return y_pred


def _one_hot(y_true: np.ndarray, n: int, classes: int) -> np.ndarray:
    """Return labels as int (N, K) with a single 1 per row."""
    if y_true.shape == (n,) and np.issubdtype(y_true.dtype, np.integer):
        if y_true.min() < 0 or y_true.max() >= classes:
            raise ValueError(
                f"y_true has class numbers {y_true.min()} to {y_true.max()}; expected 0 to {classes - 1}, one for each "
                "column of y_pred"
            )
        return np.eye(classes, dtype=int)[y_true]
    if y_true.shape == (n, classes) and np.issubdtype(y_true.dtype, np.number):
        if np.isin(y_true, (0, 1)).all() and (y_true.sum(axis=1) == 1).all():
            return y_true.astype(int)
        raise ValueError("y_true has rows that are not one-hot; expected a single 1 per row, else 0")
    raise ValueError(
        f"y_true is {y_true.dtype} {y_true.shape}; expected whole class numbers ({n},) or one-hot ({n}, {classes})"
    )


def _resolved(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[str, float]:
    """Return the metric that Keras takes for the string "accuracy", and its value, from a network that changes nothing.

    Args:
        y_true: (N,) or (N, K), as the reader has them.
        y_pred: (N, K).
    """
    import keras  # heavy, and nothing else of evaluation needs it

    outputs = keras.Input(y_pred.shape[1:])
    model = keras.Model(outputs, keras.layers.Identity()(outputs))
    loss = "binary_crossentropy" if y_true.ndim == 2 else "sparse_categorical_crossentropy"
    model.compile(loss=loss, metrics=["accuracy"], jit_compile=False)
    figure = model.evaluate(y_pred, y_true, batch_size=4096, verbose=0, return_dict=True)["accuracy"]
    return type(model.metrics[-1].metrics[0]).__name__, float(figure)
