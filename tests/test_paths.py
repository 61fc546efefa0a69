"""Where products go, and that a run can overwrite nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib import paths


def build_folder(cwd: Path, **variables: str) -> str:
    """Return the build folder that a process takes with these variables, started in `cwd`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FACE_STUDY_")}
    command = [sys.executable, "-c", "from lib import paths; print(paths.BUILD)"]
    environment = clean | {"PYTHONPATH": str(paths.ROOT)} | variables
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_build_folder_is_the_checkouts_own_unless_it_is_named(tmp_path):
    assert build_folder(tmp_path) == str(paths.ROOT / "build")
    assert build_folder(tmp_path, FACE_STUDY_BUILD="") == str(paths.ROOT / "build")
    assert build_folder(tmp_path, FACE_STUDY_BUILD="/elsewhere/x") == "/elsewhere/x"


def test_a_relative_build_folder_lies_where_the_caller_stands(tmp_path):
    assert build_folder(tmp_path, FACE_STUDY_BUILD="x/y") == str(tmp_path.resolve() / "x" / "y")
    caller = {"FACE_STUDY_CALLER": "/some/where"}
    assert build_folder(tmp_path, FACE_STUDY_BUILD="x", **caller) == "/some/where/x"


@pytest.mark.parametrize("name", [".", "..", "lib", "figures", "notebooks/new", "tests/x", ".git"])
def test_a_build_folder_with_files_of_the_study_is_refused(name):
    with pytest.raises(ValueError, match=r"^the build folder .* set FACE_STUDY_BUILD to a folder of its own$"):
        paths.check_build((paths.ROOT / name).resolve())


def test_a_build_folder_with_tracked_files_of_any_repository_is_refused(tmp_path):
    paths.check_build(tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "02_mine.png").touch()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    paths.check_build(tmp_path)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    with pytest.raises(ValueError, match=r"tracked files such as figures/02_mine\.png"):
        paths.check_build(tmp_path)


def test_the_usual_build_folders_are_taken(tmp_path):
    paths.check_build(paths.ROOT / "build")
    paths.check_build(paths.ROOT / "build" / "jax")
    paths.check_build(tmp_path / "not" / "yet")


def test_a_file_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(paths.os, "fsync", lambda _: done.append("written"))
    monkeypatch.setattr(paths.os, "replace", lambda *_: done.append("named"))
    with paths.replace_on_success(tmp_path / "product") as part:
        part.write_text("x")
    assert done == ["written", "named"]


def test_a_folder_is_not_removed_for_a_file_and_other_names_are_left_alone(tmp_path):
    (tmp_path / "product" / "mine").mkdir(parents=True)
    (tmp_path / ".product.sync.part").touch()
    with pytest.raises(IsADirectoryError, match="move it away"), paths.replace_on_success(tmp_path / "product") as part:
        part.write_text("x")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".product.sync.part", "product"]
    assert (tmp_path / "product" / "mine").is_dir()
