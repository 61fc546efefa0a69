"""Publishes a run: its results and figures go to `figures/`, and the README's tables are rendered from them.

What is published, for every profile alike:

    figures/results_PROFILE.json   its results (of smoke tests/reference_smoke.json)
    figures/predictions_PROFILE/   what every network predicts for every image (of smoke: in tests/)
    figures/NN_name.webp           the figures of `standard`, which the notebooks link
    figures/PROFILE/NN_name.webp   those of another profile
    lib/models/weights/            the weights fitted on real faces
    lib/synthetic/real_landmarks.csv  the landmarks of real faces

`python -m lib.runner.publish` renders the README alone.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from lib import paths, records
from lib.evaluate import beside_paper_b
from lib.papers import paper_a
from lib.paths import BUILD, ROOT, replace_on_success
from lib.runner import figures, findings, notebook, plan, reference
from lib.splits import register

README = ROOT / "README.md"
KEY_FIGURES = ("11_paper_beside_ours", "02_people")  # the README shows the first that is there
REAL = "fer2013"  # the profile on real faces, and its data set
REAL_LANDMARKS = "lib/synthetic/real_landmarks.csv"
STANDARD = "standard"  # the profile that a reader runs
PAPER = "paper"  # the profile at paper A's own scale
PAPER_SCALE = """
The same at the paper's own scale (`./run_all.sh paper`): crops of 128 pixels, for the classification one pass over
all 28 variants of each image; one seed, so that the intervals are over people alone. Under the paper's protocol
{way:,} images train (the paper has {paper_way:,}), leak-free {strict:,}; {validation:,} validate (the paper
{paper_validation:,}), {kdef:.0%} of them from KDEF (the paper {paper_kdef:.0%}). Frames of MUG are kept from {strong}
of their sequence's strongest on, those of `standard` from {usual}. So the two tables are of different images and
cannot be compared: LBP + SVM, the same in both, gives {usual_lbp} there and {lbp} here. The run was made in parts, so
that the test images of HP were read {test_reads} times, those of EIW and MUG {regression_reads} times.

"""
WAY, LBP = "compact VGG-S, paper's protocol", "classification/LBP + SVM/accuracy"
TIERS = (STANDARD, PAPER)  # profiles whose published runs answer the papers' numbers
Notebooks = Mapping[str, Mapping]  # contents of results files by number


def publish(profile: str) -> list[str]:
    """Publish what the last run of `profile` left in `build/`; return lines that say what was done.

    Raises:
        PlanError: a notebook of the profile has no result, or one of another profile, or of stand-ins where the
            profile is about real faces.
    """
    numbers = [step.notebook.number for step in plan.make_plan(profile)]
    results = checked(profile, numbers)
    target = reference.reference_path(profile)
    target.parent.mkdir(exist_ok=True)
    content = {"profile": profile, "minutes": minutes(results), "test reads": test_reads(results), "notebooks": results}
    target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"{target.relative_to(ROOT)}: {len(reference.by_name(results))} results"]
    if profile != "smoke":
        lines.append(f"{figure_folder(profile).relative_to(ROOT)}/: {publish_figures(profile, numbers)} figures")
    lines.append(f"{reference.predictions(profile).relative_to(ROOT)}/: {publish_predictions(profile, numbers)} files")
    if profile == REAL:
        lines.append(f"lib/models/weights/: {', '.join(copy_weights())}")
        shutil.copy(BUILD / "results" / "13_real_landmarks.csv", ROOT / REAL_LANDMARKS)
        lines.append(f"{REAL_LANDMARKS}: those of this run")
    lines.append(f"README.md: {render_readme()}")
    if any(one["provenance"]["dirty"] for one in results.values()):
        lines.append("note: some of this ran with changes that are not in the commit named there")
    return lines


def checked(profile: str, numbers: Sequence[str]) -> dict[str, dict]:
    """Return the results of these notebooks by number; refuse those of another run."""
    results = reference.read_results()
    for number in numbers:
        came = results.get(number, {}).get("provenance", {}).get("profile", "no run")
        if came != profile:
            problem = f"notebook {number} has results of {came}, not of {profile}"
            raise notebook.PlanError(f"{problem}; first run ./run_all.sh {profile} --from {number}")
    if profile == REAL and results["13"]["origins"][REAL] != "real":
        raise notebook.PlanError(f"the last run had only a stand-in of {REAL}; run ./run_all.sh {REAL} --data DIR")
    return {number: results[number] for number in numbers}


def figure_folder(profile: str) -> Path:
    """Return where the published figures of a profile are."""
    return ROOT / "figures" if profile == STANDARD else ROOT / "figures" / profile


def publish_figures(profile: str, numbers: Iterable[str]) -> int:
    """Replace the published figures of a profile by those of the last run; return their number."""
    folder = figure_folder(profile)
    for old in folder.glob("[0-9][0-9]_*.webp"):
        old.unlink()
    new = [path for number in numbers for path in sorted((BUILD / "figures").glob(f"{number}_*.png"))]
    for path in new:
        figures.publish(path, folder)
    return len(new)


def publish_predictions(profile: str, numbers: Iterable[str]) -> int:
    """Replace the published predictions of a profile by those of the last run; return the number of files."""
    new = [(number, BUILD / "results" / f"{number}_predictions.csv.gz") for number in numbers]
    new = [(number, path) for number, path in new if path.exists()]
    with replace_on_success(reference.predictions(profile)) as folder:
        folder.mkdir(parents=True)
        for number, path in new:
            shutil.copy(path, folder / f"{number}.csv.gz")
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
    """Return the README with what stands between its markers replaced by what it is now."""
    ours = reference.by_name(reference.read_reference(STANDARD))
    real = reference.read_reference(REAL)
    parts = {
        "findings": "".join(f"* {one}\n" for one in findings.sentences(ours, reference.by_name(real))),
        "figure": key_figure(),
        "notebooks": notebook_table(),
        "data": folder_table(),
        "tiers": markdown(tiers()),
        "results": markdown(findings.judged(ours)),
        "results at the paper's scale": at_the_papers_scale(),
        "results of paper B": markdown(beside_paper_b.cells(ours)),
        "real": markdown(accuracies(real)),
    }
    for name, part in parts.items():
        pattern = rf"(<!-- {name}: rendered -->\n).*?(<!-- {name}: end -->)"
        text = re.sub(pattern, lambda match, part=part: match[1] + part + match[2], text, flags=re.DOTALL)
    return text


def at_the_papers_scale() -> str:
    """Return the paper's numbers beside a published run at the paper's own scale; nothing where there is none."""
    here, usual = reference.read_reference(PAPER), reference.read_reference(STANDARD)
    if not here:
        return ""
    ours, theirs = reference.by_name(here), reference.by_name(usual)
    rows, _ = records.read_predictions(reference.predictions(PAPER) / "09.csv.gz", WAY)
    reads = pd.DataFrame(json.loads(reference.reference_path(PAPER).read_text("utf-8"))["test reads"])["reader"]
    text = PAPER_SCALE.format(
        way=round(ours["splits/paper_table_3/train images"]["value"]),
        strict=round(ours["splits/leak_free/train images"]["value"]),
        validation=round(ours["splits/paper_table_3/validation images"]["value"]),
        paper_way=paper_a.TABLE_3["training"],
        paper_validation=paper_a.TABLE_3["validation"],
        kdef=(rows["data_set"] == "kdef").mean(),
        paper_kdef=1 - (paper_a.MUG_BY_HAND + paper_a.OWN_IMAGES) / paper_a.TABLE_3["validation"],
        strong=here["05"]["parameters"]["STRONG"],
        usual=usual["05"]["parameters"]["STRONG"],
        lbp=findings.estimate(ours[LBP]),
        usual_lbp=findings.estimate(theirs[LBP]),
        regression_reads=(reads == "10").sum(),
        test_reads=(reads == "11").sum(),
    )
    return text + markdown(findings.judged(ours))


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of cells as a Markdown table; nothing where there are none."""
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(row.values() for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def key_figure() -> str:
    """Return the README's one figure as Markdown, its alternative text from the notebook that draws it."""
    there = [name for name in KEY_FIGURES if (figure_folder(STANDARD) / f"{name}.webp").exists()]
    captions = figures.captions(notebook.paths().values())
    return "".join(f"![{captions.get(name, name[3:].replace('_', ' '))}](figures/{name}.webp)\n" for name in there[:1])


def notebook_table() -> str:
    """Return the notebooks as a Markdown table: title, question, time and data."""
    rows = []
    for path in notebook.paths().values():
        one = notebook.read_notebook(path)
        question, _, time = notebook.introduction(one)
        title = f"[{one.number} {one.title}](notebooks/{path.name})"
        rows.append({"notebook": title, "question": question, "time and data": time})
    return markdown(rows)


def folder_table() -> str:
    """Return the folder of every data set, as its loader looks for it, as a Markdown table."""
    from lib import datasets

    abouts = [datasets.about(name) for name in datasets.NAMES]
    return markdown([{"data set": one.title, "folder": f"`DIR/{one.folder}`"} for one in abouts])


def tiers() -> list[dict[str, str]]:
    """Return one row per profile: what it is for, the command, and hours, device and commit of its published run."""
    return [_tier(name, options["help"]) for name, options in plan.read_profiles()["profiles"].items()]


def _tier(profile: str, purpose: str) -> dict[str, str]:
    """Return one row of `tiers`."""
    row = {"profile": f"`{profile}`", "what it is": purpose, "published run": "not yet", "device": "", "commit": ""}
    notebooks = reference.read_reference(profile)
    if not notebooks:
        return row
    where = list(notebooks.values())[-1]["provenance"]
    commits = dict.fromkeys(f"`{one['provenance']['commit'][:7]}`" for one in notebooks.values())
    device = where["cpu"] if where["gpu"] == "none" else where["gpu"]
    spent = json.loads(reference.reference_path(profile).read_text("utf-8"))["minutes"]
    took = f"{spent / 60:.1f} hours" if spent >= 90 else f"{spent:.0f} minutes"
    written = max(one["provenance"]["written"] for one in notebooks.values())
    row["published run"] = f"{written[:10]}, {took}, {origins(notebooks)}"
    return row | {"device": f"{device}, {where['cores']} cores", "commit": ", ".join(commits)}


def minutes(notebooks: Notebooks) -> float:
    """Return the wall time of a run in minutes: of each part of it, from its start to its last results."""
    ends = {}
    for one in (content["provenance"] for content in notebooks.values()):
        ends[one["run"]] = max(ends.get(one["run"], ""), one["written"][:19])
    spent = [datetime.fromisoformat(end) - datetime.fromisoformat(run.split("/")[0]) for run, end in ends.items()]
    return round(sum(spent, timedelta()).total_seconds() / 60, 1)


def test_reads(notebooks: Notebooks) -> list[dict]:
    """Return the register of test reads behind a run: `lib.splits.register.test_reads` of the scales that it used."""
    scales = {content.get("parameters", {}).get("SCALE") for content in notebooks.values()} - {None}
    return [read for scale in sorted(scales) for read in register.test_reads(paths.data(scale)).to_dict("records")]


def origins(notebooks: Notebooks) -> str:
    """Return whether real images or stand-ins are behind a published run, in words."""
    kinds = set().union(*(content["origins"].values() for content in notebooks.values()))
    return {frozenset({"real"}): "real images", frozenset({"stand-in"}): "stand-ins"}.get(frozenset(kinds), "mixed")


def accuracies(published: Notebooks) -> list[dict[str, str]]:
    """Return every accuracy of notebook 13 as rows of cells: network, input, images, value, interval, n, seeds.

    A network is named as its protocol names it, with pixels and parameters.

    Weights that were published before the run are left out: it has put its own in their place.
    """
    rows = []
    for result in published.get("13", {"results": []})["results"]:
        _, network, kind, images, metric = (result["name"].split("/") + [""] * 4)[:5]
        if metric == "accuracy" and not network.startswith("weights "):
            row = {
                "network": result["protocol"].partition("; ")[0],
                "input": kind,
                "images": images,
                "accuracy": findings.value(result["value"], True),
            }
            row |= {"95 % interval": findings.between(result, True), "n": f"{result['n']:,}"}
            rows.append(row | {"seeds": f"{result['seeds']}"})
    return rows


if __name__ == "__main__":
    render_readme()
