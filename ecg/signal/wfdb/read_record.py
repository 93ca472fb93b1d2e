"""A recording from a WFDB record: `.hea`, its signal files, and `.atr` where it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from ecg.errors import NotASignal, SignalTooLarge, UnreadableSignal
from ecg.interrupt import Check
from ecg.signal.checks import check_leads, check_length, check_signal, check_values
from ecg.signal.read_options import NO_OPTIONS, USUAL_LIMITS, ReadLimits, ReadOptions, settle_rate
from ecg.signal.signal import Annotations, Signal, Values
from ecg.signal.wfdb.annotations import read_annotations
from ecg.signal.wfdb.header import Header, SignalLine, looks_like_header, read_header
from ecg.signal.wfdb.signal_file import MISSING, SignalFile, Whole

MAX_ANNOTATIONS = 3_000_000  # bytes of an .atr file: 24 hours of beats have under 1 MB


def read_wfdb(
    files: Mapping[str, bytes], options: ReadOptions = NO_OPTIONS, limits: ReadLimits = USUAL_LIMITS
) -> Signal:
    """The recording in the files of one WFDB record, by their plain names.

    Leads are the signals in V, mV or uV (no unit: mV), at most 12; other signals are left out with a
    note. The file's rate, or the one asked for; all leads are kept, and `options.lead` must be one of
    them; `options.unit` isn't used. `reference` holds all annotations of the `.atr`, beats and others.
    A wrong checksum is a note. Values are (sample - baseline) / gain, of the mean, cut to a whole
    number, where a frame has several samples. Nothing is fetched or written.

    Raises SignalError's children: a missing file, a header that isn't one, files shorter than the
    header tells, missing samples, several segments, damaged annotations, more than `limits.values`.
    """
    signal, words = _read(files, options, limits)
    told = check_signal(signal.values, signal.rate, words, limits.check)
    signal.find_lead(options.lead)
    return replace(signal, notes=(*signal.notes, *told))


def read_record(files: Mapping[str, bytes]) -> Signal:
    """The same of a database's record, whose leads may be flat, clipped or out of any ECG's range."""
    return _read(files, NO_OPTIONS, USUAL_LIMITS)[0]


def _read(
    files: Mapping[str, bytes], options: ReadOptions, limits: ReadLimits
) -> tuple[Signal, list[str]]:
    """What was read, and words for each lead by which people find it."""
    header = _find_header(files)
    stored = _stored(header, files)
    length = _length(header, stored)
    rate, source, notes = settle_rate(header.rate, options.rate)
    kept = [line for line in header.signals if line.scale is not None]
    if not kept:
        raise NotASignal("No signal of the record is in mV: it holds no ECG.")
    check_leads(len(kept))
    check_length(length, rate)
    check_values(length * sum(line.per_frame for line in header.signals), limits.values)
    marks = _find_annotations(header.name, files) if options.marks else None
    reference = None if marks is None else _read_reference(marks, length, limits.check)
    values = np.empty((len(kept), length), np.float32)
    notes += _read_values(header, stored, values, limits.check)
    names = _unlike([line.name for line in kept])
    signal = Signal(values, rate, names, source, tuple(notes), reference)
    return signal, [f"lead {line.words}" for line in kept]


@dataclass
class _Lead:
    """One signal while it is read: where its samples go, in mV, and what was seen of them."""

    line: SignalLine
    out: Values
    filled: int = 0
    total: int = 0
    missing: int = 0
    first_missing: int = 0

    def add(self, values: Whole) -> None:
        """The next samples, integers (frames, samples of a frame)."""
        gone = values == MISSING.get(self.line.format, np.iinfo(np.int64).min)
        if gone.any():
            self.first_missing = self.first_missing or self.filled + 1 + int(
                gone.any(axis=1).argmax()
            )
            self.missing += int(gone.sum())
        self.total += int(values.sum(dtype=np.int64))
        together = values.sum(axis=1, dtype=np.int64)
        mean = together if values.shape[1] == 1 else np.trunc(together / values.shape[1])
        with np.errstate(
            over="ignore"
        ):  # what gain and unit make too large is infinite: a check finds it
            millivolts = (mean - self.line.baseline) / self.line.gain * (self.line.scale or 1.0)
            self.out[self.filled : self.filled + len(values)] = millivolts
        self.filled += len(values)

    def check_gaps(self) -> None:
        """Raises UnreadableSignal where the value that stands for a missing sample was seen."""
        if self.missing:
            raise UnreadableSignal(
                f"Sample {self.first_missing} of lead {self.line.words} is marked as missing, with "
                f"{self.missing - 1} more: a gap can't be read."
            )


def _find_header(files: Mapping[str, bytes]) -> Header:
    headers = [name for name, data in files.items() if looks_like_header(data)]
    if len(headers) > 1:
        raise NotASignal(f"There are {len(headers)} .hea files: give one record at a time.")
    return read_header(files[headers[0]])


def _stored(header: Header, files: Mapping[str, bytes]) -> list[SignalFile]:
    """The signal files that the header names, in its order."""
    found = []
    for number, file in enumerate(header.files, start=1):
        if file not in files:
            raise UnreadableSignal(
                f"Signal file {number} of those that the .hea file names was not given: give it with all "
                "others, under the names that they have there."
            )
        lines = header.of(file)
        stored = SignalFile(
            memoryview(files[file])[lines[0].offset :],
            lines[0].format,
            [line.per_frame for line in lines],
            [line.initial for line in lines],
        )
        found.append(stored)
    return found


def _length(header: Header, stored: Sequence[SignalFile]) -> int:
    """How many frames there are."""
    there = [file.frames for file in stored]
    length = header.length or min(there)
    for number, frames in enumerate(there, start=1):
        if frames < length:
            raise UnreadableSignal(
                f"Signal file {number} has {frames:,} samples of each signal, the .hea file tells "
                f"{length:,}: it was cut, or belongs to another record."
            )
    return length


def _read_values(
    header: Header, stored: Sequence[SignalFile], values: Values, check: Check
) -> list[str]:
    """Fills in the samples of the signals in mV, a row each; notes on all signals."""
    rows = iter(values)
    leads = [None if line.scale is None else _Lead(line, next(rows)) for line in header.signals]
    place = 0
    for file in stored:  # the signals of one file stand together
        _read_file(file, leads[place : place + len(file.per_frame)], values.shape[1], check)
        place += len(file.per_frame)
    pairs = zip(header.signals, leads, strict=True)
    return [note for line, lead in pairs for note in _notes(line, lead)]


def _read_file(file: SignalFile, leads: Sequence[_Lead | None], length: int, check: Check) -> None:
    """Reads one signal file into its leads, None where a signal is left out."""
    if not any(leads):
        return
    for values in file.chunks(length, check):
        column = 0
        for lead, width in zip(leads, file.per_frame, strict=True):
            if lead:
                lead.add(values[:, column : column + width])
            column += width
    for lead in leads:
        if lead:
            lead.check_gaps()


def _find_annotations(name: str, files: Mapping[str, bytes]) -> bytes | None:
    found = {file: data for file, data in files.items() if file.lower().endswith(".atr")}
    if len(found) > 1:
        found = {file: data for file, data in found.items() if file[:-4] == name}
        if not found:
            raise NotASignal("There are several .atr files, none named as the record: give one.")
    data = next(iter(found.values()), None)
    if data is not None and len(data) > MAX_ANNOTATIONS:
        raise SignalTooLarge(f"The .atr file is over {MAX_ANNOTATIONS // 1_000_000} MB.")
    return data


def _read_reference(data: bytes, length: int, check: Check) -> Annotations:
    """All annotations, rising, within the record."""
    read = read_annotations(data, check)
    if read.indices.size and (
        read.indices.min() < 0
        or read.indices.max() >= length
        or (read.indices[1:] < read.indices[:-1]).any()
    ):
        raise UnreadableSignal(
            "The .atr file marks places that the recording doesn't have: it belongs to another record."
        )
    return read


def _notes(line: SignalLine, lead: _Lead | None) -> list[str]:
    notes = []
    if lead is None:
        notes.append(f"Signal {line.name} is not in mV and is left out.")
    if line.skew:
        notes.append(f"Lead {line.name} is told to be {line.skew} samples late: not corrected.")
    if line.per_frame > 1:
        notes.append(
            f"Lead {line.name} has {line.per_frame} samples in a frame: their mean is read."
        )
    elif lead and line.checksum is not None and (lead.total - line.checksum) % 65536:
        notes.append(
            f"The checksum of lead {line.name} is not the one in the .hea file: the samples may be "
            "damaged."
        )
    return notes


def _unlike(names: Sequence[str]) -> tuple[str, ...]:
    """The names, with a number after those that come again."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        numbers = (f"{name} ({number})" for number in count(place))
        found.append(name if name not in found else next(n for n in numbers if n not in found))
    return tuple(found)
