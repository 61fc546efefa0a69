"""The numbers of paper B beside ours: what the paper's metric prints, and what the true accuracy is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import evaluate, records
from lib.emotions import EMOTIONS_8, names
from lib.evaluate import beside_paper_b
from lib.evaluate.explanation import BINARY, TRUE
from lib.papers import paper_b

SIDES = {"training": "", "validation": "val_"}  # and the prefix of their columns in a history


def table_6_1_1(history: pd.DataFrame, images: Mapping[str, int]) -> pd.DataFrame:
    """Return Table 6.1.1 beside ours, a row per side and number of epochs that were fitted.

    Columns: `place`, `paper`, and of ours `binary accuracy`, `true accuracy`, its interval `low` and `high` (images
    taken for independent), `n`.

    Args:
        history: from `lib.affectnet.networks.fit`.
        images: by side, "training" and "validation".
    """
    rows = []
    for side, prefix in SIDES.items():
        for epochs, printed in zip(paper_b.EPOCHS, paper_b.TABLE_6_1_1[side], strict=True):
            if epochs <= len(history):
                epoch = history.iloc[epochs - 1]
                true, n = epoch[f"{prefix}accuracy"], images[side]
                ours = {BINARY: epoch[f"{prefix}binary_accuracy"], TRUE: true, "n": n}
                ours |= dict(zip(("low", "high"), evaluate.wilson(true, n), strict=True))
                rows.append({"place": f"Table 6.1.1, {side}, {epochs} epochs", "paper": printed} | ours)
    return pd.DataFrame(rows)


def reported(y_true: np.ndarray, outputs: np.ndarray, groups: np.ndarray) -> pd.DataFrame:
    """Return the figures of merit on the reported photographs, as `lib.evaluate.classification`, then binary accuracy.

    Args:
        y_true: class numbers (N,).
        outputs: (N, 8).
        groups: (N,) what an interval draws as a whole.
    """
    truth, predicted = np.asarray(EMOTIONS_8)[y_true], names(outputs, EMOTIONS_8)
    merit = evaluate.classification(truth, predicted, groups, EMOTIONS_8)
    right = ((outputs > 0.5) == np.eye(len(EMOTIONS_8))[y_true]).mean(axis=1)  # of each photograph's eight questions
    binary = evaluate.mean(right, groups).assign(metric=BINARY)
    merit["metric"] = merit["metric"].replace("accuracy", TRUE)
    return pd.concat([merit, binary], ignore_index=True)


def beside(history: pd.DataFrame, images: Mapping[str, int], reported: pd.DataFrame) -> pd.DataFrame:
    """Return a row per printed accuracy that has one of ours, as `table_6_1_1`, with a `verdict`.

    Abstract, conclusion and the validation of section 6.1 stand beside the reported photographs, the training of
    section 6.1 beside the last epoch of the table.

    Args:
        history: from `lib.affectnet.networks.fit`.
        images: by side, "training" and "validation".
        reported: from the function of that name.
    """
    table = table_6_1_1(history, images)
    overall = reported[reported["of"] == "all"].set_index("metric")
    true = overall.loc[TRUE]
    ours = {BINARY: overall.loc[BINARY, "value"], TRUE: true["value"]} | true[["low", "high", "n"]].to_dict()
    rows = [{"place": place, "paper": paper_b.PRINTED[place]} | ours for place in ("abstract", "conclusion")]
    rows.append({"place": "section 6.1, validation", "paper": paper_b.SECTION_6_1["validation"]} | ours)
    last = table[table["place"].str.contains("training")].iloc[-1].to_dict()
    rows.append(last | {"place": "section 6.1, training", "paper": paper_b.SECTION_6_1["training"]})
    whole = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    columns = whole[["paper", BINARY, "low", "high"]].itertuples(index=False)
    return whole.assign(verdict=[beside_paper_b.verdict(row[0], row[1], row[2:]) for row in columns])


def recognised(reported: pd.DataFrame) -> str:
    """Return how many emotions a network recognises at all, in words; `reported` from the function of that name."""
    return beside_paper_b.recognised(reported.loc[reported["metric"] == "recall", "value"])


def results(beside: pd.DataFrame, reported: pd.DataFrame, network: str, origin: str) -> list[records.Result]:
    """Return what notebook 15 records.

    Args:
        beside: from the function of that name.
        reported: likewise.
        network: what was fitted, in words.
        origin: of the photographs.
    """
    done = []
    for row in beside.to_dict("records"):
        binary = {"metric": BINARY, "value": row[BINARY], "n": row["n"]}
        true = {"metric": TRUE, "value": row[TRUE], "n": row["n"], "low": row["low"], "high": row["high"]}
        for one in (binary, true):
            table, printed = pd.DataFrame([one]), {one["metric"]: row["paper"]}
            done += records.results(table, f"affectnet/{row['place']}", network, origin, printed)
    rest = reported[~reported["metric"].isin([TRUE, BINARY])]
    return done + records.results(rest, "affectnet/reported", network, origin)
