"""Which data sets a run reads for real and which as stand-ins; a folder that holds none is refused before it runs."""

import os
from collections.abc import Mapping, Sequence

from lib.paths import from_caller
from lib.runner.notebook import PlanError


def use(text: str | None, needs: Sequence[str] = ()) -> str:
    """Take `--data DIR`, or else `$FACE_DATA`, for this process and all that it starts.

    Args:
        text: what `--data` says, None where it is not given; relative to where the reader stands.
        needs: data sets that must be real.

    Returns:
        Which sets are real and which are stand-ins, in words; empty where no folder is named.

    Raises:
        PlanError: the folder is not there, holds no data set or not what is needed, with the reason.
    """
    text = os.environ.get("FACE_DATA") if text is None else text
    if text is None:
        _check(needs, {}, "no --data DIR was given")
        return ""
    from lib.datasets import DataError, survey  # pandas and pandera: a second that most runs need not wait

    folder = str(from_caller(text)) if text.strip() else ""
    try:
        places = survey(folder)
    except DataError as error:
        raise PlanError(str(error)) from error
    _check(needs, places, f"{folder} does not hold it")
    os.environ["FACE_DATA"] = folder
    real = ", ".join(name for name, place in places.items() if place)
    stand_ins = ", ".join(name for name, place in places.items() if not place)
    return f"real: {real}; stand-in: {stand_ins or 'none'}"


def _check(needs: Sequence[str], places: Mapping[str, object], why: str) -> None:
    missing = [name for name in needs if not places.get(name)]
    if missing:
        raise PlanError(
            f"this profile is for real faces and needs {', '.join(missing)}, but {why}; "
            f"put the data into DIR/{missing[0]} and give --data DIR"
        )
