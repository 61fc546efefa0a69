"""Every figure, table and number of paper A, and the name of what this study puts beside it."""

from dataclasses import dataclass

import numpy as np

from lib.evaluate.intensity_metrics import ARGMAX
from lib.papers import paper_a

BY_ACCURACY = "accuracy on the validation images"
BY_SAME = f"{BY_ACCURACY}, the same as here"
BY_LOSS = "loss on the validation images"
_PEOPLE = "EIW names no people: known where it is rendered"


@dataclass(frozen=True)
class Item:
    """Something that paper A prints or shows.

    Attributes:
        item: in words.
        place: in the paper.
        paper: as printed; shares in [0, 1]; NaN for a figure without a number.
        n: images behind a share or error, 0 where unknown or meaningless.
        people: in those images, 0 where the paper gives none.
        way: name of our result by the paper's protocol, leaks included.
        strict: name of our result without leaks, "" where a protocol cannot leak.
        paired: name of the result that is their difference, measured by itself, "" where there is none.
        chosen_by: what chose the epoch of our network.
        bound: "<" or ">" where the paper prints only a bound; "claim" where it says that a difference is positive.
        shown: name of the saved figure that answers a figure of the paper.
        because: why there is nothing of ours, or why it gets no verdict.
        unknown: why nobody can know our figure without leaks; it stands beside the verdict.
    """

    item: str
    place: str
    paper: float = np.nan
    n: int = 0
    people: int = 0
    way: str = ""
    strict: str = ""
    paired: str = ""
    chosen_by: str = ""
    bound: str = ""
    shown: str = ""
    because: str = ""
    unknown: str = ""


_TEST = {
    "n": paper_a.HP_TEST_IMAGES,
    "people": paper_a.HP_TEST_SUBJECTS,
    "way": "results/compact VGG-S, paper's protocol/accuracy",
    "strict": "results/compact VGG-S/accuracy",
    "paired": "results/paper's protocol minus leak-free/accuracy",
    "chosen_by": BY_ACCURACY,
}
_CLASSIFICATION = [
    Item(
        "accuracy on validation",
        "Figure 8",
        paper_a.FIGURE_8_ACCURACY,
        n=paper_a.TABLE_3["validation"],
        way="classification/compact VGG-S, paper's protocol/accuracy",
        strict="classification/compact VGG-S/accuracy",
        paired="classification/paper's protocol minus leak-free/accuracy",
        chosen_by=BY_SAME,
    ),
    Item(
        "accuracy over 80 %, validation",
        "abstract",
        paper_a.ABSTRACT_ACCURACY,
        bound=">",
        way="classification/compact VGG-S, paper's protocol/accuracy",
        strict="classification/compact VGG-S/accuracy",
        chosen_by=BY_SAME,
    ),
    Item("accuracy on the HP test set", "Figure 10", paper_a.FIGURE_10_ACCURACY, **_TEST),
    Item("accuracy over 80 %, HP test set", "abstract", paper_a.ABSTRACT_ACCURACY, bound=">", **_TEST),
    Item(
        "accuracy of the pretrained VGG-S",
        "text",
        paper_a.VGG_S_ACCURACY,
        bound="<",
        because="cannot be done: the paper names neither its weights nor its video data; ours is trained from scratch",
    ),
    Item(
        "accuracy of an answer that is always neutral",
        "computed from Table 5",
        round(paper_a.ALWAYS_NEUTRAL, 3),
        n=paper_a.EIW_IMAGES,
        strict=f"intensity/always neutral/{ARGMAX}",
    ),
]


_RIVALS = {  # readings of the paper's traditional alignment, the fair one first
    "the turned box of the face": "proposed minus traditional alignment, face box",
    "the turned whole frame": "proposed minus traditional alignment",
}
_CLAIMS = [
    *(
        Item(
            f"the proposed alignment is superior to {rival}",
            "text",
            bound="claim",
            strict=f"results/{pair}/accuracy",
            chosen_by=BY_ACCURACY,
        )
        for rival, pair in _RIVALS.items()
    ),
    Item(
        "a classifier flickers more than a regression",
        "text",
        bound="claim",
        strict="intensity/classifier over regression/log of roughness ratio",
        chosen_by="loss or accuracy on the validation images",
    ),
]


def _intensity(name: str, own_test: str, figure: str) -> list[Item]:
    """Return the row of Table 6 for one training set, whose confusion matrix is a figure of the paper.

    Args:
        name: of the training set.
        own_test: prefix of our results on the test images of its data sets.
        figure: of the confusion matrix.
    """
    row, n, own = paper_a.TABLE_6[name], paper_a.TABLE_7[name]["validation"], f"intensity/{name}"
    way = f"{own}/its own validation/28 variants"  # augmented as in the paper
    return [
        Item(f"training loss, {name}", "Table 6", row["training loss"], strict=f"{own}/training loss"),
        Item(f"validation loss, {name}", "Table 6", row["validation loss"], strict=f"{own}/validation loss"),
        Item(
            f"RMSE, {name}",
            "Table 6",
            row["RMSE"],
            n,
            way=f"{way}/RMSE",
            strict=f"{own_test}/RMSE",
            chosen_by=BY_LOSS,
            unknown=_PEOPLE,
        ),
        Item(
            f"accuracy by the largest of seven, {name}",
            f"Table 6, {figure}",
            row["accuracy"],
            n,
            way=f"{way}/{ARGMAX}",
            strict=f"{own_test}/{ARGMAX}",
            paired=f"{own}/seen minus new people/{ARGMAX}" if name == "EIW" else "",  # MUG keeps people apart
            chosen_by=BY_LOSS,
            unknown=_PEOPLE,
        ),
    ]


def _machine() -> list[Item]:
    time, length = "not judged: another device", "not judged: fewer images need fewer steps"
    chosen = "not judged: the layers were chosen to give it"
    rows = [
        ("seconds for the HP test set", paper_a.HP_TEST_SECONDS, "time/seconds", time),
        ("milliseconds per image of it", paper_a.HP_TEST_MILLISECONDS_PER_IMAGE, "time/milliseconds per image", time),
        ("megabytes of the compact network", paper_a.MEGABYTES, f"size/compact VGG-S at {paper_a.SIZE} px", chosen),
        ("megabytes of VGG-S", paper_a.VGG_S_MEGABYTES, "size/VGG-S at 224 px", ""),  # more than
        ("training steps", paper_a.ITERATIONS, "training/steps", length),
        ("training hours", paper_a.HOURS, "training/hours", time),
    ]
    return [
        Item(item, "text", paper, way=f"results/{way}", bound="" if because else ">", because=because)
        for item, paper, way, because in rows
    ]


def _pictures() -> list[Item]:
    shown = {
        "Figure 1": ("flow chart of the method", "00_figure_1_flow_chart"),
        "Figure 2": ("the seven emotions", "00_emotions"),
        "Figure 3": ("samples of four data sets", "03_faces"),
        "Figure 4": ("the 68 landmarks", "04_figure_4_landmarks"),
        "Figure 5": ("alignment, before and after", "04_figure_5_before_and_after"),
        "Figure 6": ("layers of the compact network", "08_layers"),
        "Figure 7": ("nine frames of a sequence", "05_nine_frames"),
        "Figure 8": ("confusion matrix, validation", "09_figure_8_confusion"),
        "Figure 9": ("samples of the HP test set", "03_faces"),
        "Figure 10": ("confusion matrix, HP test set", "11_figure_10_confusion"),
        "Figure 11": ("confusion matrix of the regression, EIW", "10_figures_11_12_confusion"),
        "Figure 12": ("confusion matrix of the regression, EIW + MUG", "10_figures_11_12_confusion"),
    }
    absent = {
        "Figure 13": ("demonstration on video", "shown in notebook 17, on a rendered film"),
    }
    items = [Item(what, place, shown=name) for place, (what, name) in shown.items()]
    items += [Item(what, place, because=why) for place, (what, why) in absent.items()]
    return sorted(items, key=lambda item: int(item.place.split()[1]))


ITEMS = (
    *_CLASSIFICATION,
    *_intensity("EIW", "intensity/EIW", "Figure 11"),
    *_intensity("EIW + MUG", "intensity/EIW + MUG/its own test", "Figure 12"),
    *_CLAIMS,
    *_machine(),
    *_pictures(),
)

COUNTS = {  # the paper's counts: place -> item -> printed
    "Table 1": paper_a.TABLE_1,
    "Table 1, whole sets": paper_a.TABLE_1_WHOLE,
    "Table 1, people": paper_a.TABLE_1_SUBJECTS,
    "text": {
        "people of MUG that are distributed": paper_a.MUG_SUBJECTS,
        "MUG, labelled by hand": paper_a.MUG_BY_HAND,
        "own": paper_a.OWN_IMAGES,
        "HP test": paper_a.HP_TEST_IMAGES,
        "EIW": paper_a.EIW_IMAGES,
        "EIW, not in Table 7": paper_a.EIW_UNACCOUNTED,
        **{f"nine frames of MUG, {side}": n for side, n in paper_a.MUG_NINE_FRAMES.items()},
    },
    "Table 2": paper_a.TABLE_2,
    "Table 3": paper_a.TABLE_3,
    "Table 4": {"training x 28": paper_a.TABLE_4["training x 28"]},
    "Table 5": paper_a.TABLE_5_ITEMS,
    "Table 7": {f"{name}, {side}": n for name, row in paper_a.TABLE_7.items() for side, n in row.items()},
}
