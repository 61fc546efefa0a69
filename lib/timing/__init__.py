"""Time per image as a paper prints it and as a user feels it, and its share of the machine's arithmetic."""

from lib.timing.clock import each, once, table

OF_NETWORKS = (
    "beside_paper",
    "costs",
    "device",
    "file_to_emotion",
    "input_costs",
    "matmul_peak",
    "multiply_adds",
    "training_shares",
    "training_step",
    "whole_set",
    "whole_sets",
)
__all__ = [*OF_NETWORKS, "each", "once", "table"]


def __getattr__(name: str) -> object:
    """Import what times networks at its first use: it brings Keras, seconds that a clock need not wait."""
    if name not in OF_NETWORKS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lib.timing import networks

    return getattr(networks, name)
