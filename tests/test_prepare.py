import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil
import pytest

from lib import cli, faces, images, paths
from lib.faces import batches, jobs
from lib.faces.store import Rows, Store
from lib.synthetic import Subject, render

FIELDS = {"value": ((2,), "<i8")}


def lengths(inputs: dict) -> tuple[list[str], dict]:
    """Stand in for a costly job: twice the length of a path."""
    value = np.array([[len(path), 2 * len(path)] for path in inputs["path"]])
    return ["ok" if length % 2 else "even" for length in value[:, 0]], {"value": value}


def what_the_worker_has(inputs: dict) -> tuple[list[str], dict]:
    heavy = {"tensorflow", "keras", "jax", "mediapipe", "matplotlib"} & set(sys.modules)
    threads = [cv2.getNumThreads(), int(os.environ.get("OMP_NUM_THREADS", 0))]
    rows = len(inputs["path"])
    return ["+".join(sorted(heavy)) or "light"] * rows, {"value": np.tile(threads, (rows, 1))}


def frames(inputs: dict) -> tuple[list[str], dict]:
    rows = len(inputs["path"])
    return ["ok"] * rows, {"frame": np.full((rows, 128, 128, 3), 7, np.uint8)}


class Counted:
    def __init__(self) -> None:
        self.paths = []

    def __call__(self, inputs: dict) -> tuple[list[str], dict]:
        self.paths.extend(inputs["path"])
        return lengths(inputs)


def names(*numbers: int) -> tuple[np.ndarray, dict]:
    """Return keys and inputs of a few rows; few enough that they are computed in this process."""
    text = [f"{'x' * number}" for number in numbers]
    return np.array([f"{number:032x}" for number in numbers], "S32"), {"path": np.array(text)}


def fill(store: Store, keys: np.ndarray, inputs: dict, job: batches.Job = lengths) -> tuple[np.ndarray, int]:
    slots = store.slots(keys)
    return slots, batches.fill(store, slots, inputs, job, "test")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rendered faces, two of them in one picture; no face; and files that are no image."""
    folder = tmp_path_factory.mktemp("pictures")
    pictures = [render(Subject(seed), "happy", 0.8, np.random.default_rng(seed), size=256)[0] for seed in range(3)]
    small = cv2.resize(pictures[2], (160, 160))
    pair = np.concatenate([cv2.copyMakeBorder(small, 96, 0, 0, 0, cv2.BORDER_REPLICATE), pictures[1]], axis=1)
    nothing = np.tile(np.linspace(0, 255, 300).astype(np.uint8)[:, None, None], (1, 200, 3))
    for name, picture in {"a one": pictures[0], "b two": pair, "c none": nothing}.items():
        images.write(folder / f"{name}.png", picture)
    (folder / "d zero.png").touch()
    whole = (folder / "a one.png").read_bytes()
    (folder / "e cut.png").write_bytes(whole[: len(whole) // 2])
    return folder


def table(*files: Path) -> pd.DataFrame:
    return pd.DataFrame({"path": [str(file) for file in files], "row": -1, "data_set": "own", "emotion": "happy"})


@pytest.fixture
def pictures(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    return table(*sorted(folder.iterdir()), folder / "f missing.png")


def test_a_second_call_computes_nothing_and_gives_the_same(tmp_path):
    keys, inputs = names(3, 4, 9)
    store = Store(tmp_path / "s", FIELDS, {})
    slots, computed = fill(store, keys, inputs)
    again, more = fill(Store(tmp_path / "s", FIELDS, {}), keys, inputs)
    assert (computed, more) == (3, 0)
    assert np.array_equal(slots, again)
    assert store["value"].tolist() == [[3, 6], [4, 8], [9, 18]]
    assert store["status"].tolist() == [b"ok", b"even", b"ok"]


def test_only_rows_not_seen_before_are_computed(tmp_path):
    store, job = Store(tmp_path / "s", FIELDS, {}), Counted()
    fill(store, *names(3, 4), job)
    slots, computed = fill(store, *names(7, 4, 3, 5), job)
    assert computed == 2
    assert job.paths == ["x" * number for number in (3, 4, 7, 5)]
    assert np.asarray(store.rows("value", slots))[:, 0].tolist() == [7, 4, 3, 5]


def test_equal_images_share_a_row(tmp_path):
    slots, computed = fill(Store(tmp_path / "s", FIELDS, {}), *names(5, 6, 5, 5))
    assert slots.tolist() == [0, 1, 0, 0]
    assert computed == 2


def test_rows_in_stored_order_are_the_memory_map_and_others_a_view_of_it(tmp_path):
    store = Store(tmp_path / "s", FIELDS, {})
    slots, _ = fill(store, *names(*range(1, 9)))
    assert isinstance(store.rows("value", slots[2:5]), np.memmap)
    view = store.rows("value", slots[::-1])
    assert isinstance(view, Rows)
    assert len(view) == 8
    assert view.shape == (8, 2)
    assert view.dtype == np.int64
    assert view[0].tolist() == [8, 16]
    assert np.array_equal(np.asarray(view)[::-1], store["value"])


def test_a_file_that_grew_without_its_keys_is_put_right(tmp_path):
    store = Store(tmp_path / "s", FIELDS, {})
    fill(store, *names(3, 4))
    with open(tmp_path / "s" / "value.npy", "ab") as file:  # killed between two files
        file.write(b"\xff" * 37)
    slots, computed = fill(store, *names(4, 5, 3))
    assert computed == 1
    assert np.asarray(store.rows("value", slots))[:, 0].tolist() == [4, 5, 3]
    assert store["value"].shape == (3, 2)


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    program = (
        "import time, numpy as np\n"
        "from pathlib import Path\n"
        "from tests.test_prepare import FIELDS, fill, lengths, names\n"
        "from lib.faces import batches\n"
        "from lib.faces.store import Store\n"
        "def slow(inputs):\n    time.sleep(0.2)\n    return lengths(inputs)\n"
        "batches.BATCH, batches.joblib.cpu_count = 4, lambda: 1\n"
        f"fill(Store(Path({str(tmp_path / 's')!r}), FIELDS, {{}}), *names(*range(1, 201)), slow)\n"
    )
    status = tmp_path / "s" / "status.npy"
    with subprocess.Popen([sys.executable, "-c", program], cwd=paths.ROOT, stderr=subprocess.DEVNULL) as process:
        while not status.exists() or np.count_nonzero(np.load(status, mmap_mode="r") != b"") < 8:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    store = Store(tmp_path / "s", FIELDS, {})
    done = np.flatnonzero(store["status"] != b"")
    assert 8 <= len(done) < 200
    assert len(done) % 4 == 0
    assert np.array_equal(store["value"][done, 0], done + 1)
    slots, computed = fill(store, *names(*range(1, 201)))
    assert computed == 200 - len(done)
    assert np.array_equal(store["value"][slots, 0], np.arange(1, 201))


def test_memory_does_not_grow_with_the_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(batches.joblib, "cpu_count", lambda: 1)
    store, me = Store(tmp_path / "s", {"frame": ((128, 128, 3), "|u1")}, {}), psutil.Process()
    keys, inputs = names(*range(6000))
    fill(store, keys[:200], {"path": inputs["path"][:200]}, frames)
    before = me.memory_info().rss
    fill(store, keys, inputs, frames)  # 295 MB of crops
    assert me.memory_info().rss - before < 100e6
    (tmp_path / "s" / "frame.npy").unlink()


def test_workers_are_light_and_keep_to_one_thread(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 4)
    store = Store(tmp_path / "s", FIELDS, {})
    fill(store, *names(*range(1, 33)), what_the_worker_has)
    assert set(store["status"].tolist()) == {b"light"}
    assert set(store["value"].ravel().tolist()) == {1}


def test_every_image_is_listed_with_its_status(pictures):
    found = faces.find_faces(pictures, paths.data("smoke"))
    assert found.table["status"].tolist() == ["ok", "ok", "no face", "zero-byte", "truncated", "missing"]
    assert found.table["faces"].tolist() == [1, 2, 0, 0, 0, 0]
    assert found.table[pictures.columns].equals(pictures)
    assert found.mesh.shape == (6, 468, 2)
    assert np.isnan(found.box[2:]).all()
    assert np.isnan(found.landmarks[2:]).all()


def test_of_several_faces_the_largest_is_taken(pictures):
    found = faces.find_faces(pictures, paths.data("smoke"))
    seen = faces.detect(images.read(pictures["path"][1]))
    largest = max(seen, key=lambda face: face.box[2] * face.box[3])
    assert np.array_equal(found.landmarks[1], largest.landmarks)
    assert found.box[1][0] > 160


def test_a_changed_image_is_detected_again_and_the_others_are_not(pictures, monkeypatch, tmp_path):
    copies = [tmp_path / f"{i}.png" for i in range(2)]
    for i, copy in enumerate(copies):
        copy.write_bytes(Path(pictures["path"][i]).read_bytes())
    first = faces.find_faces(table(*copies), paths.data("smoke"))
    copies[0].write_bytes(Path(pictures["path"][2]).read_bytes())
    read = []
    monkeypatch.setattr(jobs, "read", lambda *file, plain=jobs.read: read.append(file[0]) or plain(*file))
    second = faces.find_faces(table(*copies), paths.data("smoke"))
    assert read == [str(copies[0])]
    assert second.table["status"].tolist() == ["no face", "ok"]
    assert np.array_equal(first.mesh[1], second.mesh[1])


def test_records_of_a_packed_file_are_known_by_their_pixels(pictures, tmp_path, monkeypatch):
    csv = tmp_path / "fer2013.csv"
    line = "0,{},Training\n".format
    record = [" ".join([str(level)] * 48 * 48) for level in (10, 20, 30)]
    rows = pd.DataFrame({"path": str(csv), "row": [0, 1], "data_set": "fer2013"})
    csv.write_text("emotion,pixels,Usage\n" + line(record[0]) + line(record[1]))
    faces.find_faces(rows, paths.data("smoke"))
    csv.write_text("emotion,pixels,Usage\n" + line(record[2]) + line(record[1]))
    detected = []
    monkeypatch.setattr(jobs, "detect", lambda image: detected.append(image[0, 0]) or [])
    assert faces.find_faces(rows, paths.data("smoke")).table["status"].tolist() == ["no face", "no face"]
    assert detected == [30]


def test_crops_are_those_of_align_without_a_second_detection(pictures, monkeypatch):
    landmarks = faces.detect(images.read(pictures["path"][0]))[0].landmarks
    expected = faces.align(images.read(pictures["path"][0]), landmarks, "proposed", 96).crop
    faces.find_faces(pictures, paths.data("smoke"))
    monkeypatch.setattr(jobs, "detect", lambda image: pytest.fail("detected again"))
    crops = faces.crop_faces(pictures, paths.data("smoke"), size=96)
    assert crops.table["status"].tolist() == ["ok", "ok", "no face", "zero-byte", "truncated", "missing"]
    assert crops.images.shape == (6, 96, 96, 3)
    assert isinstance(crops.images, np.memmap)
    assert np.array_equal(crops.images[0], expected)
    assert not np.any(crops.images[2:])


def test_the_centre_crop_is_taken_only_when_asked_for_and_marked(pictures):
    crops = faces.crop_faces(pictures, paths.data("smoke"), size=50, no_face="centre")
    assert crops.table["status"].tolist() == ["ok", "ok", "centre crop", "zero-byte", "truncated", "missing"]
    middle = images.read(pictures["path"][2])[50:250]
    assert np.array_equal(crops.images[2], cv2.resize(middle, (50, 50), interpolation=cv2.INTER_AREA))


def test_other_parameters_or_other_code_make_another_store(pictures, monkeypatch, tmp_path):
    pictures = pictures[:1]
    faces.crop_faces(pictures, paths.data("smoke"), size=48)
    faces.crop_faces(pictures, paths.data("smoke"), "eyes", size=48)
    faces.crop_faces(pictures, paths.data("smoke"), "eyes", size=48)
    assert len(list((paths.data("smoke") / "crops").iterdir())) == 2
    assert len(list((paths.data("smoke") / "faces").iterdir())) == 1
    edited = tmp_path / "images.py"
    edited.write_text(Path(images.__file__).read_text() + "# edited\n")
    monkeypatch.setattr(images, "__file__", str(edited))
    faces.find_faces(pictures, paths.data("smoke"))
    assert len(list((paths.data("smoke") / "faces").iterdir())) == 2


def test_unknown_choices_and_empty_tables_are_refused(pictures):
    with pytest.raises(ValueError, match="how is 'best'"):
        faces.crop_faces(pictures, paths.data("smoke"), how="best")
    with pytest.raises(ValueError, match="no_face is 'guess'"):
        faces.crop_faces(pictures, paths.data("smoke"), no_face="guess")
    with pytest.raises(ValueError, match="no rows"):
        faces.find_faces(pictures[:0], paths.data("smoke"))


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(pictures, tmp_path, monkeypatch):
    import distributed

    for i in range(24):
        (tmp_path / f"{i:02d}.png").symlink_to(pictures["path"][i % 3])
    rows = table(*sorted(tmp_path.glob("*.png")))
    monkeypatch.setattr(batches, "BATCH", 4)
    alone = faces.find_faces(rows, paths.data("smoke"))
    monkeypatch.setattr(paths, "BUILD", tmp_path / "on the cluster")
    killed = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:

        def put(store: Store, *batch: object, plain: object = Store.put) -> None:
            plain(store, *batch)
            if not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        monkeypatch.setattr(Store, "put", put)
        spread = faces.find_faces(rows, paths.data("smoke"), scheduler=cluster.scheduler_address)
    assert killed
    assert spread.table.equals(alone.table)
    assert spread.table["faces"].tolist() == [1, 2, 0] * 8
    for name in ("box", "mesh", "landmarks"):
        assert np.asarray(getattr(spread, name)).tobytes() == np.asarray(getattr(alone, name)).tobytes()


def test_the_command_line_prepares_a_data_set(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    (tmp_path / "own" / "happy").mkdir(parents=True)
    for name in ("a one.png", "c none.png"):
        (tmp_path / "own" / "happy" / name).write_bytes((folder / name).read_bytes())
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    assert cli.main(["prepare", "own", "--scale", "smoke", "--size", "48"]) == 0
    assert "own: 1 ok, 1 no face" in capsys.readouterr().out
    assert len(list((tmp_path / "build" / "data" / "smoke" / "crops").glob("*/images.npy"))) == 1


def test_a_face_that_spans_no_crop_is_listed_as_such(pictures):
    row = {name: pictures[name].to_numpy()[:1] for name in ("path", "row", "data_set")}
    profile = {**row, "status": np.array(["ok"]), "landmarks": np.zeros((1, 68, 2), np.float32)}
    for no_face, expected in {"skip": "no upright face", "centre": "centre crop"}.items():
        statuses, fields = jobs.cropped(profile, "proposed", 48, no_face)
        assert statuses == [expected]
        assert fields["images"].any() == (no_face == "centre")
