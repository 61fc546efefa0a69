"""Makes a run the reference: `figures/`, `figures/results.json`, and the README's tables, which are rendered from them.

`python -m lib.runner.publish` renders the README alone.
"""

import json
import re
import shutil
from collections.abc import Mapping

from lib.paths import BUILD, ROOT
from lib.runner import notebook, plan, reference

README = ROOT / "README.md"
KEY_FIGURE = "figures/02_people.png"
REAL = "fer2013"  # the profile on real faces, and its data set


def publish(profile: str) -> list[str]:
    """Make what the last run of `profile` left in `build/` its reference; return lines that say what was done.

    Raises:
        PlanError: a notebook of the profile has no result, or one of another profile, or of stand-ins where the
            profile is about real faces.
    """
    steps, results = plan.make_plan(profile), reference.read_results()
    for step in steps:
        found = results.get(step.notebook.number, {}).get("provenance", {}).get("profile", "no run")
        if found != profile:
            came = f"notebook {step.notebook.number} has results of {found}, not of {profile}"
            raise notebook.PlanError(f"{came}; first run ./run_all.sh {profile} --from {step.notebook.number}")
    if profile == REAL and results["13"]["origins"][REAL] != "real":
        raise notebook.PlanError(f"the last run had only a stand-in of {REAL}; run ./run_all.sh {REAL} --data DIR")
    target = reference.reference_path(profile)
    content = {"profile": profile, "notebooks": {step.notebook.number: results[step.notebook.number] for step in steps}}
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    said = [f"{target.relative_to(ROOT)}: {sum(len(one['results']) for one in content['notebooks'].values())} results"]
    if profile == "standard":
        said.append(f"figures/: {copy_figures()} figures")
    if profile == REAL:
        said.append(f"lib/models/weights/: {', '.join(copy_weights())}")
    said.append(f"README.md: {render_readme()}")
    if any(one["provenance"]["dirty"] for one in content["notebooks"].values()):
        said.append(
            "note: some of this ran with changes that are not committed; the commit named there is not all of it"
        )
    return said


def copy_figures() -> int:
    """Replace the figures in git by those of the last run; return their number."""
    for old in (ROOT / "figures").glob("[0-9][0-9]_*.png"):
        old.unlink()
    new = sorted((BUILD / "figures").glob("[0-9][0-9]_*.png"))
    for path in new:
        shutil.copy(path, ROOT / "figures" / path.name)
    return len(new)


def copy_weights() -> list[str]:
    """Replace the weights that come with the study by those of the last run on real faces; return the files' names."""
    new = sorted((BUILD / "weights").glob(f"{REAL}.*"))
    for path in new:
        shutil.copy(path, ROOT / "lib" / "models" / "weights" / path.name)
    return [path.name for path in new]


def render_readme() -> str:
    """Write the README's tables anew; return whether that changed anything, in words."""
    before = README.read_text(encoding="utf-8")
    after = rendered(before)
    README.write_text(after, encoding="utf-8")
    return "unchanged" if after == before else "rendered anew"


def rendered(text: str) -> str:
    """Return the README with what stands between its markers replaced by the tables as they are now."""
    tables = {
        "figure": key_figure(),
        "notebooks": notebook_table(),
        "results": result_table(reference.read_reference("standard")),
        "real": accuracy_table(reference.read_reference(REAL)),
    }
    for name, table in tables.items():
        pattern = rf"(<!-- {name}: rendered -->\n).*?(<!-- {name}: end -->)"
        text = re.sub(pattern, lambda found, table=table: found[1] + table + found[2], text, flags=re.DOTALL)
    return text


def key_figure() -> str:
    """Return the README's one figure as Markdown, nothing before the first reference run."""
    if not (ROOT / KEY_FIGURE).exists():
        return ""
    return f"![Rendered people, who stand in for data sets that cannot be passed on]({KEY_FIGURE})\n"


def notebook_table() -> str:
    """Return the notebooks as a Markdown table: title, question, time and data."""
    rows = ["| notebook | question | time and data |", "|---|---|---|"]
    for path in notebook.paths().values():
        one = notebook.read_notebook(path)
        question, _, time = notebook.introduction(one)
        rows.append(f"| [{one.number} {one.title}](notebooks/{path.name}) | {question} | {time} |")
    return "\n".join(rows) + "\n"


def result_table(published: Mapping[str, Mapping]) -> str:
    """Return the results that the papers print too, as a Markdown table: paper, ours, interval, n, data."""
    rows = ["| result | paper | ours | 95 % interval | n | data |", "|---|---|---|---|---|---|"]
    results = [result for content in published.values() for result in content["results"]]
    for result in (one for one in results if one["paper"] is not None):
        unit = f" {result['unit']}" if result["unit"] else ""
        numbers = f"{reference.number(result['paper'])}{unit} | {reference.number(result['value'])}{unit}"
        rows.append(
            f"| {result['name']} | {numbers} | {reference.interval(result)} | {result['n']:,} | {result['origin']} |"
        )
    return "\n".join(rows) + "\n"


def accuracy_table(published: Mapping[str, Mapping]) -> str:
    """Return every accuracy of notebook 13 as a Markdown table: result, interval, n, seeds, protocol.

    Weights that were published before the run are left out: it has put its own in their place.
    """
    rows = ["| accuracy of | value | 95 % interval | n | seeds | protocol |", "|---|---|---|---|---|---|"]
    for result in published.get("13", {"results": []})["results"]:
        name, metric = result["name"].rsplit("/", 1)
        if metric == "accuracy" and not name.startswith("real faces/weights "):
            figures = f"{reference.number(result['value'])} | {reference.interval(result)} | {result['n']:,}"
            rows.append(f"| {name} | {figures} | {result['seeds']} | {result['protocol']} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    render_readme()
