"""The gate on training: a network that has not learned its training images says nothing about the data.

The measure is the *training error*: the error on the training images over that of the best constant guess, 0 for a
perfect network, 1 for one that has learned nothing. The error is the share of wrong images for classes, and the RMSE
over all outputs for intensities.

The rule, made before any network is fitted: above the threshold a network is fitted once more with twice the passes;
if it fails again, it is left out, and its label goes on with the seeds that are left.

A threshold stands clear of the spread on both sides, so that no luck of a seed or of a processor's last digits decides.
Training errors of three seeds each on the stand-ins at the scale standard and 48 pixels, TensorFlow, one thread as all
fits have:

    notebook 09, compact VGG-S on crops of faces     6 passes     .004 to .164
                 R-B, R-D                             6 passes     .013 to .172
                 R-C                                  6 passes     .456 to .628          lies at the threshold
                 the same                            12 passes     .018 to .053
                 modern compact                       3 passes     .025 to .037
                 compact VGG-S on whole frames       12 passes     .148 to .477
                 the same at 64 pixels, by AdamW      5 passes     .906             has not learned; one seed
    notebook 10, EIW                                 36 passes     .353 to .404
                 EIW + MUG                           19 passes     .327 to .406
                 the same                     18 and  9 passes     .74 to .77          has hardly learned
"""

import numpy as np
import pandas as pd

UNLEARNED = 0.9  # training error; ours


def training_error(outputs: np.ndarray, targets: np.ndarray, history: pd.DataFrame) -> float:
    """Return the training error of a network, of the kept weights or over the last epoch, whichever is smaller.

    The last epoch counts because validation may have kept the weights of an early one. A network that has diverged has
    none, NaN.

    Args:
        outputs: float (N, K) on the training images, with the kept weights.
        targets: class numbers, int (N,), or intensities, float (N, K).
        history: of the fit; its last `accuracy` or `mean_squared_error` is measured with dropout and variants.
    """
    if not np.isfinite(outputs).all():
        return float("nan")
    if targets.ndim == 1:
        kept, last = np.mean(outputs.argmax(axis=1) != targets), 1 - history["accuracy"].iloc[-1]
        constant = 1 - np.bincount(targets).max() / len(targets)  # always the most frequent class
    else:
        kept, last = np.sqrt(np.mean((outputs - targets) ** 2)), np.sqrt(history["mean_squared_error"].iloc[-1])
        constant = np.sqrt(np.mean((targets - targets.mean(axis=0)) ** 2))  # always the mean target
    return float(min(kept, last) / constant)


def not_learned(fits: pd.DataFrame) -> dict[str, float]:
    """Return by label the largest training error of each kind of network that is hardly better than a constant guess.

    For notebooks that fit a kind once and leave none out: whatever is shown of such a network says that it has not
    learned.

    Args:
        fits: from `lib.training.fit_runs`; `label` and `training error` are read.
    """
    errors = fits.assign(error=fits["training error"].fillna(np.inf))  # a fit that has diverged
    worst = errors.groupby("label", sort=False)["error"].max()
    return worst[worst > UNLEARNED].to_dict()


def passed(fits: pd.DataFrame, base: str) -> pd.DataFrame:
    """Return the fits that may be judged: those that have learned, and all of `base` where none of it has.

    Args:
        fits: from `lib.training.fit_runs`.
        base: the label that the others are compared with.
    """
    is_base = fits["label"] == base
    lost = is_base & ~fits.loc[is_base, "learned"].any()
    return fits[fits["learned"] | lost]


def failures(fits: pd.DataFrame, base: str) -> list[str]:
    """Return a sentence for each label with a network that has not learned its training images, or one that all pass.

    Args:
        fits: from `lib.training.fit_runs`.
        base: the label that the others are compared with.
    """
    sentences = []
    for label, group in fits.groupby("label", sort=False):
        failed = group[~group["learned"]]
        if len(failed):
            sentences.append(
                f"{len(failed)} of {len(group)} networks of {label} did not learn their training images, also in twice "
                f"the passes (training error up to {failed['training error'].max():.2f}). {_end(label, group, base)}"
            )
    worst = fits["training error"].max()
    return sentences or [f"All {len(fits)} networks pass the gate; the largest training error is {worst:.3f}."]


def _end(label: str, group: pd.DataFrame, base: str) -> str:
    """Return what follows from the failed networks of a label."""
    if group["learned"].any():
        return "They are left out."
    if label != base:
        return f"No network is left, so {label} is left out."
    return "The others are compared with them, so they stay: **no figure of theirs is a result**."
