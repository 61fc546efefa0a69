"""What each data set is, who may use it, where to ask, and the tree that its loader expects."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """Facts about a data set.

    Attributes:
        title: name in full.
        folder: its folder below the data root, beside the loader's own name.
        licence: who may use it, for what.
        ask: where it is requested.
        tree: folders and files that the loader reads.
        subjects: as published; None where unknown.
        published: how many there are, in `unit`.
        unit: what is counted: stills, frames or sequences.
        colour: colour or grey.
        pixels: width x height as published, empty where they differ.
        kind: how the faces came about.
        source: where the published figures stand.
    """

    title: str
    folder: str
    licence: str
    ask: str
    tree: str
    subjects: int | None
    published: int
    unit: str
    colour: str
    pixels: str
    kind: str
    source: str = "paper A, Table 1"


class DataMissing(FileNotFoundError):
    """A data set is not there; the message names its licence, where to ask, and the tree expected."""

    def __init__(self, name: str, about: About, looked: str, scale: str) -> None:
        folders = " or ".join(dict.fromkeys([f"{about.folder}/", f"{name}/"]))
        super().__init__(
            f"{about.title} is not here. Looked in: {looked}.\n"
            f"Licence: {about.licence}\nWhere to ask: {about.ask}\n"
            f"Expected below the data root ($FACE_DATA, or --data DIR) as {folders}:\n{about.tree}\n"
            f"Without it: ./run_all.sh {scale} --only {'05' if scale == 'paper' else '03'} draws stand-ins; alone:"
            f' `lib.synthetic.stand_in.ensure("{scale}", ["{name}"])`.'
        )
