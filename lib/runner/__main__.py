"""Runs the notebooks of the study in order, and says which results of the reference run they reproduced."""

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lib import paths
from lib.runner import plan, publish, reference, site
from lib.runner.execute import Outcome, execute
from lib.runner.notebook import PlanError


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return its exit code: 0 well, 1 failed, 2 bad request, 130 stopped."""
    stop_like_ctrl_c()
    try:
        options = parse(arguments)
        if options.publish:
            print("\n".join(publish.publish(options.profile)))
            return 0
        steps = plan.make_plan(options.profile, options.only, options.start, options.settings)
        if options.list:
            return list_steps(steps)
        with lock(options.profile) as held:
            return run(options, steps, held)
    except PlanError as error:
        print(f"run_all: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the words has gone, as with `| head`
        os._exit(141)
    except OSError as error:
        print(
            f"run_all: {error}. Free or unlock that place, or set FACE_STUDY_BUILD to another folder", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("\nstopped; what was finished stays, and the same command goes on from here", file=sys.stderr)
        return 130


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
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the licensed data sets, one folder each")
    parser.add_argument("--list", action="store_true", help="show notebooks and parameters, run nothing")
    parser.add_argument("--publish", action="store_true", help="make the last run the reference in figures/")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, steps: list[plan.Step], held: TextIO) -> int:
    """Execute the steps in order, one line each; stop at the first failure."""
    environment, started = kernel_environment(options), time.monotonic()
    for step in steps:
        outcome = run_one(step, environment, held)
        if not outcome.ok:
            report_failure(step, outcome, options)
            return 1
    print(f"    {len(steps)} notebooks in {(time.monotonic() - started) / 60:.1f} minutes")
    finish(options.profile, [step.notebook.number for step in steps])
    return 0


def run_one(step: plan.Step, environment: dict[str, str], held: TextIO) -> Outcome:
    """Execute one notebook and print its line."""
    head = f"{step.notebook.number}  {step.notebook.title:<44.44}"
    print(head, end="", flush=True)

    def progress(cell: int, cells: int, seconds: float) -> None:
        if sys.stdout.isatty():
            bar = "#" * (20 * cell // cells)
            print(f"\r{head} [{bar:<20}] cell {cell + 1}/{cells} {seconds:5.0f} s", end="", flush=True)

    own = {"FACE_STUDY_PARAMETERS": plan.as_json(step.parameters)}
    outcome = execute(step, environment | own, progress, (held.fileno(),))
    wipe = f"\r{head}" if sys.stdout.isatty() else ""
    result = "ok" if outcome.ok else "FAILED"
    print(f"{wipe} {outcome.seconds:7.1f} s {outcome.peak_bytes / 2**30:5.1f} GB  {result:<24}".rstrip(), flush=True)
    return outcome


def kernel_environment(options: argparse.Namespace) -> dict[str, str]:
    """Return the variables that a kernel finds: profile, run and the folder of the licensed data."""
    variables = {
        "FACE_STUDY_PROFILE": options.profile,
        "FACE_STUDY_RUN": time.strftime("%Y-%m-%dT%H:%M:%S") + f"/{os.getpid()}",
    }
    if options.data:
        folder = Path(os.environ.get("FACE_STUDY_CALLER", "."), options.data).resolve()
        if not folder.is_dir():
            raise PlanError(f"--data {options.data}: no such folder")
        variables["FACE_DATA"] = str(folder)
    return variables


def report_failure(step: plan.Step, outcome: Outcome, options: argparse.Namespace) -> None:
    """Print the failing cell, the error, the executed copy, and the command that resumes."""
    number = step.notebook.number
    settings = "".join(f" --set '{setting}'" for setting in options.settings if setting[:2] >= number)
    data = f" --data '{options.data}'" if options.data else ""
    rest = " ".join(one for one in sorted(options.only) if one >= number)
    where = f"--only {rest}" if rest else f"--from {number}"
    print(f"\nIn this cell of {step.notebook.path.name}:\n")
    print("\n".join("    " + line for line in outcome.source.splitlines()))
    print(f"\n{outcome.problem}\n\nexecuted copy: {outcome.executed}")
    print(f"resume:        ./run_all.sh {options.profile} {where}{settings}{data}")


def list_steps(steps: list[plan.Step]) -> int:
    """Print every notebook of the run with its parameters; those that differ from the default are marked with *."""
    for step in steps:
        print(f"{step.notebook.number}  {step.notebook.title}")
        for name, value in step.parameters.items():
            mark = "*" if name in step.given else " "
            print(f"    {mark} {name} = {value!r}  # {step.notebook.parameters[name].help}")
    return 0


def finish(profile: str, numbers: list[str]) -> None:
    """Print the results beside the reference's, and write the site."""
    results = {number: found for number, found in reference.read_results().items() if number in numbers}
    published = reference.read_reference(profile)
    verdicts = reference.compare(results, published)
    print(f"\nreport: {site.build(verdicts)}\n")
    print("\n".join(reference.lines(verdicts)) if published else f"no reference run of {profile} yet")


def stop_like_ctrl_c() -> None:
    """Let a kill and a closed terminal end the run as Ctrl-C does: the kernel goes with the runner."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN or name == signal.SIGINT:  # nohup ignores SIGHUP, and means it
            signal.signal(name, signal.default_int_handler)


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


if __name__ == "__main__":
    sys.exit(main())
