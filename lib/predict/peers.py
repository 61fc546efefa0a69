"""From a file to an answer with this study and with the package `fer`: the same photographs, one process after another.

    pip install --no-deps --target peers fer==25.10.3 "setuptools<81"
    python -m lib.predict.peers standard peers

`fer` asks for packages that the study does not have and that its detector here does not need, so it is installed
without them into a folder, and runs in a process of its own on the study's TensorFlow. The table is kept in
`peers.json` beside this file; notebook 12 shows it.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KEPT = Path(__file__).with_suffix(".json")
IMAGES, WARM_UP = 110, 10
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
SIDES = {"ours": "this study, real_faces", "fer": "fer 25.10.3, its own detector (Haar cascade)"}


def main() -> None:
    """Measure both on the KDEF photographs of a scale, and keep the table."""
    scale, folder = sys.argv[1:3]
    rows = [{"way": SIDES[side], **_in_process(side, folder, scale)} for side in SIDES]
    from lib import machine, records

    facts = {"device": f"{machine.cpu_name()}, one thread", "scale": scale, "written": records.provenance()["written"]}
    KEPT.write_text(json.dumps({**facts, "rows": rows}, indent=1) + "\n")


def kept() -> "pd.DataFrame":
    """Return the table, a row per way: this study, then `fer`.

    Columns: `way`, `n`, `median`, `p95` and `processor` in ms per photograph, `answered` and `right` of the n, and the
    `device` that it was measured on.
    """
    import pandas as pd

    facts = json.loads(KEPT.read_text())
    return pd.DataFrame(facts["rows"]).assign(device=facts["device"])


def _in_process(side: str, folder: str, scale: str) -> dict[str, float]:
    """Return the row of one side, measured in a process of its own on one thread."""
    from lib import paths, splits

    table = splits.load("leak_free", paths.data(scale)).query("data_set == 'kdef'")
    chosen = table.sample(min(IMAGES, len(table)), random_state=0)
    asked = json.dumps({"paths": chosen["path"].tolist(), "emotions": chosen["emotion"].tolist()})
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": folder}
    command = [sys.executable, __file__, side]
    done = subprocess.run(command, input=asked, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(side: str) -> dict[str, float]:
    """Return the times of one side, ms; and of the images how many got an answer, and the right one."""
    asked = json.loads(sys.stdin.read())
    answer = {"ours": _ours, "fer": _fer}[side]()
    for path in asked["paths"][:WARM_UP]:
        answer(path)
    wall, answers, processor = [], [], time.process_time()
    for path in asked["paths"]:
        began = time.perf_counter()
        answers.append(answer(path))
        wall.append(1000 * (time.perf_counter() - began))
    processor = 1000 * (time.process_time() - processor) / len(wall)
    wall.sort()
    right = [one == emotion for one, emotion in zip(answers, asked["emotions"], strict=True)]
    facts = {"n": len(wall), "median": wall[len(wall) // 2], "p95": wall[int(0.95 * len(wall))], "processor": processor}
    return {**facts, "answered": sum(map(bool, answers)), "right": sum(right)}


def _ours() -> object:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    import cv2

    from lib import images
    from lib.predict import Predictor

    cv2.setNumThreads(1)
    predictor = Predictor.load("real_faces")

    def answer(path: str) -> str:
        faces = predictor.predict(images.read(path))
        return faces[0].emotion if faces else ""

    return answer


def _fer() -> object:
    import cv2
    from fer.fer import FER

    cv2.setNumThreads(1)
    detector = FER(mtcnn=False)

    def answer(path: str) -> str:
        faces = detector.detect_emotions(cv2.imread(path))
        emotions = max(faces, key=lambda face: face["box"][2] * face["box"][3])["emotions"] if faces else {}
        return max(emotions, key=emotions.get) if emotions else ""

    return answer


if __name__ == "__main__":
    if sys.argv[1] in SIDES:
        sys.path.pop(0)  # this folder, whose names are the study's
        print(json.dumps(_measure(sys.argv[1])))  # noqa: T201
    else:
        main()
