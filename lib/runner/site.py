"""The executed notebooks as one linked site: `build/report/index.html`."""

import html
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from lib.paths import BUILD, replace_on_success
from lib.runner import reference
from lib.runner.notebook import Notebook, read_notebook

LINKS = """
nav { font: 14px/2 system-ui, sans-serif; padding: .3rem 1rem; background: #f3f3f3; border-bottom: 1px solid #ddd }
nav a { margin-right: 1rem; white-space: nowrap; color: #174ea6 }
"""
PRINTED = """
.jp-RenderedText pre { max-height: 22em; overflow-y: auto }
"""  # hundreds of lines of training stay in a window of their own
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; color: #222 }
table { border-collapse: collapse; font-size: 14px } td, th { padding: .2rem .7rem; text-align: left }
th { border-bottom: 2px solid #888 } tr:nth-child(even) td { background: #f6f6f6 } td.number { text-align: right }
.yes { color: #17692d } .no { color: #b3261e; font-weight: bold }
figure { display: inline-block; width: 21.5rem; margin: 1rem 1rem 1rem 0; vertical-align: top }
figure img { width: 100% }
"""


def build(
    verdicts: Sequence[reference.Verdict], missing: Sequence[tuple[str, str, str]] = (), resume: str = ""
) -> Path:
    """Write the site anew from what `build/` holds and return its first page.

    Args:
        verdicts: the results beside the reference's.
        missing: number, title and reason of every notebook that this run did not bring to its end.
        resume: the command that goes on from there.
    """
    executed = sorted((BUILD / "executed").glob("[0-9][0-9]_*.ipynb"))
    notebooks = [read_notebook(path) for path in executed]
    with replace_on_success(BUILD / "report") as folder:
        (folder / "figures").mkdir(parents=True)
        links = navigation(notebooks)
        for notebook in notebooks:
            (folder / f"{notebook.path.stem}.html").write_text(page(notebook.path, links), encoding="utf-8")
        figures = sorted((BUILD / "figures").glob("[0-9][0-9]_*.png"))
        for path in figures:
            shutil.copy(path, folder / "figures")
        results = reference.read_results()
        first = first_page(links, notebooks, verdicts, results, figures, missing_list(missing, resume))
        (folder / "index.html").write_text(first, encoding="utf-8")
    return BUILD / "report" / "index.html"


def page(path: Path, links: str) -> str:
    """Return an executed notebook as a page, the links to the others on top."""
    from nbconvert import HTMLExporter
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    body, _ = HTMLExporter(template_name="lab", preprocessors=[CoalesceStreamsPreprocessor]).from_filename(str(path))
    head, rest = body.split("<body", 1)
    attributes, rest = rest.split(">", 1)
    return f"{head}<style>{LINKS}{PRINTED}</style><body{attributes}>{links}{rest}"


def navigation(notebooks: Sequence[Notebook]) -> str:
    """Return the links to the first page and to every notebook."""
    items = [f'<a href="{one.path.stem}.html">{one.number} {html.escape(one.title)}</a>' for one in notebooks]
    return f'<nav><a href="index.html">Results</a>{" ".join(items)}</nav>'


def first_page(
    links: str,
    notebooks: Sequence[Notebook],
    verdicts: Sequence[reference.Verdict],
    results: Mapping[str, Mapping],
    figures: Sequence[Path],
    missing: str = "",
) -> str:
    """Return the first page: results, figures, and where everything comes from."""
    judged = [one.reproduced for one in verdicts if one.reproduced is not None]
    printed = {
        notebook: content | {"results": [one for one in content["results"] if one["paper"] is not None]}
        for notebook, content in results.items()
    }
    titles = {one.number: one.path.stem for one in notebooks}
    pictures = "".join(
        f'<figure><a href="{titles[path.name[:2]]}.html"><img src="figures/{path.name}" alt="{path.stem}"></a>'
        f"<figcaption>{html.escape(path.stem[3:].replace('_', ' '))}</figcaption></figure>"
        for path in figures
        if path.name[:2] in titles
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Facial emotion study</title>'
        f"<style>{LINKS}{STYLE}</style></head><body>{links}<h1>Facial emotion recognition, reproduced</h1>{missing}"
        f"<p>Reproduced {sum(judged)} of {len(judged)} results of the reference run.</p>"
        f"<h2>Results that the papers print too</h2>{result_table(printed, verdicts)}<h2>Figures</h2>{pictures}"
        f"<h2>Where this comes from</h2>{provenance_table(results)}"
        f"<h2>Every result</h2><details><summary>show</summary>{result_table(results, verdicts)}</details>"
        "</body></html>\n"
    )


def missing_list(missing: Sequence[tuple[str, str, str]], resume: str) -> str:
    """Return what is missing and the command that continues, as HTML; nothing where nothing is missing."""
    if not missing:
        return ""
    rows = "".join(f"<li>{html.escape(' '.join(one[:2]))}: {html.escape(one[2])}</li>" for one in missing)
    return f"<h2>Missing</h2><ul>{rows}</ul><p>This command goes on: <code>{html.escape(resume)}</code></p>"


def result_table(results: Mapping[str, Mapping], verdicts: Sequence[reference.Verdict]) -> str:
    """Return every result with the paper's value, the reference and the verdict."""
    judged = {(one.notebook, one.name): one.reproduced for one in verdicts}
    names = ("", "result", "now", "95 % interval", "paper", "n", "data", "protocol", "reproduced")
    rows = []
    for notebook, content in results.items():
        for one in content["results"]:
            word, style = _words(judged.get((notebook, one["name"])))
            value = f"{reference.number(one['value'])} {one['unit']}".strip()
            cells = (notebook, one["name"], value, reference.interval(one), reference.number(one["paper"]))
            cells += (f"{one['n']:,}", one["origin"], one["protocol"])
            inner = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
            rows.append(f'<tr>{inner}<td class="{style}">{word}</td></tr>')
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{''.join(rows)}</table>"


def _words(reproduced: bool | None) -> tuple[str, str]:
    return {True: ("yes", "yes"), False: ("no", "no"), None: ("", "")}[reproduced]


def provenance_table(results: Mapping[str, Mapping]) -> str:
    """Return commit, profile, versions, machine and data of every notebook's run."""
    rows = []
    for notebook, content in results.items():
        where = content["provenance"]
        commit = where["commit"][:10] + (" and changes" if where["dirty"] else "")
        data = ", ".join(f"{name}: {origin}" for name, origin in content["origins"].items()) or "none"
        versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
        machine = f"{where['cpu']}, {where['cores']} cores, GPU: {where['gpu']}; Python {where['python']}, {versions}"
        cells = (notebook, commit, where["profile"], where["written"], data, machine)
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    names = ("", "commit", "profile", "written", "data", "machine and versions")
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{''.join(rows)}</table>"
