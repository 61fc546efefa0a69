"""The project's leaderboard: good hand-ins are scored, bad ones refused with a reason, one bad one stops nothing."""

import dataclasses
import hashlib
import os
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest

from lib import paths
from lib.course import hand_ins, hidden, score
from lib.emotions import EMOTIONS
from lib.predict import contract, network

SEED = 31_415_926_535
GOOD = contract.split((network.FOLDER / "real_faces.tflite").read_bytes())


@pytest.fixture(scope="module", autouse=True)
def build(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "BUILD", tmp_path_factory.mktemp("build"))
        yield


@pytest.fixture(scope="module")
def test_set(build):
    return hidden.test(SEED, hidden.LEAST_PEOPLE)


def honest(test_set, share, seed):
    """Answers that are right on a share of what an image shows; what a canary shows is unknown to them, and drawn."""
    rng = np.random.default_rng(seed)
    table = test_set.table[["image", "emotion"]].copy()
    guess = rng.choice(EMOTIONS, len(table))
    own = test_set.table["canary"].to_numpy() | (rng.random(len(table)) > share)
    return table.assign(emotion=np.where(own, guess, table["emotion"]))


def renamed(name):
    """The study's network under another name: another file with a valid contract."""
    content, promises = GOOD
    return contract.append(content, dataclasses.replace(promises, name=name), ".tflite")


def false_network():
    """Random bytes that keep their contract: only the interpreter can refuse them."""
    content = np.random.default_rng(0).bytes(40_000)
    digest = hashlib.sha256(content).hexdigest()
    return contract.append(content, dataclasses.replace(GOOD[1], sha256=digest), ".tflite")


class Mark:
    """Whoever unpickles this makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def write_good(folder, test_set):
    for number in range(8):
        honest(test_set, 0.3 + 0.09 * number, number).to_csv(folder / f"good{number}.csv", index=False)
    (folder / "good8.tflite").write_bytes(renamed("eight"))
    (folder / "good9.tflite").write_bytes(renamed("nine"))


def write_bad(folder, test_set, mark):
    """Ten hand-ins, each with the words that refuse it."""
    table = honest(test_set, 0.9, 9)
    content, promises = GOOD
    whole = contract.append(content, promises, ".tflite")
    files = {
        "bad0.py": (f"open({str(mark)!r}, 'w')".encode(), "executed or unpickled"),
        "bad1.pkl": (pickle.dumps(Mark(mark)), "executed or unpickled"),
        "bad2.tflite": (pickle.dumps(Mark(mark)), "no contract"),
        "bad3.tflite": (whole[:-3000], "no contract"),
        "bad4.tflite": (whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], "damaged"),
        "bad5.tflite": (false_network(), ""),
        "bad6.csv": (table.iloc[:-1].to_csv(index=False).encode(), f"{len(table) - 1} predictions; expected"),
        "bad7.csv": (pd.concat([table[1:], table[-1:]]).to_csv(index=False).encode(), "images twice"),
        "bad8.csv": (table.assign(emotion="=cmd|' /C calc'!A1").to_csv(index=False).encode(), "=cmd"),
        "bad9.csv": (test_set.table[["image", "emotion"]].to_csv(index=False).encode(), "planted wrong labels"),
    }  # fmt: skip
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    return {name: words for name, (_, words) in files.items()}


def test_ten_good_hand_ins_are_scored_and_ten_bad_ones_refused(tmp_path, test_set):
    folder, mark = tmp_path / "hand-ins", tmp_path / "mark"
    folder.mkdir()
    write_good(folder, test_set)
    expected = write_bad(folder, test_set, mark)
    board, refused = score.score(folder, test_set)
    assert sorted(board["hand-in"]) == sorted([score.CONSTANT, *(path.name for path in folder.glob("good*"))])
    reasons = dict(refused.itertuples(index=False))
    assert list(reasons) == list(expected)
    for name, words in expected.items():
        assert words in reasons[name], (name, reasons[name])
    assert not mark.exists(), "a hand-in was executed"
    assert board["accuracy"].is_monotonic_decreasing
    assert (board["low"] <= board["accuracy"]).all()
    assert set(board["verdict"]) <= {"larger than the next", "cannot be ordered with the next", ""}
    against = board.set_index("hand-in")
    assert against["against the first"].iloc[0] == ""
    assert against.loc["good0.csv", "against the first"] == "smaller than the first"
    assert against.loc["good7.csv", "against always neutral"] == "larger"
    assert against.loc[score.CONSTANT, "against always neutral"] == ""
    same = board[board["hand-in"].isin(["good8.tflite", "good9.tflite"])]
    assert len(set(same["accuracy"])) == 1, "one network under two names"
    assert same["verdict"].iloc[0] == "cannot be ordered with the next"


def with_errors(test_set, emotion, people):
    """Answers that are right but for one emotion of some people; canaries are called neutral."""
    table = test_set.table
    wrong = (table["emotion"] == emotion) & table["person"].isin(people)
    answers = table["emotion"].mask(wrong, EMOTIONS[EMOTIONS.index(emotion) - 1]).mask(table["canary"], "neutral")
    return table[["image"]].assign(emotion=answers)


def test_a_hand_in_is_compared_with_the_first_and_corrected_for_as_many_as_there_are(tmp_path, test_set):
    names = sorted(set(test_set.table["person"]))
    with_errors(test_set, "happy", []).to_csv(tmp_path / "best.csv", index=False)
    with_errors(test_set, "happy", names[:1]).to_csv(tmp_path / "near.csv", index=False)
    with_errors(test_set, "happy", names[1:]).to_csv(tmp_path / "far.csv", index=False)
    board = score.score(tmp_path, test_set)[0].set_index("hand-in")
    assert board[score.FIRST].to_dict() == {
        "best.csv": "",
        "near.csv": "cannot be ordered with the first",
        "far.csv": "smaller than the first",
        score.CONSTANT: "",
    }
    assert set(board.loc[["best.csv", "near.csv"], score.NEXT]) == {"cannot be ordered with the next"}
    for emotion in ("angry", "fear", "sad"):  # as many errors as far.csv has: p is .016, .032 of two and .08 of five
        with_errors(test_set, emotion, names[1:]).to_csv(tmp_path / f"{emotion}.csv", index=False)
    board = score.score(tmp_path, test_set)[0].set_index("hand-in")
    assert set(board[score.FIRST]) == {"", "cannot be ordered with the first"}


def test_the_first_is_a_hand_in_where_always_neutral_is_above_all(tmp_path, test_set):
    table = test_set.table
    neutral = table.index[(table["emotion"] == "neutral") & ~table["canary"]]
    for errors in (1, 2):
        answers = table["image"].to_frame().assign(emotion="neutral")
        answers.loc[neutral[:errors], "emotion"] = "happy"
        answers.to_csv(tmp_path / f"{errors}.csv", index=False)
    board = score.score(tmp_path, test_set)[0]
    assert list(board["hand-in"]) == [score.CONSTANT, "1.csv", "2.csv"]
    assert list(board[score.FIRST]) == ["", "", "cannot be ordered with the first"]
    assert list(board[score.NEUTRAL]) == ["", "not larger", "not larger"]
    assert list(board[score.NEXT]) == ["cannot be ordered with the next"] * 2 + [""]


def test_an_answer_that_is_no_emotion_of_the_test_counts_as_wrong_and_stops_nothing(tmp_path, test_set, monkeypatch):
    given = {"none.tflite": hand_ins.NO_FACE, "eight.tflite": "contempt"}
    right = test_set.table["emotion"].to_numpy(dtype=str)
    half = np.arange(len(right)) % 2 == 0

    def answers(path, folder, names):
        return np.where(half, right, given[path.name])

    monkeypatch.setattr(hand_ins, "answers", answers)
    monkeypatch.setattr(hidden, "has_seen_the_answers", lambda canaries, answers: False)
    for name in given:
        (tmp_path / name).touch()
    board, refused = score.score(tmp_path, test_set)
    counted = ~test_set.table["canary"].to_numpy()
    assert refused.empty
    assert board.set_index("hand-in").loc[list(given), "accuracy"].tolist() == [half[counted].mean()] * 2


def test_every_hand_in_has_a_row_of_its_own_whatever_its_name(tmp_path, test_set):
    long = "group hand-in of week 4, final version that counts, really " * 2
    names = ["=ok.csv", "+ok.csv", "-ok.csv", *(f"{long}{number}.csv" for number in range(4))]
    for name in names:
        honest(test_set, 0.5, 0).to_csv(tmp_path / name, index=False)
    for number in range(3):
        (tmp_path / f"{long}empty {number}.csv").touch()
    board, refused = score.score(tmp_path, test_set)
    shown = [*board["hand-in"], *refused["hand-in"]]
    assert len(shown) == len(set(shown)) == 1 + len(names) + 3


def test_what_is_no_plain_small_file_is_refused(tmp_path, test_set):
    (tmp_path / "folder.csv").mkdir()
    os.symlink("/etc/hostname", tmp_path / "link.csv")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00image")
    with (tmp_path / "large.tflite").open("wb") as file:
        file.truncate(60 * 2**20)
    (tmp_path / ".hidden").touch()
    board, refused = score.score(tmp_path, test_set)
    reasons = dict(refused.itertuples(index=False))
    assert list(board["hand-in"]) == [score.CONSTANT]
    assert set(reasons) == {"folder.csv", "link.csv", "empty.csv", "bytes.csv", "large.tflite"}
    assert "no plain file" in reasons["link.csv"]
    assert "60 MB" in reasons["large.tflite"]


def test_honest_people_are_hardly_ever_accused_and_a_thief_nearly_always_is():
    rng = np.random.default_rng(1)
    accused, caught = [], []
    for _ in range(3000):
        shown = rng.choice(EMOTIONS, hidden.CANARIES)
        labels = [rng.choice([other for other in EMOTIONS if other != one]) for one in shown]
        canaries = pd.DataFrame({"emotion": labels})
        always_wrong = [EMOTIONS[(EMOTIONS.index(one) + 1) % 7] for one in shown]  # the most that chance allows
        accused.append(hidden.has_seen_the_answers(canaries, always_wrong))
        seen = np.where(rng.random(hidden.CANARIES) < 0.8, labels, shown)
        caught.append(hidden.has_seen_the_answers(canaries, seen))
    assert np.mean(accused) < 0.003
    assert np.mean(caught) > 0.99


def test_the_test_set_is_drawn_from_the_seed_and_shows_nothing_of_its_answers(test_set):
    counted = test_set.table[~test_set.table["canary"]]
    assert counted["emotion"].value_counts().eq(hidden.LEAST_PEOPLE).all()
    assert len(test_set.table) == len(counted) + hidden.CANARIES
    assert sorted(path.name for path in test_set.folder.iterdir()) == sorted(test_set.table["image"])
    assert {path.suffix for path in test_set.folder.iterdir()} == {".png"}


def test_a_bad_request_is_refused_in_words(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.csv").touch()
    for folder, options, words in (
        (tmp_path, ["--seed", "42"], "ten digits"),
        (tmp_path, ["--seed", str(SEED), "--people", "2"], "expected at least"),
        (tmp_path / "nowhere", ["--seed", str(SEED)], "is no folder"),
        (tmp_path / "empty", ["--seed", str(SEED)], "is empty"),
        (tmp_path, ["--seed", str(SEED), "--give"], "is there already"),
    ):
        assert score.main([str(folder), *options]) == score.BAD_REQUEST
        assert words in capsys.readouterr().err
    with pytest.raises(SystemExit):
        score.main(["", "--seed", str(SEED)])
    assert "an empty name" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["an image", "the answers", "an image that is gone"])
def test_a_damaged_test_is_no_fault_of_those_who_hand_in(damage, tmp_path, test_set, capsys, monkeypatch):
    home = tmp_path / "build" / "course" / test_set.folder.parent.name
    shutil.copytree(test_set.folder.parent, home)
    file = home / "answers.csv" if damage == "the answers" else home / "images" / "0003.png"
    file.write_bytes(file.read_bytes()[:200])
    if damage == "an image that is gone":
        file.unlink()
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / "good.tflite").write_bytes(renamed("good"))
    arguments = [str(tmp_path / "hand"), "--seed", str(SEED), "--people", str(hidden.LEAST_PEOPLE)]
    assert score.main(arguments) == score.BAD_REQUEST
    assert "is damaged; delete that folder" in capsys.readouterr().err


def test_a_refusal_does_not_hold_the_seed(tmp_path, test_set):
    folder = tmp_path / f"hidden_{SEED}" / "images"
    folder.mkdir(parents=True)
    (folder / "0000.png").write_bytes(b"x")
    (tmp_path / "good.tflite").write_bytes(renamed("good"))
    with pytest.raises(hand_ins.RefusedError) as caught:
        hand_ins.answers(tmp_path / "good.tflite", folder, ["0000.png"])
    assert "0000.png" in str(caught.value)
    assert str(SEED) not in str(caught.value)


def test_the_command_shows_both_tables_and_gives_images_without_answers(tmp_path, test_set, capsys, monkeypatch):
    arguments = ["--seed", str(SEED), "--people", str(hidden.LEAST_PEOPLE)]
    assert score.main([str(tmp_path / "given"), *arguments, "--give"]) == score.WELL
    assert len(list((tmp_path / "given").iterdir())) == len(test_set.table)
    (tmp_path / "hand").mkdir()
    honest(test_set, 0.5, 0).to_csv(tmp_path / "hand" / "=ada,1.csv", index=False)
    assert score.main([str(tmp_path / "hand"), *arguments]) == score.WELL
    shown = capsys.readouterr().out
    assert "leaderboard" in shown
    assert "=ada" not in shown, "a spreadsheet would compute it"

    def full(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    assert score.main([str(tmp_path / "hand"), *arguments]) == score.BAD_REQUEST
    assert "the disk is full" in capsys.readouterr().err
    assert (score.paths.BUILD / "course" / "leaderboard.csv").stat().st_size > 0


def test_a_predictor_that_never_ends_is_stopped(tmp_path, test_set, monkeypatch):
    (tmp_path / "slow.tflite").write_bytes(renamed("slow"))
    monkeypatch.setattr(hand_ins, "SECONDS", 0.05)
    with pytest.raises(hand_ins.RefusedError, match="more than"):
        hand_ins.answers(tmp_path / "slow.tflite", test_set.folder, test_set.table["image"])
