"""Trials on rendered faces, whose truth is known to a fraction of a pixel: what notebook 04 measures.

They check the code and compare the alignments. They say nothing about people: the mesh network and the rendered faces
share one mean shape, so a part of the agreement is built in.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
import pandas as pd

from lib import datasets, progress, records
from lib.emotions import EMOTIONS
from lib.faces import measure
from lib.faces.align import WAYS, Alignment, align, crop_matrix
from lib.faces.detect import detect, detect_haar
from lib.faces.landmarks import landmarks_68
from lib.records import Result
from lib.synthetic import Subject, draw, render
from lib.synthetic.scene import Scene
from lib.synthetic.units import UNITS

SIZE = 256  # of the rendered images, in pixels
ANGLES = (-45, -30, -15, 15, 30, 45)  # by which faces are turned, in degrees
TRUE_POINTS = "proposed, true points"  # the proposed crop from the true landmarks instead of the detected ones


def readable(table: pd.DataFrame, sample: pd.Index) -> pd.DataFrame:
    """Return what the face detector finds in the images that can be read, then what the Haar cascade finds.

    Args:
        table: one row per image, of `lib.faces.find_faces`.
        sample: index of the images that the cascade is shown, which is slow.

    Returns:
        Rows of the table with `metric` ("face found" for each image, and "face found by the Haar cascade" for each
        of the sample), `detected`, bool, and `group`: the subject, or the image itself where nobody knows it.
    """
    rows = table[table["status"].isin(["ok", "no face"])]
    group = rows["subject"].where(rows["subject"] != "", rows.index.astype(str))
    rows = rows.assign(metric="face found", detected=rows["status"] == "ok", group=group)
    shown = rows[rows.index.isin(sample)]
    images = progress.bar(shown.iterrows(), "Haar cascade", total=len(shown))
    detected = [len(detect_haar(datasets.read_image(row))) > 0 for _, row in images]
    cascade = shown.assign(metric="face found by the Haar cascade", detected=np.array(detected, bool))
    return pd.concat([rows, cascade], ignore_index=True)


def in_words(readable: pd.DataFrame) -> str:
    """Return how often each detector finds a face, in words; `readable` from the function of that name."""
    of_all, of_sample = readable.groupby("metric", sort=False)["detected"].mean()
    return f"A face is found in {of_all:.1%} of readable images, by the Haar cascade in {of_sample:.1%} of its sample."


def odd_images(table: pd.DataFrame) -> pd.DataFrame:
    """Return the images without a face, with several or unreadable, with the `reason`; `table` of `find_faces`."""
    odd = table[(table["status"] != "ok") | (table["faces"] > 1)]
    return odd.assign(reason=odd["status"].mask(odd["status"] == "ok", odd["faces"].astype(str) + " faces"))


def people(seed: int, number: int) -> list[Subject]:
    """Return rendered people who occur in no data set; each seed has its own thousand."""
    return [Subject(70_000 + 1_000 * seed + k) for k in range(number)]


def rendered_faces(people: Sequence[Subject], rng: np.random.Generator) -> pd.DataFrame:
    """Render every person with every emotion in the laboratory and in the wild, and look for the face.

    Returns:
        One row per image: `subject`, `tone` (of the skin, 1 to 6), `scene`, `emotion`, `image` uint8 (256, 256, 3);
        `mesh` (468, 2) and `marks` (68, 2), the true points; `landmarks` (68, 2), those found, None without a face;
        `detected`, whether there is one.
    """
    rows = []
    for person in progress.bar(people, "rendered people", "people"):
        for emotion, scene in itertools.product(EMOTIONS, ("lab", "wild")):
            image, truth = render(person, emotion, 0.8, rng, scene, SIZE)
            landmarks = next((face.landmarks for face in detect(image)), None)
            row = {"subject": person.seed, "tone": person.skin_tone, "scene": scene, "emotion": emotion, "image": image}
            row |= {"mesh": truth.mesh, "marks": landmarks_68(truth.mesh), "landmarks": landmarks}
            rows.append(row | {"detected": landmarks is not None})
    return pd.DataFrame(rows)


def errors(rendered: pd.DataFrame) -> pd.DataFrame:
    """Return how far the landmarks of `rendered_faces` are off: rows `image`, `subject`, `scene`, `metric`, `value`.

    Landmark errors are in distances between the eye centres; `image` is the row of `rendered`.
    """
    rows = []
    for row in rendered.itertuples():
        values = {"face found": float(row.detected)}
        if row.detected:
            off = measure.normalised_error(row.landmarks, row.marks)
            values["landmark error, all 68"] = off.mean()
            for part, points in measure.PARTS.items():
                values[f"landmark error, {part}"] = off[points].mean()
            turned = measure.angle(row.landmarks) - measure.angle(row.marks)
            values["error of the eye line, degrees"] = abs(turned)
        rows += [(row.Index, row.subject, row.scene, *value) for value in values.items()]
    return pd.DataFrame(rows, columns=["image", "subject", "scene", "metric", "value"])


def turned_faces(rendered: pd.DataFrame) -> pd.DataFrame:
    """Turn each person's first laboratory image by known angles and detect the face again.

    Args:
        rendered: rows of `rendered_faces` with a face.

    Returns:
        Rows `subject`, `metric` ("within half a degree"), `degrees` clockwise as seen, `error` of the eye line's angle
        in degrees, NaN where the face is lost, and `within`, whether it is below half a degree.
    """
    rows, middle = [], ((SIZE - 1) / 2, (SIZE - 1) / 2)
    upright = rendered[rendered["scene"] == "lab"].groupby("subject").head(1)
    for row, degrees in itertools.product(upright.itertuples(), ANGLES):
        turn = cv2.getRotationMatrix2D(middle, -degrees, 1)
        image = cv2.warpAffine(row.image, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
        angle = next((measure.angle(face.landmarks) for face in detect(image)), np.nan)
        rows.append((row.subject, degrees, angle - measure.angle(row.landmarks) - degrees))
    table = pd.DataFrame(rows, columns=["subject", "degrees", "error"])
    return table.assign(metric="within half a degree", within=table["error"].abs() < 0.5)


def crops(rendered: pd.DataFrame, size: int) -> pd.DataFrame:
    """Measure each alignment's crop with the true points: rows `metric`, `scene`, `alignment`, `subject`, `value`.

    Args:
        rendered: rows of `rendered_faces` with a face.
        size: side of the crops in pixels.

    Returns:
        Per image and alignment two rows: "background", the share of the crop outside the face; and "eye-level spread",
        the squared distance of the eye line's row from its mean in that scene and alignment, in square pixels.
    """
    rows = []
    for row, how in itertools.product(rendered.itertuples(), WAYS):
        matrix = crop_matrix(row.landmarks, how, size, row.image.shape[:2])
        eyes = measure.level(row.marks, matrix, "eyes")
        rows.append((row.subject, row.scene, how, eyes, measure.background(row.mesh, matrix, size)))
    table = pd.DataFrame(rows, columns=["subject", "scene", "alignment", "eyes", "background"])
    mean = table.groupby(["scene", "alignment"])["eyes"].transform(lambda rows: rows.mean())
    table["eye-level spread"] = (table.pop("eyes") - mean) ** 2
    return table.melt(["subject", "scene", "alignment"], ["eye-level spread", "background"], "metric")


def brow_movement(
    people: Sequence[Subject], actions: Mapping[str, Sequence[int]], size: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Let frontal faces move action units and nothing else, and see where the brows go in the crop.

    Args:
        people: who.
        actions: action units at full strength, by the name of the action.
        size: side of the crops in pixels.
        rng: the camera's noise.

    Returns:
        Rows `subject`, `action` ("rest" first), `alignment` (also `TRUE_POINTS`), `crop` uint8 (size, size, 3) and
        `pixels`, how far below their row at rest the true brows lie in it.
    """
    rows = []
    for person, action in itertools.product(people, ["rest", *actions]):
        strength = np.zeros((len(UNITS), 2))
        strength[[UNITS.index(unit) for unit in actions.get(action, ())]] = 1
        image, truth = draw(person, strength, Scene(), rng, SIZE)
        points = dict.fromkeys(WAYS, detect(image)[0].landmarks) | {TRUE_POINTS: truth.landmarks}
        for alignment, landmarks in points.items():
            crop, matrix, _ = align(image, landmarks, alignment.split(",")[0], size)
            brows = measure.level(landmarks_68(truth.mesh), matrix, "brows")
            rows.append((person.seed, action, alignment, crop, brows))
    table = pd.DataFrame(rows, columns=["subject", "action", "alignment", "crop", "pixels"])
    table["pixels"] -= table.groupby(["subject", "alignment"])["pixels"].transform("first")
    return table


def detectors(size: int) -> dict[str, Callable[[np.ndarray], object]]:
    """Return what notebook 04 times on an image (H, W, 3): finding, finding and cropping, and the Haar cascade."""

    def find_and_align(image: np.ndarray) -> list[Alignment]:
        return [align(image, face.landmarks, "proposed", size) for face in detect(image)[:1]]

    return {"find": detect, "find and align": find_and_align, "find by Haar": detect_haar}


def results(
    shares: pd.DataFrame,
    origins: Mapping[str, str],
    exact: pd.DataFrame,
    claims: pd.DataFrame,
    chin: pd.DataFrame,
    turned: pd.DataFrame,
    speed: pd.DataFrame,
) -> list[Result]:
    """Return the results of notebook 04.

    Args:
        shares: by `data_set` and `metric`, of `readable`.
        origins: "real" or "stand-in" per data set.
        exact: by `scene` and `metric`, of `errors`.
        claims: by `metric`, `scene` and `alignment`, of `crops`.
        chin: by `action` and `alignment`, of `brow_movement`.
        turned: by `metric`, of `turned_faces`.
        speed: `of` and milliseconds as `median`, of `lib.timing.table`.
    """
    rows = []
    for name, share in shares.assign(of=shares["data_set"]).groupby("of"):
        rows += records.results(share, "alignment", "readable images, subjects drawn where known", origins[name])
    tables = [
        exact.assign(of=exact["scene"]),
        claims.assign(of=claims["scene"] + "/" + claims["alignment"]),
        chin.assign(of=chin["alignment"], metric="brows down, " + chin["action"]),
        turned.assign(of="turned up to 45 degrees"),
    ]
    for table in tables:
        for unit, part in table.groupby(table["metric"].map(_unit)):
            rows += records.results(part, "alignment", "rendered faces, subjects drawn", "stand-in", unit=unit)
    pace = speed.assign(metric="images a second", value=1000 / speed["median"])
    way = "rendered faces one after another"
    return rows + records.results(pace, "alignment", way, "stand-in", unit="1/s", kind="time")


def _unit(metric: str) -> str:
    """Return the unit of a metric of notebook 04, empty for a share."""
    units = {"landmark error": "eye distance", "error of the eye": "degree", "eye-level": "pixel", "brows": "pixel"}
    return next((unit for start, unit in units.items() if metric.startswith(start)), "")
