"""Every loader on a tiny tree in the data set's own layout; all image files are empty, so opening one would fail."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib import datasets
from lib.datasets import DataError, DataMissing, excluded, fer2013, figures, jaffe, load, overview
from lib.emotions import EMOTIONS_8
from lib.images import ImageError


def plant(root: Path, *names: str, text: str = "") -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


def mug(root: Path) -> Path:
    frames = [f"subjects3/001/anger/take000/img_{frame:04d}.jpg" for frame in range(3)]
    return plant(root, *frames, "subjects3/002/session1/happiness/take002/img_0010.jpg")


def ck_plus(root: Path) -> Path:
    plant(root, *(f"cohn-kanade-images/S005/001/S005_001_{frame:08d}.png" for frame in (1, 2)))
    plant(root, "cohn-kanade-images/S010/002/S010_002_00000001.png")
    return plant(root, "Emotion/S005/001/S005_001_00000002_emotion.txt", text="   2.0000000e+00\n")


def ck_plus_labelled_twice(root: Path) -> Path:
    plant(root, *(f"cohn-kanade-images/S005/{number}/S005_{number}_00000001.png" for number in ("001", "002")))
    plant(root, "Emotion/S005/001/S005_001_00000001_emotion.txt", text="   3.0000000e+00\n")
    return plant(root, "Emotion/S005/002/S005_002_00000001_emotion.txt", text="9\n")


def jaffe_tree(root: Path) -> Path:
    return plant(root, "KA.AN1.39.tiff", "KA.NE2.27.tiff", "UY.HA1.137.tiff")


def kdef(root: Path) -> Path:
    return plant(root, "AF01/AF01ANS.JPG", "BF01/BF01HAHL.JPG", "AM02/AM02NEFR.JPG")


def eiw(root: Path) -> Path:
    plant(root, "images/1.jpg", "images/2.jpg")
    return plant(root, "labels.csv", text="file,emotion,level\nimages/1.jpg,happy,20\nimages/2.jpg,neutral,\n")


def hp_test(root: Path) -> Path:
    plant(root, "subject_1/video_1/frame_000012.jpg")
    return plant(root, "labels.csv", text="file,emotion\nsubject_1/video_1/frame_000012.jpg,sad\n")


def own(root: Path) -> Path:
    return plant(root, "happy/me and café 1.jpg", "sad/фото.jpg", "Surprised/顔.png")


def affectnet(root: Path) -> Path:
    codes = {"train_set": {0: "6", 1: "7"}, "val_set": {2: "0"}}
    for folder, numbers in codes.items():
        for number, code in numbers.items():
            plant(root, f"{folder}/images/{number}.jpg")
            (root / f"{folder}/annotations").mkdir(exist_ok=True)
            np.save(root / f"{folder}/annotations/{number}_exp.npy", np.array(code))
    return root


def fer(root: Path) -> Path:
    rows = [(0, 7, "Training"), (3, 8, "PublicTest"), (6, 9, "PrivateTest")]
    lines = [f"{code},{' '.join([str(value)] * 2304)},{usage}" for code, value, usage in rows]
    return plant(root, "fer2013.csv", text="\n".join(["emotion,pixels,Usage", *lines]) + "\n")


TREES = {
    "mug": (mug, ["angry", "angry", "angry", "happy"]),
    "ck_plus": (ck_plus, ["contempt", "contempt"]),
    "jaffe": (jaffe_tree, ["angry", "neutral", "happy"]),
    "kdef": (kdef, ["angry", "happy"]),
    "eiw": (eiw, ["happy", "neutral"]),
    "hp_test": (hp_test, ["sad"]),
    "own": (own, ["surprise", "happy", "sad"]),
    "affectnet": (affectnet, ["angry", "contempt", "neutral"]),
    "fer2013": (fer, ["angry", "happy", "neutral"]),
}


@pytest.mark.parametrize("name", datasets.NAMES)
def test_each_loader_reads_its_own_layout_without_opening_an_image(name, tmp_path):
    make, emotions = TREES[name]
    df = load(name, make(tmp_path))
    assert df["emotion"].tolist() == emotions
    assert tuple(df.columns[: len(datasets.COLUMNS)]) == datasets.COLUMNS
    assert df["data_set"].eq(name).all()
    assert df["origin"].eq("real").all()
    assert all(Path(path).is_file() for path in df["path"])


@pytest.mark.parametrize("name", datasets.NAMES)
def test_loading_changes_nothing_on_disk(name, tmp_path):
    root = TREES[name][0](tmp_path)

    def look() -> list:
        return [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(root.rglob("*"))]

    before = look()
    load(name, root)
    assert look() == before


@pytest.mark.parametrize("name", datasets.NAMES)
def test_every_code_maps_to_an_emotion_and_every_dropped_code_has_a_reason(name):
    module = sys.modules[f"lib.datasets.{name}"]
    assert set(module.CODES.values()) <= set(EMOTIONS_8)
    assert all(len(reason) > 5 for reason in getattr(module, "DROPPED", {}).values())


@pytest.mark.parametrize("files", [[], ["1.jpg", "faces/2.png", "a/b/c/3.jpg"]])
@pytest.mark.parametrize("name", datasets.NAMES)
def test_a_folder_without_its_files_is_an_error_that_shows_the_tree_expected(name, files, tmp_path):
    with pytest.raises(DataError, match="expected"):
        load(name, plant(tmp_path, *files))


DOCUMENTED = {  # each set's own order of its codes, from its read-me or page
    "ck_plus": ("0 1 2 3 4 5 6 7", "neutral angry contempt disgust fear happy sad surprise"),
    "affectnet": ("0 1 2 3 4 5 6 7", "neutral happy sad surprise fear disgust angry contempt"),
    "fer2013": ("0 1 2 3 4 5 6", "angry disgust fear happy sad surprise neutral"),
    "jaffe": ("NE HA SA SU AN DI FE", "neutral happy sad surprise angry disgust fear"),
    "kdef": ("AF AN DI HA NE SA SU", "fear angry disgust happy neutral sad surprise"),
    "mug": (
        "anger disgust fear happiness neutral sadness surprise",
        "angry disgust fear happy neutral sad surprise",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_codes_are_those_of_the_data_sets_documentation(name):
    documented = dict(zip(*(words.split() for words in DOCUMENTED[name]), strict=True))
    assert {str(code): emotion for code, emotion in datasets.codes(name).items()} == documented


def test_ferplus_votes_stand_in_its_own_order():
    assert list(fer2013.VOTES) == [
        "neutral",
        "happiness",
        "surprise",
        "sadness",
        "anger",
        "disgust",
        "fear",
        "contempt",
    ]
    assert [emotion[:3] for emotion in fer2013.VOTES.values()] == [
        "neu",
        "hap",
        "sur",
        "sad",
        "ang",
        "dis",
        "fea",
        "con",
    ]


# --- what each layout says -------------------------------------------------------------------------------------------


def test_mug_tells_subject_session_take_and_frame(tmp_path):
    df = load("mug", plant(mug(tmp_path), "subjects3/002/anger/take001end/img_0000.jpg"))
    last = df.iloc[-1]
    assert (last["subject"], last["sequence"], last["frame"]) == ("002", "002/session1/happiness/take002", 10)
    assert excluded(df)["file"].tolist() == ["subjects3/002/anger/take001end/img_0000.jpg"]


def test_mug_may_be_given_by_its_inner_folder(tmp_path):
    assert len(load("mug", mug(tmp_path) / "subjects3")) == 4


def test_ck_plus_lists_sequences_without_a_label_and_keeps_contempt(tmp_path):
    df = load("ck_plus", ck_plus(tmp_path))
    assert df[["subject", "sequence", "frame"]].to_numpy().tolist() == [
        ["S005", "S005/001", 1],
        ["S005", "S005/001", 2],
    ]
    assert excluded(df)["file"].tolist() == ["cohn-kanade-images/S010/002"]


def test_ck_plus_lists_a_label_that_is_no_code(tmp_path):
    df = load("ck_plus", ck_plus_labelled_twice(tmp_path))
    assert df["emotion"].tolist() == ["disgust"]
    assert "unknown emotion code '9'" in excluded(df)["reason"].item()


def test_jaffe_ratings_are_read_from_the_read_me(tmp_path):
    line = "1   2.87 2.52 2.10 1.97 1.97 2.06 KM-NE1"
    table = jaffe.ratings(
        plant(tmp_path, "README_FIRST.txt", text=f"#   HAP  SAD  SUR  ANG  DIS  FEA  PIC\n---\n{line}\n")
    )
    assert table.loc["KM.NE1"].to_dict() == {
        "happy": 2.87,
        "sad": 2.52,
        "surprise": 2.10,
        "angry": 1.97,
        "disgust": 1.97,
        "fear": 2.06,
    }


def test_both_sessions_of_kdef_are_one_person_and_full_profiles_are_listed(tmp_path):
    df = load("kdef", plant(kdef(tmp_path), "AF31/AF31V.JPG"))  # a name as bad as some real ones
    assert df["subject"].tolist() == ["F01", "F01"]
    assert df["view"].tolist() == ["straight", "half left"]
    reasons = excluded(df).set_index("file")["reason"]
    assert reasons["AM02/AM02NEFR.JPG"].startswith("full right profile")
    assert reasons["AF31/AF31V.JPG"].startswith("not <session>")


def test_eiw_levels_are_shares_of_full_strength_and_neutral_is_zero(tmp_path):
    assert load("eiw", eiw(tmp_path))["intensity"].tolist() == [0.2, 0.0]


def test_eiw_lists_unknown_emotions_levels_and_files_without_a_partner(tmp_path):
    plant(tmp_path, "images/1.jpg", "images/2.jpg", "images/3.jpg", "images/stray.jpg")
    rows = [
        "images/1.jpg,happy,20",
        "images/2.jpg,bored,20",
        "images/3.jpg,sad,30",
        "images/4.jpg,sad,40",
        "images/1.jpg,sad,40",
        "images/3.jpg,angry,60",
    ]
    df = load("eiw", plant(tmp_path, "labels.csv", text="\n".join(["file,emotion,level", *rows, ""])))
    reasons = excluded(df).set_index("file")["reason"]
    used = {"1.jpg": "happy", "3.jpg": "angry"}  # of a file named twice the first row that can be used
    assert {Path(row.path).name: row.emotion for row in df.itertuples()} == used
    assert "'bored'" in reasons["images/2.jpg"]
    assert "'30'" in reasons["images/3.jpg"]
    assert reasons["images/4.jpg"] == "named in the label file, not on disk"
    assert reasons["images/stray.jpg"] == "no row in the label file"
    assert reasons["images/1.jpg"].startswith("named twice")


def test_hp_test_is_all_test_split(tmp_path):
    row = load("hp_test", hp_test(tmp_path)).iloc[0]
    assert (row["split"], row["subject"], row["sequence"], row["frame"]) == (
        "test",
        "subject_1",
        "subject_1/video_1",
        12,
    )


def test_own_reads_the_csv_of_the_labelling_tool(tmp_path):
    plant(tmp_path, "a b.jpg", "é.jpg", "c.jpg", "d.jpg")
    text = (
        "path,emotion,intensity,subject,split,annotator,time\n"
        "a b.jpg,happy,0.4,Ann,train,me,1\né.jpg,Surprised,,Bob,,me,2\nc.jpg,unsuitable,,,,me,3\nd.jpg,sad,3,,,me,4\n"
    )
    df = load("own", plant(tmp_path, "labels.csv", text=text))
    assert df[["emotion", "subject", "split"]].to_numpy().tolist() == [
        ["happy", "Ann", "train"],
        ["surprise", "Bob", ""],
    ]
    assert df["intensity"].iloc[0] == 0.4
    assert np.isnan(df["intensity"].iloc[1])
    assert excluded(df)["reason"].tolist() == [
        "marked unsuitable by the annotator",
        "intensity '3'; expected a number from 0 to 1",
    ]


def test_own_with_two_tables_asks_which(tmp_path):
    with pytest.raises(DataError, match=r"name the one to use labels\.csv"):
        load("own", plant(tmp_path, "a.csv", "b.csv", text="path,emotion\n"))


@pytest.mark.parametrize("code", ["6", np.int64(6), "6 "])
def test_affectnet_annotations_may_be_text_or_numbers(code, tmp_path):
    plant(tmp_path, "train_set/images/0.jpg", "train_set/images/1.jpg")
    (tmp_path / "train_set/annotations").mkdir()
    np.save(tmp_path / "train_set/annotations/0_exp.npy", np.array(code))
    df = load("affectnet", tmp_path)
    assert df["emotion"].tolist() == ["angry"]
    assert excluded(df)["reason"].item() == "no annotation file for this image"


def test_affectnet_lists_are_read_and_the_codes_without_an_emotion_listed(tmp_path):
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n"
    plant(tmp_path, *(f"Manually_Annotated_Images/1/{name}.jpg" for name in "abcd"))
    lists = tmp_path / "Manually_Annotated_file_lists"
    lines = [f"1/{name}.jpg,0,0,9,9,1;2;3,{code},0,0\n" for name, code in zip("abc", (1, 8, 10), strict=True)]
    plant(lists, "training.csv", text=head + "".join(lines))
    plant(lists, "validation.csv", text=head + "1/d.jpg,0,0,9,9,1;2;3,7,0,0\n")
    df = load("affectnet", tmp_path)
    assert df[["emotion", "split"]].to_numpy().tolist() == [["happy", "train"], ["contempt", "validation"]]
    assert [reason.split(":")[0] for reason in excluded(df)["reason"]] == ["None", "No-Face"]


def test_fer2013_splits_and_pixels_of_a_record(tmp_path):
    df = load("fer2013", fer(tmp_path))
    assert df["split"].tolist() == ["train", "validation", "test"]
    image = datasets.read_image(df.iloc[2])
    assert image.shape == (48, 48)
    assert image.dtype == np.uint8
    assert (image == 9).all()


@pytest.mark.parametrize(
    ("pixels", "reason"), [("1 2 3", "truncated"), (" ".join(["300"] * 2304), "truncated"), ("x", "unreadable")]
)
def test_a_record_without_48_by_48_pixels_is_an_image_error(pixels, reason, tmp_path):
    df = load("fer2013", plant(tmp_path, "fer2013.csv", text=f"emotion,pixels,Usage\r\n0,{pixels},Training\r\n"))
    with pytest.raises(ImageError) as error:
        datasets.read_image(df.iloc[0])
    assert error.value.reason == reason


def test_fer2013_as_folders_keeps_the_two_official_test_parts_apart(tmp_path):
    plant(tmp_path, "train/angry/Training_1.jpg", "test/sad/PublicTest_2.jpg", "test/fear/PrivateTest_3.jpg")
    df = load("fer2013", tmp_path)
    assert df.set_index("emotion")["split"].to_dict() == {"angry": "train", "fear": "test", "sad": "validation"}


VOTES = {  # neutral happiness surprise sadness anger disgust fear contempt unknown NF: by hand
    "4,0,0,1,3,2,0,0,0,0": ("neutral", None),  # 4 of 9 once the single vote is struck: no majority
    "6,0,0,4,0,0,0,0,0,0": ("neutral", "neutral"),
    "5,0,0,0,5,0,0,0,0,0": (None, None),  # a tie
    "1,1,1,1,1,1,1,1,1,1": (None, None),  # nothing but single votes
    "0,0,0,0,0,0,0,6,4,0": ("contempt", "contempt"),
    "0,0,0,0,0,0,0,0,9,1": (None, None),  # unknown
    "0,0,0,0,0,0,0,0,0,10": (None, None),  # no face
}


@pytest.fixture
def with_votes(tmp_path):
    plant(tmp_path, "fer2013.csv", text="emotion,pixels,Usage\n" + "6,1 2,Training\n" * len(VOTES))
    head = ",".join(["Usage,Image name", *fer2013.VOTES, *fer2013.NO_EMOTION])
    lines = [f"Training,fer{row:07d}.png,{votes}" for row, votes in enumerate(VOTES)]
    return plant(tmp_path, "fer2013new.csv", text="\n".join([head, *lines]) + "\n")


@pytest.mark.parametrize("mode", ["majority", "cleaned"])
def test_ferplus_votes_become_emotions_by_the_rule(mode, with_votes):
    df = load("fer2013", with_votes, labels=mode)
    expected = {row: pair[mode == "cleaned"] for row, pair in enumerate(VOTES.values())}
    assert dict(zip(df["row"], df["emotion"], strict=True)) == {
        row: emotion for row, emotion in expected.items() if emotion
    }
    assert len(df) + len(excluded(df)) == len(VOTES)


def test_soft_labels_are_shares_of_the_votes_that_are_left(with_votes):
    df = load("fer2013", with_votes, labels="soft")
    shares = df[[f"share_{emotion}" for emotion in fer2013.VOTES.values()]]
    assert shares.iloc[0].tolist() == pytest.approx([4 / 9, 0, 0, 0, 3 / 9, 2 / 9, 0, 0])
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_votes_of_another_set_are_refused(with_votes):
    path = with_votes / "fer2013new.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(DataError, match="not the same set"):
        load("fer2013", with_votes, labels="majority")


def test_votes_asked_for_where_there_are_none_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no FER\\+ votes"):
        load("fer2013", fer(tmp_path), labels="cleaned")
    with pytest.raises(DataError, match="for fer2013 only"):
        load("jaffe", jaffe_tree(tmp_path / "jaffe"), labels="cleaned")


# --- where data comes from -------------------------------------------------------------------------------------------


def test_real_and_stand_in_may_be_mixed(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path / "real"))
    monkeypatch.setattr(datasets.paths, "BUILD", tmp_path / "build")
    mug(tmp_path / "real" / "MUG")
    eiw(tmp_path / "real" / "eiw")  # the loader's own name serves as well as the data set's folder
    plant(kdef(tmp_path / "build/data/smoke/stand_in/kdef"), "STAND_IN.json", text="{}")
    origins = {name: load(name, scale="smoke")["origin"].unique().tolist() for name in ("mug", "eiw", "kdef")}
    assert [datasets.is_real(name) for name in origins] == [True, True, False]
    assert origins == {"mug": ["real"], "eiw": ["real"], "kdef": ["stand-in"]}


def test_a_data_root_that_is_not_there_is_an_error_and_not_a_stand_in(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path / "tpyo"))
    with pytest.raises(DataError, match="tpyo"):
        load("mug")


def test_a_data_root_tells_which_sets_are_real_by_their_names_in_any_case(tmp_path):
    plant(tmp_path, "Mug/a.jpg", "CK+/a.png", "fer2013/fer2013.csv", "notes.txt", "AFFECTNET.zip")
    (tmp_path / "KDEF").symlink_to(tmp_path / "Mug")
    folders = datasets.survey(tmp_path)
    real = {name: folder.name for name, folder in folders.items() if folder}
    assert real == {"mug": "Mug", "ck_plus": "CK+", "fer2013": "fer2013", "kdef": "KDEF"}
    assert tuple(folders) == datasets.NAMES
    assert not any(datasets.survey(None).values())


ROOTS = {  # what lies in the data root `data`, what is given, and the reason of the refusal
    "empty text": ([], "", "empty text"),
    "absent": ([], "nowhere", "no folder"),
    "a file": (["data"], "data", "no folder"),
    "nothing in it": (["data/"], "data", "it holds nothing"),
    "other names": (["data/mug faces/a.jpg"], "data", "it holds mug faces"),
    "the files without their folder": (["data/fer2013.csv"], "data", r"it holds fer2013\.csv"),
    "too deep": (["data/MUG/subjects3/001/a.jpg"], "data/MUG", "MUG Facial Expression Database itself; give .*data$"),
    "deeper still": (["data/MUG/subjects3/001/a.jpg"], "data/MUG/subjects3", "itself; give .*data$"),
    "too high": (["data/faces/KDEF/a.jpg"], "data", "faces holds kdef; give that folder"),
    "two of one name": (["data/MUG/a.jpg", "data/mug/a.jpg"], "data", "both called mug"),
    "an archive": (["data/MUG", "data/KDEF/a.jpg"], "data", "MUG is named .* a file; unpack it"),
    "an empty set": (["data/MUG/", "data/KDEF/a.jpg"], "data", "MUG is named .* an empty folder"),
}


@pytest.mark.parametrize("case", ROOTS)
def test_a_data_root_without_data_sets_is_refused_with_the_reason(case, tmp_path, monkeypatch):
    names, given, reason = ROOTS[case]
    for name in names:
        (tmp_path / name).mkdir(parents=True) if name.endswith("/") else plant(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=reason):
        datasets.survey(given)
    monkeypatch.setenv("FACE_DATA", given)
    with pytest.raises(DataError, match=reason):
        load("own", scale="smoke")


def test_a_broken_link_in_the_data_root_is_refused(tmp_path):
    plant(tmp_path, "KDEF/a.jpg")
    (tmp_path / "MUG").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"MUG is named .* a link that leads nowhere"):
        datasets.survey(tmp_path)


@pytest.mark.parametrize("name", datasets.NAMES)
def test_a_missing_data_set_names_licence_contact_and_tree(name, tmp_path, monkeypatch):
    monkeypatch.delenv("FACE_DATA", raising=False)
    monkeypatch.setattr(datasets.paths, "BUILD", tmp_path)
    with pytest.raises(DataMissing) as error:
        load(name, scale="smoke")
    info = datasets.about(name)
    for part in (info.title, info.licence, info.ask, info.tree, 'stand_in.ensure("smoke"', str(tmp_path)):
        assert part in str(error.value)


def test_an_unknown_data_set_is_an_error():
    with pytest.raises(ValueError, match="expected one of mug"):
        load("imagenet")


def test_group_attributes_come_from_a_side_file(tmp_path):
    text = "file,skin_tone,age_band,facial_hair,glasses\nKA.AN1.39.tiff,2,20-39,none,yes\n"
    df = load("jaffe", plant(jaffe_tree(tmp_path), "groups.csv", text=text))
    assert df[list(datasets.GROUPS)].to_numpy().tolist() == [["2", "20-39", "none", "yes"], [""] * 4, [""] * 4]


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["\ufefffile,emotion,level\nimages/1.jpg,happy,20\n", "file , emotion,level,x\r\n images/1.jpg,happy,20,y\r\n"],
)
def test_byte_order_mark_windows_line_ends_blanks_and_extra_columns_do_no_harm(text, tmp_path):
    plant(tmp_path, "images/1.jpg")
    assert load("eiw", plant(tmp_path, "labels.csv", text=text))["emotion"].tolist() == ["happy"]


def test_a_label_file_without_a_column_says_which_and_what_it_has(tmp_path):
    with pytest.raises(DataError, match=r"no column level; it has file, emotion"):
        load("eiw", plant(tmp_path, "labels.csv", text="file,emotion\nimages/1.jpg,happy\n"))


@pytest.mark.parametrize("content", ["caf\xe9,emotion,level\n".encode("latin-1"), b"", b'file,emotion,level\n"a,b\n'])
def test_a_label_file_that_is_no_utf8_table_is_an_error(content, tmp_path):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"labels\.csv"):
        load("eiw", tmp_path)


@pytest.mark.parametrize(
    "file", ["../secret.jpg", "/etc/secret.jpg", "images/../../secret.jpg", "..\\secret.jpg", "C:\\secret.jpg"]
)
def test_a_label_file_that_points_out_of_its_folder_is_refused(file, tmp_path):
    plant(tmp_path, "secret.jpg")
    with pytest.raises(DataError, match="outside its folder"):
        load("eiw", plant(tmp_path / "eiw", "labels.csv", text=f"file,emotion,level\n{file},happy,20\n"))


def test_two_dots_within_a_name_are_no_way_out(tmp_path):
    plant(tmp_path, "images/a..b.jpg")
    assert len(load("eiw", plant(tmp_path, "labels.csv", text="file,emotion,level\nimages/a..b.jpg,happy,20\n"))) == 1


def test_links_out_of_the_folder_and_folder_loops_are_listed_and_links_inside_are_followed(tmp_path):
    root = kdef(tmp_path / "KDEF")
    plant(tmp_path, "outside/AF09ANS.JPG")
    (root / "AF09ANS.JPG").symlink_to(tmp_path / "outside/AF09ANS.JPG")
    (root / "AF08ANS.JPG").symlink_to(root / "AF01/AF01ANS.JPG")
    (root / "loop").symlink_to(root)
    df = load("kdef", root)
    assert [Path(path).name for path in df["path"]] == ["AF01ANS.JPG", "AF08ANS.JPG", "BF01HAHL.JPG"]
    assert {"AF09ANS.JPG", "loop"} <= set(excluded(df)["file"])


@pytest.fixture
def powerless():
    """Be a user without rights, and own a folder that this user can reach: root may read everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    user = os.geteuid()
    if user == 0:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    shutil.rmtree(folder)


def test_a_folder_without_read_permission_is_listed(powerless):
    root = kdef(powerless)
    (root / "AF01").chmod(0)
    df = load("kdef", root)
    (root / "AF01").chmod(0o755)
    assert df["subject"].tolist() == ["F01"]
    assert ["AF01", "no permission to read this folder"] in excluded(df).to_numpy().tolist()


def test_a_label_file_without_read_permission_is_an_error(powerless):
    root = eiw(powerless)
    (root / "labels.csv").chmod(0)
    with pytest.raises(DataError, match="no permission to read"):
        load("eiw", root)


def test_files_of_the_operating_system_are_no_data(tmp_path):
    df = load("jaffe", plant(jaffe_tree(tmp_path), ".DS_Store", "._KA.AN1.39.tiff", "notes.txt"))
    assert len(df) == 3
    assert excluded(df).empty


def test_an_unreadable_image_is_found_when_it_is_read(tmp_path):
    with pytest.raises(ImageError):
        datasets.read_image(load("jaffe", jaffe_tree(tmp_path)).iloc[0])


# --- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("emotion", "bored"),
        ("intensity", 1.2),
        ("row", -2),
        ("split", "dev"),
        ("origin", "fake"),
        ("subject", None),
        ("path", ""),
    ],
)
def test_validation_names_the_column_at_fault(column, value, tmp_path):
    df = load("jaffe", jaffe_tree(tmp_path))
    df[column] = value
    with pytest.raises(DataError, match=column):
        datasets.validate(df)


def test_validation_refuses_an_image_twice_and_a_missing_column(tmp_path):
    df = load("jaffe", jaffe_tree(tmp_path))
    with pytest.raises(DataError, match="path"):
        datasets.validate(pd.concat([df, df]))
    with pytest.raises(DataError, match="subject"):
        datasets.validate(df.drop(columns="subject"))


def test_the_list_of_exclusions_survives_joining_and_saving(tmp_path):
    one, other = load("kdef", kdef(tmp_path / "a")), load("jaffe", jaffe_tree(tmp_path / "b"))
    assert len(pd.concat([one, other])) == 5
    one.to_parquet(tmp_path / "table.parquet")
    assert len(excluded(pd.read_parquet(tmp_path / "table.parquet"))) == 1


# --- side by side ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tables(tmp_path) -> dict[str, pd.DataFrame]:
    """Three tiny sets; the second bears the mark of a stand-in."""
    plant(ck_plus(tmp_path / "ck"), "STAND_IN.json", text='{"defects": [{"defect": "duplicate of a.png"}]}')
    roots = {"mug": mug(tmp_path / "mug"), "ck_plus": tmp_path / "ck", "eiw": eiw(tmp_path / "eiw")}
    return {name: load(name, root) for name, root in roots.items()}


def test_a_set_of_sequences_is_counted_in_sequences_and_another_in_images(tables):
    counts = overview.counts(tables).set_index("data set")
    assert counts["counted here"].tolist() == [2, 1, 2]
    assert counts["images here"].tolist() == [4, 2, 2]
    assert counts["subjects here"].fillna(0).tolist() == [2, 1, 0]
    assert overview.origins(tables) == {"mug": "real", "ck_plus": "stand-in", "eiw": "real"}


def test_only_a_whole_set_is_put_beside_the_published_count(tables):
    results = {result.name: result for result in overview.results(tables, "smoke")}
    assert results["datasets/mug/count"].paper == 1462
    assert results["datasets/ck_plus/count"].paper is None
    assert {result.kind for result in results.values()} == {"exact"}
    assert overview.results(tables, "paper")[1].paper == 327


def test_what_was_left_out_is_counted_by_reason_and_what_was_planted_by_kind(tables):
    left_out = overview.left_out(tables)
    assert left_out[["data_set", "count"]].to_numpy().tolist() == [["ck_plus", 1]]
    assert overview.planted(tables).to_dict() == {"duplicate": {"ck_plus": 1}}


def test_classes_levels_and_codes_are_tables_of_their_own(tables):
    together = pd.concat(tables.values(), ignore_index=True)
    assert overview.classes(together).loc["mug", ["angry", "happy", "sad"]].tolist() == [3, 1, 0]
    levels = overview.levels(tables["eiw"])
    assert levels.loc["20 %", "happy"] == 1
    assert levels.loc["no level", "neutral"] == 1
    assert overview.codes(["ck_plus", "fer2013"]).loc["contempt"].tolist() == ["2", ""]


def test_the_highest_rating_is_compared_with_what_was_posed():
    columns = ["happy", "sad", "surprise", "angry", "disgust", "fear"]
    rated = pd.DataFrame(np.eye(6)[[0, 1, 2]], index=["KA.HA1", "KA.AN1", "KA.NE1"], columns=columns)
    assert jaffe.rated_as_posed(rated).tolist() == [True, False]


def test_single_image_names_of_fer_plus_out_of_order_are_no_error_but_doubled_neighbours_are():
    names = np.arange(3000)
    names[500] = 2500  # as in the file that is distributed
    votes = pd.DataFrame(0, index=range(3000), columns=[*fer2013.VOTES, *fer2013.NO_EMOTION]).assign(happiness=10)
    labels = pd.Series(["happy"] * 3000)
    text = pd.DataFrame({"Image name": [f"fer{number:07d}.png" for number in names]})
    fer2013._check_order(Path("fer2013new.csv"), text, votes, labels)
    text.loc[7] = text.loc[8]
    with pytest.raises(DataError, match="another order"):
        fer2013._check_order(Path("fer2013new.csv"), text, votes, labels)


def test_a_sequence_with_a_frame_that_cannot_be_read_is_drawn_and_a_set_without_the_emotion_left_out(tables):
    mug = tables["mug"].assign(path=lambda table: table["path"] + ".gone")
    none = tables["ck_plus"].query("emotion != 'angry'")
    figure = figures.sequences({"mug": mug, "ck_plus": none}, "angry", np.random.default_rng(0))
    titles = [ax.get_title() for ax in figure.axes]
    assert len(titles) == 5
    assert all(title.startswith("mug, ") and "frame" not in title for title in titles)
