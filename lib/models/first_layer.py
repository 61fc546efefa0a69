"""How far the first layer of a network moves when a face changes its light, its sharpness or its expression."""

from collections.abc import Mapping
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd

from lib import augment, models
from lib.faces import align, detect
from lib.synthetic import Subject, render


class Reaction(NamedTuple):
    """What the first layer does, movements as shares of the length of its answer to the unchanged face.

    Attributes:
        variants: (28,) mean movement over the faces by variant; the first is 0.
        expression: mean movement from the happy face to the neutral one.
        maps: (28, h, w) the channel that responds most, for every variant of the last face.
    """

    variants: np.ndarray
    expression: float
    maps: np.ndarray


def neutral_and_happy(count: int, size: int, seed: int) -> np.ndarray:
    """Return rendered people with two expressions each, uint8 (count, 2, size, size, 3): neutral, then happy.

    Raises:
        ValueError: too few of the rendered faces are found.
    """
    pairs = []
    for person in range(3 * count):
        subject = Subject(seed + person)
        shown = [render(subject, emotion, 1.0, np.random.default_rng(seed))[0] for emotion in ("neutral", "happy")]
        faces = [detect(image) for image in shown]
        if all(faces) and len(pairs) < count:
            both = zip(shown, faces, strict=True)
            pairs.append([align(image, face[0].landmarks, size=size).crop for image, face in both])
    if len(pairs) < count:
        raise ValueError(f"{len(pairs)} of {3 * count} rendered people have two faces that are found; expected {count}")
    return np.array(pairs)


def reaction(model: keras.Model, layer: str, pairs: np.ndarray) -> Reaction:
    """Return how far a layer moves for the 28 variants of each happy face, and for its neutral expression.

    Args:
        model: from `lib.models.build`.
        layer: name of its first layer with an activation.
        pairs: uint8 (N, 2, H, W, 3) from `neutral_and_happy`.
    """
    first = keras.Model(model.input, model.get_layer(layer).output)
    variants, expression = [], []
    for neutral, happy in pairs:
        maps = models.predict(first, augment.variants(happy))  # (28, h, w, channels)
        length = np.linalg.norm(maps[0])
        variants.append(np.linalg.norm((maps - maps[0]).reshape(len(maps), -1), axis=1) / length)
        expression.append(np.linalg.norm(models.predict(first, neutral[None])[0] - maps[0]) / length)
    strongest = maps[0].sum(axis=(0, 1)).argmax()
    return Reaction(np.mean(variants, axis=0), float(np.mean(expression)), maps[..., strongest])


def reactions(networks: Mapping[str, keras.Model], layers: Mapping[str, str], pairs: np.ndarray) -> dict[str, Reaction]:
    """Return the `reaction` of each network's layer, by the network's name.

    Args:
        networks: name -> model, at least those of `layers`.
        layers: name -> its first layer with an activation.
        pairs: uint8 (N, 2, H, W, 3) from `neutral_and_happy`.
    """
    return {name: reaction(networks[name], layer, pairs) for name, layer in layers.items()}


def summary(reactions: Mapping[str, Reaction]) -> pd.DataFrame:
    """Return one row per network: mean movement by a change of `brightness`, by `blur`, and from `neutral to happy`."""
    blurs = len(augment.BLUR)
    rows = []
    for network, answer in reactions.items():
        brightness = answer.variants[blurs::blurs].mean()  # gains without a blur
        blur = answer.variants[1:blurs].mean()  # blurs without a gain
        rows.append((network, brightness, blur, answer.expression))
    return pd.DataFrame(rows, columns=["network", "brightness", "blur", "neutral to happy"])
