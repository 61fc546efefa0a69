"""Which data sets a run reads for real and which as stand-ins; a folder that holds none is refused before it runs."""

import os

from lib.paths import from_caller
from lib.runner.notebook import PlanError


def use(text: str | None) -> str:
    """Take `--data DIR`, or else `$FACE_DATA`, for this process and all that it starts.

    Args:
        text: what `--data` says, None where it is not given; relative to where the reader stands.

    Returns:
        Which sets are real and which are stand-ins, in words; empty where no folder is named.

    Raises:
        PlanError: the folder is not there or holds no data set, with the reason.
    """
    text = os.environ.get("FACE_DATA") if text is None else text
    if text is None:
        return ""
    from lib.datasets import DataError, survey  # pandas and pandera: a second that most runs need not wait

    folder = str(from_caller(text)) if text.strip() else ""
    try:
        places = survey(folder)
    except DataError as error:
        raise PlanError(str(error)) from error
    os.environ["FACE_DATA"] = folder
    real = ", ".join(name for name, place in places.items() if place)
    stand_ins = ", ".join(name for name, place in places.items() if not place)
    return f"real: {real}; stand-in: {stand_ins or 'none'}"
