"""The gate on training: a network that has not learned its training images says nothing about the data.

The measure is the *training error*: the error on the training images over that of the best constant guess, 0 for a
perfect network, 1 for one that has learned nothing. The error is the share of wrong images for classes, and the RMSE
over all outputs for intensities.

The rule, made before any network is fitted: above the threshold a network is fitted once more with twice the passes;
if it fails again, it is left out, and its label goes on with the seeds that are left.

A threshold stands clear of the spread on both sides, so that no luck of a seed or of a processor's last digits decides.
Training errors on the stand-ins at the scale standard and 48 pixels, TensorFlow, one thread as all fits have. Ten seeds
each; after a standard run they are made again by
`./run_all.sh standard --only 09 10 --set 09.SEEDS=10 --set 09.SIDE_SEEDS=10 --set 10.SEEDS=10`:

    notebook 09, threshold .5                                     mean    smallest to largest
        compact VGG-S on crops of faces, both protocols  6 passes  .007     .002 to .019
        R-B, R-D                                         6 passes  .011     .004 to .030
        R-C                                             12 passes  .007     .003 to .012
        modern compact                                   3 passes  .028     .019 to .038
        aligned by the face box, by the eyes             6 passes  .032     .011 to .136
        compact VGG-S on whole frames                   12 passes  .246     .090 to .366
    notebook 10, threshold .7
        EIW                                             36 passes  .303     .266 to .323
        EIW + MUG                                       19 passes  .332     .283 to .383

What has not learned lies as clear on the other side; three seeds each, on an earlier state of the stand-ins:

        R-C                                              6 passes           .456 to .628   hence its 12 passes
        EIW + MUG                                    18, 9 passes           .74 to .77
        compact VGG-S at 64 pixels, by AdamW             5 passes           .906           one seed
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
