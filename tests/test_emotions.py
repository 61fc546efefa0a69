"""The emotions, their order and the intensity targets."""

import numpy as np
import pytest

from lib import emotions


def test_the_index_is_the_place_in_the_row():
    np.testing.assert_array_equal(emotions.index(emotions.EMOTIONS), np.arange(7))
    assert emotions.index(["contempt"], emotions.EMOTIONS_8)[0] == 7
    assert set(emotions.COLOURS) == set(emotions.EMOTIONS_8)


@pytest.mark.parametrize("name", ["contempt", "Happy", "", 3])
def test_an_unknown_emotion_is_refused(name):
    with pytest.raises(ValueError, match="unknown emotion"):
        emotions.index(["happy", name])


def test_a_fifth_of_happiness_is_a_fifth_happy_and_the_rest_neutral():
    target = emotions.intensity_vector(["happy", "neutral", "sad"], [0.2, np.nan, 1.0])
    assert target.dtype == np.float32
    np.testing.assert_allclose(target.sum(axis=1), 1)
    np.testing.assert_allclose(target[0, [3, 4]], [0.2, 0.8])
    assert target[1, 4] == 1
    assert target[2, 5] == 1


@pytest.mark.parametrize("intensity", [-0.1, 1.1, np.nan])
def test_an_intensity_outside_its_range_is_refused(intensity):
    with pytest.raises(ValueError, match="intensities must be numbers"):
        emotions.intensity_vector(["sad"], [intensity])
