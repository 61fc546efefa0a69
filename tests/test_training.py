"""Fitting: bit-identical runs, a resume that changes nothing, both backends, and what it refuses."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from datetime import datetime

import keras
import numpy as np
import pytest

from lib import models, paths, training
from lib.training import set_seed
from lib.training.fit import describe, fingerprint, place

N, SIDE = 48, 16


def small(head="softmax", plain=False):
    """Return a network with all that makes resume hard: batch norm, dropout, running averages; or without them."""
    image = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    x = keras.ops.cast(image, "float32") / 255  # Keras' own Rescaling would import TensorFlow on JAX too
    x = keras.layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    x = x if plain else keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Flatten()(x)
    x = x if plain else keras.layers.Dropout(0.5)(x)
    return keras.Model(image, keras.layers.Dense(7, activation=head, dtype="float32")(x), name="small")


def data(n=N, seed=0):
    """Return images whose brightest corner tells the class, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, n)
    images = rng.integers(0, 100, (n, SIDE, SIDE, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 3] += 120
    return images, labels


SETTINGS = training.Settings(epochs=4, batch_size=16, learning_rate=0.1, ema=0.8, weight_decay=1e-3, seed=5)


def fitted(folder, settings=SETTINGS, head="softmax"):
    set_seed(3)
    model = small(head)
    record = training.fit(model, data(), data(24, seed=1), settings, folder)
    return model, record


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder, model and record of one uninterrupted fit."""
    model, record = fitted(tmp_path_factory.mktemp("whole"))
    return record.weights.parent, model, record


def as_bytes(model):
    return [weight.tobytes() for weight in model.get_weights()]


def states(folder):
    with np.load(folder / "state.npz") as state:
        return {name: state[name].tobytes() for name in state.files if name != "history"}


def run_child(tmp_path, code, **environment):
    script = tmp_path / "child.py"
    script.write_text(f"import sys\nsys.path[:0] = [{str(paths.ROOT)!r}, {str(paths.ROOT / 'tests')!r}]\n" + code)
    return subprocess.Popen(
        [sys.executable, script],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_fits_with_one_seed_have_the_same_bytes(whole, tmp_path):
    model, record = fitted(tmp_path)
    assert as_bytes(model) == as_bytes(whole[1])
    assert states(record.weights.parent) == states(whole[0])


def test_another_seed_gives_other_weights(whole, tmp_path):
    model, _ = fitted(tmp_path, training.Settings(**{**vars(SETTINGS), "seed": 6}))
    assert as_bytes(model) != as_bytes(whole[1])


def test_a_fit_killed_between_epochs_ends_with_the_bytes_of_one_that_was_not(whole, tmp_path):
    folder = tmp_path / "killed"
    code = """
        import pathlib, time, keras, test_training
        from lib import training
        class Wait(keras.callbacks.Callback):  # holds the third epoch open, so that the kill falls into it
            def on_train_batch_end(self, batch, logs=None):
                while len(self.model.history.epoch) == 2: time.sleep(0.01)
        fit = keras.Model.fit
        keras.Model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[*callbacks, Wait()], **k)
        test_training.fitted(pathlib.Path({folder!r}))
    """
    child = run_child(tmp_path, textwrap.dedent(code).replace("{folder!r}", repr(str(folder))))
    deadline = time.monotonic() + 900
    while child.poll() is None and time.monotonic() < deadline and epochs_done(folder) < 2:
        time.sleep(0.05)
    assert child.poll() is None, child.communicate()[1]
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not list(folder.glob("*/record.json"))
    model, record = fitted(folder)
    assert as_bytes(model) == as_bytes(whole[1])
    assert states(record.weights.parent) == states(whole[0])
    assert record.history.drop(columns=["seconds", "step"]).equals(whole[2].history.drop(columns=["seconds", "step"]))


def epochs_done(folder):
    """Return the whole epochs of all fits in a folder."""
    return sum(len(json.loads(str(np.load(path)["history"]))) for path in folder.glob("*/state.npz"))


WITHOUT_TENSORFLOW = 'sys.modules["tensorflow"] = None'  # not needed on JAX, and half of the time to start
BACKENDS = """
    import json, numpy as np, keras, test_training
    import contextlib, dataclasses, pathlib
    from lib import training
    folder = pathlib.Path({folder!r})
    answers = {}
    alone, shared = contextlib.nullcontext, training.share_over_devices
    for name, context, jit in (("alone", alone, False), ("compiled", alone, True), ("shared", shared, False)):
        with context():
            model = test_training.small(plain=True)  # no random numbers, which differ between backends
            rng = np.random.default_rng(0)
            model.set_weights([rng.normal(0, 0.1, w.shape).astype("float32") for w in model.get_weights()])
            images, labels = test_training.data(8)
            settings = training.Settings(epochs=3, batch_size=8, augmentation="none", learning_rate=0.05, ema=0.5)
            settings = dataclasses.replace(settings, jit=jit)
            record = training.fit(model, (images, labels), (images, labels), settings, folder / name)
        answers[name] = record.history[["loss", "val_loss"]].to_numpy().ravel().tolist()
    (folder / "answers.json").write_text(json.dumps(answers))
"""


def test_three_steps_agree_on_tensorflow_and_jax_alone_compiled_and_shared_over_devices(tmp_path):
    """JAX shares over two devices; TensorFlow over one, as its collectives can lock up where two share a processor."""
    assert keras.backend.backend() == "tensorflow"
    codes = {}
    for backend in ("tensorflow", "jax"):
        (tmp_path / backend).mkdir()
        codes[backend] = textwrap.dedent(BACKENDS).replace("{folder!r}", repr(str(tmp_path / backend)))
    flags = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    child = run_child(tmp_path, f"{WITHOUT_TENSORFLOW}\n{codes['jax']}", **flags)
    exec(codes["tensorflow"], {})  # meanwhile, in this process
    errors = child.communicate(timeout=900)[1]
    assert child.returncode == 0, errors
    losses = {}
    for backend in codes:
        answers = json.loads((tmp_path / backend / "answers.json").read_text())
        losses |= {(backend, devices): values for devices, values in answers.items()}
    reference = losses["tensorflow", "alone"]
    assert reference[4] < reference[0], "the loss should fall"
    for which, values in losses.items():
        np.testing.assert_allclose(values, reference, rtol=2e-3, err_msg=str(which))


MACHINES = """
    import dataclasses, os, pathlib, keras, numpy as np, test_training
    from lib import training
    folder, dies = pathlib.Path({folder!r}), {dies!r}
    settings = dataclasses.replace(test_training.SETTINGS, epochs=3)
    class Dies(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if len(self.model.history.epoch) == 2: os._exit(9)
    if dies:
        fit = keras.Model.fit
        keras.Model.fit = lambda *a, callbacks, **k: fit(*a, callbacks=[*callbacks, Dies()], **k)
    rng = np.random.default_rng(3)
    with training.share_over_devices():
        model = test_training.small(plain=True)  # with dropout several machines would draw other numbers
        model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
        training.fit(model, test_training.data(45), test_training.data(25, 1), settings, folder)
"""


def machines(tmp_path, count, devices, dies=()):
    """Start as many processes on JAX as there are machines, each with a folder and so many devices of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = []
    for number in range(count):
        folder = tmp_path / f"{count} {number}"
        folder.mkdir(exist_ok=True, parents=True)
        code = f"{WITHOUT_TENSORFLOW}\n" + textwrap.dedent(MACHINES).replace("{folder!r}", repr(str(folder)))
        environment = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "FACE_STUDY_DEVICES": "all"}
        environment["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiling takes longer than running
        environment["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
        if count > 1:
            environment["KERAS_DISTRIBUTION_JOB_ADDRESSES"] = address
            environment["KERAS_DISTRIBUTION_NUM_PROCESSES"] = str(count)
            environment["KERAS_DISTRIBUTION_PROCESS_ID"] = str(number)
        started.append(run_child(folder, code.replace("{dies!r}", repr(number in dies)), **environment))
    return started


def ended(children):
    """Wait for processes; return their exit codes, and kill those that are still there when one has failed."""
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline and any(child.poll() is None for child in children):
        if any(child.poll() for child in children):
            deadline = min(deadline, time.monotonic() + 10)
        time.sleep(0.1)
    for child in children:
        child.kill()
    errors = [child.communicate()[1] for child in children]
    return [child.returncode for child in children], errors


def fit_of(folder):
    """Return the losses of the one fit in a folder, and the bytes of its best weights."""
    (record,) = folder.glob("*/record.json")
    history = training.read(record.parent).history
    return history[["loss", "val_loss"]].to_numpy(), (record.parent / "best.npz").read_bytes()


def test_two_machines_reach_what_one_does_and_go_on_where_one_of_them_was_killed(tmp_path):
    alone = machines(tmp_path, 1, 4)
    codes, _ = ended(machines(tmp_path, 2, 2, dies=(1,)))
    assert all(codes), "the other one goes on alone"
    assert epochs_done(tmp_path / "2 0") == 2
    assert not list(tmp_path.glob("2 */*/record.json"))
    for state in tmp_path.glob("2 1/*/state.npz"):
        state.unlink()  # it goes on from the files of the first one
    codes, errors = ended(machines(tmp_path, 2, 2))
    assert codes == [0, 0], errors
    codes, errors = ended(alone)
    assert codes == [0], errors
    (expected, _), (losses, best), (same, as_good) = (fit_of(tmp_path / name) for name in ("1 0", "2 0", "2 1"))
    np.testing.assert_array_equal(losses, same)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert best == as_good


def test_several_machines_are_refused_on_tensorflow(monkeypatch):
    for name in ("TF_CONFIG", "KERAS_DISTRIBUTION_JOB_ADDRESSES"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "{}")
            with pytest.raises(ValueError, match=f"{name} is set, but Keras 3 cannot train over several machines"):
                training.share_over_devices()


def test_the_record_tells_speed_device_and_every_setting(whole):
    folder, _, record = whole
    assert record.images_per_second == pytest.approx(16 * record.steps_per_second)
    assert 0 <= record.input_share < 1
    assert "tensorflow" in record.device
    assert json.loads((folder / "setup.json").read_text())["settings"] == vars(SETTINGS)
    assert record.seconds == pytest.approx(record.history["seconds"].sum())
    assert re.match(r"[0-9a-f]{40}|unknown", record.commit)
    assert datetime.fromisoformat(record.date[:19])
    assert training.read(folder).history.equals(record.history)


def test_the_model_is_left_with_the_weights_of_the_best_epoch(whole, tmp_path):
    _, model, record = whole
    images, labels = data(24, seed=1)
    accuracy = (models.predict(model, images).argmax(axis=1) == labels).mean()
    assert accuracy == pytest.approx(record.history["val_accuracy"].max())
    assert record.best_epoch == record.history["val_accuracy"].argmax()


def test_calling_again_after_the_end_only_reads(whole):
    folder, model, record = whole
    before = (folder / "state.npz").stat().st_mtime_ns
    again, same = fitted(folder.parent)
    assert (folder / "state.npz").stat().st_mtime_ns == before
    assert as_bytes(again) == as_bytes(model)
    assert same.history.equals(record.history)


def place_of(settings=SETTINGS, train=None):
    return place(describe(small()), settings, fingerprint(train or data(), data(24, seed=1)), "fits")


def test_another_fit_has_another_folder_and_leaves_the_first_alone(whole, tmp_path):
    assert place_of().name == whole[0].name
    images, labels = data()
    other_image, other_label = (images.copy(), labels), (images, labels.copy())
    other_image[0][1, 0, 0, 0] += 1
    other_label[1][0] = (labels[0] + 1) % 7
    names = {place_of(training.Settings(**{**vars(SETTINGS), "epochs": 9})).name}
    names |= {place_of(train=changed).name for changed in (other_image, other_label)}
    assert len(names - {whole[0].name}) == 3


def test_code_and_backend_belong_to_a_fit_but_comments_do_not(tmp_path, monkeypatch):
    before = place_of().name
    source = tmp_path / "seed.py"
    for text, same in (('"""Other words."""\n', True), ("\nUSED = 1\n", False)):
        original = (paths.ROOT / "lib/training/seed.py").read_text()
        source.write_text(original.replace('"""One seed for Python, NumPy and the Keras backend."""\n', text))
        meaning = paths.meaning
        with monkeypatch.context() as patch:
            patch.setattr(paths, "meaning", lambda path, m=meaning: m(source if path.name == "seed.py" else path))
            assert (place_of().name == before) is same, text
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert place_of().name != before


def test_intensities_are_fitted_by_sigmoids(tmp_path):
    images, labels = data()
    targets = 0.8 * np.eye(7, dtype=np.float32)[labels]
    set_seed(0)
    settings = training.Settings(epochs=8, batch_size=16, learning_rate=0.2, augmentation="none")
    record = training.fit(small("sigmoid"), (images, targets), (images, targets), settings, tmp_path)
    history = record.history
    assert history["val_loss"].iloc[-1] < 0.8 * history["val_loss"].iloc[0]
    assert record.best_epoch == history["val_loss"].argmin()


def test_mixed_precision_learns_too_and_keeps_its_weights_in_float32(tmp_path):
    settings = training.Settings(**{**vars(SETTINGS), "precision": "mixed_bfloat16"})
    model, record = fitted(tmp_path, settings)
    assert {weight.dtype for weight in model.get_weights()} >= {np.dtype("float32")}
    assert record.history["loss"].iloc[-1] < record.history["loss"].iloc[0]
    assert model.layers[2].compute_dtype == "bfloat16"


def test_the_loss_falls_on_eight_images_for_every_compact_network(tmp_path):
    rng = np.random.default_rng(0)
    faces, labels = rng.integers(0, 256, (8, 48, 48, 3), dtype=np.uint8), np.arange(8) % 7
    for name in ("compact_vgg_s", "modern_compact"):
        set_seed(0)
        settings = training.Settings(epochs=6, batch_size=8, augmentation="none", learning_rate=0.02)
        record = training.fit(models.build(name, 48), (faces, labels), (faces, labels), settings, tmp_path / name)
        assert record.history["loss"].iloc[-1] < 0.8 * record.history["loss"].iloc[0], name


def test_bad_targets_and_settings_are_refused(tmp_path):
    images, _ = data()
    for targets in (np.full(N, 7), np.full(N, 0.5), np.zeros((N, 6))):
        with pytest.raises(ValueError, match="expected class numbers"):
            training.fit(small(), (images, targets), (images, targets), SETTINGS, tmp_path)
    for wrong in ({"epochs": 0}, {"optimiser": "magic"}, {"precision": "int8"}, {"ema": 1.0}):
        with pytest.raises(ValueError, match="got Settings"):
            training.Settings(**wrong)


def test_reading_a_fit_that_never_ended_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"call lib\.training\.fit"):
        training.read(tmp_path)


@pytest.mark.filterwarnings("ignore:a file of the fit")
@pytest.mark.parametrize("name", ["state.npz", "best.npz", "record.json"])
@pytest.mark.parametrize("kept", [0, 100], ids=["empty", "cut"])
def test_a_damaged_fit_is_set_aside_and_made_anew(whole, name, kept, tmp_path):
    damaged = tmp_path / whole[0].name / name
    shutil.copytree(whole[0], damaged.parent)
    damaged.write_bytes(damaged.read_bytes()[:kept])
    model, _ = fitted(tmp_path)
    assert as_bytes(model) == as_bytes(whole[1])
    assert damaged.with_name(f"{name}.damaged").exists()
