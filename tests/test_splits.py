"""Splits and the leak gate: each kind of leak is planted and caught, clean data pass."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from lib import datasets, paths, splits
from lib.cleaning import duplicates
from lib.datasets import table as one_table
from lib.emotions import EMOTIONS
from lib.splits import figures, files, leakage


def images(data_set="mug", subjects=20, sequences=7, frames=3, **columns):
    """A table of `subjects * sequences * frames` images, without any duplicate; a sequence shows one emotion."""
    rows = [
        {"subject": f"{s:03}" if subjects > 1 else "", "sequence": f"{s}/{t}" if frames > 1 else "", "frame": f,
         "emotion": EMOTIONS[t % 7], "path": f"{data_set}/{s}/{t}/{f}.png"}
        for s in range(subjects) for t in range(sequences) for f in range(frames)
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
        images("own", 1, sequences=70, frames=1), images("hp_test", 3),
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
    table = images("eiw", subjects=1, sequences=700, frames=1)
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


def test_a_near_duplicate_joins_two_subjects_into_one_group():
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


def test_the_leak_free_split_leaves_out_training_duplicates_of_validation_and_test():
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
    assert leakage.exposure(made)["share"].tolist() == [0, 0, 0, 0]
    subject = made[made["split"] == "validation"]["subject"].iloc[0]
    one = made.index[made["subject"] == subject][0]
    made.loc[one, "split"] = "train"
    left = (made["split"] == "validation").sum()
    assert leakage.exposure(made)["share"]["subject"] == pytest.approx(20 / left)
    assert leakage.exposure(made)["share"]["sequence"] == pytest.approx(2 / left)


def test_an_unknown_subject_is_not_counted_as_a_new_one():
    known, nobody = images("mug", 20), images("eiw", subjects=1, sequences=140, frames=1)
    made = splits.at_random(number(pd.concat([known, nobody], ignore_index=True)), {"train": 0.5, "validation": 0.5})
    exposed = leakage.exposure(made)
    assert exposed.loc["subject"].tolist() == [1.0, ((made["split"] == "validation") & (made["subject"] != "")).sum()]
    assert exposed.loc["sequence", "n"] == (made["split"] == "validation").sum()
    alone = leakage.exposure(made[made["data_set"] == "eiw"])
    assert np.isnan(alone.loc["subject", "share"])
    assert alone.loc["subject", "n"] == 0


def test_augmented_files_on_two_sides_are_caught_by_their_looks():
    rng = np.random.default_rng(0)
    faces = rng.integers(60, 190, (30, 8, 8)).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    variants = [np.clip(face.astype(int) + shift, 0, 255).astype(np.uint8) for face in faces for shift in (-40, 0, 40)]
    digests = [duplicates.digest(face) for face in variants]
    thumbnails = np.stack([duplicates.thumbnail(face) for face in variants])
    table = images("eiw", subjects=1, sequences=90, frames=1)
    table = table.assign(digest=digests, cluster=duplicates.clusters(thumbnails, digests))
    assert table["cluster"].nunique() == 30
    naive = table.assign(split=np.where(rng.random(90) < 0.8, "train", "validation"))
    assert set(splits.leaks(naive)["kind"]) == {"near duplicate"}
    splits.audit(splits.split(table, {"train": 0.8, "validation": 0.2}))


def test_the_gate_asks_for_the_columns_it_needs():
    with pytest.raises(ValueError, match=r"lib\.cleaning\.duplicates\.fingerprint"):
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
    with pytest.raises(FileNotFoundError, match="run notebook 06 first"):
        splits.load("leak_free", paths.data("smoke"))
    path = splits.save(splits.leak_free(study()), "leak_free", paths.data("smoke"))
    path.write_text(path.read_text().replace("validation", "train", 1))
    with pytest.raises(ValueError, match="has changed"):
        splits.load("leak_free", paths.data("smoke"))


def test_the_test_split_is_read_once_per_run_and_every_read_is_counted(build, monkeypatch):
    splits.save(splits.leak_free(study()), "leak_free", paths.data("smoke"))
    assert len(splits.test_reads(paths.data("smoke"))) == 0
    rows = splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["compact_vgg_s", "lbp_svm"])
    assert set(rows["data_set"]) == {"hp_test"}
    with pytest.raises(splits.LeakError, match="second read"):
        splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["modern_compact"])
    monkeypatch.setenv("FACE_STUDY_RUN", "the next run")
    splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["modern_compact"])
    with pytest.raises(splits.LeakError, match="second read"):
        splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["modern_compact"])
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


def official(root, usages, copies=()):
    """Write a FER-2013 of noise and return its official split; the products go to `root`/products."""
    fer2013(root, usages, copies)
    table, thumbnails = duplicates.fingerprint(datasets.load("fer2013", root=root / "fer2013"))
    return splits.official(table, thumbnails, root / "products")


def test_the_official_split_names_its_near_duplicates_and_halves_validation_where_there_is_no_test(tmp_path):
    table = official(tmp_path, ["Training"] * 70 + ["PublicTest"] * 70, copies=[(77, 7), (99, 92)])
    assert table["split"].value_counts().to_dict() == {"train": 70, "validation": 35, "test": 35}
    assert np.flatnonzero(table["near_duplicate"] & (table["split"] != "train")).tolist() == [77]
    assert table["split"][99] == table["split"][92]

    strict = splits.audit(splits.without_leaks(table))
    assert set(table.index) - set(strict.index) == {7}


def test_the_official_split_keeps_test_images_that_are_there(tmp_path):
    table = official(tmp_path, ["Training"] * 14 + ["PublicTest"] * 7 + ["PrivateTest"] * 7)
    assert table["split"].tolist() == ["train"] * 14 + ["validation"] * 7 + ["test"] * 7


def test_the_labels_of_the_test_images_come_from_the_counted_reading_alone(tmp_path):
    table = official(tmp_path, ["Training"] * 14 + ["PublicTest"] * 7 + ["PrivateTest"] * 7, copies=[(23, 3)])
    assert (table["emotion"] != "").tolist() == [True] * 21 + [False] * 7
    rows = splits.read_test("fer2013", tmp_path / "products", reader="13", models=["modern_compact"])
    assert rows["row"].tolist() == list(range(21, 28))
    assert rows["emotion"].tolist() == [datasets.codes("fer2013")[str(code)] for code in range(7)]
    assert np.flatnonzero(rows["near_duplicate"]).tolist() == [2]
    with pytest.raises(splits.LeakError, match="second read of the test images of fer2013"):
        splits.read_test("fer2013", tmp_path / "products", reader="13", models=["modern_compact"])


def test_votes_and_intensities_of_test_images_are_hidden_too():
    table = images(intensity=0.5, share_happy=0.5, share=0.5).assign(split="train")
    table.loc[3, "split"] = "test"
    hidden = files.without_test_labels(table)
    assert hidden.loc[3, ["intensity", "share_happy"]].isna().all()
    pd.testing.assert_frame_equal(hidden.drop(3), table.drop(3))
    assert table.loc[3, "intensity"] == 0.5


def test_a_data_set_without_a_split_has_no_official_one(tmp_path):
    with pytest.raises(ValueError, match="fer2013 comes without a split"):
        official(tmp_path, ["Training"] * 14)


@pytest.mark.parametrize(("reader", "models"), [("09", ["compact_vgg_s"]), ("11", [])])
def test_no_other_reader_and_no_nameless_model_sees_the_test_split(build, reader, models):
    splits.save(splits.leak_free(study()), "leak_free", paths.data("smoke"))
    with pytest.raises(splits.LeakError, match="only notebooks 10, 11, 13, 15 read"):
        splits.read_test("leak_free", paths.data("smoke"), reader=reader, models=models)
    assert len(splits.test_reads(paths.data("smoke"))) == 0


def test_one_data_set_under_two_names_of_splits_is_read_once(build):
    for name in ("leak_free", "again"):
        splits.save(splits.leak_free(study()), name, paths.data("smoke"))
    splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["lbp_svm"])
    with pytest.raises(splits.LeakError, match="test images of hp_test"):
        splits.read_test("again", paths.data("smoke"), reader="13", models=["lbp_svm"])


def test_the_register_counts_the_reads_of_each_data_set_over_all_runs(build, monkeypatch):
    table = study()
    splits.save(splits.leak_free(table), "leak_free", paths.data("smoke"))
    other = splits.split(table[table["data_set"] == "kdef"], {"train": 0.5, "test": 0.5})
    splits.save(other, "other", paths.data("smoke"))
    for run in ("first", "second", "third"):
        monkeypatch.setenv("FACE_STUDY_RUN", run)
        splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["lbp_svm"])
    splits.read_test("other", paths.data("smoke"), reader="11", models=["lbp_svm"])
    reads = splits.test_reads(paths.data("smoke"))
    assert reads[["data_set", "read", "run"]].to_numpy().tolist() == [
        ["hp_test", 1, "first"], ["hp_test", 2, "second"], ["hp_test", 3, "third"], ["kdef", 1, "third"]
    ]  # fmt: skip
    (published,) = splits.readings("11", paths.data("smoke"))[:1]
    assert (published.name, published.value, published.kind) == ("test readings/hp_test", 3, "time")
    assert splits.readings("13", paths.data("smoke")) == []


def without_last(text):
    register = json.loads(text)
    return json.dumps(register | {"reads": register["reads"][:-1]})


@pytest.mark.parametrize(
    "change",
    [without_last, lambda text: "", lambda text: "[]", lambda text: text.replace("lbp_svm", "vgg_s")],
    ids=["an entry taken out", "emptied", "foreign", "edited"],
)
def test_a_changed_register_is_noticed(build, monkeypatch, change):
    splits.save(splits.leak_free(study()), "leak_free", paths.data("smoke"))
    splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["lbp_svm"])
    path = paths.data("smoke") / "splits" / "test_reads.json"
    path.write_text(change(path.read_text()))
    monkeypatch.setenv("FACE_STUDY_RUN", "the next run")
    with pytest.raises(ValueError, match="is not the register of test reads that was written"):
        splits.read_test("leak_free", paths.data("smoke"), reader="11", models=["lbp_svm"])


def test_the_random_split_divides_frames_of_one_sequence():
    made = splits.at_random(images(), {"train": 0.8, "validation": 0.2}, seed=1)
    assert {"subject", "sequence"} <= set(splits.leaks(made)["kind"])
    assert (made["split"] == "validation").mean() == pytest.approx(0.2, abs=0.05)


def test_the_intensity_split_keeps_suspected_labels_out_of_training_only():
    eiw = images("eiw", subjects=1, sequences=700, frames=1).assign(suspected=False, origin="real")
    eiw.loc[::3, "suspected"] = True
    nine = number(images("mug", 20)).assign(suspected=False)
    nine["cluster"] += 1000
    made = splits.intensity(eiw, nine, 0.1)
    assert made["split"].value_counts(normalize=True).drop("train").between(0.07, 0.16).all()
    made = splits.audit(made)
    assert not made.loc[made["split"] == "train", "suspected"].any()
    assert made.loc[made["split"] == "validation", "suspected"].sum() > 10
    assert made.groupby("subject")["split"].nunique()[1:].eq(1).all()


def test_the_intensity_split_tests_on_new_people_where_the_truth_names_them(tmp_path):
    eiw = images("eiw", subjects=1, sequences=700, frames=1).assign(suspected=False)
    truth = pd.DataFrame({"file": eiw["path"], "subject": np.arange(700) // 10})
    truth.to_csv(tmp_path / "truth.csv", index=False)
    (tmp_path / "STAND_IN.json").write_text("{}")
    nine = number(images("mug", 20)).assign(suspected=False)
    made = splits.intensity(eiw.assign(path=f"{tmp_path}/" + eiw["path"]), nine.assign(cluster=nine["cluster"] + 1000))
    people = made[made["data_set"] == "eiw"].merge(truth.assign(file=f"{tmp_path}/" + truth["file"]), left_on="path",
                                                   right_on="file")  # fmt: skip
    sides = people.groupby("subject_y")["split"].agg(set)
    assert sum("test" in side for side in sides) == 7
    assert all(side == {"test"} for side in sides if "test" in side)
    assert any(side == {"train", "validation"} for side in sides)  # as the real set, which names nobody


def test_the_results_of_a_split_leave_an_unknown_share_open():
    eiw = images("eiw", subjects=1, sequences=700, frames=1)
    made = splits.split(eiw, {"train": 0.9, "validation": 0.1})
    results = {one.name: one for one in splits.results({"intensity": made, "leak_free": made}, "stand-in")}
    assert np.isnan(results["splits/intensity/same subject"].value)
    assert results["splits/intensity/same subject"].n == 0
    assert results["splits/leak_free/train images"].paper is None
    assert results["splits/intensity/same near duplicate"].value == 0


def test_the_figure_writes_unknown_where_a_share_is_not_known():
    eiw = images("eiw", subjects=1, sequences=700, frames=1)
    table = splits.shared({"random": splits.at_random(eiw, {"train": 0.5, "validation": 0.5})})
    (ax,) = figures.shared(table).axes
    n = table["n"].max()
    assert [text.get_text() for text in ax.texts] == ["unknown", f"0% of {n}", f"0% of {n}", f"0% of {n}"]
