"""Pictures and patients that stand on two sides, such as a training and a test folder."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One picture file. side: its split, or which of two folders. group: one number for equal pixels."""

    file: str
    side: str | None
    label: str | None
    patient: str | None
    sha256: str
    group: int


@dataclass(frozen=True)
class Near:
    """Two distinct pictures that show the same recording; similarity up to 1."""

    first: Entry
    second: Entry
    similarity: float


@dataclass(frozen=True)
class Leak:
    """A file whose picture or patient also stands on another side.

    kind: the first of bytes, pixels, near and patient that holds. similarity: where kind is near.
    """

    file: str
    against: str
    kind: str
    similarity: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def find_leaks(
    entries: Iterable[Entry], near: Iterable[Near], sides: tuple[str, ...]
) -> list[Leak]:
    """A leak for each file and each earlier side that holds the same picture or patient.

    sides: their names, in order; files of other sides are left out.
    """
    placed = [entry for entry in entries if entry.side in sides]
    known = {side: _Side([e for e in placed if e.side == side]) for side in sides}
    linked = _linked(near)
    leaks = []
    for entry in placed:
        for side in sides[: sides.index(str(entry.side))]:
            leak = _leak(entry, known[side], linked)
            if leak:
                leaks.append(leak)
    return leaks


class _Side:
    """The first file of one side for each sha256, group and patient."""

    def __init__(self, entries: list[Entry]) -> None:
        self.by_bytes = _first(entries, lambda entry: entry.sha256)
        self.by_group = _first(entries, lambda entry: entry.group)
        self.by_patient = _first(entries, lambda entry: entry.patient)


def _first(entries: list[Entry], key: Callable[[Entry], Hashable]) -> dict[Hashable, Entry]:
    return {key(entry): entry for entry in reversed(entries)}


def _linked(near: Iterable[Near]) -> dict[int, list[tuple[float, int]]]:
    """Group -> the groups near it with their similarity, the most similar first."""
    linked: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for pair in near:
        linked[pair.first.group].append((pair.similarity, pair.second.group))
        linked[pair.second.group].append((pair.similarity, pair.first.group))
    return {group: sorted(others, reverse=True) for group, others in linked.items()}


def _leak(entry: Entry, side: _Side, linked: dict[int, list[tuple[float, int]]]) -> Leak | None:
    if entry.sha256 in side.by_bytes:
        return Leak(entry.file, side.by_bytes[entry.sha256].file, "bytes", None)
    if entry.group in side.by_group:
        return Leak(entry.file, side.by_group[entry.group].file, "pixels", None)
    for similarity, group in linked.get(entry.group, []):
        if group in side.by_group:
            return Leak(entry.file, side.by_group[group].file, "near", similarity)
    if entry.patient is not None and entry.patient in side.by_patient:
        return Leak(entry.file, side.by_patient[entry.patient].file, "patient", None)
    return None
