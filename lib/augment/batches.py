"""The batches that training reads, each a function of (seed, epoch, batch number)."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from lib.augment.layers import SETS
from lib.augment.modern import cut_mix, mix_up, modern
from lib.augment.variants import VARIANTS, variant

WORKERS = max(2, min(8, os.cpu_count() or 2))  # with one, JAX would wait for every batch
AUGMENTATIONS = ("none", "paper", "modern", *SETS)
CHANGED = ("modern, no mixing", "modern, no erasing", "modern, cutmix")  # "modern" with one part changed


class Share(NamedTuple):
    """Which part of every batch a process gets that trains together with others.

    Attributes:
        process: which of them this one is, counted from 0.
        processes: how many there are.
        devices: how many all of them have together, a multiple of `processes`.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def places(self, batch: int, batch_size: int, images: int) -> np.ndarray:
        """Return where the images of a batch stand in an epoch of so many, int64 (B,), a multiple of the devices.

        A batch that does not come out even goes on with the images that follow, from the first again after the last.
        """
        first = batch * batch_size
        last = min(first + batch_size, images)
        return np.arange(first, last + (first - last) % self.devices) % images

    def own(self, batch: np.ndarray) -> np.ndarray:
        """Return this process's part of a batch (B, ...), contiguous, as dropout falls by the place in a batch."""
        size = len(batch) // self.processes
        return batch[self.process * size : (self.process + 1) * size]


def plan(images: int, visits: int, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which image and which of its variants stand at each place of an epoch.

    Every image is visited `visits` times an epoch. Over 28 / visits epochs each of its 28 variants is seen exactly
    once, in an order of its own; `visits=28` is paper A's epoch.

    Args:
        images: how many images there are, N.
        visits: a divisor of 28.
        seed: of the study.
        epoch: counted from 0.

    Returns:
        Image numbers, int64 (N * visits,), and variant numbers, uint8 (N * visits,).

    Raises:
        ValueError: `visits` does not divide 28.
    """
    if visits < 1 or VARIANTS % visits:
        raise ValueError(f"visits is {visits}; expected a divisor of {VARIANTS}: 1, 2, 4, 7, 14 or 28")
    round_of_28, first = divmod(epoch * visits, VARIANTS)
    rows = np.tile(np.arange(VARIANTS, dtype=np.uint8), (images, 1))  # (N, 28)
    shown = np.random.default_rng([seed, round_of_28]).permuted(rows, axis=1)[:, first : first + visits]
    order = np.random.default_rng([seed, epoch, visits]).permutation(images * visits)
    return order // visits, shown.ravel()[order]


class TrainingBatches(keras.utils.PyDataset):
    """Batches of an epoch for `model.fit`, each a function of (seed, epoch, batch number) alone.

    Keras has its own ideas of when an epoch ends and of the order of batches, so both are told to it:

        model.fit(batches, shuffle=False, callbacks=[batches.callback()], initial_epoch=3, epochs=8)

    A run that is killed after three epochs and goes on like this sees the batches it would have seen.

    Args:
        images: N crops, uint8 (H, W, 3) each: an array, a memory map or a list of views.
        targets: float or integer (N, ...), one row per image.
        batch_size: images per batch; the last batch of an epoch may be smaller.
        augmentation: "none", "paper" (the 28 variants), "modern", "keras" or "keras_cv", which mix targets, or one of
            `CHANGED`.
        seed: of the study.
        visits: how often an epoch shows each image; 28 is paper A's epoch.
        workers: threads that prepare batches ahead of the training step; OpenCV lets them run side by side.
        share: of every batch, where several processes train together; each makes the batch and keeps its part.

    Raises:
        ValueError: an unknown augmentation, no images, targets that do not fit.
    """

    def __init__(
        self,
        images: Sequence[np.ndarray],
        targets: np.ndarray,
        batch_size: int,
        augmentation: str = "paper",
        seed: int = 0,
        visits: int = 1,
        workers: int = WORKERS,
        share: Share = Share(),  # noqa: B008
    ) -> None:
        super().__init__(workers=workers)
        if augmentation not in (*AUGMENTATIONS, *CHANGED):
            raise ValueError(f"augmentation is {augmentation!r}; expected one of {', '.join(AUGMENTATIONS + CHANGED)}")
        if not len(images) or len(images) != len(targets):
            raise ValueError(f"{len(images)} images and {len(targets)} targets; expected as many of each, at least one")
        if augmentation not in ("none", "paper") and np.ndim(targets) != 2:
            raise ValueError(f"{augmentation} mixes targets, so they must be (N, classes); got {np.shape(targets)}")
        self.images, self.targets, self.batch_size = images, np.asarray(targets), batch_size
        self.augmentation, self.seed, self.visits, self.share = augmentation, seed, visits, share
        self.start(0)

    def start(self, epoch: int) -> None:
        """Set the epoch that the next batches belong to, counted from 0."""
        self.epoch = epoch
        self._image, self._variant = plan(len(self.images), self.visits, self.seed, epoch)

    def callback(self) -> keras.callbacks.Callback:
        """Return the callback that tells these batches which epoch `model.fit` begins."""
        return keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: self.start(epoch))

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return -(-len(self._image) // self.batch_size)

    def __getitem__(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images uint8 (B, H, W, 3) and their targets."""
        images, targets = self._whole(batch)
        return self.share.own(images), self.share.own(targets)

    def _whole(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        places = self.share.places(batch, self.batch_size, len(self._image))
        chosen = self._image[places]
        crops, targets = [self.images[i] for i in chosen], self.targets[chosen]
        if self.augmentation == "none":
            return np.stack(crops), targets
        if self.augmentation == "paper":
            return np.stack([variant(crop, k) for crop, k in zip(crops, self._variant[places], strict=True)]), targets
        rng = np.random.default_rng([self.seed, self.epoch, batch])
        if self.augmentation in SETS:
            images = SETS[self.augmentation]()(np.stack(crops), int(rng.integers(2**31)))
        else:
            erase = self.augmentation != "modern, no erasing"
            images = np.stack([modern(crop, rng, erase) for crop in crops])
        if self.augmentation == "modern, no mixing":
            return images, targets
        mix = cut_mix if self.augmentation == "modern, cutmix" else mix_up
        return mix(images, targets, rng)


def sources(crops: np.ndarray, targets: np.ndarray, batch_size: int, steps: int) -> dict[str, TrainingBatches]:
    """Return `steps` batches of each augmentation but "none", by its name; crops are repeated as often as needed.

    Args:
        crops: uint8 (N, H, W, 3).
        targets: float (N, classes).
        batch_size: images of a batch.
        steps: batches.
    """
    rows = np.arange(batch_size * steps) % len(crops)
    repeated = [crops[row] for row in rows]
    return {name: TrainingBatches(repeated, targets[rows], batch_size, name) for name in AUGMENTATIONS[1:]}
