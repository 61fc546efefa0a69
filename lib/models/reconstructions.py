"""Four plans that fit the one size that paper A prints for its compact network."""

import pandas as pd

from lib import models
from lib.models import anatomy, vgg

NAMES = {  # label -> name for `lib.models.build`
    "R-A": "compact_vgg_s",
    "R-B": "compact_vgg_s_b",
    "R-C": "compact_vgg_s_c",
    "R-D": "compact_vgg_s_d",
}


def table(size: int = 128) -> pd.DataFrame:
    """Return one row per reconstruction, built for crops of `size` pixels; paper A's are 128.

    Columns: `label`; the plan's `channels`, `kernels`, `dense` and `pooling`; `parameters`; `MB` (10^6 bytes of
    float32) and `MiB` (2^20); `million multiply-adds` of one image; `dense share` of the bytes, in [0, 1].
    """
    return pd.DataFrame([_row(label, name, size) for label, name in NAMES.items()])


def _row(label: str, name: str, size: int) -> dict[str, object]:
    plan, layers = vgg.PLANS[name], anatomy.table(models.build(name, size))
    megabytes = layers["megabytes"].sum()
    return {
        "label": label,
        "channels": plan.filters,
        "kernels": plan.kernels,
        "dense": plan.dense,
        "pooling": plan.pooling,
        "parameters": layers["parameters"].sum(),
        "MB": megabytes,
        "MiB": megabytes * 1e6 / 2**20,
        "million multiply-adds": layers["multiply_adds"].sum(),
        "dense share": layers.loc[layers["kind"] == "Dense", "megabytes"].sum() / megabytes,
    }
