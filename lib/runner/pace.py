"""How long a run will take on this machine: a short measurement beside the reference machine's."""

import json
import time
from collections.abc import Callable, Mapping, Sequence

from lib import paths
from lib.runner.plan import Step
from lib.runner.schedule import wall_seconds

SECONDS = 0.8  # of each of the two measurements


def measure(seconds: float = SECONDS) -> dict[str, float]:
    """Return what this machine does in a second: matrix products on all cores, rounds of plain Python on one."""
    import numpy as np

    matrix = np.ones((512, 512), np.float32)
    return {
        "all_cores": _per_second(lambda: matrix @ matrix, seconds),
        "one_core": _per_second(lambda: sum(range(10_000)), seconds),
    }


def _per_second(work: Callable[[], object], seconds: float) -> float:
    work()  # the first call wakes threads
    started, rounds = time.monotonic(), 0
    while time.monotonic() < started + seconds:
        work()
        rounds += 1
    return round(rounds / (time.monotonic() - started), 1)


def keep(number: str, took: Mapping[str, object]) -> None:
    """Add to a notebook's results how long it took on which machine; `--publish` takes it along to the reference."""
    path = paths.BUILD / "results" / f"{number}.json"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8")) | {"took": dict(took)}
        with paths.replace_on_success(path) as temporary:
            temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def expected_seconds(
    steps: Sequence[Step], published: Mapping[str, Mapping], here: Mapping[str, float], slots: int
) -> float | None:
    """Return how long these notebooks will take together, None where the reference does not say for each of them.

    Args:
        steps: the notebooks of the run.
        published: the reference results by notebook, each with `took`: `seconds` and `pace` as `measure` returns it.
        here: this machine's pace.
        slots: how many notebooks may run at once.
    """
    seconds = {}
    for step in steps:
        took = published.get(step.notebook.number, {}).get("took")
        if not took or not took["pace"]:
            return None
        kind = "all_cores" if step.notebook.alone else "one_core"
        seconds[step.notebook.number] = took["seconds"] * took["pace"][kind] / here[kind]
    return wall_seconds(steps, seconds, slots)
