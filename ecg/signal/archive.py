"""A zip unpacked in memory, within limits: its names are never paths."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from ecg.errors import NotASignal, SignalError, SignalTooLarge, UnreadableSignal
from ecg.interrupt import Check
from ecg.signal.read_options import USUAL_LIMITS, ReadLimits
from ecg.signal.signal import MAX_BYTES

ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # how a zip begins, an empty one too
MAX_ENTRIES = 64
MAX_RATIO = 200  # times as large unpacked; tables of numbers come to about 10
MAX_DIRECTORY = 1000 * MAX_ENTRIES  # bytes of the list of entries
EMPTY = "The zip is empty: pack a CSV, or the .hea and .dat files of a record."
DAMAGED = "The zip is damaged: pack the files again."
END = b"PK\x05\x06"
END_64 = b"PK\x06\x07"
END_LENGTH = 22
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PART = 1_000_000  # bytes that are unpacked at once
LITTER = ("__MACOSX/", ".DS_Store", "desktop.ini", "Thumbs.db")


def unpack(data: bytes, limits: ReadLimits = USUAL_LIMITS) -> dict[str, bytes]:
    """The files of a zip by their names, without folders and what operating systems add.

    Raises SignalTooLarge (over 64 entries, over 50 MB unpacked, a file over 200 times as large as
    packed), NotASignal (an Excel workbook, nothing in it), UnreadableSignal (damaged, encrypted, a zip
    in it, another way of packing, two files of one name).
    """
    _check_directory(data)
    with _naming_damage():
        packed = zipfile.ZipFile(io.BytesIO(data))
        entries = [entry for entry in packed.infolist() if _is_wanted(entry.filename)]
    _check_entries(entries)
    if any(entry.compress_size > len(data) for entry in entries):
        raise UnreadableSignal(DAMAGED)
    files: dict[str, bytes] = {}
    for entry in entries:
        name = _last(entry.filename)
        if name in files:
            raise UnreadableSignal(
                "The zip holds two files of the same name: pack one record alone."
            )
        files[name] = _read(packed, entry, limits.check)
    return files


@contextmanager
def _naming_damage() -> Iterator[None]:
    """Turns whatever is raised while a zip is read, other than our own errors, into a sentence."""
    try:
        yield
    except (SignalError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - zipfile checks little: at bad bytes it raises eight kinds and more
        raise UnreadableSignal(DAMAGED) from None


def _check_directory(data: bytes) -> None:
    """Refuses a long list of entries before it is read: each entry costs memory."""
    place = len(data) - END_LENGTH
    if not (data[place:].startswith(END) and data.endswith(b"\0\0")):
        place = data.rfind(END, max(0, len(data) - END_LENGTH - 65_535))
    if place < 0 or place + END_LENGTH > len(data):
        raise UnreadableSignal(DAMAGED)
    (size,) = struct.unpack_from("<I", data, place + 12)
    if size == 0:
        raise NotASignal(EMPTY)
    if size > MAX_DIRECTORY or data[max(0, place - 20) :].startswith(END_64):
        raise SignalTooLarge(f"The zip holds too many files; {MAX_ENTRIES} are the most.")


def _is_wanted(name: str) -> bool:
    return not name.endswith("/") and not name.startswith(LITTER[0]) and _last(name) not in LITTER


def _last(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise NotASignal("This is an Excel or Office file: save the sheet as CSV and upload that.")
    if not entries:
        raise NotASignal(EMPTY)
    if len(entries) > MAX_ENTRIES:
        raise SignalTooLarge(f"The zip holds {len(entries)} files; {MAX_ENTRIES} are the most.")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise SignalTooLarge(f"The files in the zip are over {MAX_BYTES // 1_000_000} MB.")
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise UnreadableSignal("The zip is encrypted: pack it without a password.")
    if entry.compress_type not in METHODS:
        raise UnreadableSignal("The zip is packed in an unusual way: pack it with deflate.")
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise SignalTooLarge(
            f"A file in the zip is over {MAX_RATIO} times as large as packed: that is no recording."
        )


def _read(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, check: Check) -> bytes:
    """One file, unpacked step by step: no more than the list tells, which was checked, and no less."""
    data = io.BytesIO()
    with _naming_damage():
        opened = packed.open(entry)
    while True:
        check()
        with _naming_damage():
            part = opened.read(PART)
        if not part:
            break
        data.write(part)
    if data.tell() != entry.file_size:
        raise UnreadableSignal(DAMAGED)
    found = data.getvalue()
    if found.startswith(ZIP):
        raise UnreadableSignal("There is a zip in the zip: pack the recording itself.")
    return found
