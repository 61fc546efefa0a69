"""One seed, the same bytes; and the same losses from either Keras backend."""

import contextlib
import io
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from lib.paths import ROOT

SCRIPT = """
import hashlib, json
import keras, numpy as np
from lib.training import set_seed


def train(seed, start=None):
    set_seed(seed)
    images = np.random.default_rng(0).random((24, 16, 16, 3), dtype=np.float32)
    targets = np.arange(24) % 7
    layers = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Dropout(0.0 if start else 0.3)]
    model = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(7)])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if start:
        draw = np.random.default_rng(start)
        model.set_weights([draw.normal(0, 0.1, weight.shape).astype(np.float32) for weight in model.get_weights()])
    losses = [float(model.train_on_batch(images, targets)) for _ in range(3)]
    return losses, hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()


same, again, other = train(1), train(1), train(2)
print(json.dumps({"same": same[1] == again[1], "other": same[1] == other[1], "losses": train(3, start=5)[0]}))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, dict]:
    """What the script says with each backend: TensorFlow in this process, JAX meanwhile in one of its own."""
    assert keras.backend.backend() == "tensorflow"
    alone = "import sys\nsys.modules['tensorflow'] = None\n"  # not needed on JAX, and half of the time to start
    variables = os.environ | {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": "jax"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", alone + SCRIPT], env=variables, text=True, **pipes) as child:
        with contextlib.redirect_stdout(io.StringIO()) as here:
            exec(SCRIPT, {})
        there, errors = child.communicate(timeout=300)
    assert child.returncode == 0, errors
    return {"tensorflow": json.loads(here.getvalue()), "jax": json.loads(there.splitlines()[-1])}


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_trainings_from_one_seed_end_in_the_same_bytes(answers, backend):
    assert answers[backend]["same"]
    assert not answers[backend]["other"]


def test_both_backends_train_alike(answers):
    assert answers["tensorflow"]["losses"][-1] < answers["tensorflow"]["losses"][0]
    np.testing.assert_allclose(answers["tensorflow"]["losses"], answers["jax"]["losses"], rtol=1e-4)
