"""How like real faces the rendered ones are: features of landmarks, their distributions, the comparison."""

import numpy as np
import pandas as pd
import pytest

from lib.emotions import EMOTIONS
from lib.synthetic import Subject, figures, likeness, render

EYES = {33: (-1.5, 0), 133: (-0.5, 0), 362: (0.5, 0), 263: (1.5, 0)}  # centres 2 apart
LIDS = {160: 0.2, 159: 0.2, 158: 0.2, 387: 0.2, 386: 0.2, 385: 0.2}
LIDS |= {144: -0.1, 145: -0.1, 153: -0.1, 373: -0.1, 374: -0.1, 380: -0.1}


def turned(mesh, degrees):
    """Return a mesh (468, 2) rolled about the origin."""
    angle = np.radians(degrees)
    return mesh @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.fixture
def drawn():
    """A mesh (1, 468, 2) in pixels, y down, whose features can be read off."""
    mesh = np.zeros((468, 2))
    mesh[list(EYES)] = list(EYES.values())
    mesh[list(LIDS), 1] = list(LIDS.values())
    for points, height in (((55, 107, 285, 336), 0.5), ((70, 63, 105, 300, 293, 334), 0.8)):
        mesh[list(points), 1] = height
    mesh[[61, 291, 13, 14]] = (-0.7, -1.9), (0.7, -1.9), (0, -1.8), (0, -2.2)
    mesh[[152, 234, 454]] = (0, -3.4), (-2.1, 0), (2.1, 0)
    return mesh[None] * (1, -1)


def test_features_are_what_a_ruler_measures_in_distances_of_the_eyes(drawn):
    measured = likeness.features(drawn).iloc[0].to_dict()
    expected = (0.3, 0.25, 0.4, 0.7, 0.2, 0.05, 1.7, 2.1)
    assert measured == pytest.approx(dict(zip(likeness.FEATURES, expected, strict=True)))


@pytest.mark.parametrize("change", [lambda m: 7 * m, lambda m: np.add(m, (300, -40)), lambda m: turned(m, 25)])
def test_size_place_and_roll_do_not_matter(drawn, change):
    before, after = likeness.features(drawn), likeness.features(change(drawn[0])[None])
    pd.testing.assert_frame_equal(before, after)


def test_only_a_face_that_looks_into_the_camera_is_frontal():
    rng = np.random.default_rng(0)
    meshes = [render(Subject(4), "neutral", 0, rng, size=64)[1].mesh]
    beside = meshes[0].copy()
    beside[1, 0] += 0.5 * np.ptp(meshes[0][[33, 263], 0])
    assert likeness.frontal(np.stack([meshes[0], beside, np.full((468, 2), np.nan)])).tolist() == [True, False, False]


def measured_people(rng, shift=0.0, people=40):
    """Return features of people with every emotion, normal about .5 with deviation .1, the mean moved by `shift`."""
    rows = [{"emotion": emotion, "subject": person} for person in range(people) for emotion in EMOTIONS]
    values = rng.normal(0.5 + shift, 0.1, (len(rows), len(likeness.FEATURES)))
    return pd.concat([pd.DataFrame(values, columns=list(likeness.FEATURES)), pd.DataFrame(rows)], axis=1)


def test_people_drawn_like_the_real_ones_lie_close_to_them():
    rng = np.random.default_rng(1)
    real = likeness.distributions(measured_people(rng, people=2000))
    same = likeness.compared(measured_people(rng), real)
    assert same["value"].abs().max() < 0.6
    assert ((same["low"] <= 0) & (same["high"] >= 0)).mean() > 0.85  # of 56 intervals at 95 %
    assert set(same["n"]) == {40}
    moved = likeness.compared(measured_people(rng, shift=0.2), real)
    assert moved["value"].mean() == pytest.approx(2, abs=0.1)
    assert likeness.in_words(moved).startswith("0 of 56 means")


def test_the_published_table_has_every_emotion_and_feature():
    real = likeness.real()
    assert list(real["emotion"].unique()) == list(EMOTIONS)
    assert (real.groupby("emotion")["feature"].agg(list).map(tuple) == tuple(likeness.FEATURES)).all()
    assert (real["sd"] > 0).all()
    assert real["n"].min() > 20
    smile, rest = (real[(real["emotion"] == name)].set_index("feature")["mean"] for name in ("happy", "neutral"))
    assert smile["mouth width"] > rest["mouth width"]
    assert smile["mouth corners"] > rest["mouth corners"]


def test_faces_are_sought_in_pictures_of_48_pixels_and_no_or_a_turned_one_is_left_out():
    rng = np.random.default_rng(0)
    meshes = rng.normal(size=(28, 468, 2))
    meshes[:, 1] = meshes[:, [33, 133, 263, 362]].mean(axis=1)  # the tip of the nose between the eyes
    meshes[20:, 1] += meshes[20:, 263] - meshes[20:, 33]
    looks = iter([[type("Face", (), {"mesh": mesh})] for mesh in meshes[:24]] + [[]] * 4)
    pictures = []

    def detect(picture):
        pictures.append(picture)
        return next(looks)

    table = likeness.rendered(detect, 4, 100, rng)
    assert len(table) == 20
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((48, 48, 3), "uint8")}
    figure = figures.likeness(likeness.compared(table, likeness.real()), "title")
    assert [ax.get_title() for ax in figure.axes] == list(likeness.FEATURES)
