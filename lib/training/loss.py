"""The loss of the sigmoid head, and its floor."""

import numpy as np


def lowest_loss(targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the sigmoid cross-entropy of outputs that equal their targets, averaged over images and outputs.

    A target t between 0 and 1 has an entropy of its own, -(t log t + (1 - t) log(1 - t)), so the floor is not 0.

    Args:
        targets: float (N, classes) in [0, 1], from `lib.emotions.intensity_vector`.
        weights: float (N,), how often each row counts; once if left out.
    """
    t = np.clip(np.asarray(targets, float), 1e-12, 1 - 1e-12)
    entropy = -(t * np.log(t) + (1 - t) * np.log(1 - t)).mean(axis=1)  # (N,)
    return float(np.average(entropy, weights=weights))
