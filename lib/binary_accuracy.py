"""Notebook 14: what binary accuracy over one-hot classes prints, whatever a network has learned.

Outputs are float (N, K) that sum to 1 per image, class numbers int (N,); every accuracy is in [0, 1].
"""

from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lib import records
from lib.evaluate import mean
from lib.evaluate.explanation import BINARY, HALF, PASSING, TRUE, accuracies, coincidence, possible_accuracy

PAPER, FLAT_COLOUR, TRUE_COLOUR = "#c0392b", "#7f8c8d", "#2e6fb0"
POWERS = (0.25, 0.5, 1, 2, 4, 8, 16, 32)  # what outputs are raised to: below 1 timid, above 1 confident
SHARES = (0, 0.25, 0.5, 1)  # of the images with an output over one half, in the map


def digits(classes: int, seed: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return scikit-learn's handwritten digits 0 to K - 1: training and test, 3 : 1.

    Args:
        classes: K, at most 10.
        seed: of the draw.

    Returns:
        Twice images, float32 (N, 64) in [0, 1], and class numbers, int (N,).
    """
    images, labels = load_digits(return_X_y=True)
    here = labels < classes
    parts = train_test_split(
        (images[here] / 16).astype(np.float32), labels[here], test_size=0.25, random_state=seed, stratify=labels[here]
    )
    return (parts[0], parts[2]), (parts[1], parts[3])


def printed(figures: Mapping[str, float], classes: int) -> pd.DataFrame:
    """Return a row per printed accuracy: its distance from (K - 1) / K, and the true accuracy that it would allow.

    Args:
        figures: accuracies by place in the paper.
        classes: K.
    """
    rows = []
    for place, value in figures.items():
        least, most = possible_accuracy(value, classes)
        rows.append((place, value, value - 1 + 1 / classes, bool(coincidence(value, classes)), least, most))
    columns = ["place", "printed", "minus (K - 1) / K", "coincides", "least true accuracy", "largest"]
    return pd.DataFrame(rows, columns=columns)


def balances(classes: int, images: int) -> dict[str, np.ndarray]:
    """Return class numbers (N,) by class balance: even, half of one class, one class alone.

    Args:
        classes: K, two at least.
        images: N; in the second balance the other half is even.
    """
    number = np.arange(images)
    half = np.where(number % 2, 0, 1 + number // 2 % (classes - 1))
    return {"even": number % classes, "half of one class": half, "one class": 0 * number}


def answers(classes: int, images: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return outputs (N, K) of networks that have not looked at an image.

    Args:
        classes: K.
        images: N.
        rng: of the guesses.
    """
    guess = rng.integers(0, classes, images)
    first = np.zeros(images, dtype=int)
    return {
        "uniform": np.full((images, classes), 1 / classes),
        "the same for every image, timid": outputs(first, 0.4, classes),
        "another guess for every image, timid": outputs(guess, 0.4, classes),
        "the same for every image, confident": outputs(first, 0.9, classes),
    }


def outputs(answer: np.ndarray, confidence: float, classes: int) -> np.ndarray:
    """Return outputs (N, K) that give each answer (N,) this confidence and share the rest evenly.

    Args:
        answer: class numbers.
        confidence: of the answer, over 1 / K.
        classes: K.
    """
    rest = (1 - confidence) / (classes - 1)
    return rest + (confidence - rest) * np.eye(classes)[answer]


def with_accuracy(y_true: np.ndarray, accuracy: float, classes: int) -> np.ndarray:
    """Return answers (N,) of which this share is right; the others are the next class.

    Args:
        y_true: class numbers (N,).
        accuracy: share in [0, 1].
        classes: K.
    """
    right = np.arange(len(y_true)) < round(accuracy * len(y_true))
    return np.where(right, y_true, (y_true + 1) % classes)


def learned_nothing(classes: int, images: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return both accuracies of every answer of `answers` on every balance of `balances`, a row each.

    Args:
        classes: K.
        images: N.
        rng: of the guesses.
    """
    given, rows = answers(classes, images, rng), []
    for balance, y_true in balances(classes, images).items():
        for name, y_pred in given.items():
            rows.append({"classes of the images": balance, "answer": name} | accuracies(y_true, y_pred))
    return pd.DataFrame(rows)


def sharpened(y_true: np.ndarray, y_pred: np.ndarray) -> pd.DataFrame:
    """Return both accuracies of the same answers at other confidences: outputs to a power, which sum to 1 again.

    Args:
        y_true: class numbers (N,).
        y_pred: outputs (N, K).
    """
    rows = []
    for power in POWERS:
        raised = (y_pred / y_pred.max(axis=1, keepdims=True)).astype(float) ** power
        raised /= raised.sum(axis=1, keepdims=True)
        rows.append({"power": power, "mean confidence": raised.max(axis=1).mean()} | accuracies(y_true, raised))
    return pd.DataFrame(rows)


def fingerprints(numbers_of_classes: Iterable[int]) -> pd.DataFrame:
    """Return, per K, the figures of a network that says nothing or only the same: accuracies and losses.

    Columns: `classes`; the binary accuracy of `timid outputs`, of a `confident constant` (even classes) and of a
    network that is `confident, truly right so often` as the first says; `binary cross-entropy` per output and
    `categorical cross-entropy` of uniform outputs, in nats.
    """
    rows = []
    for classes in numbers_of_classes:
        flat, share = 1 - 1 / classes, 1 / classes
        rows.append(
            {
                "classes": classes,
                "timid outputs": flat,
                "confident constant": confident(share, classes),
                "confident, truly right so often": confident(flat, classes),
                "binary cross-entropy": -(share * np.log(share) + flat * np.log(flat)),
                "categorical cross-entropy": np.log(classes),
            }
        )
    return pd.DataFrame(rows)


def confident(accuracy: float, classes: int) -> float:
    """Return the binary accuracy where every answer passes one half: 1, or (K - 2) / K for a wrong one."""
    return accuracy + (1 - accuracy) * (classes - 2) / classes


def at_epochs(history: Mapping[str, list[float]], epochs: Iterable[int]) -> pd.DataFrame:
    """Return both accuracies of training and validation after these epochs, arranged like Table 6.1.1.

    Args:
        history: `accuracy`, `binary_accuracy` and those of validation, a value per epoch.
        epochs: counted from 1; those that the fit does not have are left out.
    """
    chosen = [epoch for epoch in epochs if epoch <= len(history["accuracy"])]
    columns = {"binary, training": "binary_accuracy", "binary, validation": "val_binary_accuracy"}
    columns |= {"true, training": "accuracy", "true, validation": "val_accuracy"}
    rows = {title: [history[name][epoch - 1] for epoch in chosen] for title, name in columns.items()}
    return pd.DataFrame({"epochs": chosen} | rows)


def beside(fitted: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return both accuracies of every network with their 95 % intervals, a row each.

    Args:
        fitted: by network, from `lib.evaluate.explanation.per_image`.

    Returns:
        Columns `network`, `metric`, `value`, `low`, `high`, `n`, and `over one half`, the share of such images.
    """
    rows = []
    for network, images in fitted.items():
        for metric in (BINARY, TRUE):
            row = mean(images[metric], np.arange(len(images))).assign(network=network, metric=metric)
            rows.append(row.assign(**{PASSING: images[PASSING].mean()}))
    return pd.concat(rows, ignore_index=True)[["network", "metric", "value", "low", "high", "n", PASSING]]


def learning(history: Mapping[str, list[float]], classes: int, title: str) -> Figure:
    """Draw both accuracies and the loss per output over the epochs of a fit by binary cross-entropy.

    Args:
        history: `accuracy`, `binary_accuracy`, `loss` and the three of validation, from `model.fit`.
        classes: K.
        title: of the figure.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.4))
    epochs = np.arange(1, len(history["loss"]) + 1)
    for prefix, style in (("", "-"), ("val_", "--")):
        side = "validation" if prefix else "training"
        axes[0].plot(epochs, history[f"{prefix}binary_accuracy"], style, color=FLAT_COLOUR, label=f"binary, {side}")
        axes[0].plot(epochs, history[f"{prefix}accuracy"], style, color=TRUE_COLOUR, label=f"true, {side}")
        axes[1].plot(epochs, history[f"{prefix}loss"], style, color=FLAT_COLOUR, label=side)
    axes[0].axhline(1 - 1 / classes, color=PAPER, lw=0.8, label=f"{classes - 1}/{classes}")
    uniform = fingerprints([classes])["binary cross-entropy"][0]
    axes[1].axhline(uniform, color=PAPER, lw=0.8, label=f"uniform outputs, {uniform:.4f}")
    axes[0].set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.02), title=title)
    axes[1].set(xlabel="epoch", ylabel="binary cross-entropy per output, nats")
    for ax in axes:
        ax.legend(fontsize=8)
    figure.tight_layout()
    return figure


def confidence(sharpened: pd.DataFrame, classes: int, title: str) -> Figure:
    """Draw both accuracies of the same answers over their mean confidence; `sharpened` from the function above."""
    figure, ax = plt.subplots(figsize=(6.5, 3.6))
    ax.plot(sharpened["mean confidence"], sharpened[TRUE], "o-", color=TRUE_COLOUR, label="true accuracy")
    ax.plot(sharpened["mean confidence"], sharpened[BINARY], "o-", color=FLAT_COLOUR, label="binary")
    ax.axhline(1 - 1 / classes, color=PAPER, lw=0.8, label=f"{classes - 1}/{classes}")
    ax.axvline(HALF, color="0.7", ls=":", lw=1)
    ax.set(xlabel="mean confidence, the largest output", ylabel="accuracy", ylim=(0, 1.02), xlim=(0, 1.02), title=title)
    ax.legend(fontsize=8)
    return figure


def binary_against_true(figures: Mapping[str, float], classes: int) -> Figure:
    """Draw the binary accuracy over the true one, a line per share of confident images, with the printed figures.

    The second panel is the part about (K - 1) / K, wide enough for the figures that are printed with two decimals.

    Args:
        figures: printed accuracies by place.
        classes: K.
    """
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.4))
    truth, flat = np.linspace(0, 1, 101), 1 - 1 / classes
    for ax in axes:
        for share, colour in zip(SHARES, ("#2e6fb0", "#6b8e23", "#e6a700", "#7d3c98"), strict=True):
            line = (1 - share) * flat + share * np.array([confident(a, classes) for a in truth])
            ax.plot(truth, line, color=colour, label=f"an output over one half on {share:.0%} of the images")
        ax.plot(truth, truth, color="0.6", ls="--", lw=1, label="if both were one")
        ax.set(xlabel="true accuracy, the same on confident and other images", xlim=(0, 1))
    axes[0].set(ylabel="binary accuracy", ylim=(0.6, 1.01), title=f"{classes} classes")
    axes[1].set(ylim=(flat - 0.0009, flat + 0.0004), title=f"about {classes - 1}/{classes}")
    _draw_printed(figures, axes)
    figure.legend(
        *axes[0].get_legend_handles_labels(), fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3
    )
    figure.tight_layout()
    return figure


def _draw_printed(figures: Mapping[str, float], axes: np.ndarray) -> None:
    """Draw printed accuracies as lines into both panels, shape (2,), each named in the second where it is in view."""
    label = "printed in paper B"
    for value, places in pd.Series(figures).groupby(pd.Series(figures)).groups.items():
        for ax in axes:
            ax.axhline(value, color=PAPER, lw=0.8, alpha=0.7, label=label)
        low, high = axes[1].get_ylim()
        if low < value < high:
            text = f"{value:.2%}: " + ";\n".join(place.removeprefix("Table 6.1.1, ") for place in places)
            axes[1].text(0.02, value, text, fontsize=6.5, va="bottom", color=PAPER)
        label = None


def results(networks: pd.DataFrame) -> list[records.Result]:
    """Return what notebook 14 records: both accuracies of each network on the test digits, from `beside`."""
    protocol, done = "scikit-learn's digits, held-out quarter, images drawn", []
    for name, table in networks.groupby("network", sort=False):
        done += records.results(table, f"binary accuracy/{name}", protocol, "real")
    return done
