"""Libraries of labelled pictures: class folders, alone or inside train and test folders.

The index is made once, from what lies in the folder then; pictures are named by opaque ids from it,
so nothing that a client sends is ever used as a path.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ecg.errors import FileTooLarge
from ecg.page.folder_names import DEFAULT_FOLDERS, SPLITS, plain_name
from ecg.page.page import MAX_BYTES
from ecg.picture.formats import SUFFIXES

ID_LENGTH = 32  # hexadecimal digits: 128 bits

GONE = "This sample's file is gone: choose another one."


class UnknownPicture(LookupError):
    """No picture of the library has this id."""


@dataclass(frozen=True)
class Picture:
    """One picture file: label and split by its folders, None where they tell neither."""

    id: str
    path: Path
    label: str | None
    split: str | None
    simulated: bool = False

    def read(self) -> bytes:
        """The file's bytes, never more than a page may have.

        Raises UnknownPicture where the file is gone since the index was made, and FileTooLarge.
        """
        try:
            # without waiting for a writer, should a pipe have taken the file's place
            with os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    raise UnknownPicture(GONE)
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UnknownPicture(GONE) from error
        if len(data) > MAX_BYTES:
            raise FileTooLarge(
                f"The file has {facts.st_size:,} bytes; at most {MAX_BYTES:,} are read."
            )
        return data


@dataclass(frozen=True)
class Library:
    """Pictures in the order of their paths."""

    pictures: tuple[Picture, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted({p.label for p in self.pictures if p.label}))

    @property
    def splits(self) -> tuple[str, ...]:
        return tuple(sorted({p.split for p in self.pictures if p.split}))

    def select(self, label: str | None = None, split: str | None = None) -> tuple[Picture, ...]:
        """The pictures of one label or one split, of all where None."""
        return tuple(
            p
            for p in self.pictures
            if (label is None or p.label == label) and (split is None or p.split == split)
        )

    def find(self, wanted: str) -> Picture:
        """The picture with this id. Raises UnknownPicture."""
        for picture in self.pictures:
            if picture.id == wanted:
                return picture
        raise UnknownPicture("There is no such sample.")


def read_library(
    root: Path,
    *,
    folder_labels: Mapping[str, str] = DEFAULT_FOLDERS,
    simulated: bool = False,
) -> Library:
    """Every picture file under `root`, by the names of the folders that it lies in.

    `folder_labels`: a folder's name, as `plain_name` writes it, to its label. Links that lead out of
    `root` are left out. A root that is no folder gives an empty library.
    """
    pictures = []
    for parts in sorted(_files(root.resolve())):
        names = [plain_name(part) for part in parts[:-1]]
        written = "/".join(parts).encode("utf-8", "surrogateescape")  # names may be in any encoding
        pictures.append(
            Picture(
                id=hashlib.sha256(written).hexdigest()[:ID_LENGTH],
                path=root.joinpath(*parts),
                label=_first(names, folder_labels),
                split=_first(names, SPLITS),
                simulated=simulated,
            )
        )
    return Library(tuple(pictures))


def _files(root: Path) -> Iterator[tuple[str, ...]]:
    """The picture files under `root`, by the names on the way to each; links to folders not followed.

    Folders that can't be listed and files that can't be looked at are left out.
    """
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        above = waiting.pop()
        try:
            with os.scandir(root.joinpath(*above)) as listed:
                entries = list(listed)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((*above, entry.name))
            elif _is_picture(entry, root):
                yield (*above, entry.name)


def _is_picture(entry: "os.DirEntry[str]", root: Path) -> bool:
    """Whether it has the name of one and is a file inside `root`; pipes and devices are none."""
    if Path(entry.name).suffix.lower() not in SUFFIXES:
        return False
    try:
        if not entry.is_symlink():
            return entry.is_file()
        aim = Path(entry.path).resolve(strict=True)
        return aim.is_file() and aim.is_relative_to(root)
    except (OSError, RuntimeError):  # the latter for links that lead in a circle
        return False


def _first(names: list[str], table: Mapping[str, str]) -> str | None:
    return next((table[name] for name in reversed(names) if name in table), None)
