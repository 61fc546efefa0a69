"""The methods that the papers name, the labels of their rows, and what is printed of each."""

from collections.abc import Sequence

import pandas as pd

from lib.models import COMPARATOR, NAMES
from lib.training.trained_networks import BASE, TRADITIONAL

MODERN = "modern compact"
LABELS = {  # name in `lib.models` or module of `lib.comparators.networks`: label, source
    "compact_vgg_s": (BASE, "paper A"),
    "modern_compact": (MODERN, "this study"),
    "plain_cnn": ("plain CNN", "paper B, related work"),
    "gabor": ("Gabor features", "Daugman 1985; Lyons et al. 1998"),
    "deep_emotion": ("Deep-Emotion", "Minaee et al. 2021"),
    "centre_loss": ("attentive centre loss", "Farzaneh and Qi 2021"),
    "light": ("light multi-task", "Savchenko 2021"),
    "levels": ("multi-level CNN", "Nguyen et al. 2020"),
    "regions": ("informative regions", "paper B, related work"),
    "branches": ("cross-connected branches", "Shi et al. 2021"),
    "se_resnet50": ("SE-ResNet50", "Hu et al. 2018"),
    "resnet50": ("ResNet50", "He et al. 2016"),
}
SEED = 0  # of the draw of images, the first weights and the batches
SOURCES = dict(LABELS.values()) | {TRADITIONAL: "paper A, introduction; Shan et al. 2009"}


def run_table(networks: Sequence[str], size: int, inputs: str = "faces") -> pd.DataFrame:
    """Return a table of runs for `lib.training.fit_runs`, a network each.

    Args:
        networks: keys of `LABELS`, or "all" alone.
        size: side of the crops in pixels.
        inputs: their name.

    Raises:
        ValueError: an unknown network.
    """
    networks = list(LABELS) if list(networks) == ["all"] else networks
    unknown = sorted(set(networks) - set(LABELS))
    if unknown:
        raise ValueError(f"no comparator {', '.join(unknown)}; expected some of {', '.join(LABELS)}")
    runs = pd.DataFrame({"label": [LABELS[name][0] for name in networks]})
    runs["model"] = [name if name in NAMES else COMPARATOR + name for name in networks]
    return runs.assign(pixels=size, inputs=inputs, recipe="all", seed=SEED)
