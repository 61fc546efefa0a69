"""The audit of groups: a balanced design, gaps of known size that show, alarms as rare as promised."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lib import evaluate
from lib.emotions import EMOTIONS
from lib.groups import audit, design, networks
from lib.synthetic import Subject

TESTED = design.tested(8)


def answers(table=TESTED, seeds=2, accuracy=0.7, seed=0):
    """Return answers that are right with the same chance on every picture."""
    rng = np.random.default_rng(seed)
    truth = table["emotion"].to_numpy(str)
    right = rng.uniform(size=(seeds, len(table))) < accuracy
    return np.where(right, truth, np.where(truth == "sad", "happy", "sad"))


def spoiled(given, inside, share, seed=1):
    """Return answers of which a share is wrong on the pictures inside."""
    wrong = inside & (np.random.default_rng(seed).uniform(size=given.shape) < share)
    return np.where(wrong, np.where(given == "angry", "fear", "angry"), given)


@pytest.mark.parametrize("pair", list(itertools.combinations([*design.ATTRIBUTES, "emotion"], 2)), ids="-".join)
def test_every_pair_of_levels_is_equally_often_with_every_person(pair):
    counts = TESTED.groupby(["person", *pair]).size()
    assert counts.min() == counts.max()
    assert len(counts) == TESTED["person"].nunique() * TESTED[pair[0]].nunique() * TESTED[pair[1]].nunique()


def test_even_and_odd_people_together_have_all_eight_versions():
    assert len(TESTED[design.VERSION].drop_duplicates()) == 8
    assert not TESTED.duplicated().any()


def test_a_version_changes_what_it_sets_and_nothing_else():
    plain, aged = Subject(50_000_003), design.Version(50_000_003, ("dark skin", "old"))
    assert (aged.skin_tone, aged.age_band, aged.traits.age) == (6, "50-70", 0.9)
    others = [name for name in vars(plain.traits) if name not in ("skin_tone", "age", "age_band")]
    assert [getattr(aged.traits, name) for name in others] == [getattr(plain.traits, name) for name in others]
    assert aged != design.Version(50_000_003, ("light skin", "old"))


def luminance(row):
    return design.picture(row, 96, 48).mean()


def test_dark_skin_is_darker_in_the_picture_and_a_short_exposure_darker_still():
    row = TESTED.iloc[0].to_dict()
    dark = row | {"skin": "dark skin"}
    brightness = [luminance(one) for one in (row, dark, dark | {"stops": -2.5})]
    assert brightness == sorted(brightness, reverse=True)
    assert brightness[2] < 0.6 * brightness[1]


def test_two_versions_of_a_take_show_the_same_expression_and_crops_keep_the_order_of_the_plan():
    few = TESTED[(TESTED["person"] == design.FIRST_TESTED) & TESTED["take"].isin([1, 3])]
    few = few[few["light"] == "front light"].iloc[:4]  # two versions with other skin or age, two takes each
    drawn = design.crops(few, 48).astype(float)
    assert drawn.shape == (4, 48, 48, 3)
    np.testing.assert_array_equal(drawn[1], design.picture(few.iloc[1].to_dict(), design.DRAWN, 48))
    same_take, other_take = np.abs(drawn[0] - drawn[2]).mean(), np.abs(drawn[0] - drawn[1]).mean()
    assert few["take"].tolist() == [1, 3, 1, 3]
    assert same_take > 0
    assert other_take > 0


def test_both_training_sets_have_the_same_people_and_emotions_and_differ_in_dark_faces_alone():
    table = design.trained(40, 14, 0.2, -2.0)
    sets = [table[table[name]] for name in (networks.BALANCED, networks.BIASED)]
    keys = ["person", "take", "emotion", "intensity", "age", "glasses", "light", "split"]
    one, other = (part[keys].sort_values(keys).reset_index(drop=True) for part in sets)
    pd.testing.assert_frame_equal(one, other)
    shares = [(part["skin"] == "dark skin").mean() for part in sets]
    assert shares == pytest.approx([0.5, 0.1])
    assert (sets[0]["stops"] == 0).all()
    assert ((sets[1]["stops"] < 0) == (sets[1]["skin"] == "dark skin")).all()
    assert set(table[table["skin"] == "dark skin"]["split"]) == {"train", "validation"}
    assert not set(table["person"]) & set(TESTED["person"])


@pytest.mark.parametrize(("people", "kept", "number"), [(400, 0.1, 20), (40, 0.4, 8), (8, 0.5, 2), (40, 0.0, 0)])
def test_the_dark_people_who_stay_are_as_many_as_asked_for_and_of_both_ages(people, kept, number):
    table = design.trained(people, 14, kept, -2.0)
    stay = table[table["biased"] & (table["skin"] == "dark skin")].drop_duplicates("person")
    assert len(stay) == number
    assert (stay["age"] == "old").sum() == number / 2


def test_a_training_set_of_one_side_reaches_its_own_network():
    table = design.trained(20, 14, 0.5, -2.0)
    images = np.arange(len(table), dtype=np.uint16)[:, None, None, None]
    inputs = networks.inputs(table, images)
    rows = np.asarray(inputs[networks.BIASED].train[0]).ravel()
    assert table["biased"].iloc[rows].all()
    assert (table["split"].iloc[rows] == "train").all()
    assert [EMOTIONS[k] for k in inputs[networks.BIASED].train[1]] == table["emotion"].iloc[rows].tolist()


def test_an_audit_without_a_bias_shows_no_gap_and_one_with_a_bias_shows_that_one():
    table = design.tested(16)
    given = answers(table)
    assert set(audit.gaps({"fair": given}, table)["verdict"]) == {audit.NO_GAP}
    unfair = spoiled(given, (table["skin"] == "dark skin").to_numpy(), 0.3)
    shown = audit.gaps({"unfair": unfair}, table).set_index("of")
    assert shown.loc["skin", "verdict"] == "dark skin below light skin"
    assert shown.loc["skin", "low"] < -0.21 < shown.loc["skin", "high"]
    assert set(shown["verdict"].drop("skin")) == {audit.NO_GAP}


def test_the_gap_of_one_seed_is_the_paired_t_interval_over_people():
    table = design.tested(24)
    given = spoiled(answers(table, seeds=1), (table["light"] == "side light").to_numpy(), 0.1)
    row = audit.gaps({"one": given}, table).set_index("of").loc["light"]
    right = table.assign(right=audit.right(given, table)[0])
    each = right.pivot_table(index="person", columns="light", values="right")
    difference = each["side light"] - each["front light"]
    assert row["value"] == pytest.approx(difference.mean())
    half = 2.069 * difference.std() / np.sqrt(24)  # t of 23 degrees of freedom
    assert row["high"] - row["low"] == pytest.approx(2 * half, rel=0.15)


def test_a_difference_of_gaps_is_what_was_planted_beyond_the_gap_that_was_there():
    table = design.tested(16)
    dark, side = ((table[name] == design.ATTRIBUTES[name][1]).to_numpy() for name in ("skin", "light"))
    before = spoiled(answers(table, seeds=3), side, 0.1)
    change = audit.change(spoiled(before, dark, 0.3, seed=2), before, table, "skin").set_index("of")
    assert change.loc["skin", "verdict"] == "dark skin below light skin"
    assert change.loc["skin", "low"] < -0.2 < change.loc["skin", "high"]
    assert change["value"].drop("skin").abs().max() < 0.05
    same = audit.change(before, before, table, "skin")
    assert same["value"].tolist() == [0, 0, 0, 0]
    assert set(same["verdict"]) == {audit.NO_GAP}
    assert same["p Holm"].tolist() == pytest.approx([1, 1, 1, 1])


def test_the_primary_comparison_comes_first_and_is_not_corrected_and_the_others_are_corrected_together():
    table = design.tested(8)
    change = audit.change(answers(table), answers(table, seed=1), table, "light")
    assert list(change["of"]) == ["light", "skin", "age", "glasses"]
    assert change["p Holm"].iloc[0] == change["p"].iloc[0]
    assert change["p Holm"].iloc[1:].tolist() == evaluate.holm(change["p"].iloc[1:]).tolist()


def test_the_kind_of_error_names_the_emotion_that_is_said_too_often():
    table = design.tested(16)
    kinds = audit.kinds(spoiled(answers(table, seeds=3), (table["skin"] == "dark skin").to_numpy(), 0.3), table, "skin")
    shown = kinds[kinds["verdict"] != audit.NO_GAP].set_index("of")["value"]
    assert shown.idxmax() == "angry"
    assert list(kinds["of"]) == list(EMOTIONS)


def test_people_drawn_keep_the_promised_rate_of_false_alarms_and_pictures_drawn_do_not():
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(24), 56)
    skill = rng.choice([0.3, 0.9], 24)[people]  # some people are easy to read, others hard
    values = rng.uniform(size=(1, len(people))) < skill
    alarms = audit.alarms(values, people, [0.0, 0.15], 60, rng).set_index(["planted", "design"])["value"]
    same, other, pictures = audit.DESIGNS
    assert alarms[0.0, same] <= 0.15
    assert alarms[0.0, other] <= 0.15
    assert alarms[0.0, pictures] > 0.5
    assert alarms[0.15, same] == 1
    assert alarms[0.15, other] < 0.6


def test_a_planted_gap_is_as_large_as_promised():
    values = np.random.default_rng(0).uniform(size=(2, 40_000)) < 0.7
    people = np.arange(40_000) % 400
    inside, _ = audit._coins(people, np.random.default_rng(1))[audit.DESIGNS[0]]
    assert np.bincount(people[inside]).tolist() == [50] * 400
    spoil = inside & (np.random.default_rng(2).uniform(size=40_000) < 0.1 / values.mean())
    gap = evaluate.gap(values & ~spoil, inside, people)
    assert gap["difference"] == pytest.approx(-0.1, abs=0.015)


def test_results_have_one_name_each():
    table = design.tested(4)
    given = {name: answers(table, seed=number) for number, name in enumerate(("balanced", "biased"))}
    by_group, gaps = audit.accuracies(given, table), audit.gaps(given, table)
    change = audit.change(given["biased"], given["balanced"], table, "light")
    alarms = audit.alarms(audit.right(given["balanced"], table), table["person"], [0.0], 2, np.random.default_rng(0))
    names = [result.name for result in audit.results(by_group, gaps, change, alarms)]
    assert len(set(names)) == len(names) == 2 * 8 + 2 * 4 + 4 + 3
