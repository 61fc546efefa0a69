"""Maps over a crop, float32 (H, W): large where the evidence for an emotion is, negative where evidence against it is.

Occlusion works for any network. Grad-CAM weighs the last feature maps by the gradient of the emotion's score, averaged
over their cells. In a network that ends with a mean over the cells and one layer, that gradient is the layer's weight
over the number of cells, so no gradient has to be taken and any backend of Keras serves (Selvaraju et al. 2017,
section 3: Grad-CAM then is CAM). The ReLU with which the paper ends is left to those who read a map.
"""

import itertools
from collections.abc import Callable, Iterator

import cv2
import keras
import numpy as np

from lib import models
from lib.explanations.photographs import blurred

OCCLUSION, GRAD_CAM, EDGES = "occlusion", "Grad-CAM", "edges"
STAGES = {"head": "last layer", "_3": "+ stage 3", "_2": "+ stage 2", "_1": "+ stage 1", "stem": "all layers"}
LEAST = 1e-7  # of a probability, before its logarithm
Map = Callable[[keras.Model, np.ndarray, np.ndarray], np.ndarray]


def occlusion(model: keras.Model, images: np.ndarray, classes: np.ndarray, patch: int, stride: int) -> np.ndarray:
    """Return how much the logarithm of a probability falls when a grey patch covers a pixel, float32 (N, H, W).

    Zeiler and Fergus (2014, section 4.2) slide a grey square and record the probability. The logarithm, the mean over
    the patches on a pixel and the patch in the crop's mean colour are ours.

    Args:
        model: from images to probabilities.
        images: uint8 (N, H, W, 3).
        classes: int (N,), the output that is explained.
        patch: side of the patch in pixels.
        stride: pixels from one patch to the next.
    """
    done = []
    for image, k in zip(images, classes, strict=True):
        windows = [*_windows(image.shape[0], patch, stride)]
        covered = np.repeat(image[None], len(windows) + 1, axis=0)
        for copy, window in zip(covered, windows, strict=False):
            copy[window] = image.mean(axis=(0, 1))
        score = np.log(models.predict(model, covered)[:, k] + LEAST)
        done.append(_mean_over(windows, score[-1] - score[:-1], image.shape[:2]))
    return np.stack(done)


def grad_cam(model: keras.Model, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the last feature maps, weighed by what each adds to an emotion's score, float32 (N, H, W).

    Args:
        model: ends with a global mean over the cells and one dense layer.
        images: uint8 (N, H, W, 3).
        classes: int (N,), the output that is explained.

    Raises:
        ValueError: the network ends otherwise, so its gradient is not that of one layer.
    """
    pools = [layer for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D)]
    weights = model.layers[-1].get_weights()[0]  # (C, K)
    if not pools or pools[-1].output.shape[-1] != len(weights):
        raise ValueError(f"{model.name} does not end with a global mean and one dense layer; expected such a network")
    features = models.predict(keras.Model(model.input, pools[-1].input), images)  # (N, h, w, C)
    coarse = np.einsum("nhwc,nc->nhw", features, weights[:, classes].T) / np.prod(features.shape[1:3])
    return np.stack([_enlarged(one, images.shape[1]) for one in coarse])


def edges(images: np.ndarray) -> np.ndarray:
    """Return how steep the grey values are, blurred, float32 (N, H, W); a map that asks no network.

    Args:
        images: uint8 (N, H, W, 3).
    """
    grey = images.mean(axis=-1, dtype=np.float32)
    steep = [np.hypot(cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)) for one in grey]
    return np.stack([blurred(one) for one in steep])


def randomised(model: keras.Model, seed: int) -> Iterator[tuple[str, keras.Model]]:
    """Yield a copy of a network whose weights are drawn anew from the last layer down, and what has been by then.

    It is one network, changed from step to step (Adebayo et al. 2018, section 4.1: cascading randomisation).

    Args:
        model: the modern compact network of `lib.models`.
        seed: of the weights, another than that of the fit: trained weights still resemble those that they began with.
    """
    keras.utils.set_random_seed(seed)
    fresh, copy = (models.build(model.name, model.input_shape[1], model.output_shape[-1]) for _ in range(2))
    copy.set_weights(model.get_weights())
    for part, name in STAGES.items():
        for layer in copy.layers:
            if part in layer.name:
                layer.set_weights(fresh.get_layer(layer.name).get_weights())
        yield name, copy


def _windows(side: int, patch: int, stride: int) -> Iterator[tuple[slice, slice]]:
    """Yield the rows and columns that each place of a patch covers in a square crop."""
    starts = range(0, side - patch + 1, stride)
    for y, x in itertools.product(starts, starts):
        yield slice(y, y + patch), slice(x, x + patch)


def _enlarged(cells: np.ndarray, size: int) -> np.ndarray:
    """Return a square of cells as float32 (size, size), each cell where its receptive field has its centre.

    A convolution of stride 2 pads an even side at its end alone. Cell i of n then has its centre on pixel
    (i + 1) size / n - 1, half a cell further on than in an enlarged picture.
    """
    step = size / len(cells)
    matrix = np.array([[step, 0, step - 1], [0, step, step - 1]])
    return cv2.warpAffine(cells, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)


def _mean_over(windows: list[tuple[slice, slice]], values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return for every pixel the mean of the values, (P,), of the P windows that cover it; 0 where none does."""
    total, times = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for window, value in zip(windows, values, strict=True):
        total[window] += value
        times[window] += 1
    return total / np.maximum(times, 1)
