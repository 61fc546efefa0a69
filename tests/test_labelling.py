"""Labels by hand: the session, its file, the window driven by real keys, the widget, agreement, frames of a video."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from screen import NEEDS_SCREEN, virtual_screen, wait_for

from lib import cli, datasets, faces, images, labelling, paths, synthetic
from lib.labelling import recordings, widget


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a.png", "b 2.png", "naïve/ç.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        images.write(path, rng.integers(0, 255, (60, 40, 3), dtype=np.uint8))
    return tmp_path / "photos"


def press(session, keys):
    return [session.press(key) for key in keys]


def labels(folder):
    table = pd.read_csv(folder / "labels.csv", dtype=str, keep_default_na=False)
    return {row.path: (row.emotion, row.intensity) for row in table.itertuples()}


def test_an_emotion_and_a_level_make_an_answer(folder):
    session = labelling.Session(folder)
    assert (session.current, session.asks) == ("a.png", "emotion")
    assert session.press("4")
    assert (session.current, session.asks) == ("a.png", "level")
    assert session.press("3")
    assert (session.current, session.asks) == ("b 2.png", "emotion")
    assert labels(folder) == {"a.png": ("happy", "0.6")}


def test_neutral_and_unsuitable_need_no_level(folder):
    press(labelling.Session(folder), "5x")
    assert labels(folder) == {"a.png": ("neutral", ""), "b 2.png": ("unsuitable", "")}


def test_without_levels_the_emotion_is_the_answer(folder):
    session = labelling.Session(folder, levels=False)
    press(session, "123")
    assert [emotion for emotion, _ in labels(folder).values()] == ["angry", "disgust", "fear"]
    assert (session.current, session.asks) == (None, "")


def test_every_key_is_on_disk_before_the_next(folder):
    session = labelling.Session(folder)
    session.press("6")
    assert labels(folder) == {"a.png": ("sad", "")}
    session.press("5")
    assert labels(folder) == {"a.png": ("sad", "1.0")}


def test_keys_that_mean_nothing_now_change_nothing(folder):
    session = labelling.Session(folder)
    assert press(session, ["8", "0", "", "é", "Escape"]) == [False] * 5
    session.press("7")
    assert press(session, "679") == [False] * 3
    assert labels(folder) == {"a.png": ("surprise", "")}


def test_undo_takes_back_one_answer_at_a_time(folder):
    session = labelling.Session(folder)
    press(session, "425")
    assert session.current == "naïve/ç.png"
    press(session, "u")
    assert (session.current, session.asks) == ("b 2.png", "emotion")
    press(session, "u")
    assert (session.current, session.asks) == ("a.png", "level")
    press(session, "uu")
    assert (session.current, session.asks) == ("a.png", "emotion")
    assert labels(folder) == {}


def test_a_skipped_image_comes_again_at_the_end(folder):
    session = labelling.Session(folder)
    press(session, "s55")
    assert session.current == "a.png"
    assert "2 of 3" in session.status


def test_a_session_resumes_in_the_middle_of_an_answer(folder):
    press(labelling.Session(folder), "54")
    session = labelling.Session(folder)
    assert (session.current, session.asks) == ("b 2.png", "level")
    press(session, "1u")
    assert (session.current, session.asks) == ("b 2.png", "level")
    press(session, "1")
    assert labels(folder) == {"a.png": ("neutral", ""), "b 2.png": ("happy", "0.2")}


def test_two_annotators_share_the_file_and_do_not_see_each_other(folder):
    press(labelling.Session(folder, "ada"), "45")
    second = labelling.Session(folder, "bob")
    assert second.current == "a.png"
    press(second, "45")
    table = pd.read_csv(folder / "labels.csv")
    assert table["annotator"].tolist() == ["ada", "bob"]


def test_further_columns_of_the_file_are_kept(folder):
    lines = ["path,emotion,subject,intensity,annotator", "a.png,happy,s1,,", "b 2.png,,s2,,"]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", "utf-8-sig")
    session = labelling.Session(folder)
    press(session, "3")
    assert labels(folder) == {"a.png": ("happy", "0.6"), "b 2.png": ("", "")}
    press(session, "5uuu4")
    assert labels(folder) == {"a.png": ("happy", ""), "b 2.png": ("", "")}
    table = pd.read_csv(folder / "labels.csv", dtype=str, keep_default_na=False)
    assert table["subject"].tolist() == ["s1", "s2"]


FOREIGN = {
    "EIW's own": "file,emotion,level\na.png,happy,40\nb 2.png,sad,60\n",
    "no annotator": "path,emotion,intensity\na.png,happy,0.4\n",
    "semicolons": "path;emotion;intensity;annotator\na.png;happy;0,4;\n",
    "too many fields": "path,emotion,intensity,annotator\na.png,happy,0,4,ada\n",
    "ragged": "path,emotion\na.png,happy,1,2,3,4\n",
    "empty": "",
}


def test_commas_at_the_ends_of_all_lines_move_no_column(folder):
    rows = ["path,emotion,intensity,annotator", "a.png,happy,0.4,ada,", "b 2.png,sad,0.6,ada,"]
    (folder / "labels.csv").write_text("\n".join([*rows, ""]))
    session = labelling.Session(folder, "bob")
    session.press("4")
    session.press("5")
    table = pd.read_csv(folder / "labels.csv", keep_default_na=False)
    assert (table["annotator"] == "bob").any()
    ada = table.loc[table["annotator"] == "ada", ["path", "emotion"]]
    assert ada.to_numpy().tolist() == [["a.png", "happy"], ["b 2.png", "sad"]]


def test_a_narrow_image_can_be_shown(folder):
    images.write(folder / "0 narrow.png", np.zeros((4000, 1, 3), np.uint8))
    assert labelling.Session(folder).image(560).shape == (560, 1, 3)


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_this_tool_has_not_written_is_refused_and_left_alone(folder, text):
    (folder / "labels.csv").write_text(text)
    with pytest.raises(ValueError, match=r"labels\.csv was not written by this tool"):
        labelling.Session(folder)
    assert (folder / "labels.csv").read_text() == text


def test_a_file_that_is_not_utf_8_is_refused_and_left_alone(folder):
    (folder / "labels.csv").write_bytes("path,emotion,intensity,annotator\nä.png,sad,,\n".encode("latin-1"))
    with pytest.raises(ValueError, match="was not written by this tool"):
        labelling.Session(folder)


def test_the_refusal_of_a_link_shows_nothing_of_what_it_points_to(folder, tmp_path):
    (tmp_path / "private.txt").write_text("secret words,more of them\n")
    (folder / "labels.csv").symlink_to(tmp_path / "private.txt")
    with pytest.raises(ValueError, match="was not written by this tool") as refused:
        labelling.Session(folder)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "row", ["a.png,joy,0.4,", "a.png,happy,7,", "a.png,happy,much,", "a.png,sad,,\na.png,happy,,", "a.png,happy,-0.2,"]
)
def test_unknown_labels_of_ones_own_are_listed_not_overwritten(folder, row):
    text = f"path,emotion,intensity,annotator\n{row}\n"
    (folder / "labels.csv").write_text(text)
    with pytest.raises(ValueError, match=r"1 rows have an unknown emotion.*for instance a\.png"):
        labelling.Session(folder)
    assert (folder / "labels.csv").read_text() == text
    assert labelling.Session(folder, "somebody else").current == "a.png"


def test_the_file_as_it_was_before_the_session_is_kept_beside_it(folder):
    press(labelling.Session(folder, "ada"), "45")
    before = (folder / "labels.csv").read_text()
    assert not (folder / "labels.csv.backup").exists()
    press(labelling.Session(folder, "bob"), "45u")
    assert (folder / "labels.csv.backup").read_text() == before
    assert "labels.csv.backup" not in labelling.Session(folder).paths


def test_a_link_stays_a_link_and_its_file_is_written(folder, tmp_path):
    (tmp_path / "elsewhere.csv").write_text(",".join(labelling.COLUMNS) + "\n")
    (folder / "labels.csv").symlink_to(tmp_path / "elsewhere.csv")
    press(labelling.Session(folder), "5")
    assert (folder / "labels.csv").is_symlink()
    assert "a.png,neutral" in (tmp_path / "elsewhere.csv").read_text()


@pytest.mark.parametrize("key", ["5", "4", "x", "u"])
def test_an_answer_that_cannot_be_saved_does_not_count_and_shows_why(folder, monkeypatch, key):
    session = labelling.Session(folder)
    press(session, "5")
    shown, queue, answers = session.current, list(session.queue), dict(session.answers)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_csv", full)
        assert not session.press(key)
    assert (session.current, session.queue, session.answers) == (shown, queue, answers)
    assert "NOT SAVED" in session.status
    assert "No space left" in session.status
    assert "1 of 3 labelled" in session.status
    assert labels(folder) == {"a.png": ("neutral", "")}
    assert session.press(key)
    assert "NOT SAVED" not in session.status


def test_a_file_that_becomes_foreign_during_the_session_is_not_overwritten(folder):
    session = labelling.Session(folder)
    (folder / "labels.csv").write_text("mine;now\n")
    assert not session.press("5")
    assert "was not written by this tool" in session.status
    assert (folder / "labels.csv").read_text() == "mine;now\n"


def in_another_process(folder, annotator, keys):
    code = "import sys; from lib import labelling; [labelling.Session(*sys.argv[1:3]).press(k) for k in sys.argv[3]]"
    return subprocess.run(
        [sys.executable, "-c", code, str(folder), annotator, keys],
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_images_to_practise_on_are_copied_once(folder, tmp_path):
    files = [folder / "a.png", folder / "b 2.png"]
    place = labelling.practice(files, tmp_path / "practice")
    press(labelling.Session(place), "5")
    labelling.practice(files, tmp_path / "practice")
    assert labels(place) == {"a.png": ("neutral", "")}


def test_a_second_window_of_one_annotator_is_refused_until_the_first_is_closed(folder):
    session = labelling.Session(folder, "ada")
    refused = in_another_process(folder, "ada", "5")
    assert "another session labels" in refused.stderr
    assert in_another_process(folder, "bob", "5").returncode == 0
    press(session, "45")
    table = pd.read_csv(folder / "labels.csv")
    assert sorted(table["annotator"]) == ["ada", "bob"]
    del session
    assert in_another_process(folder, "ada", "5").returncode == 0
    assert list(folder.glob(".*")) == []  # no lock is left


def test_a_notebook_does_not_fail_where_somebody_labels_in_another_window(folder):
    code = (
        "import sys; from lib.labelling import Session; s = Session(sys.argv[1], 'me'); "
        "print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, cwd=paths.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        other.stdout.readline()
        assert "another session labels" in widget.open_session(folder, "me").value
        other.stdin.close()
    assert len(widget.open_session(folder, "me").children) == 4


def test_a_notebook_cell_that_runs_again_takes_over_from_its_first_session(folder):
    first = labelling.Session(folder)
    second = labelling.Session(folder)
    assert not first.press("5")
    assert "opened in a later session" in first.status
    assert second.press("5")
    assert labels(folder) == {"a.png": ("neutral", "")}


def test_own_reads_what_was_labelled_and_lists_the_rest(folder):
    press(labelling.Session(folder), "42x")
    table = datasets.load("own", root=folder)
    assert table[["emotion", "intensity"]].to_numpy().tolist() == [["happy", 0.4]]
    reasons = dict(datasets.excluded(table).itertuples(index=False))
    assert set(reasons) == {"b 2.png", "naïve/ç.png"}


def test_a_file_that_is_no_image_is_shown_grey_and_can_be_refused(folder):
    (folder / "a.png").write_bytes(b"no image")
    session = labelling.Session(folder)
    assert np.ptp(session.image()) == 0
    assert session.press("x")
    assert np.ptp(session.image()) > 0


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no image in"):
        labelling.Session(tmp_path)


def pairs(first, second):
    """Labels of two annotators from (emotion, intensity) pairs."""
    rows = [
        (f"{i}.png", *answer, name)
        for name, answers in (("a", first), ("b", second))
        for i, answer in enumerate(answers)
    ]
    return pd.DataFrame(rows, columns=labelling.COLUMNS)


def test_agreement_is_one_for_equal_answers_and_zero_for_chance():
    answers = [("happy", 0.2), ("sad", 1.0), ("neutral", math.nan), ("unsuitable", math.nan)]
    assert labelling.agreement(pairs(answers, answers), "a", "b")["kappa"].tolist() == [1.0, 1.0]
    first = [("happy", 0.2), ("happy", 0.4), ("happy", 0.2), ("happy", 0.4)] + [("sad", 0.2)] * 4
    second = [("happy", 0.2), ("happy", 0.4), ("sad", 0.2), ("sad", 0.2)] * 2
    assert labelling.agreement(pairs(first, second), "a", "b")["kappa"].iloc[0] == 0


def test_agreement_has_the_value_computed_by_hand():
    first = [("happy", 0.0), ("happy", 0.2), ("happy", 0.4), ("sad", 1.0)]
    second = [("happy", 0.0), ("happy", 0.4), ("happy", 0.4), ("happy", 1.0)]
    table = labelling.agreement(pairs(first, second), "a", "b").set_index("agreement")
    assert table.loc["emotion, Cohen's kappa", "kappa"] == 0  # observed .75, expected .75
    # levels (0, 0), (1, 2), (2, 2): mean squared difference 1/3, over all pairs of (0, 1, 2) and (0, 2, 2) it is 15/9
    assert table.loc["level, quadratic kappa", "kappa"] == pytest.approx(1 - (1 / 3) / (15 / 9))
    assert table["n"].tolist() == [4, 3]


def test_agreement_without_a_common_image_is_refused():
    with pytest.raises(ValueError, match="labelled by both"):
        labelling.agreement(pairs([("happy", 1.0)], []), "a", "b")


@pytest.fixture
def screen(monkeypatch):
    with virtual_screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        yield display


@NEEDS_SCREEN
def test_real_keys_in_the_real_window_label_a_folder(folder, screen):
    window = subprocess.Popen([sys.executable, "-m", "lib.cli", "label", str(folder)], cwd=paths.ROOT)
    found = ["xdotool", "search", "--onlyvisible", "--name", "Label emotions"]
    try:
        wait_for(lambda: subprocess.run(found, capture_output=True).returncode == 0)
        subprocess.run([*found, "windowfocus", "--sync"], check=True)
        for key, expected in [("4", 1), ("3", 1), ("x", 2), ("5", 3), ("u", 2), ("7", 3), ("5", 3)]:
            before = (folder / "labels.csv").stat().st_mtime_ns if (folder / "labels.csv").is_file() else 0
            subprocess.run(["xdotool", "key", key], check=True)
            wait_for(lambda before=before: (folder / "labels.csv").is_file()
                     and (folder / "labels.csv").stat().st_mtime_ns != before)  # fmt: skip
            assert len(labels(folder)) == expected
    finally:
        window.terminate()
        window.wait(60)
    assert list(labels(folder).values()) == [("happy", "0.6"), ("unsuitable", ""), ("surprise", "1.0")]


def test_without_a_screen_the_command_says_what_else_to_do(folder, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    assert cli.main(["label", str(folder)]) == 2
    assert "label in notebook 05 instead" in capsys.readouterr().err


def test_the_widget_takes_typed_keys_and_clicks(folder):
    box = widget.widget(labelling.Session(folder))
    shown, status, buttons, field = box.children
    before = shown.value
    field.value = "4"
    assert field.value == ""
    assert "which level" in status.value
    buttons.children[2].click()
    assert labels(folder) == {"a.png": ("happy", "0.4")}
    assert shown.value != before


@pytest.fixture
def video(tmp_path):
    """Two seconds at 10 frames a second, blurred but for one frame of every half-second."""
    import cv2

    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for number in range(20):
        frame = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        writer.write(frame if number % 5 == 3 else cv2.GaussianBlur(frame, (9, 9), 3))
    writer.release()
    return tmp_path / "clip.avi"


def test_the_sharpest_frame_of_each_half_second_is_picked(video, tmp_path, monkeypatch):
    monkeypatch.setattr(faces, "detect", lambda image: ["a face"])
    written, read, announced = recordings.pick(video, tmp_path / "picked")
    assert (read, announced) == (20, 20)
    assert [path.name for path in written] == [
        f"clip_{seconds}.jpg" for seconds in ("0000.30", "0000.80", "0001.30", "0001.80")
    ]
    assert images.read(written[0]).shape == (48, 64, 3)


def test_frames_of_another_video_of_the_same_name_are_not_overwritten(video, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(faces, "detect", lambda image: ["a face"])
    assert cli.main(["frames", str(video)]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "clip").iterdir()}
    other = (tmp_path / "other" / "clip.avi").absolute()
    other.parent.mkdir()
    other.write_bytes(video.read_bytes())
    assert cli.main(["frames", str(other), "--out", str(tmp_path / "clip")]) == 2
    assert "holds frames of a video of this name" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "clip").iterdir()} == before


def test_a_video_without_a_face_gives_no_frame_and_no_folder(video, monkeypatch, capsys):
    monkeypatch.setattr(faces, "detect", lambda image: [])
    assert cli.main(["frames", str(video)]) == 0
    assert "no face in any frame" in capsys.readouterr().out
    assert not video.with_suffix("").exists()


@pytest.mark.parametrize("every", ["0", "-1", "1e-320", "0.001", "nan", "inf"])
def test_frames_per_no_time_at_all_are_refused(video, capsys, every):
    assert cli.main(["frames", str(video), f"--every={every}"]) == 2
    assert "expected seconds per frame, at least 0.01" in capsys.readouterr().err
    assert not video.with_suffix("").exists()


@pytest.mark.parametrize("kept", [0.75, 0.5])
def test_a_cut_video_gives_its_frames_and_the_number_of_those_lost(video, monkeypatch, capsys, kept):
    monkeypatch.setattr(faces, "detect", lambda image: ["a face"])
    whole = video.read_bytes()
    video.write_bytes(whole[: int(kept * len(whole))])
    assert cli.main(["frames", str(video)]) == cli.SOME_FAILED
    err = capsys.readouterr().err
    lost = int(err.split("damaged: ")[1].split(" of its 20 frames")[0])
    assert 20 - lost == sum(1 for _ in images.frames(video))
    assert 0 < lost < 20


def test_only_the_half_second_with_a_rendered_face_gives_a_frame(tmp_path):
    import cv2

    face, _ = synthetic.render(synthetic.Subject(3), "happy", 1.0, np.random.default_rng(0), size=192)
    scenery = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, face.shape, dtype=np.uint8), (0, 0), 8)
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (192, 192))
    for picture in [scenery] * 5 + [face] * 5:
        writer.write(picture[..., ::-1])
    writer.release()
    assert cli.main(["frames", str(tmp_path / "clip.avi")]) == 0
    (picked,) = (tmp_path / "clip").iterdir()
    assert picked.name.startswith("clip_0000.")
    assert np.abs(images.read(picked).astype(int) - face).mean() < 8  # red and blue in their places


def test_a_file_that_is_no_video_is_refused_by_the_command_line(tmp_path, capsys):
    (tmp_path / "clip.mp4").write_text("no video")
    assert cli.main(["frames", str(tmp_path / "clip.mp4"), "--out", str(tmp_path)]) == 2
    assert "not a video" in capsys.readouterr().err


def test_a_video_that_is_not_there_leaves_no_folder(tmp_path, capsys):
    assert cli.main(["frames", str(tmp_path / "none.mp4")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
