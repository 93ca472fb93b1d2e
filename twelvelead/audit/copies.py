"""Which of many picture files are the same: in bytes, in pixels, or in the recording they show."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from ecg.errors import PageError
from ecg.page.page import read_page
from twelvelead.audit.candidates import Candidate, Search, describe
from twelvelead.audit.fingerprint import SAME_FROM, similarity
from twelvelead.audit.ink import InkMap, find_ink

AT_ONCE = 6  # candidates looked at for a page; as many again while one of them is the same
PERHAPS_EQUAL = 0.97  # similarity from which all pixels are compared


@dataclass(frozen=True)
class Copies:
    """What was found for files 0 to n - 1.

    sha256, group: of each readable file; files of equal pixels have one group, the number of the
    first of them. near: (first, second, similarity) of two groups, first < second. unreadable: why.
    """

    sha256: dict[int, str]
    group: dict[int, int]
    near: tuple[tuple[int, int, float], ...]
    unreadable: dict[int, str]


def find_copies(paths: list[Path]) -> Copies:
    """Reads every file once, keeps only a small map of its ink, and compares what could be the same."""
    reader = _Reader()
    for number, path in enumerate(tqdm(paths, desc="reading pictures", unit="file")):
        reader.read(number, path)
    pairs = list(_compared(reader.inks))
    groups = _Groups(reader.first)
    perhaps = {n for i, j, similar in pairs if similar >= PERHAPS_EQUAL for n in (i, j)}
    pixels = {number: _pixels(paths[number]) for number in sorted(perhaps | set(reader.empty))}
    for number, other in _same(pixels):
        groups.join(number, other)
    return Copies(reader.sha256, groups.all(), groups.between(pairs), reader.unreadable)


class _Reader:
    """Reads files; of byte-identical ones only the first is decoded."""

    def __init__(self) -> None:
        self.sha256: dict[int, str] = {}
        self.first: dict[int, int] = {}  # file -> the first one of the same bytes
        self.inks: dict[int, InkMap] = {}
        self.empty: list[int] = []  # no ink: only their pixels can be compared
        self.unreadable: dict[int, str] = {}
        self._known: dict[str, int] = {}

    def read(self, number: int, path: Path) -> None:
        try:
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if digest not in self._known:
                self._decode(number, data)
        except (OSError, PageError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.unreadable[number] = str(reason)
            return
        self.sha256[number] = digest
        self.first[number] = self._known.setdefault(digest, number)

    def _decode(self, number: int, data: bytes) -> None:
        ink = find_ink(read_page(data))
        if ink is None:
            self.empty.append(number)
        else:
            self.inks[number] = ink


class _Groups:
    """Files joined into groups, each named by its first file."""

    def __init__(self, first: dict[int, int]) -> None:
        self._parent = dict(first)

    def of(self, number: int) -> int:
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def join(self, number: int, other: int) -> None:
        low, high = sorted((self.of(number), self.of(other)))
        self._parent[high] = low

    def all(self) -> dict[int, int]:
        return {number: self.of(number) for number in self._parent}

    def between(
        self, pairs: Iterable[tuple[int, int, float]]
    ) -> tuple[tuple[int, int, float], ...]:
        """Pairs of files as pairs of groups, each once, with its highest similarity."""
        best: dict[tuple[int, int], float] = {}
        for i, j, similar in pairs:
            low, high = sorted((self.of(i), self.of(j)))
            if low != high:
                best[low, high] = max(similar, best.get((low, high), 0.0))
        return tuple((low, high, similar) for (low, high), similar in sorted(best.items()))


def _compared(inks: dict[int, InkMap]) -> Iterator[tuple[int, int, float]]:
    """Every pair of files whose ink is the same, (lower, higher, similarity)."""
    numbers, maps = list(inks), list(inks.values())
    if len(maps) < 2:
        return
    search = Search([describe(ink) for ink in maps])
    seen: dict[tuple[int, int], float] = {}
    for index in tqdm(range(len(maps)), desc="comparing", unit="picture"):
        for candidates in (search.near(index), search.near_by_columns(index)):
            _look(index, candidates, maps, seen)
    for (low, high), similar in sorted(seen.items()):
        if similar >= SAME_FROM:
            yield numbers[low], numbers[high], similar


def _look(
    index: int,
    candidates: Iterator[Candidate],
    maps: list[InkMap],
    seen: dict[tuple[int, int], float],
) -> None:
    """Compares with the nearest candidates, and with more as long as one of the last few is the same."""
    while some := list(islice(candidates, AT_ONCE)):
        for candidate in some:
            pair = (min(index, candidate.other), max(index, candidate.other))
            if pair not in seen:
                seen[pair] = similarity(maps[index], maps[candidate.other], candidate.scale)
        pairs = [(min(index, candidate.other), max(index, candidate.other)) for candidate in some]
        if all(seen[pair] < SAME_FROM for pair in pairs):
            return


def _pixels(path: Path) -> str:
    """A sha256 of the size and the upright RGB pixels, of a file that was readable before."""
    page = read_page(path.read_bytes())
    pixels = page.whole(page.size, "rgb")
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def _same(pixels: dict[int, str]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for number, digest in sorted(pixels.items()):
        known = first.setdefault(digest, number)
        if known != number:
            yield known, number
