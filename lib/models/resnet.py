"""ResNets as paper B uses them (sections 4 and 6): the convolutions of keras.applications under a head of our own."""

import keras
from keras import layers

NAMES = {
    "resnet50": keras.applications.ResNet50,
    "resnet101": keras.applications.ResNet101,  # this and the next: paper B's future work
    "resnet152": keras.applications.ResNet152,
}
IMAGENET_MEANS = (103.939, 116.779, 123.68)  # blue, green, red; what the published weights were trained with


def features(image: keras.KerasTensor, name: str, weights: str) -> keras.KerasTensor:
    """Return (N, 2048) from uint8 RGB images (N, H, W, 3).

    Args:
        image: input of the network.
        name: one of `NAMES`.
        weights: "none" for random ones, or "imagenet".

    Raises:
        OSError: the weights are not in Keras' cache and cannot be fetched.
    """
    x = layers.Rescaling(1.0, dtype="float32", name="rescale")(image)
    x = layers.Normalization(mean=IMAGENET_MEANS, variance=(1.0, 1.0, 1.0), dtype="float32", name="standardise")(
        x[..., ::-1]
    )
    options = {"include_top": False, "input_tensor": x, "pooling": "avg"}
    if weights == "none":
        return NAMES[name](weights=None, **options).output
    try:
        return NAMES[name](weights=weights, **options).output
    except Exception as error:  # Keras raises a plain Exception where a download fails
        raise OSError(
            f"the ImageNet weights of {name} cannot be fetched ({error}). Without internet, copy them from another "
            'computer into ~/.keras/models, or build with weights="none"'
        ) from error
