"""Reproduced or not, the published reference, and the site."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes

from lib.runner import notebook, plan, publish, reference, site


def result(
    name: str, value: float | None, low: float | None = None, high: float | None = None, kind: str = "metric"
) -> dict:
    """Return a result as the files hold it."""
    fields = {"name": name, "value": value, "low": low, "high": high, "kind": kind, "n": 40, "unit": "", "seeds": 1}
    return fields | {"protocol": "by subject", "origin": "stand-in", "paper": 0.9}


def run_with(*results: dict, profile: str = "standard") -> dict:
    """Return the content of a results file."""
    where = {"commit": 40 * "a", "dirty": False, "profile": profile, "written": "now", "versions": {}}
    where |= {"cpu": "<cpu>", "cores": 2, "gpu": "none", "python": "3.11"}
    return {"provenance": where, "origins": {"mug": "stand-in"}, "results": list(results)}


@pytest.mark.parametrize(
    ("value", "reference", "expected"),
    [
        (0.5, result("a", 0.52, 0.45, 0.6), True),
        (0.44, result("a", 0.52, 0.45, 0.6), False),
        (0.525, result("a", 0.52), True),
        (0.53, result("a", 0.52), False),
        (7, result("a", 7, kind="exact"), True),
        (8, result("a", 7, 6, 9, kind="exact"), False),
        (None, result("a", 0.5, 0.4, 0.6), False),
        (None, result("a", None), True),
        (0.5, result("a", None), False),
    ],
)
def test_a_value_is_reproduced_inside_the_interval_of_the_reference(value, reference, expected):
    assert reference.agrees(value, reference) is expected


def test_times_and_new_results_are_shown_but_not_judged_and_missing_ones_count_as_no():
    now = {"06": run_with(result("same", 0.5), result("new", 1.0), result("time", 3.0))}
    reference = {"06": run_with(result("same", 0.5), result("gone", 0.1), result("time", 9.0, kind="time"))}
    lines = reference.lines(reference.compare(now, reference | {"07": run_with(result("other", 1.0))}))
    assert lines[-1] == "reproduced 1 of 2"
    assert [line.split()[-1] for line in lines[1:-1]] == ["yes", "-", "-", "NO"]
    assert "other" not in "\n".join(lines)  # a notebook that did not run


def test_real_data_are_not_judged_by_the_reference_of_a_stand_in():
    reference = {"06": run_with(result("a", 0.5, 0.4, 0.6))}
    now = {"06": run_with(result("a", 0.9) | {"origin": "real"})}
    assert reference.lines(reference.compare(now, reference))[-1] == "reproduced 0 of 0"


def test_smoke_is_judged_by_its_own_reference_among_the_tests():
    assert reference.reference_path("smoke").parent.name == "tests"
    assert reference.reference_path("standard").parent.name == "figures"
    assert reference.reference_path("fer2013").name == "results_fer2013.json"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of one notebook, run with the profile `standard`, its reference not yet published."""
    for module in (reference, publish):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for module in (reference, publish, site):
        monkeypatch.setattr(module, "BUILD", tmp_path / "build")
    monkeypatch.setattr(publish, "README", tmp_path / "README.md")
    for folder in ("notebooks", "build/results", "build/figures", "build/executed", "figures"):
        (tmp_path / folder).mkdir(parents=True)
    text = "# 06 A <title>\n\n**Question.** Why?  \n**You will see.** A bar.  \n**Time.** 1 minute; MUG."
    text = writes(new_notebook(cells=[new_markdown_cell(text), new_code_cell("1 + 1")]))
    for path in ("notebooks", "build/executed"):
        (tmp_path / path / "09_test.ipynb").write_text(text)
    monkeypatch.setattr(publish.notebook, "paths", lambda: {"06": tmp_path / "notebooks" / "09_test.ipynb"})
    monkeypatch.setattr(
        publish.plan, "make_plan", lambda _: [plan.Step(notebook.read_notebook(notebook.paths()["06"]), {}, {}, 1)]
    )
    (tmp_path / "build/results/06.json").write_text(json.dumps(run_with(result("toy/accuracy", 0.95, 0.9, 0.97))))
    (tmp_path / "build/figures/09_bar.png").write_bytes(b"picture")
    (tmp_path / "figures/09_old.png").write_bytes(b"old picture")
    (tmp_path / "figures/hand_made.png").write_bytes(b"kept")
    markers = [f"<!-- {name}: rendered -->\nold\n<!-- {name}: end -->\n" for name in ("notebooks", "results")]
    (tmp_path / "README.md").write_text("before\n" + "".join(markers) + "after\n")
    return tmp_path


def test_publishing_replaces_results_figures_and_the_tables_of_the_readme(study):
    assert publish.publish("standard")[0] == "figures/results.json: 1 results"
    assert sorted(path.name for path in (study / "figures").iterdir()) == [
        "09_bar.png",
        "hand_made.png",
        "results.json",
    ]
    readme = (study / "README.md").read_text()
    assert "| [06 A <title>](notebooks/09_test.ipynb) | Why? | 1 minute; MUG. |" in readme
    assert "| toy/accuracy | 0.9 | 0.95 | [0.9, 0.97] | 40 | stand-in |" in readme
    assert readme.startswith("before\n")
    assert readme.endswith("after\n")
    assert publish.render_readme() == "unchanged"
    published = reference.read_reference("standard")
    assert reference.lines(reference.compare(reference.read_results(), published))[-1] == "reproduced 1 of 1"


def run_on_fer2013(study, monkeypatch, origin):
    """Leave what a run of the profile fer2013 leaves: results of notebook 13, and weights beside another's."""
    (study / "build/weights").mkdir()
    for name in ("fer2013.npz", "fer2013.json", "affectnet.npz"):
        (study / "build/weights" / name).write_text(origin)
    (study / "lib/models/weights").mkdir(parents=True)
    done = run_with(result("real faces/fitted/accuracy", 0.68, 0.66, 0.7), profile="fer2013")
    (study / "build/results/11.json").write_text(json.dumps(done | {"origins": {"fer2013": origin}}))
    path = study / "notebooks" / "13_real.ipynb"
    path.write_text((study / "notebooks/09_test.ipynb").read_text())
    monkeypatch.setattr(publish.plan, "make_plan", lambda _: [plan.Step(notebook.read_notebook(path), {}, {}, 1)])


def test_publishing_a_run_on_real_faces_replaces_the_weights_and_leaves_the_figures(study, monkeypatch):
    run_on_fer2013(study, monkeypatch, "real")
    (study / "README.md").write_text("<!-- real: rendered -->\n<!-- real: end -->\n")
    publish.publish("fer2013")
    assert sorted(path.name for path in (study / "lib/models/weights").iterdir()) == ["fer2013.json", "fer2013.npz"]
    assert (study / "figures/09_old.png").exists()
    assert "| real faces/fitted | 0.68 | [0.66, 0.7] | 40 | 1 |" in (study / "README.md").read_text()


def test_weights_fitted_on_stand_ins_are_not_published(study, monkeypatch):
    run_on_fer2013(study, monkeypatch, "stand-in")
    with pytest.raises(notebook.PlanError, match=r"only a stand-in of fer2013; run \./run_all\.sh fer2013 --data DIR"):
        publish.publish("fer2013")
    assert not list((study / "lib/models/weights").iterdir())


def test_publishing_refuses_the_results_of_another_profile(study):
    (study / "build/results/06.json").write_text(json.dumps(run_with(profile="smoke")))
    with pytest.raises(notebook.PlanError, match="notebook 09 has results of smoke, not of standard"):
        publish.publish("standard")
    assert (study / "figures/09_old.png").exists()


def test_the_site_links_every_notebook_and_shows_results_figures_and_provenance(study):
    results = reference.read_results()
    first = site.build(reference.compare(results, results))
    text = first.read_text()
    assert '<a href="09_test.html">06 A &lt;title&gt;</a>' in text
    assert '<img src="figures/09_bar.png"' in text
    assert "toy/accuracy" in text
    assert "Reproduced 1 of 1" in text
    assert "&lt;cpu&gt;, 2 cores" in text
    assert "mug: stand-in" in text
    assert (first.parent / "figures/09_bar.png").read_bytes() == b"picture"
    assert '<a href="index.html">Results</a>' in (first.parent / "09_test.html").read_text()


def test_what_a_long_cell_printed_is_one_output_of_the_page_and_a_bar_its_last_state(tmp_path):
    printed = [new_output("stream", name="stdout", text=f"epoch {number}\n") for number in range(30)]
    bar = [new_output("stream", name="stderr", text=text) for text in ("  0% of it", "\r100% of it")]
    cell = new_code_cell("fit()", outputs=[*printed, *bar])
    (tmp_path / "09_test.ipynb").write_text(writes(new_notebook(cells=[cell])))
    page = site.page(tmp_path / "09_test.ipynb", "")
    assert page.count("epoch 29") == 1
    assert page.count("jp-RenderedText jp-OutputArea-output") == 2
    assert "100% of it" in page
    assert "  0% of it" not in page
