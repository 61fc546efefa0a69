"""Reproduced or not, the published reference, and the site."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes
from PIL import Image

from lib import paths, records
from lib.runner import figures, findings, notebook, pages, plan, publish, reference, site
from lib.runner import run as run_all


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
    where |= {"run": "2026-11-20T16:00:00/7", "written": "2026-11-20T16:40:00+0000"}
    return {"provenance": where, "origins": {"mug": "stand-in"}, "results": list(results)}


def test_a_published_run_took_as_long_as_its_parts_and_not_as_the_time_between_them():
    later = run_with()
    later["provenance"] |= {"run": "2026-11-22T08:00:00/9", "written": "2026-11-22T08:05:00+0000"}
    assert publish.minutes({"02": later, "03": run_with(), "04": run_with()}) == 45


def test_times_and_new_results_are_shown_but_not_judged_and_missing_ones_count_as_no():
    now = {"06": run_with(result("same", 0.5), result("new", 1.0), result("time", 3.0))}
    before = {"06": run_with(result("same", 0.5), result("gone", 0.1), result("time", 9.0, kind="time"))}
    lines = reference.lines(reference.compare(now, before | {"07": run_with(result("other", 1.0))}))
    assert lines[-1] == "reproduced 1 of 2: NO 1, where a perfect repetition has about 0"
    assert [line.split()[-1] for line in lines[1:-1]] == ["yes", "-", "-", "NO"]
    assert "other" not in "\n".join(lines)  # a notebook that did not run


def test_real_data_agree_or_differ_with_the_reference_of_a_stand_in_and_count_for_nothing():
    before = {"06": run_with(result("a", 0.5, 0.4, 0.6), result("b", 0.5, 0.4, 0.6))}
    now = run_with(result("a", 0.9, 0.8, 0.95), result("b", 0.6, 0.5, 0.7)) | {"origins": {"mug": "real"}}
    lines = reference.lines(reference.compare({"06": now}, before))
    assert [line.split()[-1] for line in lines[1:3]] == ["differs", "agrees"]
    assert lines[-2] == "on other data, parameters or another backend: 1 of 2 agree, 1 differs"
    assert lines[-1].startswith("reproduced 0 of 0")


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, "2 of 2 agree"), (0.9, "1 of 2 agree, 1 differs"), (0.2, "1 of 2 agree, 1 differs")]
)
def test_the_line_on_other_data_speaks_of_results_that_differ_only_where_some_do(value, expected):
    before = {"06": run_with(result("a", 0.5, 0.4, 0.6), result("b", 0.5, 0.4, 0.6))}
    now = run_with(result("a", 0.5, 0.4, 0.6), result("b", value, value - 0.1, value + 0.1))
    lines = reference.summary(reference.compare({"06": now | {"origins": {"mug": "real"}}}, before))
    assert lines[0] == f"on other data, parameters or another backend: {expected}"


def test_smoke_is_judged_by_its_own_reference_among_the_tests():
    assert reference.reference_path("smoke").parent.name == "tests"
    for profile in ("standard", "fer2013"):
        assert reference.reference_path(profile).parent.name == "figures"
        assert reference.reference_path(profile).name == f"results_{profile}.json"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of one notebook, run with the profile `standard`, its reference not yet published."""
    for module in (reference, publish, site):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for module in (reference, publish, site, paths):
        monkeypatch.setattr(module, "BUILD", tmp_path / "build")
    monkeypatch.setattr(publish, "README", tmp_path / "README.md")
    for folder in ("notebooks", "build/results", "build/figures", "build/executed", "figures"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("FACE_STUDY_PROFILE", "standard")
    text = "# 09 A <title>\n\n**Question.** Why?  \n**You will see.** A bar.  \n**Time.** 1 minute; MUG."
    link = "<details><summary>Published</summary>\n\n![A bar of <hits>](../figures/09_bar.webp)\n\n</details>"
    cell = new_code_cell('save("09_bar")', outputs=[new_output("display_data", {"image/png": "iVBORw0KGgo="})])
    text = writes(new_notebook(cells=[new_markdown_cell(text), cell, new_markdown_cell(link)]))
    for path in ("notebooks", "build/executed"):
        (tmp_path / path / "09_test.ipynb").write_text(text)
    for module in (publish.notebook, site):
        name = "paths" if module is publish.notebook else "sources"
        monkeypatch.setattr(module, name, lambda: {"09": tmp_path / "notebooks" / "09_test.ipynb"})
    step = plan.Step(notebook.read_notebook(tmp_path / "notebooks/09_test.ipynb"), {}, {}, 1)
    monkeypatch.setattr(publish.plan, "make_plan", lambda _: [step])
    (tmp_path / "build/results/09.json").write_text(json.dumps(run_with(result(findings.LEAK[1], 0.95, 0.9, 0.97))))
    records.save_figure(Figure(), "09_bar", "stand-in")
    (tmp_path / "figures/09_old.webp").write_bytes(b"old picture")
    (tmp_path / "figures/hand_made.webp").write_bytes(b"kept")
    markers = [f"<!-- {name}: rendered -->\nold\n<!-- {name}: end -->\n" for name in ("notebooks", "results", "tiers")]
    (tmp_path / "README.md").write_text("before\n" + "".join(markers) + "after\n")
    return tmp_path


def test_publishing_replaces_results_figures_and_the_tables_of_the_readme(study):
    assert publish.publish("standard")[:2] == ["figures/results_standard.json: 1 results", "figures/: 1 figures"]
    names = sorted(path.name for path in (study / "figures").iterdir())
    assert names == ["09_bar.webp", "hand_made.webp", "predictions_standard", "results_standard.json"]
    readme = (study / "README.md").read_text()
    assert "| [09 A <title>](notebooks/09_test.ipynb) | Why? | 1 minute; MUG. |" in readme
    assert "| 85.0 % |  | 95.0 % | 90.0 to 97.0 % | 40 |" in readme
    assert "2026-11-20, 40 minutes, stand-ins" in readme
    assert readme.startswith("before\n")
    assert readme.endswith("after\n")
    assert publish.render_readme() == "unchanged"
    published = reference.read_reference("standard")
    assert reference.lines(reference.compare(reference.read_results(), published))[-1].startswith("reproduced 1 of 1")


def test_a_published_figure_says_where_it_comes_from(study, monkeypatch):
    monkeypatch.setenv("FACE_STUDY_PARAMETERS", '{"SEED": 3}')
    path = records.save_figure(Figure(), "09_bar", "stand-in")
    facts = figures.provenance(figures.publish(path, study))
    assert (facts["notebook"], facts["origin"], facts["profile"]) == ("09", "stand-in", "standard")
    assert facts["parameters"] == {"SEED": 3}
    assert facts["commit"]


def test_a_drawing_is_published_without_loss_and_a_wide_sheet_of_faces_small(study):
    rng, drawing, sheet = np.random.default_rng(0), Figure(), Figure(figsize=(20, 4))
    drawing.subplots().plot([1, 2])
    sheet.subplots().imshow(rng.integers(0, 255, (200, 1000, 3), dtype=np.uint8))
    sources = [records.save_figure(one, name, "computed") for one, name in ((drawing, "09_line"), (sheet, "09_faces"))]
    exact, small = [Image.open(figures.publish(path, study)) for path in sources]
    np.testing.assert_array_equal(np.asarray(exact.convert("RGB")), np.asarray(Image.open(sources[0]).convert("RGB")))
    assert small.width == figures.WIDTH
    assert (study / "09_faces.webp").stat().st_size < 0.5 * sources[1].stat().st_size


def run_on_fer2013(study, monkeypatch, origin):
    """Leave what a run of the profile fer2013 leaves: results of notebook 13, and weights beside another's."""
    (study / "build/weights").mkdir()
    for name in ("fer2013.npz", "fer2013.json", "affectnet.npz"):
        (study / "build/weights" / name).write_text(origin)
    (study / "build/results/13_real_landmarks.csv").write_text(origin)
    for folder in ("lib/models/weights", "lib/synthetic"):
        (study / folder).mkdir(parents=True)
    accuracy = result("real faces/fitted/crop/all/accuracy", 0.68, 0.66, 0.7)
    accuracy["protocol"] = "fitted at 48 px (9 parameters); fer2013: crops"
    done = run_with(accuracy, profile="fer2013")
    (study / "build/results/13.json").write_text(json.dumps(done | {"origins": {"fer2013": origin}}))
    path = study / "notebooks" / "13_real.ipynb"
    path.write_text((study / "notebooks/09_test.ipynb").read_text())
    monkeypatch.setattr(publish.plan, "make_plan", lambda _: [plan.Step(notebook.read_notebook(path), {}, {}, 1)])


def test_publishing_a_run_on_real_faces_replaces_the_weights_and_puts_figures_beside_those_of_the_standard_run(
    study, monkeypatch
):
    run_on_fer2013(study, monkeypatch, "real")
    (study / "README.md").write_text("<!-- real: rendered -->\n<!-- real: end -->\n")
    records.save_figure(Figure(), "13_faces", "real")
    publish.publish("fer2013")
    assert (study / "figures/fer2013/13_faces.webp").exists()
    assert sorted(path.name for path in (study / "lib/models/weights").iterdir()) == ["fer2013.json", "fer2013.npz"]
    assert (study / publish.REAL_LANDMARKS).read_text() == "real"
    assert (study / "figures/09_old.webp").exists()
    row = "| fitted at 48 px (9 parameters) | crop | all | 68.0 % | 66.0 to 70.0 % | 40 | 1 |"
    assert row in (study / "README.md").read_text()


def test_weights_fitted_on_stand_ins_are_not_published(study, monkeypatch):
    run_on_fer2013(study, monkeypatch, "stand-in")
    with pytest.raises(notebook.PlanError, match=r"only a stand-in of fer2013; run \./run_all\.sh fer2013 --data DIR"):
        publish.publish("fer2013")
    assert not list((study / "lib/models/weights").iterdir())


SHIPPED = pd.DataFrame({"path": list("abcdefghij"), "row": -1, "digest": list("abcdefghij"), "data_set": "fer2013"})


def leave_predictions(changed: int) -> None:
    """Leave the predictions of a network that is not trained, the first of ten images otherwise than "sad"."""
    given = np.where(np.arange(10) < changed, "fear", "sad")[None]
    rows = SHIPPED.assign(group=range(10), emotion="sad")
    records.save_predictions("09", (rows, {"weights fer2013": given, "fitted": given}))


def test_predictions_are_published_and_a_network_that_is_read_must_repeat_its_own(study):
    (study / "build/results/09.json").write_text(json.dumps(run_with(result("a/weights fer2013/accuracy", 1.0))))
    leave_predictions(0)
    assert "figures/predictions_standard/: 1 files" in publish.publish("standard")
    verdicts = reference.compare(reference.read_results(), reference.read_reference("standard"))
    for changed, lines in ((0, []), (2, []), (3, ["weights fer2013 names 3 of 10 images otherwise, where 2 may be"])):
        leave_predictions(changed)
        assert reference.differences(verdicts, "standard") == lines


@pytest.mark.parametrize(("accuracy", "code"), [(0.95, 0), (0.96, 0), (0.7, 4)])
def test_a_run_that_does_not_reproduce_ends_with_an_exit_code_of_its_own(study, capsys, accuracy, code):
    path = study / "build/results/09.json"
    for value in (0.95, accuracy):
        path.write_text(json.dumps(run_with(result(findings.LEAK[1], value) | {"per_seed": [value]})))
        if value == 0.95:
            publish.publish("standard")
    assert run_all.finish("standard", ["09"]) == code
    words = capsys.readouterr().out
    assert ("about 1 in 100 perfect repetitions at most end so" in words) == (code == 4)
    assert ("accuracy has moved by -0.250" in words) == (code == 4)


def test_publishing_refuses_the_results_of_another_profile(study):
    (study / "build/results/09.json").write_text(json.dumps(run_with(profile="smoke")))
    with pytest.raises(notebook.PlanError, match="notebook 09 has results of smoke, not of standard"):
        publish.publish("standard")
    assert (study / "figures/09_old.webp").exists()


def test_the_first_page_says_what_was_found_then_shows_figures_and_where_they_come_from(study):
    results = reference.read_results()
    first = site.build(reference.compare(results, results))
    text = first.read_text()
    assert '<a href="09_test.html">09 A &lt;title&gt;</a>' in text
    assert "<td>accuracy on validation, Figure 8</td><td>85.0&nbsp;%</td><td></td><td>95.0&nbsp;%</td>" in text
    assert '<img src="figures/09_bar.png" alt="A bar of &lt;hits&gt;"' in text
    assert "A bar of &lt;hits&gt; (notebook 09, A &lt;title&gt;)" in text
    assert "Reproduced 1 of 1" in text
    assert "&lt;cpu&gt;, 2 cores" in text
    assert "mug: stand-in" in text
    assert "What is missing" not in text
    order = [text.index(f"<h2>{part}") for part in ("The paper beside", "Key figures", "Published", "Where this")]
    assert order == sorted(order)
    assert (first.parent / "figures/09_bar.png").exists()


def test_the_first_page_says_what_is_missing_and_how_to_go_on(study):
    text = site.build([], [("10", "Intensity", "not run")], "./run_all.sh --from 10").read_text()
    assert "10 Intensity: not run" in text
    assert "<code>./run_all.sh --from 10</code>" in text


def test_every_table_scrolls_in_its_own_box_and_no_figure_is_wider_than_the_page(study):
    text = site.build([]).read_text()
    assert text.count("<table>") == text.count('<div class="box"><table>') > 0
    assert ".box" in site.STYLE
    assert "max-width: 100%" in site.STYLE


def test_a_page_links_its_neighbours_and_gives_every_figure_a_text(study):
    published = study / "figures/09_bar.webp"
    published.write_bytes(b"published")
    first = site.build([])
    page = (first.parent / "09_test.html").read_text()
    assert '<a href="index.html">Results</a>' in page
    assert 'alt="A bar of &lt;hits&gt;"' in page
    assert pages.NO_TEXT not in page
    assert "published/09_bar.webp" in page
    assert (first.parent / "published/09_bar.webp").read_bytes() == b"published"
    links = site.neighbours([("09_test.html", "09 A title")] * 3, 1)
    assert links.count("<a ") == 2


def printed(tmp_path, outputs, **metadata):
    """Return what remains of the outputs of a cell, after `pages.tidy`."""
    path = tmp_path / "09_test.ipynb"
    whole = new_notebook(cells=[new_code_cell("fit()", outputs=outputs)])
    whole.metadata.update(metadata)
    path.write_text(writes(whole))
    pages.tidy(path)
    return nbformat.read(path, as_version=4).cells[0].outputs


def test_what_a_long_cell_printed_is_one_output_and_a_bar_its_last_state(tmp_path):
    lines = [new_output("stream", name="stdout", text=f"epoch {number}\n") for number in range(30)]
    bar = [
        new_output("stream", name="stderr", text=text) for text in ("\rfaces:  0%|    | 0/9", "\rfaces: 100%|████| 9/9")
    ]
    (only,) = printed(tmp_path, [*bar, new_output("stream", name="stderr", text="\n"), *lines])
    assert only.name == "stdout"
    assert only.text.startswith("faces: 100% 9/9\nepoch 0\n")
    assert only.text.endswith("epoch 29\n")


def test_a_bar_that_a_notebook_draws_with_a_widget_is_one_line_too(tmp_path):
    view = new_output("display_data", {pages.WIDGET: {"model_id": "box"}, "text/plain": "0%"})
    state = {"box": {"state": {"children": ["IPY_MODEL_a", "IPY_MODEL_b", "IPY_MODEL_c"]}}}
    state |= {
        "a": {"state": {"value": "fits: 100%"}},
        "b": {"state": {"value": 4.0}},
        "c": {"state": {"value": " 4/4 [00:20]"}},
    }
    (only,) = printed(tmp_path, [view], widgets={pages.WIDGETS: {"state": state}})
    assert only.text == "fits: 100% 4/4 [00:20]\n"


def test_the_chatter_of_libraries_is_dropped(tmp_path):
    chatter = "WARNING: All log messages before absl::InitializeLog() is called\nW0000 00:00:17.3 gpu.cc] none\nkept\n"
    (only,) = printed(tmp_path, [new_output("stream", name="stderr", text=chatter)])
    assert only.text == "kept\n"
    assert printed(tmp_path, [new_output("stream", name="stderr", text=chatter.replace("kept\n", ""))]) == []


def test_a_cut_results_file_counts_as_not_there_and_spoils_no_other(tmp_path):
    (tmp_path / "03.json").write_text("")
    (tmp_path / "04.json").write_text('{"results": [')
    (tmp_path / "05.json").write_text('{"results": []}')
    assert reference.read_results(tmp_path) == {"05": {"results": []}}


def test_a_damaged_publication_says_how_it_is_restored(tmp_path, monkeypatch):
    (tmp_path / "results.json").write_text("<<<<<<< HEAD")
    monkeypatch.setattr(reference, "reference_path", lambda _: tmp_path / "results.json")
    with pytest.raises(notebook.PlanError, match=r"restore it: git checkout .*results\.json"):
        reference.read_reference("standard")


@pytest.mark.parametrize(("low", "words"), [(-0.006, "no leak is shown"), (0.004, "the leak is shown"), (None, "no")])
def test_a_leak_is_shown_only_where_the_interval_of_the_difference_says_so(low, words):
    difference = {"name": findings.WORTH, "value": 0.016, "low": low, "high": None if low is None else 0.039}
    assert findings.leak(difference).startswith(words)
    if low is not None:
        assert findings.estimate(difference) == f"+1.6 points ({100 * low:+.1f} to +3.9)"


def test_the_published_run_has_every_finding_and_its_losses_count_no_images():
    ours = reference.by_name(reference.read_reference("standard"))
    assert len(findings.sentences(ours, {})) == len(findings.SENTENCES)
    losses = [row for row in findings.beside(ours) if "loss" in row["the paper's number"]]
    assert losses
    assert {row["images"] for row in losses} == {""}
