"""How well R peaks are found, on the MIT-BIH Arrhythmia Database.

`python -m twelvelead.evaluation.r_peak_figures --data DIR [--json] [--peers] [--write docs/r_peaks.md]`

Beats are matched as in ANSI/AAMI EC57: one to one, within 150 ms, the first five minutes left out
as a learning period, and so are stretches of ventricular flutter, between `[` and `]` (record 207).
The one lead that is read is the first of each record: MLII, or V5 in 102, 104 and 114.

Widths, band and offset of `ecg.beats.r_peaks` are those of its paper, which had these records too; the
shortest distance of two beats and what keeps spikes and silence out were chosen on these records.
So the figures tell how it does here; recordings with much noise will give lower ones.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from ecg.beats.r_peaks import Trace, find_r_peaks
from ecg.signal.signal import SampleIndices
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import read_marked
from twelvelead.evaluation.matching import REACH, match

LEARNING = 300.0  # s
BEATS = tuple("NLRBAaJSVrFejnE/fQ?")
Finder = Callable[[Trace, float], SampleIndices]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reference:
    """One record's lead: trace float32 (n,) mV, rate Hz, its beats, its flutter as (from, to)."""

    trace: Trace
    rate: float
    beats: SampleIndices
    flutter: tuple[tuple[int, int], ...]

    def counts(self, indices: SampleIndices) -> Flags:
        """Which places stand neither in the learning period nor in flutter."""
        kept: Flags = indices >= LEARNING * self.rate
        for start, end in self.flutter:
            kept &= (indices < start) | (indices > end)
        return kept


def read_reference(folder: Path, name: str) -> Reference:
    """The first lead of one WFDB record with its `.atr`. Raises DataError."""
    signal, marked = read_marked(folder / name)
    symbols = np.array(marked.symbols)
    starts, ends = (marked.indices[symbols == mark].tolist() for mark in "[]")
    ends = [*ends, signal.values.shape[1]][: len(starts)]
    return Reference(
        trace=signal.values[0],
        rate=signal.rate,
        beats=marked.indices[np.isin(symbols, BEATS)],
        flutter=tuple(zip(starts, ends, strict=True)),
    )


def score(record: Reference, peaks: SampleIndices) -> dict[str, Any]:
    """Beats, hits, missed, false detections, sensitivity, +P, and the places' offsets in ms."""
    beats, paired = match(record.beats, peaks, REACH * record.rate)
    counted, own = record.counts(record.beats), record.counts(peaks)
    hits, both = int(counted[beats].sum()), own[paired]
    missed, false = int(counted.sum()) - hits, int(own.sum() - both.sum())
    offsets = (peaks[paired] - record.beats[beats])[both] / record.rate * 1000
    counts = {"hits": hits, "missed": missed, "false": false}
    return _shares(counts) | _offset_figures(offsets) | {"offsets": offsets}


def measure(folder: Path, finder: Finder = find_r_peaks) -> dict[str, Any]:
    """Figures per record, in total and on average over records, of one detector. Raises DataError."""
    listed = folder / "RECORDS"
    names = listed.read_text("ascii").split() if listed.is_file() else []
    if not names:
        raise DataError(f"{folder} holds no MIT-BIH records: `twelvelead data fetch mitdb`.")
    rows: dict[str, dict[str, Any]] = {}
    offsets, seconds = [], []
    for name in tqdm(names, unit="record", leave=False):
        record = read_reference(folder, name)
        start = time.perf_counter()
        peaks = finder(record.trace, record.rate)
        seconds.append(time.perf_counter() - start)
        rows[name] = {"found": int(peaks.size)} | score(record, peaks)
        offsets.append(rows[name].pop("offsets"))
    sums = {key: sum(row[key] for row in rows.values()) for key in ("hits", "missed", "false")}
    ratios = ("sensitivity", "positive_predictivity")
    return {
        "records": rows,
        "total": _shares(sums) | _offset_figures(np.concatenate(offsets)),
        "average": {key: float(np.mean([row[key] for row in rows.values()])) for key in ratios},
        "seconds_a_record": float(np.median(seconds)),
    }


def peers() -> dict[str, Finder]:
    """The detectors that wfdb brings, for comparison."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from wfdb import processing

    def gqrs(trace: Trace, rate: float) -> SampleIndices:
        return np.asarray(processing.gqrs_detect(sig=trace.astype(float), fs=rate), dtype=np.int64)

    def xqrs(trace: Trace, rate: float) -> SampleIndices:
        peaks = processing.xqrs_detect(sig=trace.astype(float), fs=rate, verbose=False)
        return np.asarray(peaks, dtype=np.int64)

    return {"gqrs of wfdb": gqrs, "xqrs of wfdb": xqrs}


def table(figures: dict[str, Any], others: dict[str, dict[str, Any]]) -> str:
    """The figures as Markdown."""
    about = "\n".join((__doc__ or "").split("\n")[4:]).strip()
    lines = ["# R peaks", "", about, ""]
    lines += [
        "| detector | Se % | +P % | Se, +P on average % | s a record |",
        "|---|---|---|---|---|",
    ]
    for name, detector in {"ecg.beats.r_peaks": figures, **others}.items():
        lines.append(
            f"| {name} | {_both(detector['total'], ' | ')} | {_both(detector['average'], ', ')} "
            f"| {detector['seconds_a_record']:.2f} |"
        )
    total = figures["total"]
    offsets = (
        f"Offset of `ecg.beats.r_peaks` from the reference, median and 95 %: {_away(total)} ms."
    )
    lines += [
        "",
        offsets,
        "",
        "| record | found, whole | hits | missed | false | Se % | +P % | median, 95 % ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in {**figures["records"], "all": total}.items():
        lines.append(
            f"| {name} | {row.get('found', '')} | {row['hits']} | {row['missed']} | {row['false']} "
            f"| {_both(row, ' | ')} | {_away(row)} |"
        )
    return "\n".join(lines) + "\n"


def _offset_figures(offsets: npt.NDArray[np.float64]) -> dict[str, float | None]:
    if not offsets.size:
        return {"offset_median_ms": None, "offset_95_ms": None}
    near = float(np.percentile(np.abs(offsets), 95))
    return {"offset_median_ms": float(np.median(offsets)), "offset_95_ms": near}


def _away(row: dict[str, Any]) -> str:
    if row["offset_median_ms"] is None:
        return "-"
    return f"{row['offset_median_ms']:.1f}, {row['offset_95_ms']:.1f}"


def _both(row: dict[str, Any], between: str) -> str:
    keys = ("sensitivity", "positive_predictivity")
    return between.join(f"{100 * row[key]:.2f}" for key in keys)


def _shares(counts: dict[str, int]) -> dict[str, Any]:
    hits = counts["hits"]
    return {
        **counts,
        "sensitivity": hits / max(1, hits + counts["missed"]),
        "positive_predictivity": hits / max(1, hits + counts["false"]),
    }


def main() -> None:
    """Prints the figures, as Markdown or JSON."""
    parser = argparse.ArgumentParser(description="Measure the finding of R peaks.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peers", action="store_true", help="also wfdb's detectors: minutes")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table, as Markdown")
    options = parser.parse_args()
    try:
        figures = measure(options.data)
        finders = peers() if options.peers else {}
        others = {name: measure(options.data, finder) for name, finder in finders.items()}
    except DataError as error:
        parser.exit(1, f"{error}\n")
    text = table(figures, others)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    print(json.dumps({**figures, "others": others}, indent=2) if options.json else text)


if __name__ == "__main__":
    main()
