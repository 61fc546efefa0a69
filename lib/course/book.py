"""The course as part of the report: its texts as pages, exercises to download, and a search over every page."""

import html
import json
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from nbconvert.filters.markdown import markdown2html

from lib.course.exercises import COURSE, EXERCISES

TEXTS = {  # page of the report: file, in the order of the book
    "course": COURSE / "README.md",
    "glossary": COURSE.parent / "GLOSSARY.md",
    "common_errors": COURSE / "COMMON_ERRORS.md",
    "law_and_consent": COURSE / "LAW_AND_CONSENT.md",
    "project": COURSE / "PROJECT.md",
    "guide": COURSE / "GUIDE.md",
}
LINK = re.compile(r'href="([^":?#]+)\.(md|ipynb)"')
LONGEST = 30_000  # characters of a page that are searched
SCRIPT = """
const [field, list, hits] = ["input", "ol", "[role=status]"].map(name => document.querySelector(name));
function search() {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const right = words.length ? PAGES.filter(page => words.every(word => page.text.toLowerCase().includes(word))) : [];
  hits.textContent = words.length ? `Pages with all of them: ${right.length}` : "";
  list.replaceChildren(...right.map(page => {
    const [item, link, about] = ["li", "a", "div"].map(name => document.createElement(name));
    const at = Math.max(0, page.text.toLowerCase().indexOf(words[0]) - 80);
    [link.href, link.textContent] = [page.file, page.title];
    about.textContent = "… " + page.text.slice(at, at + 220) + " …";
    item.append(link, about);
    return item;
  }));
}
field.addEventListener("input", search);
"""


def title(name: str) -> str:
    """Return the heading of a text."""
    return TEXTS[name].read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def body(name: str, there: Collection[str]) -> str:
    """Return a text as HTML whose links lead to pages of the report, of those that are there."""
    text = with_links(markdown2html(TEXTS[name].read_text(encoding="utf-8")), there)
    return text.replace("<table>", '<div class="box"><table>').replace("</table>", "</table></div>")


def with_links(page: str, there: Collection[str]) -> str:
    """Return HTML in which links to notebooks, texts and exercises of the repository lead to pages of the report.

    A link to a page that is not there leads to the first one, which says what is missing.
    """
    return LINK.sub(lambda match: f'href="{_target(match[1], match[2], there)}"', page)


def _target(stem: str, ending: str, there: Collection[str]) -> str:
    file = Path(f"{stem}.{ending}")
    if file.parent.name == "exercises" and (EXERCISES / file.name).exists():
        return f"exercises/{file.name}"
    pages = {path.name: f"{name}.html" for name, path in TEXTS.items()}
    target = f"{file.stem}.html" if ending == "ipynb" else pages.get(file.name, "")
    return target if target in there else "index.html"


def copy_exercises(folder: Path) -> None:
    """Copy the students' notebooks into a folder of the report."""
    shutil.copytree(EXERCISES, folder)


def search(pages: Mapping[str, tuple[str, str]]) -> str:
    """Return the inside of a page that searches all others, offline.

    Args:
        pages: title and HTML by file.
    """
    rows = [{"file": file, "title": name, "text": _words(page)} for file, (name, page) in pages.items()]
    data = json.dumps(rows, ensure_ascii=False).replace("</", "<\\/")
    form = '<label>Words that a page must have: <input type="search" autofocus></label><p role="status"></p><ol></ol>'
    return f"<h1>Search</h1>{form}<script>const PAGES = {data};{SCRIPT}</script>"


def _words(page: str) -> str:
    """Return what a page shows as text, without styles, scripts and marks."""
    text = re.sub(r"<(style|script|nav|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"[\s¶]+", " ", text)[:LONGEST]
