"""The annotations of a WFDB record, from the bytes of its `.atr` file.

The "MIT format" of G. B. Moody, "WFDB Applications Guide", annot(5),
https://physionet.org/physiotools/wag/annot-5.htm: words of 16 bits, little-endian, a code in the upper
six bits. Of an annotation the other ten are the samples since the one before; what belongs to the
annotation follows it. A word of zero ends the list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg.errors import UnreadableSignal
from ecg.interrupt import Check, unhurried
from ecg.signal.signal import Annotations

Words = npt.NDArray[np.uint16]
Numbers = npt.NDArray[np.int64]

NOTHING, NOTE, LAST_CODE = 0, 22, 49
SKIP, AUXILIARY = 59, 63  # the codes between them carry a number of their own and nothing else
SYMBOLS = ' NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r'  # by code; a space: nobody has given it one
BEGIN_DEFINITIONS, END_DEFINITIONS = "## annotation type definitions", "## end of definitions"
DEFINITION = re.compile(r"^(\d{1,2}) ([!-~]{1,8}) ", re.ASCII)
CHECKED = 65_536  # words between two questions whether anybody waits
DAMAGED = "The .atr file is damaged: leave it out, or give the right one."


@dataclass(frozen=True)
class _Payloads:
    """Words that hold no code: those after SKIP and AUX. starts, ends: rising; skips: which are SKIP's."""

    starts: Numbers
    ends: Numbers
    skips: npt.NDArray[np.bool_]


def read_annotations(data: bytes, check: Check = unhurried) -> Annotations:
    """All annotations in the bytes of an `.atr` file, beats and others, in the order of the file.

    Left out, as WFDB's own programs do, are notes at sample 0, which tell about the file (its time
    resolution, symbols of its own), and words that stand for no annotation. A code that nobody has
    given a symbol is told as "[42]", as WFDB's do. Samples may be negative or fall where the file
    says so. Work grows with the bytes and with nothing that stands in them.

    Raises UnreadableSignal for what doesn't follow the format: half a word, something that is cut,
    a code above 49.
    """
    if len(data) % 2:
        raise UnreadableSignal(DAMAGED)
    words: Words = np.frombuffer(data, "<u2")
    payloads = _find_payloads(words, check)
    free = _without(payloads, words.size)
    ends = np.flatnonzero(free & (words == 0))
    end = int(ends[0]) if ends.size else words.size
    if payloads.ends.size and (payloads.ends[payloads.starts <= end] > words.size).any():
        raise UnreadableSignal(DAMAGED)
    codes = (words[:end] >> 10).astype(np.uint8)
    marks = np.flatnonzero(free[:end] & (codes < SKIP))
    if end and not (codes[0] <= SKIP):
        raise UnreadableSignal(DAMAGED)  # something that belongs to an annotation before any
    indices = _sum_indices(words[:end], marks, payloads)
    found = codes[marks]
    told = (found != NOTHING) & ~((found == NOTE) & (indices == 0))
    symbols = _symbols(data, marks[(found == NOTE) & (indices == 0)])
    if (found > LAST_CODE).any():
        raise UnreadableSignal(DAMAGED)
    return Annotations(indices[told], tuple(map(symbols.__getitem__, found[told].tolist())))


def _find_payloads(words: Words, check: Check) -> _Payloads:
    """Walks once over the words that may be SKIP or AUX, passing over those inside another's payload."""
    codes = words >> 10
    places = np.flatnonzero((codes == SKIP) | (codes == AUXILIARY))
    skips = (codes[places] == SKIP).tolist()
    lengths = np.where(codes[places] == SKIP, 2, ((words[places] & 0xFF) + 1) // 2).tolist()
    kept, free = [], 0
    for number, place in enumerate(places.tolist()):
        if number % CHECKED == 0:
            check()
        if place >= free:
            free = place + 1 + lengths[number]
            kept.append(number)
    starts = places[kept] + 1
    return _Payloads(
        starts,
        starts + np.array(lengths, np.int64)[kept],
        np.array(skips, np.bool_)[kept],
    )


def _without(payloads: _Payloads, size: int) -> npt.NDArray[np.bool_]:
    """Which words are no payload."""
    free = np.zeros(size + 1, np.int8)
    free[payloads.starts] += 1
    free[np.minimum(payloads.ends, size)] -= 1  # only the last can reach beyond the end
    return np.asarray(free[:-1].cumsum(dtype=np.int8) == 0)


def _sum_indices(words: Words, marks: Numbers, payloads: _Payloads) -> Numbers:
    """int64 (marks,): where each annotation is, by the sums of all steps and of those of SKIP."""
    steps = np.zeros(words.size, np.int64)
    steps[marks] = words[marks] & 0x3FF
    far = payloads.starts[payloads.skips & (payloads.ends <= words.size)]
    skipped = (words[far].astype(np.int64) << 16) | words[far + 1]  # the upper half comes first
    steps[far] = (skipped ^ (1 << 31)) - (1 << 31)
    return np.asarray(steps.cumsum()[marks])


def _symbols(data: bytes, notes: Numbers) -> Sequence[str]:
    """The symbol of each code from 0 to 49, with those that notes at sample 0 define."""
    usual = SYMBOLS.ljust(LAST_CODE + 1)
    symbols = [f"[{code}]" if symbol == " " else symbol for code, symbol in enumerate(usual)]
    if BEGIN_DEFINITIONS.encode() not in data:
        return symbols
    defining = False
    for place in notes.tolist():
        text = _text(data, place)
        if text in (BEGIN_DEFINITIONS, END_DEFINITIONS):
            defining = text == BEGIN_DEFINITIONS
        match = DEFINITION.match(text)
        if defining and match and NOTHING < int(match[1]) <= LAST_CODE:
            symbols[int(match[1])] = match[2]
    return symbols


def _text(data: bytes, place: int) -> str:
    """The AUX text of the annotation at this word, "" without one: it may follow its other fields."""
    for word in range(place + 1, place + 5):
        code = data[2 * word + 1] >> 2 if 2 * word + 1 < len(data) else 0
        if code == AUXILIARY:
            return data[2 * word + 2 : 2 * word + 2 + data[2 * word]].decode("latin-1")
        if code <= SKIP:
            break
    return ""
