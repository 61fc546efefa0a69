"""Splits and the leak gate: each kind of leak is planted and caught, clean data pass."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from lib import paths, splits
from lib.cleaning import duplicates
from lib.datasets import table as one_table
from lib.emotions import EMOTIONS
from lib.splits import leakage


def images(data_set="mug", subjects=20, takes=7, frames=3, **columns):
    """A table of `subjects * takes * frames` images, without any duplicate; a take shows one emotion."""
    rows = [
        {"subject": f"{s:03}" if subjects > 1 else "", "sequence": f"{s}/{t}" if frames > 1 else "", "frame": f,
         "emotion": EMOTIONS[t % 7], "path": f"{data_set}/{s}/{t}/{f}.png"}
        for s in range(subjects) for t in range(takes) for f in range(frames)
    ]  # fmt: skip
    table = one_table.finish(pd.DataFrame(rows).assign(**columns), data_set=data_set, origin="stand-in")
    return number(table)


def number(table):
    """Give every image a digest and a cluster of its own."""
    digests = [hashlib.md5(path.encode()).hexdigest() for path in table["path"]]
    return table.assign(digest=digests, cluster=np.arange(len(table)))


def study():
    """All data sets of Table 3 and the test set."""
    sets = [
        images("mug", 20), images("ck_plus", 12, frames=2), images("jaffe", 5, frames=1), images("kdef", 15, frames=1),
        images("own", 1, takes=70, frames=1), images("hp_test", 3),
    ]  # fmt: skip
    return number(pd.concat(sets, ignore_index=True))


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    monkeypatch.delenv("FACE_STUDY_RUN", raising=False)


def test_a_split_keeps_subjects_together_and_emotions_in_proportion():
    made = splits.split(images(subjects=40), {"train": 0.7, "validation": 0.2, "test": 0.1})
    assert made.groupby("subject")["split"].nunique().eq(1).all()
    shares = pd.crosstab(made["emotion"], made["split"], normalize="index")
    assert np.allclose(shares[["train", "validation", "test"]], [0.7, 0.2, 0.1], atol=0.03)
    assert splits.audit(made) is made


def test_without_subjects_a_split_goes_by_duplicate_cluster():
    table = images("eiw", subjects=1, takes=700, frames=1)
    table["cluster"] = np.arange(700) // 5
    made = splits.split(table, {"train": 0.9, "validation": 0.1})
    assert made.groupby("cluster")["split"].nunique().eq(1).all()
    assert 60 <= (made["split"] == "validation").sum() <= 80


def test_the_seed_decides_a_split_and_the_order_of_rows_does_not_break_it():
    table = images()
    first, again = (splits.split(table, {"train": 0.8, "validation": 0.2}, seed=3) for _ in range(2))
    other = splits.split(table, {"train": 0.8, "validation": 0.2}, seed=4)
    pd.testing.assert_frame_equal(first, again)
    assert not first["split"].equals(other["split"])
    splits.audit(splits.split(table.sample(frac=1, random_state=0), {"train": 0.8, "validation": 0.2}))


def test_a_twin_joins_two_subjects_into_one_group():
    table = images(subjects=10)
    table.loc[0, "cluster"] = table.loc[len(table) - 1, "cluster"]
    group = leakage.groups(table)
    assert group[0] == group[-1]
    assert len(np.unique(group)) == 9


@pytest.mark.parametrize(
    "fractions", [{"train": 0.5}, {"train": 0.5, "dev": 0.5}, {"train": 1.5, "test": -0.5}, {"train": 1.0, "test": 0.0}]
)
def test_fractions_that_make_no_sense_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions are"):
        splits.split(images(), fractions)


def test_too_few_groups_are_an_error_not_an_empty_side():
    with pytest.raises(ValueError, match="cannot fill"):
        splits.split(images(subjects=2), {"train": 0.4, "validation": 0.3, "test": 0.3})


def test_the_papers_split_has_its_data_sets_and_proportions_and_its_leaks():
    made = splits.paper_table_3(study())
    sides = pd.crosstab(made["data_set"], made["split"])
    assert "hp_test" not in sides.index
    assert (sides.loc[["ck_plus", "jaffe"], "validation"] == 0).all()
    assert (sides.loc[["kdef", "own"], "train"] == 0).all()
    by_hand, others = sides.loc["mug", "validation"], sides.loc[["kdef", "own"], "validation"].sum()
    assert by_hand / others == pytest.approx(161 / 1706, rel=0.35)
    assert {"subject", "sequence"} <= set(splits.leaks(made)["kind"])
    with pytest.raises(splits.LeakError, match="subject"):
        splits.audit(made)


def test_the_leak_free_split_has_as_many_images_by_hand_from_subjects_of_their_own():
    paper, ours = splits.paper_table_3(study()), splits.audit(splits.leak_free(study()))

    def by_hand(made):
        return ((made["data_set"] == "mug") & (made["split"] == "validation")).sum()

    assert by_hand(ours) == pytest.approx(by_hand(paper), abs=5)
    assert (ours[ours["data_set"] == "hp_test"]["split"] == "test").all()
    assert set(ours["split"]) == {"train", "validation", "test"}


def test_the_leak_free_split_leaves_out_training_twins_of_validation_and_test():
    table = study()
    train, kdef, test = (table.index[table["data_set"] == name][0] for name in ("jaffe", "kdef", "hp_test"))
    table.loc[train, "digest"] = table.loc[kdef, "digest"]
    made = splits.leak_free(table)
    assert table.loc[train, "path"] not in set(made["path"])
    table.loc[kdef, "cluster"] = table.loc[test, "cluster"]
    made = splits.leak_free(table)
    assert table.loc[kdef, "path"] not in set(made["path"])
    splits.audit(made)


def planted(kind):
    """A clean split with one leak in it."""
    made = splits.split(images(subjects=20), {"train": 0.8, "validation": 0.2})
    train, validation = (made.index[made["split"] == side][0] for side in ("train", "validation"))
    column = {"subject": "subject", "sequence": "sequence", "exact duplicate": "digest", "near duplicate": "cluster"}
    if kind in column:
        made.loc[train, column[kind]] = made.loc[validation, column[kind]]
    elif kind == "variant":
        made = made.assign(variant=0)
        made.loc[train, "variant"] = 5
    else:
        made = pd.concat([made, made.loc[[train]]])
    return made


@pytest.mark.parametrize(
    "kind", ["subject", "sequence", "exact duplicate", "near duplicate", "variant", "repeated row"]
)
def test_every_kind_of_leak_is_caught_and_named(kind):
    made = planted(kind)
    name = kind if "duplicate" in kind or kind in ("subject", "sequence") else "augmented before the split"
    assert splits.leaks(made)["kind"].tolist() == [name]
    with pytest.raises(splits.LeakError, match=f"1 x {name}, for instance"):
        splits.audit(made)


def test_exposure_is_the_share_of_validation_images_that_training_knows():
    made = splits.split(images(subjects=20), {"train": 0.8, "validation": 0.2})
    assert leakage.exposure(made).tolist() == [0, 0, 0, 0]
    subject = made[made["split"] == "validation"]["subject"].iloc[0]
    one = made.index[made["subject"] == subject][0]
    made.loc[one, "split"] = "train"
    left = (made["split"] == "validation").sum()
    assert leakage.exposure(made)["subject"] == pytest.approx(20 / left)
    assert leakage.exposure(made)["sequence"] == pytest.approx(2 / left)


def test_augmented_files_on_two_sides_are_caught_by_their_looks():
    rng = np.random.default_rng(0)
    faces = rng.integers(60, 190, (30, 8, 8)).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    variants = [np.clip(face.astype(int) + shift, 0, 255).astype(np.uint8) for face in faces for shift in (-40, 0, 40)]
    digests = [duplicates.digest(face) for face in variants]
    thumbnails = np.stack([duplicates.thumbnail(face) for face in variants])
    table = images("eiw", subjects=1, takes=90, frames=1)
    table = table.assign(digest=digests, cluster=duplicates.clusters(thumbnails, digests))
    assert table["cluster"].nunique() == 30
    naive = table.assign(split=np.where(rng.random(90) < 0.8, "train", "validation"))
    assert set(splits.leaks(naive)["kind"]) == {"near duplicate"}
    splits.audit(splits.split(table, {"train": 0.8, "validation": 0.2}))


def test_the_gate_asks_for_the_columns_it_needs():
    with pytest.raises(ValueError, match=r"lib\.cleaning\.fingerprint"):
        splits.audit(images().drop(columns="digest").assign(split="train"))


def test_a_saved_split_comes_back_as_it_was_but_for_the_test_rows(build):
    table = study()
    table.loc[3, "intensity"] = 0.1 + 0.2
    table = table.assign(strength=np.nan, share=1 / 3)
    made = splits.leak_free(table)
    path = splits.save(made, "leak_free", paths.data("smoke"))
    kept = made[made["split"] != "test"].reset_index(drop=True)
    pd.testing.assert_frame_equal(splits.load("leak_free", paths.data("smoke")), kept, check_dtype=False)
    facts = json.loads(path.with_suffix(".json").read_text())
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts["images"] == made["split"].value_counts().to_dict()
    assert facts["leaks"] == {}


def test_a_changed_or_missing_split_file_is_refused(build):
    with pytest.raises(FileNotFoundError, match="run notebook 08_cleaning"):
        splits.load("leak_free", paths.data("smoke"))
    path = splits.save(splits.leak_free(study()), "leak_free", "smoke")
    path.write_text(path.read_text().replace("validation", "train", 1))
    with pytest.raises(ValueError, match="has changed"):
        splits.load("leak_free", paths.data("smoke"))


def test_the_test_split_is_read_once_per_run_and_every_read_is_counted(build, monkeypatch):
    splits.save(splits.leak_free(study()), "leak_free", "smoke")
    assert len(splits.test_reads(paths.data("smoke"))) == 0
    rows = splits.read_test("leak_free", paths.data("smoke"), reader="08", models=["compact_vgg_s", "lbp_svm"])
    assert set(rows["data_set"]) == {"hp_test"}
    with pytest.raises(splits.LeakError, match="second read"):
        splits.read_test("leak_free", paths.data("smoke"), reader="08", models=["modern_compact"])
    monkeypatch.setenv("FACE_STUDY_RUN", "the next run")
    splits.read_test("leak_free", paths.data("smoke"), reader="08", models=["modern_compact"])
    with pytest.raises(splits.LeakError, match="second read"):
        splits.read_test("leak_free", paths.data("smoke"), reader="08", models=["modern_compact"])
    reads = splits.test_reads(paths.data("smoke"))
    assert reads["models"].tolist() == ["compact_vgg_s; lbp_svm", "modern_compact"]
    assert reads["run"].nunique() == 2


def fer2013(root, usages, copies=()):
    """Write pictures of noise, the n-th with the n-th usage; `copies` are pairs: (target, source), a bit brighter."""
    pixels = np.random.default_rng(0).integers(20, 200, (len(usages), 48 * 48))
    for target, source in copies:
        pixels[target] = pixels[source] + 30
    lines = [f"{n % 7},{' '.join(map(str, picture))},{usages[n]}" for n, picture in enumerate(pixels)]
    (root / "fer2013").mkdir()
    (root / "fer2013" / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *lines]) + "\n")


def test_the_official_split_names_its_twins_and_halves_validation_where_there_is_no_test(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    fer2013(tmp_path, ["Training"] * 70 + ["PublicTest"] * 70, copies=[(77, 7), (99, 92)])
    table = splits.official("fer2013", "smoke")
    assert table["split"].value_counts().to_dict() == {"train": 70, "validation": 35, "test": 35}
    assert np.flatnonzero(table["twin"] & (table["split"] != "train")).tolist() == [77]
    assert table["split"][99] == table["split"][92]

    strict = splits.audit(splits.without_leaks(table))
    assert set(table.index) - set(strict.index) == {7}


def test_the_official_split_keeps_test_images_that_are_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    fer2013(tmp_path, ["Training"] * 14 + ["PublicTest"] * 7 + ["PrivateTest"] * 7)
    table = splits.official("fer2013", "smoke")
    assert table["split"].tolist() == ["train"] * 14 + ["validation"] * 7 + ["test"] * 7


def test_the_reported_images_of_an_official_split_are_read_once_with_their_twins(tmp_path, build, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    fer2013(tmp_path, ["Training"] * 14 + ["PublicTest"] * 7 + ["PrivateTest"] * 7, copies=[(23, 3)])
    splits.save(splits.official("fer2013", "smoke"), "fer2013", paths.data("smoke"))
    rows = splits.read_test("fer2013", paths.data("smoke"), reader="11", models=["modern_compact"])
    assert rows["row"].tolist() == list(range(21, 28))
    assert np.flatnonzero(rows["twin"]).tolist() == [2]
    with pytest.raises(splits.LeakError, match="second read"):
        splits.read_test("fer2013", paths.data("smoke"), reader="11", models=["modern_compact"])


def test_a_data_set_without_a_split_has_no_official_one(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_DATA", str(tmp_path))
    fer2013(tmp_path, ["Training"] * 14)
    with pytest.raises(ValueError, match="fer2013 comes without a split"):
        splits.official("fer2013", "smoke")


@pytest.mark.parametrize(("reader", "models"), [("06", ["compact_vgg_s"]), ("08", [])])
def test_no_other_reader_and_no_nameless_model_sees_the_test_split(build, reader, models):
    splits.save(splits.leak_free(study()), "leak_free", "smoke")
    with pytest.raises(splits.LeakError, match="only notebooks 11 and 13 read"):
        splits.read_test("leak_free", paths.data("smoke"), reader=reader, models=models)
    assert len(splits.test_reads(paths.data("smoke"))) == 0
