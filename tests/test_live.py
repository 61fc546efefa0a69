"""Live: places between threads, cameras that fail, who is who, filters, what is drawn, jitter and delay."""

import itertools
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pandas as pd
import pytest
import real_images

from lib import cli, faces, images, synthetic
from lib.emotions import EMOTIONS
from lib.faces import Face
from lib.live import jitter, overlay, play, smooth, track, video
from lib.live.jobs import Jobs
from lib.live.places import Line, Place
from lib.live.reader import Read, Reader, answer
from lib.predict import Face as Answered
from lib.predict import Predictor
from lib.runner import reference


class Camera:
    """Where OpenCV's camera is expected: gives some frames and then none, as if it were unplugged."""

    opened: ClassVar[list["Camera"]] = []

    def __init__(self, number, count=5):
        self.number, self.left, self.on = number, count, True
        Camera.opened.append(self)

    def isOpened(self):
        return self.number == 0

    def read(self):
        self.left -= 1
        return (True, np.full((48, 64, 3), self.left, np.uint8)) if self.left >= 0 else (False, None)

    def release(self):
        self.on = False


@pytest.fixture
def camera(monkeypatch):
    of_a_file = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda place: (Camera if isinstance(place, int) else of_a_file)(place))
    Camera.opened.clear()
    return Camera.opened


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load()


@pytest.fixture(scope="module")
def film():
    rng = np.random.default_rng(0)
    shown = synthetic.sequence(synthetic.Subject(3), "happy", 12, rng, size=(240, 320))
    return [(number / 25, image) for number, (image, _) in enumerate(shown)]


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def test_a_live_place_holds_the_newest_item_only():
    place = Place(live=True)
    for item in range(5):
        assert place.put(item)
    place.close()
    assert list(place) == [4]
    assert place.replaced == 4
    assert not place.put(5)


@pytest.mark.parametrize("work", [lambda item: item, lambda item: time.sleep(0.01) or item], ids=["quick", "slow"])
def test_a_line_that_is_not_live_passes_every_frame_in_order(work):
    line = Line(range(20), work, live=False)
    assert list(line) == list(range(20))
    assert line.lost == 0


def test_a_slow_reader_loses_frames_and_is_never_behind_by_more_than_two_of_its_own():
    made = []

    def frames():
        for number in range(100):
            made.append(number)
            yield number
            time.sleep(0.01)

    behind = []
    line = Line(frames(), lambda number: time.sleep(0.1) or number, live=True)
    for number in line:
        behind.append(made[-1] - number)
    assert number == 99
    assert line.lost == 100 - len(behind) > 50
    assert np.median(behind) <= 20


def test_an_error_in_a_thread_comes_to_whoever_takes_and_the_frames_are_let_go(camera):
    def fail(frame):
        raise ValueError("no such network")

    with pytest.raises(ValueError, match="no such network"):
        list(Line(video.camera(), fail, live=True))
    wait_for(lambda: not camera[0].on)


def test_leaving_the_loop_switches_the_camera_off(monkeypatch, camera):
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: Camera(number, count=10**9))
    for _ in Line(video.camera(), lambda frame: frame, live=True):
        break
    wait_for(lambda: not camera[0].on)


def test_leaving_the_loop_waits_for_the_frame_that_is_worked_on():
    begun, ended = [], []

    def work(number):
        begun.append(number)
        time.sleep(0.2 if number else 0)
        ended.append(number)
        return number

    for _ in Line(range(100), work, live=False):
        wait_for(lambda: len(begun) > 1)
        break
    assert ended == begun


def test_finishing_waits_for_the_jobs_that_run_and_drops_those_behind_them():
    jobs, begun, ended = Jobs(), threading.Barrier(3), []

    def work(name):
        begun.wait(10)
        time.sleep(0.3)
        ended.append(name)

    jobs.start(lambda: work("network"), print, print)
    jobs.start(lambda: ended.append("image"), print, print)
    jobs.beside(lambda: work("video"), print, print)
    begun.wait(10)
    jobs.finish()
    assert sorted(ended) == ["network", "video"]


def test_a_camera_that_is_not_there_is_refused(camera):
    with pytest.raises(images.ImageError, match="there is no camera 7"):
        next(video.camera(7))


def test_an_unplugged_camera_gives_its_frames_and_then_says_so(camera, predictor, tmp_path):
    with pytest.raises(images.ImageError, match="unplugged") as raised:
        play.record(0, tmp_path / "out.avi", predictor)
    assert raised.value.reason == "unplugged"
    assert len(list(Path(tmp_path).iterdir())) == 1
    assert not camera[0].on


def write(path, count=20, rate=10.0):
    rng = np.random.default_rng(0)
    images.write_frames(path, (rng.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(count)), rate)
    return path


def test_every_frame_of_a_file_is_written_into_a_file_at_its_own_rate(predictor, tmp_path):
    clip = write(tmp_path / "clip.avi")
    assert play.record(str(clip), tmp_path / "out.mp4", predictor) == (20, 20, "")
    assert images.announced(tmp_path / "out.mp4")[1] == pytest.approx(10)
    assert sum(1 for _ in images.frames(tmp_path / "out.mp4")) == 20


def test_a_video_is_shown_in_a_notebook_to_its_last_frame(predictor, tmp_path):
    view = play.show(str(write(tmp_path / "in.avi", 3)), predictor)
    assert cv2.imdecode(np.frombuffer(view.value, np.uint8), cv2.IMREAD_COLOR).shape[2] == 3


def test_a_cut_video_is_played_as_far_as_it_goes_and_the_end_is_said(predictor, tmp_path):
    clip = write(tmp_path / "clip.avi", 60)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    read, written, problem = play.record(str(clip), tmp_path / "out.mp4", predictor)
    assert 0 < read == written < images.announced(clip)[0] == 60
    assert "cut or damaged" in problem
    assert "cut or damaged" in play.ending(str(clip), read / 10)
    assert "has ended" in play.ending(str(clip), 5.9)


def test_a_video_is_not_written_over_itself_under_another_name(predictor, tmp_path):
    clip = write(tmp_path / "clip.avi")
    os.link(clip, tmp_path / "same.avi")
    with pytest.raises(ValueError, match="is the video itself"):
        play.record(str(clip), tmp_path / "same.avi", predictor)
    assert images.announced(clip)[0] == 20
    with pytest.raises(images.ImageError, match="is not there"):
        play.record(str(tmp_path / "none.avi"), clip, predictor)
    assert images.announced(clip)[0] == 20


def test_a_recording_that_is_interrupted_keeps_its_frames_and_says_so(predictor, tmp_path, monkeypatch, capsys):
    def interrupt(line):
        yield from itertools.islice(line, 5)
        raise KeyboardInterrupt

    monkeypatch.setattr(play.progress, "bar", lambda line, *_, **__: interrupt(line))
    out = tmp_path / "out.mp4"
    assert cli.main(["live", str(write(tmp_path / "clip.avi")), "--out", str(out)]) == cli.SOME_FAILED
    assert "Stopped after 0.4 seconds." in capsys.readouterr().err
    assert images.announced(out)[0] == 5


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((0.0, 0.1, 0.2), "abc"),
        ((3.0, 3.1, 3.2), "abc"),
        ((0.0, 0.3, 0.4), "aaabc"),
        ((0.0, 0.099, 0.201), "abc"),
        ((0.0, 0.0, 0.1), "ac"),
        ((0.0, 5.0, 0.1), 50 * "a" + "b"),
    ],
    ids=["steady", "later start", "a pause", "trembling", "two at one time", "a clock that goes back"],
)
def test_a_variable_frame_rate_becomes_a_steady_one(times, expected):
    assert "".join(play.at_steady_rate(zip(times, "abc", strict=True), 10.0)) == expected


def test_a_film_is_played_at_its_own_pace():
    start = time.monotonic()
    assert [seconds for seconds, _ in play.at_pace(iter([(5.0, "a"), (5.1, "b"), (5.3, "c")]))] == [5.0, 5.1, 5.3]
    assert time.monotonic() - start >= 0.29


def face(x, width=100.0):
    return Face(np.array([x, 50, width, width], np.float32), 1.0, np.zeros((468, 2)), np.zeros((68, 2)))


class Scene:
    """Detectors over a scene: where faces are, by time."""

    def __init__(self, *places):
        self.places, self.looks = list(places), 0

    def numbers(self, step=0.5):
        tracker, tables = track.Tracker(self.detect, self.follow), []
        for number, now in enumerate(self.places):
            self.now = now
            tables.append({float(one.face.box[0]): one.number for one in tracker(number * step, None)})
        return tables

    def detect(self, image):
        self.looks += 1
        return [face(x) for x in self.now]

    def follow(self, image, last):
        near = [x for x in self.now if abs(x - last.box[0]) < 40]
        return face(near[0]) if near else None


def test_several_faces_keep_their_numbers_whatever_the_order_of_the_detector():
    assert Scene((0, 300), (320, 10), (30, 340)).numbers() == [{0: 1, 300: 2}, {320: 2, 10: 1}, {30: 1, 340: 2}]


def test_a_face_that_comes_back_soon_has_its_number_and_later_a_new_one():
    assert Scene((0,), (), (), (5,)).numbers()[-1] == {5: 1}
    assert Scene((0,), *[()] * 5, (5,)).numbers()[-1] == {5: 2}
    assert Scene((0,), (), (400,)).numbers()[-1] == {400: 2}


def test_a_second_face_is_noticed_when_the_detectors_look_again():
    tables = Scene((0,), *[(0, 300)] * 12).numbers(step=0.04)
    assert tables[1] == {0: 1}
    assert tables[-1] == {0: 1, 300: 2}


def test_the_detectors_look_at_every_frame_without_a_face_and_rarely_with_one():
    empty, calm = Scene(*[()] * 20), Scene(*[(0,)] * 20)
    assert empty.numbers(step=0.04) == [{}] * 20
    assert empty.looks == 20
    calm.numbers(step=0.04)
    assert calm.looks == 2


def test_two_faces_that_are_followed_to_one_place_are_searched_for_again():
    scene = Scene((0, 60), (30,))
    assert len(scene.numbers(step=0.04)[-1]) == 1
    assert scene.looks == 2


def test_following_a_rendered_face_gives_the_landmarks_of_detection_and_loses_it_in_scenery(film):
    before, now = faces.detect(film[0][1])[0], faces.detect(film[3][1])[0]
    followed = faces.follow(film[3][1], before)
    assert np.abs(followed.landmarks - now.landmarks).mean() < 0.02 * now.box[2]
    scenery = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8), (0, 0), 8)
    assert faces.follow(scenery, before) is None


def test_a_film_of_one_person_is_read_under_one_number(film, predictor):
    reader = Reader(predictor)
    reads = [reader(frame) for frame in film]
    assert [[one.number for one in read.answers] for read in reads] == [[1]] * len(film)
    assert reads[-1].rate > 0
    assert reads[-1].answers[0].probabilities.sum() == pytest.approx(1, abs=0.01)


def test_a_head_in_profile_has_no_answer_and_ends_nothing(film, predictor, monkeypatch):
    flat = [replace(face, landmarks=np.zeros((68, 2), np.float32)) for face in faces.detect(film[0][1])]
    reader = Reader(predictor)
    with monkeypatch.context() as profile:
        profile.setattr(reader, "_tracker", lambda *_: [track.Track(1, flat[0], 0.0)])
        assert reader(film[0]).answers == []
    assert len(reader(film[1]).answers) == 1


def test_an_unknown_smoothing_is_refused_before_the_first_frame(predictor):
    with pytest.raises(ValueError, match="smoothing is 'mean'; expected one of none, exponential, median, one-euro"):
        Reader(predictor, "mean")


TIMES = np.arange(50) / 25


@pytest.mark.parametrize("name", smooth.FILTERS)
def test_a_constant_stays_and_a_step_is_followed_to_its_end(name):
    constant = np.full((50, 7), 0.3)
    np.testing.assert_allclose(smooth.over(name, TIMES, constant), constant)
    step = np.where(TIMES[:, None] < 0.2, 0.0, np.ones(7))
    after = smooth.over(name, TIMES, step)
    assert after[-1].min() > 0.97
    assert (np.diff(after, axis=0) >= 0).all()


@pytest.mark.parametrize("name", [name for name in smooth.FILTERS if name != "none"])
def test_a_filter_calms_noise(name):
    noise = np.random.default_rng(0).uniform(size=(50, 7))
    assert np.abs(np.diff(smooth.over(name, TIMES, noise), axis=0)).mean() < 0.5 * np.abs(np.diff(noise, axis=0)).mean()


def test_the_filters_have_the_values_computed_by_hand():
    values = np.zeros((4, 7))
    values[1] = 1.0
    times = np.array([0.0, 0.1, 0.2, 0.3])
    np.testing.assert_array_equal(smooth.over("none", times, values), values)
    np.testing.assert_allclose(smooth.over("median", times, values)[:, 0], [0, 0.5, 0, 0])
    share = 1 - np.exp(-0.1 / smooth.AVERAGE)
    expected = [0, share, share * (1 - share), share * (1 - share) ** 2]
    np.testing.assert_allclose(smooth.over("exponential", times, values)[:, 0], expected)


@pytest.mark.parametrize("rate", [10, 50])
def test_a_filter_follows_in_seconds_not_in_frames(rate):
    times = np.arange(0, 1, 1 / rate)
    after = smooth.over("exponential", times, np.where(times[:, None] == 0, 0.0, np.ones(7)))
    assert after[np.searchsorted(times, 0.3 - 1e-9), 0] == pytest.approx(1 - np.exp(-0.3 / smooth.AVERAGE))


def some(emotion, value, intensities=None):
    outputs = np.full(7, (1 - value) / 6, np.float32)
    outputs[EMOTIONS.index(emotion)] = value
    return Answered((20.0, 30.0, 60.0, 60.0), np.zeros((68, 2), np.float32), emotion, outputs, intensities)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (some("happy", 0.83), "happy, probability 83%"),
        (some("happy", 0.83, np.full(7, 0.4, np.float32)), "happy 40%"),
        (some("neutral", 0.9, np.full(7, 0.4, np.float32)), "neutral"),
    ],
    ids=["probability", "intensity", "neutral has none"],
)
def test_the_corner_says_emotion_and_intensity(one, words):
    assert overlay.in_words(answer(one, EMOTIONS), EMOTIONS) == words


def test_a_frame_is_drawn_into_a_copy_in_the_corner_and_round_the_face():
    image = np.full((240, 320, 3), 128, np.uint8)
    read = Read(0.0, image, [answer(some("sad", 0.7), EMOTIONS)], EMOTIONS)
    drawn = overlay.draw(read)
    assert (image == 128).all()
    assert drawn.shape == image.shape
    assert (drawn[:70, :100] != 128).mean() > 0.5
    assert (drawn[:, 200:] == 128).all()
    empty = overlay.draw(Read(0.0, image, [], EMOTIONS))
    assert 0 < (empty != 128).mean() < 0.1


def course(count=60):
    """A sequence of smooth outputs, neutral to happy and back, as jitter measures it, and its frames."""
    strength = np.clip(1.4 * np.sin(np.linspace(0, np.pi, count)) - 0.2, 0, 1)
    outputs = np.zeros((1, count, 7))
    outputs[0, :, EMOTIONS.index("happy")], outputs[0, :, EMOTIONS.index("neutral")] = strength, 1 - strength
    table = {"sequence": 0, "emotion": "happy", "frame": np.arange(count), "intensity": strength}
    return outputs, pd.DataFrame(table)


@pytest.mark.parametrize("frames", [0, 3, 5])
def test_a_known_delay_is_recovered(frames):
    outputs, _ = course()
    late = np.concatenate([outputs[:, :1].repeat(frames, axis=1), outputs[:, : 60 - frames]], axis=1)
    assert jitter.delay(late[0], outputs[0]) == pytest.approx(40 * frames, abs=6)
    assert jitter.delay(0.3 * late[0], outputs[0]) == pytest.approx(40 * frames, abs=6)


def test_an_answer_that_never_changes_has_no_delay_no_roughness_and_is_not_chosen(monkeypatch):
    class Constant:
        def __call__(self, seconds, values):
            return np.eye(7)[EMOTIONS.index("neutral")]

    monkeypatch.setitem(smooth.FILTERS, "constant", Constant)
    outputs, frames = course()
    noisy = outputs + np.random.default_rng(0).normal(0, 0.2, outputs.shape)
    summary = jitter.summary(jitter.measure({"classifier": noisy}, frames))
    overview = jitter.overview(summary)
    texts = jitter.with_intervals(summary)
    assert texts.index.equals(overview.index)
    assert texts.loc[("classifier", "constant"), "delay"] == ""  # undefined
    noise = ("classifier", "none")
    assert texts.loc[noise, "right"].startswith(f"{overview.loc[noise, 'right']:.2f} [")
    assert {one.unit for one in jitter.results(summary)} == {"1/min", "ms", ""}
    constant = overview.loc[("classifier", "constant")]
    assert constant["changes per minute"] == 0
    assert np.isnan(constant["delay"])
    assert np.isnan(constant["roughness"])
    assert jitter.chosen(overview) in ("exponential", "median", "one-euro")


def test_the_default_follows_from_the_published_sequences():
    published = reference.read_reference("standard")["17"]["results"]
    rows = [(*row["name"].split("/")[1:], row["value"]) for row in published if row["name"].count("/") == 3]
    rows = pd.DataFrame(rows, columns=["network", "smoothing", "metric", "value"])
    overview = rows.pivot_table(index=["network", "smoothing"], columns="metric", values="value")
    assert set(overview.columns) == set(jitter.METRICS)
    assert jitter.chosen(overview) == smooth.DEFAULT


def test_a_perfect_answer_is_right_everywhere_and_changes_as_the_truth_does():
    outputs, frames = course()
    plain = jitter.overview(jitter.summary(jitter.measure({"perfect": outputs}, frames))).loc[("perfect", "none")]
    assert plain["right"] == 1
    assert plain["delay"] == 0
    assert plain["changes per minute"] == jitter.true_changes(frames) == 2 * 60 * 25 / 60


def read_clip(name, predictor, smoothing, every=1):
    reader, frames = Reader(predictor, smoothing), images.frames(real_images.place(f"media/{name}"))
    return [reader(frame) for frame in itertools.islice(frames, 0, None, every)]


def changes(reads):
    labels = [read.answers[0].emotion for read in reads if read.answers]
    return sum(one != other for one, other in itertools.pairwise(labels))


@real_images.needs("media/single_face.mp4")
def test_a_clip_of_a_smile_goes_from_neutral_to_happy_and_smoothing_calms_it(predictor):
    plain, smoothed = (read_clip("single_face.mp4", predictor, name) for name in ("none", smooth.DEFAULT))
    assert [plain[place].answers[0].emotion for place in (0, 45)] == ["neutral", "happy"]
    assert {one.number for read in smoothed for one in read.answers} == {1}
    assert changes(smoothed) <= changes(plain)


@real_images.needs("media/single_face.mp4")
def test_the_intensity_of_a_smile_rises_with_the_smile_and_is_nothing_before_it(predictor):
    reads = read_clip("single_face.mp4", predictor, "none")
    intensity = np.array([read.answers[0].intensities for read in reads])  # (72, 7)
    happy, others = intensity[:, EMOTIONS.index("happy")], np.delete(intensity, EMOTIONS.index("neutral"), axis=1)
    assert others[:10].max() < 0.1
    assert np.diff(happy[10:24]).min() > -0.05
    assert happy[10] < 0.05 < 0.2 < happy[17] < 0.9 < happy[24:69].min()


@real_images.needs("media/no_face.mp4")
def test_a_clip_without_a_face_has_no_answers(predictor):
    assert not any(read.answers for read in read_clip("no_face.mp4", predictor, "none", every=5))
