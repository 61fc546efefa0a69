"""A designed experiment: who is drawn how often in which group, and the drawing.

A person is a seed; skin tone, age and glasses are set, everything else stays: head, hair, expression, pose, noise. Each
person of the test is drawn in four versions, half of the eight that three attributes have, and each version in both
lights with every emotion:

    version   even person                    odd person
       1      light skin, young, no glasses  light skin, young, glasses
       2      light skin, old,   glasses     light skin, old,   no glasses
       3      dark skin,  young, glasses     dark skin,  young, no glasses
       4      dark skin,  old,   no glasses  dark skin,  old,   glasses

Every level of an attribute occurs in two versions, and every pair of levels of two attributes in one. So a gap between
the levels of one attribute holds nothing of the others, of the emotions, of the lights, or of who was drawn.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import joblib
import numpy as np
import pandas as pd

from lib import progress
from lib.emotions import EMOTIONS
from lib.faces import align
from lib.synthetic import Subject, draw, expressions, scene
from lib.synthetic.people import Traits

ATTRIBUTES = {  # the gap is that of the second level minus the first
    "skin": ("light skin", "dark skin"),
    "age": ("young", "old"),
    "glasses": ("no glasses", "glasses"),
    "light": ("front light", "side light"),
}
TRAITS = {  # of `people.Traits`: what a level sets; skin tones 2 and 6 of six
    "light skin": {"skin_tone": 2},
    "dark skin": {"skin_tone": 6},
    "young": {"age": 0.1, "age_band": "18-29"},
    "old": {"age": 0.9, "age_band": "50-70"},
    "no glasses": {"glasses": False},
    "glasses": {"glasses": True},
}
LAMPS = {
    "front light": scene.light((0.25, 0.5, 0.85), 1.0, sky=0.36),
    "side light": scene.light((1.0, 0.35, 0.3), 1.4, sky=0.14, fill=0.05),
}
VERSION = list(ATTRIBUTES)[:3]  # what is set on the person, not on the scene
LEVELS = (0.5, 0.75, 1.0)  # intensities that take turns
FIRST_TESTED, FIRST_TRAINED = 50_000_000, 51_000_000  # seeds of people whom no stand-in has
DRAWN = 128  # pixels of a picture before its face is cut out; ours
HELD_OUT = 0.2  # share of the training people whose pictures choose the epoch


@dataclass(frozen=True)
class Version(Subject):
    """A person with some traits set and everything else as the seed decides.

    Attributes:
        levels: of the attributes that are set on a person, keys of `TRAITS`.
    """

    levels: tuple[str, ...]

    @cached_property
    def traits(self) -> Traits:
        """What the seed decided, and what is set."""
        traits = Subject(self.seed).traits
        for level in self.levels:
            traits = replace(traits, **TRAITS[level])
        return traits


def versions(person: int) -> list[dict[str, str]]:
    """Return the four versions of a person, each the levels of `VERSION` by name; see the table above."""
    rows = []
    for skin, age in itertools.product((0, 1), repeat=2):
        places = (skin, age, (skin + age + person) % 2)
        rows.append({name: ATTRIBUTES[name][place] for name, place in zip(VERSION, places, strict=True)})
    return rows


def tested(people: int) -> pd.DataFrame:
    """Return the plan of the test: one row per picture, every person in all four versions and both lights.

    Returns:
        Columns `person` (a seed), the `ATTRIBUTES`, `emotion`, `intensity`, `take` (pictures of a person with the same
        number show the same expression, pose and noise) and `stops` (of exposure).
    """
    rows = []
    for number in range(people):
        for version, light in itertools.product(versions(number), ATTRIBUTES["light"]):
            rows += [
                {"person": FIRST_TESTED + number} | version | {"light": light} | shot
                for shot in _shots(number, len(EMOTIONS))
            ]
    return pd.DataFrame(rows)


def trained(people: int, pictures: int, kept: float, stops: float) -> pd.DataFrame:
    """Return the plan of two training sets that differ in the dark faces alone, and share all other pictures.

    In the balanced set the people take the four versions in turn. In the biased one most of the dark people have their
    light skin instead, and the pictures of the others are exposed too short: dark faces are rarer, and darker. Both
    have the same people, emotions, lights, and numbers of pictures.

    Args:
        people: how many; the last `HELD_OUT` of them choose the epoch.
        pictures: of each person, at most as many as emotions times lights fit well: a multiple of 14.
        kept: share in [0, 1] of the dark people that the biased set keeps dark, as many young as old.
        stops: of exposure of those, negative for too short.

    Returns:
        As `tested`, with `split` ("train" or "validation"), `balanced` and `biased`: the sets that a picture is in.
    """
    rows = []
    for number in range(people):
        who = {"person": FIRST_TRAINED + number, "split": "train" if number < (1 - HELD_OUT) * people else "validation"}
        version = versions(number // 4)[number % 4]
        rows += [who | version | {"light": _light(shot)} | shot for shot in _shots(number, pictures)]
    table = pd.DataFrame(rows)
    dark = table["skin"] == ATTRIBUTES["skin"][1]
    stays = table["person"].isin(_kept(table[dark], kept))
    lightened = table[dark & ~stays].assign(skin=ATTRIBUTES["skin"][0])
    darkened = table[dark & stays].assign(stops=stops)
    table = table.assign(balanced=True, biased=~dark)
    other = pd.concat([lightened, darkened]).assign(balanced=False, biased=True)
    return pd.concat([table, other], ignore_index=True)


def _kept(dark: pd.DataFrame, share: float) -> np.ndarray:
    """Return a share of the people of a plan, the same of the young and of the old: skin says nothing of age."""
    people = [part["person"].unique() for _, part in dark.groupby("age")]
    places = [np.linspace(0, len(part) - 1, round(share * len(part))).round().astype(int) for part in people]
    return np.concatenate([part[place] for part, place in zip(people, places, strict=True)])


def _light(shot: dict[str, object]) -> str:
    """Return the light of a training picture: it changes with every round of the emotions."""
    return ATTRIBUTES["light"][shot["take"] // len(EMOTIONS) % 2]


def _shots(number: int, pictures: int) -> Iterator[dict[str, object]]:
    """Yield emotion, intensity, take and exposure of each picture of a person."""
    for take in range(pictures):
        emotion = EMOTIONS[take % len(EMOTIONS)]
        intensity = 0.0 if emotion == "neutral" else LEVELS[(number + take) % len(LEVELS)]
        yield {"emotion": emotion, "intensity": intensity, "take": take, "stops": 0.0}


def crops(table: pd.DataFrame, size: int) -> np.ndarray:
    """Return the aligned faces of a plan, uint8 (N, size, size, 3); one process per core draws.

    Args:
        table: from `tested` or `trained`, N rows.
        size: side of a crop in pixels.
    """
    parts = table.groupby(["person", *VERSION], sort=False).indices.values()  # a person is made ready once per version
    jobs = [joblib.delayed(_crops)(table.iloc[rows], size) for rows in parts]
    drawn = joblib.Parallel(n_jobs=joblib.cpu_count(), return_as="generator")(jobs)
    images = np.empty((len(table), size, size, 3), np.uint8)
    for rows, part in zip(parts, progress.bar(drawn, "drawing", "versions", total=len(jobs)), strict=True):
        images[rows] = part
    return images


def _crops(table: pd.DataFrame, size: int) -> np.ndarray:
    """Return the crops of the pictures of one version, aligned by the true landmarks."""
    cv2.setNumThreads(1)
    return np.stack([picture(row, DRAWN, size) for row in table.to_dict("records")])


def picture(row: dict[str, object], drawn: int, size: int) -> np.ndarray:
    """Return the aligned face of one row of a plan, uint8 (size, size, 3).

    Args:
        row: of a plan.
        drawn: side of the whole picture in pixels.
        size: side of the crop in pixels.
    """
    rng = np.random.default_rng([row["person"], row["take"]])  # the same in every version and light
    who = Version(row["person"], tuple(row[name] for name in VERSION))
    strength = expressions.at(*expressions.draw(who, row["emotion"], rng), row["intensity"])
    setting = replace(scene.sample("lab", rng), lamp=LAMPS[row["light"]], stops=row["stops"])
    image, truth = draw(who, strength, setting, rng, drawn, row["emotion"], row["intensity"])
    return align(image, truth.landmarks, "proposed", size).crop
