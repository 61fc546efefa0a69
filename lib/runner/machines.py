"""On which machines a run prepares and fits; what cannot be reached is refused before it runs."""

import os
import socket
from urllib.parse import urlsplit

from lib.runner.notebook import PlanError

SEVERAL = ("TF_CONFIG", "KERAS_DISTRIBUTION_JOB_ADDRESSES")  # variables that name several machines
WAIT = 10  # seconds for a scheduler to answer


def use(scheduler: str | None, devices: str | None) -> None:
    """Take `--scheduler` and `--devices` for this process and all that it starts.

    Args:
        scheduler: address of a Dask scheduler; without it `$FACE_STUDY_SCHEDULER`, else this machine's cores.
        devices: "all" shares every fit over all devices (`lib.training.devices`).

    Raises:
        PlanError: the scheduler does not answer, or the devices cannot be shared.
    """
    scheduler = scheduler or os.environ.get("FACE_STUDY_SCHEDULER")
    if scheduler:
        _reach(scheduler)
        os.environ["FACE_STUDY_SCHEDULER"] = scheduler
    if devices:
        named = [name for name in SEVERAL if os.environ.get(name)]
        if named and os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
            raise PlanError(f"{named[0]} names several machines, over which only KERAS_BACKEND=jax can train; unset it")
        os.environ["FACE_STUDY_DEVICES"] = devices


def _reach(scheduler: str) -> None:
    """Refuse an address of a scheduler that is none, or where nobody answers."""
    try:
        place = urlsplit(scheduler)
        socket.create_connection((place.hostname or "", place.port or 8786), WAIT).close()
    except (OSError, ValueError) as error:
        words = f"no Dask scheduler answers at {scheduler} ({error}); expected an address such as tcp://HOST:8786"
        raise PlanError(words) from error
