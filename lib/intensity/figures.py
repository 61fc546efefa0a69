"""Figures of notebook 10."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.emotions import EMOTIONS
from lib.evaluate import NEUTRAL
from lib.intensity.levels import OTHERS, SETS
from lib.training.loss import lowest_loss
from lib.training.runs import Inputs

COLOURS = ("#2e6fb0", "#6b8e23", "#c0392b", "#7f8c8d", "#1a1a2e")  # of networks
APART = 0.9  # per cent of strength between two networks


def curves(histories: pd.DataFrame, inputs: Mapping[str, Inputs]) -> Figure:
    """Return the loss over the passes of both models, above the loss of a network that equals its labels."""
    figure, axes = plt.subplots(1, len(SETS), figsize=(11, 3.6), sharey=True)
    for ax, label in zip(axes, SETS, strict=True):
        plots.training_curves(histories[histories["label"] == label], "loss", ax)
        floor = lowest_loss(inputs[label].validation[1])
        ax.axhline(floor, color="0.5", ls=":", label="perfect network")
        ax.set_title(f"{label}, {len(inputs[label].train[1]):,} training images")
        ax.legend()
    return figure


def against_truth(truth: np.ndarray, outputs: Mapping[str, np.ndarray], shown: Sequence[str], title: str) -> Figure:
    """Return predicted against labelled intensity: a row per network, a column per emotion.

    Args:
        truth: labels (N, 7).
        outputs: by network, (S, N, 7); the mean of the seeds is drawn.
        shown: networks, at least two.
        title: of the whole figure.
    """
    figure, axes = plt.subplots(len(shown), len(OTHERS), figsize=(15, 5.6), sharex=True, sharey=True)
    for line, name in zip(axes, shown, strict=True):
        mean = outputs[name].mean(axis=0)
        for ax, emotion in zip(line, OTHERS, strict=True):
            k = EMOTIONS.index(emotion)
            here = (truth[:, k] > 0) | (truth[:, NEUTRAL] == 1)  # images of the emotion, and neutral ones
            plots.predicted_against_true(truth[here, k], mean[here, k], emotion, ax)
        line[0].set_ylabel(f"{name}\npredicted")
    for ax in axes[-1]:
        ax.set_xlabel("labelled intensity")
    figure.suptitle(title)
    return figure


def by_level(table: pd.DataFrame, title: str) -> Figure:
    """Return RMSE and accuracy over the labelled strength, a line per network; `table` from `levels.by_level`."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6))
    labels = {"RMSE": "RMSE over the seven outputs", "accuracy": "share right, strongest without neutral"}
    for ax, (metric, label) in zip(axes, labels.items(), strict=True):
        networks = table.groupby("network", sort=False)
        aside = APART * (np.arange(networks.ngroups) - (networks.ngroups - 1) / 2)
        for colour, place, (network, rows) in zip(COLOURS, aside, networks, strict=False):
            plots.by_strength(rows[rows["metric"] == metric], ax, network, colour, place)
        ax.set(ylabel=label, ylim=(0, None))
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(title)
    return figure


def over_a_sequence(
    frames: pd.DataFrame, outputs: Mapping[str, np.ndarray], shown: Sequence[str], number: int
) -> Figure:
    """Return the seven outputs of some networks over a sequence, with the true intensity.

    Args:
        frames: from `flicker.sequences`, F rows.
        outputs: by network, (S, F, 7); the first seed is drawn.
        shown: networks, at least two.
        number: of the sequence.
    """
    places = np.flatnonzero(frames["sequence"] == number)
    figure, axes = plt.subplots(len(shown), 1, figsize=(9, 5), sharex=True, sharey=True)
    for ax, name in zip(axes, shown, strict=True):
        plots.over_a_sequence(outputs[name][0][places], EMOTIONS, ax)
        ax.plot(np.arange(1, len(places) + 1), frames["intensity"].iloc[places], "k--", lw=1, label="true intensity")
        ax.set_title(f"{name}, {frames['emotion'].iloc[places[0]]}, rendered face")
    axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    axes[0].set_xlabel("")
    return figure
