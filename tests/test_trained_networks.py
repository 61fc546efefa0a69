"""The networks of notebook 09 on other images: two seeds, two alignments, two sizes of crop, one image of nothing."""

import json

import numpy as np
import pandas as pd
import pytest

from lib import emotions, faces, images, models, paths
from lib.models.lbp_svm import LbpSvm
from lib.synthetic import Subject, render
from lib.training import trained_networks

FITS = [(trained_networks.BASE, "proposed", 48), (trained_networks.BASE, "proposed", 48), ("by the eyes", "eyes", 64)]
RECORD = {
    "best_epoch": 0,
    "images_per_second": 1,
    "steps_per_second": 1,
    "input_share": 0,
    "device": "none",
    "seconds": 1,
    "commit": "unknown",
    "date": "2000-01-01",
    "history": [],
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return the folder of a study with fits of untrained networks, as notebook 09 leaves them."""
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    study, rows = paths.data("smoke"), []
    for number, (label, how, pixels) in enumerate(FITS):
        place = trained_networks.folder("paper_a", study) / str(number)
        place.mkdir(parents=True)
        models.save_weights(models.build("compact_vgg_s", pixels), place / "best.npz")
        (place / "record.json").write_text(json.dumps(RECORD))
        rows.append({"label": label, "model": "compact_vgg_s", "how": how, "pixels": pixels, "folder": str(number)})
    noise = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 3), dtype=np.uint8)
    traditional = LbpSvm().fit(noise, ["happy", "sad", "happy", "sad"])
    trained_networks.save(pd.DataFrame(rows), traditional, "paper_a", study)
    return study


@pytest.fixture
def table(tmp_path):
    """Return the table of three rendered faces and an image of nothing, the second."""
    shown = [render(Subject(seed), "happy", 0.8, np.random.default_rng(seed), size=256)[0] for seed in range(3)]
    shown.insert(1, np.full((200, 200, 3), 90, np.uint8))
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for file, image in zip(files, shown, strict=True):
        images.write(file, image)
    return pd.DataFrame({"path": [str(file) for file in files], "row": -1, "data_set": "own"})


def test_every_network_answers_on_its_own_crops_of_the_images_that_all_can_read(table, study):
    usable, answered = trained_networks.answers("paper_a", table, study)
    assert usable.tolist() == [True, False, True, True]
    labels = [trained_networks.BASE, "by the eyes", "LBP + SVM"]
    assert list(answered) == trained_networks.labels("paper_a", study) == labels
    assert [answers.shape for answers in answered.values()] == [(2, 3), (1, 3), (1, 3)]
    fits = trained_networks.networks("paper_a", study)
    for label, seed, row in ((labels[0], 0, 0), (labels[0], 1, 1), (labels[1], 0, 2)):
        fit = fits.loc[row]
        crops = faces.crop_faces(table, study, how=fit["how"], size=int(fit["pixels"])).images
        outputs = models.predict(trained_networks.load(fit, study), np.asarray(crops[[0, 2, 3]]))
        assert answered[label][seed].tolist() == emotions.names(outputs).tolist()


def test_a_row_of_the_table_of_networks_points_into_the_study(study):
    folders = trained_networks.networks("paper_a", study)["folder"]
    assert folders.tolist() == [f"models/classification/paper_a/{number}" for number in range(3)]
    assert len(trained_networks.classifiers(study)) == 2


def test_a_network_is_shown_with_the_pixels_and_parameters_that_were_fitted():
    labels = [trained_networks.BASE, trained_networks.PAPER_WAY, trained_networks.WHOLE_FRAME]
    fits = pd.DataFrame({"label": labels, "pixels": 48, "parameters": 1_978_119})
    base, by_paper, whole = trained_networks.names(fits).values()
    assert base == "compact VGG-S at 48 px (1,978,119 parameters)"
    assert by_paper == f"{base}, paper's protocol"
    verdicts = [f"{labels[1]} above {labels[0]}", "cannot be ordered", f"{labels[2]} above LBP + SVM"]
    shown = trained_networks.named(pd.DataFrame({"label": labels, "verdict": verdicts}), fits)
    assert shown["label"].tolist() == [base, by_paper, whole]
    assert shown["verdict"].tolist() == [f"{by_paper} above {base}", "cannot be ordered", f"{whole} above LBP + SVM"]


def test_what_has_not_been_fitted_is_named_with_the_command_that_fits_it(study):
    with pytest.raises(FileNotFoundError, match=r"first: \./run_all\.sh smoke --set 09\.DATA_SET=fer2013 --only 09"):
        trained_networks.networks("fer2013", study)
