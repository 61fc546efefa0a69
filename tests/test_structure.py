"""The house style, as far as a machine can hold it: notebooks, imports, formatting, what git ignores, rendered text."""

import ast
import json
import re
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from lib.paths import ROOT
from lib.runner import figures, notebook, plan, publish, reference
from lib.runner import run as run_all

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted((ROOT / "lib").rglob("*.py"))
FRONT_MATTER = ("00", "01")  # the map and the quick start; every other notebook has a room of its word
AVOIDED = {"found", "known", "said", "told"}  # names of variables that say nothing
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


@each_notebook
def test_a_cell_shows_its_table_and_no_path(path):
    for text in code_of(path):
        *before, last = [ast.unparse(statement) for statement in ast.parse(text).body]
        hidden = [line for line in before if line.startswith(("records.show(", "Markdown("))]
        assert not hidden, "Jupyter shows the last value of a cell alone"
        assert text.endswith(";") or not last.startswith("records.save_"), "shows the path of a file"


def code_of(path: Path) -> list[str]:
    """Return the code cells of a notebook without its parameters."""
    return [notebook.source(cell) for cell in cells(path) if "parameters" not in tags(cell)]


def assigned(tree: ast.AST) -> set[str]:
    """Return the names that a piece of code assigns, arguments of functions among them."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def words_of_prose(path: Path) -> int:
    """Return how many words the markdown of a notebook has, published figures and their texts apart."""
    folded = re.compile(r"<details>.*?</details>|!\[[^]]*\]\([^)]*\)", re.DOTALL)
    return sum(len(folded.sub("", notebook.source(cell)).split()) for cell in cells(path, "markdown"))


@each_notebook
def test_a_notebook_is_not_dense(path):
    trees = [ast.parse(text) for text in code_of(path)]
    lines = [line for text in code_of(path) for line in text.splitlines() if line.strip()]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    comprehensions = sum(
        isinstance(node, (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)) for node in nodes
    )
    assert statistics.median(len(list(ast.walk(tree))) for tree in trees) <= 60, "syntax nodes per cell"
    assert len(set().union(*map(assigned, trees))) <= 40, "names"
    assert comprehensions <= 0.03 * len(lines), "comprehensions"
    assert [line for line in lines if len(line) > 100] == []
    assert words_of_prose(path) >= 7 * len(lines), "words of prose for a line of code"


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.name[:2] not in FRONT_MATTER], ids=lambda path: path.stem
)
def test_a_notebook_has_a_room_and_a_test_of_its_word(path):
    word = path.stem.split("_", 1)[1]
    modules = [module for module in MODULES if module.stem == word or module.parent.name == word]
    assert modules, f"no lib/{word}, lib/{word}.py or lib/*/{word}.py"
    assert (ROOT / "tests" / f"test_{word}.py").exists()


@each_notebook
def test_every_published_figure_that_a_notebook_links_is_there_or_will_be(path):
    code, numbers = "\n".join(code_of(path)), {path.name[:2]}
    for name in figures.captions([path]):
        assert name[:2] in numbers
        saved = f'"{name}"' in code
        assert saved or (ROOT / "figures" / f"{name}.webp").exists(), f"{path.name} links {name}, which it never saves"


def test_the_figures_in_git_stay_light_and_say_where_they_come_from():
    files = [path for path in (ROOT / "figures").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
    assert {path.suffix for path in files} == {".webp", ".json", ".gz"}
    pictures = [path for path in files if path.suffix == ".webp"]
    for path in pictures:
        facts = figures.provenance(path)
        assert facts["notebook"] == path.name[:2]
        assert facts["profile"] in plan.read_profiles()["profiles"]


def commands() -> list[str]:
    """Return every `./run_all.sh ...` of the README and the notebooks."""
    prose = [publish.README.read_text(encoding="utf-8")]
    prose += [notebook.source(cell) for path in NOTEBOOKS for cell in cells(path, "markdown")]
    return sorted({command for text in prose for command in re.findall(r"(?<!/)\./run_all\.sh[^`\n#]*", text)})


@pytest.mark.parametrize("command", commands())
def test_every_command_that_a_reader_finds_can_be_planned(command):
    words = shlex.split(command)[1:]
    if words[:1] in (["test"], ["lab"], ["score"]):
        return
    options = run_all.parse(words)
    assert plan.make_plan(options.profile, options.only, options.start, options.settings)


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


ARRAY = re.compile(r"\bndarray\b")
SHAPE = re.compile(r"\([A-Za-z0-9*+, ]*\b(?:[A-Z]|\d+)\b[^()]*\)|\(\.\.\.,|shape|scalar")


def undocumented(path: Path) -> list[str]:
    """Return the public functions on arrays whose docstring has no shape, or no arguments where there are several."""
    names = []
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        annotations = [ast.unparse(one.annotation) for one in arguments if one.annotation]
        takes = [text for text in annotations if ARRAY.search(text)]
        gives = node.returns is not None and ARRAY.search(ast.unparse(node.returns))
        text = ast.get_docstring(node) or ""
        no_shape = (takes or gives) and not SHAPE.search(text)
        no_arguments = takes and len(arguments) > 1 and "Args:" not in text
        if no_shape or no_arguments:
            names.append(node.name)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_on_arrays_gives_their_shapes(path):
    assert undocumented(path) == []


@pytest.mark.parametrize("path", [*MODULES, *NOTEBOOKS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_variable_has_a_name_that_says_what_it_holds(path):
    texts = code_of(path) if path.suffix == ".ipynb" else [path.read_text()]
    assert set().union(*(assigned(ast.parse(text)) for text in texts)) & AVOIDED == set()


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
    numbers = [step.notebook.number for step in plan.make_plan("smoke")]
    assert list(published) == numbers
    assert reference.by_name(published)
