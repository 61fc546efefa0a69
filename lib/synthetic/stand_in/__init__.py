"""Stand-ins: a rendered tree per data set, in exactly that data set's folders, names, sizes, colours and label files.

    ensure("standard")                  # all nine below build/data/standard/stand_in/
    write("mug", "smoke", "some/MUG")   # one, anywhere

They let the whole study run without a licence. They are a measuring instrument, never evidence about real people.
A tree is marked by `STAND_IN.json`, which lists the defects planted; `truth.csv` tells what each image shows and
`groups.csv` the person's group attributes. No person is in two trees.
"""

from collections.abc import Iterable
from pathlib import Path

from lib import paths, progress
from lib.synthetic.stand_in.drawing import layout
from lib.synthetic.stand_in.plan import NAMES
from lib.synthetic.stand_in.writer import key, write

__all__ = ["NAMES", "ensure", "key", "layout", "write"]


def ensure(scale: str, names: Iterable[str] = NAMES, processes: int = 0) -> dict[str, Path]:
    """Return the folder of each stand-in of that scale, written first where it is missing or out of date.

    Args:
        scale: smoke, standard or paper.
        names: of the data sets.
        processes: how many draw at once; 0: one per core.

    Raises:
        ValueError: an unknown name or scale.
    """
    folder, names = paths.data(scale) / "stand_in", list(names)
    people = sum(len(layout(name).plan(scale, 0)) for name in names)
    with progress.bar(label="stand-ins", unit="people", total=people) as bar:
        written = {name: write(name, scale, folder / name, processes=processes, bar=bar) for name in names}
        bar.set_description("stand-ins", refresh=False)
    return written
