"""The register of test reads: a test split is read for the results alone, once per run, and every read is counted.

`<study>/splits/test_reads.json` holds one entry per read, under a hash of them all. What is counted is the data set
behind the test rows, under whatever split's name it is read. A new run (`--only`, `--from`, or a kernel started again)
may read again, because a repetition of the same computation chooses nothing; the number of reads so far stands in the
register and is published with the results, so that a test set used often cannot pass for a fresh one.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from lib import paths, records
from lib.splits import files
from lib.splits.leakage import LeakError

READERS = ("10", "11", "13", "15")  # the notebooks of results, on the data of both papers and on real faces: no others
COLUMNS = ("time", "run", "reader", "split", "data_set", "read", "models")


def read_test(name: str, folder: Path, reader: str, models: Sequence[str]) -> pd.DataFrame:
    """Return the test rows of a saved split and enter the read in the register; once per run and data set.

    A run is `$FACE_STUDY_RUN`, which the runner sets, else this process.

    Args:
        name: of the split, for instance "leak_free".
        folder: of the products, `lib.paths.data(scale)`.
        reader: number of the notebook that reads, one of `READERS`.
        models: names of the models that are about to be tested, at least one.

    Raises:
        LeakError: another reader, no model named, or the second read of the data set in this run.
        ValueError: the split or the register is not the one that was written.
    """
    if reader not in READERS or not models:
        raise LeakError(
            f"reader {reader!r} with models {list(models)}; only notebooks {', '.join(READERS)} read a test split, "
            "naming their models"
        )
    table = files.read_whole(name, folder)
    rows = table[table["split"] == "test"].reset_index(drop=True)
    with FileLock(folder / "splits" / ".test_reads.lock"):
        _enter(name, folder, reader, models, "+".join(sorted(set(rows["data_set"]))))
    return rows


def test_reads(folder: Path) -> pd.DataFrame:
    """Return every read of a test split so far: time, run, reader, split, data_set, read, models.

    `read` counts the reads of the data set, by itself or beside others: 1 is the first.

    Raises:
        ValueError: the register is not the one that was written.
    """
    path = _path(folder)
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    try:
        register = json.loads(path.read_text(encoding="utf-8"))
        if register["sha256"] != _seal(register["reads"]):
            raise ValueError("its entries are not those that were counted")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not the register of test reads that was written ({error}); restore it, or move it away: then "
            "the count begins anew, and a report must state that"
        ) from None
    return pd.DataFrame(register["reads"], columns=list(COLUMNS))


def readings(reader: str, folder: Path) -> list[records.Result]:
    """Return how often the test images that a notebook has read were read so far, as results to be recorded.

    The figure is shown and never judged: it grows with every run.
    """
    reads = test_reads(folder)
    own = reads.loc[reads["reader"] == reader, "data_set"].unique()
    counts = [sum(_share(name, other) for other in reads["data_set"]) for name in own]
    table = pd.DataFrame({"metric": own, "value": np.array(counts, float), "n": counts})
    how = "readings of the test images so far, this one included"
    return records.results(table, "test readings", how, "computed", unit="readings", kind="time")


def _enter(name: str, folder: Path, reader: str, models: Sequence[str], data_set: str) -> None:
    """Add one read to the register, or raise `LeakError` if this run has read the data set before."""
    run = os.environ.get("FACE_STUDY_RUN", f"process {os.getpid()}")
    reads = test_reads(folder)
    earlier = reads[np.array([_share(other, data_set) for other in reads["data_set"]], dtype=bool)]
    if (earlier["run"] == run).any():
        raise LeakError(
            f"second read of the test images of {data_set} (split {name!r}) in run {run!r}; choose on validation and "
            "test all models at once"
        )
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entry = [now, run, reader, name, data_set, len(earlier) + 1, "; ".join(models)]
    entries = [*reads.to_dict("records"), dict(zip(COLUMNS, entry, strict=True))]
    with paths.replace_on_success(_path(folder)) as part:
        part.write_text(json.dumps({"sha256": _seal(entries), "reads": entries}, indent=1), encoding="utf-8")


def _share(first: str, second: str) -> bool:
    """Return whether two entries, such as "eiw" and "eiw+mug", have a data set in common."""
    return not set(first.split("+")).isdisjoint(second.split("+"))


def _path(folder: Path) -> Path:
    return folder / "splits" / "test_reads.json"


def _seal(entries: list[dict]) -> str:
    """Return the SHA-256 of the entries: lines taken out or changed by hand no longer fit it."""
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
