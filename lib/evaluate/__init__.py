"""Figures of merit with 95 % intervals: classification, intensity, calibration, comparison."""

from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.metrics import (
    LEVELS,
    NEUTRAL,
    by,
    calibration,
    classification,
    compare,
    confusion,
    leaderboard,
    levels,
    mcnemar,
    mean,
    names,
    order,
    origin,
    printed,
    regression,
)

__all__ = [
    "LEVELS",
    "NEUTRAL",
    "RESAMPLES",
    "by",
    "calibration",
    "classification",
    "compare",
    "confusion",
    "leaderboard",
    "levels",
    "mcnemar",
    "mean",
    "names",
    "order",
    "origin",
    "printed",
    "regression",
]
