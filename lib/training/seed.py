"""One seed for Python, NumPy and the Keras backend."""


def set_seed(seed: int) -> None:
    """Make what follows bit-identical on one machine's CPU, as long as the number of threads stays the same.

    Seeds Python, NumPy and Keras, and asks TensorFlow for deterministic operations. Elsewhere the promise is weaker:
    the same figures within their intervals.
    """
    import keras

    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
