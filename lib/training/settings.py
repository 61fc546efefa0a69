"""Training settings, and the record of a finished training run."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclass(frozen=True)
class Settings:
    """How to fit. Paper A gives no optimiser, rate or batch size, so all defaults are ours.

    Attributes:
        epochs: passes over the training images; paper A has 50,000 iterations over its Table 4.
        batch_size: images per step.
        learning_rate: the highest; it rises over the first `warm_up` of all steps and falls to 0 along a cosine.
        warm_up: share of all steps.
        optimiser: "sgd" (Nesterov momentum .9) or "adamw".
        weight_decay: pulled off each weight per step, times the learning rate; not off biases and norms.
        label_smoothing: share of a class target that is spread over all classes; softmax heads only.
        ema: decay per step of the running average of the weights that is validated and kept, 0 for none. Batch norms
            keep the statistics of the plain weights, so both agree only once the learning rate has fallen.
        augmentation: "none", "paper", "modern", "keras" or "keras_cv", or "modern" with a part changed, as in
            `lib.augment.TrainingBatches`.
        stochastic_depth: chance that a residual block of a modern network is left out for an image in training.
        visits: times that an epoch shows each image; 28 is paper A's epoch.
        seed: of batches and variants; call `lib.training.set_seed` before `build` for weights and dropout.
        precision: "float32", "mixed_bfloat16" or "mixed_float16".
        trainable: "all" layers, or the "head" alone.
        start: what the weights are before, in words or as a hash; the default says that they follow from the seed.
        jit: compile with XLA; on TensorFlow not after `lib.training.set_seed`, whose deterministic operations XLA
            lacks: Keras then warns and goes on without. JAX always does.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 0.02
    warm_up: float = 0.05
    optimiser: str = "sgd"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema: float = 0.0
    augmentation: str = "paper"
    stochastic_depth: float = 0.0
    visits: int = 1
    seed: int = 0
    precision: str = "float32"
    trainable: str = "all"
    start: str = "seed"
    jit: bool = False

    def __post_init__(self) -> None:
        """Refuse values that would fail late or silently do something else."""
        if self.epochs < 1 or self.batch_size < 1 or self.learning_rate <= 0:
            raise ValueError(f"epochs, batch_size and learning_rate must be over 0; got {self}")
        if self.optimiser not in ("sgd", "adamw") or self.precision not in PRECISIONS:
            raise ValueError(f"expected optimiser sgd or adamw and precision {', '.join(PRECISIONS)}; got {self}")
        if self.trainable not in ("all", "head"):
            raise ValueError(f"expected trainable all or head; got {self.trainable!r}")
        shares = (self.ema, self.label_smoothing, self.warm_up, self.stochastic_depth)
        if not all(0 <= share < 1 for share in shares):
            raise ValueError(f"ema, label_smoothing, warm_up and stochastic_depth must be in [0, 1); got {self}")


MODERN = Settings(  # today's recipe for the modern compact network; its augmentation flips, cuts out and mixes
    batch_size=128,
    learning_rate=0.1,
    weight_decay=5e-3,
    label_smoothing=0.1,
    ema=0.99,
    augmentation="modern",
)
RECIPES = {  # the large one's is for many passes
    "modern_compact": MODERN,
    "modern_large": replace(MODERN, stochastic_depth=0.1, ema=0.999),
}


@dataclass(frozen=True)
class Record:
    """The record of a finished training run.

    Attributes:
        history: one row per epoch: loss, accuracy or mean squared error, the same of validation, seconds,
            and seconds per `step`.
        best_epoch: the one whose weights the model has now, counted from 0.
        weights: file of those weights.
        images_per_second: while training, validation apart.
        steps_per_second: likewise.
        input_share: share of a training step spent on waiting for its batch, in [0, 1].
        device: what it ran on.
        seconds: of training, validation apart.
        commit: of the code that fitted, "with changes" where files differed from it.
        date: when it ended.
    """

    history: pd.DataFrame
    best_epoch: int
    weights: Path
    images_per_second: float
    steps_per_second: float
    input_share: float
    device: str
    seconds: float
    commit: str
    date: str


def read(folder: Path) -> Record:
    """Return the record of a finished fit.

    Raises:
        FileNotFoundError: there is none; the message says what to do.
    """
    path = Path(folder) / "record.json"
    if not path.exists():
        raise FileNotFoundError(f"no finished fit in {folder}; call lib.training.fit with this folder first")
    record = json.loads(path.read_text())
    return Record(**{**record, "history": pd.DataFrame(record["history"]), "weights": path.parent / "best.npz"})
