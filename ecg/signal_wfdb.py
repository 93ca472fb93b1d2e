"""A recording from a WFDB record: `.hea`, its signal files, and `.atr` where it is there."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg.asked import NOTHING_ASKED, Asked, settle_rate
from ecg.errors import NotASignal, SignalTooLarge, UnreadableSignal
from ecg.signal import Annotations, Samples, Signal
from ecg.signal_checks import check_leads, check_length, check_samples
from ecg.wfdb_header import (
    BYTES_PER_SAMPLE,
    SMALL,
    Header,
    SignalLine,
    looks_like_header,
    read_header,
)

MAX_VALUES = 50_000_000  # samples of all leads together
MAX_ANNOTATIONS = 3_000_000  # bytes of an .atr file: 24 hours of beats have under 1 MB
DAMAGED = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
)  # what wfdb raises at bad bytes


def read_wfdb(files: Mapping[str, bytes], asked: Asked = NOTHING_ASKED) -> Signal:
    """The recording in the files of one WFDB record, by their plain names.

    Leads are the signals in V, mV or uV (no unit: mV), at most 12; other signals are left out with a
    note. The file's rate, or the one asked for; all leads are kept, and `asked.lead` must be one of
    them; `asked.unit` isn't used. `reference` holds all annotations of the `.atr`, beats and others:
    see `ecg.beat_symbols`. A wrong checksum is a note. Nothing is fetched, and the temporary folder
    that the wfdb library reads is removed.

    Raises SignalError's children: a missing file, a header that isn't one, files shorter than the
    header tells, missing samples, several segments, damaged annotations.
    """
    header, length = _read_header(files)
    rate, source, notes = settle_rate(header.rate, asked.rate)
    kept = [place for place, line in enumerate(header.signals) if line.scale is not None]
    if not kept:
        raise NotASignal("No signal of the record is in mV: it holds no ECG.")
    check_leads(len(kept))
    check_length(length, rate)
    with tempfile.TemporaryDirectory(prefix="signal-") as folder:
        digital, reference = _read_files(header, length, files, Path(folder))
    words = [f"lead {line.name}" for line in header.signals]
    _check_gaps(digital, header, words)
    notes += _header_notes(header, digital)
    samples = np.empty((len(kept), length), np.float32)
    for row, place in enumerate(kept):
        _scale(digital[:, place], header.signals[place], samples[row])
    notes += check_samples(samples, rate, [words[place] for place in kept])
    leads = _unlike([header.signals[place].name for place in kept])
    signal = Signal(samples, rate, leads, source, tuple(notes), reference)
    signal.find_lead(asked.lead)
    return signal


def _read_header(files: Mapping[str, bytes]) -> tuple[Header, int]:
    """The header among the files, and how many frames there are."""
    headers = [name for name, data in files.items() if looks_like_header(data)]
    if len(headers) > 1:
        raise NotASignal(f"There are {len(headers)} .hea files: give one record at a time.")
    header = read_header(files[headers[0]])
    for file in header.files:
        if file not in files:
            raise UnreadableSignal(f"The .hea file names {file}, which was not given: give both.")
    lengths = [
        int((len(files[file]) - header.of(file)[0].offset) / header.frame_bytes(file) + 1e-6)
        for file in header.files
    ]
    length = header.length or min(lengths)
    for file, there in zip(header.files, lengths, strict=True):
        if there < length:
            raise UnreadableSignal(
                f"{file} has {max(there, 0):,} samples of each signal, the .hea file tells "
                f"{length:,}: it was cut, or belongs to another record."
            )
    if length * sum(line.per_frame for line in header.signals) > MAX_VALUES:
        raise SignalTooLarge(f"The record has over {MAX_VALUES // 1_000_000} million samples.")
    return header, length


def _read_files(
    header: Header, length: int, files: Mapping[str, bytes], folder: Path
) -> tuple[npt.NDArray[Any], Annotations | None]:
    """Digital samples, integers (frames, signals), and annotations, through the wfdb library."""
    import wfdb

    folder = folder.resolve()
    (folder / "record.hea").write_text(header.rewritten(length), "ascii")
    for place, file in enumerate(header.files):
        (folder / f"d{place}.dat").write_bytes(files[file])
    small = all(line.format in SMALL[1:] for line in header.signals)
    try:
        record = wfdb.rdrecord(
            str(folder / "record"), physical=False, ignore_skew=True, return_res=16 if small else 32
        )
    except DAMAGED:
        raise UnreadableSignal("The signal files don't hold what the .hea file tells.") from None
    marks = _find_annotations(header.name, files)
    if marks is None:
        return record.d_signal, None
    (folder / "record.atr").write_bytes(marks)
    return record.d_signal, _read_annotations(folder / "record", length)


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


def _read_annotations(record: Path, length: int) -> Annotations:
    """All annotations of `record`.atr, rising, within the record."""
    import wfdb

    try:
        read = wfdb.rdann(str(record), "atr")
        samples = np.asarray(read.sample, dtype=np.int64)
        symbols = tuple(str(symbol) for symbol in read.symbol)
    except DAMAGED:
        raise UnreadableSignal(
            "The .atr file is damaged: leave it out, or give the right one."
        ) from None
    if samples.size and (
        samples.min() < 0 or samples.max() >= length or (np.diff(samples) < 0).any()
    ):
        raise UnreadableSignal(
            "The .atr file marks places that the recording doesn't have: it belongs to another record."
        )
    return Annotations(samples, symbols)


def _check_gaps(digital: npt.NDArray[Any], header: Header, words: list[str]) -> None:
    """Raises UnreadableSignal where a lead holds the value that stands for a missing sample."""
    for place, line in enumerate(header.signals):
        if line.scale is None or line.format == 8:
            continue
        bits = int(BYTES_PER_SAMPLE[line.format] * 8) if line.format < 310 else 10
        missing = np.flatnonzero(digital[:, place] == -(1 << (bits - 1)))
        if missing.size:
            raise UnreadableSignal(
                f"Sample {missing[0] + 1} of {words[place]} is marked as missing, with "
                f"{missing.size - 1} more: a gap can't be read."
            )


def _header_notes(header: Header, digital: npt.NDArray[Any]) -> list[str]:
    notes = []
    for place, line in enumerate(header.signals):
        if line.scale is None:
            notes.append(f"Signal {line.name} is not in mV and is left out.")
        if line.skew:
            notes.append(f"Lead {line.name} is told to be {line.skew} samples late: not corrected.")
        if line.per_frame > 1:
            notes.append(
                f"Lead {line.name} has {line.per_frame} samples in a frame: their mean is read."
            )
        elif line.checksum is not None:
            total = int(digital[:, place].sum(dtype=np.int64))
            if (total - line.checksum) % 65536:
                notes.append(
                    f"The checksum of lead {line.name} is not the one in the .hea file: the samples "
                    "may be damaged."
                )
    return notes


def _scale(digital: npt.NDArray[Any], line: SignalLine, out: Samples) -> None:
    out[:] = digital
    out -= np.float32(line.baseline)
    out *= np.float32((line.scale or 1.0) / line.gain)


def _unlike(names: list[str]) -> tuple[str, ...]:
    """The names, with a number after those that come again."""
    return tuple(
        name if name not in names[:place] else f"{name} ({place + 1})"
        for place, name in enumerate(names)
    )
