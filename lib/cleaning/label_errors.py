"""Suspected wrong labels: images whose label a small classifier that never saw them finds most unlikely."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DOUBT, CERTAIN = 0.05, 0.8  # a label is suspected below the first if another emotion reaches the second
COMPONENTS = 40  # principal components of the features
FOLDS = 5


def find(features: np.ndarray, emotions: Sequence[str], groups: np.ndarray) -> pd.DataFrame:
    """Return per image the confidence in its label, the best other emotion, and whether the label is suspected.

    A logistic regression on the first principal components predicts every image from those of five folds that hold
    none of its group. Its regularisation is chosen by log loss, so a model that has learned little gives no extreme
    probability. A label is suspected where it gets less than `DOUBT` and another emotion at least `CERTAIN`. Suspicion
    is no proof: look at the images, and never drop them from validation or test, which would only make those easier.
    The field calls the idea confident learning (Northcutt, Jiang and Chuang 2021); this is its simplest form.

    Emotions with fewer groups than folds are not judged; where fewer than two are left, none is.

    Args:
        features: float (N, F), one row per image, for instance `lib.faces.shape.shapes`.
        emotions: N labels.
        groups: int (N,), clusters, or `lib.splits.leakage.groups`.

    Returns:
        Columns confidence (probability of the label, NaN where it is not judged), suggestion (""), suspected (False);
        the index of `emotions` if it has one.
    """
    emotions = pd.Series(emotions)
    verdicts = pd.DataFrame({"confidence": np.nan, "suggestion": "", "suspected": False}, index=emotions.index)
    labels, groups = emotions.to_numpy(dtype=str), np.asarray(groups)
    judged = pd.Series(groups).groupby(labels).transform("nunique").to_numpy() >= FOLDS
    if len(np.unique(labels[judged])) > 1:
        columns = _judged(features[judged], labels[judged], groups[judged])
        verdicts.loc[judged] = columns.set_axis(verdicts.index[judged])
    return verdicts


def _judged(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> pd.DataFrame:
    """Return the columns of `find`; features (N, F), labels and groups (N,)."""
    names, label = np.unique(labels, return_inverse=True)
    choice = GridSearchCV(LogisticRegression(max_iter=300), {"C": [1e-3, 1e-2, 1e-1, 1]}, scoring="neg_log_loss", cv=3)
    components = min(COMPONENTS, features.shape[1], len(label) // 2)
    model = make_pipeline(StandardScaler(), PCA(components, random_state=0), StandardScaler(), choice)
    cut = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    probability = cross_val_predict(model, features, label, groups=groups, cv=cut, method="predict_proba")
    confidence = probability[np.arange(len(label)), label]
    rival = np.where(np.arange(len(names)) == label[:, None], -1, probability)
    suspected = (confidence < DOUBT) & (rival.max(axis=1) >= CERTAIN)
    suggestion = names[rival.argmax(axis=1)]
    return pd.DataFrame({"confidence": confidence, "suggestion": suggestion, "suspected": suspected})
