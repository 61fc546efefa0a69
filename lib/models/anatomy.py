"""What a network is made of, layer by layer: shapes, parameters, multiply-adds, receptive field."""

import math
from collections.abc import Mapping

import keras
import numpy as np
import pandas as pd


def table(model: keras.Model) -> pd.DataFrame:
    """Return one row per layer of a model from `lib.models.build`, from the image to the head.

    Columns: `layer`, `kind`, `output` (height x width x channels, or units), `parameters`, `megabytes` (10^6 bytes of
    float32), `multiply_adds` of one image in millions (convolutions, dense layers, and a layer of our own that has
    an attribute of that name; biases left out, as papers do), and `receptive_field`: side in pixels of the square of
    the input that one output sees, capped at the input's side.
    """
    side, fields = model.input_shape[1], {}  # fields: layer name -> (receptive field, step), both in pixels
    rows = []
    for layer in model.operations:
        parameters = sum(math.prod(weight.shape) for weight in getattr(layer, "weights", []))
        fields[layer.name] = _field(layer, [fields[source] for source in _sources(layer)], side)
        rows.append(
            {
                "layer": layer.name,
                "kind": type(layer).__name__,
                "output": " x ".join(map(str, layer.output.shape[1:])),
                "parameters": parameters,
                "megabytes": 4 * parameters / 1e6,
                "multiply_adds": _multiply_adds(layer) / 1e6,
                "receptive_field": min(fields[layer.name][0], side),
            }
        )
    return pd.DataFrame(rows)


def overview(networks: Mapping[str, keras.Model]) -> pd.DataFrame:
    """Return one row per network: `network`, `input` (side in pixels), `parameters`, `megabytes`, `multiply_adds`.

    Megabytes are 10^6 bytes of float32 weights, multiply-adds millions per image.
    """
    rows = []
    for name, model in networks.items():
        sums = table(model)[["parameters", "megabytes", "multiply_adds"]].sum()
        rows.append({"network": name, "input": model.input_shape[1], **sums})
    return pd.DataFrame(rows).astype({"parameters": int})


def five_convolutions(model: keras.Model) -> pd.DataFrame:
    """Return the rows of `table` of five convolutions, evenly spread from the first to the last."""
    layers = table(model).query("kind == 'Conv2D'")
    return layers.iloc[np.linspace(0, len(layers) - 1, 5).round().astype(int)]


def _sources(layer: keras.Operation) -> list[str]:
    """Return the names of the layers whose outputs this one reads."""
    return [node.operation.name for inbound in layer._inbound_nodes for node in inbound.parent_nodes]


def _field(layer: keras.Operation, sources: list[tuple[int, int]], side: int) -> tuple[int, int]:
    """Return (receptive field, step) of a layer's output; a window of k adds k - 1 steps of its input."""
    if not sources:
        return 1, 1
    field, step = max(sources)
    convolution = keras.layers.Conv2D | keras.layers.DepthwiseConv2D
    if isinstance(layer, convolution | keras.layers.MaxPooling2D):
        window = layer.kernel_size[0] if isinstance(layer, convolution) else layer.pool_size[0]
        return field + (window - 1) * step, step * layer.strides[0]
    whole = keras.layers.Flatten | keras.layers.GlobalAveragePooling2D
    return (side, step) if isinstance(layer, whole) else (field, step)


def _multiply_adds(layer: keras.Operation) -> int:
    """Return how often the layer's kernel is used times its size; 0 where there is none."""
    if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense):
        return getattr(layer, "multiply_adds", 0)
    return math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
