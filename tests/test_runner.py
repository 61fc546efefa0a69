"""The runner, on tiny notebooks in a folder of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lib.paths import ROOT
from lib.runner import notebook, plan

PROFILES = """
[profiles.tiny]
help = "for these tests"
silence = 60
[profiles.tiny.shared]
SIZE = "smoke"
[profiles.hasty]
help = "nothing may be silent for three seconds"
silence = 3
[profiles.half]
help = "the first notebook alone"
notebooks = ["01"]
[01.tiny]
STEPS = 2
"""
PARAMETERS = """
SIZE: str = "standard"  # size of the data
STEPS: int = 10  # steps
RATE: float = 0.5  # share in [0, 1]
FAST: bool = False  # a switch
NAMES: list = ["a"]  # some names
"""
INTRODUCTION = "# {} A notebook\n\n**Question.** Does it run?  \n**You will see.** Nothing.  \n**Time.** A second."


def write_notebook(folder: Path, number: str, *cells: str) -> None:
    """Write `folder/NN_test.ipynb`: a title, the parameters above, and these code cells."""
    parameters = new_code_cell(PARAMETERS.strip(), metadata={"tags": ["parameters"]})
    body = [new_markdown_cell(INTRODUCTION.format(number)), parameters, *map(new_code_cell, cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=body, metadata=kernel), folder / f"{number}_test.ipynb")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two notebooks that run, and profiles for them."""
    notebooks = tmp_path / "note books"
    notebooks.mkdir()
    (notebooks / "profiles.toml").write_text(PROFILES)
    write_notebook(notebooks, "01", "print(SIZE, STEPS, RATE, FAST, NAMES)")
    write_notebook(notebooks, "02", "1 + 1")
    return notebooks


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start the runner on these notebooks, its products in a folder beside them."""
    places = {"FACE_STUDY_NOTEBOOKS": str(folder), "FACE_STUDY_BUILD": str(build(folder))}
    command = [sys.executable, "-m", "lib.runner", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | places, text=True, **pipes)


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return exit code and words of a whole run."""
    process = start(folder, *arguments)
    words, _ = process.communicate(timeout=300)
    return process.returncode, words


def build(folder: Path) -> Path:
    """Return the folder of the products."""
    return folder.parent / "build"


def output(folder: Path, number: str) -> str:
    """Return what an executed notebook printed."""
    notebook = json.loads((build(folder) / "executed" / f"{number}_test.ipynb").read_text())
    return "".join("".join(piece.get("text", "")) for cell in notebook["cells"] for piece in cell.get("outputs", []))


def wait_for(path: Path, seconds: float = 120) -> str:
    """Return the text of a file as soon as it has any."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise TimeoutError(f"{path} was not written in {seconds} s")


def wait_for_end(pids: list[int], seconds: float = 20) -> list[int]:
    """Return those of the processes that are still alive after some seconds at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(map(psutil.pid_exists, pids)):
        time.sleep(0.05)
    return [pid for pid in pids if psutil.pid_exists(pid)]


def test_notebooks_run_in_order_with_the_parameters_of_profile_and_command_line(folder):
    code, words = run(folder, "tiny", "--set", "01.RATE=1", "--set", "01.NAMES=['x', 'y']", "--set", "01.FAST=true")
    assert code == 0, words
    assert words.index("01  A notebook") < words.index("02  A notebook")
    assert output(folder, "01") == "smoke 2 1.0 True ['x', 'y']\n"
    assert words.endswith("no reference run of tiny yet\n")
    assert (build(folder) / "report" / "index.html").exists()
    assert (build(folder) / "report" / "02_test.html").exists()
    assert not list(build(folder).glob("executed/*.log"))


def test_a_failure_shows_its_cell_and_the_command_that_resumes(folder):
    flag = folder / "flag"
    write_notebook(folder, "02", f"from pathlib import Path\nassert Path({str(flag)!r}).exists(), 'no flag'")
    write_notebook(folder, "03", "print('third')")
    code, words = run(folder, "tiny", "--set", "01.RATE=1")
    assert code == 1
    assert "FAILED" in words
    assert "    assert Path(" in words
    assert "AssertionError: no flag" in words
    assert str(build(folder) / "executed" / "02_test.ipynb") in words
    assert "./run_all.sh tiny --from 02" in words
    assert "01.RATE" not in words.split("resume:")[1]  # a setting of a notebook that the resumed run leaves out
    assert "03  A notebook" not in words
    flag.touch()
    code, words = run(folder, "tiny", "--from", "02")
    assert code == 0, words
    assert output(folder, "03") == "third\n"


def test_a_cell_without_output_and_work_ends_the_run(folder):
    write_notebook(folder, "01", "import time\ntime.sleep(100)")
    code, words = run(folder, "hasty")
    assert code == 1
    assert "nothing happened for 3 s, no output and no work" in words
    assert "time.sleep(100)" in words


def test_a_kernel_that_the_system_kills_is_named_so(folder):
    write_notebook(folder, "01", "import os\nos.kill(os.getpid(), 9)")
    code, words = run(folder, "tiny")
    assert code == 1
    assert "the kernel was killed, most likely for memory: it held" in words
    assert "os.kill" in words


def test_a_kernel_that_dies_otherwise_leaves_its_last_words(folder):
    write_notebook(folder, "01", "import os\nos.write(2, b'last words')\nos._exit(7)")
    code, words = run(folder, "tiny")
    assert code == 1
    assert "exit code 7" in words
    assert "last words" in (build(folder) / "executed" / "01_test.log").read_text()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_process_and_the_next_run_is_right(folder, how):
    pids = folder / "pids"
    busy = (
        "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\ntime.sleep(1000)"
    )
    write_notebook(folder, "01", busy)
    runner = start(folder, "tiny")
    kernel, child = map(int, wait_for(pids).split())
    worker = psutil.Process(runner.pid).children()[0].pid
    runner.send_signal(how)
    words, _ = runner.communicate(timeout=30)
    assert wait_for_end([worker, kernel, child]) == []
    assert runner.returncode == (-9 if how == signal.SIGKILL else 130), words
    assert not (build(folder) / "executed" / "01_test.ipynb").exists()
    write_notebook(folder, "01", "print('well')")
    code, words = run(folder, "tiny", "--only", "01")
    assert code == 0, words
    assert output(folder, "01") == "well\n"
    assert [path.name for path in (build(folder) / "executed").iterdir()] == ["01_test.ipynb"]


def test_a_second_run_waits_for_the_first(folder):
    flag, begun = folder / "flag", folder / "begun"
    waiting = f"while not Path({str(flag)!r}).exists():\n    time.sleep(0.05)"
    write_notebook(
        folder, "01", "import time\nfrom pathlib import Path", f"Path({str(begun)!r}).write_text('x')", waiting
    )
    first = start(folder, "tiny", "--only", "01")
    wait_for(begun)
    second = start(folder, "tiny", "--only", "02")
    line = second.stdout.readline()
    assert f"another run (process {first.pid}, tiny" in line
    assert "waiting for its end" in line
    assert not (build(folder) / "executed" / "02_test.ipynb").exists()
    flag.touch()
    assert first.wait(120) == 0
    assert second.wait(120) == 0
    first.stdout.close()
    second.stdout.close()
    assert (build(folder) / "executed" / "02_test.ipynb").exists()


def test_the_list_shows_every_parameter_and_runs_nothing(folder):
    code, words = run(folder, "tiny", "--list")
    assert code == 0
    assert "* STEPS = 2  # steps" in words
    assert "  RATE = 0.5  # share in [0, 1]" in words
    assert not build(folder).exists()


def test_a_bad_request_is_one_line_and_runs_nothing(folder):
    code, words = run(folder, "tiny", "--set", "01.STEP=3")
    assert code == 2
    assert (
        words == "run_all: unknown parameter of 01_test.ipynb 'STEP'; expected one of FAST, NAMES, RATE, SIZE, STEPS\n"
    )
    assert not build(folder).exists()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"profile": "tinny"}, "unknown profile 'tinny'; expected one of half, hasty, tiny"),
        ({"only": ["07"]}, "unknown notebook '07'; expected one of 01, 02"),
        ({"start": "9"}, "unknown notebook '9'"),
        ({"settings": ["STEPS=3"]}, "expected NN.NAME=VALUE"),
        ({"settings": ["01.STEPS=many"]}, "STEPS is 'many', a str; expected a int"),
        ({"settings": ["01.STEPS=1.5"]}, "STEPS is 1.5, a float; expected a int"),
        ({"settings": ["01.STEPS=True"]}, "STEPS is True, a bool; expected a int"),
        ({"settings": ["01.FAST=1"]}, "FAST is 1, a int; expected a bool"),
        ({"settings": ["01.NAMES=x"]}, "NAMES is 'x', a str; expected a list"),
        ({"settings": ["02.STEPS=1"], "only": ["01"]}, "which this run leaves out"),
        ({"profile": "half", "only": ["02"]}, "unknown notebook of the profile half '02'; expected one of 01"),
    ],
)
def test_what_is_unknown_or_mistyped_is_refused(folder, request_, message):
    with pytest.raises(notebook.PlanError) as caught:
        plan.make_plan(**{"profile": "tiny", "folder": folder, **request_})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("STEPS = 2", "STEP = 3", "unknown parameter of 01_test.ipynb 'STEP'"),
        ("STEPS = 2", "STEPS = '3'", "[01.tiny]: STEPS is '3', a str; expected a int"),
        ("[01.tiny]", "[09.tiny]", "unknown notebook '09'"),
        ("[01.tiny]", "[01.tinny]", "unknown profile in [01.tinny] 'tinny'"),
        ("silence = 60", "timeout = 60", "unknown key in [profiles.tiny] 'timeout'"),
        ("[01.tiny]", "[01.tiny", "cannot be read"),
    ],
)
def test_a_mistake_in_the_profiles_is_refused(folder, old, new, message):
    (folder / "profiles.toml").write_text(PROFILES.replace(old, new))
    with pytest.raises(notebook.PlanError) as caught:
        plan.make_plan("tiny", folder=folder)
    assert message in str(caught.value)


def test_a_whole_number_serves_as_a_float_and_text_stays_text(folder):
    steps = plan.make_plan("hasty", settings=["01.RATE=1", "01.SIZE=3"], folder=folder)
    assert steps[0].given == {"RATE": 1.0, "SIZE": "3"}
    assert type(steps[0].given["RATE"]) is float


def test_a_profile_may_run_some_notebooks_only(folder):
    assert [step.notebook.number for step in plan.make_plan("half", folder=folder)] == ["01"]


@pytest.mark.parametrize(
    "line", ["STEPS = 3", "STEPS: int = 2 + 1", "STEPS: int = 'a'", "STEPS: dict = {}", "print()", "a b"]
)
def test_a_parameter_cell_of_another_form_is_refused(line):
    with pytest.raises(notebook.PlanError):
        notebook.read_parameters(line, Path("01_test.ipynb"))


def test_the_three_lines_below_the_title_are_read(folder):
    found = notebook.read_notebook(folder / "01_test.ipynb")
    assert found.title == "A notebook"
    assert notebook.introduction(found) == ("Does it run?", "Nothing.", "A second.")
