"""Leads of public records with what people marked in them: beats, and spans of noise, flutter or pacing.

Read by wfdb, since some have gaps, which `ecg/` refuses; a gap is filled with the value before it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.signal.quality.windows import Trace
from ecg.signal.signal import SampleIndices
from twelvelead.datasets.pages import DataError

BEATS = "NLRBAaJSVrFejnE/fQ?"
GOOD, MARKED_NOISE, FLUTTER, PACED = "good", "marked noisy", "flutter", "paced"
LEFT_OUT = "-"  # where nobody says what there is


@dataclass(frozen=True)
class Span:
    """From when to when, s, people say that there is such a thing."""

    start_s: float
    end_s: float
    kind: str


@dataclass(frozen=True)
class MarkedLead:
    """One lead. beats: marked ones, or None. spans: what isn't good in it, or all that is said of it.

    measured: whether its record was kept apart when thresholds were chosen: every second one by name.
    """

    database: str
    record: str
    lead: str
    trace: Trace
    rate: float
    beats: SampleIndices | None
    spans: tuple[Span, ...]
    measured: bool

    def kinds(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.str_]:
        """(n,) what there is at each of n times, s."""
        found = np.full(times.size, GOOD, dtype=object)
        for span in self.spans:
            found[(times >= span.start_s) & (times < span.end_s)] = span.kind
        return found.astype(np.str_)


@dataclass(frozen=True)
class _Marks:
    """An annotation file: when, s, and what."""

    times: npt.NDArray[np.float64]
    symbols: tuple[str, ...]
    notes: tuple[str, ...]
    bits: tuple[int, ...]
    end: float


def read_leads(database: str, folder: Path, *, lead: str = "") -> Iterator[MarkedLead]:
    """The usual lead of each record of one of DATABASES, or the one named `lead`. Raises DataError."""
    import wfdb

    form = DATABASES[database]
    headers = sorted(folder.glob(form.pattern))
    if not headers:
        raise DataError(f"{folder} holds no record of {database}.")
    for number, header in enumerate(headers):
        path = header.with_suffix("")
        record = wfdb.rdrecord(str(path))
        names = [name.upper() for name in record.sig_name]
        wanted = lead or form.lead
        row = names.index(wanted.upper()) if wanted.upper() in names else 0
        if lead and wanted.upper() not in names:
            continue
        rate = float(record.fs)
        trace = _filled(record.p_signal[:, row])
        marks = _read_marks(path, trace.size / rate) if form.spans else None
        yield MarkedLead(
            database=database,
            record=path.name,
            lead=record.sig_name[row],
            trace=trace,
            rate=rate,
            beats=_beats(marks, rate) if marks and form.has_beats else None,
            spans=tuple(form.spans(marks, path.name))
            if marks and form.spans
            else form.whole(header),
            measured=number % 2 == 1,
        )


def _read_marks(path: Path, end: float) -> _Marks:
    import wfdb

    read = wfdb.rdann(str(path), "atr")
    notes = tuple(note.strip("\0") for note in read.aux_note)
    bits = tuple(int(bit) for bit in read.subtype)
    return _Marks(read.sample / read.fs, tuple(read.symbol), notes, bits, end)


def _beats(marks: _Marks, rate: float) -> SampleIndices:
    kept = np.array([symbol in BEATS for symbol in marks.symbols], dtype=np.bool_)
    return np.round(marks.times[kept] * rate).astype(np.int64)


def _filled(values: npt.NDArray[np.float64]) -> Trace:
    """Gaps filled with the value before, or with 0."""
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(values.size), 0))
    return np.nan_to_num(values[last]).astype(np.float32)


def _rhythms(marks: _Marks, name: str) -> Iterator[Span]:
    """Every rhythm that is told, under its own name."""
    del name
    told = [
        (t, note[1:]) for t, note in zip(marks.times, marks.notes, strict=True) if note[:1] == "("
    ]
    ends = [*(time for time, _ in told[1:]), marks.end][: len(told)]
    if told and told[0][0] > 0:
        yield Span(0.0, float(told[0][0]), LEFT_OUT)
    for (time, kind), end in zip(told, ends, strict=True):
        yield Span(float(time), float(end), kind)


def _between_brackets(marks: _Marks, name: str) -> Iterator[Span]:
    """Flutter or fibrillation, from "[" to "]" or the end."""
    del name
    begun: float | None = None
    for time, symbol in zip(marks.times.tolist(), marks.symbols, strict=True):
        if symbol == "[" and begun is None:
            begun = time
        elif symbol == "]" and begun is not None:
            yield Span(begun, time, FLUTTER)
            begun = None
    if begun is not None:
        yield Span(begun, marks.end, FLUTTER)


def _arrhythmia(marks: _Marks, name: str) -> Iterator[Span]:
    """Noise in the first lead by "~", paced beats one by one, flutter."""
    quality = [
        (time, bits)
        for time, symbol, bits in zip(marks.times.tolist(), marks.symbols, marks.bits, strict=True)
        if symbol == "~"
    ]
    ends = [*(time for time, _ in quality[1:]), marks.end][: len(quality)]
    for (time, bits), end in zip(quality, ends, strict=True):
        if bits == -1 or bits & 1:
            yield Span(time, end, MARKED_NOISE)
    for time, symbol in zip(marks.times.tolist(), marks.symbols, strict=True):
        if symbol in "/f":
            yield Span(time - 0.5, time + 0.5, PACED)
    yield from _between_brackets(marks, name)


def _all_good(marks: _Marks, name: str) -> Iterator[Span]:
    del marks, name
    return iter(())


def _nothing_said(header: Path) -> tuple[Span, ...]:
    del header
    return ()


def _ludb_pacing(header: Path) -> tuple[Span, ...]:
    """The whole of a record that its own header calls paced."""
    text = header.read_text("utf-8", errors="replace").lower()
    driven = any(word in text for word in ("pacing", "pacemaker", "p-synchrony"))
    return (Span(0.0, np.inf, PACED),) if driven else ()


@dataclass(frozen=True)
class _Database:
    """How a database lies on the disk. spans: what annotations say; whole: what a record's header does."""

    pattern: str
    lead: str
    spans: Callable[[_Marks, str], Iterator[Span]] | None = None
    has_beats: bool = False
    whole: Callable[[Path], tuple[Span, ...]] = _nothing_said


DATABASES: Mapping[str, _Database] = MappingProxyType(
    {
        "mitdb": _Database("???.hea", "MLII", _arrhythmia, has_beats=True),
        "svdb": _Database("*.hea", "ECG1", _all_good, has_beats=True),
        "vfdb": _Database("*.hea", "ECG", _rhythms),
        "cudb": _Database("*.hea", "", _between_brackets),
        "ludb": _Database("*.hea", "II", whole=_ludb_pacing),
        "ptbxl": _Database("**/*_hr.hea", "II"),
    }
)
