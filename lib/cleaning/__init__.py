"""Cleaning: which images are kept, which are dropped, and why. Paper A, data preparation; every threshold is ours.

expressions    how strong an expression is, measured in the sequence
selection      strong frames, nine frames per sequence, reasons counted
duplicates     exact and near duplicates, fingerprints
label_errors   labels that a classifier doubts
truth          what rendered stand-ins know, to check the above
figures        strength over a sequence
products       the two tables that the notebook leaves
"""

from lib.cleaning.expressions import SEQUENCES, expression_strength, share_of_strongest, unmoved
from lib.cleaning.products import MEASURED, load, save
from lib.cleaning.selection import (
    LEVELS,
    STRONG,
    beside_printed,
    first_reason,
    nine_frames,
    reason_counts,
    strong,
    unusable,
)
from lib.cleaning.truth import beside_truth, truth, with_true_subjects
