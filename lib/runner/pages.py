"""An executed notebook as a page of the report: plain outputs, and a text for every figure."""

import html
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from lib.runner import figures

WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGETS = "application/vnd.jupyter.widget-state+json"
CHATTER = re.compile(r"^(WARNING: All log messages before absl|[IWEF]\d{4} \d\d:\d\d|INFO: Created Tensor).*\n?", re.M)
BAR = re.compile(r"\|[ █▏▎▍▌▋▊▉#]+\| ?")  # the drawn part of a progress bar
NO_TEXT = "No description has been provided for this image"  # what nbconvert writes


def tidy(path: Path) -> None:
    """Rewrite an executed notebook so that JupyterLab and the report show the same plain outputs.

    Of a progress bar its last state remains, as one line; what a cell printed is one output; lines that libraries
    write to the log of a process are dropped.
    """
    notebook = nbformat.read(path, as_version=4)
    bars = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _plain(cell.outputs, bars)
    notebook.metadata.pop("widgets", None)
    nbformat.write(notebook, path)


def _plain(outputs: list[NotebookNode], bars: Mapping) -> list[NotebookNode]:
    """Return the outputs of a cell with bars as lines, and neighbouring printed text as one."""
    plain: list[NotebookNode] = []
    for output in outputs:
        if output.output_type in ("display_data", "execute_result") and WIDGET in output.data:
            text = bar_text(output.data[WIDGET]["model_id"], bars) + "\n"
            output = nbformat.v4.new_output("stream", name="stdout", text=text)
        if output.output_type != "stream":
            plain.append(output)
            continue
        output.name = "stdout"  # a bar on stderr is no error
        if plain and plain[-1].output_type == "stream":
            plain[-1].text += output.text
        else:
            plain.append(output)
    for output in plain:
        if output.output_type == "stream":
            last = re.sub(r"[^\n]*\r(?!\n)", "", output.text)  # what a carriage return has overwritten goes
            output.text = CHATTER.sub("", BAR.sub(" ", last))
    return [output for output in plain if output.output_type != "stream" or output.text.strip()]


def bar_text(model: str, bars: Mapping) -> str:
    """Return the last state of a progress bar's widget as text, such as "networks: 100% 4/4 [00:20<00:00]"."""
    children = [one.removeprefix("IPY_MODEL_") for one in bars.get(model, {}).get("state", {}).get("children", [])]
    texts = [bars.get(child, {}).get("state", {}).get("value", "") for child in children]
    return " ".join(html.unescape(text).strip() for text in texts if isinstance(text, str) and text.strip())


def page(path: Path, style: str, top: str, bottom: str) -> str:
    """Return an executed notebook, after `tidy`, as HTML, with CSS added, and HTML above and below it."""
    from nbconvert import HTMLExporter

    notebook = nbformat.read(path, as_version=4)
    exporter = HTMLExporter(template_name="lab", exclude_input_prompt=True, exclude_output_prompt=True)
    exporter.log.setLevel("ERROR")  # images without a text get theirs below
    body, _ = exporter.from_notebook_node(notebook)
    texts = iter(texts_of(path))
    body = re.sub(re.escape(NO_TEXT), lambda _: html.escape(next(texts, "figure")), body)
    body = body.replace("../figures/", "published/")
    head, rest = body.split("<body", 1)
    attributes, rest = rest.split(">", 1)
    return f"{head}<style>{style}</style><body{attributes}>{top}{rest}".replace("</body>", f"{bottom}</body>")


def texts_of(path: Path) -> list[str]:
    """Return a text for every image among the outputs of an executed notebook, in order."""
    return figure_texts(nbformat.read(path, as_version=4), figures.captions([path]))


def figure_texts(notebook: NotebookNode, captions: Mapping[str, str]) -> list[str]:
    """Return a text for every image among the outputs, in order: its caption, else the heading that it stands under."""
    heading, texts = "figure", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.+)$", cell.source, re.M) or [heading])[-1]
        else:
            named = [words for name, words in captions.items() if f'"{name}"' in cell.source]
            images = [one for one in cell.outputs if "image/png" in one.get("data", {})]
            texts += (named + [f"figure under the heading {heading}"] * len(images))[: len(images)]
    return texts
