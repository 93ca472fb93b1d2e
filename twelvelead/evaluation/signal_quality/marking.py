"""What is marked in leads of records: good beats that lose their label, and bad spans that are found."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ecg.beats.r_peaks import Trace, find_r_peaks
from ecg.signal.quality.find_stretches import find_stretches
from ecg.signal.quality.polarity import MAYBE_DOWN, SURELY_DOWN, downward_score
from ecg.signal.quality.stretch import stretch_at
from ecg.signal.quality.windows import CELL, Floats
from ecg.signal.signal import SampleIndices
from ecg.simulate.other_signals import NO_ECGS, NOISES
from twelvelead.evaluation.matching import REACH, match
from twelvelead.evaluation.signal_quality.leads import GOOD, MarkedLead

READ = "read"
NOISE_SECONDS = (600.0, 840.0)  # of each record, over which noise is laid
RATIOS = (12, 6, 0, -6)  # dB
AT_QRS = 0.05  # s on each side of R: whose height is the signal's size
SEEDS = 20  # of each kind of what is no ECG
LENGTHS, RATES = (10, 60), (100.0, 250.0, 500.0)  # s, Hz


@dataclass
class Marking:
    """Counts by kind of span. beats: of codes, "read" for those that keep their label; cells: the same."""

    beats: dict[str, Counter[str]] = field(default_factory=dict)
    cells: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, one: MarkedLead) -> None:
        """Counts another lead: marked beats where there are any, else found ones."""
        peaks = find_r_peaks(one.trace, one.rate)
        stretches = find_stretches(one.trace, one.rate, peaks)
        codes = np.array([*(stretch.reason.code for stretch in stretches), READ])
        beats: Floats = np.divide(
            peaks if one.beats is None else one.beats, one.rate, dtype=np.float64
        )
        cells = ((np.arange(int(one.trace.size / one.rate / CELL)) + 0.5) * CELL).astype(np.float64)
        for times, counts in ((beats, self.beats), (cells, self.cells)):
            kinds, found = one.kinds(times), codes[stretch_at(times, stretches)]
            for kind in np.unique(kinds):
                counts.setdefault(str(kind), Counter()).update(found[kinds == kind].tolist())


def mark(leads: Iterable[MarkedLead]) -> dict[str, Marking]:
    """Of "tuned" and "measured" leads, each together."""
    found = {"tuned": Marking(), "measured": Marking()}
    for one in leads:
        found["measured" if one.measured else "tuned"].add(one)
    return found


def share(counts: Mapping[str, int], *codes: str) -> float:
    """What part of the counts these codes have; without codes, all but "read"."""
    total = sum(counts.values())
    wanted = codes or [code for code in counts if code != READ]
    return sum(counts.get(code, 0) for code in wanted) / total if total else float("nan")


@dataclass
class Noisy:
    """Beats under one noise. right, wrong: found ones that are beats or not; missed: beats not found.

    The same of what keeps its label: right_read, wrong_read.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0
    right_read: int = 0
    wrong_read: int = 0


def lay_noise(leads: Iterable[MarkedLead]) -> dict[tuple[str, int], Noisy]:
    """By kind of noise and its ratio, dB: how detection fares, and which of its beats keep a label.

    The ratio is that of the size of a QRS complex, its height squared by 8, to the noise's power, as in
    nst(1) of WFDB.
    """
    found: dict[tuple[str, int], Noisy] = {}
    for number, one in enumerate(leads):
        assert one.beats is not None  # noqa: S101 - only records with marked beats are given
        begin, end = (round(second * one.rate) for second in NOISE_SECONDS)
        clean, inside = one.trace[begin:end], (one.beats >= begin) & (one.beats < end)
        beats = one.beats[inside] - begin
        reach = round(AT_QRS * one.rate)
        near = np.clip(beats[:, None] + np.arange(-reach, reach + 1), 0, clean.size - 1)
        size = float(np.median(np.ptp(clean[near], axis=1))) / np.sqrt(8)
        for kind, make in NOISES.items():
            noise = make(np.random.default_rng([number, 11]), clean.size, one.rate)
            for ratio in RATIOS:
                loud = (clean + size * 10 ** (-ratio / 20) * noise).astype(np.float32)
                _count(found.setdefault((kind, ratio), Noisy()), loud, one.rate, beats)
    return found


def _count(counts: Noisy, trace: Trace, rate: float, beats: SampleIndices) -> None:
    peaks = find_r_peaks(trace, rate)
    read = stretch_at(peaks / rate, find_stretches(trace, rate, peaks)) < 0
    marked, matched = match(beats, peaks, REACH * rate)
    right = np.zeros(peaks.size, np.bool_)
    right[matched] = True
    counts.right += int(right.sum())
    counts.wrong += int((~right).sum())
    counts.missed += beats.size - marked.size
    counts.right_read += int((right & read).sum())
    counts.wrong_read += int((~right & read).sum())


def try_no_ecgs() -> dict[str, tuple[int, int, int, int]]:
    """By kind: signals drawn, those called no ECG, beats found in all, beats that keep a label."""
    found = {}
    for kind, make in NO_ECGS.items():
        drawn = told = beats = kept = 0
        for seed in range(SEEDS):
            for seconds, rate in ((s, r) for s in LENGTHS for r in RATES):
                made = make(np.random.default_rng([seed, 13]), int(seconds * rate), rate)
                trace = made.astype(np.float32)
                peaks = find_r_peaks(trace, rate)
                stretches = find_stretches(trace, rate, peaks)
                drawn += 1
                told += any(stretch.reason.code == "not_an_ecg" for stretch in stretches)
                beats += peaks.size
                kept += int((stretch_at(peaks / rate, stretches) < 0).sum())
        found[kind] = (drawn, told, beats, kept)
    return found


def turn(leads: Iterable[MarkedLead]) -> dict[str, list[int]]:
    """Of "tuned" and "measured" leads: how many; called upside down, and doubted if without a name.

    Both as they are, then both when turned.
    """
    found = {"tuned": [0] * 5, "measured": [0] * 5}
    for one in leads:
        peaks = find_r_peaks(one.trace, one.rate)
        read = stretch_at(peaks / one.rate, find_stretches(one.trace, one.rate, peaks)) < 0
        scores = [downward_score(way * one.trace, one.rate, peaks[read]) for way in (1, -1)]
        told = [1, *(score > least for score in scores for least in (SURELY_DOWN, MAYBE_DOWN))]
        half = "measured" if one.measured else "tuned"
        found[half] = [before + int(more) for before, more in zip(found[half], told, strict=True)]
    return found


__all__ = ["GOOD", "Marking", "Noisy", "lay_noise", "mark", "share", "try_no_ecgs", "turn"]
