"""Reads a recording: a CSV, the files of a WFDB record, or a zip of either."""

from collections.abc import Mapping

from ecg.beats.beats import ROW_LENGTH, ROW_RATE
from ecg.beats.rows import read_rows
from ecg.errors import EmptySignal, NotASignal, SignalTooLarge
from ecg.signal.archive import ZIP, unpack
from ecg.signal.csv.read_csv import read_csv
from ecg.signal.read_options import NO_OPTIONS, USUAL_LIMITS, ReadLimits, ReadOptions
from ecg.signal.signal import MAX_BYTES, Signal
from ecg.signal.wfdb.header import looks_like_header
from ecg.signal.wfdb.read_record import read_wfdb

RECORD_PARTS = (".hea", ".dat", ".atr")
ROWS_NOTE = (
    "These are rows of beats, 187 samples at 125 Hz each, and no recording: they stand one after the other, "
    "so times and intervals mean nothing."
)


def read_signal(
    files: Mapping[str, bytes], options: ReadOptions = NO_OPTIONS, limits: ReadLimits = USUAL_LIMITS
) -> Signal:
    """The recording in these files, told apart by what is in them; or rows of beats, see `Signal.rows`.

    `files`: names as clients gave them, and bytes. Names only tie the files of a WFDB record
    together; they are never paths. See `read_csv`, `read_wfdb` and `unpack` for what is read.

    Raises SignalError's children, each with one sentence for people: EmptySignal, SignalTooLarge (over
    50 MB, 24 hours, 12 leads, `limits.values`), NotASignal, UnreadableSignal, UnknownLead; and
    whatever `limits.check` raises. Memory: the samples, float32, and some 30 MB beside them.
    """
    if not files or not any(files.values()):
        raise EmptySignal("The file is empty: give a CSV, or the .hea and .dat files of a record.")
    if sum(map(len, files.values())) > MAX_BYTES:
        raise SignalTooLarge(f"The recording is over {MAX_BYTES // 1_000_000} MB.")
    named = _by_last_name(files)
    if len(named) == 1 and next(iter(named.values())).startswith(ZIP):
        named = unpack(next(iter(named.values())), limits)
    if any(looks_like_header(data) for data in named.values()):
        return read_wfdb(named, options, limits)
    if any(name.lower().endswith(RECORD_PARTS) for name in named):
        raise NotASignal(
            "The .hea file of the record is missing or is none: give it together with the .dat file."
        )
    if len(named) > 1:
        raise NotASignal(
            f"There are {len(named)} files and no .hea among them: give one CSV at a time."
        )
    data = next(iter(named.values()))
    if _has_width_of_rows(data):
        return _rows(data, limits)
    return read_csv(data, options, limits)


def _has_width_of_rows(data: bytes) -> bool:
    """Whether the second line, or the only one, is as wide as a row of a beat, label or not."""
    lines = data[:20_000].replace(b"\0", b"").split(b"\n")
    line = lines[1] if len(lines) > 1 and lines[1].strip() else lines[0]
    return max(line.count(mark) for mark in (b",", b";", b"\t")) + 1 in (ROW_LENGTH, ROW_LENGTH + 1)


def _rows(data: bytes, limits: ReadLimits) -> Signal:
    found = read_rows(data, limits=limits)
    notes = [ROWS_NOTE] + (["The last column, labels, was not read."] if found.labels else [])
    return Signal(
        found.values.reshape(1, -1), ROW_RATE, ("rows",), notes=tuple(notes), rows=found.values
    )


def _by_last_name(files: Mapping[str, bytes]) -> dict[str, bytes]:
    named = {name.replace("\\", "/").rsplit("/", 1)[-1]: data for name, data in files.items()}
    if len(named) < len(files):
        raise NotASignal("Two of the files have the same name: give one record at a time.")
    return named
