"""The ablation of notebook 13: the recipe of the modern network with one part changed at a time.

Every change is judged on the validation images, which choose the recipe; the test images are not read.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from lib import emotions, evaluate, models
from lib.training import real_faces
from lib.training.fair_trial import Trial
from lib.training.settings import Settings

RECIPE = "the recipe"
NETWORK = "modern_compact"


def changes(recipe: Settings) -> dict[str, tuple[str, Settings, float]]:
    """Return by name the network, its settings and the weight of FER+'s votes in its targets."""
    return {
        RECIPE: (NETWORK, recipe, 0.0),
        "FER+ votes in the targets": (NETWORK, recipe, real_faces.VOTES),
        "cutmix for mixup": (NETWORK, replace(recipe, augmentation="modern, cutmix"), 0.0),
        "no mixing": (NETWORK, replace(recipe, augmentation="modern, no mixing"), 0.0),
        "no erasing": (NETWORK, replace(recipe, augmentation="modern, no erasing"), 0.0),
        "no averaged weights": (NETWORK, replace(recipe, ema=0.0), 0.0),
        "stochastic depth": (NETWORK, replace(recipe, stochastic_depth=0.1), 0.0),
        "large network": ("modern_large", recipe, 0.0),
    }


def fit(trial: Trial, seeds: int) -> pd.DataFrame:
    """Fit every change on the crops of the networks that saw no near duplicates, and set each beside the recipe.

    Args:
        trial: from `lib.training.fair_trial.fit`.
        seeds: networks of each change.

    Returns:
        As `lib.evaluate.leaderboard`; "no mirrored image" are the answers of the recipe to the image alone.
    """
    (crops, _), validation = trial.strict
    learned, given = trial.side("train"), {}
    for name, (network, settings, weight) in changes(trial.recipe).items():
        train = crops, real_faces.targets(learned, weight)
        for seed in range(seeds):
            here = replace(settings, seed=seed)
            model, _ = real_faces.fit(train, validation, here, trial.folder.with_name("ablation"), network)
            given.setdefault(name, []).append(_answers(model, validation[0], flip=True))
            if name == RECIPE:
                given.setdefault("no mirrored image", []).append(_answers(model, validation[0], flip=False))
    shown, answers = trial.side("validation"), {name: np.stack(each) for name, each in given.items()}
    return evaluate.leaderboard(answers, shown["emotion"].to_numpy(), shown["cluster"], RECIPE)


def in_words(board: pd.DataFrame) -> str:
    """Return which changes are more than chance; `board` from `fit`."""
    ordered = board[board["verdict"].notna() & (board["verdict"] != "cannot be ordered")]
    rest = f"{len(board) - 1 - len(ordered)} of {len(board) - 1} changes cannot be ordered beside the recipe"
    return "; ".join([*ordered["verdict"], rest])


def _answers(model: object, crops: np.ndarray, flip: bool) -> np.ndarray:
    """Return the emotions of crops, str (N,)."""
    return emotions.names(models.predict(model, crops, flip=flip))
