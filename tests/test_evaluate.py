"""Figures of merit against scikit-learn, SciPy, plain formulas and hand values; properties of the intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics

from lib import evaluate
from lib.emotions import EMOTIONS, index, intensity_vector
from lib.evaluate import bootstrap, intensity_metrics, label_metrics

PER_EMOTION = ("RMSE", "MAE", "PCC", "CCC", "ICC(3,1)")


@pytest.fixture(scope="module")
def labels():
    """400 images of 20 subjects; a network that is right two times in three, on some subjects more than on others."""
    rng = np.random.default_rng(1)
    subjects = np.repeat(np.arange(20), 20)
    true = rng.choice(EMOTIONS, 400, p=[0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    right = rng.random(400) < np.linspace(0.4, 0.95, 20)[subjects]
    return true, np.where(right, true, rng.choice(EMOTIONS, 400)), subjects


@pytest.fixture(scope="module")
def strengths(labels):
    true, _, subjects = labels
    rng = np.random.default_rng(2)
    targets = intensity_vector(true, rng.choice(evaluate.LEVELS, len(true))).astype(float)
    return targets, np.clip(targets + rng.normal(0, 0.15, targets.shape), 0, 1), subjects


def figures(table):
    return table.set_index(["metric", "of"])["value"]


def ends(table, metric="accuracy"):
    return table.set_index(["metric", "of"]).loc[(metric, "all"), ["low", "high"]].to_numpy(float)


def test_classification_agrees_with_scikit_learn(labels):
    true, predicted, subjects = labels
    found = figures(evaluate.classification(true, predicted, subjects))
    recalls = metrics.recall_score(true, predicted, labels=EMOTIONS, average=None)
    np.testing.assert_allclose(found["accuracy", "all"], metrics.accuracy_score(true, predicted))
    np.testing.assert_allclose(found["balanced accuracy", "all"], metrics.balanced_accuracy_score(true, predicted))
    np.testing.assert_allclose(found["macro F1", "all"], metrics.f1_score(true, predicted, average="macro"))
    np.testing.assert_allclose(found["recall"].to_numpy(), recalls)


def test_an_emotion_without_images_is_nan_and_leaves_the_means_as_scikit_learn_has_them():
    true, predicted = ["happy", "happy", "sad"], ["happy", "sad", "sad"]
    found = figures(evaluate.classification(true, predicted, [1, 2, 3]))
    assert np.isnan(found["recall", "fear"])
    assert found["balanced accuracy", "all"] == metrics.balanced_accuracy_score(true, predicted)
    assert found["macro F1", "all"] == pytest.approx(metrics.f1_score(true, predicted, average="macro"))


def test_a_perfect_and_a_hopeless_network_score_one_and_zero():
    true = list(EMOTIONS) * 3
    wrong = np.roll(EMOTIONS, 1).tolist() * 3
    groups = np.repeat([1, 2, 3], 7)
    perfect, hopeless = (evaluate.classification(true, answers, groups) for answers in (true, wrong))
    assert (perfect[["value", "high"]] == 1).all(axis=None)
    assert (hopeless[["value", "low"]] == 0).all(axis=None)
    wilson = stats.binomtest(3, 3).proportion_ci(method="wilson")  # three groups: no share is known exactly
    assert np.allclose(perfect["low"], wilson.low)
    assert np.allclose(hopeless["high"], 1 - wilson.low)


def test_confusion_has_true_emotions_in_rows():
    matrix = evaluate.confusion(["happy", "happy", "sad"], ["happy", "fear", "sad"])
    assert matrix.shape == (7, 7)
    assert matrix[EMOTIONS.index("happy"), EMOTIONS.index("fear")] == 1
    assert matrix.sum() == 3


def test_the_interval_is_that_of_a_plain_loop_over_resampled_subjects(labels):
    true, predicted, subjects = labels
    rng, right = np.random.default_rng(3), true == predicted
    drawn = rng.integers(0, 20, (4000, 20))
    plain = np.array([right.reshape(20, 20)[row].mean() for row in drawn])
    tail = stats.norm.cdf(-np.sqrt(20 / 19) * stats.t.ppf(0.975, 19))
    table = evaluate.classification(true, predicted, subjects, resamples=4000)
    np.testing.assert_allclose(ends(table), np.quantile(plain, [tail, 1 - tail]), atol=0.012)


def test_the_naive_interval_is_the_binomial_one_and_narrower_than_that_over_subjects(labels):
    true, predicted, subjects = labels
    naive = ends(evaluate.classification(true, predicted, np.arange(len(true))))
    share = np.mean(true == predicted)
    wald = share + 1.96 * np.array([-1, 1]) * np.sqrt(share * (1 - share) / len(true))
    np.testing.assert_allclose(naive, wald, atol=0.008)
    assert np.ptp(ends(evaluate.classification(true, predicted, subjects))) > 1.3 * np.ptp(naive)


def test_twenty_eight_copies_of_each_image_do_not_narrow_the_interval_over_subjects(labels):
    copies = [np.repeat(column, 28) for column in labels]
    np.testing.assert_allclose(
        ends(evaluate.classification(*copies)), ends(evaluate.classification(*labels)), atol=1e-12
    )
    naive = [ends(evaluate.classification(t, p, np.arange(len(t)))) for t, p, _ in (labels, copies)]
    assert np.ptp(naive[0]) / np.ptp(naive[1]) == pytest.approx(np.sqrt(28), rel=0.1)


def test_the_interval_covers_the_truth_in_about_95_of_100_studies_of_five_subjects():
    rng, hits = np.random.default_rng(4), 0
    subjects = np.repeat(np.arange(5), 30)
    for study in range(200):
        skill = np.clip(rng.normal(0.7, 0.08, 5), 0, 1)[subjects]
        predicted = np.where(rng.random(150) < skill, "happy", "sad")
        low, high = ends(evaluate.classification(["happy"] * 150, predicted, subjects, resamples=400, seed=study))
        hits += low <= 0.7 <= high
    assert hits >= 178  # 95 % expected; plain percentiles reach about 84 %


def test_seeds_are_averaged_and_their_spread_widens_the_interval(labels):
    true, predicted, subjects = labels
    rng = np.random.default_rng(5)
    luck = [np.where(rng.random(400) < share, true, predicted) for share in (0.0, 0.3, 0.6)]
    table = evaluate.classification(true, np.stack(luck), subjects)
    assert set(table["seeds"]) == {3}
    assert table["per_seed"][0] == pytest.approx([np.mean(p == true) for p in luck])
    assert figures(table)["accuracy", "all"] == pytest.approx(np.mean([np.mean(p == true) for p in luck]))
    one = ends(evaluate.classification(true, luck[1], subjects))
    assert np.ptp(ends(table)) > 1.2 * np.ptp(one)


def test_three_equal_seeds_have_the_interval_of_one(labels):
    true, predicted, subjects = labels
    one = evaluate.classification(true, predicted, subjects)
    three = evaluate.classification(true, np.stack([predicted] * 3), subjects)
    np.testing.assert_allclose(three[["value", "low", "high"]], one[["value", "low", "high"]], atol=1e-12)


def test_where_seeds_alone_differ_the_interval_is_that_of_t_with_their_degrees_of_freedom():
    shares = np.array([0.5, 0.6, 0.7])  # the same in each of 50 subjects
    values = np.tile(np.repeat(shares[:, None], 50, axis=1), 2)
    table = evaluate.mean(values, np.tile(np.arange(50), 2))
    half = stats.t.ppf(0.975, 2) * shares.std(ddof=1) / np.sqrt(3)
    assert ends(table, "mean") == pytest.approx([0.6 - half, 0.6 + half])


def test_the_seeds_of_an_emotion_of_two_people_widen_its_interval():
    people, true = np.repeat(np.arange(8), 10), np.full(80, "happy", dtype=object)
    true[[0, 1, 10, 11]] = "disgust"  # some resamples have none of it
    predicted = np.stack([np.where(true == "disgust", answer, "happy") for answer in ("happy", "disgust", "happy")])
    table = evaluate.classification(true, predicted, people).set_index(["metric", "of"])
    recall = table.loc[("recall", "disgust")]
    assert recall["per_seed"] == (0, 1, 0)
    assert recall["low"] == 0
    assert recall["high"] == 1


def test_an_interval_holds_its_figure_also_where_rounding_or_skew_puts_an_end_beyond():
    rng, neutral = np.random.default_rng(0), np.eye(7)[0]
    for images in range(90, 130):  # every image has the same error, so only rounding spreads the resamples
        truth = np.tile(0.2 * np.eye(7)[1] + 0.8 * neutral, (images, 1))
        row = evaluate.regression(truth, np.tile(neutral, (1, images, 1)), rng.integers(0, 60, images)).iloc[0]
        assert row["low"] <= row["value"] <= row["high"], images
    probabilities = np.tile([[0.5, 0.5, 0, 0, 0, 0, 0]], (60, 1))  # calibrated, so every resample is less so
    row = evaluate.calibration(np.array(["neutral", "happy"] * 30), probabilities, np.arange(60)).iloc[0]
    assert row["low"] <= row["value"] <= row["high"]


def test_no_interval_of_a_share_leaves_its_range():
    right = np.ones((3, 40), bool)
    right[0, :12] = False
    low, high = ends(evaluate.mean(right, np.repeat(np.arange(10), 4)), "mean")
    assert 0 <= low < 0.9 < high == 1


def studies(number: int, models: int = 1):
    """Yield hits (3, N) of `models` equally good models, and the subjects (N,): 30 subjects, some with few images."""
    rng = np.random.default_rng(8)
    for _ in range(number):
        sizes = np.minimum(1 + rng.geometric(0.1, 30), 40)
        subjects = np.repeat(np.arange(30), sizes)
        person = rng.normal(0.7, 0.1, 30)
        hits = []
        for _ in range(models):
            skill = person + rng.normal(0, 0.05, 30) + rng.normal(0, 0.03, (3, 1))  # of subjects, and of seeds
            hits.append(rng.random((3, len(subjects))) < skill[:, subjects])
        yield *hits, subjects


def test_the_interval_covers_the_truth_in_about_95_of_100_studies_of_three_seeds_and_unequal_groups():
    hits = 0
    for right, subjects in studies(200):
        low, high = ends(evaluate.mean(right, subjects, resamples=300), "mean")
        hits += low <= 0.7 <= high
    assert 182 <= hits <= 199  # 190 expected


def test_two_equally_good_models_are_put_in_order_in_at_most_5_of_100_studies():
    true, ordered, below = None, 0, 0
    for first, second, subjects in studies(200, models=2):
        true = np.full(len(subjects), "happy")
        names = [np.where(right, "happy", "sad") for right in (first, second)]
        found = evaluate.compare(true, *names, subjects, resamples=300)
        ordered += found["verdict"] != "cannot be ordered"
        below += found["p"] < 0.05
    assert ordered <= 16  # 10 expected; 26 to 38 where seeds are drawn without their t
    assert below <= 16


def test_p_of_a_comparison_is_that_of_a_paired_t_test_over_equal_groups(labels):
    true, predicted, subjects = labels
    other = np.where(np.random.default_rng(9).random(400) < 0.1, true, predicted)
    found = evaluate.compare(true, other, predicted, subjects, resamples=20_000)
    per_subject = ((other == true).astype(float) - (predicted == true)).reshape(20, 20).mean(axis=1)
    assert found["p"] == pytest.approx(stats.ttest_1samp(per_subject, 0).pvalue, rel=0.15)


def test_strata_keep_their_shares_in_every_resample():
    true, predicted = ["happy"] * 40, ["happy"] * 20 + ["sad"] * 20
    groups, data_set = np.arange(40) // 2, np.repeat(["easy", "hard"], 20)
    assert ends(evaluate.classification(true, predicted, groups, strata=data_set)).tolist() == [0.5, 0.5]
    assert np.ptp(ends(evaluate.classification(true, predicted, groups))) > 0.3


def test_a_stratum_of_one_group_is_drawn_with_the_others_of_its_kind(labels):
    true, predicted, subjects = labels
    one_each = evaluate.classification(true, predicted, subjects, strata=subjects)
    assert ends(one_each).tolist() == ends(evaluate.classification(true, predicted, subjects)).tolist()


def test_one_group_has_a_value_and_no_interval(labels):
    table = evaluate.classification(labels[0], labels[1], ["only"] * 400)
    assert np.isfinite(figures(table)["accuracy", "all"])
    assert np.isnan(ends(table)).all()


def test_calibration_error_agrees_with_a_loop_over_bins(labels):
    true, _, subjects = labels
    probabilities = np.random.default_rng(6).dirichlet(np.ones(7), 400)
    confidence, right = probabilities.max(1), probabilities.argmax(1) == index(true)
    expected = 0.0
    for k in range(15):
        inside = (confidence >= k / 15) & (confidence < (k + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert evaluate.calibration(true, probabilities, subjects)["value"].item() == pytest.approx(expected)
    certain = np.eye(7)[index(true)]
    assert evaluate.calibration(true, certain, subjects)["value"].item() == 0


def test_intensity_errors_agree_with_plain_formulas_and_scipy(strengths):
    true, predicted, subjects = strengths
    found = figures(evaluate.regression(true, predicted, subjects))
    assert found["RMSE", "all"] == pytest.approx(np.sqrt(np.mean((true - predicted) ** 2)))
    assert found["MAE", "all"] == pytest.approx(np.mean(np.abs(true - predicted)))
    for k, emotion in enumerate(EMOTIONS):
        x, y = true[:, k], predicted[:, k]
        ccc = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        assert found["PCC", emotion] == pytest.approx(stats.pearsonr(x, y).statistic)
        assert found["CCC", emotion] == pytest.approx(ccc)
        assert found["RMSE", emotion] == pytest.approx(metrics.root_mean_squared_error(x, y))
    for metric in ("PCC", "CCC", "ICC(3,1)"):
        assert found[metric, "all"] == pytest.approx(found[metric].drop("all").mean())
    argmax = np.mean(true.argmax(1) == predicted.argmax(1))
    assert found["accuracy, argmax of 7", "all"] == pytest.approx(argmax)


def test_icc_3_1_agrees_with_a_two_way_analysis_of_variance(strengths):
    true, predicted, subjects = strengths
    pair = np.stack([true[:, 3], predicted[:, 3]], axis=1)  # (N, 2 raters)
    rest = pair - pair.mean(1, keepdims=True) - pair.mean(0) + pair.mean()
    between = 2 * pair.mean(1).var(ddof=1)
    error = (rest**2).sum() / (len(pair) - 1)
    found = figures(evaluate.regression(true, predicted, subjects))["ICC(3,1)", "happy"]
    assert found == pytest.approx((between - error) / (between + error))


def test_a_shift_lowers_ccc_and_leaves_pcc_and_icc_alone(strengths):
    true, _, subjects = strengths
    found = figures(evaluate.regression(true, true + 0.2, subjects))
    assert found["PCC", "sad"] == pytest.approx(1)
    assert found["ICC(3,1)", "sad"] == pytest.approx(1)
    assert found["CCC", "sad"] < 0.9


def test_twenty_percent_happy_is_neutral_by_argmax_and_happy_by_the_strongest_emotion():
    true = intensity_vector(["happy", "neutral"], [0.2, 0.0])
    predicted = intensity_vector(["happy", "sad"], [0.3, 0.1])
    table = evaluate.regression(true, predicted, [1, 2])
    assert figures(table)["accuracy, argmax of 7", "all"] == 1
    assert figures(table)["accuracy, strongest without neutral", "all"] == 1
    assert table.set_index("metric").loc["accuracy, strongest without neutral", "n"] == 1  # not the neutral image


def test_rmse_of_a_level_uses_the_images_of_that_level(strengths):
    true, predicted, subjects = strengths
    table = evaluate.regression(true, predicted, subjects).set_index(["metric", "of"])
    chosen = evaluate.levels(true) == 1
    assert table.loc[("RMSE", "40 %"), "value"] == pytest.approx(np.sqrt(np.mean((true - predicted)[chosen] ** 2)))
    assert table.loc[("RMSE", "40 %"), "n"] == chosen.sum()


def test_a_constant_guess_on_uniform_intensities_has_the_known_rmse():
    target = np.linspace(0, 1, 5001)[:, None] * np.ones(7)
    table = evaluate.regression(target, np.full_like(target, 0.5), np.arange(5001) % 9, resamples=10)
    found = figures(table)
    assert found["RMSE", "all"] == pytest.approx(1 / np.sqrt(12), abs=1e-3)
    assert np.isnan(found["PCC", "all"])
    assert np.isnan(ends(table, "PCC")).all()
    assert found["CCC", "all"] == pytest.approx(0, abs=1e-9)


def test_no_correlation_of_a_constant_is_left_from_rounding():
    random = np.random.default_rng(0).random((400, 7))
    constant = np.broadcast_to(random.mean(axis=0), random.shape)
    found = figures(evaluate.regression(random, constant, np.arange(400) % 9, resamples=10))
    assert np.isnan(found["PCC", "all"])
    assert found["CCC", "all"] == found["ICC(3,1)", "all"] == 0


def test_the_three_readings_of_rmse_by_hand():
    true = intensity_vector(["happy", "neutral"], [0.6, 0.0])
    predicted = true + np.array([[0.1] * 7, [0.3] * 7])
    found = figures(evaluate.regression(true, predicted, [1, 2]))
    assert found["RMSE", "all"] == pytest.approx(np.sqrt((0.1**2 + 0.3**2) / 2))
    assert found["error SD, bias removed", "all"] == pytest.approx(0.1)
    predicted[0, EMOTIONS.index("happy")] = 1.0  # the labelled emotion's error is now .4
    found = figures(evaluate.regression(true, predicted, [1, 2]))
    assert found["RMSE, labelled emotion", "all"] == pytest.approx(np.sqrt((0.4**2 + 0.3**2) / 2))


def test_every_metric_has_a_formula_in_its_docstring():
    for module in (label_metrics, intensity_metrics):
        for metric in (*module.OVERALL.values(), *module.PER_EMOTION.values()):
            assert metric.__name__ == "averaged" or len(metric.__doc__) > 60


def test_mcnemar_agrees_with_the_binomial_by_hand():
    true, first, second = ["happy"] * 9, ["happy"] * 8 + ["sad"], ["happy"] * 2 + ["sad"] * 6 + ["happy"]
    assert evaluate.mcnemar(true, first, second) == pytest.approx(2 * (1 + 7) / 2**7)  # 6 against 1 of 7
    assert evaluate.mcnemar(true, first, first) == 1


def test_a_better_model_is_above_and_the_same_model_cannot_be_ordered(labels, strengths):
    true, predicted, subjects = labels
    better = np.where(np.random.default_rng(7).random(400) < 0.5, true, predicted)
    found = evaluate.compare(true, better, predicted, subjects, ("new", "old"))
    assert found["verdict"] == "new above old"
    assert found["difference"] == pytest.approx(np.mean(better == true) - np.mean(predicted == true))
    assert evaluate.compare(true, predicted, better, subjects, ("old", "new"))["verdict"] == "new above old"
    assert evaluate.compare(true, predicted, predicted, subjects)["verdict"] == "cannot be ordered"
    targets, outputs, _ = strengths
    worse = evaluate.compare(targets, outputs, np.full_like(outputs, 1 / 7), subjects, ("network", "constant"))
    assert worse["metric"] == "RMSE"
    assert worse["verdict"] == "network above constant"


def test_pairing_on_subjects_is_sharper_than_two_separate_intervals(labels):
    true, predicted, subjects = labels
    better = predicted.copy()
    better[::12] = true[::12]
    found = evaluate.compare(true, better, predicted, subjects, ("new", "old"))
    both = [tuple(ends(evaluate.classification(true, p, subjects))) for p in (better, predicted)]
    assert found["verdict"] == "new above old"
    assert evaluate.order(*both, ("new", "old")) == "cannot be ordered"


def test_a_share_gets_wilsons_interval():
    low, high = evaluate.wilson(0.82, 2443)
    z, share = 1.959964, round(0.82 * 2443) / 2443
    middle = (share + z**2 / 2 / 2443) / (1 + z**2 / 2443)
    half = z / (1 + z**2 / 2443) * np.sqrt(share * (1 - share) / 2443 + z**2 / 4 / 2443**2)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-6)
    assert evaluate.order((0.9, 0.95), (low, high), ("ours", "paper")) == "ours above paper"


def test_rows_that_do_not_belong_together_are_refused(labels):
    true, predicted, subjects = labels
    with pytest.raises(ValueError, match="do not belong together"):
        evaluate.classification(true[:-1], predicted, subjects)
    with pytest.raises(ValueError, match="at least one"):
        evaluate.classification([], [], [])
    with pytest.raises(ValueError, match="unknown emotion 'smug'"):
        evaluate.classification(["smug"], ["happy"], [1])
    with pytest.raises(ValueError, match="a group is missing"):
        evaluate.classification(["sad"], ["happy"], [None])


def test_resamples_in_chunks_are_those_at_once(labels, monkeypatch):
    table = evaluate.classification(*labels, resamples=300)
    monkeypatch.setattr(bootstrap, "CHUNK", 700)
    assert evaluate.classification(*labels, resamples=300).equals(table)


@pytest.mark.parametrize(
    ("values", "ends"),
    [([True] * 8, (0.51, 1)), ([1.0] * 8, (0.51, 1)), ([False] * 8, (0, 0.49)), ([0.0] * 8, (0, 0))],  # Wilson's, n = 4
)
def test_a_share_without_spread_has_an_interval_all_the_same(values, ends):
    table = pd.DataFrame({"hit": values, "person": np.tile(np.arange(4), 2), "scene": "lab"})
    row = evaluate.by(table, "scene", "hit", "person").iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(ends, abs=0.001)
    assert row["value"] == values[0]


def test_the_mean_by_columns_is_that_of_each_part(labels):
    true, predicted, subjects = labels
    table = pd.DataFrame({"emotion": true, "half": subjects % 2, "correct": true == predicted, "group": subjects})
    found = evaluate.by(table, ["half", "emotion"])
    assert list(found) == ["half", "emotion", "value", "low", "high", "n", "clusters"]
    assert len(found) == 14
    part = table[(table["half"] == 1) & (table["emotion"] == "happy")]
    row = found.query("half == 1 and emotion == 'happy'").iloc[0]
    alone = evaluate.mean(part["correct"].to_numpy(float), part["group"]).iloc[0]
    assert row[["value", "low", "high", "n", "clusters"]].tolist() == alone.iloc[2:7].tolist()
    renamed = table.rename(columns={"correct": "hit", "group": "subject"})
    assert evaluate.by(renamed, "half", value="hit", group="subject")["n"].sum() == 400


def test_a_leaderboard_is_the_scores_and_the_paired_comparisons_with_the_base(labels, strengths):
    true, predicted, subjects = labels
    better = np.where(np.random.default_rng(7).random(400) < 0.5, true, predicted)
    board = evaluate.leaderboard({"old": predicted, "new": better}, true, subjects, "old").set_index("label")
    alone = evaluate.classification(true, better, subjects).iloc[0]
    against = evaluate.compare(true, better, predicted, subjects, ("new", "old"))
    assert board.loc["new", ["value", "low", "high", "n", "clusters", "seeds"]].tolist() == alone.iloc[2:8].tolist()
    assert board.loc["new", "verdict"] == against["verdict"] == "new above old"
    assert board.loc["new", ["difference low", "difference high"]].tolist() == [against["low"], against["high"]]
    assert board.loc["old", ["difference", "p", "verdict"]].isna().all()
    targets, outputs, _ = strengths
    rmse = evaluate.leaderboard({"network": outputs}, targets, subjects, "network")
    assert rmse.loc[0, "metric"] == "RMSE"
    with pytest.raises(KeyError):
        evaluate.leaderboard({"new": better}, true, subjects, "old")


def test_holm_by_hand():
    assert evaluate.holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert evaluate.holm([0.5, np.nan, 0.4])[[0, 2]].tolist() == pytest.approx([0.8, 0.8])
    assert np.isnan(evaluate.holm([0.5, np.nan])[1])


def test_a_leaderboard_corrects_every_comparison_but_the_primary_one(labels):
    true, predicted, subjects = labels
    rng = np.random.default_rng(10)
    rivals = {f"rival {k}": np.where(rng.random(400) < 0.06, true, predicted) for k in range(6)}
    board = evaluate.leaderboard({"base": predicted, **rivals}, true, subjects, "base", primary="rival 0")
    board = board.set_index("label")
    assert board.loc["rival 0", "p Holm"] == board.loc["rival 0", "p"]
    others = board.loc["rival 1":]
    assert others["p Holm"].tolist() == evaluate.holm(others["p"]).tolist()
    assert (board.loc[board["p Holm"] >= 0.05, "verdict"] == "cannot be ordered").all()
    with pytest.raises(KeyError, match="nobody"):
        evaluate.leaderboard({"base": predicted}, true, subjects, "base", primary="nobody")


def test_a_gap_is_inside_minus_outside_and_a_second_model_is_taken_off():
    inside = np.array([True, True, False, False] * 5)
    seen, unseen = np.array([1, 1, 1, 0] * 5), np.array([1, 0, 1, 0] * 5)
    groups = np.repeat(np.arange(5), 4)
    assert evaluate.gap(seen, inside, groups)["difference"] == pytest.approx(0.5)
    found = evaluate.gap(seen, inside, groups, minus=unseen)
    assert (found["difference"], found["low"], found["high"]) == pytest.approx((0.5, 0.5, 0.5))
    assert evaluate.gap(seen, inside, groups, minus=seen)["difference"] == 0


def test_a_difference_of_shares_of_few_people_stays_in_its_range():
    people, true = np.repeat(np.arange(3), 4), np.full(12, "happy", dtype=object)
    sure, unsure = true.copy(), np.where(np.arange(12) < 9, "sad", true)
    row = evaluate.compare(true, sure, unsure, people)
    assert -1 <= row["low"] <= row["difference"] <= row["high"] == 1
    inside, right = people == 0, np.arange(12) < 3
    one = evaluate.gap(right, inside, np.arange(12) // 2)
    assert -1 <= one["low"] <= one["difference"] <= one["high"] <= 1
