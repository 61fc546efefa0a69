"""What the notebook of splits records: images per side, and what validation shares with training."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import records
from lib.papers import paper_a
from lib.splits.leakage import exposure

PRINTED = {  # paper A, images per side
    "paper_table_3": {"train": paper_a.TABLE_3["training"], "validation": paper_a.TABLE_3["validation"]},
    "leak_free": {"test": paper_a.HP_TEST_IMAGES},
}
HOW = "share of validation; for subjects, of the images whose subject is known"


def shared(made: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what validation shares with training in every split: columns protocol, kind, share, n."""
    exposures = {name: exposure(table) for name, table in made.items()}
    return pd.concat(exposures, names=["protocol", "kind"]).reset_index()


def results(made: Mapping[str, pd.DataFrame], origin: str) -> list[records.Result]:
    """Return the results of all splits."""
    out = []
    for name, table in made.items():
        sizes = table.groupby("split").size()
        counts = pd.DataFrame({"metric": sizes.index + " images", "value": sizes.astype(float), "n": sizes})
        shares = exposure(table).rename(columns={"share": "value"}).rename_axis("metric").reset_index()
        shares["metric"] = "same " + shares["metric"]
        printed = {f"{side} images": count for side, count in PRINTED.get(name, {}).items()}
        out += records.results(counts, f"splits/{name}", "after cleaning", origin, printed, unit="images")
        kinds = np.where(shares["value"] == 0, "exact", "metric")  # what is kept apart stays so
        for kind, part in shares.groupby(kinds):
            out += records.results(part, f"splits/{name}", HOW, origin, kind=kind)
    return out
