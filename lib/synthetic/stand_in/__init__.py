"""Stand-ins: a rendered tree per data set, in exactly that data set's folders, names, sizes, colours and label files.

    ensure("standard")                  # all nine below build/data/standard/stand_in/
    write("mug", "smoke", "some/MUG")   # one, anywhere

They let the whole study run without a licence. They are a measuring instrument, never evidence about real people.
A tree is marked by `STAND_IN.json`, which lists the defects planted; `truth.csv` tells what each picture shows and
`groups.csv` the person's group attributes. No person is in two trees.
"""

from collections.abc import Iterable
from pathlib import Path

from lib import paths
from lib.synthetic.stand_in.drawing import layout
from lib.synthetic.stand_in.plan import NAMES
from lib.synthetic.stand_in.writer import key, write

__all__ = ["NAMES", "ensure", "key", "layout", "write"]


def ensure(scale: str, names: Iterable[str] = NAMES, progress: bool = True, processes: int = 2) -> dict[str, Path]:
    """Return the folder of each stand-in of that size, written first where it is missing or out of date."""
    folder = paths.data(scale) / "stand_in"
    return {name: write(name, scale, folder / name, progress=progress, processes=processes) for name in names}
