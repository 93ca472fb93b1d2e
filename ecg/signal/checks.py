"""What a recording must be, in whatever form it came: long enough, not flat, not clipped, in range.

Values are looked at in parts, so that a check of a recording of any length takes a few MB.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ecg.errors import SignalTooLarge, TooManySamples, UnreadableSignal
from ecg.interrupt import Check, unhurried
from ecg.signal.csv.text import begin_sentence
from ecg.signal.signal import MAX_HOURS, MAX_LEADS, Values

LEAST_SECONDS = 2.0  # shorter has no rhythm
FLAT_SECONDS = 10.0  # a flat stretch of this is told
FLAT_SHARE = 0.5  # and of this share of the recording, refused
CLIPPED = 0.05  # share of samples at the highest or lowest value that is refused
CLIPPED_NOTE = 0.02  # and that is told
NEAR = (
    0.02  # of the lead's range: a rounded peak has most samples near its top, a clipped one at it
)
LARGEST_MV = 1000.0
PART = 200_000  # samples that are looked at together


def check_leads(count: int) -> None:
    """Raises SignalTooLarge for more leads than are read."""
    if count > MAX_LEADS:
        raise SignalTooLarge(f"There are {count} leads; at most {MAX_LEADS} are read.")


def check_values(count: int, most: int) -> None:
    """Raises TooManySamples for more samples, of all leads together, than are read."""
    if count > most:
        raise TooManySamples(
            f"The recording has over {most:,} samples, all leads together: send a part of it, or fewer "
            "leads."
        )


def check_length(count: int, rate: float) -> None:
    """Raises UnreadableSignal under 2 s, SignalTooLarge over 24 h. `count`: samples of a lead."""
    if count < LEAST_SECONDS * rate:
        raise UnreadableSignal(
            f"The recording has {count:,} sample{'' if count == 1 else 's'}, {count / rate:.3g} s at "
            f"{rate:g} Hz: it must last at least {LEAST_SECONDS:g} s."
        )
    if count > MAX_HOURS * 3600 * rate:
        raise SignalTooLarge(
            f"The recording lasts {count / rate / 3600:.1f} hours at {rate:g} Hz; at most "
            f"{MAX_HOURS:g} hours are read."
        )


def check_signal(
    leads: Values, rate: float, words: Sequence[str], check: Check = unhurried
) -> list[str]:
    """Notes on flat stretches and clipping in `leads`, float32 (leads, n), mV.

    `words`: how people find each lead, as "column 2 (MLII)". Raises UnreadableSignal for a lead that
    is not finite, constant, flat (equal neighbours) in stretches of 10 s and more for over half of
    the recording, clipped, or outside +-1000 mV. Clipped: over 5 % of the samples have the highest or
    the lowest value, and at most half as many are near it, within 2 % of the lead's range; from 2 %
    on it is a note.
    """
    notes = []
    for values, lead in zip(leads, words, strict=True):
        check()
        low, high = float(values.min()), float(values.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            raise UnreadableSignal(
                f"{begin_sentence(lead)} has values that are too large for any ECG, which stays within "
                f"{LARGEST_MV:g} mV: tell the right unit or gain."
            )
        if low == high:
            raise UnreadableSignal(
                f"{begin_sentence(lead)} is flat: every sample is {low:.6g} mV; leave it out, or "
                "record it again."
            )
        if max(-low, high) > LARGEST_MV:
            raise UnreadableSignal(
                f"{begin_sentence(lead)} reaches {max(-low, high):.4g} mV, and an ECG stays within "
                f"{LARGEST_MV:g} mV: tell the right unit."
            )
        notes += _flat_notes(values, rate, lead) + _clipping_notes(values, (low, high), lead)
    return notes


def _flat_notes(values: npt.NDArray[np.float32], rate: float, lead: str) -> list[str]:
    starts, lengths = _flat_stretches(values, int(FLAT_SECONDS * rate))
    if not lengths.size:
        return []
    share, place = float(lengths.sum()) / values.size, int(np.argmax(lengths))
    when = f"{starts[place] / rate:.0f} s"
    if share > FLAT_SHARE:
        raise UnreadableSignal(
            f"{begin_sentence(lead)} is flat for {100 * share:.0f} % of the recording, first from "
            f"{starts[0] / rate:.0f} s on: no beats can be read there."
        )
    note = (
        f"{begin_sentence(lead)} is flat for {lengths.sum() / rate:.0f} s in all, the longest stretch "
        f"{lengths[place] / rate:.0f} s from {when} on; no beats are found there."
    )
    return [note]


def _flat_stretches(
    values: npt.NDArray[np.float32], least: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Starts and lengths, in samples, of runs of equal values of at least this length."""
    starts, lengths, begin = [], [], 0
    for place, part in _parts(values, before=1):
        edges = place + 1 + np.flatnonzero(part[1:] != part[:-1])
        bounds = np.concatenate([[begin], edges])
        runs = np.diff(bounds)
        starts.append(bounds[:-1][runs >= least])
        lengths.append(runs[runs >= least])
        begin = int(bounds[-1])
    last = [values.size - begin] if values.size - begin >= least else []
    return (
        np.concatenate([*starts, np.array([begin] * len(last), np.int64)]),
        np.concatenate([*lengths, np.array(last, np.int64)]),
    )


def _parts(
    values: npt.NDArray[np.float32], before: int = 0
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Where each part begins, and the part together with up to `before` samples that precede it."""
    for place in range(0, values.size, PART):
        first = max(0, place - before)
        yield first, values[first : place + PART]


def _clipping_notes(
    values: npt.NDArray[np.float32], ends: tuple[float, float], lead: str
) -> list[str]:
    notes = []
    for end, word in zip(ends, ("lowest", "highest"), strict=True):
        at = sum(int(np.count_nonzero(part == np.float32(end))) for _, part in _parts(values))
        share = at / values.size
        if share < CLIPPED_NOTE or at < 2 * _count_near(values, end, NEAR * (ends[1] - ends[0])):
            continue
        if share > CLIPPED:
            raise UnreadableSignal(
                f"{begin_sentence(lead)} is clipped: {100 * share:.0f} % of its samples have the "
                f"{word} value, {end:.6g} mV; record it again with a wider range."
            )
        notes.append(
            f"{begin_sentence(lead)} has {100 * share:.1f} % of its samples at the {word} value, "
            f"{end:.6g} mV: it may be clipped."
        )
    return notes


def _count_near(values: npt.NDArray[np.float32], end: float, reach: float) -> int:
    """How many samples lie within `reach` of this end, or at the next level; those at the end not counted."""
    nearest = math.inf
    for _, part in _parts(values):
        distances = _distances(part, end)
        nearest = min(nearest, float(distances.min(initial=np.inf)))
    reach = max(reach, 1.001 * nearest)
    return sum(int((_distances(part, end) <= reach).sum()) for _, part in _parts(values))


def _distances(values: npt.NDArray[np.float32], end: float) -> npt.NDArray[np.float32]:
    """How far each sample is from this end; those at the end are left out."""
    distances = np.abs(values - np.float32(end))
    return np.asarray(distances[distances > 0])
