"""Deep attentive centre loss (Farzaneh and Qi 2021; 65.20 % on AffectNet, paper B prints 65 %).

Centre loss (Wen et al. 2016) pulls the features of an image towards the mean of its class. The attentive form weighs
every feature first: an attention network reads the last map of the convolutions and gives each of the D features a
weight between 0 and 1, so that features without meaning for the image are not pulled:

    loss = cross-entropy + strength / 2 * mean over images of sum_d attention[d] (feature[d] - centre[class, d])^2

Their network is a ResNet18, strength .01, centres fitted with all other weights. Ours: a small network of three stages,
and the mean over d instead of the sum, so that the strength does not depend on D; it is 1 for that reason.
"""

import keras
from keras import layers, ops

from lib.comparators.networks import blocks
from lib.emotions import EMOTIONS

WIDTHS, STRENGTH = (24, 48, 96), 1.0


@keras.saving.register_keras_serializable(package="face_study")
class AttentiveCentres(layers.Layer):
    """Hands the features on, and holds a centre per class for `Network`, which knows the labels."""

    def build(self, features_shape: tuple[int | None, ...], attention_shape: tuple[int | None, ...]) -> None:
        """Make the centres, (classes, D); they count among the parameters and are used in training alone."""
        self.centres = self.add_weight((len(EMOTIONS), features_shape[-1]), initializer="zeros", name="centres")

    def call(self, features: keras.KerasTensor, attention: keras.KerasTensor) -> keras.KerasTensor:
        """Return the features (N, D); `attention` (N, D) is in [0, 1]."""
        self.batch = features, attention  # of the step that is being traced
        return features

    def loss(self, y: keras.KerasTensor) -> keras.KerasTensor:
        """Return the attentive centre loss of the last batch; `y` (N, classes), shares that sum to 1."""
        features, attention = self.batch
        distance = ops.square(features - ops.matmul(ops.cast(y, features.dtype), self.centres))
        return STRENGTH / 2 * ops.mean(attention * distance)


@keras.saving.register_keras_serializable(package="face_study")
class Network(keras.Model):
    """A model whose loss has the centres' part besides that of the head."""

    def compute_loss(
        self, x: object = None, y: object = None, y_pred: object = None, sample_weight: object = None, **options: bool
    ) -> keras.KerasTensor:
        """Return the loss of the head and of the centres; the arguments are those of Keras."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, **options)
        return loss + self.get_layer("centres").loss(y)


def features(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return (N, 96) from uint8 images (N, H, W, 3)."""
    x = blocks.grey(image)
    for width in WIDTHS:
        x = blocks.convolution(x, width, strides=2)
        x = blocks.convolution(x, width)
    pooled = layers.GlobalAveragePooling2D(name="pool")(x)
    context = layers.Dense(64, activation="relu")(layers.Flatten()(layers.AveragePooling2D(2)(x)))
    attention = layers.Dense(WIDTHS[-1], activation="sigmoid", name="attention")(context)
    return AttentiveCentres(name="centres")(pooled, attention)
