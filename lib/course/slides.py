"""A deck for each lesson, made from its executed notebook: figures, the sentence before each, the numbers after it.

A deck is one file that needs no connection and no script: each slide fills the screen, and the keys that scroll a page
(space, Page Down) turn to the next one. Code is left out; a teacher who wants to show it has the notebook.
"""

import html
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbconvert.filters.markdown import markdown2html
from nbformat import NotebookNode

STYLE = (Path(__file__).parent / "slides.css").read_text(encoding="utf-8")
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)


def deck(path: Path, alternatives: Sequence[str]) -> str:
    """Return the deck of an executed notebook, as HTML.

    Args:
        path: of the notebook.
        alternatives: a text for each image among its outputs, in order.
    """
    notebook = nbformat.read(path, as_version=4)
    first, *rest = notebook.cells[0].source.split("\n\n", 1)
    slides = [f"<h1>{html.escape(first.lstrip('# '))}</h1>{markdown2html(''.join(rest))}"]
    heading, before, texts = "", "", iter(alternatives)
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown":
            heading, before = _heading(cell.source, heading), _last_paragraph(cell.source)
            slides += _closing(cell.source)
        for output in cell.get("outputs", []):
            slides = _with_output(slides, output, heading, before, texts)
    sections = "".join(f"<section>{slide}</section>" for slide in slides)
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(first)}</title>'
    )
    return f'<!DOCTYPE html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{sections}</body></html>\n'


def _heading(text: str, before: str) -> str:
    return (re.findall(r"^## (.+)$", text, re.M) or [before])[-1]


def _last_paragraph(text: str) -> str:
    paragraphs = [one for one in FOLDED.sub("", text).split("\n\n") if one.strip() and not one.startswith("#")]
    return paragraphs[-1] if paragraphs else ""


def _closing(text: str) -> list[str]:
    """Return the slide of the summary; the numbers that follow it in the notebook go onto it too."""
    return [markdown2html(text)] if text.startswith("## Summary") else []


def _with_output(slides: list[str], output: NotebookNode, heading: str, before: str, texts: object) -> list[str]:
    """Return the slides with a new one for an image, or with numbers in words added to the last one."""
    data = output.get("data", {})
    if "image/png" in data:
        words = html.escape(next(texts, "figure"))
        image = f'<img src="data:image/png;base64,{data["image/png"]}" alt="{words}">'
        return [*slides, f"<h2>{html.escape(heading)}</h2>{markdown2html(before)}{image}"]
    if "text/markdown" in data and len(slides) > 1:
        return [*slides[:-1], slides[-1] + markdown2html(data["text/markdown"])]
    return slides
