"""Tables of fits: side by side as one by one, killed and resumed, the gate, and what the table says."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import psutil
import pytest

from lib import paths, training
from lib.training import gate, runs
from lib.training.fit import _Keeper

RECIPES = {"brief": training.Settings(epochs=3, batch_size=16, learning_rate=0.02)}
RUNS = pd.DataFrame(
    [
        {"label": "faces", "model": "compact_vgg_s", "pixels": 48, "inputs": "classes", "recipe": "brief", "seed": 0},
        {"label": "faces", "model": "compact_vgg_s", "pixels": 48, "inputs": "classes", "recipe": "brief", "seed": 1},
        {"label": "levels", "model": "compact_vgg_s", "pixels": 48, "inputs": "levels", "recipe": "brief", "seed": 0},
    ]
)


def inputs(folder):
    """Return two kinds of targets for the same memory-mapped crops of noise, made once."""
    path = folder / "crops.npy"
    if not path.exists():
        np.save(path, np.random.default_rng(0).integers(0, 256, (96, 48, 48, 3), dtype=np.uint8))
    crops, labels = np.load(path, mmap_mode="r"), np.arange(96) % 7
    split = np.where(np.arange(96) % 3 == 0, "validation", "train")
    levels = 0.8 * np.eye(7, dtype=np.float32)[labels]
    return {"classes": training.sides(crops, labels, split), "levels": training.sides(crops, levels, split)}


def fit_table(folder, processes):
    return training.fit_runs(RUNS, inputs(folder), RECIPES, folder / "fits", processes=processes)


def weights(fits, folder):
    return [np.load(folder / "fits" / name / "best.npz")["0"].tobytes() for name in fits["folder"]]


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    """Return the folder and the table of three networks fitted one after another."""
    folder = tmp_path_factory.mktemp("one_by_one")
    return folder, fit_table(folder, 1)


def start(folder):
    """Fit the table side by side in a process of its own, which others can kill."""
    code = f"import pathlib, test_runs; test_runs.fit_table(pathlib.Path({str(folder)!r}), 2)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(paths.ROOT), str(paths.ROOT / "tests")])}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(condition, alive=lambda: True):
    deadline = time.monotonic() + 900
    while alive() and time.monotonic() < deadline and not condition():
        time.sleep(0.02)


def kill_one_that_fits(folder, older):
    """Kill a process of this one as soon as two fits have begun, none of the older ones."""
    wait_for(lambda: len(list(folder.glob("fits/*/state.npz"))) == 2)
    younger = set(psutil.Process().children(recursive=True)).difference(older)
    next(child for child in younger if child.num_threads() > 8).kill()


def test_killed_side_by_side_and_resumed_they_end_with_the_bytes_of_one_by_one(one_by_one, tmp_path):
    older = psutil.Process().children(recursive=True)
    killer = threading.Thread(target=kill_one_that_fits, args=[tmp_path, older])
    killer.start()
    with pytest.raises(RuntimeError, match="what has been fitted is kept"):
        fit_table(tmp_path, 2)
    killer.join()
    second = start(tmp_path)
    wait_for(lambda: list(tmp_path.glob("fits/*/record.json")), lambda: second.poll() is None)
    assert second.poll() is None, second.communicate()[1]
    fitting = psutil.Process(second.pid).children(recursive=True)
    second.send_signal(signal.SIGKILL)
    second.wait()
    psutil.wait_procs(fitting, timeout=60)
    assert not [child for child in fitting if child.is_running()], "processes outlive the one that started them"
    assert weights(fit_table(tmp_path, 2), tmp_path) == weights(one_by_one[1], one_by_one[0])


def test_a_table_of_fits_says_what_each_was(one_by_one):
    folder, fits = one_by_one
    assert fits["learned"].all()
    assert fits["passes"].tolist() == [3, 3, 3]
    assert fits["steps"].tolist() == [12, 12, 12]  # 64 training images in batches of 16
    np.testing.assert_allclose(fits["megabytes"], 4e-6 * fits["parameters"])
    assert (fits["million multiply-adds"] > 1).all()
    history = training.histories(fits, folder / "fits")
    assert history.groupby(["label", "seed"])["epoch"].max().tolist() == [3, 3, 3]
    outputs = training.outputs(fits, folder / "fits")
    assert {label: values.shape for label, values in outputs.items()} == {"faces": (2, 32, 7), "levels": (1, 32, 7)}


def test_seeds_differ_and_one_seed_does_not(one_by_one):
    first, second, _ = weights(one_by_one[1], one_by_one[0])
    assert first != second


def test_a_table_that_is_fitted_is_only_read(one_by_one, monkeypatch):
    folder, fits = one_by_one
    monkeypatch.setattr(runs, "_finished", lambda *_: pytest.fail("nothing should be fitted"))
    pd.testing.assert_frame_equal(fit_table(folder, 1), fits)
    assert training.not_fitted(RUNS, inputs(folder), RECIPES, folder / "fits").empty
    longer = {"brief": replace(RECIPES["brief"], epochs=9)}
    assert len(training.not_fitted(RUNS, inputs(folder), longer, folder / "fits")) == 3


def test_a_network_that_fails_the_gate_is_fitted_once_more_with_twice_the_passes(one_by_one):
    folder, fits = one_by_one
    threshold = fits["training error"].median()
    again = training.fit_runs(RUNS, inputs(folder), RECIPES, folder / "fits", threshold, processes=1)
    failed = fits["training error"] > threshold
    assert failed.sum() == 1
    assert again["passes"].tolist() == np.where(failed, 6, 3).tolist()
    assert again["learned"].tolist() == (again["training error"] <= threshold).tolist()


def test_a_diverged_network_is_fitted_once_more_and_has_not_learned(one_by_one, monkeypatch):
    folder, _ = one_by_one
    row = runs._row
    monkeypatch.setattr(runs, "_row", lambda job: row(job) | {"training error": np.nan})
    again = training.fit_runs(RUNS, inputs(folder), RECIPES, folder / "fits", processes=1)
    assert again["passes"].tolist() == [6, 6, 6]
    assert not again["learned"].any()


@pytest.mark.parametrize(
    ("monitor", "losses", "accuracies", "best"),
    [
        ("val_loss", [0.5, np.nan, 0.4], [0.9, 0.9, 0.9], 2),
        ("val_loss", [np.nan, 0.5], [0.9, 0.9], 1),
        ("val_accuracy", [1.1, 0.9, np.nan, 0.9], [0.1, 0.14, 0.15, 0.14], 1),  # .15: the share of the first class
    ],
)
def test_no_epoch_that_has_diverged_is_the_best(monitor, losses, accuracies, best, tmp_path):
    keeper = _Keeper(tmp_path, monitor)
    keeper.history = [{"val_loss": a, "val_accuracy": b} for a, b in zip(losses, accuracies, strict=True)]
    assert keeper.best() == best


@pytest.mark.parametrize("targets", [np.arange(4) % 2, np.eye(2, dtype=np.float32)[np.arange(4) % 2]])
def test_a_network_that_has_diverged_has_no_training_error(targets):
    history = pd.DataFrame({"accuracy": [0.5], "mean_squared_error": [0.1]})
    assert np.isnan(gate.training_error(np.full((4, 2), np.nan), targets, history))


FITS = pd.DataFrame(
    {
        "label": ["base", "base", "rival", "rival", "lost"],
        "learned": [True, True, True, False, False],
        "training error": [0.1, 0.2, 0.1, 0.7, 0.9],
    }
)


def test_what_has_not_learned_is_left_out_with_a_sentence():
    assert training.passed(FITS, "base")["label"].tolist() == ["base", "base", "rival"]
    rival, lost = training.failures(FITS, "base")
    assert "1 of 2 networks of rival" in rival
    assert "up to 0.70" in rival
    assert "lost is left out" in lost
    assert training.failures(FITS[:3], "base") == ["All 3 networks pass the gate; the largest training error is 0.200."]


def test_the_base_stays_loudly_when_none_of_it_has_learned():
    assert training.passed(FITS, "lost")["label"].tolist() == ["base", "base", "rival", "lost"]
    assert "no figure of theirs is a result" in training.failures(FITS, "lost")[-1]


def test_the_training_error_is_0_for_perfect_and_1_for_a_constant_network():
    labels = np.array([0, 0, 1, 2])
    early = pd.DataFrame({"accuracy": [0.0], "mean_squared_error": [9.0]})
    assert gate.training_error(np.eye(3)[labels], labels, early) == 0
    assert gate.training_error(np.eye(3)[[0, 0, 0, 0]], labels, early) == 1
    levels = 0.6 * np.eye(3)[labels]
    assert gate.training_error(levels, levels, early) == 0
    assert gate.training_error(np.tile(levels.mean(axis=0), (4, 1)), levels, early) == pytest.approx(1)
    by_heart = pd.DataFrame({"accuracy": [0.0, 1.0]})
    assert gate.training_error(np.eye(3)[[0, 0, 0, 0]], labels, by_heart) == 0, "the last epoch counts too"
