"""What a data folder holds twice: the same file, the same pixels, the same recording.

A page on both sides of a split makes every figure of that split too good, so pairs across two folders,
or across the splits inside one, are listed apart.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg.page.folder_names import SPLITS, plain_name
from ecg.page.library import Picture, read_library
from ecg.picture.formats import SUFFIXES
from twelvelead.audit.copies import Copies, find_copies
from twelvelead.audit.overlap import Entry, Leak, Near, find_leaks
from twelvelead.datasets.pages import DataError, read_patients

NO_CLASS = "no class"
SIDES = ("train", "val", "test")  # a leak is told of the later one
OTHER, OWN = "against", "folder"  # the sides of two folders
PLURALS = {"label": "classes", "patient": "ids"}


@dataclass(frozen=True)
class Audit:
    """What was found.

    entries: the readable files of the folder. unreadable: file -> reason. near: pairs within the folder.
    leaks: pairs across two folders, or across the splits of one.
    """

    folder: Path
    against: Path | None
    entries: tuple[Entry, ...]
    near: tuple[Near, ...]
    leaks: tuple[Leak, ...]
    unreadable: dict[str, str]

    @property
    def groups(self) -> tuple[tuple[Entry, ...], ...]:
        """Files that are identical, by bytes or by pixels: each group of two or more."""
        grouped: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            grouped[entry.group].append(entry)
        return tuple(tuple(group) for group in grouped.values() if len(group) > 1)

    @property
    def distinct(self) -> int:
        """Files without their identical extra copies."""
        return len({entry.group for entry in self.entries})

    @property
    def per_class(self) -> dict[str, dict[str, int]]:
        """Files and distinct pictures of each class; a picture in two classes counts in both."""
        named = [(entry.label or NO_CLASS, entry.group) for entry in self.entries]
        files, distinct = (Counter(label for label, _ in rows) for rows in (named, set(named)))
        return {
            label: {"files": files[label], "distinct": distinct[label]} for label in sorted(files)
        }

    def across(self, what: str) -> list[dict[str, Any]]:
        """Groups and near pairs whose `label` or `patient` differ; files without one don't count."""
        repeated: list[tuple[str, tuple[Entry, ...], float | None]] = [
            (_kind(group), group, None) for group in self.groups
        ]
        repeated += [("near", (pair.first, pair.second), pair.similarity) for pair in self.near]
        rows = []
        for kind, entries, similarity in repeated:
            names = sorted({getattr(entry, what) for entry in entries} - {None})
            if len(names) > 1:
                files = [entry.file for entry in entries]
                row = {"files": files, "kind": kind, "similarity": similarity}
                rows.append(row | {PLURALS[what]: names})
        return rows

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `twelvelead audit --json`."""
        return {
            "folder": str(self.folder),
            "against": str(self.against) if self.against else None,
            "files": len(self.entries),
            "distinct": self.distinct,
            "duplicates": len(self.entries) - self.distinct,
            "near_duplicates": len(self.near),
            "leaks": [leak.as_json() for leak in self.leaks],
            "groups": [[entry.file for entry in group] for group in self.groups],
            "near": [
                {"file": pair.first.file, "other": pair.second.file, "similarity": pair.similarity}
                for pair in self.near
            ],
            "across_classes": self.across("label"),
            "across_ids": self.across("patient"),
            "unreadable": [{"file": f, "reason": why} for f, why in self.unreadable.items()],
            "per_class": self.per_class,
        }


def audit(folder: Path, against: Path | None = None) -> Audit:
    """Looks for copies in a folder, and across to another one, or across its own splits.

    Class and split come from the names of folders, as `ecg.page.library` reads them; patients from the
    column `printed_id` of `manifest.csv` in each folder. Unreadable files are named, not counted.

    Raises DataError for a folder that is not there or holds no picture.
    """
    own = _pictures(folder)
    others = _pictures(against) if against else []
    pictures = own + others
    copies = find_copies([picture.path for picture in pictures])
    rows = _Rows(folder, copies, None if against is None else OWN)
    entries = {i: e for i, picture in enumerate(own) if (e := rows.entry(i, picture))}
    outside: dict[int, Entry] = {}
    if against:
        rows = _Rows(against, copies, OTHER)
        numbered = enumerate(others, start=len(own))
        outside = {i: e for i, picture in numbered if (e := rows.entry(i, picture))}
    everyone = entries | outside
    near = [Near(everyone[i], everyone[j], round(s, 4)) for i, j, s in copies.near]
    order = (OTHER, OWN) if against else SIDES
    return Audit(
        folder=folder,
        against=against,
        entries=tuple(entries.values()),
        near=_within(near, entries),
        leaks=tuple(find_leaks(everyone.values(), near, order)),
        unreadable={
            _name(pictures[i].path, folder): reason for i, reason in copies.unreadable.items()
        },
    )


def _within(near: list[Near], entries: Mapping[int, Entry]) -> tuple[Near, ...]:
    """The near pairs within the folder, each named by the first files of its two groups."""
    first = {entry.group: entry for entry in reversed([*entries.values()])}
    return tuple(
        Near(first[pair.first.group], first[pair.second.group], pair.similarity)
        for pair in near
        if pair.first.group in first and pair.second.group in first
    )


class _Rows:
    """Makes the entries of one folder."""

    def __init__(self, root: Path, copies: Copies, side: str | None) -> None:
        self._root, self._copies, self._side = root, copies, side
        self._patients = _patients(root)

    def entry(self, number: int, picture: Picture) -> Entry | None:
        """The entry of a picture, None for one that can't be read."""
        if number in self._copies.unreadable:
            return None
        file = picture.path.relative_to(self._root).as_posix()
        return Entry(
            file=file,
            side=self._side or picture.split,
            label=_label(picture, self._root),
            patient=self._patients.get(file),
            sha256=self._copies.sha256[number],
            group=self._copies.group[number],
        )


def _pictures(root: Path) -> list[Picture]:
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: name one that holds pictures of ECG pages.")
    pictures = list(read_library(root).pictures)
    if not pictures:
        raise DataError(f"{root} holds no picture: it should hold {', '.join(SUFFIXES)} files.")
    return pictures


def _patients(root: Path) -> Mapping[str, str]:
    try:
        return read_patients(root)
    except (KeyError, UnicodeDecodeError) as error:
        raise DataError(
            f"{root / 'manifest.csv'} can't be read: it should be UTF-8 text with the columns "
            "file and printed_id."
        ) from error


def _label(picture: Picture, root: Path) -> str | None:
    """The class by the names of the folders; else the first folder that is not a split."""
    if picture.label:
        return picture.label
    folders = picture.path.relative_to(root).parts[:-1]
    return next((name for name in folders if plain_name(name) not in SPLITS), None)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _kind(group: tuple[Entry, ...]) -> str:
    return "bytes" if len({entry.sha256 for entry in group}) == 1 else "pixels"
