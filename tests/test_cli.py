"""The command line with what people really give it: odd files and bad requests end in a sentence and an exit code."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from lib import cli, images, paths
from lib.synthetic import Subject, render

TURNED = 6  # EXIF's word for an image that is to be turned by 90 degrees clockwise


@pytest.fixture(scope="module")
def face():
    """A rendered surprised face, uint8 (256, 256, 3)."""
    return render(Subject(3), "surprise", 0.8, np.random.default_rng(5))[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, face):
    """A face in every kind of image that is read, and what is none."""
    place, picture = tmp_path_factory.mktemp("odd"), Image.fromarray(face)
    grey, exif = np.asarray(picture.convert("L")), Image.Exif()
    exif[0x112] = TURNED
    (place / "größe 人").mkdir()
    (place / "empty").mkdir()
    for name in ("still.png", "still.gif", "größe 人/ß.png"):
        picture.save(place / name)
    picture.save(place / "moving.gif", save_all=True, append_images=[picture.rotate(90)])
    picture.convert("RGBA").save(place / "alpha.png")
    picture.convert("CMYK").save(place / "cmyk.jpg")
    Image.fromarray(np.rot90(face).copy()).save(place / "turned.jpg", exif=exif)
    Image.fromarray(grey).save(place / "grey.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(place / "deep.png")
    Image.new("1", (10_000, 10_000)).save(place / "huge.png")
    for name in ("text.txt", "text.png", "text.mp4"):
        (place / name).write_text("neither image nor video")
    for name in ("zero.png", "zero.mp4"):
        (place / name).touch()
    images.write_frames(place / "film.avi", [face] * 40, 10)
    content = (place / "film.avi").read_bytes()
    (place / "cut.avi").write_bytes(content[: len(content) // 2])
    images.write_frames(place / "short.avi", [face] * 10, 20)
    content = (place / "short.avi").read_bytes()
    (place / "short.avi").write_bytes(content[: len(content) // 2])
    return place


@pytest.fixture
def here(folder, monkeypatch):
    """Stand in the folder; nothing may have been added to it."""
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    yield folder
    assert sorted(folder.rglob("*")) == before


def test_closed_standard_streams_change_no_answer_and_no_exit_code(here, tmp_path):
    outputs = []
    for closed in ("", "<&- 2>&-", "<&- >&- 2>&-"):
        command = f'cd "{paths.ROOT}" && exec "{sys.executable}" -m lib.cli predict --csv "{here}/still.png" {closed}'
        with (tmp_path / "out").open("w") as out:
            assert subprocess.run(["sh", "-c", command], stdout=out, check=False).returncode == 0
        outputs.append((tmp_path / "out").read_text())
    assert outputs[0] == outputs[1] != outputs[2] == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_recording_keeps_its_frames(how, tmp_path):
    clip, out = tmp_path / "clip.avi", tmp_path / "out.mp4"
    images.write_frames(clip, [np.zeros((120, 160, 3), np.uint8)] * 2000, 20)
    command = [sys.executable, "-m", "lib.cli", "live", str(clip), "--out", str(out)]
    process = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".out.mp4.*.part/out.mp4")):
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(how)
    assert process.wait(60) != 0
    assert 0 < images.announced(out)[0] < 2000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.avi", "out.mp4"]


@pytest.mark.parametrize("command", ["live {0} --out {1}", "frames {0} --out {1}", "predict {0}"])
def test_a_pipe_is_not_waited_for(command, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    words = command.format(tmp_path / "pipe.mp4", tmp_path / "out.mp4").split()
    done = subprocess.run(
        [sys.executable, "-m", "lib.cli", *words], cwd=paths.ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (cli.SOME_FAILED, cli.REFUSED)
    assert "pipe.mp4" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


KINDS = ["still.gif", "größe 人/ß.png", "alpha.png", "cmyk.jpg", "turned.jpg", "grey.png", "deep.png"]


@pytest.mark.parametrize("name", KINDS)
def test_a_face_is_answered_alike_in_every_kind_of_image(name, here, capsys):
    answers = []
    for file in ("still.png", name):
        assert cli.main(["predict", file]) == 0
        answers.append(capsys.readouterr().out.split(": ", 1)[1])
    boxes = [np.array(re.findall(r"\d+", one.split("(")[1]), int) for one in answers]
    assert np.abs(boxes[0] - boxes[1]).max() <= 3
    assert answers[0].split()[0] == answers[1].split()[0] == "surprise"


UNUSABLE = [
    ("text.txt", "text.txt is not an image in JPEG"),
    ("text.png", "text.png is not an image in JPEG"),
    ("zero.png", "zero.png is empty"),
    ("moving.gif", "holds 2 images; expected one"),
    ("huge.png", "10000 x 10000; expected at most 64,000,000 pixels"),
    ("text.mp4", "is not a video that can be decoded"),
    ("zero.mp4", "is not a video that can be decoded"),
    ("cut.avi", "The video is cut or damaged: it ends after"),
    ("short.avi", "The video is cut or damaged: it ends after"),
]


@pytest.mark.parametrize(("name", "words"), UNUSABLE)
def test_a_file_that_cannot_be_used_is_answered_by_a_sentence_and_the_exit_code_one(name, words, here, capsys):
    assert cli.main(["predict", name]) == cli.SOME_FAILED
    out, err = capsys.readouterr()
    assert words in out.splitlines()[-1]
    assert out.splitlines()[-1].count(name) == 1
    assert err.splitlines() == ["1 of 1 files could not be used"]


def test_a_folder_of_everything_is_gone_through_in_its_order(here, capsys):
    assert cli.main(["predict", ".", "--csv"]) == cli.SOME_FAILED
    rows = [row.split(",")[0] for row in capsys.readouterr().out.splitlines()[1:]]
    assert list(dict.fromkeys(rows)) == sorted(dict.fromkeys(rows))
    assert rows.count("film.avi") == 40
    assert {"alpha.png", "huge.png", "größe 人/ß.png", "text.mp4"} <= set(rows)


EMPTY, NO_FILE = "expected the name of a file or a folder", "cannot be written; expected a file in a folder"
REFUSED = [
    ("predict", "", EMPTY),
    ("predict", " ", EMPTY),
    ("predict", "empty", "empty holds no image and no video that can be used"),
    ("predict", "nowhere", "no file or folder nowhere"),
    ("predict still.png --network", "", "no network ''"),
    ("predict still.png --intensity", "", "no network ''"),
    ("predict still.png --network", "text.txt", "text.txt carries no contract"),
    ("card", "", "no network ''"),
    ("card", "empty", "no network 'empty'"),
    ("card", "zero.png", "zero.png carries no contract"),
    ("frames", "", EMPTY),
    ("frames film.avi --out", "", EMPTY),
    ("frames film.avi --out", "text.txt", "File exists"),
    ("frames", "empty", "empty is not a video"),
    ("frames", "still.png", "still.png is not a video"),
    ("frames", "zero.mp4", "zero.mp4 is not a video"),
    ("frames film.avi --every", "nan", "expected seconds per frame"),
    ("label", "", EMPTY),
    ("label", "text.txt", "no folder text.txt"),
    ("label", "empty", "no image in empty"),
    ("live", "", EMPTY),
    ("live film.avi --out", "", EMPTY),
    ("live film.avi --out", "a.txt", "ends in .mp4 or .avi"),
    ("live film.avi --out", "nowhere/a.mp4", "nowhere/a.mp4 cannot be written"),
    ("live film.avi --out", "film.avi", "is the video itself"),
    ("live film.avi --out a.mp4 --smoothing", "mean", "expected one of none"),
    ("live --out a.mp4 --camera", "-1", "whole number from 0 to 99"),
    ("live --out a.mp4", "still.png", "still.png is not a video"),
    ("live --out a.mp4", "text.mp4", "text.mp4 is not a video"),
    ("live --out a.mp4", "empty", "empty is not a video"),
    ("window", "", EMPTY),
    ("export fer2013 --out", "", EMPTY),
    ("export fer2013 --out", "a.txt", "as a name in .tflite"),
    ("export fer2013 --out", "text.txt/a.tflite", NO_FILE),
    ("export fer2013 --out a.tflite --form", "float8", "expected one of float32"),
    ("export fer2013 --out a.tflite --scale", "huge", "expected one of smoke"),
    ("export --out a.tflite", "", EMPTY),
    ("export --out a.tflite", "text.txt", "no network 'text.txt'; expected fer2013"),
    ("train mug --out", "", EMPTY),
    ("train mug --out", "a.png", "as a name in .tflite"),
    ("train mug --out", "text.txt/a.tflite", NO_FILE),
    ("train --out a.tflite", "", "no data set ''"),
    ("train mug --out a.tflite --epochs", "many", "whole number from 1"),
    ("intensities --out", "a.png", "as a name in .tflite"),
    ("intensities --out", "text.txt/a.tflite", NO_FILE),
    ("evaluate text.txt", "mug", "text.txt carries no contract"),
    ("evaluate real_faces", "", "no data set ''"),
    ("prepare", "", "no data set ''"),
    ("prepare mug --scale", "huge", "expected one of smoke"),
    ("prepare mug --size", "3", "whole number from 16"),
    ("faces --out", "", EMPTY),
    ("faces --out", "a.xyz", "ends in .png"),
    ("faces --video --out", "a.txt", "ends in .mp4 or .avi"),
    ("faces --scene", "moon", "expected lab or wild"),
]


@pytest.mark.parametrize(("command", "word", "sentence"), REFUSED)
def test_a_request_that_cannot_be_met_is_refused_in_a_sentence_and_leaves_nothing(
    command, word, sentence, here, capsys, monkeypatch
):
    monkeypatch.delenv("DISPLAY", raising=False)
    assert cli.main([*command.split(), word]) == cli.REFUSED
    out, err = capsys.readouterr()
    assert sentence in err
    assert "Traceback" not in err
    assert out == ""


def test_without_a_screen_the_window_says_what_else_to_do(monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    assert cli.main(["window"]) == 2
    assert "no window can be opened" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["", " 2>&-", " >&- 2>&-"])
def test_a_command_that_needs_tensorflow_says_its_own_words_alone(closed, tmp_path):
    command = f"{sys.executable} -m lib.cli export nothing --out {tmp_path / 'x.tflite'}{closed}"
    done = subprocess.run(command, shell=True, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == cli.REFUSED
    assert len(done.stderr.splitlines()) == (0 if closed else 1), done.stderr
