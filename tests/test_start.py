"""What notebook 00 shows about the study, the packages, the machine and the data."""

import pytest

from lib import datasets
from lib.runner import environment, notebook, start


def test_the_map_has_every_notebook_with_its_question():
    table = start.map_of_notebooks()
    assert list(table[""]) == list(notebook.paths())
    assert table["question"].str.endswith("?").all()


def test_a_package_that_differs_from_its_pin_is_shown_with_its_remedy(monkeypatch):
    monkeypatch.setattr(environment, "read_pins", lambda: {"numpy": "1.26.4", "pip-tools": "1", "yarl": "2"})
    monkeypatch.setattr(environment, "installed", {"numpy": "1.26.4", "pip-tools": "1"}.get)
    shown = start.worth_showing(start.packages()).set_index("package")
    assert list(shown.index) == ["numpy", "yarl"]
    assert shown.loc["yarl", "installed"] == "nothing"
    assert ".venv/.complete" in shown.loc["yarl", "what to do"]


@pytest.mark.parametrize(("needed", "advice"), [(0.0, "OK"), (1e6, "use the profile smoke")])
def test_a_machine_with_little_memory_is_sent_to_the_toy_size(needed, advice):
    table = start.this_machine(needed, 0.0).set_index("property")
    assert table.loc["memory", "what to do"] == advice


def test_a_data_set_is_real_where_its_loader_finds_it(tmp_path, monkeypatch):
    (tmp_path / "KDEF").mkdir()
    (tmp_path / "KDEF" / "AF01AFS.JPG").write_bytes(b"x")
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    table = start.data_sets().set_index("folder")
    assert table.loc["DIR/KDEF", "here"] == "real"
    assert (table["here"] == "real").sum() == 1
    assert len(table) == len(datasets.NAMES)
