"""The samples in a WFDB signal file, straight from its bytes in memory, a chunk at a time.

Formats: https://physionet.org/physiotools/wag/signal-5.htm. A file holds one frame after the other, and
a frame holds `per_frame` samples of each of the file's signals, signal after signal.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.interrupt import Check, unhurried

Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64] | npt.NDArray[np.int32]

CHUNK = 240_000  # values that are decoded at once, at most: a few MB
ALIGNED = 6  # frames at whose multiples each format begins a new byte
# the value that stands for a missing sample; format 8 has none
MISSING: Mapping[int, int] = MappingProxyType(
    {16: -(1 << 15), 24: -(1 << 23), 32: -(1 << 31), 61: -(1 << 15), 80: -(1 << 7),
     160: -(1 << 15), 212: -(1 << 11), 310: -(1 << 9), 311: -(1 << 9)}
)  # fmt: skip
BLOCKS: Mapping[int, tuple[int, int]] = MappingProxyType(  # samples packed together, in so many bytes
    {8: (1, 1), 16: (1, 2), 24: (1, 3), 32: (1, 4), 61: (1, 2), 80: (1, 1), 160: (1, 2),
     212: (2, 3), 310: (3, 4), 311: (3, 4)}
)  # fmt: skip
# bytes of a block that is cut which hold its first sample, its first two
PARTS: Mapping[int, tuple[int, ...]] = MappingProxyType({212: (2,), 310: (2, 4), 311: (2, 3)})


@dataclass(frozen=True)
class SignalFile:
    """The bytes of a signal file from its first sample on, and how they are stored.

    format: a key of BLOCKS. per_frame: samples of each signal in a frame. initial: each signal's
    value before the first sample, for format 8.
    """

    data: memoryview
    format: int
    per_frame: Sequence[int]
    initial: Sequence[int]

    @property
    def frames(self) -> int:
        """How many whole frames there are."""
        together, size = BLOCKS[self.format]
        blocks, left = divmod(len(self.data), size)
        begun = sum(left >= needed for needed in PARTS.get(self.format, ()))
        return (together * blocks + begun) // sum(self.per_frame)

    def chunks(self, frames: int, check: Check = unhurried) -> Iterator[Whole]:
        """The first `frames` frames, as integers (some frames, samples of a frame), in order."""
        width = sum(self.per_frame)
        step = max(1, CHUNK // width // ALIGNED) * ALIGNED
        before = np.array(self.initial, np.int64)
        for first in range(0, frames, step):
            check()
            values = self._decode(first * width, min(step, frames - first) * width)
            values = values.reshape(-1, width)
            yield self._summed(values, before) if self.format == 8 else values

    def _decode(self, first: int, count: int) -> Whole:
        """int32 (count,) from sample `first` on, which begins a block."""
        together, size = BLOCKS[self.format]
        begin = first // together * size
        raw = np.frombuffer(self.data[begin : begin + -(-count // together) * size], np.uint8)
        if raw.size % size:
            raw = np.concatenate([raw, np.zeros(-raw.size % size, np.uint8)])
        return DECODERS[self.format](raw)[:count]

    def _summed(self, steps: Whole, before: npt.NDArray[np.int64]) -> Whole:
        """Sums of the first differences that format 8 stores; moves `before` on to the last ones."""
        sums = np.empty(steps.shape, np.int64)
        column = 0
        for place, count in enumerate(self.per_frame):
            own = steps[:, column : column + count]
            total = before[place] + own.ravel().cumsum(dtype=np.int64)
            sums[:, column : column + count] = total.reshape(own.shape)
            before[place] = total[-1]
            column += count
        return sums


def _plain(kind: str, less: int = 0) -> Callable[[Bytes], Whole]:
    """For samples stored as machine integers of NumPy's `kind`; `less`, the format's offset, comes off."""
    return lambda raw: raw.view(kind).astype(np.int32) - less


def _format_24(raw: Bytes) -> Whole:
    words = np.zeros((raw.size // 3, 4), np.uint8)
    words[:, 1:] = raw.reshape(-1, 3)
    return words.view("<i4")[:, 0] >> 8


def _format_212(raw: Bytes) -> Whole:
    low, both, high = raw.reshape(-1, 3).astype(np.int32).T
    return _signed([low | (both & 0x0F) << 8, high | (both & 0xF0) << 4], 12)


def _format_310(raw: Bytes) -> Whole:
    one, two = raw.view("<u2").reshape(-1, 2).astype(np.int32).T
    third = (one >> 11) | (two >> 11) << 5
    return _signed([(one >> 1) & 0x3FF, (two >> 1) & 0x3FF, third], 10)


def _format_311(raw: Bytes) -> Whole:
    word = raw.view("<u4").astype(np.int64)
    return _signed([word & 0x3FF, (word >> 10) & 0x3FF, (word >> 20) & 0x3FF], 10)


def _signed(samples: list[Whole], bits: int) -> Whole:
    """The samples of a block in turn, from two's complement of `bits` bits."""
    together = np.stack(samples, axis=1).ravel().astype(np.int32)
    sign = 1 << (bits - 1)
    return np.asarray((together ^ sign) - sign)


DECODERS: Mapping[int, Callable[[Bytes], Whole]] = MappingProxyType(
    {
        8: _plain("i1"),
        16: _plain("<i2"),
        24: _format_24,
        32: _plain("<i4"),
        61: _plain(">i2"),
        80: _plain("u1", 1 << 7),
        160: _plain("<u2", 1 << 15),
        212: _format_212,
        310: _format_310,
        311: _format_311,
    }
)
