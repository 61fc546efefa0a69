"""The trials of notebook 18: a crowd in which small faces are searched, and the time from a file to an answer."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lib import evaluate, images, plots, records
from lib.emotions import COLOURS, EMOTIONS
from lib.faces import align, detect
from lib.predict.predictor import Face, Predictor
from lib.synthetic import Subject, render
from lib.timing import each

ROW, PLACE, FACE = 6, 180, 100  # people in a row; pixels between them; pixels of a photograph of one


def crowd(people: int, rng: np.random.Generator) -> np.ndarray:
    """Return rendered people in rows of `ROW`, each small in the image, uint8 (H, W, 3).

    Args:
        people: how many.
        rng: of expressions and conditions.
    """
    rows = -(-people // ROW)
    image = np.full((rows * PLACE, ROW * PLACE, 3), 110, np.uint8)
    for number in range(people):
        emotion = EMOTIONS[number % len(EMOTIONS)]
        top, left = (PLACE * place + (PLACE - FACE) // 2 for place in divmod(number, ROW))
        image[top : top + FACE, left : left + FACE] = render(Subject(number), emotion, 1.0, rng, size=FACE)[0]
    return image


def photographs(folder: Path, count: int, rng: np.random.Generator) -> list[Path]:
    """Write ten rendered photographs of 256 pixels and return `count` paths, each of the ten in turn.

    Args:
        folder: where to.
        count: how many paths.
        rng: of expressions and conditions.
    """
    paths = [folder / f"{number}.png" for number in range(10)]
    for number, path in enumerate(paths):
        images.write(path, render(Subject(number), "surprise", 0.8, rng)[0])
    return [paths[number % 10] for number in range(count)]


def searched(predictor: Predictor, image: np.ndarray, calls: int) -> pd.DataFrame:
    """Return the `faces` with a box and the median `ms` of a crowd, searched as a whole and square by square.

    Args:
        predictor: see `lib.predict.Predictor`.
        image: from `crowd`, uint8 (H, W, 3); two boxes in one person's place are one face.
        calls: timed; two more warm up.
    """
    rows = []
    for name, small in {"the whole image": False, "square by square": True}.items():
        times = each(lambda one, small=small: predictor.predict(one, small), [image] * (calls + 2), warm_up=2)
        boxes = np.array([face.box for face in predictor.predict(image, small)]).reshape(-1, 4)
        places = {tuple(place) for place in (boxes[:, :2] + boxes[:, 2:] / 2) // PLACE}
        rows.append({"search": name, "faces": len(places), "ms": times["median"]})
    return pd.DataFrame(rows)


def steps(paths: Sequence[Path], predictor: Predictor, warm_up: int = 10) -> pd.DataFrame:
    """Time the bare calls from a file to an emotion, and the predictor that does them all, in one run.

    Args:
        paths: photographs, each with a face.
        predictor: of the study, with intensities.
        warm_up: calls of each that are not counted.

    Returns:
        Columns `call`, those of `lib.timing.each`, and `over bare calls`: processor time over that of the bare calls,
        which a busy machine disturbs less than the clock.
    """
    network = predictor.classifier
    read = [images.read(path) for path in paths]
    pairs = [(image, faces[0].landmarks) for image in read if (faces := detect(image))]
    crops = [align(*pair, network.contract.alignment, network.contract.size).crop for pair in pairs]
    calls = {
        "read the file": (images.read, paths),
        "find face and landmarks": (detect, read),
        "align": (lambda pair: align(*pair, network.contract.alignment, network.contract.size), pairs),
        "network, one view": (network.one_view, crops),
        "network, mirrored view too": (network, crops),
        "intensities, mirrored view too": (predictor.regressor, crops),
        "file to answer": (lambda path: predictor.predict(images.read(path)), paths),
    }
    table = pd.DataFrame([{"call": name, **each(call, items, warm_up)} for name, (call, items) in calls.items()])
    bare = table["processor"].drop([3, 6]).sum()  # all but one view, which is part of two, and the whole
    return table.assign(**{"over bare calls": table["processor"] / bare})


def boxes(image: np.ndarray, answers: Sequence[Face], title: str) -> Figure:
    """Draw an image with the box and the emotion of every face.

    Args:
        image: uint8 (H, W, 3).
        answers: of `Predictor.predict`.
        title: above it.
    """
    figure, ax = plt.subplots(figsize=(8, 8 * image.shape[0] / image.shape[1]))
    ax.imshow(image)
    for face in answers:
        x, y, width, height = face.box
        colour = COLOURS[face.emotion]
        ax.add_patch(Rectangle((x, y), width, height, fill=False, color=colour, lw=1.5))
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        place, side = (x + width, "right") if x > image.shape[1] / 2 else (x, "left")  # inside the image
        text = f"{face.emotion} {face.probabilities.max():.2f}"
        ax.text(place, y - 6, text, color=colour, fontsize=7, ha=side, bbox=behind)
    ax.set_title(title, fontsize=9)
    ax.axis("off")
    return figure


def accuracies(exports: pd.DataFrame, origin: str) -> Figure:
    """Draw the accuracy of every form with its interval; `exports` from `lib.predict.export.table`."""
    figure, ax = plt.subplots(figsize=(7, 2))
    shown = exports.assign(label=exports["form"], value=exports["accuracy"])
    plots.intervals(shown, ax).set(xlabel="accuracy", xlim=(0, 1))
    ax.set_title(f"n = {exports['labelled'][0]:,} held-out faces ({origin})", fontsize=9)
    return figure


def results(
    steps: pd.DataFrame, search: pd.DataFrame, exports: pd.DataFrame, people: int, origin: str, device: str
) -> list[records.Result]:
    """Return what notebook 18 records.

    Args:
        steps: from the function of that name.
        search: from `searched`.
        exports: from `lib.predict.export.table`.
        people: in the crowd.
        origin: of the faces on which the exports were checked.
        device: that was timed.
    """
    times = steps.rename(columns={"call": "metric", "median": "value"})
    done = records.results(times, "predict", f"median, {device}", "stand-in", unit="ms", kind="time")
    shares = search.assign(metric=search["search"], value=search["faces"] / people, n=people)
    done += records.results(_with_interval(shares), "crowd", "share of the people with a box, people drawn", "stand-in")
    for form, row in exports.groupby("form", sort=False):
        changed = _with_interval(row.assign(metric="answers changed", value=row["answers changed"]))
        largest = row.assign(metric="largest change", value=row["largest change"])[["metric", "value", "n"]]
        for part, of in ((changed, "images drawn"), (largest, "a maximum")):
            protocol = f"held-out crops, mirrored view included, {of}"
            done += records.results(part, f"export/{form}", protocol, origin)
    return done


def _with_interval(shares: pd.DataFrame) -> pd.DataFrame:
    """Return a table with Wilson's 95 % interval of each share, `value` of `n`, as `low` and `high`."""
    low, high = zip(*map(evaluate.wilson, shares["value"], shares["n"]), strict=True)
    return shares.assign(low=low, high=high)
