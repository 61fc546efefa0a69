"""How far the rendered faces can be trusted: who is drawn, what a label moves, and whether a detector agrees.

A detector is any function that takes an image and returns faces with a `mesh` (468, 2) in pixels, best first.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from lib import progress
from lib.emotions import EMOTIONS_8
from lib.synthetic.people import Subject
from lib.synthetic.render import render
from lib.synthetic.truth import Truth

PER_PERSON = 8  # images of one person, one per emotion


def attribute_shares(count: int) -> pd.DataFrame:
    """Return how often each value occurs among the first `count` people: `attribute`, `value`, `share` in [0, 1]."""
    people = pd.DataFrame([Subject(seed).attributes() for seed in range(count)])
    shares = [people[name].astype(str).value_counts(normalize=True).sort_index() for name in people]
    table = pd.concat(shares, keys=people.columns, names=["attribute", "value"])
    return table.rename("share").reset_index()


def eye_distance(truth: Truth) -> np.float32:
    """Return the distance between the centres of the eyes in pixels, the unit of the errors below."""
    right, left = truth.landmarks[36:42].mean(axis=0), truth.landmarks[42:48].mean(axis=0)
    return np.linalg.norm(right - left)


def share_strong(frames: Sequence[tuple[np.ndarray, Truth]], least: float) -> float:
    """Return the share of the frames of a sequence that are strong.

    Args:
        frames: (image, truth) each, the image uint8 (H, W, 3).
        least: intensity in [0, 1] from which on a frame counts.
    """
    return float(np.mean([truth.intensity >= least for _, truth in frames]))


def landmark_shift(subject: Subject, levels: Sequence[float], seed: int) -> pd.DataFrame:
    """Return how far the 68 landmarks move from neutral at each intensity of each emotion.

    Args:
        subject: who.
        levels: intensities in [0, 1]; the first is 0.
        seed: of the random numbers, the same for every image.

    Returns:
        Columns `emotion`, `intensity` and `shift`, the mean over the landmarks as a share of the distance of the eyes.
    """
    rows = []
    for emotion in [name for name in EMOTIONS_8 if name != "neutral"]:
        truths = [render(subject, emotion, level, np.random.default_rng(seed), size=64)[1] for level in levels]
        neutral, eyes = truths[0].landmarks, eye_distance(truths[0])
        for level, truth in zip(levels, truths, strict=True):
            moved = np.linalg.norm(truth.landmarks - neutral, axis=1).mean()
            rows.append({"emotion": emotion, "intensity": level, "shift": moved / eyes})
    return pd.DataFrame(rows)


def detections(detect: Callable, scene: str, count: int, first: int, rng: np.random.Generator) -> pd.DataFrame:
    """Show a detector rendered images, and return how far its points lie from the truth.

    Args:
        detect: the detector, see above.
        scene: `lab` or `wild`.
        count: images; `PER_PERSON` of each person.
        first: seed of the first person.
        rng: for intensity, pose, light and the like.

    Returns:
        Columns `scene`, `subject`, `occluded`, `error` (mean distance of the 468 points over the distance of the eyes,
        NaN where no face was detected) and `found`: the error is below half the distance of the eyes.
    """
    rows = []
    for k in progress.bar(range(count), f"detecting, {scene}"):
        subject, emotion = Subject(first + k // PER_PERSON), EMOTIONS_8[k % PER_PERSON]
        image, truth = render(subject, emotion, float(rng.uniform(0.2, 1)), rng, scene)
        faces = detect(image)
        error = np.linalg.norm(faces[0].mesh - truth.mesh, axis=1).mean() / eye_distance(truth) if faces else np.nan
        rows.append({"scene": scene, "subject": subject.seed, "occluded": truth.occluded, "error": error})
    table = pd.DataFrame(rows)
    return table.assign(found=table["error"] < 0.5)  # further away it is another place, not this face


def agreement(detected: pd.DataFrame) -> pd.DataFrame:
    """Return per scene the share of faces found and the mean error, with 95 % intervals over people.

    Images of one person are not independent. The interval of the error is Student's, over the people's means; that of
    the share is Wilson's with each person counted once, because a share of 1 has no spread.

    Args:
        detected: what `detections` returns; covered faces are left out.

    Returns:
        Columns `of` (the scene), `metric` (found, error), `value`, `low`, `high`, `n` (images), `clusters` (people).
    """
    rows = []
    for scene, part in detected[~detected["occluded"]].groupby("scene"):
        people, share = part["subject"].nunique(), part["found"].mean()
        ends = stats.binomtest(round(share * people), people).proportion_ci(method="wilson")
        rows.append((scene, "found", share, ends.low, ends.high, len(part), people))
        hits = part[part["found"]]
        each = hits.groupby("subject")["error"].mean()
        half = stats.t.ppf(0.975, len(each) - 1) * each.std() / np.sqrt(len(each))
        mean = hits["error"].mean()
        rows.append((scene, "error", mean, mean - half, mean + half, len(hits), len(each)))
    return pd.DataFrame(rows, columns=["of", "metric", "value", "low", "high", "n", "clusters"])
