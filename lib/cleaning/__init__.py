"""Cleaning: which images are kept, which are dropped, and why."""

from lib.cleaning.expressions import (
    LEVELS,
    STRONG,
    expression_strength,
    fingerprint,
    first_reason,
    intensity_frames,
    onto,
    reason_counts,
    share_of_strongest,
    strong,
    unmoved,
)

__all__ = [
    "LEVELS",
    "STRONG",
    "expression_strength",
    "fingerprint",
    "first_reason",
    "intensity_frames",
    "onto",
    "reason_counts",
    "share_of_strongest",
    "strong",
    "unmoved",
]
