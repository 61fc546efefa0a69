"""The house style, as far as a machine can hold it: notebooks, imports, formatting, what git ignores, rendered text."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from lib.paths import ROOT
from lib.runner import notebook, plan, publish, reference

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted((ROOT / "lib").rglob("*.py"))
PARAMETER_LINE = re.compile(r"[A-Z][A-Z0-9_]*: (str|int|float|bool|list) = [^=|#]+  # [^=|]+")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "code") -> list[dict]:
    """Return the cells of a notebook of one kind."""
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind]


def tags(cell: dict) -> list[str]:
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


@each_notebook
def test_a_notebook_is_valid_and_stripped(path):
    whole = nbformat.from_dict(json.loads(path.read_text()))
    ids = [cell.id for cell in whole.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(whole)
    assert whole.metadata.kernelspec.name == "python3"
    assert "papermill" not in whole.metadata
    for cell in cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@each_notebook
def test_papermill_reads_the_parameters_that_the_runner_reads(path):
    found = papermill.inspect_notebook(str(path))
    ours = notebook.read_notebook(path).parameters
    assert list(found) == list(ours)
    for name, parameter in ours.items():
        assert ast.literal_eval(found[name]["default"]) == parameter.default
        assert found[name]["inferred_type_name"] == parameter.type


@each_notebook
def test_the_parameter_cell_has_the_form_that_papermill_understands(path):
    found = [cell for cell in cells(path) if "parameters" in tags(cell)]
    assert len(found) == 1
    lines = notebook.source(found[0]).splitlines()
    assert 1 <= len(lines) <= 8
    for line in lines:
        assert PARAMETER_LINE.fullmatch(line), line


@each_notebook
def test_a_notebook_has_the_parts_that_a_reader_expects(path):
    assert all(notebook.introduction(notebook.read_notebook(path)))
    prose = "\n".join(notebook.source(cell) for cell in cells(path, "markdown"))
    assert f"# {path.name[:2]} " in prose.splitlines()[0]
    assert "## Summary" in prose
    assert "## Exercises" in prose
    assert tags(cells(path)[-1]) == ["record"]
    assert "record(" in notebook.source(cells(path)[-1])


@each_notebook
def test_cells_are_short_and_define_nothing(path):
    for cell in cells(path):
        text = notebook.source(cell)
        assert len(text.splitlines()) <= 20, text
        if "explain" not in tags(cell):
            defined = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
            assert not defined, text


@pytest.mark.parametrize("profile", plan.read_profiles()["profiles"])
def test_every_profile_is_a_plan(profile):
    assert plan.make_plan(profile)


def order() -> list[str]:
    """Return the stages in the order that the docstring of `lib` prints."""
    block = (ROOT / "lib" / "__init__.py").read_text().split(":\n\n", 1)[1]
    names = [re.match(r" {4}((?:\w+, )*\w+)", line) for line in block.splitlines()]
    return [name for match in names if match for name in match[1].split(", ")]


def stages_imported(path: Path) -> set[str]:
    """Return the stages of `lib` that a module imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "lib":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lib."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("lib.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_upstream(path):
    stage = path.relative_to(ROOT / "lib").parts[0].removesuffix(".py")
    if stage == "__init__":
        return
    stages = order()
    assert stage in stages, f"{stage} is missing in the docstring of lib/__init__.py"
    late = [name for name in stages_imported(path) if stages.index(name) > stages.index(stage)]
    assert not late, f"{stage} imports {late}, which come after it"


@pytest.mark.parametrize(
    "command", [["check", "--no-cache"], ["format", "--check", "--no-cache"]], ids=["lint", "format"]
)
def test_ruff_finds_nothing(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_git_does_not_ignore_the_package():
    done = subprocess.run(
        ["git", "check-ignore", "lib", *MODULES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 128:
        pytest.skip(f"not a git checkout: {done.stderr.strip()}")
    assert done.stdout == ""


def test_the_readme_shows_the_notebooks_and_the_results_as_they_are():
    text = publish.README.read_text(encoding="utf-8")
    assert publish.rendered(text) == text, "stale: python -m lib.runner.publish renders it anew"


def test_every_file_that_the_readme_names_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", publish.README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_reference_of_smoke_covers_its_notebooks():
    published = reference.read_reference("smoke")
    assert list(published) == [step.notebook.number for step in plan.make_plan("smoke")]
    assert reference.lines(reference.compare(published, published))[-1].split()[1:] != ["0", "of", "0"]
