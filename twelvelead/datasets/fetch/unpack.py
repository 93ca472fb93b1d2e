"""Reads pictures out of a zip from elsewhere: nothing is written, and nothing may be oversized."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MAX_MEMBERS = 20_000
MAX_PICTURE = 30_000_000  # bytes
MAX_TOTAL = 4_000_000_000  # bytes


class UnpackError(Exception):
    """Why an archive is refused, in one sentence."""


def pictures_in_zip(
    archive: Path, suffixes: tuple[str, ...]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """(path inside the archive, bytes) of each picture, after all its names and sizes were checked.

    Raises UnpackError for what is no zip, a path that leads out of it, or too much in it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked(opened.infolist())
            for member in members:
                if member.filename.lower().endswith(suffixes) and not _is_of_a_mac(member.filename):
                    yield PurePosixPath(member.filename), opened.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnpackError("An archive of the set is no whole zip: fetch it again.") from error


def _checked(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_TOTAL:
        raise UnpackError("An archive of the set holds far more than the set: it is refused.")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise UnpackError("An archive holds a path that leads out of it: it is refused.")
        if member.file_size > MAX_PICTURE:
            raise UnpackError("An archive holds a picture of more than 30 MB: it is refused.")
    return members


def _is_of_a_mac(name: str) -> bool:
    """Whether this is one of the shadow files that macOS puts beside the real ones."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")
