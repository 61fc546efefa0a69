"""The gates of reproduction: their margins, how often they accuse a perfect repetition, the bugs they catch."""

import copy
from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
import pytest

from lib import evaluate, models, splits
from lib.emotions import EMOTIONS, names
from lib.models import pretrained
from lib.runner import faults, gates, reference
from lib.synthetic import Subject, render

NETWORKS = tuple(f"network {k}" for k in range(8))
SEEDS, IMAGES, TESTED = 3, 1129, 489  # of the standard profile: validation of notebook 09, test of notebook 11


def result(name: str, value: float | None, n: int = 400, **fields) -> dict:
    """Return a result as the files hold it."""
    fields = {"low": None, "high": None, "kind": "metric", "unit": "", "seeds": 1, "per_seed": [value]} | fields
    return {"name": name, "value": value, "n": n} | fields


def run(*results: dict, notebook: str = "09", **content) -> dict:
    """Return the results files of a run with one notebook."""
    plain = {"parameters": {}, "origins": {}, "provenance": {"backend": "tensorflow"}, "results": list(results)}
    return {notebook: plain | content}


def verdict(now: dict, before: dict, **content) -> gates.Verdict:
    """Return the verdict on one result."""
    return reference.compare(run(now, **content), run(before))[0]


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (result("a/n/count", 7, kind="exact"), result("a/n/count", 7, kind="exact"), "yes"),
        (result("a/n/count", 8, kind="exact"), result("a/n/count", 7, kind="exact"), "NO"),
        (result("a/n/accuracy", 0.519), result("a/n/accuracy", 0.5, per_seed=[]), "yes"),
        (result("a/n/accuracy", 0.521), result("a/n/accuracy", 0.5, per_seed=[]), "NO"),
        (result("a/n/accuracy", 0.561), result("a/n/accuracy", 0.5), "yes"),  # fitted once: 1.96 x .0224 x root of 2
        (result("a/n/accuracy", 0.563), result("a/n/accuracy", 0.5), "NO"),
        (result("a/n/accuracy", 0.52, n=10), result("a/n/accuracy", 0.32, n=10), "yes"),  # two of ten images
        (result("a/n/RMSE", 0.52, n=10), result("a/n/RMSE", 0.32, n=10), "NO"),
        (result("a/n/loss", 0.185), result("a/n/loss", 0.178), "yes"),  # fitted once: 1.96 x 3 % x root of 2
        (result("a/n/loss", 0.195), result("a/n/loss", 0.178), "NO"),
        (result("a/n/turn", 7.1, unit="degree"), result("a/n/turn", 7.0, unit="degree", per_seed=[]), "yes"),
        (result("a/n/turn", 7.2, unit="degree"), result("a/n/turn", 7.0, unit="degree", per_seed=[]), "NO"),
        (result("a/n/turn", 7.2, unit="degree"), result("a/n/turn", 7.0, unit="degree", low=6, high=8), "yes"),
        (result("a/n/PCC", None), result("a/n/PCC", 0.5), "NO"),
        (result("a/n/PCC", None), result("a/n/PCC", None), "yes"),
        (result("a/n/PCC", 0.5), result("a/n/PCC", None), "NO"),
        (result("a/n/accuracy", 0.5, n=392), result("a/n/accuracy", 0.5), "yes"),
        (result("a/n/accuracy", 0.5, n=391), result("a/n/accuracy", 0.5), "NO"),
        (result("a/n/time", 9.0), result("a/n/time", 1.0, kind="time"), ""),
    ],
)
def test_on_the_same_data_counts_are_equal_and_metrics_within_a_margin(now, before, word):
    assert verdict(now, before).word == word


def test_a_mean_over_seeds_may_move_as_far_as_another_start_moves_it():
    values = [0.70, 0.73, 0.76]
    before = result("a/n/accuracy", 0.73, seeds=3, per_seed=values)
    half = 4.302653 * 0.03 * np.sqrt(2 / 3)  # t of 2 degrees of freedom
    for shift, word in ((half - 1e-4, "yes"), (half + 1e-4, "NO")):
        one = verdict(result("a/n/accuracy", 0.73 + shift, seeds=3), before)
        assert (one.word, round(one.chance, 6)) == (word, 0.05)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("classification/modern/accuracy", "modern"),
        ("intensity/EIW/28 variants/RMSE", "EIW"),
        ("intensity/EIW + MUG/its own validation/happy/RMSE", "EIW + MUG"),
        ("seconds", "seconds"),
    ],
)
def test_a_network_that_is_shown_other_images_is_the_same_network(name, network):
    assert gates.Verdict("10", name, None, None).network == ("10", network)


def test_networks_with_the_same_metric_share_the_estimate_of_its_spread_and_parts_have_their_own():
    first = result("a/one/accuracy", 0.5, per_seed=[0.4, 0.6])
    second = result("a/two/accuracy", 0.5, per_seed=[0.5, 0.5, 0.5])
    part = result("a/two/happy/accuracy", 0.5, per_seed=[0.4, 0.5, 0.6])
    spread = gates.spreads([first, second, part, result("a/two/RMSE", 0.1)])
    assert spread["accuracy", False] == gates.Spread(pytest.approx(np.sqrt(0.02 / 3)), 3, 1.0)
    assert spread["accuracy", True] == gates.Spread(pytest.approx(0.1), 2, pytest.approx(2.0))
    assert len(spread) == 2


INTERVAL = {"low": 0.4, "high": 0.6}


@pytest.mark.parametrize(
    ("content", "kind", "value", "word"),
    [
        ({"origins": {"mug": "real"}}, "metric", 0.63, "agrees"),  # .13 is less than hypot(.1, .1)
        ({"origins": {"mug": "real"}}, "metric", 0.65, "differs"),
        ({"parameters": {"EPOCHS": 2}}, "metric", 0.65, "differs"),
        ({"parameters": {"EPOCHS": 2}}, "exact", 0.65, ""),
        ({"provenance": {"backend": "jax"}}, "metric", 0.65, "differs"),
        ({"provenance": {"backend": "jax"}}, "exact", 0.65, "NO"),
    ],
)
def test_other_data_or_parameters_agree_or_differ_and_another_backend_keeps_the_counts(content, kind, value, word):
    now = result("a/n/accuracy", value, low=value - 0.1, high=value + 0.1, kind=kind)
    one = verdict(now, result("a/n/accuracy", 0.5, kind=kind, **INTERVAL), **content)
    assert one.word == word
    assert bool(faults.of([one])) == (word == "NO")


@pytest.mark.parametrize(("now", "accused"), [(2887, False), (2882, False), (2840, True)])
def test_a_number_of_images_may_lose_a_few_in_thousand_and_no_more(now, accused):
    counts = [result("splits/leak_free/train images", float(n), n, unit="images", per_seed=[]) for n in (now, 2887)]
    assert bool(faults.of([verdict(*counts)])) == accused


@pytest.mark.parametrize("share", [0.0, 0.015])
def test_what_a_split_keeps_apart_stays_apart(share):
    validation = pd.DataFrame({"split": ["train", "validation"], "subject": ["a", "b"], "sequence": ["", ""]})
    validation = validation.assign(data_set="mug", digest=["a", "b"], cluster=[1, 2], original=["a", "b"])
    made = splits.results({"leak_free": validation}, "stand-in")
    before = {one.name: vars(one) for one in made}["splits/leak_free/same subject"]
    assert bool(faults.of([verdict(before | {"value": share}, before)])) == (share > 0)


def test_a_notebook_after_one_with_other_parameters_has_other_data():
    before = run(result("a/n/accuracy", 0.5)) | run(result("b/n/accuracy", 0.5, **INTERVAL), notebook="11")
    now = before | run(result("a/n/accuracy", 0.5), parameters={"EPOCHS": 2})
    assert reference.compare(now, before, ["11"], {"11": {"09"}})[0].gate == gates.NEW_DATA
    assert reference.compare(now, before, ["11"])[0].gate == gates.SAME_DATA


def study(rng: np.random.Generator, deviations: np.ndarray, loss: float = 0.0) -> dict:
    """Return a run of eight networks with three seeds each: all metrics of a network move together, at worst.

    Args:
        rng: of the seeds.
        deviations: (8,) standard deviation of each network over seeds.
        loss: of every network.
    """
    files = {}
    for notebook, images in (("09", IMAGES), ("11", TESTED)):
        results = []
        for network, deviation in zip(NETWORKS, deviations, strict=True):
            values = (0.75 - loss + rng.normal(0, deviation, SEEDS)).tolist()
            for metric in ("accuracy", "balanced accuracy", "macro F1"):
                fields = {"seeds": SEEDS, "per_seed": values}
                results.append(result(f"a/{network}/{metric}", float(np.mean(values)), images, **fields))
        files |= run(*results, notebook=notebook)
    return files


def accused(rng: np.random.Generator, loss: float, times: int) -> int:
    """Return how many of so many repetitions are accused."""
    count = 0
    for _ in range(times):
        deviations = rng.uniform(0.01, 0.04, len(NETWORKS))
        verdicts = reference.compare(study(rng, deviations, loss), study(rng, deviations))
        count += bool(faults.of(verdicts))
    return count


def test_fewer_than_one_in_a_hundred_perfect_repetitions_are_accused():
    assert accused(np.random.default_rng(0), 0.0, times=400) <= 4


def test_five_points_lost_with_the_seeds_and_images_of_the_standard_profile_are_caught():
    assert accused(np.random.default_rng(1), 0.05, times=100) >= 95


def test_as_many_results_as_expected_miss_in_perfect_repetitions():
    rng, missed, expected = np.random.default_rng(2), 0, 0.0
    for _ in range(100):
        deviations = np.full(len(NETWORKS), 0.03)
        verdicts = reference.compare(study(rng, deviations), study(rng, deviations))
        missed += sum(not one.holds for one in verdicts)
        expected += gates.expected_misses(verdicts)
    assert 0.75 * expected < missed < 1.25 * expected


def evaluated(truth: np.ndarray, predicted: dict[str, np.ndarray]) -> dict:
    """Return a run with the figures of merit of these predictions; figures of merit are computed as in notebook 09."""
    results = []
    for network, given in predicted.items():
        table = evaluate.classification(truth, given, np.arange(len(truth)) // 5, resamples=20)
        for row in table.to_dict("records"):
            name = f"a/{network}/{row['metric']}" if row["of"] == "all" else f"a/{network}/{row['of']}/{row['metric']}"
            results.append(result(name, row["value"], row["n"], seeds=SEEDS, per_seed=list(row["per_seed"])))
    return run(*results)


def predictions(rng: np.random.Generator, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return predictions (3, N) of eight networks, right on about three of four images, with seeds that differ."""
    given = {}
    for network in NETWORKS:
        share = rng.normal(0.76, 0.02, (SEEDS, 1))
        given[network] = np.where(rng.random((SEEDS, len(truth))) < share, truth, rng.permuted(truth))
    return given


@pytest.mark.parametrize("keeps_counts", [False, True])
def test_labels_of_one_class_that_are_swapped_for_six_per_cent_of_the_images_are_caught(keeps_counts):
    rng = np.random.default_rng(5)
    truth = rng.choice(EMOTIONS, IMAGES)
    before, now = predictions(rng, truth), predictions(rng, truth)
    assert faults.of(reference.compare(evaluated(truth, now), evaluated(truth, before))) == []
    swapped, many = truth.copy(), round(0.06 * IMAGES)
    fear, sad = (np.flatnonzero(truth == emotion) for emotion in ("fear", "sad"))
    if keeps_counts:
        swapped[fear[: many // 2]], swapped[sad[: many // 2]] = "sad", "fear"
    else:
        swapped[fear[:many]] = "sad"
    lines = faults.of(reference.compare(evaluated(swapped, now), evaluated(truth, before)))
    assert any("8 networks together: accuracy has moved" in line for line in lines)
    assert any("fear/recall rests on" in line for line in lines) != keeps_counts


@pytest.fixture(scope="module")
def answered():
    """Emotions that the weights of the study name on 168 rendered faces, by bug at their input."""
    rng, shown = np.random.default_rng(7), []
    for subject in (Subject(number) for number in range(8)):
        for emotion in EMOTIONS * 3:
            image, truth = render(subject, emotion, 0.8, rng, size=96)
            x, y, width, height = (max(0, round(value)) for value in truth.face_box)
            shown.append(cv2.resize(image[y : y + height, x : x + width], (48, 48), interpolation=cv2.INTER_AREA))
    network, faces = pretrained.load("fer2013")[0], np.stack(shown)
    right = models.predict(network, faces, flip=True)
    outputs = {
        "none": right,
        "another processor": right * rng.normal(1, 1e-4, right.shape),  # float32 has 1e-7
        "colour channels exchanged": models.predict(network, faces[..., ::-1], flip=True),
        "no flip at test": models.predict(network, faces),
    }
    return {bug: pd.Series(names(values)) for bug, values in outputs.items()}


@pytest.mark.parametrize(
    ("bug", "caught"),
    [("none", False), ("another processor", False), ("colour channels exchanged", True), ("no flip at test", True)],
)
def test_a_bug_at_the_input_of_a_network_that_is_not_trained_here_is_caught(answered, bug, caught):
    lines = faults.changed_answers("weights fer2013", answered[bug], answered["none"])
    assert bool(lines) == caught


def test_what_another_processor_does_to_networks_that_were_fitted_once_is_no_fault():
    rng, count = np.random.default_rng(0), 0
    before = run(*(result(f"a/network {k}/{metric}", 0.5) for k in range(70) for metric in ("accuracy", "macro F1")))
    moves = rng.normal(0, gates.lone_spread(before["09"]["results"][0]).sd * np.sqrt(2), (100, 70)).repeat(2, axis=1)
    for move in moves:
        moved = [one | {"value": 0.5 + shift} for one, shift in zip(before["09"]["results"], move, strict=True)]
        count += bool(faults.of(reference.compare(run(*moved), before)))
    assert count <= 3


@pytest.mark.parametrize(("seeds", "fault"), [(1, False), (3, True)])
def test_a_difference_of_networks_that_were_fitted_once_may_move_as_far_as_both_of_them(seeds, fault):
    networks = [result(f"a/{name}/accuracy", 0.5, per_seed=[0.49, 0.5, 0.51][:seeds]) for name in NETWORKS]
    pair = [result("a/pair/accuracy", value, seeds=seeds, per_seed=[], low=0.0, high=0.05) for value in (0.12, 0.02)]
    verdicts = reference.compare(run(pair[0], *networks), run(pair[1], *networks))
    assert bool(faults.of(verdicts)) == fault


@pytest.mark.parametrize(
    ("metric", "kind", "fault"),
    [("accuracy", "metric", True), ("count", "exact", True), ("images", "metric", True), ("PCC", "metric", False)],
)
def test_a_result_that_is_undefined_in_one_of_the_runs_is_a_fault_but_for_a_correlation(metric, kind, fault):
    unit = "images" if metric == "images" else ""
    before = result(f"a/n/{metric}", 0.5, kind=kind, unit=unit)
    now = before | {"value": None, "per_seed": [None]}
    assert bool(faults.of([verdict(now, before)])) == bool(faults.of([verdict(before, now)])) == fault


def test_answers_are_compared_in_their_order_where_the_images_have_other_bytes():
    names = pd.Series(EMOTIONS * 20, index=[f"ours {k}" for k in range(140)])
    assert faults.changed_answers("w", names, names.set_axis(range(140))) == []
    assert faults.changed_answers("w", names, names.shift(-1, fill_value="sad").set_axis(range(140)))
    assert faults.changed_answers("w", names.head(100), names.set_axis(range(140)))


@pytest.mark.parametrize(("loss", "networks"), [(0.05, NETWORKS), (0.2, NETWORKS[:1])])
def test_networks_that_were_fitted_once_and_lose_five_points_together_or_many_alone_are_caught(loss, networks):
    before = run(*(result(f"a/{network}/accuracy", 0.5) for network in NETWORKS))
    now = run(*(result(f"a/{one}/accuracy", 0.5 - loss * (one in networks)) for one in NETWORKS))
    lines = faults.of(reference.compare(now, before))
    assert any(f"accuracy has moved by {-loss:+.3f}" in line for line in lines)


def planted(profile: str, change: Callable[[str, str, float], float]) -> list[str]:
    """Return the faults of a published run after a change of its metrics: (notebook, name, value) -> value."""
    published = reference.read_reference(profile)
    now = copy.deepcopy(published)
    for notebook, content in now.items():
        for one in content["results"]:
            if one["kind"] == "metric" and one["value"] is not None:
                one["value"] = change(notebook, one["name"], one["value"])
    return faults.of(reference.compare(now, published))


@pytest.mark.parametrize("profile", ["standard", "smoke"])
def test_a_published_run_is_no_fault_of_itself(profile):
    assert planted(profile, lambda notebook, name, value: value) == []


@pytest.mark.parametrize(
    ("profile", "loss", "notebook"),
    [
        *[("standard", 0.05, notebook) for notebook in ("09", "11", "16", "20", "21", "")],
        *[("standard", 0.1, notebook) for notebook in ("10", "13", "15")],
        *[("smoke", 0.05, notebook) for notebook in ("09", "11", "16", "")],
    ],
)
def test_an_accuracy_that_all_networks_of_a_published_notebook_lose_is_caught(profile, loss, notebook):
    lines = planted(
        profile,
        lambda number, name, value: (
            value - loss * (number == (notebook or number) and "accuracy" in name.rsplit("/", 1)[-1])
        ),
    )
    assert lines


@pytest.mark.parametrize(
    ("beginning", "end", "factor"),
    [
        ("intensity/EIW", "RMSE", 2),
        ("results/", "fear/recall", 0),
        ("live/", "changes per minute", 3),
        ("classification/proposed minus traditional alignment", "accuracy", -1),
        ("comparators/", "accuracy", 0.5),
        ("results/LBP + SVM", "accuracy", 0.2),
    ],
)
def test_every_kind_of_result_of_a_published_run_is_in_some_test(beginning, end, factor):
    def change(notebook: str, name: str, value: float) -> float:
        return value * factor if name.startswith(beginning) and name.endswith(end) else value

    assert planted("standard", change)


@pytest.mark.parametrize(("moved", "n", "fails"), [(0.06, 400, True), (0.04, 400, False), (0.06, 40, False)])
def test_a_stage_without_training_that_moves_far_is_a_fault_alone(moved, n, fails):
    others = [result(f"a/stage {k}/mean", 0.5, per_seed=[]) for k in range(9)]
    before, now = (result("a/detection/found", value, n, per_seed=[]) for value in (0.9, 0.9 - moved))
    verdicts = reference.compare(run(now, *others, notebook="04"), run(before, *others, notebook="04"))
    assert bool(faults.of(verdicts)) == fails


def test_a_missing_result_is_a_fault():
    before = run(result("a/n/accuracy", 0.5), result("a/n/count", 3, kind="exact"))
    assert faults.of(reference.compare(run(), before)) == ["a/n/accuracy is missing", "a/n/count is missing"]
