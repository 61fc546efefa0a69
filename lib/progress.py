"""One progress bar for everything that lasts: on a terminal it moves, in a notebook it leaves one plain line."""

import sys
from collections.abc import Iterable

from tqdm import tqdm

SECONDS = 2  # between two states of the line in a notebook or a log; what is done sooner leaves no line


def bar(items: Iterable | None = None, label: str = "", unit: str = "images", total: int | None = None) -> tqdm:
    """Return a progress bar: iterate over it, or call its `update(number)`.

    Args:
        items: what to go through; without it `total` says how much there is to do.
        label: what is being done, for instance "finding faces".
        unit: of what is counted.
        total: how many there are, where `len(items)` does not say.
    """
    shape = {"desc": label and f"{label}: ", "unit": f" {unit}", "total": total}
    if sys.stderr.isatty():
        return tqdm(items, **shape)
    to = sys.stdout if "ipykernel" in sys.modules else sys.stderr  # a notebook shows standard error in red
    line = "{desc}{n_fmt} of {total_fmt}{unit}, {elapsed} gone, {remaining} left"
    return tqdm(items, file=to, bar_format=line, mininterval=SECONDS, delay=SECONDS, **shape)
