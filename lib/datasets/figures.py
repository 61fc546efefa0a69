"""The figures of the notebook on the data sets."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib import plots
from lib.datasets import read_image
from lib.images import ImageError

MISSING = np.full((64, 64), 230, np.uint8)  # a grey square where an image cannot be read


def examples(tables: Mapping[str, pd.DataFrame], count: int, seed: int) -> Figure:
    """Draw a row of `count` random images per data set; below each its emotion, level, or why it cannot be read."""
    faces, titles = [], []
    for name, table in tables.items():
        for place, (_, row) in enumerate(table.sample(count, random_state=seed, replace=len(table) < count).iterrows()):
            title = row["emotion"] + (f" {row['intensity']:.0%}" if row["intensity"] > 0 else "")
            image, title = _shown(row, title)
            faces.append(image)
            titles.append(f"{name}: {title}" if place == 0 else title)
    return plots.gallery(faces, titles, columns=count, side=1.35)


def sequences(tables: Mapping[str, pd.DataFrame], emotion: str, rng: np.random.Generator) -> Figure:
    """Draw one random sequence of an emotion per data set that has it, a row of five images from first to last."""
    faces, titles = [], []
    for name, table in tables.items():
        table = table[table["emotion"] == emotion].sort_values(["sequence", "frame"])
        if table.empty:
            continue
        one = table[table["sequence"] == rng.choice(table["sequence"].unique())]
        for _, row in one.iloc[np.linspace(0, len(one) - 1, 5).round().astype(int)].iterrows():
            image, title = _shown(row, f"frame {row['frame']}")
            faces.append(image)
            titles.append(f"{name}, {title}")
    return plots.gallery(faces, titles, columns=5, side=2)


def _shown(row: pd.Series, title: str) -> tuple[np.ndarray, str]:
    """Return an image with its title, or a grey square with the reason why it cannot be read."""
    try:
        return read_image(row), title
    except ImageError as error:
        return MISSING, error.reason
