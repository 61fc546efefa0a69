"""Time per image as a paper prints it and as a user feels it, and its share of the machine's arithmetic."""

from lib.timing.clock import each, once, table
from lib.timing.networks import (
    beside_paper,
    costs,
    device,
    file_to_emotion,
    input_costs,
    matmul_peak,
    multiply_adds,
    training_shares,
    training_step,
    whole_set,
    whole_sets,
)
