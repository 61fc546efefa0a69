"""The course in the report: links lead somewhere, figures are shown, the search has every page, a deck every figure."""

import base64
import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.request import url2pathname

import cv2
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lib.course import book, slides
from lib.paths import ROOT
from lib.runner import site

NOTEBOOKS = {f"{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")}
THERE = NOTEBOOKS | {f"{name}.html" for name in book.TEXTS}
PIXEL = base64.b64encode(cv2.imencode(".png", np.zeros((300, 900), np.uint8))[1]).decode()
LOOK = """
addEventListener("load", () => document.body.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(
  frame => { const page = frame.contentDocument; return {
    wide: page.documentElement.scrollWidth,
    images: [...page.images].map(image => [image.alt, image.naturalWidth]),
    links: [...page.links].map(link => link.href.split("#")[0]),
  }})));
"""


@pytest.mark.parametrize("name", book.TEXTS)
def test_every_link_of_a_text_leads_to_a_page_of_the_report(name):
    for target in re.findall(r'href="([^"]+)"', book.body(name, THERE)):
        exercise = target.startswith("exercises/") and (book.EXERCISES / target.split("/")[1]).exists()
        assert target.startswith("#") or target in THERE or exercise, target


@pytest.mark.parametrize("name", book.TEXTS)
def test_every_link_of_a_text_leads_to_a_file_of_the_repository(name):
    path = book.TEXTS[name]
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_a_link_to_what_is_not_there_leads_to_the_first_page():
    assert book.with_links('<a href="../06_splits.ipynb">', set()) == '<a href="index.html">'
    assert book.with_links('<a href="../06_splits.ipynb">', THERE) == '<a href="06_splits.html">'
    assert book.with_links('<a href="exercises/06_splits.ipynb">', set()) == '<a href="exercises/06_splits.ipynb">'
    assert book.with_links('<a href="https://a.org/b.md">', THERE) == '<a href="https://a.org/b.md">'


def test_the_search_holds_the_words_of_every_page_and_no_markup():
    inside = book.search({"a.html": ("A", "<nav>menu</nav><p>near &lt;duplicate&gt;</p><script>evil()</script></p>")})
    rows = json.loads(inside.split("const PAGES = ")[1].split(";\n")[0])
    assert rows == [{"file": "a.html", "title": "A", "text": " near <duplicate> "}]


@pytest.fixture
def executed(tmp_path):
    """An executed notebook with two figures and numbers."""
    figure = new_output("display_data", {"image/png": PIXEL})
    words = new_output("execute_result", {"text/markdown": "It is **42**.", "text/plain": ""})
    cells = [
        new_markdown_cell("# 09 A <title>\n\n**Question.** Why?"),
        new_markdown_cell("## 1. First\n\nEarlier.\n\nLook at the bar."),
        new_code_cell("draw()", outputs=[figure]),
        new_code_cell("words()", outputs=[words]),
        new_markdown_cell("<details>folded</details>\n\nLook at the line."),
        new_code_cell("draw()", outputs=[figure]),
        new_markdown_cell("## Summary\n\nAll of it."),
        new_code_cell("words()", outputs=[words]),
    ]
    path = tmp_path / "09_test.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_a_deck_shows_every_figure_with_its_text_and_the_sentence_before_it(executed):
    deck = slides.deck(executed, ["a <bar>", "a line"])
    parts = re.findall("<section>(.*?)</section>", deck, re.DOTALL)
    assert len(parts) == 4
    assert "A &lt;title&gt;" in parts[0]
    assert 'alt="a &lt;bar&gt;"' in parts[1]
    for words in ("1. First", "Look at the bar.", "42"):
        assert words in parts[1]
    assert "Earlier" not in deck
    assert 'alt="a line"' in parts[2]
    assert "folded" not in deck
    assert "42" in parts[3]
    assert "draw()" not in deck


def shown(tmp_path, page):
    """Return what a browser makes of a page, as HTML."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("Chromium is not installed; .ci/run installs it")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'own'}"]
    command += ["--allow-file-access-from-files", "--virtual-time-budget=10000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_phone_shows_every_figure_with_a_text_and_every_link_leads_to_a_file(executed, tmp_path):
    folder, notebooks = tmp_path / "report", [site.as_executed(executed)]
    folder.mkdir()
    site.write_book(notebooks, folder)
    (folder / "index.html").write_text(site.first_page(site.navigation(notebooks), []), encoding="utf-8")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    frames = "".join(f'<iframe src="{name}" width="390" height="3000"></iframe>' for name in names)
    look = folder / "look.htm"
    look.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{frames}<script>{LOOK}</script>", encoding="utf-8")
    pages = json.loads(html.unescape(re.search(r"<body>(.*)</body>", shown(tmp_path, look), re.DOTALL)[1]))
    assert len(pages) == len(names) == len(book.TEXTS) + 4
    for name, page in zip(names, pages, strict=True):
        assert page["wide"] <= 390, f"{name} is {page['wide']} pixels wide"
        assert all(text and width for text, width in page["images"]), f"{name}: {page['images']}"
        there = [target for target in page["links"] if target.startswith("file:")]
        assert there or name.startswith("slides"), f"{name} has no links"
        assert [target for target in there if not Path(url2pathname(target.removeprefix("file://"))).exists()] == []
    assert sum(len(page["images"]) for page in pages) == 4  # two figures, in the page and in the deck


def test_the_search_answers_in_a_browser(tmp_path):
    page = book.search({"a.html": ("A page", "<p>one leak</p>"), "b.html": ("Another", "<p>nothing</p>")})
    asked = page.replace("</script>", 'field.value = "LEAK"; search();</script>')
    (tmp_path / "search.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{asked}", encoding="utf-8")
    answered = shown(tmp_path, tmp_path / "search.html")
    assert "Pages with all of them: 1" in answered
    assert '<a href="a.html">A page</a>' in answered
    assert '<a href="b.html">' not in answered
