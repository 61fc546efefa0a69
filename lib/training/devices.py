"""The devices that share the batches of a fit: all of this machine, or of several machines.

    FACE_STUDY_DEVICES=all                           what `./run_all.sh --devices all` sets
    KERAS_DISTRIBUTION_JOB_ADDRESSES=10.0.0.1:4321   several machines, on JAX alone: the address of the first process,
    KERAS_DISTRIBUTION_NUM_PROCESSES=2               how many there are,
    KERAS_DISTRIBUTION_PROCESS_ID=0                  and which of them this one is

Which of a machine's devices take part is said by CUDA_VISIBLE_DEVICES. All processes run the same program, each with a
build folder of its own; where one ends, the others end too, and all go on from the last epoch of the first one.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from lib.augment import Share
from lib.paths import replace_on_success

ADDRESSES = "KERAS_DISTRIBUTION_JOB_ADDRESSES"


def wanted() -> bool:
    """Return whether fits are to share their batches over all devices."""
    return os.environ.get("FACE_STUDY_DEVICES") == "all"


def join() -> None:
    """Meet the other processes, where there are any; JAX must do so before it computes anything."""
    if wanted() and os.environ.get(ADDRESSES) and keras.backend.backend() == "jax":
        keras.distribution.initialize()


def share_over_devices() -> contextlib.AbstractContextManager:
    """Return a context in which `lib.models.build` and `fit` share every batch over all devices.

    TensorFlow: `tf.distribute`, on one machine. JAX: `keras.distribution`. The batch size stays that of the whole step.

    Raises:
        ValueError: several machines are named, over which Keras 3 cannot train on TensorFlow (Keras issue 20585).
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        named = [name for name in ("TF_CONFIG", ADDRESSES) if os.environ.get(name)]
        if named:
            raise ValueError(
                f"{named[0]} is set, but Keras 3 cannot train over several machines on TensorFlow; unset it, or use "
                "KERAS_BACKEND=jax"
            )
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices]).scope()
    return keras.distribution.DataParallel(auto_shard_dataset=False).scope()  # `Share` has parted the batches


def shared() -> contextlib.AbstractContextManager:
    """Return `share_over_devices` where that is wanted, else a context that changes nothing."""
    return share_over_devices() if wanted() else contextlib.nullcontext()


def share() -> Share:
    """Return the part of every batch that this process trains on, inside `share_over_devices`."""
    if keras.backend.backend() != "jax" or keras.distribution.distribution() is None:
        return Share()
    import jax

    return Share(jax.process_index(), jax.process_count(), jax.device_count())


def agree(folder: Path, names: Sequence[str]) -> None:
    """Give every process the files that the first one has in its folder, so that all go on from there."""
    if share().processes == 1:
        return
    from jax.experimental.multihost_utils import broadcast_one_to_all

    for path in (folder / name for name in names):
        content = np.frombuffer(path.read_bytes() if path.exists() else b"", np.uint8)
        room = np.zeros(int(broadcast_one_to_all(np.int32(len(content)))), np.uint8)
        if not len(room):
            path.unlink(missing_ok=True)
            continue
        room[: len(content)] = content[: len(room)]
        with replace_on_success(path) as new:
            new.write_bytes(broadcast_one_to_all(room).tobytes())


def any_process(flags: Sequence[bool]) -> np.ndarray:
    """Return which flags (N,) are set in any of the processes, bool (N,)."""
    if keras.backend.backend() != "jax" or not wanted():
        return np.array(flags, bool)
    from jax.experimental.multihost_utils import process_allgather

    return process_allgather(np.array(flags, bool)).reshape(-1, len(flags)).any(axis=0)
