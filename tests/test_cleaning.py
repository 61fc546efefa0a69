"""Cleaning: duplicates, strength of an expression, the frames chosen, suspected labels, reasons counted."""

import numpy as np
import pandas as pd
import pytest
import real_images

from lib import cleaning, datasets, images
from lib.cleaning import duplicates, figures, label_errors
from lib.datasets import table as one_table
from lib.emotions import EMOTIONS
from lib.faces import shape
from lib.splits import leakage

CURVE = np.array([0, 0.18, 0.41, 0.6, 0.83, 1, 0.79, 0.62, 0.4, 0.21, 0.02])  # shares over a sequence of 11 frames


def pictures(count, seed=0):
    """Images of blurred noise, uint8 (count, 48, 48), none like another."""
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 215, (count, 12, 12)).astype(np.uint8)
    return small.repeat(4, axis=1).repeat(4, axis=2)


def prints(pictures):
    return np.stack([duplicates.thumbnail(one) for one in pictures]), [duplicates.digest(one) for one in pictures]


def test_a_digest_is_shared_by_equal_pixels_of_equal_shape_only():
    image = pictures(1)[0]
    other = image.copy()
    other[0, 0] ^= 1
    assert duplicates.digest(image) == duplicates.digest(image.copy())
    assert len({duplicates.digest(one) for one in (image, other, image.reshape(24, 96))}) == 3


def test_brightness_and_contrast_do_not_change_a_thumbnail_and_a_flat_image_has_none():
    image = pictures(1)[0]
    dimmed = (image * 0.5 + 10).astype(np.uint8)
    assert duplicates.thumbnail(image) @ duplicates.thumbnail(dimmed) > 0.999
    assert np.linalg.norm(duplicates.thumbnail(image)) == pytest.approx(1, abs=1e-6)
    assert not duplicates.thumbnail(np.full((48, 48), 7, np.uint8)).any()


def test_the_distance_of_two_thumbnails_gives_their_correlation():
    one, other = prints(pictures(2))[0]
    assert one @ other == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-5)
    assert np.sum((one - other) ** 2) == pytest.approx(2 - 2 * (one @ other), abs=1e-5)


def test_the_index_finds_the_same_pairs_as_all_pairs_by_hand():
    rng = np.random.default_rng(1)
    base = pictures(60).astype(float)
    noisy = np.clip(base.repeat(5, axis=0) + rng.normal(0, 1, (300, 1, 1)) * rng.normal(0, 14, (300, 48, 48)), 0, 255)
    thumbnails, _ = prints(noisy.astype(np.uint8))
    by_hand = thumbnails @ thumbnails.T >= duplicates.THRESHOLD
    found = np.zeros_like(by_hand)
    for left, right in duplicates.near_pairs(thumbnails, thumbnails):
        found[left, right] = True
    margin = np.abs(thumbnails @ thumbnails.T - duplicates.THRESHOLD) > 1e-6
    assert (found == by_hand)[margin].all()
    assert 300 < by_hand.sum() < 300 * 300 / 4


def test_the_index_misses_nothing_where_images_differ_in_few_dimensions_only():
    rng = np.random.default_rng(2)
    flat = rng.normal(0, 1, (1, 256)) + rng.normal(0, 0.5, (400, 6)) @ rng.normal(0, 0.35, (6, 256))
    flat -= flat.mean(axis=1, keepdims=True)
    flat = (flat / np.linalg.norm(flat, axis=1, keepdims=True)).astype(np.float32)
    by_hand = ((flat @ flat.T >= duplicates.THRESHOLD) & ~np.eye(400, dtype=bool)).any(axis=1)
    found = [left[left != right] for left, right in duplicates.near_pairs(flat, flat)]
    assert np.isin(np.arange(400), np.concatenate(found)).tolist() == by_hand.tolist()
    assert 50 < by_hand.sum() < 350


def test_pairs_are_found_across_chunks(monkeypatch):
    monkeypatch.setattr(duplicates, "CHUNK", 7)
    monkeypatch.setattr(duplicates, "BLOCK", 5)
    thumbnails, digests = prints(pictures(20)[list(range(20)) * 3])
    cluster = duplicates.clusters(thumbnails, digests)
    assert (cluster == np.tile(cluster[:20], 3)).all()
    assert len(np.unique(cluster)) == 20


def test_a_chain_of_near_duplicates_is_one_cluster():
    first, last = pictures(2).astype(float)
    chain = [(first * (1 - a) + last * a).astype(np.uint8) for a in np.linspace(0, 1, 30)]
    thumbnails, digests = prints(chain)
    assert thumbnails[0] @ thumbnails[-1] < 0.5
    assert len(np.unique(duplicates.clusters(thumbnails, digests))) == 1


def test_flat_images_are_linked_by_their_pixels_only():
    flat = [np.full((48, 48), value, np.uint8) for value in (3, 3, 200)]
    first, second, other = duplicates.clusters(*prints(flat))
    assert first == second != other


def test_near_duplicates_across_two_sets_contradictions_and_repeats():
    ours, theirs = prints(pictures(10))[0], prints(pictures(30, seed=9)[:20])[0]
    theirs[4] = ours[7]
    assert np.flatnonzero(duplicates.has_near_duplicate(ours, theirs)).tolist() == [7]
    groups = np.array([5, 5, 8, 8, 9])
    assert duplicates.contradictory(groups, ["sad", "sad", "sad", "happy", "fear"]).tolist() == [0, 0, 1, 1, 0]
    assert duplicates.repeated(groups).tolist() == [0, 1, 0, 1, 0]


def test_of_copies_that_agree_one_is_kept_and_of_copies_that_contradict_none():
    sources = [0, 0, 1, 1, 2, 3, 3, 4, 4]
    brighter = [0, 9, 0, 9, 0, 0, 0, 0, 0]  # of these the pixels differ
    shown = [pictures(5)[source] + np.uint8(more) for source, more in zip(sources, brighter, strict=True)]
    thumbnails, digests = prints(shown)
    table = pd.DataFrame({
        "subject": ["", "", "", "", "", "s1", "s1", "s1", "s1"], "digest": digests,
        "emotion": ["sad", "sad", "sad", "happy", "fear", "sad", "happy", "fear", "fear"],
    })  # fmt: skip
    reason = cleaning.first_reason(duplicates.reasons(table, thumbnails)).tolist()
    twice = "contradictory labels"
    assert reason == ["", "near duplicate", twice, twice, "", twice, twice, "", "exact duplicate"]


def test_two_photographs_of_one_person_are_kept_apart_by_the_split_and_not_dropped():
    one, other = pictures(2).astype(float)
    alike = [one.astype(np.uint8), (one * 0.87 + other * 0.13).astype(np.uint8)]
    thumbnails, digests = prints(alike)
    assert duplicates.THRESHOLD < thumbnails[0] @ thumbnails[1] < duplicates.COPY
    table = pd.DataFrame({"subject": "", "emotion": ["sad", "happy"], "digest": digests})
    assert not any(mask.any() for mask in duplicates.reasons(table, thumbnails).values())
    assert len(np.unique(duplicates.clusters(thumbnails, digests))) == 1
    assert np.unique(duplicates.clusters(thumbnails, digests, duplicates.COPY)).size == 2


def test_nothing_to_compare_finds_nothing():
    none = np.empty((0, 256), np.float32)
    assert len(duplicates.clusters(none, [])) == 0
    assert duplicates.has_near_duplicate(prints(pictures(3))[0], none).tolist() == [False] * 3


def face(rng):
    """68 points of no face in particular, spread over 200 pixels, the eyes apart."""
    points = rng.uniform(0, 200, (68, 2))
    points[list(shape.OUTER_CORNERS)] = [[60, 80], [140, 80]]
    return points


def sequence(curve, rng, subject="001", emotion="happy", data_set="mug", turn=True):
    """A sequence whose landmarks move by `curve` along one direction, while the head turns, nears and shifts."""
    neutral, direction = face(rng), rng.normal(0, 4, (68, 2))
    points = neutral + np.asarray(curve)[:, None, None] * direction
    if turn:
        angle, scale = rng.uniform(-0.3, 0.3, len(curve)), rng.uniform(0.8, 1.25, len(curve))
        turned = (points @ (1, 1j)) * (scale * np.exp(1j * angle))[:, None] + rng.uniform(-50, 50, (len(curve), 1))
        points = np.stack([turned.real, turned.imag], axis=2)
    rows = pd.DataFrame({
        "path": [f"{subject}/{emotion}/{frame}.jpg" for frame in range(len(curve))], "subject": subject,
        "sequence": f"{subject}/{emotion}", "frame": range(len(curve)), "emotion": emotion,
    })  # fmt: skip
    return one_table.finish(rows, data_set=data_set, origin="stand-in"), points


def several(*parts):
    tables, points = zip(*parts, strict=True)
    return pd.concat(tables, ignore_index=True), np.concatenate(points)


def test_strength_recovers_the_share_whatever_the_head_does():
    table, points = sequence(CURVE, np.random.default_rng(0))
    share = cleaning.share_of_strongest(table.assign(strength=cleaning.expression_strength(table, points)))
    assert np.allclose(share, CURVE, atol=0.03)


def test_jitter_of_the_landmarks_hardly_counts_as_strength():
    rng = np.random.default_rng(0)
    table, points = sequence(CURVE, rng, turn=False)
    points += rng.normal(0, 0.8, points.shape)
    share = cleaning.share_of_strongest(table.assign(strength=cleaning.expression_strength(table, points)))
    assert share[-1] < 0.1  # by plain distance it is .2
    assert np.abs(share - CURVE).mean() < 0.05


def test_strength_is_in_inter_ocular_distances():
    table, points = sequence([0, 1], np.random.default_rng(0), turn=False)
    points[1] = points[0]
    points[1, 30] += [68, 0]  # one of 68 points by .85 of the 80 pixels between the eyes
    assert cleaning.expression_strength(table, points)[1] == pytest.approx(0.85 / np.sqrt(68), rel=0.05)
    assert np.allclose(cleaning.expression_strength(table, points * 3), cleaning.expression_strength(table, points))


def test_sequences_are_measured_apart_in_the_order_of_their_frames_and_faceless_frames_stay_empty():
    rng = np.random.default_rng(0)
    table, points = several(
        sequence(CURVE, rng, "001"), sequence(CURVE / 2, rng, "002"), sequence(CURVE, rng, data_set="hp_test")
    )
    points[4] = np.nan
    order = rng.permutation(len(table))
    strength = np.empty(len(table))
    strength[order] = cleaning.expression_strength(table.iloc[order].reset_index(drop=True), points[order])
    share = cleaning.share_of_strongest(table.assign(strength=strength))
    assert np.isnan(share[4])
    assert np.allclose(np.delete(share[:22], 4), np.delete(np.tile(CURVE, 2), 4), atol=0.03)
    assert np.isnan(share[22:]).all()


def test_a_labelled_intensity_goes_before_the_landmarks():
    table, points = sequence(CURVE, np.random.default_rng(0))
    table.loc[3, "intensity"] = 0.05
    share = cleaning.share_of_strongest(table.assign(strength=cleaning.expression_strength(table, points)))
    assert share[3] == 0.05
    assert share[5] == pytest.approx(1)


def test_strong_frames_are_kept_with_stills_and_neutral_sequences():
    rng = np.random.default_rng(0)
    parts = [sequence(CURVE, rng), sequence(CURVE, rng, emotion="neutral"), sequence(CURVE, rng, data_set="kdef")]
    table, points = several(*parts)
    share = cleaning.share_of_strongest(table.assign(strength=cleaning.expression_strength(table, points)))
    assert cleaning.strong(table.assign(share=share)).tolist() == [*(CURVE >= 0.7), *[True] * 22]


def test_a_sequence_that_never_leaves_its_neutral_is_found():
    rng = np.random.default_rng(0)
    table, points = several(
        sequence(CURVE, rng), sequence(CURVE * 1e-3, rng, "002"), sequence(CURVE * 1e-3, rng, emotion="neutral")
    )
    unmoved = cleaning.unmoved(table.assign(strength=cleaning.expression_strength(table, points)))
    assert unmoved.tolist() == [False] * 11 + [True] * 11 + [False] * 11


def test_nine_frames_per_sequence_stand_at_the_papers_levels():
    table, _ = sequence(CURVE, np.random.default_rng(0))
    chosen = cleaning.nine_frames(table.assign(share=CURVE))
    assert chosen["intensity"].tolist() == list(cleaning.LEVELS)
    assert chosen["frame"].tolist() == list(range(1, 10))


def test_a_level_that_no_frame_comes_near_is_left_out_and_no_frame_is_taken_twice():
    table, _ = sequence(CURVE[:6], np.random.default_rng(0))
    chosen = cleaning.nine_frames(table.assign(share=np.array([0, 0.2, 0.25, 0.55, 0.57, 1])))
    assert chosen["intensity"].tolist() == [0.2, 0.6, 1.0]
    assert chosen["frame"].is_unique


def test_as_many_levels_are_filled_as_can_be():
    table, _ = sequence(CURVE[:6], np.random.default_rng(0))
    chosen = cleaning.nine_frames(table.assign(share=np.array([0, 0.01, 0.51, 0.97, 0.98, 1])))
    assert chosen["intensity"].tolist() == [0.6, 1.0]


def test_neutral_sequences_and_stills_give_no_intensity_frames():
    rng = np.random.default_rng(0)
    table, _ = several(sequence(CURVE, rng, emotion="neutral"), sequence(CURVE, rng, data_set="eiw"))
    assert len(cleaning.nine_frames(table.assign(share=np.tile(CURVE, 2)))) == 0


def test_the_shape_of_a_face_does_not_know_where_it_was():
    _, points = sequence(np.zeros(11), np.random.default_rng(0))
    shapes = shape.shapes(points)
    assert shapes.shape == (11, 136)
    assert np.allclose(shapes, shapes[0], atol=1e-9)


def test_planted_wrong_labels_are_suspected_and_right_ones_hardly_ever():
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(7), 120)
    features = rng.normal(0, 1, (7, 20))[label] * 1.5 + rng.normal(0, 1, (840, 20))
    wrong = np.zeros(840, bool)
    wrong[rng.choice(840, 40, replace=False)] = True
    given = np.where(wrong, (label + rng.integers(1, 7, 840)) % 7, label)
    names = np.array(EMOTIONS)
    found = label_errors.find(features, names[given], np.arange(840) // 4)
    assert found["suspected"][wrong].mean() > 0.6
    assert found["suspected"][~wrong].mean() < 0.01
    right = (found["suggestion"] == names[label])[wrong & found["suspected"]]
    assert right.mean() > 0.95


def test_noise_raises_no_suspicion():
    rng = np.random.default_rng(0)
    found = label_errors.find(rng.normal(0, 1, (700, 10)), np.repeat(EMOTIONS, 100), np.arange(700))
    assert not found["suspected"].any()


@pytest.mark.parametrize("emotions", [["happy"] * 9, ["happy", "sad"] * 4, []])
def test_too_few_images_of_an_emotion_are_not_judged(emotions):
    found = label_errors.find(np.ones((len(emotions), 10)), emotions, np.arange(len(emotions)))
    assert found["confidence"].isna().all()
    assert not found["suspected"].any()


def test_a_rare_emotion_does_not_keep_the_others_from_being_judged():
    rng = np.random.default_rng(0)
    emotions = pd.Series(np.repeat(["happy", "sad", "fear"], [30, 30, 3]), index=range(100, 163))
    found = label_errors.find(rng.normal(0, 1, (63, 10)), emotions, np.arange(63))
    assert found["confidence"].notna().tolist() == [True] * 60 + [False] * 3
    assert found["suspected"].dtype == bool


def test_the_first_reason_counts_and_kept_images_are_counted_too():
    masks = {"no face": np.array([1, 0, 0, 1], bool), "near duplicate": np.array([1, 1, 0, 0], bool)}
    reason = cleaning.first_reason(masks)
    assert reason.tolist() == ["no face", "near duplicate", "", "no face"]
    counts = cleaning.reason_counts(pd.DataFrame({"data_set": ["mug", "mug", "own", "own"]}), reason)
    assert counts.loc["no face", ["mug", "own", "total"]].tolist() == [1, 1, 2]
    assert counts.loc["kept", "total"] == 1


@pytest.fixture
def photographs(tmp_path):
    """Six photographs, the third a copy of the first, and a face in the same place of each but the last."""
    walls = np.full((6, 60, 80, 3), 90, np.uint8)
    walls[:, 10:58, 20:68] = pictures(6)[..., None]
    walls[2] = walls[0]
    for number, wall in enumerate(walls):
        images.write(tmp_path / f"{number}.png", wall)
    rows = pd.DataFrame({"path": [str(tmp_path / f"{number}.png") for number in range(6)], "emotion": "happy"})
    return one_table.finish(rows, data_set="own", origin="real"), np.array([[20, 10, 48, 48]] * 5 + [[np.nan] * 4])


def test_fingerprints_are_of_the_face_and_link_copies(photographs):
    table, thumbnails = duplicates.fingerprint(*photographs)
    assert len(leakage.groups(table)) == 6
    assert table["cluster"].nunique() == 5
    assert table.loc[0, ["digest", "cluster"]].tolist() == table.loc[2, ["digest", "cluster"]].tolist()
    assert np.allclose(thumbnails[0], duplicates.thumbnail(pictures(1)[0]), atol=1e-6)
    assert not np.allclose(thumbnails[5], duplicates.thumbnail(pictures(6)[5]), atol=0.1)


def test_a_box_beyond_the_image_is_cut_to_it(photographs):
    table, boxes = photographs
    boxes[0], boxes[1] = [-10, -10, 40, 40], [500, 500, 20, 20]
    assert np.isfinite(duplicates.fingerprint(table, boxes)[1]).all()


@real_images.needs("fer2013/fer2013.csv", variable=real_images.DATA)
def test_real_fer_2013_has_the_near_duplicates_that_we_counted():
    table = datasets.load("fer2013", root=real_images.place("fer2013", real_images.DATA))
    table, thumbnails = duplicates.fingerprint(table)
    train = (table["split"] == "train").to_numpy()
    public = (table["split"] == "validation").to_numpy()
    both = np.intersect1d(table["digest"][train], table["digest"][public])
    assert len(both) == 270
    assert duplicates.has_near_duplicate(thumbnails[public], thumbnails[train]).mean() == pytest.approx(
        0.104, abs=0.001
    )


def stand_in(root, name, subjects, intensities):
    """Write a stand-in's truth for images that are not there, and return their table without the subjects."""
    root.mkdir()
    (root / "STAND_IN.json").write_text("{}")
    files = [f"images/{number}.png" for number in range(len(subjects))]
    pd.DataFrame({"file": files, "subject": subjects, "intensity": intensities}).to_csv(root / "truth.csv", index=False)
    rows = pd.DataFrame({"path": [f"{root}/{file}" for file in files], "emotion": "happy", "sequence": subjects})
    return one_table.finish(rows, data_set=name, origin="stand-in")


def test_rendered_images_know_their_person_and_strength_and_real_ones_do_not(tmp_path):
    rendered = stand_in(tmp_path / "mug", "mug", ["7", "7", "8"], [0.2, 0.4, 0.5])
    real = rendered.assign(origin="real", path="/elsewhere/" + rendered["path"])
    table = pd.concat([rendered, real], ignore_index=True).assign(status="ok", share=0.6)
    assert cleaning.truth(table, "subject").tolist() == ["7", "7", "8", "", "", ""]
    assert cleaning.beside_truth(table)["true_share"].to_dict() == {0: 0.5, 1: 1.0, 2: 1.0}
    table.loc[0, "status"], table.loc[1, "emotion"] = "no face", "neutral"
    assert cleaning.beside_truth(table).index.tolist() == [2]
    assert cleaning.beside_truth(table[3:]).empty


def test_a_subject_that_is_stated_goes_before_the_rendered_one(tmp_path):
    table = stand_in(tmp_path / "own", "own", ["7", "8"], [0.2, 0.4])
    table.loc[0, "subject"] = "stated"
    assert cleaning.with_true_subjects(table)["subject"].tolist() == ["stated", "8"]


def test_the_products_come_back_as_they_were(tmp_path):
    table, _ = sequence(CURVE, np.random.default_rng(0))
    table = table.assign(digest="007", cluster=3, strength=0.1 + 0.2, share=1 / 3, reason="", suspected=False, faces=1)
    table.loc[2, ["digest", "cluster", "reason", "strength", "suspected"]] = "", -1, "no face", np.nan, True
    as_compared = table.assign(digest=table["digest"].replace("", np.nan), cluster=table["cluster"].replace(-1, np.nan))
    cleaning.save(as_compared, table.head(2), tmp_path)
    images, nine = cleaning.load(tmp_path)
    pd.testing.assert_frame_equal(images, table, check_exact=True)
    pd.testing.assert_frame_equal(nine, table.head(2), check_exact=True)


def test_without_the_products_the_notebook_to_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run notebook 05 first: \./run_all\.sh smoke --only 05"):
        cleaning.load(tmp_path / "smoke")


def test_images_that_cannot_be_used_are_given_their_first_reason():
    table = pd.DataFrame({
        "data_set": "mug", "sequence": ["a", "b", "c", "d", "e"],
        "emotion": ["happy", "happy", "happy", "contempt", "sad"],
        "status": ["truncated", "no face", "ok", "ok", "ok"], "faces": [0, 0, 2, 1, 1], "strength": [1, 1, 1, 1, 0.001],
    })  # fmt: skip
    assert cleaning.first_reason(cleaning.unusable(table)).tolist() == [
        "unreadable", "no face", "several faces", "not one of the seven emotions", "no expression in the sequence"
    ]  # fmt: skip


def test_counts_beside_a_papers_have_shares_and_a_total():
    table = cleaning.beside_printed(pd.DataFrame({"emotion": ["sad", "sad", "sad", "fear"]}), {"fear": 30, "sad": 10})
    assert table["emotion"].tolist() == ["fear", "sad", "total"]
    assert table["ours"].tolist() == [1, 3, 4]
    assert table["paper, share"].tolist() == [0.75, 0.25, 1]


def test_the_figure_fills_the_dots_of_the_frames_that_are_chosen():
    table, points = sequence(CURVE, np.random.default_rng(0))
    table = table.assign(status="ok", strength=cleaning.expression_strength(table, points), share=CURVE)
    shown = figures.one_sequence_per_emotion(table)
    assert len(shown) == 11
    (ax,) = figures.strength_curves(shown, table.index[table["share"] >= 0.7], [0.7]).axes
    filled = next(line for line in ax.lines if line.get_markersize() == 7)
    assert filled.get_ydata().tolist() == CURVE[CURVE >= 0.7].tolist()
