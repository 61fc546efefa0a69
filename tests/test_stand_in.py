"""The stand-ins: native layouts, the papers' counts, no person twice, resumable, honest about what was spoilt."""

import shutil
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib import datasets, own_pictures
from lib.datasets import excluded, jaffe, load, read_image
from lib.emotions import EMOTIONS
from lib.explanations import photographs
from lib.groups import design
from lib.images import ImageError
from lib.intensity import flicker
from lib.synthetic import Subject, stand_in
from lib.synthetic.stand_in import drawing, plan, writer
from lib.synthetic.stand_in import eiw as eiw_plan

SIZES = ("smoke", "standard", "paper")


def shots(name: str, size: str) -> list:
    return [shot for person in stand_in.layout(name).plan(size, 0) for shot in person.shots]


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


# --- plans: nothing is drawn -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_no_person_is_in_two_trees_and_no_file_twice(size):
    seeds = {name: {person.seed for person in stand_in.layout(name).plan(size, 0)} for name in stand_in.NAMES}
    assert all(seeds[one].isdisjoint(seeds[other]) for one, other in combinations(stand_in.NAMES, 2))
    for name in stand_in.NAMES:
        assert max(Counter(file for shot in shots(name, size) for file in shot.files).values()) == 1


@pytest.mark.parametrize(
    "first",
    [flicker.FIRST_SUBJECT, own_pictures.FIRST, photographs.FIRST, design.FIRST_TESTED, design.FIRST_TRAINED],
)
def test_people_drawn_outside_the_trees_are_in_none_of_them(first):
    most = max(person.seed for name in stand_in.NAMES for person in stand_in.layout(name).plan("paper", 0))
    assert most < first < plan.first_seed(stand_in.NAMES[0], 1) - 1_000_000


def test_another_seed_draws_other_people():
    one, other = ({person.seed for person in stand_in.layout("mug").plan("smoke", seed)} for seed in (0, 1))
    assert one.isdisjoint(other)


def test_paper_size_has_the_papers_counts():
    people = {name: len(stand_in.layout(name).plan("paper", 0)) for name in stand_in.NAMES}
    assert (people["mug"], people["ck_plus"], people["jaffe"], people["kdef"], people["hp_test"]) == (
        52,
        123,
        10,
        70,
        5,
    )
    assert len(shots("mug", "paper")) == 1462
    assert sum(len(shot.files) for shot in shots("mug", "paper")) > 100_000
    assert len(shots("ck_plus", "paper")) == 593
    assert sum(shot.intensity == 1 for shot in shots("ck_plus", "paper")) == 327
    stills = {name: len(shots(name, "paper")) for name in ("jaffe", "kdef", "eiw", "hp_test", "own", "fer2013")}
    assert stills == {"jaffe": 213, "kdef": 4900, "eiw": 7254, "hp_test": 2443, "own": 490, "fer2013": 35887}


def test_eiw_has_table_5_of_the_paper_and_the_other_sizes_its_proportions():
    def table(size: str) -> dict:
        return Counter((shot.emotion, shot.intensity) for shot in shots("eiw", size))

    paper = table("paper")
    assert paper["angry", 0.2] == 194
    assert paper["surprise", 1.0] == 420
    assert paper["neutral", 0.0] == 1093
    totals = {emotion: sum(count for cell, count in paper.items() if cell[0] == emotion) for emotion in EMOTIONS}
    assert list(totals.values()) == [1172, 984, 638, 1367, 1093, 676, 1324]
    standard = table("standard")
    assert all(abs(standard[cell] - count * eiw_plan.FRACTION["standard"]) <= 0.5 for cell, count in paper.items())
    assert len(table("smoke")) == len(paper)


def test_standard_is_about_ten_thousand_pictures_and_smoke_a_thousand():
    counts = {size: sum(len(shot.files) for name in stand_in.NAMES for shot in shots(name, size)) for size in SIZES}
    assert 8_000 < counts["standard"] < 12_000
    assert counts["smoke"] < 1_200


@pytest.mark.parametrize("name", ["mug", "jaffe", "kdef", "hp_test", "affectnet"])
@pytest.mark.parametrize("size", SIZES)
def test_people_are_balanced_over_the_emotions(name, size):
    for person in stand_in.layout(name).plan(size, 0):
        counts = Counter(shot.emotion for shot in person.shots)
        assert max(counts.values()) - min(counts.get(emotion, 0) for emotion in EMOTIONS) <= 2


def test_one_person_of_eiw_shows_different_emotions_and_levels():
    for person in stand_in.layout("eiw").plan("standard", 0):
        assert len({shot.emotion for shot in person.shots}) >= 5


# --- when a tree is written again ------------------------------------------------------------------------------------


@pytest.fixture
def copied_sources(tmp_path, monkeypatch) -> Path:
    """The sources as a copy that may be edited."""
    copy = tmp_path / "synthetic"
    shutil.copytree(writer.HERE.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(writer, "HERE", copy / "stand_in")
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def keys() -> dict[str, str]:
    return {name: stand_in.key(name, "smoke", 0) for name in stand_in.NAMES}


def test_a_comment_a_docstring_or_layout_changes_no_key(copied_sources):
    before = keys()
    edit(copied_sources / "render.py", "import cv2", "# why not\nimport   cv2")
    edit(copied_sources / "render.py", '"""', '"""Other words. ')
    assert keys() == before


def test_a_change_of_the_renderer_changes_every_key(copied_sources):
    before = keys()
    edit(copied_sources / "render.py", "DISTANCE = 9", "DISTANCE = 8")
    assert not set(keys().values()) & set(before.values())


def test_a_change_of_one_plan_changes_its_own_key_only(copied_sources):
    before = keys()
    edit(copied_sources / "stand_in/kdef.py", "0.85", "0.9")
    assert [name for name, key in keys().items() if key != before[name]] == ["kdef"]


def test_a_module_that_draws_nothing_changes_no_key(copied_sources):
    before = keys()
    (copied_sources / "sheets.py").write_text("from lib.synthetic.render import render\n")
    edit(copied_sources / "show.py", "import ", "import sys\nimport ")
    edit(copied_sources / "stand_in/writer.py", "maxsize=64", "maxsize=65")
    assert keys() == before


def test_size_and_seed_are_in_the_key():
    assert len({stand_in.key("mug", size, seed) for size in SIZES for seed in (0, 1)}) == 6


def test_nothing_is_done_where_nothing_changed(trees, monkeypatch):
    root = trees["jaffe"]  # drawn here, if no test has drawn it before
    monkeypatch.setattr(drawing, "draw", None)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    stand_in.write("jaffe", "smoke", root)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_killed_call_is_resumed_and_ends_with_the_same_bytes(trees, tmp_path, monkeypatch):
    drawn, draw = [], drawing.draw

    def dies_at_the_fourth(*arguments):
        if len(drawn) == 3:
            raise KeyboardInterrupt
        draw(*arguments)
        drawn.append(arguments[-1].seed)

    monkeypatch.setattr(drawing, "draw", dies_at_the_fourth)
    root = tmp_path / "jaffe"
    with pytest.raises(KeyboardInterrupt):
        stand_in.write("jaffe", "smoke", root, processes=1)
    assert not root.exists()
    first = list(drawn)
    (tmp_path / f".jaffe.part/.done/{first[0]}.json").write_text('{"records": [')  # a power cut: this one is lost
    drawn.clear()
    monkeypatch.setattr(drawing, "draw", lambda *arguments: (draw(*arguments), drawn.append(arguments[-1].seed)))
    stand_in.write("jaffe", "smoke", root, processes=1)
    assert len(first) == 3
    assert len(drawn) == 8
    assert content(root) == content(trees["jaffe"])
    assert not list(tmp_path.glob(".jaffe.part"))


@pytest.mark.parametrize("mark", ['{"key": "old"}', "", '{"ke', "[]"])
def test_a_tree_of_another_version_or_with_a_damaged_mark_is_replaced(mark, trees, tmp_path):
    root = tmp_path / "hp_test"
    root.mkdir()
    (root / "STAND_IN.json").write_text(mark)
    (root / "left over.jpg").touch()
    stand_in.write("hp_test", "smoke", root, processes=1)
    assert content(root) == content(trees["hp_test"])


def test_a_folder_that_is_no_stand_in_is_left_alone(tmp_path):
    (tmp_path / "KA.AN1.39.tiff").touch()
    with pytest.raises(FileExistsError, match="real data is left alone"):
        stand_in.write("jaffe", "smoke", tmp_path)


@pytest.mark.parametrize(("name", "size"), [("imagenet", "smoke"), ("mug", "huge")])
def test_unknown_names_and_sizes_are_refused(name, size, tmp_path):
    with pytest.raises(ValueError, match="expected one of"):
        stand_in.write(name, size, tmp_path / "x")


# --- the trees -------------------------------------------------------------------------------------------------------

PICTURES = {
    "mug": (896, 896, 3),
    "ck_plus": (490, 640),
    "jaffe": (256, 256),
    "kdef": (762, 562, 3),
    "eiw": (256, 256, 3),
    "hp_test": (480, 640, 3),
    "own": (480, 640, 3),
    "affectnet": (224, 224, 3),
    "fer2013": (48, 48),
}


@pytest.mark.parametrize("name", stand_in.NAMES)
def test_the_real_loader_reads_the_stand_in(name, trees):
    df = load(name, trees[name])
    facts = datasets.stand_in_facts(trees[name])
    assert df["origin"].eq("stand-in").all()
    assert len(df) == facts["images"] - (45 if name == "ck_plus" else 0)
    assert set(df["emotion"]) >= set(EMOTIONS) - ({"neutral"} if name == "ck_plus" else set())
    if name != "ck_plus":
        assert excluded(df).empty


@pytest.mark.parametrize("name", stand_in.NAMES)
def test_pictures_have_the_native_size_and_colour(name, trees):
    df = load(name, trees[name])
    spoilt = {entry["file"] for entry in datasets.stand_in_facts(trees[name])["defects"] if name != "fer2013"}
    good = next(row for _, row in df.iterrows() if str(Path(row["path"]).relative_to(trees[name])) not in spoilt)
    assert read_image(good).shape == PICTURES[name]


@pytest.mark.parametrize("name", stand_in.NAMES)
def test_group_attributes_are_those_of_the_person_drawn(name, trees):
    truth = pd.read_csv(trees[name] / "truth.csv")
    groups = pd.read_csv(trees[name] / "groups.csv", dtype=str)
    for index in (0, len(truth) // 2):
        known = Subject(int(truth["subject"][index])).attributes()
        assert groups["skin_tone"][index] == str(known["skin_tone"])
        assert groups["glasses"][index] == ("yes" if known["glasses"] else "no")
    assert load(name, trees[name])["skin_tone"].isin(list("123456")).all()


@pytest.mark.parametrize("name", ["mug", "kdef", "eiw", "own", "affectnet"])
def test_planted_defects_are_what_the_list_says(name, trees):
    truth = pd.read_csv(trees[name] / "truth.csv", keep_default_na=False).set_index("file")
    labels = load(name, trees[name]).assign(file=lambda df: df["path"].str.removeprefix(f"{trees[name].resolve()}/"))
    labels = labels.set_index("file")["emotion"]
    for entry in datasets.stand_in_facts(trees[name])["defects"]:
        path = trees[name] / entry["file"]
        if entry["defect"] == "unreadable":
            with pytest.raises(ImageError):
                datasets.images.read(path)
        elif entry["defect"].startswith("duplicate of "):
            assert path.read_bytes() == (trees[name] / entry["defect"].removeprefix("duplicate of ")).read_bytes()
        elif entry["defect"] == "wrong label":
            assert labels[entry["file"]] != entry["emotion"]
            assert truth["emotion"][entry["file"]] == entry["emotion"]
        else:
            assert entry["defect"] == "no face"
    untouched = truth.index[truth["defect"] == ""]
    assert (labels[untouched] == truth["emotion"][untouched]).all()


def test_mug_takes_rise_from_neutral_and_fall_back(trees):
    truth = pd.read_csv(trees["mug"] / "truth.csv")
    for _, shot in truth[truth["emotion"] != "neutral"].groupby(truth["file"].str.rsplit("/", n=1).str[0]):
        course = shot.sort_values("file")["intensity"].to_numpy()
        assert course[0] < 0.1
        assert course[-1] < 0.1
        assert course.max() > 0.9


def test_ck_plus_labels_the_peak_and_gives_68_landmarks_per_frame(trees):
    root = trees["ck_plus"]
    truth = pd.read_csv(root / "truth.csv").set_index("file")["intensity"]
    for label in root.rglob("*_emotion.txt"):
        frame = str(label.relative_to(root)).replace("Emotion/", "cohn-kanade-images/").replace("_emotion.txt", ".png")
        assert truth[frame] > 0.9
    points = np.loadtxt(next(iter(sorted(root.rglob("*_landmarks.txt")))))
    assert points.shape == (68, 2)
    assert (points > 0).all()
    assert (points < (640, 490)).all()


def test_jaffe_ratings_are_highest_for_what_is_posed(trees):
    table = jaffe.ratings(trees["jaffe"])
    posed = table.index.str[3:5].map(jaffe.CODES)
    assert (table.idxmax(axis=1)[posed != "neutral"] == posed[posed != "neutral"]).all()


def test_fer2013_has_twins_wrong_labels_and_votes_that_know_better(trees):
    original, voted = load("fer2013", trees["fer2013"]), load("fer2013", trees["fer2013"], labels="majority")
    defects = Counter(
        entry["defect"].split(" of ")[0] for entry in datasets.stand_in_facts(trees["fer2013"])["defects"]
    )
    assert defects["duplicate"] >= 2
    assert defects["wrong label"] >= 10
    truth = pd.read_csv(trees["fer2013"] / "truth.csv").set_index("row")["emotion"]
    assert (voted["emotion"] == truth[voted["row"]].to_numpy()).mean() > 0.9
    assert (original["emotion"] == truth[original["row"]].to_numpy()).mean() < 0.95


def test_ensure_writes_below_the_build_folder(tmp_path, monkeypatch, trees):
    monkeypatch.setattr(stand_in.paths, "BUILD", tmp_path)
    folder = tmp_path / "data/smoke/stand_in"
    shutil.copytree(trees["own"], folder / "own")
    assert stand_in.ensure("smoke", ["own"]) == {"own": folder / "own"}
