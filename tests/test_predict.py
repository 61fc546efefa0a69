"""The predictor: what it answers, what it refuses, and that neither TensorFlow nor time is spent on it."""

import subprocess
import sys

import numpy as np
import pytest

from lib import paths
from lib.emotions import EMOTIONS
from lib.predict import Predictor
from lib.synthetic import Subject, render

WITHOUT = "import sys; from lib.predict import Predictor; Predictor.load(); print({} & set(sys.modules))"


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load()


@pytest.fixture(scope="module")
def photograph():
    """A rendered happy face, uint8 (256, 256, 3)."""
    return render(Subject(3), "happy", 1.0, np.random.default_rng(0))[0]


def test_a_face_comes_with_its_box_landmarks_emotion_and_probabilities(predictor, photograph):
    (face,) = predictor.predict(photograph)
    x, y, width, height = face.box
    assert 0 <= x < x + width <= 256
    assert 0 <= y < y + height <= 256
    assert face.landmarks.shape == (68, 2)
    assert predictor.emotions == EMOTIONS
    assert face.emotion == EMOTIONS[face.probabilities.argmax()]
    assert face.probabilities.shape == (7,)
    assert face.probabilities.sum() == pytest.approx(1)
    assert face.intensities is None


def test_one_image_alone_is_answered_as_in_a_batch(predictor, photograph):
    without = np.full_like(photograph, 128)
    batch = predictor.predict_batch([photograph, without, photograph[:, ::-1]])
    assert [len(faces) for faces in batch] == [1, 0, 1]
    alone = predictor.predict(photograph)[0].probabilities
    np.testing.assert_array_equal(batch[0][0].probabilities, alone)


def test_tensorflow_is_not_imported():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format({"tensorflow", "keras"})],
        cwd=paths.ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
