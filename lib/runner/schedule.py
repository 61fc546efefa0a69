"""Which notebooks run at the same time: those that do not need one another, as many as there are cores."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import joblib

from lib import machine
from lib.runner.execute import Outcome, Watch
from lib.runner.plan import Step
from lib.runner.screen import Screen

GB_EACH = 3  # ours: what a notebook may hold; none held more than 2.5 GB at the scale standard
Begin = Callable[[Step, Watch], Outcome]


def slots() -> int:
    """Return how many notebooks may run at once: a core and enough memory for each."""
    return max(1, min(joblib.cpu_count(), int(machine.memory() // (GB_EACH * 10**9))))


def startable(waiting: Sequence[Step], running: Collection[Step], done: Collection[str], slots: int) -> Step | None:
    """Return the notebook to start now, None where one must wait for another's end.

    With one slot they run in their order. With more, one that must be alone starts as soon as nothing runs, because
    most others wait for it; beside one another run first those that others wait for, then those that nobody needs.
    """
    ready = [step for step in waiting if step.after <= set(done)]
    if not ready or len(running) >= slots or any(step.notebook.alone for step in running):
        return None
    if slots == 1:
        return ready[0]
    alone = [step for step in ready if step.notebook.alone]
    if alone and not running:
        return alone[0]
    needed = {number for step in waiting for number in step.after}
    beside = [step for step in ready if not step.notebook.alone]
    return min(beside, key=lambda step: step.notebook.number not in needed, default=None)


def run_steps(steps: Iterable[Step], slots: int, begin: Begin, screen: Screen) -> tuple[dict[str, Outcome], bool]:
    """Run notebooks side by side; after a failure those that need the failed one are left out.

    Args:
        steps: the notebooks, in order.
        slots: how many may run at once.
        begin: runs one, watched; called in a thread of its own.
        screen: is told every second what runs, and what has ended.

    Returns:
        How each went that has ended, by number, and whether Ctrl-C (or a signal like it) stopped the run.
    """
    waiting, running, outcomes = list(steps), {}, {}
    with ThreadPoolExecutor(slots) as pool:
        try:
            while True:
                failed = {number for number, outcome in outcomes.items() if not outcome.ok}
                waiting = [step for step in waiting if not step.after & failed]
                _start(waiting, running, set(outcomes) - failed, slots, pool, begin)
                if not running:
                    return outcomes, False
                ended, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
                for future in ended:
                    step, _ = running.pop(future)
                    outcomes[step.notebook.number] = future.result()
                    screen.ended(step, future.result())
                screen.tick({step.notebook.number: watch for step, watch in running.values()})
        except KeyboardInterrupt:
            return outcomes, True
        finally:
            for _, watch in running.values():
                watch.stop.set()


def _start(
    waiting: list[Step],
    running: dict[Future, tuple[Step, Watch]],
    done: set[str],
    slots: int,
    pool: ThreadPoolExecutor,
    begin: Begin,
) -> None:
    """Start what may start; it moves from `waiting` to `running`."""
    while (step := startable(waiting, [one for one, _ in running.values()], done, slots)) is not None:
        waiting.remove(step)
        watch = Watch(step.silence)
        running[pool.submit(begin, step, watch)] = (step, watch)


def wall_seconds(steps: Iterable[Step], seconds: Mapping[str, float], slots: int) -> float:
    """Return how long a run takes whose notebooks take these seconds each."""
    waiting, running, done, now = list(steps), {}, set(), 0.0
    while waiting or running:
        while (step := startable(waiting, [one for one, _ in running.values()], done, slots)) is not None:
            waiting.remove(step)
            running[step.notebook.number] = (step, now + seconds[step.notebook.number])
        first = min(running, key=lambda number: running[number][1])
        now = running.pop(first)[1]
        done.add(first)
    return now
