"""The networks of notebooks 09 and 10 as a predictor, for rendered faces: the file of real faces reads those poorly."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np

from lib import models
from lib.emotions import EMOTIONS
from lib.intensity import networks
from lib.predict import Predictor
from lib.training import trained_networks

CLASSIFIER, REGRESSION = "classifier", "regression"
Networks = dict[str, list[keras.Model]]  # by kind, one per seed


class Fitted:
    """A fitted network where a predictor expects a file's.

    Args:
        model: answers crops in the paper's alignment.
        head: "softmax" or "sigmoid".
    """

    def __init__(self, model: keras.Model, head: str) -> None:
        self._model = model
        facts = {"name": model.name, "head": head, "classes": EMOTIONS, "alignment": "proposed"}
        self.contract = SimpleNamespace(**facts, size=model.input_shape[1])

    def __call__(self, crop: np.ndarray) -> np.ndarray:
        """Return the outputs, float32 (7,), of a crop uint8 RGB (size, size, 3)."""
        return models.predict(self._model, crop[None])[0]


def load(study: Path) -> Networks:
    """Return the classifiers of notebook 09 and the regression networks of notebook 10, both on stand-ins.

    Raises:
        FileNotFoundError: one of the two has not run.
    """
    return {CLASSIFIER: trained_networks.classifiers(study), REGRESSION: networks.regressors(study)}


def predictor(fitted: Networks) -> Predictor:
    """Return a predictor with the first network of each kind."""
    classifier, regression = Fitted(fitted[CLASSIFIER][0], "softmax"), Fitted(fitted[REGRESSION][0], "sigmoid")
    return Predictor(classifier, regression)
