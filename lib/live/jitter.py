"""Jitter and delay of smoothed answers, over rendered sequences whose truth is known, and over any clip.

Per network, filter and sequence:

    changes per minute   how often the label changes; the truth changes twice per sequence
    roughness            as in `lib.intensity.flicker`: a factor on the outputs cancels, a constant answer has none
    delay                ms by which the filtered outputs must be moved back to agree best with the unfiltered ones;
                         undefined for a constant answer
    right                share of the frames whose label is the true one; it falls with jitter and with delay
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib import evaluate, records
from lib.emotions import names
from lib.intensity import flicker
from lib.intensity.flicker import FRAMES_PER_SECOND
from lib.live import smooth

METRICS = ("changes per minute", "roughness", "delay", "right")
UNITS = {"changes per minute": "1/min", "delay": "ms"}  # the others have none
SLOWEST = 150.0  # ms, largest delay of a default; ours: an answer later than that is seen to come late
STEP = 0.1  # frames, the fineness of a delay
LONGEST = 15  # frames, the longest delay that is looked for
HALF = 0.5  # from this true intensity on, the right label is the emotion, below it neutral


def measure(outputs: Mapping[str, np.ndarray], frames: pd.DataFrame) -> pd.DataFrame:
    """Return `METRICS` of every `network`, `smoothing`, `seed` and `sequence`.

    Args:
        outputs: by network, (S, F, 7).
        frames: from `lib.intensity.flicker.sequences`, F rows.
    """
    truth, places, tables = _true(frames), frames.groupby("sequence").indices, []
    for smoothing in smooth.FILTERS:
        filtered = {network: _filtered(smoothing, values, frames) for network, values in outputs.items()}
        table = flicker.measure(filtered, frames).assign(smoothing=smoothing)
        table["changes per minute"] = 60 * table.pop("changes per second")
        for row in table.itertuples():
            here = places[row.sequence]
            after = filtered[row.network][row.seed, here]
            table.loc[row.Index, "delay"] = delay(after, outputs[row.network][row.seed, here])
            table.loc[row.Index, "right"] = (names(after) == truth[here]).mean()
        tables.append(table)
    return pd.concat(tables, ignore_index=True)[["network", "smoothing", "seed", "sequence", *METRICS]]


def summary(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every metric with its interval, per `network` and `smoothing`; sequences and seeds are drawn.

    A sequence without movement in the outputs of a seed has no roughness and no delay, and is left out.
    """
    rows = []
    for (network, smoothing), part in measured.groupby(["network", "smoothing"], sort=False):
        for metric in METRICS:
            values = part.pivot_table(metric, "seed", "sequence").dropna(axis=1)
            if values.size:
                row = evaluate.mean(values.to_numpy(), values.columns)
                rows.append(row.assign(metric=metric, network=network, smoothing=smoothing))
    return pd.concat(rows, ignore_index=True)


def overview(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network and smoothing, a column per metric."""
    wide = summary.pivot_table(index=["network", "smoothing"], columns="metric", values="value")
    order = summary[["network", "smoothing"]].drop_duplicates()
    return wide.reindex(pd.MultiIndex.from_frame(order))[list(METRICS)]


def with_intervals(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows and columns of `overview` as text, each mean with its 95 % interval in brackets."""
    cells = [f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in summary.itertuples()]
    texts = summary.assign(text=cells)
    wide = texts.pivot_table("text", ["network", "smoothing"], "metric", aggfunc="first", fill_value="")
    return wide.reindex(overview(summary).index)[list(METRICS)]


def chosen(overview: pd.DataFrame) -> str:
    """Return the smoothing with the fewest label changes, mean of the networks, among those not later than `SLOWEST`.

    A constant answer has no delay and cannot be chosen.

    Args:
        overview: from the function above.
    """
    means = overview.groupby("smoothing").mean()
    return str(means.loc[means["delay"] <= SLOWEST, "changes per minute"].idxmin())


def results(summary: pd.DataFrame) -> list[records.Result]:
    """Return what notebook 17 records."""
    named = summary.assign(of=summary["network"] + "/" + summary["smoothing"])
    rows = []
    for unit, part in named.groupby(named["metric"].map(UNITS).fillna(""), sort=False):
        rows += records.results(part, "live", "rendered sequences", "stand-in", unit=unit)
    return rows


def true_changes(frames: pd.DataFrame) -> float:
    """Return how often the true label changes per minute."""
    labels = pd.Series(_true(frames), frames.index).groupby(frames["sequence"])
    changes = labels.apply(lambda part: (part.to_numpy()[1:] != part.to_numpy()[:-1]).sum()).sum()
    return float(changes * 60 * FRAMES_PER_SECOND / len(frames))


def _true(frames: pd.DataFrame) -> np.ndarray:
    """Return the right label of every frame, str (F,)."""
    return frames["emotion"].where(frames["intensity"] >= HALF, "neutral").to_numpy(str)


def _filtered(smoothing: str, outputs: np.ndarray, frames: pd.DataFrame) -> np.ndarray:
    """Return outputs (S, F, 7) after a filter that begins anew with every sequence."""
    filtered = np.array(outputs, dtype=float)
    for places in frames.groupby("sequence").indices.values():
        seconds = frames["frame"].to_numpy()[places] / FRAMES_PER_SECOND
        for seed in range(len(outputs)):
            filtered[seed, places] = smooth.over(smoothing, seconds, outputs[seed, places])
    return filtered


def delay(filtered: np.ndarray, outputs: np.ndarray) -> float:
    """Return the delay of filtered outputs behind the unfiltered in ms, NaN where either is constant.

    It is the shift with the highest correlation, so that a filter which also damps the outputs loses nothing by it.

    Args:
        filtered: (F, 7).
        outputs: (F, 7), the same without the filter.
    """
    if min(np.ptp(filtered, axis=0).max(), np.ptp(outputs, axis=0).max()) < 1e-6:
        return float("nan")
    at = np.arange(len(outputs) - 1)
    shifts = np.arange(0, min(LONGEST, len(outputs) // 2), STEP)
    agreement = [_agreement(at[at + shift <= len(outputs) - 1], shift, filtered, outputs) for shift in shifts]
    return float(1000 * shifts[np.argmax(agreement)] / FRAMES_PER_SECOND)


def _agreement(at: np.ndarray, shift: float, filtered: np.ndarray, outputs: np.ndarray) -> float:
    """Return the correlation of outputs (F, 7) at some frames with the filtered (F, 7) that much later; scalar."""
    later = [np.interp(at + shift, np.arange(len(one)), one) for one in filtered.T]
    return float(np.corrcoef(np.ravel(later), outputs[at].T.ravel())[0, 1])
