"""How like real faces the rendered ones are, as a landmark network sees both: eight features per emotion.

`real_landmarks.csv` has the real side, measured on FER-2013 by notebook 13: means, deviations and counts, no image.
Both sides are photographs of 48 grey pixels: the rendered people are taken as those of the stand-in of FER-2013,
because light, pose and few pixels spread what a landmark network sees.

The unit is the distance between the centres of the eyes, in the image; x points to the subject's left, y up, along and
across the line between the eyes. So size, place and roll of a face do not matter; a turned face is left out.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from lib import progress
from lib.emotions import EMOTIONS
from lib.synthetic.people import Subject
from lib.synthetic.render import render
from lib.synthetic.stand_in import fer2013
from lib.synthetic.truth import Truth

PUBLISHED = Path(__file__).parent / "real_landmarks.csv"
DRAWN = fer2013.pictures("standard").drawn[0]  # pixels
CLOSE = 0.5  # deviations of real faces: how far a mean may lie from the real one (ours)
FRONTAL = 0.12  # ours: how far the tip of the nose may lie beside the middle of the eyes
FEATURES = {
    "eye opening": "height of the eye over its width",
    "inner brow": "inner end of the brow above the eyes",
    "outer brow": "outer half of the brow above the eyes",
    "mouth width": "distance of the corners of the mouth",
    "mouth gap": "distance of the lips at their middle",
    "mouth corners": "corners of the mouth above its middle",
    "chin": "chin below the eyes",
    "face width": "width of the face at the level of the ears",
}
_EYES = (  # outer and inner corner, upper and lower lid
    (33, 133, (160, 159, 158), (144, 145, 153)),
    (263, 362, (387, 386, 385), (373, 374, 380)),
)
_INNER_BROWS, _OUTER_BROWS = (55, 107, 285, 336), (70, 63, 105, 300, 293, 334)
_MOUTH_RIGHT, _MOUTH_LEFT, _UPPER_LIP, _LOWER_LIP = 61, 291, 13, 14
_CHIN, _FACE_RIGHT, _FACE_LEFT, _NOSE_TIP = 152, 234, 454, 1


def features(meshes: np.ndarray) -> pd.DataFrame:
    """Return the features of faces, N rows with a column for each of `FEATURES`.

    Args:
        meshes: (N, 468, 2) in pixels, MediaPipe's order; a face of not-a-number gives such a row.
    """
    points = upright(meshes)
    x, y = points[..., 0], points[..., 1]
    middle = y[:, [_UPPER_LIP, _LOWER_LIP]].mean(axis=1)
    columns = (
        np.mean([_opening(points, *eye) for eye in _EYES], axis=0),
        y[:, _INNER_BROWS].mean(axis=1),
        y[:, _OUTER_BROWS].mean(axis=1),
        x[:, _MOUTH_LEFT] - x[:, _MOUTH_RIGHT],
        y[:, _UPPER_LIP] - y[:, _LOWER_LIP],
        y[:, [_MOUTH_RIGHT, _MOUTH_LEFT]].mean(axis=1) - middle,
        -y[:, _CHIN],
        x[:, _FACE_LEFT] - x[:, _FACE_RIGHT],
    )
    return pd.DataFrame(dict(zip(FEATURES, columns, strict=True)))


def upright(meshes: np.ndarray) -> np.ndarray:
    """Return meshes (N, 468, 2) in the unit and the axes of this module, the middle of the eyes at the origin."""
    right, left = (meshes[:, eye[:2]].mean(axis=1, keepdims=True) for eye in _EYES)
    along = left - right  # (N, 1, 2)
    down = np.concatenate([-along[..., 1:], along[..., :1]], axis=-1)
    moved, scale = meshes - (right + left) / 2, (along**2).sum(axis=-1)
    return np.stack([(moved * along).sum(axis=-1) / scale, -(moved * down).sum(axis=-1) / scale], axis=-1)


def frontal(meshes: np.ndarray) -> np.ndarray:
    """Return which faces look into the camera, bool (N,), from meshes (N, 468, 2)."""
    return np.abs(upright(meshes)[:, _NOSE_TIP, 0]) < FRONTAL


def distributions(table: pd.DataFrame) -> pd.DataFrame:
    """Return `mean`, `sd` and `n` of every feature and emotion.

    Args:
        table: the columns of `features` and `emotion`, a row per face.
    """
    long = table.melt("emotion", list(FEATURES), "feature")
    values = long.groupby(["emotion", "feature"], sort=False)["value"]
    return values.agg(mean="mean", sd="std", n="count").reset_index()


def real() -> pd.DataFrame:
    """Return the distributions of real faces that come with the study."""
    return pd.read_csv(PUBLISHED)


def rendered(detect: Callable, people: int, first: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the features of rendered people, each with every emotion once, photographed as for FER-2013; frontal.

    Args:
        detect: takes an image uint8 (48, 48, 3) and returns faces with a `mesh` (468, 2), best first.
        people: how many.
        first: seed of the first person.
        rng: for the intensity, one of those of the stand-in, and all else that is drawn.

    Returns:
        The columns of `features`, `emotion` and `subject`; an image without a face, or of a turned one, has no row.
    """
    rows, meshes = [], []
    for subject in progress.bar(range(first, first + people), "measuring faces"):
        for emotion in EMOTIONS:
            drawn = render(Subject(subject), emotion, float(rng.choice(fer2013.LEVELS)), rng, "wild", DRAWN)
            faces = detect(_photograph(*drawn))
            rows += [{"emotion": emotion, "subject": subject}] * len(faces[:1])
            meshes += [face.mesh for face in faces[:1]]
    seen = np.stack(meshes)
    return pd.concat([features(seen), pd.DataFrame(rows)], axis=1)[frontal(seen)]


def _photograph(image: np.ndarray, truth: Truth) -> np.ndarray:
    """Return a rendered image as FER-2013 would keep it, uint8 (48, 48, 3), grey."""
    kept = fer2013.save(Path(), "", image, truth, fer2013.pictures("standard"))["pixels"]
    grey = np.array(kept.split(), np.uint8).reshape(fer2013.SIZE, fer2013.SIZE)
    return np.repeat(grey[..., None], 3, axis=2)


def compared(rendered: pd.DataFrame, real: pd.DataFrame) -> pd.DataFrame:
    """Return how far the rendered faces lie from the real ones.

    Args:
        rendered: from the function of that name; a person has one image of an emotion.
        real: from `distributions`.

    Returns:
        Columns `emotion`, `feature`, `real mean`, `real sd`, `rendered mean`, `rendered sd`, and as `lib.records` has
        them `of`, `metric`, the difference of the means in deviations of the real faces, `value`, with Student's 95 %
        interval over people, `low` and `high`, `n` and `clusters` (people; each has one image).
    """
    both = real.merge(distributions(rendered), on=["emotion", "feature"], suffixes=(" real", ""))
    half = stats.t.ppf(0.975, both["n"] - 1) * both["sd"] / np.sqrt(both["n"]) / both["sd real"]
    value = (both["mean"] - both["mean real"]) / both["sd real"]
    both = both.assign(value=value, low=value - half, high=value + half, clusters=both["n"])
    both = both.assign(of=both["emotion"] + ", " + both["feature"], metric="difference from real faces")
    names = {"mean real": "real mean", "sd real": "real sd", "mean": "rendered mean", "sd": "rendered sd"}
    columns = [*names.values(), "of", "metric", "value", "low", "high", "n", "clusters"]
    return both.rename(columns=names)[["emotion", "feature", *columns]]


def in_words(compared: pd.DataFrame, worst: int = 3) -> str:
    """Return how many means are close to the real ones, how the spreads compare, and which means lie furthest off."""
    far = compared.reindex(compared["value"].abs().sort_values(ascending=False).index).head(worst)
    named = [f"{row['feature']} in {row['emotion']} ({row['value']:+.1f})" for row in far.to_dict("records")]
    spread = (compared["rendered sd"] / compared["real sd"]).median()
    close = (compared["value"].abs() <= CLOSE).sum()
    return (
        f"{close} of {len(compared)} means lie within {CLOSE} deviations of the real one. Rendered people vary "
        f"{spread:.2f} times as much as real ones (median). Furthest off: {', '.join(named)}, in deviations."
    )


def _opening(points: np.ndarray, outer: int, inner: int, upper: Sequence[int], lower: Sequence[int]) -> np.ndarray:
    """Return the height of an eye over its width, (N,), from points (N, 468, 2)."""
    height = (points[:, upper, 1] - points[:, lower, 1]).mean(axis=1)
    return height / np.abs(points[:, outer, 0] - points[:, inner, 0])
