"""Runs the notebooks of the study in order, and says which results of the reference run they reproduced."""

import argparse
import fcntl
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from lib import paths
from lib.runner import data, machines, pace, plan, publish, reference, schedule, site
from lib.runner.execute import Outcome, Watch, execute
from lib.runner.gates import Verdict
from lib.runner.notebook import PlanError, read_notebook
from lib.runner.notebook import paths as sources
from lib.runner.screen import Screen

MEANING = (
    "Everything ran, on the data and with the parameters of the published run, and this is more than another\n"
    "machine explains: about 1 in 100 perfect repetitions at most end so. The code, a package or a file is different."
)
WELL, FAILED, REFUSED, NOT_REPRODUCED, STOPPED = 0, 1, 2, 4, 130


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return its exit code.

    It is 0 when all went well, 1 when a notebook failed, 2 for a bad request, 4 when all ran and the comparison with
    the reference fails, 130 when stopped.

    Raises:
        KeyboardInterrupt: stopped before a notebook began.
    """
    try:
        options = parse(arguments)
        if options.publish:
            with lock(options.profile):  # a run would replace what is being published
                print("\n".join(publish.publish(options.profile)))
            return WELL
        if options.jobs < 1:
            raise PlanError(f"--jobs {options.jobs}: expected 1 or more")
        steps = plan.make_plan(options.profile, options.only, options.start, options.settings)
        if options.list:
            return list_steps(steps)
        check_build()
        origins = data.use(options.data, plan.needs(options.profile))
        machines.use(options.scheduler, options.devices)
        with lock(options.profile) as held:
            return run(options, steps, origins, held)
    except PlanError as error:
        print(f"run_all: {error}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # whoever read the words has gone, as with `| head`
        os._exit(141)
    except OSError as error:
        print(
            f"run_all: {error}. Free or unlock that place, or set FACE_STUDY_BUILD to another folder", file=sys.stderr
        )
        return REFUSED


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    profiles = plan.read_profiles()["profiles"]
    others = "./run_all.sh test runs every test, ./run_all.sh lab opens JupyterLab."
    parser = argparse.ArgumentParser(prog="./run_all.sh", description=__doc__, epilog=others)
    parser.add_argument("profile", nargs="?", default="standard", help=f"{', '.join(profiles)}; standard when left out")
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="run these notebooks alone")
    parser.add_argument("--from", dest="start", default="00", metavar="NN", help="begin at this notebook")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NN.NAME=VALUE",
        help="another value of a parameter",
    )
    parser.add_argument("--data", metavar="DIR", help="folder with the licensed data sets, one folder each")
    parser.add_argument(
        "--scheduler", metavar="tcp://HOST:8786", help="prepare images on the cluster of a Dask scheduler"
    )
    parser.add_argument("--devices", choices=["all"], help="share every fit over all devices (one notebook at once)")
    parser.add_argument("--jobs", type=int, default=schedule.slots(), metavar="N", help="at most N notebooks at once")
    parser.add_argument("--list", action="store_true", help="show notebooks and parameters, run nothing")
    parser.add_argument("--publish", action="store_true", help="make the last run the reference in figures/")
    return parser.parse_args(arguments)


def check_build() -> None:
    """Refuse a build folder in which a run could overwrite what is no product of the study."""
    try:
        paths.check_build(paths.BUILD)
    except ValueError as error:
        raise PlanError(str(error)) from error


def run(options: argparse.Namespace, steps: Sequence[plan.Step], origins: str, held: TextIO) -> int:
    """Execute the steps, one line each, and write the report, also of a run that failed or was stopped."""
    screen, started = Screen(paths.BUILD / "run.log"), time.monotonic()
    screen.write(f"{options.profile}: {', '.join(step.notebook.number for step in steps)}")
    if origins:
        screen.line(origins)
    machine_pace = pace.measure()
    announce_length(options, steps, machine_pace, screen)
    environment = kernel_environment(options)

    def begin(step: plan.Step, watch: Watch) -> Outcome:
        own = {"FACE_STUDY_PARAMETERS": plan.as_json(step.parameters)}
        outcome = execute(step, environment | own, watch, (held.fileno(),))
        if outcome.ok:
            took = {"seconds": round(outcome.seconds, 1), "peak_gb": round(outcome.peak_bytes / 2**30, 2)}
            pace.keep(step.notebook.number, took | {"pace": machine_pace})
        return outcome

    at_once = 1 if options.devices else options.jobs
    outcomes, stopped = schedule.run_steps(steps, at_once, begin, screen)
    done = [step.notebook.number for step in steps if step.notebook.number in outcomes]
    minutes, held_gb = (time.monotonic() - started) / 60, screen.peak / 2**30
    screen.line(f"    {len(done)} notebooks in {minutes:.1f} minutes, {held_gb:.1f} GB together at most")
    left = [step for step in steps if not getattr(outcomes.get(step.notebook.number), "ok", False)]
    if not left:
        return finish(options.profile, done)
    return report_failure(options, left, outcomes, stopped, screen)


def announce_length(
    options: argparse.Namespace, steps: Sequence[plan.Step], machine_pace: Mapping[str, float], screen: Screen
) -> None:
    """Print how long the run will take, where the reference run says how long each notebook took."""
    published = reference.read_reference(options.profile)
    seconds = pace.expected_seconds(steps, published, machine_pace, options.jobs)
    if seconds is not None:
        screen.line(f"about {max(1, round(seconds / 60))} min on this machine, less where an earlier run got far")


def kernel_environment(options: argparse.Namespace) -> dict[str, str]:
    """Return the variables that a kernel finds: profile, run and build folder; `$FACE_DATA` is in place already."""
    return {
        "FACE_STUDY_PROFILE": options.profile,
        "FACE_STUDY_RUN": time.strftime("%Y-%m-%dT%H:%M:%S") + f"/{os.getpid()}",
        "FACE_STUDY_BUILD": str(paths.BUILD),
    }


def report_failure(
    options: argparse.Namespace,
    left: Sequence[plan.Step],
    outcomes: Mapping[str, Outcome],
    stopped: bool,
    screen: Screen,
) -> int:
    """Write the report of what is done; print every failing cell, and the command that goes on; return the code."""
    numbers = [step.notebook.number for step in left]
    resume = resuming(options, numbers)
    missing = [(step.notebook.number, step.notebook.title, reason(step, outcomes, stopped)) for step in left]
    done = [number for number, outcome in outcomes.items() if outcome.ok]
    screen.line(
        f"\nreport:        {site.build(judged(options.profile, done), missing, resume)}, without {', '.join(numbers)}"
    )
    for step in left:
        outcome = outcomes.get(step.notebook.number)
        if outcome:
            cell = "\n".join("    " + line for line in outcome.source.splitlines())
            words = f"\nIn this cell of {step.notebook.path.name}:\n\n{cell}\n\n{outcome.problem}"
            screen.line(f"{words}\n\nexecuted copy: {outcome.executed}")
    if stopped:
        screen.line("stopped; what was finished stays")
    screen.line(f"resume:        {resume}")
    return STOPPED if stopped else FAILED


def reason(step: plan.Step, outcomes: Mapping[str, Outcome], stopped: bool) -> str:
    """Return why a notebook has not come to its end."""
    if step.notebook.number in outcomes:
        return outcomes[step.notebook.number].problem
    failed = sorted(number for number in step.after if number in outcomes and not outcomes[number].ok)
    if failed:
        return f"it needs {', '.join(failed)}, which failed"
    return "the run was stopped before its end" if stopped else "it was left out"


def resuming(options: argparse.Namespace, numbers: Sequence[str]) -> str:
    """Return the command that runs these notebooks with the same options."""
    rest = [step.notebook.number for step in plan.make_plan(options.profile, start=numbers[0])]
    where = ["--from", numbers[0]] if rest == list(numbers) and not options.only else ["--only", *numbers]
    words = ["./run_all.sh", options.profile, *where]
    for setting in options.settings:
        words += ["--set", setting] if setting[:2] in numbers else []
    words += ["--data", options.data] if options.data else []
    words += ["--scheduler", options.scheduler] if options.scheduler else []
    words += ["--devices", options.devices] if options.devices else []
    words += ["--jobs", str(options.jobs)] if options.jobs != schedule.slots() else []
    return shlex.join(words)


def list_steps(steps: list[plan.Step]) -> int:
    """Print every notebook of the run with its parameters; those that differ from the default are marked with *."""
    for step in steps:
        print(f"{step.notebook.number}  {step.notebook.title}")
        for name, value in step.parameters.items():
            mark = "*" if name in step.given else " "
            print(f"    {mark} {name} = {value!r}  # {step.notebook.parameters[name].help}")
    return 0


def judged(profile: str, numbers: Sequence[str]) -> list[Verdict]:
    """Return the results of these notebooks beside the reference's."""
    results = reference.read_results()
    needs = plan.upstream([read_notebook(path) for path in sources().values()])
    there = [number for number in results if number in numbers]
    return reference.compare(results, reference.read_reference(profile), there, needs)


def finish(profile: str, numbers: Sequence[str]) -> int:
    """Print the results beside the reference's, and write the site; return the exit code."""
    verdicts = judged(profile, numbers)
    print(f"\nreport: {site.build(verdicts)}\n")
    if not reference.reference_path(profile).exists():
        print(f"no reference run of {profile} yet")
        return WELL
    print("\n".join(reference.lines(verdicts)))
    differences = reference.differences(verdicts, profile)
    if not differences:
        return WELL
    print("\nNOT REPRODUCED:", *differences, sep="\n  ")
    print(MEANING)
    return NOT_REPRODUCED


@contextmanager
def lock(profile: str) -> Iterator[TextIO]:
    """Hold the build folder; where another run holds it, say so and wait for its end."""
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    with (paths.BUILD / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            print(f"{file.read().strip()} is using {paths.BUILD}; waiting for its end (Ctrl-C gives up)", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"another run (process {os.getpid()}, {profile}, since {time.strftime('%H:%M')})")
        file.flush()
        yield file
