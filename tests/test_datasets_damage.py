"""Damaged, shuffled and hostile files: every row keeps its own label, or there is an error that names the file."""

import io
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib import datasets, images
from lib.datasets import DataError, excluded, load
from lib.emotions import EMOTIONS

SEEDS = 40  # damages of each kind of label file
FERPLUS = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
FER_CODES = {"angry": 0, "disgust": 1, "fear": 2, "happy": 3, "sad": 4, "surprise": 5, "neutral": 6}
FER_WORDS = {"angry": 4, "disgust": 5, "fear": 6, "happy": 1, "sad": 3, "surprise": 2, "neutral": 0}
AFFECTNET = {"neutral": 0, "happy": 1, "sad": 2, "surprise": 3, "fear": 4, "disgust": 5, "angry": 6}


def put(root: Path, name: str, data: bytes = b"") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(data)


def table(root: Path, name: str, header: str, rows: list[str]) -> None:
    put(root, name, "\n".join([header, *rows, ""]).encode())


# Each maker writes a tree of 21 images, one label file among it, and returns for each image what its row must say.
LABELS = [EMOTIONS[(3 * k) % 7] for k in range(21)]


def eiw(root: Path) -> dict:
    levels = ["" if emotion == "neutral" else str(20 * (k % 5 + 1)) for k, emotion in enumerate(LABELS)]
    for k in range(21):
        put(root, f"images/{k}.jpg")
    rows = [f"images/{k}.jpg,{emotion},{level}" for k, (emotion, level) in enumerate(zip(LABELS, levels, strict=True))]
    table(root, "labels.csv", "file,emotion,level", rows)
    return {
        f"images/{k}.jpg": (emotion, int(level or 0) / 100)
        for k, (emotion, level) in enumerate(zip(LABELS, levels, strict=True))
    }


def hp_test(root: Path) -> dict:
    names = [f"subject_{k % 3}/video_1/frame_{k:06d}.jpg" for k in range(21)]
    for name in names:
        put(root, name)
    table(root, "labels.csv", "emotion,file", [f"{e},{name}" for e, name in zip(LABELS, names, strict=True)])
    return {name: (emotion, None) for name, emotion in zip(names, LABELS, strict=True)}


def own(root: Path) -> dict:
    names = [f"é {k}, a.jpg" for k in range(21)]
    for name in names:
        put(root, name)
    rows = [f'"{name}",{emotion},{k / 20:.2f}' for k, (name, emotion) in enumerate(zip(names, LABELS, strict=True))]
    table(root, "labels.csv", "path,emotion,intensity", rows)
    return {name: (emotion, k / 20) for k, (name, emotion) in enumerate(zip(names, LABELS, strict=True))}


def affectnet(root: Path) -> dict:
    for k in range(21):
        put(root, f"Manually_Annotated_Images/1/{k}.jpg")
    rows = [f"1/{k}.jpg,1;2;3,{AFFECTNET[emotion] if k % 5 else 10},0.5,0.5" for k, emotion in enumerate(LABELS)]
    table(root, "training.csv", "subDirectory_filePath,facial_landmarks,expression,valence,arousal", rows)
    return {f"Manually_Annotated_Images/1/{k}.jpg": (emotion, None) for k, emotion in enumerate(LABELS) if k % 5}


def fer2013(root: Path) -> dict:
    """Pixels hold the number of the record, so a label that slips onto another record shows."""
    rows = [f"{FER_CODES[emotion]},{' '.join([str(k)] * 2304)},Training" for k, emotion in enumerate(LABELS)]
    table(root, "fer2013.csv", "emotion,pixels,Usage", rows)
    return {k: (emotion, None) for k, emotion in enumerate(LABELS)}


def ferplus(root: Path) -> dict:
    truth = fer2013(root)
    votes = np.eye(10, dtype=int) * 10
    lines = [",".join(map(str, votes[FER_WORDS[emotion]])) for emotion in LABELS]
    rows = [f"Training,fer{k:07d}.png,{line}" for k, line in enumerate(lines)]
    table(root, "fer2013new.csv", f"Usage,Image name,{FERPLUS}", rows)
    return truth


def ck_plus(root: Path) -> dict:
    put(root, "cohn-kanade-images/S005/001/S005_001_00000001.png")
    put(root, "Emotion/S005/001/S005_001_00000001_emotion.txt", b"   3.0000000e+00\n")
    return {"cohn-kanade-images/S005/001/S005_001_00000001.png": ("disgust", None)}


def jaffe(root: Path) -> dict:
    """The names tell the emotions; the side file tells each one's skin tone, here 1 to 6 by the name's number."""
    codes = {
        "angry": "AN",
        "disgust": "DI",
        "fear": "FE",
        "happy": "HA",
        "neutral": "NE",
        "sad": "SA",
        "surprise": "SU",
    }
    names = [f"KA.{codes[emotion]}{k % 3 + 1}.{k}.tiff" for k, emotion in enumerate(LABELS)]
    for name in names:
        put(root, name)
    rows = [f"{name},{k % 6 + 1},20-39,none,yes" for k, name in enumerate(names)]
    table(root, "groups.csv", "file,skin_tone,age_band,facial_hair,glasses", rows)
    return {name: (emotion, None) for name, emotion in zip(names, LABELS, strict=True)}


CASES: dict[str, tuple[str, Callable, str]] = {
    "eiw": ("eiw", eiw, "labels.csv"),
    "hp_test": ("hp_test", hp_test, "labels.csv"),
    "own": ("own", own, "labels.csv"),
    "affectnet": ("affectnet", affectnet, "training.csv"),
    "fer2013": ("fer2013", fer2013, "fer2013.csv"),
    "ferplus": ("fer2013", ferplus, "fer2013new.csv"),
    "ck_plus": ("ck_plus", ck_plus, "Emotion/S005/001/S005_001_00000001_emotion.txt"),
    "groups": ("jaffe", jaffe, "groups.csv"),
}


def damage(text: str, rng: random.Random) -> bytes:
    """Return a label file after one to three changes that editors, spreadsheets and bad luck make."""
    encoding = "utf-8"
    for _ in range(rng.randint(1, 3)):
        lines = text.splitlines(keepends=True) or [""]
        place = rng.randrange(len(lines))
        kind = rng.choice(
            ["shuffle", "blank", "quote", "stray", "break", "cut", "twice", "lost", "swap", "comma", "ends", "encode"]
        )
        if kind == "shuffle":
            rest = lines[1:]
            rng.shuffle(rest)
            lines[1:] = rest
        elif kind == "blank":
            lines.insert(place, rng.choice(["\n", "  \n", ",,\n", "\r\n"]))
        elif kind == "quote":
            lines = [",".join(f'"{cell}"' for cell in line.rstrip("\n").split(",")) + "\n" for line in lines]
        elif kind == "stray":
            at = rng.randrange(len(lines[place]) + 1)
            lines[place] = lines[place][:at] + '"' + lines[place][at:]
        elif kind == "break":
            lines[place] = lines[place].replace(",", ',"\n",' if rng.random() < 0.5 else "\n,", 1)
        elif kind == "cut":
            lines = ["".join(lines)[: rng.randrange(len(text) + 1)]]
        elif kind == "twice":
            lines.insert(place, lines[place])
        elif kind == "lost":
            del lines[place]
        elif kind == "swap":
            lines = [",".join(reversed(line.rstrip("\n").split(","))) + "\n" for line in lines]
        elif kind == "comma":
            lines[place] = lines[place].replace("\n", ",\n")
        elif kind == "ends":
            lines = [line.replace("\n", rng.choice(["\r\n", "\r"])) for line in lines]
        else:
            encoding = rng.choice(["utf-8-sig", "utf-16", "latin-1", "cp1252"])
        text = "".join(lines)
    return text.encode(encoding, "replace")


def check(name: str, case: str, root: Path, truth: dict) -> int:
    """Load; hold every row against the truth; return how many rows there were."""
    df = load(name, root, labels="majority" if case == "ferplus" else "original")
    for _, row in df.iterrows():
        file = os.path.relpath(row["path"], root)
        if name == "fer2013":
            file = int(datasets.read_image(row)[0, 0])
        emotion, intensity = truth[file]
        assert row["emotion"] == emotion, f"{file}: {row['emotion']} instead of {emotion}"
        assert intensity is None or row["intensity"] == pytest.approx(intensity)
        assert case != "groups" or row["skin_tone"] in ("", str(int(file.split(".")[2]) % 6 + 1))
    return len(df)


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_label_file_gives_every_row_its_own_label_or_an_error(case, tmp_path):
    name, make, label_file = CASES[case]
    truth = make(tmp_path)
    assert check(name, case, tmp_path, truth) == len(truth)
    text, outcomes = (tmp_path / label_file).read_bytes().decode(), {"read": 0, "refused": 0}
    for seed in range(SEEDS):
        put(tmp_path, label_file, damage(text, random.Random(f"{case} {seed}")))
        try:
            check(name, case, tmp_path, truth)
            outcomes["read"] += 1
        except images.ImageError:
            outcomes["read"] += 1
        except DataError as error:
            outcomes["refused"] += str(tmp_path) in str(error)
    assert sum(outcomes.values()) == SEEDS
    assert min(outcomes.values()) > 0


@pytest.mark.parametrize("gap", ["\n", "\r\n", "  \n", ",,\n"])
def test_a_blank_line_in_fer2013_moves_no_label(gap, tmp_path):
    truth = fer2013(tmp_path)
    lines = (tmp_path / "fer2013.csv").read_text().splitlines(keepends=True)
    for place in (1, 5, 22):
        put(tmp_path, "fer2013.csv", "".join([*lines[:place], gap, *lines[place:]]).encode())
        assert check("fer2013", "fer2013", tmp_path, truth) == 21


def test_votes_shifted_by_one_row_are_refused(tmp_path):
    ferplus(tmp_path)
    header, *rows = (tmp_path / "fer2013new.csv").read_text().splitlines()
    votes = [row.split(",", 2)[2] for row in rows]
    shifted = [f"Training,fer{k:07d}.png,{one}" for k, one in enumerate(votes[1:] + votes[:1])]
    table(tmp_path, "fer2013new.csv", header, shifted)
    with pytest.raises(DataError, match="its rows belong to other images"):
        load("fer2013", tmp_path, labels="majority")


def test_votes_in_another_order_are_refused(tmp_path):
    ferplus(tmp_path)
    header, *rows = (tmp_path / "fer2013new.csv").read_text().splitlines()
    table(tmp_path, "fer2013new.csv", header, [*rows[:3], rows[4], rows[3], *rows[5:]])
    with pytest.raises(DataError, match="image names do not grow"):
        load("fer2013", tmp_path, labels="majority")


@pytest.mark.parametrize("votes", ["ten", "10.0", "-1", ""])
def test_votes_that_are_no_whole_numbers_are_refused_with_the_file(votes, tmp_path):
    ferplus(tmp_path)
    text = (tmp_path / "fer2013new.csv").read_text()
    put(tmp_path, "fer2013new.csv", text.replace(",10,", f",{votes},", 1).encode())
    with pytest.raises(DataError, match=r"fer2013new\.csv, record 0: .* whole numbers"):
        load("fer2013", tmp_path, labels="majority")


def test_a_ck_plus_file_whose_name_is_of_another_sequence_is_listed(tmp_path):
    ck_plus(tmp_path)
    put(tmp_path, "cohn-kanade-images/S005/001/S010_001_00000002.png")
    put(tmp_path, "Emotion/S005/001/S010_001_00000001_emotion.txt", b"7")
    df = load("ck_plus", tmp_path)
    assert df["emotion"].tolist() == ["disgust"]
    assert {Path(file).name for file in excluded(df)["file"]} == {
        "S010_001_00000002.png",
        "S010_001_00000001_emotion.txt",
    }


def test_two_ck_plus_label_files_that_contradict_each_other_leave_no_label(tmp_path):
    ck_plus(tmp_path)
    put(tmp_path, "Emotion/S005/001/S005_001_00000002_emotion.txt", b"7")
    with pytest.raises(DataError, match="contradict each other"):
        load("ck_plus", tmp_path)


def test_groups_that_say_two_things_about_an_image_are_refused(tmp_path):
    jaffe(tmp_path)
    with open(tmp_path / "groups.csv", "a") as file:
        file.write("KA.AN1.0.tiff,6,20-39,none,yes\n")
    with pytest.raises(DataError, match=r"groups\.csv says two things about KA"):
        load("jaffe", tmp_path)


def test_two_columns_of_one_name_are_refused(tmp_path):
    eiw(tmp_path)
    table(tmp_path, "labels.csv", "file,emotion,level,emotion ", ["images/1.jpg,sad,20,happy"])
    with pytest.raises(DataError, match="two columns emotion"):
        load("eiw", tmp_path)


# --- what a label file may be ----------------------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def link_out(path: Path) -> None:
    outside = next(folder for folder in path.parents if folder.name == "set").parent / "outside"
    outside.write_bytes(b"file,emotion,level\nimages/1.jpg,happy,20\n")
    path.symlink_to(outside)


def loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("kind", [pipe, device, folder, link_out, loop])
@pytest.mark.parametrize("case", CASES)
def test_a_label_file_that_is_no_file_of_its_folder_is_refused_at_once(case, kind, tmp_path):
    name, make, label_file = CASES[case]
    root = tmp_path / "set"
    make(root)
    (root / label_file).unlink()
    kind(root / label_file)
    with pytest.raises(DataError, match=f"{Path(label_file).name}|no emotion label"):
        load(name, root, labels="majority" if case == "ferplus" else "original")


def test_an_annotation_that_is_a_pipe_or_a_loop_is_listed(tmp_path):
    for number in range(3):
        put(tmp_path, f"train_set/images/{number}.jpg")
    (tmp_path / "train_set/annotations").mkdir()
    np.save(tmp_path / "train_set/annotations/0_exp.npy", np.array("6"))
    pipe(tmp_path / "train_set/annotations/1_exp.npy")
    loop(tmp_path / "train_set/annotations/2_exp.npy")
    df = load("affectnet", tmp_path)
    assert df["emotion"].tolist() == ["angry"]
    reasons = dict(excluded(df).to_numpy().tolist())
    assert reasons["train_set/annotations/1_exp.npy"] == "no regular file"
    assert reasons["train_set/annotations/2_exp.npy"] == "a link that leads nowhere"


def claims(shape: str) -> bytes:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04zip", b"\x93NUMPY", claims("(10000000000000,)"), claims("(1,"), b"\x80\x04pickle"]
)
def test_an_annotation_that_is_no_array_is_listed(data, tmp_path):
    put(tmp_path, "train_set/images/0.jpg")
    put(tmp_path, "train_set/annotations/0_exp.npy", data)
    with pytest.raises(DataError, match=r"not an annotation|no annotation file"):
        load("affectnet", tmp_path)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("mug", "subjects3"),
        ("ck_plus", "cohn-kanade-images"),
        ("ck_plus", "Emotion"),
        ("affectnet", "train_set/images"),
    ],
)
def test_a_part_of_the_tree_that_is_a_link_out_is_refused(name, part, tmp_path):
    root = tmp_path / "set"
    for needed in ("cohn-kanade-images", "Emotion", "train_set/annotations"):
        (root / needed).mkdir(parents=True)
    put(tmp_path, "outside/001/anger/take000/img_0000.jpg")
    if (root / part).exists():
        (root / part).rmdir()
    (root / part).symlink_to(tmp_path / "outside")
    with pytest.raises(DataError, match="a link out of the data set's folder"):
        load(name, root)


def test_a_name_that_is_not_utf8_is_listed(tmp_path):
    put(tmp_path, "happy/a.jpg")
    with open(os.fsencode(tmp_path) + b"/happy/caf\xe9.jpg", "wb"):
        pass
    df = load("own", tmp_path)
    assert len(df) == 1
    assert excluded(df).to_numpy().tolist() == [["happy/caf\\udce9.jpg", "its name is not UTF-8; rename it"]]


def test_a_frame_number_of_25_digits_is_listed(tmp_path):
    put(tmp_path, "001/anger/take000/img_0000.jpg")
    put(tmp_path, f"001/anger/take000/img_{'1' * 25}.jpg")
    df = load("mug", tmp_path)
    assert df["frame"].tolist() == [0]
    assert len(excluded(df)) == 1


def test_a_path_that_is_too_long_is_no_data_set(tmp_path):
    with pytest.raises(datasets.DataMissing):
        load("mug", tmp_path / ("x" * 300))


@pytest.mark.parametrize("pixels", ["1" + "0" * 20, "300", "-1", "1 2 3", "٣"])
def test_a_damaged_record_is_an_image_error(pixels, tmp_path):
    text = " ".join([pixels, *["1"] * 2303]) if len(pixels) != 5 else pixels
    put(tmp_path, "fer2013.csv", f"emotion,pixels,Usage\n0,{text},Training\n".encode())
    with pytest.raises(images.ImageError):
        datasets.read_image(load("fer2013", tmp_path).iloc[0])


# --- damaged images --------------------------------------------------------------------------------------------------


def samples() -> dict[str, bytes]:
    """A small image in every format that is read, some with several pages."""
    rng = np.random.default_rng(0)
    pages = [Image.fromarray(rng.integers(0, 255, (24, 30, 3), dtype=np.uint8)) for _ in range(3)]
    files = {}
    for ending in ("JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP", "PPM"):
        for several in {False, ending in ("GIF", "TIFF", "PNG", "WEBP")}:
            buffer = io.BytesIO()
            pages[0].save(buffer, ending, **({"save_all": True, "append_images": pages[1:]} if several else {}))
            files[f"{ending} {several}"] = buffer.getvalue()
    return files


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_image_is_read_or_is_an_image_error_that_names_it(tmp_path):
    files, path, rng = samples(), tmp_path / "damaged", random.Random(0)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(1000):
        data = bytearray(files[rng.choice(sorted(files))])
        for _ in range(rng.choice([0, 1, 1, 3, 30])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        cut = rng.randrange(len(data)) if rng.random() < 0.6 else len(data)
        path.write_bytes(data[:cut])
        try:
            assert images.read(path).dtype == np.uint8
            outcomes["read"] += 1
        except images.ImageError as error:
            outcomes["refused"] += str(path) in str(error)
    assert sum(outcomes.values()) == 1000
    assert min(outcomes.values()) > 50


def test_an_animated_image_cut_anywhere_is_refused(tmp_path):
    data, path = samples()["GIF True"], tmp_path / "a.gif"
    for cut in range(0, len(data), max(1, len(data) // 400)):
        path.write_bytes(data[:cut])
        with pytest.raises(images.ImageError, match=r"a\.gif"):
            images.read(path)
