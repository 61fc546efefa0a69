"""What the data sets hold, side by side: licences, counts, codes, what was left out, what was planted on purpose.

`tables` is what `lib.datasets.load_all` returns: one table per data set, by its loader's name.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from lib import datasets
from lib.emotions import EMOTIONS_8
from lib.papers import paper_a
from lib.records import Result

Tables = Mapping[str, pd.DataFrame]


def origins(tables: Tables) -> dict[str, str]:
    """Return "real" or "stand-in" per data set."""
    return {name: table["origin"].iloc[0] for name, table in tables.items()}


def licences(tables: Tables) -> pd.DataFrame:
    """Return one row per data set: whether it is real here, who may use it, and where to ask."""
    rows = []
    for name, origin in origins(tables).items():
        about = datasets.about(name)
        rows.append({"data set": about.title, "here": origin, "licence": about.licence, "where to ask": about.ask})
    return pd.DataFrame(rows)


def counts(tables: Tables) -> pd.DataFrame:
    """Return one row per data set: what is published about it, with its place, beside what the loader found here.

    The column `counted here` counts what `published` counts: sequences where the set is one of sequences, else images.
    """
    rows = []
    for name, table in tables.items():
        about = datasets.about(name)
        rows.append(
            {
                "data set": about.title,
                "origin": table["origin"].iloc[0],
                "subjects, published": about.subjects,
                "subjects here": _distinct(table["subject"]) or None,
                "published": f"{about.published:,} {about.unit}",
                "counted here": _count(name, table),
                "images here": len(table),
                "emotions": table["emotion"].nunique(),
                "levels": "yes" if table["intensity"].notna().any() else "no",
                "colour": about.colour,
                "pixels": about.pixels,
                "kind": about.kind,
                "source": about.source,
            }
        )
    return pd.DataFrame(rows).astype({"subjects, published": "Int64", "subjects here": "Int64"})


def _count(name: str, table: pd.DataFrame) -> int:
    """Return the number of what `About.unit` counts."""
    return _distinct(table["sequence"]) if "sequences" in datasets.about(name).unit else len(table)


def _distinct(values: pd.Series) -> int:
    return values[values != ""].nunique()


def codes(names: Iterable[str]) -> pd.DataFrame:
    """Return the code of each emotion in each of these data sets, "" where a set lacks the emotion."""
    table = pd.DataFrame(index=pd.Index(EMOTIONS_8, name="emotion"))
    for name in names:
        own = {emotion: str(code) for code, emotion in datasets.codes(name).items()}
        table[name] = table.index.map(own).fillna("")
    return table


def classes(together: pd.DataFrame) -> pd.DataFrame:
    """Return the number of images of each emotion (columns) in each data set (rows), of all tables joined."""
    table = pd.crosstab(together["data_set"], together["emotion"])
    return table.reindex(index=together["data_set"].unique(), columns=EMOTIONS_8, fill_value=0)


def levels(eiw: pd.DataFrame) -> pd.DataFrame:
    """Return the number of images at each intensity (rows) of each emotion (columns); neutral has no level."""
    rows = _percent(eiw).where(eiw["emotion"] != "neutral", "no level").rename("level")
    table = pd.crosstab(rows, eiw["emotion"])
    return table.reindex([*paper_a.LEVELS, "no level"], fill_value=0)


def table_5(eiw: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's Table 5 beside ours, a row per item such as "happy 20 %": `item`, `paper`, `ours`."""
    item = (eiw["emotion"] + " " + _percent(eiw)).where(eiw["emotion"] != "neutral", "neutral")
    printed = pd.Series(paper_a.TABLE_5_ITEMS)
    ours = item.value_counts().reindex(printed.index, fill_value=0)
    return pd.DataFrame({"paper": printed, "ours": ours}).rename_axis("item").reset_index()


def _percent(eiw: pd.DataFrame) -> pd.Series:
    return (100 * eiw["intensity"]).map("{:.0f} %".format)


def groups(together: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return the share of each value of a group attribute (columns) per data set that has it (rows)."""
    labelled = together[together[attribute] != ""]
    return pd.crosstab(labelled["data_set"], labelled[attribute], normalize="index")


def left_out(tables: Tables) -> pd.DataFrame:
    """Return `data_set`, `reason`, `count` and the `first` file for everything that a loader found and did not use."""
    parts = [datasets.excluded(table).assign(data_set=name) for name, table in tables.items()]
    by_reason = pd.concat(parts).groupby(["data_set", "reason"])["file"]
    return by_reason.agg(count="size", first="first").reset_index()


def planted(tables: Tables) -> pd.DataFrame:
    """Return the number of defects of each kind (columns) that were put into each stand-in (rows) on purpose."""
    rows = []
    for name, table in tables.items():
        if table["origin"].iloc[0] == "stand-in":
            for entry in datasets.stand_in_facts(table.attrs["root"])["defects"]:
                rows.append({"data set": name, "defect": entry["defect"].split(" of ")[0]})
    defects = pd.DataFrame(rows, columns=["data set", "defect"])
    return pd.crosstab(defects["data set"], defects["defect"])


def results(tables: Tables, scale: str) -> list[Result]:
    """Return one result per data set: the count beside the published one where the whole set is here."""
    rows = []
    for name, table in tables.items():
        about, origin = datasets.about(name), table["origin"].iloc[0]
        whole = origin == "real" or scale == "paper"
        how = f"count of {about.unit}; " + ("the whole set" if whole else f"a stand-in of scale {scale}")
        paper = float(about.published) if whole else None
        count = float(_count(name, table))
        rows.append(
            Result(f"datasets/{name}/count", count, len(table), None, None, how, origin, paper=paper, kind="exact")
        )
    return rows
