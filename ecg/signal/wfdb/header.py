"""The header of a WFDB record, read strictly: strangers send it.

Format: https://physionet.org/physiotools/wag/header-5.htm. Only what tells how samples are stored is
kept: no dates or comments of the sender.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ecg.errors import NotASignal, SignalTooLarge, UnreadableSignal
from ecg.signal.checks import check_leads
from ecg.signal.lead_names import known_name
from ecg.signal.wfdb.signal_file import BLOCKS

MAX_HEADER = 100_000  # bytes
MAX_SIGNALS = 64
FLAC = (508, 516, 524)
MV = {"mv": 1.0, "uv": 1e-3, "v": 1e3, "": 1.0}
PLAIN_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$")
RECORD = re.compile(
    r"^(?P<name>[^\s/]{1,80})(?P<segments>/\d+)?[ \t]+(?P<signals>\d{1,4})"
    r"(?:[ \t]+(?P<rate>\d{1,7}(?:\.\d{1,12})?)(?:/\S{1,60})?(?:[ \t]+(?P<length>\d{1,12})(?:[ \t]+.*)?)?)?$",
    re.ASCII,
)
SIGNAL = re.compile(
    r"^(?P<file>\S{1,200})[ \t]+(?P<format>\d{1,3})(?:x(?P<per_frame>\d{1,3}))?(?::(?P<skew>\d{1,6}))?"
    r"(?:\+(?P<offset>\d{1,9}))?"
    r"(?:[ \t]+(?P<gain>-?\d{1,12}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,2})?)"
    r"(?:\((?P<baseline>-?\d{1,10})\))?(?:/(?P<unit>\S{1,20}))?"
    r"(?:[ \t]+(?P<bits>\d{1,3})(?:[ \t]+(?P<zero>-?\d{1,10})"
    r"(?:[ \t]+(?P<initial>-?\d{1,10})(?:[ \t]+(?P<checksum>-?\d{1,10})"
    r"(?:[ \t]+\d{1,9}(?:[ \t]+(?P<name>.*))?)?)?)?)?)?)?$",
    re.ASCII,
)


@dataclass(frozen=True)
class SignalLine:
    """How one signal is stored. place: from 1. scale: its unit in mV; None: it is no voltage."""

    place: int
    file: str
    format: int
    per_frame: int
    skew: int
    offset: int
    gain: float
    baseline: int
    scale: float | None
    initial: int
    checksum: int | None
    name: str

    @property
    def words(self) -> str:
        """How people find it: its name where that is a usual one, else its number."""
        return known_name(self.name) or f"{self.place}"


@dataclass(frozen=True)
class Header:
    """A record of one segment. rate: Hz of frames; None: not told. length: frames; None: not told."""

    name: str
    rate: float | None
    length: int | None
    signals: tuple[SignalLine, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold the signals, each once."""
        return tuple(dict.fromkeys(line.file for line in self.signals))

    def of(self, file: str) -> list[SignalLine]:
        return [line for line in self.signals if line.file == file]


def looks_like_header(data: bytes) -> bool:
    """Whether these bytes begin as a WFDB header does: a record line, then a signal or segment line."""
    if len(data) > MAX_HEADER or b"\0" in data:
        return False
    lines = _lines(data)
    if (
        not lines
        or not RECORD.match(lines[0])
        or re.match(r"^[\d.,;\s-]+$", data[:200].decode("latin-1"))
    ):
        return False
    match = RECORD.match(lines[0])
    if match is not None and (match["segments"] or int(match["signals"]) == 0):
        return True
    return len(lines) > 1 and SIGNAL.match(lines[1]) is not None


def read_header(data: bytes) -> Header:
    """The header in these bytes.

    Raises UnreadableSignal (a line that doesn't follow the format, several segments, a compressed or
    unknown format, a file name that is a path), SignalTooLarge, NotASignal (no signals).
    """
    lines = _lines(data)
    match = RECORD.match(lines[0]) if lines else None
    if match is None:
        raise UnreadableSignal("The first line of the .hea file is not as WFDB headers begin.")
    if match["segments"]:
        raise UnreadableSignal(
            "The record has several segments, which can't be read: upload one of its segments."
        )
    count = int(match["signals"])
    if count == 0:
        raise NotASignal("The record has no signals: choose one that has.")
    if count > MAX_SIGNALS:
        check_leads(count)
    if len(lines) - 1 < count:
        raise UnreadableSignal(
            f"The .hea file tells of {count} signals and describes {len(lines) - 1}."
        )
    signals = [_signal(line, place) for place, line in enumerate(lines[1 : count + 1], start=1)]
    _check_files(signals)
    length = int(match["length"] or 0)
    rate = float(match["rate"]) if match["rate"] else None
    return Header(match["name"], rate or None, length or None, tuple(signals))


def _lines(data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # for the µ of µV: dropping it would make volts of them
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _signal(line: str, place: int) -> SignalLine:
    match = SIGNAL.match(line)
    if match is None:
        raise UnreadableSignal(f"The line of signal {place} in the .hea file is not as WFDB's are.")
    stored = int(match["format"])
    if stored in FLAC:
        raise UnreadableSignal(
            f"Signal {place} is compressed (format {stored}): convert the record to format 16 first."
        )
    if stored not in BLOCKS:
        raise UnreadableSignal(
            f"Signal {place} has format {stored}, which is not one that is read."
        )
    if not PLAIN_NAME.match(match["file"]) or ".." in match["file"]:
        raise UnreadableSignal(
            f"The .hea file names no plain file for signal {place}: folders and addresses are not followed."
        )
    per_frame, gain = int(match["per_frame"] or 1), float(match["gain"] or 0) or 200.0
    if not 1 <= per_frame <= 100:
        raise SignalTooLarge(
            f"Signal {place} has {per_frame} samples in a frame; 1 to 100 are read."
        )
    unit = (match["unit"] or "").lower().replace("µ", "u").replace("μ", "u")
    return SignalLine(
        place=place,
        file=match["file"],
        format=stored,
        per_frame=per_frame,
        skew=int(match["skew"] or 0),
        offset=int(match["offset"] or 0),
        gain=gain,
        baseline=int(match["baseline"] or match["zero"] or 0),
        scale=MV.get(unit),
        initial=int(match["initial"] or 0),
        checksum=None if match["checksum"] is None else int(match["checksum"]),
        name="".join(c for c in match["name"] or "" if c.isprintable()).strip()[:64]
        or f"lead {place}",
    )


def _check_files(signals: Sequence[SignalLine]) -> None:
    """Signals of one file must stand together and be stored alike."""
    seen: list[str] = []
    for before, line in zip([None, *signals], signals, strict=False):
        if before is not None and before.file == line.file:
            if (before.format, before.offset) != (line.format, line.offset):
                raise UnreadableSignal("Signals of one file are stored in different formats.")
        elif line.file in seen:
            raise UnreadableSignal("The .hea file doesn't list the signals of one file together.")
        seen.append(line.file)
