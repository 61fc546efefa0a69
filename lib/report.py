"""Results, tables and figures of a run, each with its provenance."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One figure of merit.

    Attributes:
        name: `stage/what/metric`, unique in the study.
        value: the figure.
        n: how many images, subjects or runs stand behind it.
        low: lower end of the 95 % interval, None where there is none.
        high: upper end.
        protocol: how it was measured, in words.
        origin: "stand-in", "real" or "computed" (no data at all).
        paper: what the paper prints, None where it prints nothing.
        unit: unit of `value`, empty for a share in [0, 1].
        kind: "metric" (reproduced when inside the interval), "exact" (when equal) or "time" (never judged).
        seeds: runs averaged.
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
