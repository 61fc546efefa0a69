"""One network per data set, each tested on the held-out people of every data set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lib import datasets, evaluate, faces, models, records, splits, training
from lib.cleaning import duplicates, with_true_subjects
from lib.comparators.named import SEED, run_table
from lib.datasets.table import COLUMNS
from lib.emotions import EMOTIONS, index, names
from lib.splits import leakage
from lib.synthetic import stand_in
from lib.training import trained_networks
from lib.training.runs import Inputs

PEAKS = {"mug": 0.5, "ck_plus": 1.0}  # where in a sequence the expression is strongest: MUG returns to neutral
SHARES = {"train": 0.7, "validation": 0.3}
FREQUENT = "most frequent emotion"


def images(data_sets: Sequence[str], scale: str, most: int, study: Path) -> pd.DataFrame:
    """Return images of all data sets with a face, `split` by people into "train" and "validation", with `group`.

    Of a sequence the middle frame (MUG) or the last (CK+) is taken, where the expression should be strongest; of a data
    set that states test images none of those. The split is ours and one for all sets, so that a near duplicate in two
    sets stands on one side.

    Args:
        data_sets: names of `lib.datasets`.
        scale: of the stand-ins.
        most: images of each data set, drawn at random.
        study: folder of the products.
    """
    table = pd.concat([_sample(name, scale, most) for name in data_sets], ignore_index=True)
    seen = faces.find_faces(table, study)
    usable = (seen.table["status"] == "ok").to_numpy()
    table, _ = duplicates.fingerprint(table[usable].reset_index(drop=True), seen.box[np.flatnonzero(usable)])
    table = splits.audit(splits.split(with_true_subjects(table), SHARES, SEED))
    return table.assign(group=leakage.groups(table))


def tree(name: str, scale: str) -> Path:
    """Return the folder of a data set; where there is neither, its stand-in is drawn, at most at the scale standard."""
    try:
        return datasets.find(name, scale=scale)
    except datasets.DataMissing:
        return stand_in.ensure("smoke" if scale == "smoke" else "standard", [name])[name]


def inputs(table: pd.DataFrame, size: int, study: Path) -> tuple[pd.DataFrame, dict[str, Inputs]]:
    """Return the held-out images that have a crop, and what the network of each data set learns and is chosen by.

    The images stand in the order of the data sets, as those of the inputs do one after another.

    Args:
        table: from `images`.
        size: side of the crops in pixels.
        study: folder of the products.
    """
    usable, crops = trained_networks.crops(table, [("proposed", size)], study)
    table, crops = table[usable].reset_index(drop=True), crops["proposed", size]
    targets, by_set = index(table["emotion"]), {}
    for name in table["data_set"].unique():
        by_set[name] = training.sides(crops, targets, table["split"].where(table["data_set"] == name, ""))
    return table[table["split"] == "validation"].reset_index(drop=True), by_set


def networks(data_sets: Sequence[str], size: int) -> pd.DataFrame:
    """Return a table of runs for `lib.training.fit_runs`, the modern compact network on each data set."""
    runs = [run_table(["modern_compact"], size, name).assign(label=name) for name in data_sets]
    return pd.concat(runs, ignore_index=True)


def answers(fits: pd.DataFrame, folder: Path, tested: pd.DataFrame, inputs: Mapping[str, Inputs]) -> pd.DataFrame:
    """Return one row per network and held-out image: `fitted on`, `tested on`, `own`, `correct`, `group`.

    The last rows are those of always naming the most frequent emotion of the data set that is tested.

    Args:
        fits: from `lib.training.fit_runs`; those whose label is a data set are read.
        folder: of the fits.
        tested: N images, of all data sets, from the function `inputs`.
        inputs: from the same function.
    """
    truth, sets = tested["emotion"].to_numpy(), tested["data_set"]
    crops = np.concatenate([np.asarray(both.validation[0]) for both in inputs.values()])
    given, fits = {}, fits[fits["label"].isin(list(inputs))]
    model = trained_networks.load(fits.iloc[0], folder)  # one for all, as their weights alone differ
    for fit in fits.itertuples():
        models.load_weights(model, training.read(folder / fit.folder).weights)
        given[fit.label] = names(models.predict(model, crops))
    given[FREQUENT] = tested.groupby(sets)["emotion"].transform(lambda emotion: emotion.mode()[0]).to_numpy()
    common = {"tested on": sets.to_numpy(), "group": tested["group"].to_numpy()}
    tables = [pd.DataFrame(common | {"fitted on": name, "correct": answer == truth}) for name, answer in given.items()]
    table = pd.concat(tables, ignore_index=True)
    own = np.where(table["fitted on"] == table["tested on"], "the same data set", "another one")
    return table.assign(own=np.where(table["fitted on"] == FREQUENT, FREQUENT, own))


def cells(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the accuracy of every network on every data set: both names, `value`, `low`, `high`, `n`, `clusters`."""
    return evaluate.by(answers, ["fitted on", "tested on"])


def in_words(answers: pd.DataFrame) -> str:
    """Return the accuracies on the same data set, on the others, and of the most frequent emotion, a line each."""
    lines = []
    for row in evaluate.by(answers, "own").itertuples():
        lines.append(f"* {row.own}: {row.value:.3f} [{row.low:.3f}, {row.high:.3f}], n = {row.n:,}")
    return "\n".join(lines)


def results(cells: pd.DataFrame, origins: Mapping[str, str], size: int) -> list[records.Result]:
    """Return every cell as a result.

    Args:
        cells: from the function of that name.
        origins: "real" or "stand-in" by data set.
        size: side of the crops in pixels.
    """
    done = []
    for row in cells.to_dict("records"):
        pair = {origins[name] for name in (row["fitted on"], row["tested on"]) if name in origins}
        protocol = f"modern compact network at {size} px, held-out people, groups drawn; one seed"
        table = pd.DataFrame([row | {"metric": "accuracy"}])
        name = f"cross data set/{row['fitted on']} to {row['tested on']}"
        done += records.results(table, name, protocol, pair.pop() if len(pair) == 1 else "mixed")
    return done


def _sample(name: str, scale: str, most: int) -> pd.DataFrame:
    """Return at most so many images of the seven emotions, without those that a data set keeps for its test."""
    table = datasets.load(name, root=tree(name, scale))[list(COLUMNS)]
    table = table[table["emotion"].isin(EMOTIONS) & table["split"].isin(["", "train"])]
    if name in PEAKS:
        table = table.sort_values("frame")
        order = table.groupby("sequence")
        place = (PEAKS[name] * (order["frame"].transform("size") - 1)).round()
        table = table[order.cumcount() == place].sort_index()
    return table.sample(min(most, len(table)), random_state=SEED)
