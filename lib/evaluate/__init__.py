"""Figures of merit with 95 % intervals: classification, intensity, calibration, comparison."""

from lib.evaluate.bootstrap import RESAMPLES
from lib.evaluate.metrics import (
    LEVELS,
    NEUTRAL,
    calibration,
    classification,
    compare,
    confusion,
    levels,
    mcnemar,
    mean,
    names,
    order,
    origin,
    printed,
    regression,
    results,
)

__all__ = [
    "LEVELS",
    "NEUTRAL",
    "RESAMPLES",
    "calibration",
    "classification",
    "compare",
    "confusion",
    "levels",
    "mcnemar",
    "mean",
    "names",
    "order",
    "origin",
    "printed",
    "regression",
    "results",
]
