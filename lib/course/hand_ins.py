"""What a student may hand in: a predictor's file with its contract, or predictions; anything else is refused.

Nothing of a student's is executed or unpickled: a predictor is a `.tflite` file, which holds numbers and operations of
LiteRT, and it runs in a process of its own with limits of time and memory, so that a file that crashes the interpreter
costs its author a place and nobody else anything. Predictions are a CSV of image names and emotions.
"""

import contextlib
import io
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lib import images, paths
from lib.emotions import EMOTIONS
from lib.predict import Predictor

MEGABYTES = {".csv": 1, ".tflite": 50}
SECONDS, GIGABYTES = 300, 8  # for one predictor on the whole test
NO_FACE = "no face"  # the answer of a predictor that sees none; it counts as wrong


class RefusedError(ValueError):
    """A hand-in that is not scored; the message says why and what is expected."""


def answers(path: Path, folder: Path, names: Sequence[str]) -> np.ndarray:
    """Return the answers of a hand-in to the images of the hidden test, str (N,).

    Args:
        path: of the hand-in.
        folder: with the images.
        names: of the N images.

    Raises:
        RefusedError: the message says why.
    """
    if path.is_symlink() or not path.is_file():
        raise RefusedError("is no plain file; expected a .tflite or a .csv")
    kind = path.suffix.lower()
    if kind not in MEGABYTES:
        raise RefusedError(
            f"ends in {path.suffix or 'nothing'}; expected .tflite with its contract, or .csv. Files that must be"
            " executed or unpickled to be read are not opened"
        )
    if path.stat().st_size > MEGABYTES[kind] * 2**20:
        raise RefusedError(f"has {path.stat().st_size / 2**20:.0f} MB; expected {MEGABYTES[kind]} at most")
    return _predictions(path, names) if kind == ".csv" else _predicted(path, folder, names)


def _predictions(path: Path, names: Sequence[str]) -> np.ndarray:
    """Return the emotions of a CSV in the order of the images."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except ValueError as error:  # no text, or no table
        raise RefusedError(f"cannot be read as CSV in UTF-8: {str(error).splitlines()[0]}") from error
    if list(table.columns) != ["image", "emotion"]:
        raise RefusedError(f"has the columns {', '.join(map(str, table.columns))[:80]}; expected image, emotion")
    if len(table) != len(names):
        raise RefusedError(f"has {len(table)} predictions; expected {len(names)}, one for each image")
    if set(table["image"]) != set(names):
        raise RefusedError("names images twice, or images that are not in the test; expected each exactly once")
    strange = sorted(set(table["emotion"]) - set(EMOTIONS))
    if strange:
        raise RefusedError(f"answers {strange[0][:40]!r}; expected one of {', '.join(EMOTIONS)}")
    return table.set_index("image")["emotion"].loc[list(names)].to_numpy(dtype=str)


def _predicted(path: Path, folder: Path, names: Sequence[str]) -> np.ndarray:
    """Return the answers of a predictor's file, which runs in a process of its own."""
    command = [sys.executable, "-m", "lib.course.hand_ins", str(path.resolve()), str(folder.resolve())]
    try:
        done = subprocess.run(
            command,
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedError(f"needs more than {SECONDS} seconds for {len(names)} images") from error
    last = done.stdout.splitlines()[-1:] or [""]
    if done.returncode:
        words = last[0] if done.returncode == 2 else f"ends the process that runs it (exit code {done.returncode})"
        raise RefusedError(words)
    given = json.loads(last[0])
    return np.array([given[name] for name in names])


def main(path: str, folder: str) -> int:
    """Answer every image of a folder with a predictor's file; write JSON, or why not with exit code 2."""
    for kind, limit in ((resource.RLIMIT_AS, GIGABYTES * 2**30), (resource.RLIMIT_CPU, SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some limits; the time limit outside remains
            resource.setrlimit(kind, (limit, limit))
    try:
        predictor = Predictor.load(path)
        files = sorted(Path(folder).glob("*.png"))
        faces = predictor.predict_batch([images.read(file) for file in files])
    except Exception as error:  # whatever a strange file makes of the interpreter
        words = f"{error} ".splitlines()[0].removeprefix(f"{path} ").replace(f"{folder}/", "")  # it has the seed
        sys.stdout.write(f"{words.strip()[:300] or type(error).__name__}\n")
        return 2
    answers = {file.name: (own[0].emotion if own else NO_FACE) for file, own in zip(files, faces, strict=True)}
    sys.stdout.write(json.dumps(answers) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
