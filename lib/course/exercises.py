"""Makes the student's version of every solved notebook: `python -m lib.course.exercises`.

The solution is the source. A cell tagged `exercise` has a gap (`...`), a cell tagged `solution` fills it, a cell tagged
`check` judges it; the student's version is the source without the cells tagged `solution`.
"""

from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor

from lib.paths import ROOT

COURSE = ROOT / "notebooks" / "course"
SOLUTIONS, EXERCISES = COURSE / "solutions", COURSE / "exercises"


def sources() -> list[Path]:
    """Return the solved notebooks, in order."""
    return sorted(SOLUTIONS.glob("[0-9][0-9]_*.ipynb"))


def student_version(path: Path) -> str:
    """Return a solved notebook without its solutions and outputs, as text."""
    exporter = NotebookExporter()
    exporter.register_preprocessor(TagRemovePreprocessor(remove_cell_tags={"solution"}), enabled=True)
    exporter.register_preprocessor(ClearOutputPreprocessor(), enabled=True)
    content, _ = exporter.from_notebook_node(nbformat.read(path, as_version=4))
    return content.rstrip("\n") + "\n"


def write_all() -> None:
    """Write the student's version of every solved notebook; one without a source goes."""
    for old in EXERCISES.glob("*.ipynb"):
        old.unlink()
    for path in sources():
        (EXERCISES / path.name).write_text(student_version(path), encoding="utf-8")


if __name__ == "__main__":
    write_all()
