"""Results, tables and figures of a run, each with its provenance.

`build/results/NN.json` holds one notebook's results: `notebook`, `provenance`, `parameters`, `origins`, `fits` and
`results`, a list with every field of `Result`. `figures/results_PROFILE.json` holds a published run: `profile`,
`minutes`, `test reads` (the register), and in `notebooks` one such object by number.

`build/results/NN_predictions.csv.gz` holds the prediction of every network of a notebook for every image, so that
others can draw their own resamples; published, it is `figures/predictions_PROFILE/NN.csv.gz`. An image is there by the
beginning of its digest and a person or cluster by a number, so the file shows no face and no name.
"""

import functools
import gzip
import importlib.metadata
import json
import math
import os
import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lib import machine, paths
from lib.emotions import EMOTIONS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure
    from pandas.io.formats.style import Styler

ORIGINS = ("stand-in", "real", "mixed", "computed")
STAMPS = {"stand-in": "stand-in: rendered faces", "mixed": "stand-in in part: rendered faces among real ones"}
KINDS = ("metric", "exact", "time")
OPTIONAL = ("low", "high", "seeds", "clusters", "per_seed")  # fields that a table of results need not have
ROW = ("path", "row")  # names one image
FIT = ("label", "seed", "commit", "date", "hours")  # published of every fit of `lib.training.fit_runs`
FACTS = ("data_set", "group", "emotion", "intensity")  # published with every image, beside its digest
PACKAGES = ("tensorflow", "keras", "keras-cv", "jax", "mediapipe", "opencv-python", "numpy", "scikit-learn", "pandas")


@dataclass(frozen=True)
class Result:
    """One figure of merit.

    Attributes:
        name: `stage/what/metric`, unique in the study.
        value: the figure; not a number where it is undefined (a correlation with a constant).
        n: how many images, subjects or runs stand behind it.
        low: lower end of the 95 % interval, None where there is none.
        high: upper end.
        protocol: how it was measured, in words.
        origin: "stand-in", "real", "mixed" (both), or "computed" (no data at all).
        paper: what the paper prints, None where it prints nothing.
        unit: unit of `value`, empty for a share in [0, 1].
        kind: "metric" (reproduced when close enough), "exact" (when equal) or "time" (never judged).
        seeds: training runs averaged.
        clusters: how many subjects, or clusters of near duplicates, the interval draws; None where none are drawn.
        per_seed: the value of every training run, in the order of the seeds; empty where they are not known.
    """

    name: str
    value: float
    n: int
    low: float | None
    high: float | None
    protocol: str
    origin: str
    paper: float | None = None
    unit: str = ""
    kind: str = "metric"
    seeds: int = 1
    clusters: int | None = None
    per_seed: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "per_seed", tuple(self.per_seed))  # JSON has lists
        if self.origin not in ORIGINS:
            raise ValueError(f"origin of {self.name} is {self.origin!r}; expected one of {', '.join(ORIGINS)}")
        if self.kind not in KINDS:
            raise ValueError(f"kind of {self.name} is {self.kind!r}; expected one of {', '.join(KINDS)}")


def record(
    notebook: str,
    results: Sequence[Result],
    origins: Mapping[str, str] | None = None,
    fits: "pd.DataFrame | None" = None,
) -> Path:
    """Write a notebook's results to `build/results/NN.json` and return the path.

    Its parameters are those that the runner has set (`$FACE_STUDY_PARAMETERS`); by hand there are none.

    Args:
        notebook: its two-digit number.
        results: its figures of merit, names unique.
        origins: "real" or "stand-in" per data set that it read.
        fits: its networks, from `lib.training.fit_runs`: an earlier run may have fitted them.

    Raises:
        ValueError: a number that is not two digits, or a result's name that comes twice.
    """
    path = paths.BUILD / "results" / f"{_prefixed(notebook, '')}.json"
    names = [result.name for result in results]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"results of notebook {notebook} have one name twice: {', '.join(twice)}")
    content = {
        "notebook": notebook,
        "provenance": provenance(),
        "parameters": parameters(),
        "origins": dict(origins or {}),
        "fits": [] if fits is None else fits[list(FIT)].to_dict("records"),
        "results": [{key: plain(value) for key, value in asdict(result).items()} for result in results],
    }
    with paths.replace_on_success(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def parameters() -> dict[str, object]:
    """Return the parameters that the runner gave this notebook, by name; empty by hand."""
    return json.loads(os.environ.get("FACE_STUDY_PARAMETERS", "{}"))


def results(
    table: "pd.DataFrame",
    prefix: str,
    protocol: str,
    origin: str,
    paper: Mapping[str, float] | None = None,
    **common: str,
) -> list[Result]:
    """Return one result per row of a table, named `prefix/metric` or `prefix/of/metric`.

    Args:
        table: columns `metric`, `value`, `n`; optional `of` ("all" is left out of the name) and the columns of
            `OPTIONAL`.
        prefix: stage and object, such as "classification/compact VGG-S".
        protocol: how it was measured, in words.
        origin: one of `ORIGINS`.
        paper: figures that the paper prints, by metric, for rows whose `of` is "all".
        common: `unit` or `kind` of all of them.
    """
    optional = [name for name in OPTIONAL if name in table]
    rows = []
    for row in table.to_dict("records"):
        whole = row.get("of", "all") == "all"
        name = "/".join([prefix, row["metric"]] if whole else [prefix, row["of"], row["metric"]])
        printed = (paper or {}).get(row["metric"]) if whole else None
        fields = {"low": None, "high": None} | {key: row[key] for key in optional} | common
        rows.append(Result(name, row["value"], row["n"], protocol=protocol, origin=origin, paper=printed, **fields))
    return rows


def origin(*tables: "pd.DataFrame") -> str:
    """Return "real", "stand-in" or "mixed", from the column `origin` of every table that a figure rests on."""
    kinds = set().union(*(table["origin"] for table in tables))
    return kinds.pop() if len(kinds) == 1 else "mixed"


def show(table: "pd.DataFrame", digits: int = 3, percent: Sequence[str] = ()) -> "Styler":
    """Return a table for the screen: text to the left, numbers to the right, counts with commas.

    Hidden are an index without a name that only counts the rows, and the values of every seed.

    Args:
        table: any.
        digits: decimals of fractional numbers.
        percent: columns of shares that are shown in per cent.
    """
    table = table.drop(columns="per_seed", errors="ignore")
    formats = {name: _format(column, digits) for name, column in table.select_dtypes("number").items()}
    formats |= dict.fromkeys(percent, "{:.1%}")
    sides = {name: "right" if name in formats else "left" for name in table.columns}
    styles = {name: [{"selector": "", "props": f"text-align: {side}"}] for name, side in sides.items()}
    styler = table.style.format(formats, na_rep="").set_table_styles(styles)
    return styler.hide(axis="index") if table.index.name is None and table.index.dtype.kind == "i" else styler


def _format(column: "pd.Series", digits: int) -> str:
    """Return how the numbers of a column are written: with `digits` decimals if any of them has a fraction."""
    whole = (column.dropna() % 1 == 0).all()
    return "{:,.0f}" if whole else f"{{:,.{digits}f}}"


def save_table(frame: "pd.DataFrame", name: str) -> Path:
    """Write a table to `build/results/<name>.csv`, without its index, and return the path; `name` is `NN_...`."""
    path = paths.BUILD / "results" / f"{_prefixed(name, '_')}.csv"
    with paths.replace_on_success(path) as temporary:
        frame.to_csv(temporary, index=False)
    return path


def save_predictions(notebook: str, *parts: "tuple[pd.DataFrame, Mapping[str | tuple, np.ndarray]]") -> Path:
    """Write the predictions of networks to `build/results/NN_predictions.csv.gz` and return the path.

    Args:
        notebook: its two-digit number.
        parts: one or more pairs. First the images that were shown, N rows of a table with `path`, `row`, `digest` and
            `FACTS` (`group` is what an interval draws as a whole); then the predictions by label (a tuple is joined by
            commas): str (S, N), "" for none, or intensities (S, N, 7), of which four digits are kept.
    """
    import pandas as pd

    path = paths.BUILD / "results" / f"{_prefixed(notebook, '')}_predictions.csv.gz"
    shown = pd.concat([rows.set_index(list(ROW)) for rows, _ in parts])
    shown = shown[~shown.index.duplicated()]
    number = shown["group"].astype(str).factorize(sort=True)[0]
    group = [f"g{one:06d}" for one in number]  # sorted as they were, so that a bootstrap draws the same
    facts = shown.reindex(columns=FACTS).assign(group=group)
    facts.insert(0, "image", shown["digest"].str[:12])
    columns = [_columns(label, rows, values) for rows, predicted in parts for label, values in predicted.items()]
    table = pd.concat([facts, *columns], axis=1)
    with (
        paths.replace_on_success(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=1) as packed,  # the same table, the same bytes
    ):
        table.to_csv(packed, index=False, float_format="%.4g")
    return path


def _columns(label: str | tuple, rows: "pd.DataFrame", values: "np.ndarray") -> "pd.DataFrame":
    """Return a column per seed, `label/seed`, or for intensities one per seed and emotion, `label/seed/emotion`."""
    import pandas as pd

    label = label if isinstance(label, str) else ", ".join(label)
    names = [f"{label}/{seed}" for seed in range(len(values))]
    if values.ndim == 3:
        values = values.swapaxes(1, 2).reshape(-1, values.shape[1])
        names = [f"{name}/{emotion}" for name in names for emotion in EMOTIONS]
    index = pd.MultiIndex.from_frame(rows[list(ROW)])
    return pd.DataFrame(dict(zip(names, values, strict=True)), index=index)


def read_predictions(path: Path | str, label: str) -> "tuple[pd.DataFrame, np.ndarray]":
    """Return the images that a network was shown, and its predictions: str (S, N) or intensities (S, N, 7).

    Args:
        path: of a file from `save_predictions`.
        label: of the network.

    Returns:
        N rows with `image` and `FACTS`, and the predictions.

    Raises:
        KeyError: there is no such label.
    """
    import pandas as pd

    table = pd.read_csv(path, dtype={"image": str}, keep_default_na=False, na_values=[""])
    own = [name for name in table if name.startswith(f"{label}/")]
    if not own:
        labels = dict.fromkeys(name.split("/")[0] for name in table if "/" in name)
        raise KeyError(f"no predictions of {label!r} in {path}; there are those of {', '.join(labels)}")
    shown = table.dropna(subset=own).reset_index(drop=True)
    values = shown[own].to_numpy().T
    if own[0].count("/") == 1:
        return shown[["image", *FACTS]], values.astype(str)
    return shown[["image", *FACTS]], values.reshape(-1, len(EMOTIONS), len(shown)).swapaxes(1, 2)


def save_figure(figure: "Figure", name: str, origin: str) -> Path:
    """Write a figure to `build/figures/<name>.png`, its provenance inside, and return the path.

    Args:
        figure: what to write; a line below says so where stand-ins are behind it.
        name: `NN_...`, NN the notebook's digits.
        origin: of the data, one of `ORIGINS`.

    Raises:
        ValueError: a name without its number, or an unknown origin.
    """
    if origin not in ORIGINS:
        raise ValueError(f"origin of figure {name} is {origin!r}; expected one of {', '.join(ORIGINS)}")
    path = paths.BUILD / "figures" / f"{_prefixed(name, '_')}.png"
    figure.draw_without_rendering()  # lays out, so that the box around everything is known
    box = figure.get_tightbbox().transformed(figure.dpi_scale_trans - figure.transFigure)
    figure.text(box.x1, box.y0 - 0.02, STAMPS.get(origin, ""), ha="right", va="top", fontsize=7, color="0.4")
    facts = {
        "notebook": name[:2],
        "origin": origin,
        "parameters": parameters(),
        "profile": os.environ.get("FACE_STUDY_PROFILE", "by hand"),
        **_commit(),
    }
    metadata = {"Title": name, "Description": json.dumps(facts), "Software": "Facial emotion study"}
    with paths.replace_on_success(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, bbox_inches="tight", metadata=metadata)
    return path


def provenance() -> dict:
    """Return where a result comes from: commit, profile, run, time, versions, CPU and GPU."""
    return {
        **_commit(),
        "profile": os.environ.get("FACE_STUDY_PROFILE", "by hand"),
        "run": os.environ.get("FACE_STUDY_RUN", "by hand"),
        "written": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        **_machine(),
    }


@functools.cache
def _machine() -> dict:
    return {
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": machine.cpu_name(),
        "cores": os.cpu_count(),
        "gpu": machine.gpu_name(),
    }


def _commit() -> dict:
    commit = machine.output("git", "-C", str(paths.ROOT), "rev-parse", "HEAD")
    changes = machine.output("git", "-C", str(paths.ROOT), "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit or "unknown", "dirty": bool(changes)}


def _prefixed(name: str, separator: str) -> str:
    if not re.fullmatch(rf"\d\d{separator}.*" if separator else r"\d\d", name):
        raise ValueError(f"{name!r} must begin with the notebook's two-digit number, for example 06{separator}")
    return name


def plain(value: object) -> object:
    """Return a NumPy scalar as Python's own, not-a-number as None (JSON has none), and each member of a tuple so."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
