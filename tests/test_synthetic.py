"""Rendered faces: the mesh, its motion, the people, the photographs and their truth."""

import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lib import cli, images
from lib.emotions import EMOTIONS_8
from lib.paths import ROOT
from lib.synthetic import (
    Subject,
    actor,
    brush,
    check,
    draw,
    expressions,
    mesh,
    parts,
    raster,
    render,
    sequence,
    shade,
    shape,
    show,
    units,
    wrinkles,
)
from lib.synthetic import scene as scenes
from lib.synthetic.people import AGE_BANDS, FACIAL_HAIR

SURFACE = mesh.surface()


def strengths(**values: float) -> np.ndarray:
    """Action units (21, 2) from `u12=1.0` for both sides, `u12_right=1.0` for one."""
    full = np.zeros((len(units.UNITS), 2))
    for name, value in values.items():
        unit, _, side = name[1:].partition("_")
        columns = {"": [0, 1], "right": [0], "left": [1]}[side]
        full[units.UNITS.index(int(unit)), columns] = value
    return full


def moved(seed: int = 3, **values: float) -> tuple[np.ndarray, np.ndarray, shape.Head]:
    """Control mesh at rest and with action units, and the head."""
    head = shape.head(Subject(seed))
    return head.control, units.deform(head.control, strengths(**values), head.eyes)[0], head


def error(truth, found: np.ndarray) -> float:
    """Mean distance of MediaPipe's points (468, 2) from the truth, over the inter-ocular distance."""
    eyes = np.linalg.norm(truth.mesh[[33, 133]].mean(0) - truth.mesh[[263, 362]].mean(0))
    return float(np.linalg.norm(found - truth.mesh, axis=1).mean() / eyes)


# --- mesh -----------------------------------------------------------------------------------------------------------


def test_the_stored_face_is_what_the_installed_network_expects():
    from lib.synthetic import recover

    fresh, stored = recover.recover(), np.load(recover.FILE)
    np.testing.assert_array_equal(fresh["triangles"], stored["triangles"])
    np.testing.assert_array_equal(fresh["mirror"], stored["mirror"])
    np.testing.assert_allclose(fresh["points"], stored["points"], atol=2e-3)


def test_the_mirror_map_is_its_own_inverse_and_pairs_the_named_points():
    assert np.array_equal(SURFACE.mirror[SURFACE.mirror], np.arange(468))
    assert [SURFACE.mirror[v] for v in (33, 133, 61, 70, 234, 4)] == [263, 362, 291, 300, 454, 4]
    np.testing.assert_allclose(SURFACE.points[:468], SURFACE.points[SURFACE.mirror] * (-1, 1, 1), atol=1e-9)


def test_the_skin_has_no_hole_and_faces_outwards():
    edges = np.concatenate([SURFACE.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    assert len(np.unique(edges, axis=0)) == len(edges), "two neighbours turn the same way round"
    sides = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)[1]
    assert sides.max() == 2
    assert (sides == 1).sum() == 2 * len(mesh.LID_RING), "only the two eyes are open, at the inner rims of the lids"


def test_subdivision_keeps_the_weight_of_one_per_vertex():
    np.testing.assert_allclose(np.asarray(SURFACE.refine.sum(axis=1)).ravel(), 1.0)
    assert len(SURFACE.fine) == 16 * len(SURFACE.triangles)


# --- action units ---------------------------------------------------------------------------------------------------


def test_no_action_units_leave_the_face_at_rest():
    rest, face, _ = moved()
    np.testing.assert_allclose(face, rest, atol=1e-9)


@pytest.mark.parametrize("unit", [u for u in units.UNITS if u not in units.JAW_DEGREES])
def test_a_unit_on_one_side_leaves_the_other_alone(unit):
    rest, face, _ = moved(**{f"u{unit}_right": 1.0})
    shift = np.linalg.norm(face - rest, axis=1)[:468]
    right, left = rest[:468, 0] < -1.5, rest[:468, 0] > 1.5
    assert shift[right].max() > 0.1
    assert shift[left].max() < 0.05 * shift[right].max()


def test_action_units_move_what_their_names_say():
    def rise(vertex: int, axis: int = 1, **values: float) -> float:
        rest, face, _ = moved(**values)
        return float((face - rest)[vertex, axis])

    assert rise(107, u1=1.0) > 0.5  # inner brow up
    assert rise(105, u2=1.0) > 0.4  # outer brow up
    assert rise(55, u4=1.0) < -0.4  # brow down
    assert rise(159, u5=1.0) > 0.15  # upper lid up
    assert rise(145, u7=1.0) > 0.1  # lower lid up
    assert rise(64, u9=1.0) > 0.3  # wing of the nose up
    assert rise(61, u12=1.0) > 0.5  # corner of the mouth up
    assert rise(61, 0, u12=1.0) < -0.5  # and outwards: the right one to the subject's right
    assert rise(61, u15=1.0) < -0.4  # corner down
    assert rise(61, 0, u20=1.0) < -0.5  # corner outwards
    assert rise(199, u17=1.0) > 0.3  # chin up
    assert rise(152, u26=1.0) < rise(152, u25=1.0) - 0.8  # the jaw drops, parted lips leave it
    assert rise(152, u27=1.0) < rise(152, u26=1.0)


@pytest.mark.parametrize("values", [{}, {"u43": 0.5}, {"u43": 1.0}, {"u5": 1.0}, {"u6": 1.0, "u7": 1.0, "u12": 1.0}])
@pytest.mark.parametrize("seed", [0, 5, 11])
def test_lids_never_enter_the_eyeball(seed, values):
    _, face, head = moved(seed, **values)
    for side, eye in zip(((33, 133), (263, 362)), head.eyes, strict=True):
        ring = np.array(mesh.LID_RING) if side[0] == 33 else SURFACE.mirror[list(mesh.LID_RING)]
        assert np.linalg.norm(face[ring] - eye, axis=1).min() > mesh.EYE_RADIUS


def test_lids_meet_and_never_cross():
    _, face, _ = moved(u43=1.0, u7=1.0, u6=1.0)
    assert (face[list(mesh.UPPER_LID), 1] > face[list(mesh.LOWER_LID), 1]).all()


def test_unit_43_closes_the_eye():
    rest, face, _ = moved(u43=1.0)
    assert face[159, 1] - face[145, 1] < 0.2 * (rest[159, 1] - rest[145, 1])


def light_within(material: int, **values: float) -> np.ndarray:
    """How much light reaches the vertices of eyes or teeth, (n,), with action units."""
    person = actor.actor(Subject(3))
    control, _ = units.deform(person.head.control, strengths(**values), person.head.eyes)
    access = actor.between(person, (SURFACE.refine @ control)[:468], person.rigid)
    return access[np.concatenate([np.full(len(p.points), p.material) for p in person.head.parts]) == material]


def test_closed_lips_keep_the_light_off_the_teeth():
    assert light_within(parts.TEETH).max() < 0.25 < 0.6 < light_within(parts.TEETH, u25=1.0, u10=1.0).max()


def test_the_upper_lid_shades_the_eyeball_below_it():
    column = light_within(parts.EYE).reshape(2, 17, 17)[:, :, 8]  # from the top down the middle of each eye
    lit = column.argmax(1)
    assert (lit > 8).all()
    assert all((np.diff(c[: i + 1]) >= 0).all() for c, i in zip(column, lit, strict=True))


def test_less_of_the_sky_is_seen_under_the_chin_beside_the_nose_and_in_the_sockets():
    sky = actor.actor(Subject(1)).sky  # no hair on the forehead
    forehead, under_nose, beside_nose, socket, chin = sky[[151, 2, 129, 133, 152]]
    assert max(under_nose, beside_nose, socket, chin) < 0.95 * forehead


def test_a_shadow_falls_away_from_the_lamp_and_ends_softly():
    wall, post = mesh_grid(np.linspace(-4, 4, 41), 0.0), mesh_grid(np.linspace(-0.6, 0.6, 7), 2.0)
    points = np.concatenate([wall[0], post[0]]).astype(np.float32)
    triangles = np.concatenate([wall[1], post[1] + len(wall[0])]).astype(np.int32)
    toward = np.array([0.6, 0.0, 0.8], np.float32)  # so the post's shadow falls 1.5 cm to the left
    material = np.full(len(triangles), parts.SHIRT, np.uint8)
    row = raster.lit(points, triangles, material, toward, 200, np.float32(10))[: 41 * 41].reshape(41, 41)[20]
    assert (row[40], row[12]) == (1, 0)  # x = 4, x = -1.6
    assert ((row > 0.1) & (row < 0.9)).sum() >= 4


def mesh_grid(ticks: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles of a square sheet at depth z, cm."""
    x, y = np.meshgrid(ticks, ticks)
    sheet = parts.grid(np.stack([x, y, z + 0 * x], axis=-1), np.zeros((*x.shape, 2)), parts.SHIRT)
    return sheet.points, sheet.triangles


def test_folds_deepen_with_their_unit_and_with_age():
    flat = np.zeros((320, 384), np.float32)

    def depth(age: float, **values: float) -> float:
        return -float(wrinkles.relief(flat, 1, strengths(**values), age)[1].min())

    assert depth(0.1) < depth(0.1, u4=0.5) < depth(0.1, u4=1.0)
    assert depth(0.1) < depth(0.9)


def test_a_young_face_at_rest_has_hardly_a_fold():
    flat = np.zeros((320, 384), np.float32)
    assert abs(wrinkles.relief(flat, 1, strengths(), 0.1)[0]).max() == 0


def test_the_cheek_bulges_over_the_fold_beside_the_nose():
    relief = wrinkles.relief(np.zeros((320, 384), np.float32), 1, strengths(u12=1.0), 0.5)[0]
    at = (brush.coordinates() / 2).astype(int)
    cheek, lip = relief[at[205, 1], at[205, 0]], relief[at[92, 1], at[92, 0]]
    assert cheek > max(0.03, lip + 0.03)


# --- emotions -------------------------------------------------------------------------------------------------------


def test_every_emotion_uses_known_units_and_its_variants_add_up():
    assert set(expressions.VARIANTS) == set(EMOTIONS_8)
    for variants in expressions.VARIANTS.values():
        assert sum(share for share, _ in variants) == pytest.approx(1)
        assert {unit for _, recipe in variants for unit in recipe} <= set(units.UNITS)


def test_an_emotion_varies_but_keeps_its_prototype():
    rng = np.random.default_rng(0)
    drawn = np.array([expressions.draw(Subject(1), "happy", rng)[0] for _ in range(200)])
    corner, cheek = (drawn[:, units.UNITS.index(u)] for u in (12, 6))
    assert (corner > 0.4).all()
    assert corner.std() > 0.05
    assert 0.6 < (cheek.max(1) > 0).mean() < 0.95  # not everyone raises the cheeks


def test_a_person_keeps_habits_from_image_to_image():
    rng = np.random.default_rng(2)
    rest = np.array(
        [[expressions.draw(Subject(seed), "neutral", rng)[1][:, 0] for _ in range(6)] for seed in range(30)]
    )
    between, within = rest.mean(1).std(0), rest.std(1).mean(0)
    shown = between > 0
    assert shown.sum() == len(expressions.REST_UNITS)
    assert (between > 1.5 * within)[shown].all()


def test_faces_in_the_wild_talk_and_look_tired_and_in_the_lab_only_blink():
    rng = np.random.default_rng(3)
    extra = {
        scene: np.array([expressions.beside(strengths(), scene, rng)[:, 0] for _ in range(500)])
        for scene in scenes.SCENES
    }
    talks, lids = ({scene: (e[:, units.UNITS.index(u)] > 0.1).mean() for scene, e in extra.items()} for u in (25, 43))
    assert talks["lab"] == 0
    assert 0.1 < talks["wild"] < 0.3
    assert lids["lab"] < 0.05 < lids["wild"] < 0.25


def test_contempt_is_clearly_on_one_side():
    rng = np.random.default_rng(1)
    pulls = np.array([expressions.draw(Subject(2), "contempt", rng)[0][units.UNITS.index(14)] for _ in range(100)])
    assert (pulls.min(1) < 0.15 * pulls.max(1)).all()
    assert 0.3 < (pulls[:, 0] > pulls[:, 1]).mean() < 0.7


def test_the_course_of_a_sequence_rises_faster_than_it_falls():
    for seed in range(20):
        share = expressions.course(200, True, np.random.default_rng(seed))
        assert share[0] == 0
        assert share[-1] == pytest.approx(0, abs=0.01)
        assert share.max() == pytest.approx(1, abs=0.01)
        top = np.flatnonzero(share > 0.9)
        rise, fall = top[0] - np.flatnonzero(share > 0.1)[0], np.flatnonzero(share > 0.1)[-1] - top[-1]
        assert rise < fall


# --- people ---------------------------------------------------------------------------------------------------------


def test_attributes_cover_their_groups_and_belong_to_the_seed():
    people = [Subject(seed).attributes() for seed in range(300)]
    assert {p["skin_tone"] for p in people} == set(range(1, 7))
    assert {p["age_band"] for p in people} == set(AGE_BANDS)
    assert {p["facial_hair"] for p in people} == set(FACIAL_HAIR)
    assert {p["glasses"] for p in people} == {True, False}
    assert people[7] == Subject(7).attributes()
    assert len({Subject(seed).traits.hair_style for seed in range(300)}) > 10


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, None])
def test_a_subject_needs_a_whole_number(seed):
    with pytest.raises(ValueError, match="integer from 0"):
        Subject(seed)


# --- photographs ----------------------------------------------------------------------------------------------------


def digest(seeds: range) -> str:
    """SHA-256 of a few renders."""
    found = hashlib.sha256()
    for seed in seeds:
        scene = ("lab", "wild")[seed % 2]
        found.update(render(Subject(seed), "fear", 0.7, np.random.default_rng(seed), scene, 128)[0].tobytes())
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes_here_and_in_another_process():
    here = digest(range(4))
    assert digest(range(3, -1, -1)) != here  # the digest sees the order, so:
    actor.actor.cache_clear()
    assert digest(range(4)) == here
    code = "from tests.test_synthetic import digest; print(digest(range(4)))"
    there = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_another_seed_gives_another_person_and_another_photograph():
    images = [render(Subject(s), "sad", 1.0, np.random.default_rng(r), size=96)[0] for s, r in ((1, 1), (2, 1), (1, 2))]
    assert np.abs(images[0].astype(int) - images[1]).mean() > 3
    assert np.abs(images[0].astype(int) - images[2]).mean() > 0


@pytest.mark.parametrize(
    ("size", "shape_"), [(256, (256, 256, 3)), ((490, 640), (490, 640, 3)), ((381, 281), (381, 281, 3))]
)
def test_an_image_has_the_size_asked_for(size, shape_):
    image, truth = render(Subject(4), "surprise", 1.0, np.random.default_rng(0), size=size)
    assert image.dtype == np.uint8
    assert image.shape == shape_
    assert (truth.mesh >= 0).all()
    assert (truth.mesh <= shape_[1::-1]).all()


@pytest.mark.parametrize("emotion", EMOTIONS_8)
def test_the_truth_is_complete_and_the_label_exact(emotion):
    _, truth = render(Subject(6), emotion, 0.35, np.random.default_rng(3), "wild")
    assert truth.emotion == emotion
    assert truth.intensity == (0.0 if emotion == "neutral" else 0.35)
    assert truth.mesh.shape == (468, 2)
    assert truth.mesh.dtype == np.float32
    assert truth.landmarks.shape == (68, 2)
    assert list(truth.action_units) == [str(u) for u in units.UNITS]
    assert all(0 <= side <= 1 for pair in truth.action_units.values() for side in pair)
    x, y, w, h = truth.face_box
    np.testing.assert_allclose([x, y, x + w, y + h], [*truth.mesh.min(0), *truth.mesh.max(0)], atol=1e-3)
    for (x, y, w, h), corners in zip(truth.eye_boxes, ([33, 133], [362, 263]), strict=True):
        assert (truth.mesh[corners] > (x, y)).all()
        assert (truth.mesh[corners] < (x + w, y + h)).all()


def test_an_expression_grows_with_intensity():
    rest = render(Subject(8), "surprise", 0.0, np.random.default_rng(5))[1].mesh
    shifts = [
        np.linalg.norm(render(Subject(8), "surprise", t, np.random.default_rng(5))[1].mesh - rest, axis=1).mean()
        for t in (0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    assert np.all(np.diff([0, *shifts]) > 0)


@pytest.mark.parametrize(
    ("pose", "axis", "sign"),
    [({"yaw": 20.0}, 0, 1), ({"yaw": -20.0}, 0, -1), ({"pitch": 15.0}, 1, -1), ({"pitch": -15.0}, 1, 1)],
)
def test_the_nose_goes_where_the_pose_says(pose, axis, sign):
    still = np.zeros((len(units.UNITS), 2))
    points = [
        draw(Subject(9), still, s, np.random.default_rng(0))[1].mesh for s in (scenes.Scene(), scenes.Scene(**pose))
    ]
    tip = [p[4] - p[[234, 454]].mean(0) for p in points]
    assert sign * (tip[1] - tip[0])[axis] > 5


def test_roll_turns_the_image_clockwise():
    truth = draw(Subject(9), np.zeros((21, 2)), scenes.Scene(roll=15.0), np.random.default_rng(0))[1]
    x, y = truth.mesh[263] - truth.mesh[33]
    assert np.degrees(np.arctan2(y, x)) == pytest.approx(15, abs=1)


def test_wild_scenes_stay_within_their_limits_and_vary():
    rng = np.random.default_rng(0)
    drawn = [scenes.sample("wild", rng) for _ in range(400)]
    poses = np.array([(s.yaw, s.pitch, s.roll) for s in drawn])
    assert (np.abs(poses) <= scenes.LIMITS).all()
    assert (poses.std(0) > 6).all()
    assert 0.05 < np.mean([s.cover >= 0 for s in drawn]) < 0.25
    assert any(s.jpeg for s in drawn)
    assert any(s.small for s in drawn)


def test_the_camera_evens_out_half_of_what_faces_differ_in_brightness():
    lamp = scenes.Scene()
    pale, dark = np.array([0.8, 0.6, 0.5]), np.array([0.14, 0.06, 0.03])
    ratio = scenes.exposure(lamp, dark) / scenes.exposure(lamp, pale)
    assert 1.5 < ratio < 0.5 * pale.mean() / dark.mean()
    assert scenes.exposure(replace(lamp, stops=1.0), pale) == 2 * scenes.exposure(lamp, pale)


def test_a_tone_curve_is_srgb_at_contrast_one_and_else_keeps_black_middle_grey_and_white():
    plain, steep = shade.tone_curve(1.0), shade.tone_curve(1.5)
    np.testing.assert_allclose(plain, 255 * np.linspace(0, 1, 4096) ** (1 / 2.2), atol=1e-3)
    np.testing.assert_allclose(np.interp([0, 127.5, 255], plain, steep), [0, 127.5, 255], atol=0.1)
    assert np.interp(160, plain, steep) - np.interp(95, plain, steep) > 1.4 * 65


def test_feathering_softens_the_edge_of_hair_and_nothing_else():
    which = np.repeat(np.arange(3, dtype=np.int32), 6)[None].repeat(9, axis=0)  # two kinds of skin, then hair
    picture = (which[..., None] * np.ones(3)).astype(np.float32)
    changed = (raster.feather(picture, which, np.array([0, 0, parts.HAIR], np.uint8)) != picture).any((0, 2))
    assert np.flatnonzero(changed).tolist() == [11, 12]


def test_the_neck_is_narrower_than_the_jaw():
    for seed in range(5):
        made = shape.head(Subject(seed))
        neck = next(p for p in made.parts if p.material == parts.PLAIN and p.body.any()).points
        jaw = np.ptp(made.control[[58, 288], 0])
        assert np.ptp(neck[np.abs(neck[:, 1] + 12) < 0.6, 0]) < jaw


def test_what_is_covered_is_said_and_changes_the_face():
    open_, covered = scenes.Scene(), scenes.Scene(cover=3)
    images = [draw(Subject(9), np.zeros((21, 2)), s, np.random.default_rng(0)) for s in (open_, covered)]
    assert [truth.occluded for _, truth in images] == [False, True]
    assert (np.abs(images[0][0].astype(int) - images[1][0]).max(2) > 20).mean() > 0.01


def test_a_sequence_is_neutral_then_apex_then_neutral():
    truths = [truth for _, truth in sequence(Subject(5), "happy", 24, np.random.default_rng(2), size=64, peak=0.8)]
    levels = np.array([truth.intensity for truth in truths])
    assert len(levels) == 24
    assert levels[0] == 0
    assert levels[-1] < 0.05
    assert 0.75 < levels.max() <= 0.8
    rising = [
        t.intensity for _, t in sequence(Subject(5), "happy", 12, np.random.default_rng(2), size=64, release=False)
    ]
    assert np.all(np.diff(rising) >= 0)
    assert rising[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"emotion": "joy"}, "joy.*angry"),
        ({"intensity": 1.2}, "1.2"),
        ({"intensity": float("nan")}, "nan"),
        ({"scene": "office"}, "office.*lab, wild"),
        ({"size": 8}, "8.*16"),
    ],
)
def test_bad_requests_are_refused_with_what_came_and_what_was_expected(change, words):
    request = {"emotion": "sad", "intensity": 1.0, "scene": "lab", "size": 64} | change
    with pytest.raises(ValueError, match=words):
        render(Subject(1), rng=np.random.default_rng(0), **request)


def test_mediapipe_finds_the_faces_where_the_truth_says():
    from mediapipe import solutions

    errors = []
    with solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as finder:
        for seed in range(16):
            image, truth = render(Subject(300 + seed), EMOTIONS_8[seed % 8], 0.8, np.random.default_rng(seed))
            found = finder.process(image).multi_face_landmarks
            assert found, f"no face found in subject {300 + seed}"
            points = np.array([(p.x, p.y) for p in found[0].landmark])[:468] * image.shape[1::-1]
            errors.append(error(truth, points))
    assert np.mean(errors) < 0.05


def test_the_landmark_network_sees_the_proportions_of_real_resting_faces():
    """Means of frontal neutral faces of FER-2013 and half their standard deviations, in distances between the eyes."""
    from lib.faces import detect

    real = {"brow": (0.281, 0.028), "nose": (0.700, 0.050), "mouth": (1.037, 0.049), "chin": (1.641, 0.061)}
    rows = {"brow": [55, 107, 285, 336], "nose": [2], "mouth": [13, 14], "chin": [152]}
    below = []
    for seed in range(400, 412):
        found = detect(draw(Subject(seed), strengths(), scenes.Scene(), np.random.default_rng(seed))[0])[0].mesh
        right, left = found[[33, 133]].mean(0), found[[263, 362]].mean(0)
        level = (found - (right + left) / 2) @ np.array([-(left - right)[1], (left - right)[0]])
        below.append([level[rows[name]].mean() / ((left - right) ** 2).sum() for name in real])
    for (name, (mean, half)), value in zip(real.items(), np.abs(np.mean(below, axis=0)), strict=True):
        assert value == pytest.approx(mean, abs=half), name


def test_importing_the_faces_loads_no_network_library():
    heavy = "('tensorflow', 'keras', 'mediapipe', 'torch')"
    code = f"import sys, lib.synthetic; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_only_a_few_subjects_are_kept_in_memory():
    assert actor.actor.cache_info().maxsize <= 32


def test_a_contact_sheet_has_a_row_per_subject_and_a_clip_can_be_read_back(tmp_path):
    people = [Subject(1), Subject(2)]
    assert show.contact_sheet(people, size=48).shape == (22 + 2 * 48, 8 * 48, 3)
    drawn = list(show.frames(people[:1], size=96, count=2))
    assert images.write_frames(tmp_path / "clip.avi", drawn) == 16
    read = [frame for _, frame in images.frames(tmp_path / "clip.avi")]
    assert len(read) == 16
    assert np.abs(np.array(read, int) - np.array(drawn)).mean() < 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--subjects", "0"], "whole number from 1 to 100"),
        (["--subjects", "1000000000"], "whole number from 1 to 100"),
        (["--subjects", "two"], "whole number from 1 to 100"),
        (["--intensity", "1.5"], "number from 0 to 1"),
        (["--intensity", "nan"], "number from 0 to 1"),
        (["--scene", "office"], "lab"),
        (["--out", "f.xyz"], "ends in .png"),
        (["--out", "f"], "ends in .png"),
        (["--video", "--out", "f.gif"], "ends in .mp4"),
    ],
)
def test_the_command_line_refuses_a_sheet_that_cannot_be_drawn(options, words, capsys, monkeypatch):
    monkeypatch.setattr(show, "contact_sheet", lambda *_: pytest.fail("it began to draw"))
    with pytest.raises(SystemExit) as stopped:
        sys.exit(cli.main(["faces", *options]))
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_attributes_have_shares_that_add_up_to_one():
    shares = check.attribute_shares(40)
    np.testing.assert_allclose(shares.groupby("attribute")["share"].sum(), 1)
    assert set(shares["attribute"]) == {"skin_tone", "age_band", "facial_hair", "glasses"}


def test_landmarks_move_further_the_stronger_the_label():
    moved = check.landmark_shift(Subject(3), [0, 0.5, 1], seed=1)
    by_emotion = moved.pivot_table(index="emotion", columns="intensity", values="shift")
    assert (by_emotion[0] == 0).all()
    assert (by_emotion[1] > by_emotion[0.5]).all()


def test_a_detector_that_finds_nothing_has_no_error_and_finds_no_face():
    detected = check.detections(lambda image: [], "lab", 2, 500, np.random.default_rng(0))
    assert detected["error"].isna().all()
    assert not detected["found"].any()


def test_agreement_leaves_covered_faces_out_and_counts_people():
    detected = pd.DataFrame(
        {
            "scene": "lab",
            "subject": [1, 1, 2, 2, 2],
            "occluded": [False, False, False, False, True],
            "error": [0.1, 0.3, 0.4, 0.4, 9.0],
            "found": [True, True, True, True, False],
        }
    )
    found, error = check.agreement(detected).to_dict("records")
    assert (found["value"], found["n"], found["clusters"]) == (1, 4, 2)
    assert found["low"] == pytest.approx(2 / (2 + stats.norm.ppf(0.975) ** 2))  # Wilson, 2 of 2
    assert error["value"] == pytest.approx(0.3)
    assert error["high"] - error["value"] == pytest.approx(stats.t.ppf(0.975, 1) * 0.1)  # means .2 and .4
