"""The report: `build/report/index.html`, its first page what was found, then a page for every executed notebook."""

import html
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lib.course import book, slides
from lib.paths import BUILD, ROOT, replace_on_success
from lib.runner import figures, findings, pages, publish, reference
from lib.runner.gates import Verdict
from lib.runner.notebook import Notebook, read_notebook
from lib.runner.notebook import paths as sources

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
TITLE = "Facial emotion recognition, reproduced"
KEY_FIGURES = (
    "11_paper_beside_ours",
    "09_figure_8_confusion",
    "09_compared",
    "10_predicted_against_true",
    "04_figure_5_before_and_after",
    "02_people",
    "13_accuracy",
)
Missing = Sequence[tuple[str, str, str]]


def build(verdicts: Sequence[Verdict], missing: Missing = (), resume: str = "") -> Path:
    """Write the site anew from what `build/` holds and return its first page.

    Args:
        verdicts: the results beside the published ones.
        missing: number, title and reason of every notebook that this run did not bring to its end.
        resume: the command that goes on from there.
    """
    executed = sorted((BUILD / "executed").glob("[0-9][0-9]_*.ipynb"))
    for path in executed:
        pages.tidy(path)
    notebooks = [as_executed(path) for path in executed]
    with replace_on_success(BUILD / "report") as folder:
        copy(sorted((BUILD / "figures").glob("[0-9][0-9]_*.png")), folder / "figures")
        copy(sorted((ROOT / "figures").glob("[0-9][0-9]_*.webp")), folder / "published")
        write_book(notebooks, folder)
        parts = [
            missing_list(missing, resume),
            what_was_found(reference.read_results()),
            key_figures(notebooks, folder),
            published(),
            provenance(reference.read_results(), verdicts),
        ]
        (folder / "index.html").write_text(first_page(navigation(notebooks), parts), encoding="utf-8")
    return BUILD / "report" / "index.html"


def write_book(notebooks: Sequence[Notebook], folder: Path) -> None:
    """Write the pages of the notebooks and of the course, a deck for each lesson, and the search."""
    (folder / "slides").mkdir()
    book.copy_exercises(folder / "exercises")
    top, chapters, written = navigation(notebooks), contents(notebooks), {}
    there = {file for file, _ in chapters}
    for place, notebook in enumerate(notebooks):
        file, title = chapters[place]
        bottom = f'<p><a href="slides/{file}">Slides of this lesson</a></p>{neighbours(chapters, place)}'
        written[file] = (title, book.with_links(pages.page(notebook.path, STYLE, top, bottom), there))
        deck = slides.deck(notebook.path, pages.texts_of(notebook.path))
        (folder / "slides" / file).write_text(deck, encoding="utf-8")
    for place, name in enumerate(book.TEXTS, start=len(notebooks)):
        parts = [book.body(name, there), neighbours(chapters, place)]
        written[f"{name}.html"] = (book.title(name), first_page(top, parts, book.title(name)))
    written["search.html"] = ("Search", first_page(top, [book.search(written)], "Search"))
    for file, (_, text) in written.items():
        (folder / file).write_text(text, encoding="utf-8")


def contents(notebooks: Sequence[Notebook]) -> list[tuple[str, str]]:
    """Return file and title of every chapter: the notebooks, then the texts of the course."""
    chapters = [(f"{one.path.stem}.html", f"{one.number} {one.title}") for one in notebooks]
    return chapters + [(f"{name}.html", book.title(name)) for name in book.TEXTS]


def as_executed(path: Path) -> Notebook:
    """Return an executed notebook with the title of its source: above that of a failure papermill puts an error."""
    source = sources().get(path.name[:2], path)
    return replace(read_notebook(source), path=path)


def copy(files: Iterable[Path], folder: Path) -> None:
    """Copy files into a folder, which is made."""
    folder.mkdir(parents=True)
    for path in files:
        shutil.copy(path, folder)


def navigation(notebooks: Sequence[Notebook]) -> str:
    """Return the links to the first page, to every chapter, and to the search."""
    chapters = [("index.html", "Results"), *contents(notebooks), ("search.html", "Search")]
    items = [f'<a href="{file}">{html.escape(title)}</a>' for file, title in chapters]
    return f'<nav aria-label="contents">{" ".join(items)}</nav>'


def neighbours(chapters: Sequence[tuple[str, str]], place: int) -> str:
    """Return the links below a page, to the chapters (file and title) before and after it."""
    before, after = chapters[:place][-1:], chapters[place + 1 :][:1]
    links = [
        f'<a href="{file}">{word}: {html.escape(title)}</a>'
        for word, side in (("Previous", before), ("Next", after))
        for file, title in side
    ]
    return f'<nav class="neighbours" aria-label="neighbours">{"".join(links)}</nav>'


def first_page(links: str, parts: Iterable[str], title: str = TITLE) -> str:
    """Return a page that is no notebook from its parts; the first page alone has its heading from here."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    start = f'<!DOCTYPE html><html lang="en"><head>{head}<style>{STYLE}</style></head><body class="first">'
    heading = f"<h1>{TITLE}</h1>" if title == TITLE else ""
    return f"{start}{links}{heading}{''.join(parts)}</body></html>\n"


def missing_list(missing: Missing, resume: str) -> str:
    """Return what is missing and the command that continues, as HTML; nothing where nothing is missing."""
    if not missing:
        return ""
    rows = "".join(f"<li>{html.escape(' '.join(one[:2]))}: {html.escape(one[2])}</li>" for one in missing)
    command = f"<p>This command goes on: <code>{html.escape(resume)}</code></p>" if resume else ""
    return f'<div class="missing"><h2>What is missing</h2><ul>{rows}</ul>{command}</div>'


def what_was_found(results: Mapping[str, Mapping]) -> str:
    """Return what this run found, in words, then the paper's numbers beside its own."""
    ours = reference.by_name(results)
    real = reference.by_name(reference.read_reference(publish.REAL))
    words = "".join(f"<li>{html.escape(one)}</li>" for one in findings.sentences(ours, real))
    rows = findings.beside(ours)
    if not rows:
        return f"<h2>What was found</h2><ul>{words}</ul>"
    note = (
        "The interval and the verdict are those of the leak-free figure where there is one. A verdict compares two"
        " intervals; the paper prints none, so it gets one as wide as ours would be on its number of people. Rendered"
        " faces stand in for data sets that are not here: their figures show that the method works as described, and"
        " can neither confirm nor refute the paper."
    )
    return f"<h2>What was found</h2><ul>{words}</ul><h2>The paper beside this run</h2><p>{note}</p>{table(rows)}"


def key_figures(notebooks: Sequence[Notebook], folder: Path) -> str:
    """Return the figures that matter most with captions, then the others folded away."""
    captions = figures.captions(one.path for one in notebooks)
    titles = {one.number: one for one in notebooks}
    names = [path.stem for path in sorted((folder / "figures").glob("*.png")) if path.name[:2] in titles]
    shown = {name: _figure(name, titles[name[:2]], captions) for name in names}
    first = "".join(shown[name] for name in KEY_FIGURES if name in shown)
    rest = "".join(text for name, text in shown.items() if name not in KEY_FIGURES)
    return (
        f'<h2>Key figures</h2><div class="pair">{first}</div>'
        f'<details><summary>Every other figure</summary><div class="pair">{rest}</div></details>'
    )


def _figure(name: str, notebook: Notebook, captions: Mapping[str, str]) -> str:
    """Return one figure, a link to its notebook, and its caption."""
    words = html.escape(captions.get(name, name[3:].replace("_", " ").capitalize()))
    image = f'<img src="figures/{name}.png" alt="{words}" loading="lazy">'
    where = f"notebook {notebook.number}, {html.escape(notebook.title)}"
    caption = f"<figcaption>{words} ({where})</figcaption>"
    return f'<figure><a href="{notebook.path.stem}.html">{image}</a>{caption}</figure>'


def published() -> str:
    """Return what is published beside a reader's run: its profiles, and the figures that they print."""
    note = "The standard profile is what a reader runs. The others take longer; their results are published beside it."
    parts = [f"<h2>Published beside this run</h2><p>{note}</p>{table(publish.tiers())}"]
    for profile in publish.TIERS:
        rows = findings.judged(reference.by_name(reference.read_reference(profile)))
        if rows:
            title = f"The paper beside the published run of {profile}"
            parts.append(f"<details><summary>{title}</summary>{table(rows)}</details>")
    real = publish.accuracies(reference.read_reference(publish.REAL))
    if real:
        parts.append(f"<details><summary>Accuracy on real faces, FER-2013</summary>{table(real)}</details>")
    return "".join(parts)


def provenance(results: Mapping[str, Mapping], verdicts: Sequence[Verdict]) -> str:
    """Return where this run comes from, and every result, folded away."""
    words = ". ".join(one[0].upper() + one[1:] for one in reference.summary(verdicts))
    judged = any(one.gate for one in verdicts)
    agreement = f"<p>{words}.</p>" if judged else "<p>There is no published run of this profile to compare with.</p>"
    return (
        f"<h2>Where this comes from</h2>{agreement}{table(runs(results))}"
        f"<details><summary>Every result</summary>{result_table(results, verdicts)}</details>"
    )


def runs(results: Mapping[str, Mapping]) -> list[dict[str, str]]:
    """Return commit, profile, versions, machine and data of every notebook's run as rows of cells."""
    rows = []
    for notebook, content in results.items():
        where = content["provenance"]
        versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
        machine = f"{where['cpu']}, {where['cores']} cores, GPU: {where['gpu']}; Python {where['python']}, {versions}"
        row = {"notebook": notebook, "commit": where["commit"][:10] + (" and changes" if where["dirty"] else "")}
        row |= {"profile": where["profile"], "written": where["written"]}
        row["data"] = ", ".join(f"{name}: {origin}" for name, origin in content["origins"].items()) or "none"
        rows.append(row | {"machine and versions": machine})
    return rows


def result_table(results: Mapping[str, Mapping], verdicts: Sequence[Verdict]) -> str:
    """Return every result with the published one and the verdict."""
    judged = {(one.notebook, one.name): one for one in verdicts}
    rows = []
    for notebook, content in results.items():
        for one in content["results"]:
            verdict = judged.get((notebook, one["name"]))
            before = (verdict.reference if verdict else None) or {"value": None}
            row = {"notebook": notebook, "result": one["name"], "this run": _with_unit(one, one["value"])}
            row |= {"95 % interval": reference.interval(one), "published": _with_unit(one, before["value"])}
            row |= {"paper": reference.number(one["paper"]), "n": f"{one['n']:,}", "data": one["origin"]}
            row |= {"protocol": one["protocol"]}
            rows.append(row | {"reproduced": verdict.word if verdict else ""})
    return table(rows)


def _with_unit(result: Mapping, value: float | None) -> str:
    return f"{reference.number(value)} {result['unit']}".strip() if value is not None else ""


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of cells as an HTML table that scrolls in a box of its own; nothing where there are none."""
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{_cell(text)}</td>" for text in row.values()) + "</tr>" for row in rows)
    return f'<div class="box"><table><tr>{head}</tr>{body}</table></div>'


def _cell(text: str) -> str:
    """Return a cell; what stands between backticks is set as code, and yes and NO have their colours."""
    if text in ("yes", "NO"):
        return f'<span class="{text.lower()}">{text}</span>'
    pieces = html.escape(text).replace(" %", "&nbsp;%").split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
