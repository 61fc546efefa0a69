"""The ablation of notebook 13: the recipe of the modern network with one part changed at a time.

Every change is judged on the validation images, which choose the recipe; the test images are not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lib import emotions, evaluate, models
from lib.training import gate, real_faces
from lib.training.fair_trial import HOW, PAIRS, SMALL, Trial
from lib.training.runs import Inputs, fit_runs, outputs
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


def fit(trial: Trial, parts: Sequence[str], seeds: int) -> pd.DataFrame:
    """Fit changes on the crops of the networks that saw no near duplicates, and set each beside the recipe.

    The unchanged recipe is the modern network of the trial, which is read.

    Args:
        trial: from `lib.training.fair_trial.fit`.
        parts: keys of `changes`, or "all" alone.
        seeds: networks of each change.

    Returns:
        As `lib.evaluate.leaderboard`; "no mirrored image" are the answers of the recipe to the image alone. `learned`
        is False where the network or the unchanged recipe has not learned its training images.

    Raises:
        ValueError: a part that the recipe does not have.
    """
    fits = fit_runs(*_runs(trial, chosen(trial.recipe, parts), seeds), trial.folder)
    given = {label: emotions.names(output) for label, output in outputs(fits, trial.folder).items()}
    crops, _ = trial.strict.validation
    unchanged = trial.networks[PAIRS["modern compact"][1]]
    given["no mirrored image"] = emotions.names(np.stack([models.predict(model, crops) for model in unchanged]))
    shown = trial.side("validation")
    board = evaluate.leaderboard(given, shown["emotion"].to_numpy(), shown["cluster"], RECIPE)
    lost = gate.not_learned(fits)
    return board.assign(learned=[RECIPE not in lost and label not in lost for label in board["label"]])


def chosen(recipe: Settings, parts: Sequence[str]) -> dict[str, tuple[str, Settings, float]]:
    """Return the recipe and its changes of these names, or all of them; as `changes`, which says what is refused."""
    every = changes(recipe)
    if list(parts) == ["all"]:
        return every
    if unknown := sorted(set(parts) - set(every)):
        raise ValueError(f"the recipe has no part {', '.join(unknown)}; expected some of {', '.join(every)}")
    return {name: every[name] for name in [RECIPE, *parts]}


def _runs(
    trial: Trial, changed: Mapping[str, tuple[str, Settings, float]], seeds: int
) -> tuple[pd.DataFrame, dict[str, Inputs], dict[str, Settings]]:
    """Return runs, inputs by the weight of the votes and recipes by name, for `lib.training.fit_runs`."""
    (crops, _), validation = trial.strict
    learned, rows, inputs = trial.side("train"), [], {}
    for name, (network, _, weight) in changed.items():
        inputs[str(weight)] = Inputs((crops, real_faces.targets(learned, weight)), validation)
        run = {"label": name, "model": network, "how": HOW, "pixels": SMALL, "inputs": str(weight), "recipe": name}
        rows += [run | {"seed": seed} for seed in range(seeds)]
    return pd.DataFrame(rows), inputs, {name: settings for name, (_, settings, _) in changed.items()}


def in_words(board: pd.DataFrame) -> str:
    """Return which changes are more than chance; `board` from `fit`."""
    ordered = board[board["verdict"].notna() & (board["verdict"] != "cannot be ordered")]
    rest = f"{len(board) - 1 - len(ordered)} of {len(board) - 1} changes cannot be ordered beside the recipe"
    return "; ".join([*ordered["verdict"], rest])
