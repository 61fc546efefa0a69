"""The networks of notebook 09 on other images: two seeds, two alignments, two sizes of crop, one picture of nothing."""

import json

import joblib
import numpy as np
import pandas as pd
import pytest

from lib import emotions, faces, images, models, paths
from lib.models.lbp_svm import LbpSvm
from lib.synthetic import Subject, render
from lib.training import trained_networks

FITS = [("plain", "proposed", 48), ("plain", "proposed", 48), ("by the eyes", "eyes", 64)]


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Three rendered faces and a picture of nothing; fits of untrained networks, as notebook 09 leaves them."""
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    faces = [render(Subject(seed), "happy", 0.8, np.random.default_rng(seed), size=256)[0] for seed in range(3)]
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for file, picture in zip(files, [faces[0], np.full((200, 200, 3), 90, np.uint8), *faces[1:]], strict=True):
        images.write(file, picture)
    rows = []
    for number, (label, how, pixels) in enumerate(FITS):
        place = trained_networks.folder("paper_a", paths.data("smoke")) / str(number)
        place.mkdir(parents=True)
        models.save_weights(models.build("compact_vgg_s", pixels), place / "best.npz")
        record = {"best_epoch": 0, "images_per_second": 1, "steps_per_second": 1, "input_share": 0, "device": "none"}
        (place / "record.json").write_text(json.dumps(record | {"history": []}))
        relative = str(place.relative_to(paths.data("smoke")))
        rows.append({"label": label, "model": "compact_vgg_s", "how": how, "pixels": pixels, "folder": relative})
    pd.DataFrame(rows).to_csv(trained_networks.folder("paper_a", paths.data("smoke")) / "networks.csv", index=False)
    noise = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 3), dtype=np.uint8)
    machine = LbpSvm().fit(noise, ["happy", "sad", "happy", "sad"])
    joblib.dump(machine, trained_networks.folder("paper_a", paths.data("smoke")) / "lbp_svm.joblib")
    return pd.DataFrame({"path": [str(file) for file in files], "row": -1, "data_set": "own"})


def test_every_network_answers_on_its_own_crops_of_the_images_that_all_can_read(table):
    usable, said = trained_networks.answers("paper_a", table, paths.data("smoke"))
    assert usable.tolist() == [True, False, True, True]
    assert (
        list(said) == trained_networks.labels("paper_a", paths.data("smoke")) == ["plain", "by the eyes", "LBP + SVM"]
    )
    assert {label: answers.shape for label, answers in said.items()} == {
        "plain": (2, 3),
        "by the eyes": (1, 3),
        "LBP + SVM": (1, 3),
    }
    fits = trained_networks.networks("paper_a", paths.data("smoke"))
    for label, seed, row in (("plain", 0, 0), ("plain", 1, 1), ("by the eyes", 0, 2)):
        fit = fits.loc[row]
        crops = faces.crop_faces(table, paths.data("smoke"), how=fit["how"], size=int(fit["pixels"])).images
        outputs = models.predict(trained_networks.load(fit, paths.data("smoke")), np.asarray(crops[[0, 2, 3]]))
        assert said[label][seed].tolist() == emotions.names(outputs).tolist()


def test_what_has_not_been_fitted_is_named_with_the_notebook_that_fits_it(table):
    with pytest.raises(FileNotFoundError, match="run notebook 09 with SCALE='smoke', DATA_SET='fer2013' first"):
        trained_networks.answers("fer2013", table, paths.data("smoke"))
