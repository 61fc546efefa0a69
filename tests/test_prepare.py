"""Tables in, crops out: the store, the worker processes, the two passes, and every fault that they must outlive."""

import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil
import pytest

from lib import cli, faces, images, paths
from lib.faces import prepare, workers
from lib.faces.store import Rows, Store
from lib.synthetic import Subject, render

FIELDS = [("value", "<i8", (2,))]


def length(path: str) -> dict:
    """Stand in for a costly task: the length of a path, and twice that."""
    return {"status": "ok" if len(path) % 2 else "even", "value": (len(path), 2 * len(path))}


def what_the_worker_has(path: str) -> dict:
    heavy = {"tensorflow", "keras", "jax", "mediapipe", "matplotlib"} & set(sys.modules)
    threads = (cv2.getNumThreads(), int(os.environ.get("OMP_NUM_THREADS", 0)))
    return {"status": "+".join(sorted(heavy)) or "light", "value": threads}


def frame(path: str) -> dict:
    return {"status": "ok", "frame": np.full((128, 128, 3), 7, np.uint8)}


def fill(store: Store, numbers: list[int], function: workers.Task = length) -> tuple[np.ndarray, int]:
    """Fill the rows of a few numbers; a path of so many letters stands for each."""
    slots = store.slots(f"{number:032x}" for number in numbers)
    return slots, workers.fill(store, slots, lambda row: (function, "x" * numbers[row]), "test")


ROWS = int(os.environ.get("FACE_STUDY_ROWS", 10_000))  # 1,000,000 by hand: about ten minutes, 4.4 GB of disk
PAIRS = int(os.environ.get("FACE_STUDY_PAIRS", 1))  # of calls with one worker and with two; 20 by hand
WAIT = 0.02  # seconds that a stub sleeps for each row, about what a real face takes; so it needs no core
log = logging.getLogger(__name__)  # pytest --log-cli-level=INFO shows the figures


def face_or_stub(number: int, path: str, wait: float = 0) -> dict:
    """Look for the face of every thousandth row; for the others wait, and make up as large a result."""
    if number % 1000 == 0:
        return prepare.find_face((path, -1, "own"))
    time.sleep(wait)
    return {"status": "ok", **{name: np.full(shape, number, kind) for name, kind, shape in prepare.FIELDS[:3]}}


def assert_stubs(store: Store, slots: np.ndarray) -> None:
    """Check what `face_or_stub` has left in the store."""
    assert (store.status(slots) == "ok").all()
    boxes = store.open("rows")["box"][slots[[0, 1, 1000]]]
    assert boxes[1].tolist() == [1, 1, 1, 1]
    assert np.array_equal(boxes[0], boxes[2])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in this process, so that a test can watch it."""

    def submit(function: workers.Task, *arguments: object) -> Future:
        future = Future()
        future.set_result(function(*arguments))
        return future

    monkeypatch.setattr(workers, "_processes", lambda *_: contextlib.nullcontext((submit, lambda: 2, lambda: False)))


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
    store = Store(tmp_path / "s", FIELDS, {})
    slots, computed = fill(store, [3, 4, 9])
    again, more = fill(Store(tmp_path / "s", FIELDS, {}), [3, 4, 9])
    assert (computed, more) == (3, 0)
    assert np.array_equal(slots, again)
    assert store.open("rows")["value"].tolist() == [[3, 6], [4, 8], [9, 18]]
    assert store.status(slots).tolist() == ["ok", "even", "ok"]


@pytest.mark.usefixtures("here")
def test_only_rows_not_seen_before_are_computed(tmp_path):
    store, seen = Store(tmp_path / "s", FIELDS, {}), []
    watched = lambda path: seen.append(len(path)) or length(path)  # noqa: E731
    fill(store, [3, 4], watched)
    slots, computed = fill(store, [7, 4, 3, 5], watched)
    assert computed == 2
    assert seen == [3, 4, 7, 5]
    assert store.open("rows")["value"][slots, 0].tolist() == [7, 4, 3, 5]


def test_equal_images_share_a_row(tmp_path):
    slots, computed = fill(Store(tmp_path / "s", FIELDS, {}), [5, 6, 5, 5])
    assert slots.tolist() == [0, 1, 0, 0]
    assert computed == 2


def test_rows_are_read_in_the_order_of_the_table(tmp_path):
    store = Store(tmp_path / "s", FIELDS, {})
    slots, _ = fill(store, list(range(1, 9)))
    rows = Rows(store.open("rows")["value"], slots[::-1])
    assert len(rows) == 8
    assert rows.shape == (8, 2)
    assert rows.dtype == np.int64
    assert rows[0].tolist() == [8, 16]
    assert rows[np.array([True] + 7 * [False])].tolist() == [[8, 16]]
    assert np.array_equal(np.asarray(rows)[::-1], store.open("rows")["value"])


@pytest.mark.parametrize("name", ["index", "rows"])
@pytest.mark.parametrize("left", [0.0, 0.4, 0.95])
def test_a_file_that_was_cut_keeps_its_whole_rows_and_the_others_are_made_anew(tmp_path, name, left):
    store = Store(tmp_path / "s", FIELDS, {})
    fill(store, list(range(1, 11)))
    file = tmp_path / "s" / f"{name}.bin"
    os.truncate(file, int(left * file.stat().st_size))
    slots, computed = fill(Store(tmp_path / "s", FIELDS, {}), list(range(1, 11)))
    assert computed == 10 - int(10 * left)
    assert store.open("rows")["value"][slots, 0].tolist() == list(range(1, 11))


def test_a_file_that_grew_without_the_other_is_put_right(tmp_path):
    store = Store(tmp_path / "s", FIELDS, {})
    fill(store, [3, 4])
    for name in ("rows", "index"):  # killed between the two, or within a record
        with open(tmp_path / "s" / f"{name}.bin", "ab") as file:
            file.write(b"\xff" * 37)
    slots, computed = fill(store, [4, 5, 3])
    assert computed == 1
    assert store.open("rows")["value"][slots, 0].tolist() == [4, 5, 3]
    assert len(store) == 3


def test_a_full_disk_is_said_in_words_and_costs_nothing(tmp_path):
    store = Store(tmp_path / "s", [("frame", "u1", (1000,))], {})
    slots = store.slots("ab")
    before, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))  # no file may be larger
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            store.slots(f"{number}" for number in range(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert len(store) == 2
    assert np.array_equal(store.slots("ab"), slots)
    assert store.slots(f"{number}" for number in range(1000)).tolist() == list(range(2, 1002))  # there is room again


def test_room_is_reserved_on_the_disk_so_that_a_map_cannot_fail(tmp_path):
    store = Store(tmp_path / "s", [("frame", "u1", (1000,))], {})
    store.slots(f"{number}" for number in range(1000))
    facts = os.stat(tmp_path / "s" / "rows.bin")
    assert facts.st_blocks * 512 >= facts.st_size == 1_000_000


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    program = (
        "import time\n"
        "from pathlib import Path\n"
        "from tests.test_prepare import FIELDS, fill, length, workers\n"
        "from lib.faces.store import Store\n"
        "def slow(path):\n    time.sleep(0.05)\n    return length(path)\n"
        "workers.BATCH, workers.joblib.cpu_count = 4, lambda: 1\n"
        f"fill(Store(Path({str(tmp_path / 's')!r}), FIELDS, {{}}), list(range(1, 201)), slow)\n"
    )
    store, places = Store(tmp_path / "s", FIELDS, {}), np.arange(200)
    with subprocess.Popen([sys.executable, "-c", program], cwd=paths.ROOT, stderr=subprocess.DEVNULL) as process:
        while len(store) < 200 or np.count_nonzero(store.status(places) != "") < 8:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    done = np.flatnonzero(store.status(places) != "")
    assert 8 <= len(done) < 200
    assert len(done) % 4 == 0
    assert np.array_equal(store.open("rows")["value"][done, 0], done + 1)
    slots, computed = fill(store, list(range(1, 201)))
    assert computed == 200 - len(done)
    assert np.array_equal(store.open("rows")["value"][slots, 0], np.arange(1, 201))


def test_memory_does_not_grow_with_the_rows(tmp_path):
    store, me = Store(tmp_path / "s", [("frame", "u1", (128, 128, 3))], {}), psutil.Process()
    fill(store, list(range(200)), frame)
    before = me.memory_info().rss
    fill(store, list(range(6000)), frame)  # 295 MB of crops
    assert me.memory_info().rss - before < 100e6
    (tmp_path / "s" / "rows.bin").unlink()


def test_memory_grows_by_less_than_a_kilobyte_a_row(pictures, tmp_path):
    """Rows take 4.4 kB on disk; $FACE_STUDY_ROWS asks for more of them than a test has time for."""
    store, me = Store(tmp_path / "s", prepare.FIELDS, {}), psutil.Process()
    peak, path = [0], pictures["path"][0]

    def task(row: int) -> workers.Task:
        peak[0] = max(peak[0], me.memory_info().rss) if row % 500 == 0 else peak[0]
        return face_or_stub, row, path

    workers.fill(store, store.slots(f"{number:032x}" for number in range(1000)), task, "warm up")
    before = me.memory_info().rss
    slots = store.slots(f"{number:032x}" for number in range(ROWS))
    workers.fill(store, slots, task, "test")
    assert max(peak[0], me.memory_info().rss) - before < 100e6 + 1000 * ROWS
    assert_stubs(store, slots)
    (tmp_path / "s" / "rows.bin").unlink()


def test_workers_are_light_and_keep_to_one_thread(tmp_path):
    store = Store(tmp_path / "s", FIELDS, {})
    slots, _ = fill(store, list(range(1, 33)), what_the_worker_has)
    assert set(store.status(slots)) == {"light"}
    assert set(store.open("rows")["value"].ravel().tolist()) == {1}


def test_a_row_that_crashes_its_process_is_listed_and_costs_no_other(tmp_path, monkeypatch):
    def deadly(path: str) -> dict:
        """Do as a decoder does that a damaged image crashes."""
        if len(path) == 7:
            os._exit(1)
        return {"status": "ok", "value": len(path)}

    monkeypatch.setattr(workers, "BATCH", 4)
    store, numbers = Store(tmp_path / "s", FIELDS, {}), list(range(1, 25))
    slots, _ = fill(store, numbers, deadly)
    expected = [workers.CRASHED if number == 7 else "ok" for number in numbers]
    assert store.status(slots).tolist() == expected
    _, more = fill(store, numbers, deadly)
    assert more == 0


ERRORS = {
    "EMFILE": OSError(errno.EMFILE, "Too many open files"),
    "EIO": OSError(errno.EIO, "Input/output error"),
    "ENOMEM": OSError(errno.ENOMEM, "Cannot allocate memory"),
    "memory": MemoryError(),
    "gone": FileNotFoundError(errno.ENOENT, "No such file or directory"),
    "no image": images.ImageError("truncated", "begins well"),
    "no number": ValueError("'pixels' is not in list"),
    "overflow": OverflowError("int too large"),
    "index": IndexError("index out of range"),
    "name": UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
}
PASSING = {
    "EMFILE": "Too many open files",
    "EIO": "Input/output error",
    "ENOMEM": "Cannot allocate memory",
    "memory": "Cannot allocate memory",
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ERRORS)
def test_a_fault_is_listed_and_a_passing_one_is_tried_again(pictures, monkeypatch, name):
    pictures, plain = pictures[:2], prepare.datasets.read_image
    broken = Path(pictures["path"][0])

    def read(row: dict) -> np.ndarray:
        if row["path"] != str(broken):
            return plain(row)
        if name != "EIO":
            raise ERRORS[name]
        raise images.ImageError("unreadable", f"{broken} is not an image") from ERRORS[name]  # as `images.read` does

    monkeypatch.setattr(prepare.datasets, "read_image", read)
    warned = pytest.warns(UserWarning, match="1 of 2 images could not be read")
    with warned if name in PASSING else contextlib.nullcontext():
        status = faces.find_faces(pictures, paths.data("smoke")).table["status"].tolist()
    assert status[1] == "ok"
    assert status[0] not in ("ok", "no face", "")
    assert (status[0] == f"again: {PASSING.get(name)}") == (name in PASSING)
    monkeypatch.setattr(prepare.datasets, "read_image", plain)
    again = faces.find_faces(pictures, paths.data("smoke")).table["status"].tolist()
    assert again == (["ok", "ok"] if name in PASSING else status)


@pytest.mark.usefixtures("here")
def test_a_crop_that_waits_for_its_face_is_cut_when_the_face_is_there(pictures, monkeypatch):
    plain = prepare.datasets.read_image
    monkeypatch.setattr(prepare.datasets, "read_image", lambda row: (_ for _ in ()).throw(ERRORS["EMFILE"]))
    with pytest.warns(UserWarning, match="cropping: 1 of 1"), pytest.warns(UserWarning, match="finding faces: 1 of 1"):
        assert not faces.crop_faces(pictures[:1], paths.data("smoke"), size=48).images[0].any()
    monkeypatch.setattr(prepare.datasets, "read_image", plain)
    crops = faces.crop_faces(pictures[:1], paths.data("smoke"), size=48)
    assert crops.table["status"].tolist() == ["ok"]
    assert crops.images[0].any()


@pytest.mark.usefixtures("here")
def test_a_copy_elsewhere_with_another_time_is_not_looked_at_again(pictures, tmp_path, monkeypatch):
    first = faces.find_faces(pictures[:2], paths.data("smoke"))
    for i, path in enumerate(pictures["path"][:2]):
        (tmp_path / f"copy {i}.png").write_bytes(Path(path).read_bytes())
        os.utime(tmp_path / f"copy {i}.png", (1, 1))
    monkeypatch.setattr(prepare, "_read", lambda file: pytest.fail("read again"))
    copied = faces.find_faces(table(*(tmp_path / f"copy {i}.png" for i in range(2))), paths.data("smoke"))
    assert np.array_equal(np.asarray(first.mesh), np.asarray(copied.mesh))


def test_a_fault_of_the_installation_is_no_status_of_an_image(tmp_path):
    def unequipped(path: str) -> dict:
        raise ImportError("mediapipe is not installed")

    store = Store(tmp_path / "s", FIELDS, {})
    with pytest.raises(ImportError, match="mediapipe is not installed"):
        fill(store, [1, 2, 3], unequipped)
    assert (store.status(np.arange(3)) == "").all()


def test_a_picture_that_aborts_its_process_is_listed_and_the_next_run_does_not_read_it(pictures, monkeypatch):
    def detect(image: np.ndarray) -> list:
        if len(image) == 300:  # the picture without a face
            os.abort()
        return []

    def find(file: prepare.File) -> dict:
        plain, prepare.detect = prepare.detect, detect  # in the process of the worker
        try:
            return prepare.find_face(file)
        finally:
            prepare.detect = plain

    monkeypatch.setattr(prepare, "find_face", find)
    for _ in range(2):
        status = faces.find_faces(pictures, paths.data("smoke")).table["status"].tolist()
        assert status == ["no face", "no face", workers.CRASHED, "zero-byte", "truncated", "missing"]
        monkeypatch.setattr(workers, "_processes", lambda *_: pytest.fail("looked at again"))


def test_a_name_that_is_no_utf_8_has_a_key():
    assert len(prepare._key((os.fsdecode(b"/nowhere/\xff.png"), -1, "own"))) == 32


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


@pytest.mark.usefixtures("here")
def test_a_changed_image_is_detected_again_and_the_others_are_not(pictures, monkeypatch, tmp_path):
    copies = [tmp_path / f"{i}.png" for i in range(2)]
    for i, copy in enumerate(copies):
        copy.write_bytes(Path(pictures["path"][i]).read_bytes())
    first = faces.find_faces(table(*copies), paths.data("smoke"))
    copies[0].write_bytes(Path(pictures["path"][2]).read_bytes())
    read = []
    monkeypatch.setattr(prepare, "_read", lambda file, plain=prepare._read: read.append(file[0]) or plain(file))
    second = faces.find_faces(table(*copies), paths.data("smoke"))
    assert read == [str(copies[0])]
    assert second.table["status"].tolist() == ["no face", "ok"]
    assert np.array_equal(first.mesh[1], second.mesh[1])


@pytest.mark.usefixtures("here")
def test_records_of_a_packed_file_are_known_by_their_pixels(pictures, tmp_path, monkeypatch):
    csv = tmp_path / "fer2013.csv"
    line = "0,{},Training\n".format
    record = [" ".join([str(level)] * 48 * 48) for level in (10, 20, 30)]
    rows = pd.DataFrame({"path": str(csv), "row": [0, 1], "data_set": "fer2013"})
    csv.write_text("emotion,pixels,Usage\n" + line(record[0]) + line(record[1]))
    faces.find_faces(rows, paths.data("smoke"))
    csv.write_text("emotion,pixels,Usage\n" + line(record[2]) + line(record[1]))
    detected = []
    monkeypatch.setattr(prepare, "detect", lambda image: detected.append(image[0, 0]) or [])
    assert faces.find_faces(rows, paths.data("smoke")).table["status"].tolist() == ["no face", "no face"]
    assert detected == [30]


@pytest.mark.usefixtures("here")
def test_crops_are_those_of_align_without_a_second_detection(pictures, monkeypatch):
    landmarks = faces.detect(images.read(pictures["path"][0]))[0].landmarks
    expected = faces.align(images.read(pictures["path"][0]), landmarks, "proposed", 96).crop
    faces.find_faces(pictures, paths.data("smoke"))
    monkeypatch.setattr(prepare, "detect", lambda image: pytest.fail("detected again"))
    crops = faces.crop_faces(pictures, paths.data("smoke"), size=96)
    assert crops.table["status"].tolist() == ["ok", "ok", "no face", "zero-byte", "truncated", "missing"]
    assert crops.images.shape == (6, 96, 96, 3)
    assert np.array_equal(crops.images[0], expected)
    assert not np.any(crops.images[2:])


def test_other_parameters_or_other_code_make_another_store(pictures, monkeypatch, tmp_path):
    pictures = pictures[:1]
    faces.crop_faces(pictures, paths.data("smoke"), size=48)
    faces.crop_faces(pictures, paths.data("smoke"), "eyes", size=48)
    faces.crop_faces(pictures, paths.data("smoke"), "eyes", size=48)
    assert len(list((paths.data("smoke") / "crops").iterdir())) == 2
    assert len(list((paths.data("smoke") / "faces").iterdir())) == 1
    edited = tmp_path / "images.py"
    edited.write_text(Path(images.__file__).read_text() + "EDITED = True\n")
    monkeypatch.setattr(images, "__file__", str(edited))
    faces.find_faces(pictures, paths.data("smoke"))
    assert len(list((paths.data("smoke") / "faces").iterdir())) == 2


def test_unknown_choices_and_empty_tables_are_refused(pictures):
    with pytest.raises(ValueError, match="how is 'best'"):
        faces.crop_faces(pictures, paths.data("smoke"), how="best")
    with pytest.raises(ValueError, match="size is 0"):
        faces.crop_faces(pictures, paths.data("smoke"), size=0)
    with pytest.raises(ValueError, match="no rows"):
        faces.find_faces(pictures[:0], paths.data("smoke"))


def dask(command: str, *arguments: object) -> subprocess.Popen:
    """Start the scheduler or a worker of a cluster as a user does, with what both need on their path."""
    path = os.pathsep.join([str(paths.ROOT), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, "-m", "dask", command, "--no-dashboard", *map(str, arguments)]
    return subprocess.Popen(words, env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.DEVNULL)


class Cluster(contextlib.ExitStack):
    """A scheduler and workers of one thread on this machine, each a process, killed at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"

    def scheduler(self) -> subprocess.Popen:
        return self._started(dask("scheduler", "--host", "127.0.0.1", "--port", self.port))

    def worker(self, threads: int = 1) -> subprocess.Popen:
        options = ("--no-nanny", "--nthreads", threads, "--memory-limit", 0)
        return self._started(dask("worker", *options, self.address))

    def _started(self, process: subprocess.Popen) -> subprocess.Popen:
        self.callback(process.wait)
        self.callback(process.kill)
        return process


def wait_for(cluster: Cluster, workers: int) -> None:
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(workers)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_cluster_gives_the_same_bytes_though_a_worker_and_then_the_scheduler_are_killed(
    pictures, tmp_path, monkeypatch
):
    """A worker is killed after the first rows, another joins late, and the scheduler is killed and started again."""
    for i in range(24):  # three pictures with another corner each
        picture = images.read(pictures["path"][i % 3])
        picture[:2, :2] = 10 * i
        images.write(tmp_path / f"{i:02d}.png", picture)
    rows = table(*sorted(tmp_path.glob("*.png")))
    monkeypatch.setattr(workers, "BATCH", 2)
    alone = faces.find_faces(rows, paths.data("smoke"))
    monkeypatch.setattr(paths, "BUILD", tmp_path / "on the cluster")
    puts = []
    with Cluster() as cluster:
        scheduler, worker = cluster.scheduler(), cluster.worker()

        def put(store: Store, *batch: object, plain: object = Store.put) -> None:
            plain(store, *batch)
            puts.append(batch)
            if len(puts) == 1:
                worker.kill()
                cluster.worker()
            if len(puts) == 3:
                scheduler.kill()
                scheduler.wait()
                cluster.scheduler()
                cluster.worker()

        monkeypatch.setattr(Store, "put", put)
        monkeypatch.setenv("FACE_STUDY_SCHEDULER", cluster.address)
        spread = faces.find_faces(rows, paths.data("smoke"))
    assert len(puts) > 3
    assert spread.table.equals(alone.table)
    assert spread.table["faces"].tolist() == [1, 2, 0] * 8
    for name in ("box", "mesh", "landmarks"):
        assert np.asarray(getattr(spread, name)).tobytes() == np.asarray(getattr(alone, name)).tobytes()


def test_work_that_a_new_scheduler_has_never_heard_of_is_given_out_again(monkeypatch):
    """Two answers get lost with their scheduler, which is seen the second time it is asked for."""
    monkeypatch.setattr(workers, "_PATIENCE", 0.01)
    given_out, lost = [], iter([False, True])

    def submit(function: workers.Task, tasks: list) -> Future:
        given_out.append(tasks)
        future = Future()
        if len(given_out) > 2:
            future.set_result(function(tasks))
        return future

    batches = [np.array([0, 1]), np.array([2, 3])]
    done = workers._results(submit, lambda: 2, lambda: next(lost), lambda row: (dict, {"row": row}), batches)
    results = [result["row"] for _, part in done for result in part]
    assert sorted(results) == [0, 1, 2, 3]
    assert sorted(map(str, given_out[:2])) == sorted(map(str, given_out[2:]))


def test_a_scheduler_that_does_not_come_back_is_named(tmp_path, monkeypatch):
    from dask import config

    monkeypatch.setattr(workers, "BATCH", 1)
    store, puts = Store(tmp_path / "s", FIELDS, {}), []
    timeouts = {"distributed.comm.timeouts.connect": "12s"}
    with Cluster() as cluster, config.set(timeouts):
        scheduler, _ = cluster.scheduler(), cluster.worker()

        def put(store: Store, *batch: object, plain: object = Store.put) -> None:
            plain(store, *batch)
            puts.append(batch)
            scheduler.kill()

        monkeypatch.setattr(Store, "put", put)
        monkeypatch.setenv("FACE_STUDY_SCHEDULER", cluster.address)
        with pytest.raises(RuntimeError, match=f"{cluster.address} is gone"):
            fill(store, list(range(1, 200)), lambda path: {"status": "ok", "value": len(path)})
    assert len(puts) < 200
    assert (store.status(np.arange(199)) != "").any()


def test_memory_stands_still_while_rows_are_worked_on(pictures, tmp_path, monkeypatch):
    """Rows take 4.4 kB on disk; a worker of many threads waits for the stubs, beside one that looks at faces."""
    store, path = Store(tmp_path / "s", prepare.FIELDS, {}), pictures["path"][0]
    rss = {}  # per share of the rows under way or done, in tenths: bytes of caller, scheduler and worker

    def task(row: int) -> workers.Task:
        rss.setdefault(10 * row // ROWS, [process.memory_info().rss for process in processes])
        return face_or_stub, row, path, WAIT

    with Cluster() as cluster:
        started = cluster.scheduler(), cluster.worker(threads=64)
        processes = [psutil.Process(), *(psutil.Process(one.pid) for one in started)]
        monkeypatch.setenv("FACE_STUDY_SCHEDULER", cluster.address)
        workers.fill(store, store.slots(f"{number:032x}" for number in range(4000)), task, "warm up")
        before = processes[0].memory_info().rss
        rss.clear()
        slots = store.slots(f"{number:032x}" for number in range(ROWS))
        workers.fill(store, slots, task, "test")
        rss[10] = [process.memory_info().rss for process in processes]
    for tenth, sizes in rss.items():
        log.info("%d %% of %d rows: caller, scheduler, worker %s MB", 10 * tenth, ROWS, [s // 10**6 for s in sizes])
    assert max(sizes[0] for sizes in rss.values()) - before < 100e6 + 1000 * ROWS
    caller_and_scheduler = np.array(rss[10])[:2] - rss[min(rss)][:2]
    assert (caller_and_scheduler < 100e6).all()  # a worker holds what the caller has not fetched yet
    assert_stubs(store, slots)
    (tmp_path / "s" / "rows.bin").unlink()


def costs(cluster: Cluster, store: Store, task: workers.Task, rows: int = 256) -> tuple[float, float]:
    """Return the seconds that a cluster takes for so many rows, and the processor seconds of its workers."""

    def spent() -> float:
        return sum(sum(psutil.Process(worker.pid).cpu_times()[:2]) for worker in cluster.workers)

    slots = store.slots(f"{number:032x}" for number in range(rows))
    began, before = time.perf_counter(), spent()
    workers.fill(store, slots, lambda row: task, "test")
    assert (store.status(slots) == "ok").all()
    return time.perf_counter() - began, spent() - before


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[Cluster, Cluster]]:
    """Yield a cluster of one worker and one of two, each of one thread."""
    with Cluster() as one, Cluster() as two:
        for cluster, count in ((one, 1), (two, 2)):
            cluster.scheduler()
            cluster.workers = [cluster.worker() for _ in range(count)]
        for cluster in (one, two):
            wait_for(cluster, len(cluster.workers))
        yield one, two


@pytest.mark.parametrize("kind", ["waiting", "faces"])
def test_two_workers_compute_all_rows_as_one_does_and_their_efficiency_is_logged(
    clusters, pictures, tmp_path, monkeypatch, kind
):
    """One and two processes of one thread in turn, so that the load of the machine hits both alike.

    Of stubs that wait the seconds count, as they need no core; of faces those of the processor, where cores are few.
    """
    path = pictures["path"][0]
    task = (face_or_stub, 1, path, WAIT) if kind == "waiting" else (prepare.find_face, (path, -1, "own"))
    ratios = []
    for pair in range(PAIRS + 1):
        spent = []
        for number, cluster in enumerate(clusters):
            monkeypatch.setenv("FACE_STUDY_SCHEDULER", cluster.address)
            store = Store(tmp_path / f"{number} {pair}", prepare.FIELDS, {})
            spent.append(costs(cluster, store, task, 256 if pair else 64))  # the first, a short one, warms up
        (alone, cpu_alone), (both, cpu_both) = spent
        ratios.append((alone / both / 2, cpu_alone / cpu_both))
    share = np.array(ratios[1:])[:, 0 if kind == "waiting" else 1]
    quartiles = np.percentile(share, [25, 50, 75])
    log.info("%s: efficiency of two workers, %d pairs: quartiles %.3f, %.3f, %.3f", kind, PAIRS, *quartiles)


def test_the_command_line_prepares_a_data_set(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    (tmp_path / "own" / "happy").mkdir(parents=True)
    for name in ("a one.png", "c none.png"):
        (tmp_path / "own" / "happy" / name).write_bytes((folder / name).read_bytes())
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    assert cli.main(["prepare", "own", "--scale", "smoke", "--size", "48"]) == 0
    assert "own: 1 ok, 1 no face" in capsys.readouterr().out
    assert len(list((tmp_path / "build" / "data" / "smoke" / "crops").glob("*/rows.bin"))) == 1


def test_a_face_that_spans_no_crop_is_listed_as_such(pictures):
    file, profile = (pictures["path"][0], -1, "own"), np.zeros((68, 2), np.float32)
    assert prepare.crop_face(file, "ok", profile, "proposed", 48) == {"status": "no upright face"}
