"""Beats as files: a table in CSV, and the annotations of a WFDB record (`.atr`).

The binary form is the "MIT format" of G. B. Moody, "WFDB Applications Guide", annot(5): words of
16 bits, little-endian, a code in the upper six bits and the samples since the last one in the rest.
"""

import csv
import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.signal.signal import SampleIndices

Shares = npt.NDArray[np.floating]

# a label of a task of beats -> the symbol that WFDB has for such a beat
SYMBOLS: Mapping[str, str] = MappingProxyType(
    {symbol: symbol for symbol in "NLRVFASQ!"}  # a symbol stands for itself, and AAMI's five do
    | {
        "left_bundle_branch_block": "L",
        "normal": "N",
        "atrial_premature": "A",
        "ventricular_premature": "V",
        "right_bundle_branch_block": "R",
        "ventricular_flutter": "!",
    }
)
CODES: Mapping[str, int] = MappingProxyType(
    {"N": 1, "L": 2, "R": 3, "V": 5, "F": 6, "A": 8, "S": 9, "Q": 13, "!": 31}
)
UNCLASSIFIED = "Q"
NOTE, SKIP, AUXILIARY = 22, 59, 63
FARTHEST = 1023  # samples that ten bits can tell


class NoSymbol(ValueError):
    """A label for which WFDB has no symbol."""


@dataclass(frozen=True)
class LabelledBeats:
    """Beats with the labels that a model gave, or that are known.

    indices: int64 (m,), samples, rising. rate: Hz. labels: one a beat, "" for one without. shares: (m, k)
    probabilities, one column for each of `classes`; (m, 0) without. reasons: codes of why a beat has no
    label, "" for one that has; None where nothing is known of that.
    """

    indices: SampleIndices
    rate: float
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    shares: Shares | None = None
    reasons: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where lengths differ or indices don't rise."""
        if self.indices.size != len(self.labels):
            raise ValueError(f"{self.indices.size} beats can't have {len(self.labels)} labels")
        if self.reasons is not None and len(self.reasons) != len(self.labels):
            raise ValueError(f"{len(self.labels)} beats can't have {len(self.reasons)} reasons")
        shape = None if self.shares is None else self.shares.shape
        if self.classes and shape != (self.indices.size, len(self.classes)):
            raise ValueError("one probability is needed for each beat and class")
        if self.indices.size and (self.indices[0] < 0 or np.diff(self.indices).min(initial=0) < 0):
            raise ValueError("beats must stand in the order of time, from sample 0 on")


def beats_csv(beats: LabelledBeats) -> str:
    """A table: time in s, sample, label, a probability for each class and why a beat has no label.

    The last two where there are any. A beat without a label has no probabilities either.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    last = [] if beats.reasons is None else ["reason"]
    writer.writerow(["time_s", "sample", "label", *(f"p_{name}" for name in beats.classes), *last])
    shares = np.empty((len(beats.labels), 0)) if beats.shares is None else beats.shares
    reasons = beats.reasons or ("",) * len(beats.labels)
    columns = zip(beats.indices.tolist(), beats.labels, shares, reasons, strict=True)
    for place, label, row, reason in columns:
        told = [f"{share:.6f}" if label else "" for share in row] if beats.classes else []
        time = f"{place / beats.rate:.4f}"
        writer.writerow([time, place, label, *told, *([reason] if last else [])])
    return text.getvalue()


def beats_atr(beats: LabelledBeats) -> bytes:
    """The annotations of a WFDB record, with the rate as WFDB's own programs write it.

    A beat without a label is Q there, one that can't be classified. Raises NoSymbol for a
    label that is not in SYMBOLS.
    """
    unknown = sorted(set(beats.labels) - set(SYMBOLS) - {""})
    if unknown:
        raise NoSymbol(f"WFDB has no symbol for {', '.join(unknown)}: download the CSV instead.")
    words = [_rate_note(beats.rate)]
    last = 0
    for place, label in zip(beats.indices.tolist(), beats.labels, strict=True):
        words.extend(_annotation(place - last, CODES[SYMBOLS[label or UNCLASSIFIED]]))
        last = place
    return b"".join([*words, _word(0, 0)])


def _annotation(later: int, code: int) -> Iterator[bytes]:
    """One beat, `later` samples after the one before."""
    if later > FARTHEST:  # the interval in four bytes, its upper half first
        yield _word(SKIP, 0) + struct.pack("<HH", later >> 16, later & 0xFFFF)
        later = 0
    yield _word(code, later)


def _rate_note(rate: float) -> bytes:
    text = f"## time resolution: {rate:.10g}".encode("ascii")
    return _word(NOTE, 0) + _word(AUXILIARY, len(text)) + text + b"\0" * (len(text) % 2)


def _word(code: int, rest: int) -> bytes:
    return struct.pack("<H", code << 10 | rest)
