"""Measures of signal quality, one a cell: how alike beats are, whether two detectors agree, and others.

likeness: how much each beat looks like those around it; after averageQRS, D. Makowski et al., "NeuroKit2",
Behav Res Methods 53 (2021) 1689-1696, and C. Orphanidou et al., "Signal-quality indices for the
electrocardiogram and photoplethysmogram", IEEE J Biomed Health Inform 19 (2015) 832-838. They hold each
beat against the mean of all; here it is held against its neighbours, so that a beat of another
kind needs only a few of its own kind near it.
agreement: bSQI of Q. Li, R. G. Mark and G. D. Clifford, "Robust heart rate estimation from multiple
asynchronous noisy sources", Physiol Meas 29 (2008) 15-32, with which the winners of the challenge of
CinC 2011 worked too.
contrast: the power of the QRS band at the beats against that between them.
leakage: of the VF filter, S. Kuo and R. Dillman, "Computer detection of ventricular fibrillation",
Computers in Cardiology 1978, 347-349: near 0 for a sine wave.
sharpness: the share of the power that the QRS band has; a relative of pSQI of the same winners.

`python -m twelvelead.evaluation.signal_quality_figures` holds these against others: docs/signal_quality.md.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ecg.signal.quality.second_detector import find_steep_places
from ecg.signal.quality.windows import Floats, Piece
from ecg.signal.signal import SampleIndices

BEFORE, AFTER = 0.25, 0.35  # s around R: what is compared of a beat
NEIGHBOURS = 8  # beats on each side
CLOSEST = 3  # of them that a beat must be like
AT_BEAT = 0.08  # s on each side of R that belong to its QRS complex
TOGETHER = 0.1  # s between two detectors' places for one beat
LEAST_POWER = 1e-9  # mV^2: what is divided by is at least that
UNLIKE = -1.0
SURELY_BEATS = 1.6  # of contrast: from there on leakage is not asked for

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measures:
    """Each (cells,).

    likeness: of beats to the three neighbours that are most like them, -1 to 1. sameness: to the better
    half of their neighbours. agreement: 0 to 1. contrast: log10 of a quotient. leakage: 0 to 1.
    sharpness: log10 of a share.
    """

    likeness: Floats
    sameness: Floats
    agreement: Floats
    contrast: Floats
    leakage: Floats
    sharpness: Floats

    @classmethod
    def together(cls, parts: "list[Measures]") -> "Measures":
        """One after the other."""
        names = [one.name for one in fields(cls)]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def measure(piece: Piece) -> Measures:
    """The measures of one piece's cells."""
    first, last = piece.ranges(piece.peaks)
    likeness, sameness = beat_likeness(piece)
    contrast = _contrast(piece)
    return Measures(
        likeness=_mean_of(likeness, first, last),
        sameness=_mean_of(sameness, first, last),
        agreement=_agreement(piece),
        contrast=contrast,
        leakage=_leakage(piece, contrast),
        sharpness=_sharpness(piece),
    )


def beat_likeness(piece: Piece) -> tuple[Floats, Floats]:
    """(m,) each: a beat's mean correlation with the three neighbours it is most like, and with half of them.

    Half of its neighbours: those that it is more like. 1 for a beat that has no neighbour.
    """
    shapes = _shapes(piece)
    count = len(shapes)
    found = np.full((count, 2 * NEIGHBOURS), np.nan)
    for step in range(1, min(NEIGHBOURS, count - 1) + 1):
        alike = (shapes[:-step] * shapes[step:]).sum(axis=1)
        found[:-step, step - 1] = alike
        found[step:, NEIGHBOURS + step - 1] = alike
    ranked = -np.sort(-np.nan_to_num(found, nan=-2.0), axis=1)
    there = np.isfinite(found).sum(axis=1)
    totals = np.concatenate([np.zeros((count, 1)), np.cumsum(ranked, axis=1)], axis=1)
    return tuple(  # type: ignore[return-value]
        np.where(
            there, np.take_along_axis(totals, some[:, None], 1)[:, 0] / np.maximum(some, 1), 1.0
        )
        for some in (np.minimum(there, CLOSEST), (there + 1) // 2)
    )


def _shapes(piece: Piece) -> Floats:
    """(m, k): what stands around each R, its mean at 0 and its length 1."""
    around = np.arange(-round(BEFORE * piece.rate), round(AFTER * piece.rate) + 1)
    places = np.clip(piece.peaks[:, np.newaxis] + around, 0, piece.trace.size - 1)
    shapes = piece.slow[places]
    shapes -= shapes.mean(axis=1, keepdims=True)
    return np.asarray(
        shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), LEAST_POWER)
    )


def _mean_of(values: Floats, first: SampleIndices, last: SampleIndices) -> Floats:
    """(cells,): the mean over each window's beats; 1 for a window without beats."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.where(last > first, (total[last] - total[first]) / np.maximum(last - first, 1), 1.0)


def _agreement(piece: Piece) -> Floats:
    """How many of both detectors' beats the other one finds too; 1 where none finds any."""
    others = find_steep_places(piece.trace, piece.rate)
    first, last = piece.ranges(piece.peaks)
    other_first, other_last = piece.ranges(others)
    found = np.concatenate([[0], np.cumsum(_are_near(piece.peaks, others, TOGETHER * piece.rate))])
    count = (last - first) + (other_last - other_first)
    return np.where(count > 0, 2 * (found[last] - found[first]) / np.maximum(count, 1), 1.0)


def _are_near(places: SampleIndices, others: SampleIndices, reach: float) -> Flags:
    """Which of `places` have one of the rising `others` within reach."""
    far = np.iinfo(np.int64).max // 4
    bounded = np.concatenate([[-far], others, [far]])
    after = np.searchsorted(bounded, places)
    return np.asarray(np.minimum(bounded[after] - places, places - bounded[after - 1]) <= reach)


def _contrast(piece: Piece) -> Floats:
    reach = round(AT_BEAT * piece.rate)
    edges = np.zeros(piece.trace.size + 1)
    np.add.at(edges, np.maximum(piece.peaks - reach, 0), 1)
    np.add.at(edges, np.minimum(piece.peaks + reach + 1, piece.trace.size), -1)
    at_beats = np.cumsum(edges)[:-1] > 0
    power = np.square(piece.qrs)
    inside, count = piece.sums(power * at_beats), piece.sums(at_beats)
    outside = piece.sums(power) - inside
    mean_inside = inside / np.maximum(count, 1)
    mean_outside = outside / np.maximum(piece.length - count, 1)
    return np.log10((mean_inside + LEAST_POWER) / (np.maximum(mean_outside, 0) + LEAST_POWER))


def _sharpness(piece: Piece) -> Floats:
    inside, all_of_it = piece.sums(np.square(piece.qrs)), piece.sums(np.square(piece.slow))
    return np.log10(
        (np.maximum(inside, 0) + LEAST_POWER) / (np.maximum(all_of_it, 0) + LEAST_POWER)
    )


def _leakage(piece: Piece, contrast: Floats) -> Floats:
    """What is left of each window where it is added to itself half a period later; 1 where not asked for."""
    found = np.ones(contrast.size)
    some = np.flatnonzero(contrast < SURELY_BEATS)
    if not some.size:
        return found
    values = piece.windows(piece.slow, some)
    values -= values.mean(axis=1, keepdims=True)
    steps = np.abs(np.diff(values, axis=1)).sum(axis=1)
    half = np.round(np.pi * np.abs(values).sum(axis=1) / np.maximum(steps, LEAST_POWER))
    half = np.clip(half, 1, piece.length // 2).astype(np.int64)
    later = np.arange(piece.length) + half[:, np.newaxis]
    inside = later < piece.length
    moved = np.take_along_axis(values, np.minimum(later, piece.length - 1), axis=1) * inside
    values = values * inside
    size = (np.abs(values) + np.abs(moved)).sum(axis=1)
    found[some] = np.abs(values + moved).sum(axis=1) / np.maximum(size, LEAST_POWER)
    return found
