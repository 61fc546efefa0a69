"""The runner, on tiny notebooks in a folder of their own."""

import fcntl
import html
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lib.paths import ROOT
from lib.runner import data, execute, machines, notebook, plan

PROFILES = """
[profiles.tiny]
help = "for these tests"
silence = 60
[profiles.tiny.shared]
SIZE = "smoke"
[profiles.hasty]
help = "nothing may be silent for three seconds"
silence = 3
[profiles.crowded]
help = "no notebook is alone"
beside = true
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


def write_notebook(folder: Path, number: str, *cells: str, **study: object) -> None:
    """Write `folder/NN_test.ipynb`: a title, the parameters above, these code cells, and the metadata `study`."""
    parameters = new_code_cell(PARAMETERS.strip(), metadata={"tags": ["parameters"]})
    body = [new_markdown_cell(INTRODUCTION.format(number)), parameters, *map(new_code_cell, cells)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, **({"study": study} if study else {})}
    nbformat.write(new_notebook(cells=body, metadata=metadata), folder / f"{number}_test.ipynb")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two notebooks that run, and profiles for them."""
    notebooks = tmp_path / "note books"
    notebooks.mkdir()
    (notebooks / "profiles.toml").write_text(PROFILES)
    write_notebook(notebooks, "01", "print(SIZE, STEPS, RATE, FAST, NAMES)")
    write_notebook(notebooks, "02", "1 + 1")
    return notebooks


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    """Start the runner on these notebooks, its products in a folder beside them."""
    places = variables | {"FACE_STUDY_NOTEBOOKS": str(folder), "FACE_STUDY_BUILD": str(build(folder))}
    command = [sys.executable, "-m", "lib.runner", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | places, text=True, **pipes)


def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Return exit code and words of a whole run."""
    process = start(folder, *arguments, **variables)
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


def test_notebooks_run_at_the_same_time_unless_one_needs_another_or_must_be_alone(folder):
    spans = folder / "spans"
    body = (
        "import time\nfrom pathlib import Path\nbegun = time.monotonic()\n{}\n"
        f"with open({str(spans)!r}, 'a') as file:\n    print('{{}}', begun, time.monotonic(), file=file)"
    )
    meet = "Path({!r}).touch()\nwhile not Path({!r}).exists():\n    time.sleep(0.05)"
    one, other = str(folder / "one"), str(folder / "other")
    write_notebook(folder, "01", body.format("time.sleep(0.5)", "01"), after=[], alone=True)
    write_notebook(folder, "02", body.format(meet.format(one, other), "02"), after=["01"])
    write_notebook(folder, "03", body.format(meet.format(other, one), "03"), after=[])
    write_notebook(folder, "04", body.format("", "04"), after=["02"])
    code, words = run(folder, "tiny", "--jobs", "2")
    assert code == 0, words
    rows = [line.split() for line in spans.read_text().splitlines()]
    begun, ended = ({row[0]: float(row[place]) for row in rows} for place in (1, 2))
    assert begun["02"] < ended["03"]
    assert begun["03"] < ended["02"]
    assert begun["04"] > ended["02"]
    assert all(begun[number] > ended["01"] for number in ("02", "03", "04"))


def test_a_failure_leaves_out_what_needs_it_and_the_rest_is_in_the_report(folder):
    write_notebook(folder, "01", "raise ValueError('no luck')", after=[])
    write_notebook(folder, "02", "1 + 1", after=["01"])
    write_notebook(folder, "03", "print('well')", after=[])
    write_notebook(folder, "04", "1 + 1", after=["02"])
    code, words = run(folder, "tiny", "--jobs", "7", "--set", '04.NAMES=["it\'s"]')
    assert code == 1
    assert output(folder, "03") == "well\n"
    resume = words.split("resume:")[1].split("\n")[0]
    asked = ["--only", "01", "02", "04", "--set", '04.NAMES=["it\'s"]', "--jobs", "7"]
    assert shlex.split(resume) == ["./run_all.sh", "tiny", *asked]
    page = (build(folder) / "report" / "index.html").read_text()
    assert "ValueError: no luck" in page
    assert "04 A notebook: it needs 01, which failed" in page
    assert html.escape(resume.strip()) in page
    assert "ValueError: no luck" in (build(folder) / "run.log").read_text()


def test_a_cell_without_output_and_work_ends_the_run(folder):
    write_notebook(folder, "01", "import time\nprint('half way')\ntime.sleep(1000)")
    code, words = run(folder, "hasty")
    assert code == 1
    assert "nothing happened for 3 s, no output and no work by any of its processes" in words
    assert "its last words: half way" in words
    assert "time.sleep(1000)" in words
    assert "resume:" in words


def test_a_cell_that_works_or_shows_something_is_never_ended(folder):
    child = "import time\nend = time.monotonic() + 7\nwhile time.monotonic() < end: pass"
    write_notebook(folder, "01", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])")
    write_notebook(folder, "02", "import time\nfor k in range(7):\n    print(k)\n    time.sleep(1)", after=[])
    code, words = run(folder, "hasty", "--jobs", "2")
    assert code == 0, words


def test_a_kernel_that_the_system_kills_is_named_so_and_leaves_no_process(folder):
    pid = folder / "pid"
    orphan = f"subprocess.run(['sh', '-c', 'sleep 1000 & echo $! > {pid.name}'], cwd={str(folder)!r})"
    write_notebook(folder, "01", f"import os, subprocess\n{orphan}\nos.kill(os.getpid(), 9)")
    code, words = run(folder, "tiny")
    assert code == 1
    assert "the kernel was killed, most likely for memory: it held" in words
    assert "os.kill" in words
    assert wait_for_end([int(pid.read_text())]) == []


def test_a_kernel_that_dies_otherwise_leaves_its_last_words(folder):
    write_notebook(folder, "01", "import os\nos.write(2, b'last words')\nos._exit(7)")
    code, words = run(folder, "tiny")
    assert code == 1
    assert "exit code 7" in words
    assert "last words" in (build(folder) / "executed" / "01_test.log").read_text()


def test_what_the_children_of_a_cell_print_is_no_event(folder):
    forged = '{"event": "ok", "token": ""}'
    cell = (
        f"import os\nos.system('echo hi')\nos.write(1, b'\\xff\\n')\nos.write(1, b'{forged}\\n')\nraise OSError('it')"
    )
    write_notebook(folder, "01", cell)
    code, words = run(folder, "tiny")
    assert code == 1
    assert "OSError: it" in words
    log = (build(folder) / "executed" / "01_test.log").read_bytes()
    assert b"hi\n\xff\n" + forged.encode() in log
    assert execute.read_event(forged, "secret") == {}
    assert execute.read_event('["a list"]', "secret") == {}


def test_the_kernel_and_the_data_are_the_studys_own(folder):
    foreign = folder / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("SIZE_OF_READER = 1")
    (folder / "start.py").write_text("NAME_OF_READER = 1")
    (folder / "sets" / "MUG" / "subjects3").mkdir(parents=True)
    write_notebook(
        folder, "01", "import os\nprint([name for name in dir() if 'READER' in name], os.environ['FACE_DATA'])"
    )
    variables = {
        "JUPYTER_PATH": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONSTARTUP": str(folder / "start.py"),
        "FACE_STUDY_CALLER": str(folder),
    }
    code, words = run(folder, "half", "--data", "sets", **variables)
    assert code == 0, words
    assert output(folder, "01") == f"[] {folder}/sets\n"
    assert words.startswith("real: mug; stand-in: ck_plus, jaffe")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_process_but_a_report_and_the_next_run_is_right(folder, how):
    pids = folder / "pids"
    busy = (
        "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\ntime.sleep(1000)"
    )
    write_notebook(folder, "01", busy, after=[])
    write_notebook(folder, "02", "1 + 1", after=[])
    runner = start(folder, "tiny", "--jobs", "2")
    kernel, child = map(int, wait_for(pids).split())
    wait_for(build(folder) / "executed" / "02_test.ipynb")
    workers = [one.pid for one in psutil.Process(runner.pid).children()]
    runner.send_signal(how)
    words, _ = runner.communicate(timeout=60)
    assert wait_for_end([*workers, kernel, child]) == []
    assert not (build(folder) / "executed" / "01_test.ipynb").exists()
    assert runner.returncode == (-9 if how == signal.SIGKILL else 130), words
    if how != signal.SIGKILL:
        assert "resume:        ./run_all.sh tiny --only 01" in words.splitlines()[-1]
        assert (
            "01 A notebook: the run was stopped before its end" in (build(folder) / "report" / "index.html").read_text()
        )
    write_notebook(folder, "01", "print('well')")
    code, words = run(folder, "tiny", "--only", "01")
    assert code == 0, words
    assert output(folder, "01") == "well\n"
    assert not list((build(folder) / "executed").glob("*01_test.log"))
    assert not list((build(folder) / "executed").glob(".*.part.ipynb"))


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.2])
def test_ctrl_c_before_the_first_notebook_gives_no_traceback(folder, seconds):
    write_notebook(folder, "01", "import time\ntime.sleep(1000)", after=[])
    runner = start(folder, "tiny")
    time.sleep(seconds)
    runner.send_signal(signal.SIGINT)
    words, _ = runner.communicate(timeout=60)
    assert runner.returncode in (130, -signal.SIGINT), words  # the second before Python itself is up
    assert "Traceback" not in words


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


def test_publishing_waits_for_a_run(folder):
    build(folder).mkdir()
    with (build(folder) / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        publishing = start(folder, "tiny", "--publish")
        assert "waiting for its end" in publishing.stdout.readline()
    words, _ = publishing.communicate(timeout=60)
    assert publishing.returncode == 2
    assert "notebook 01 has results of no run" in words


def test_a_missing_data_folder_is_refused_before_the_lock(folder):
    build(folder).mkdir()
    with (build(folder) / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, words = run(folder, "tiny", "--data", str(folder / "nowhere"))
    assert code == 2
    assert "nowhere', which is no folder" in words


def test_a_scheduler_that_does_not_answer_is_refused_before_a_notebook_runs(folder):
    code, words = run(folder, "tiny", "--scheduler", "tcp://127.0.0.1:9")
    assert code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in words


@pytest.mark.parametrize("scheduler", ["head", "tcp://127.0.0.1:many", "tcp://127.0.0.1:99999"])
def test_an_address_of_no_scheduler_is_refused(scheduler):
    with pytest.raises(notebook.PlanError, match=f"no Dask scheduler answers at {scheduler}"):
        machines.use(scheduler, None)


def test_several_machines_are_refused_on_tensorflow_before_a_notebook_runs(folder, monkeypatch):
    monkeypatch.setenv(machines.SEVERAL[0], "10.0.0.1:4321")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    code, words = run(folder, "tiny", "--devices", "all")
    assert code == 2
    assert f"{machines.SEVERAL[0]} names several machines" in words


@pytest.mark.parametrize("name", machines.SEVERAL)
def test_every_way_to_name_several_machines_is_refused_on_tensorflow(monkeypatch, name):
    monkeypatch.setenv(name, "10.0.0.1:4321")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(notebook.PlanError, match=f"{name} names several machines, over which only KERAS_BACKEND=jax"):
        machines.use(None, "all")


def test_the_machines_of_a_run_reach_its_notebooks_and_the_command_that_resumes(folder):
    write_notebook(
        folder, "01", "import os; print(os.environ['FACE_STUDY_SCHEDULER'], os.environ['FACE_STUDY_DEVICES'])"
    )
    write_notebook(folder, "02", "raise ValueError('no luck')")
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        address = f"tcp://127.0.0.1:{scheduler.getsockname()[1]}"
        asked = ["--scheduler", address, "--devices", "all"]
        code, words = run(folder, "tiny", *asked)
    assert code == 1
    assert output(folder, "01") == f"{address} all\n"
    assert shlex.split(words.split("resume:")[1].split("\n")[0])[-4:] == asked


@pytest.mark.parametrize("text", ["", " ", "note books"])
def test_a_folder_without_data_sets_is_refused(folder, text, monkeypatch):
    monkeypatch.setenv("FACE_STUDY_CALLER", str(folder.parent))
    with pytest.raises(notebook.PlanError, match=r"empty text|holds no data set"):
        data.use(text)


@pytest.mark.parametrize("holds", [None, "mug"])
def test_a_profile_for_real_faces_is_refused_without_them(folder, holds, monkeypatch):
    monkeypatch.delenv("FACE_DATA", raising=False)
    if holds:
        image = folder.parent / "sets" / holds / "subjects3" / "001" / "happiness" / "take000" / "img_0000.jpg"
        image.parent.mkdir(parents=True)
        image.write_bytes(b"")
    with pytest.raises(notebook.PlanError, match=r"needs fer2013.*give --data DIR"):
        data.use(str(folder.parent / "sets") if holds else None, plan.needs("fer2013"))


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
    assert run(folder, "tiny", "--jobs", "0") == (2, "run_all: --jobs 0: expected 1 or more\n")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"profile": "tinny"}, "unknown profile 'tinny'; expected one of crowded, half, hasty, tiny"),
        ({"only": ["07"]}, "unknown notebook '07'; expected one of 01, 02"),
        ({"start": "9"}, "unknown notebook '09'"),
        ({"settings": ["STEPS=3"]}, "expected NN.NAME=VALUE"),
        ({"settings": ["01.STEPS=many"]}, "STEPS is 'many', a str; expected the type int"),
        ({"settings": ["01.STEPS=1.5"]}, "STEPS is 1.5, a float; expected the type int"),
        ({"settings": ["01.STEPS=True"]}, "STEPS is True, a bool; expected the type int"),
        ({"settings": ["01.FAST=1"]}, "FAST is 1, a int; expected the type bool"),
        ({"settings": ["01.NAMES=x"]}, "NAMES is 'x', a str; expected the type list"),
        ({"settings": ["01.STEPS=0"]}, "STEPS is 0; expected 1 or more"),
        ({"settings": ["01.RATE=-0.5"]}, "RATE is -0.5; expected no negative number"),
        ({"settings": ["02.STEPS=1"], "only": ["01"]}, "which this run leaves out"),
        ({"only": ["01"], "start": "02"}, "--only 01 and --from 02 leave no notebook to run"),
        ({"profile": "half", "only": ["02"]}, "unknown notebook of the profile half '02'; expected one of 01"),
    ],
)
def test_what_is_unknown_or_mistyped_is_refused(folder, request_, message):
    with pytest.raises(notebook.PlanError) as caught:
        plan.make_plan(**{"profile": "tiny", "folder": folder, **request_})
    assert message in str(caught.value)


def test_a_notebook_is_named_with_or_without_its_zero(folder):
    assert [step.notebook.number for step in plan.make_plan("tiny", only=["2"], folder=folder)] == ["02"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("STEPS = 2", "STEP = 3", "unknown parameter of 01_test.ipynb 'STEP'"),
        ("STEPS = 2", "STEPS = '3'", "[01.tiny]: STEPS is '3', a str; expected the type int"),
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


def test_a_process_of_the_runner_waits_for_no_grammar_of_web_addresses():
    code = "import sys, lib.runner.worker; print('lark' in sys.modules, 'nbformat' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_a_profile_may_run_some_notebooks_only(folder):
    assert [step.notebook.number for step in plan.make_plan("half", folder=folder)] == ["01"]


def test_in_a_profile_of_toys_no_notebook_is_alone(folder):
    write_notebook(folder, "02", after=[], alone=True)
    wanted = {name: plan.make_plan(name, folder=folder)[-1].notebook.alone for name in ("tiny", "crowded")}
    assert wanted == {"tiny": True, "crowded": False}


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is not a notebook"),
        ('{"cells": [{"cell_type": "code", "metadata": {}}]}', "is not a notebook: KeyError 'source'"),
        ('{"cells": [{"source": "# A"}]}', "is not a notebook: KeyError 'metadata'"),
        ('{"cells": 7}', "is not a notebook"),
        ('{"cells": [], "metadata": {"study": {"after": "01"}}}', "the metadata study is {'after': '01'}"),
        ('{"cells": [], "metadata": {"study": {"alone": 1}}}', "the metadata study is {'alone': 1}"),
        ('{"cells": [], "metadata": {"study": []}}', "is not a notebook"),
        ('{"cells": [], "metadata": {"study": {"after": ["03"]}}}', "unknown notebook before 02_test.ipynb"),
        ('{"cells": [], "metadata": {"study": {"after": ["02"]}}}', "unknown notebook before 02_test.ipynb"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_by_name(folder, text, message):
    (folder / "02_test.ipynb").write_text(text)
    with pytest.raises(notebook.PlanError) as caught:
        plan.make_plan("tiny", folder=folder)
    assert message in str(caught.value)
    assert "02_test.ipynb" in str(caught.value)


def test_what_a_notebook_comes_after_is_followed_through_others_and_without_a_word_it_is_all_before(folder):
    write_notebook(folder, "02", after=["01"])
    write_notebook(folder, "03", after=["02"])
    write_notebook(folder, "04", after=[])
    write_notebook(folder, "05")
    needs = {step.notebook.number: set(step.after) for step in plan.make_plan("tiny", folder=folder)}
    assert needs == {"01": set(), "02": {"01"}, "03": {"01", "02"}, "04": set(), "05": {"01", "02", "03", "04"}}
    part = plan.make_plan("tiny", only=["01", "03"], folder=folder)
    assert part[1].after == {"01"}
