"""Downloads the public set of 12-lead pages by its DOI, checks it, and sorts it without its copies.

"ECG Images dataset of Cardiac Patients", Khan & Hussain, Mendeley Data v2,
DOI 10.17632/gwbz3fsgp8.2, CC BY 4.0. It counts 928 files, of which 491 are distinct.
"""

import csv
import hashlib
import json
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tqdm import tqdm

from twelvelead.datasets.fetch.download import FetchError, read_chunks, sha256_of, write_whole
from twelvelead.datasets.fetch.unpack import UnpackError, pictures_in_zip

DATASET, VERSION = "gwbz3fsgp8", 2
SOURCE = "https://data.mendeley.com/public-api/datasets"
PAGE = f"https://data.mendeley.com/datasets/{DATASET}/{VERSION}"
ACCEPT = "application/json, application/vnd.mendeley-public-dataset.1+json, */*"
MOST = 1000  # files of one folder
MAX_LIST = 4 << 20  # bytes of one answer of the API
MAX_FILE = 2 << 30  # bytes of one download
SUFFIXES = (".jpg", ".jpeg", ".png")
KEPT = ".downloads"  # what came whole stays here until all is sorted, so that a second try goes on

# What tells the class in the name of a folder, an archive or a picture; the first that fits counts.
CLASSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), label)
    for pattern, label in (
        (r"history[ _]of[ _]m|^pmi\b", "history_of_mi"),
        (r"abnormal[ _]heart|^hb\b", "abnormal_heartbeat"),
        (r"myocardial[ _]infarction|^mi\b", "myocardial_infarction"),
        (r"^normal\b", "normal"),
    )
)


@dataclass(frozen=True)
class RemoteFile:
    """One file as the source lists it: `folder` is the name of the folder that it lies in there."""

    name: str
    folder: str
    url: str
    sha256: str
    size: int


def fetch_public_set(target: Path, *, source: str = SOURCE) -> Path:
    """Downloads, checks and sorts the set into target/<class>/, with target/manifest.csv; target.

    Does nothing where target is complete; goes on where an earlier try stopped. A picture appears
    under its name only when it is whole. Raises FetchError.
    """
    if is_complete(target):
        return target
    try:
        target.mkdir(parents=True, exist_ok=True)
        files = list_files(source)
        kept = [_keep(file, target / KEPT) for file in tqdm(files, desc="downloading", unit="file")]
        rows = _sort(zip(files, kept, strict=True), target)
        _write_manifest(target / "manifest.csv", rows)
        shutil.rmtree(target / KEPT)
    except UnpackError as error:
        raise FetchError(str(error)) from error
    except OSError as error:
        raise FetchError(f"{target} can't be written: {error.strerror or error}.") from error
    return target


def is_complete(target: Path) -> bool:
    """Whether the manifest is there, and each picture that it names with the sum that it names."""
    manifest = target / "manifest.csv"
    if not manifest.is_file():
        return False
    with manifest.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    try:
        return bool(rows) and all(sha256_of(target / row["file"]) == row["sha256"] for row in rows)
    except (KeyError, OSError):
        return False


def list_files(source: str) -> list[RemoteFile]:
    """Every file of the set, those in its folders included. Raises FetchError."""
    named = {"": "root"}
    for folder in _read_json(f"{source}/{DATASET}/folders/{VERSION}"):
        named[_text(folder, "name")] = _text(folder, "id")
    files = []
    for name, number in named.items():
        query = urllib.parse.urlencode({"folder_id": number, "version": VERSION, "$limit": MOST})
        listed = _read_json(f"{source}/{DATASET}/files?{query}")
        files += [_remote_file(record, name) for record in listed]
    if not files:
        raise FetchError(f"{source} lists no file of the set: bring it by hand from {PAGE}.")
    return files


def class_of(*names: str) -> str | None:
    """The class that a path's parts tell, the innermost first; None where none tells one."""
    for name in names:
        for pattern, label in CLASSES:
            if pattern.search(name):
                return label
    return None


def _remote_file(record: dict[str, Any], folder: str) -> RemoteFile:
    details = record.get("content_details")
    if not isinstance(details, dict):
        raise _strange("content_details")
    name, sha256 = PurePosixPath(_text(record, "filename")).name, _text(details, "sha256_hash")
    if not name or not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise _strange("sha256_hash")
    size = details.get("size")
    if not isinstance(size, int) or not 0 < size <= MAX_FILE:
        raise _strange("size")
    return RemoteFile(name, folder, _text(details, "download_url"), sha256.lower(), size)


def _keep(file: RemoteFile, folder: Path) -> Path:
    """The downloaded file, under the name of its sum; from an earlier try where that had it."""
    path = folder / file.sha256
    if path.is_file() and sha256_of(path) == file.sha256:
        return path
    folder.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="part-", delete=False) as part:
        try:
            received = _copy(file, part)
            if received != file.sha256:
                raise FetchError(
                    f"{file.name} came with another sha256 than its source tells ({received[:12]}.., "
                    f"not {file.sha256[:12]}..): try again, or bring it by hand from {PAGE}."
                )
            Path(part.name).replace(path)
        finally:
            Path(part.name).unlink(missing_ok=True)
    return path


def _copy(file: RemoteFile, part: IO[bytes]) -> str:
    """Downloads into `part`; the sha256 of what came. Raises FetchError."""
    digest, came = hashlib.sha256(), 0
    with tqdm(total=file.size, desc=file.name, unit="B", unit_scale=True, leave=False) as bar:
        for chunk in read_chunks(file.url, PAGE, ACCEPT):
            came += len(chunk)
            if came > file.size:
                raise FetchError(f"{file.name} is longer than the {file.size} bytes it should be.")
            part.write(chunk)
            digest.update(chunk)
            bar.update(len(chunk))
    part.flush()
    return digest.hexdigest()


def _sort(kept: Iterable[tuple[RemoteFile, Path]], target: Path) -> list[dict[str, str | int]]:
    """Writes each distinct picture once, the first by name; the rows of the manifest."""
    rows: dict[str, dict[str, str | int]] = {}
    for name, label, data in _pictures(kept):
        digest = hashlib.sha256(data).hexdigest()
        known = rows.get(digest)
        if known is None:
            taken = {str(row["file"]) for row in rows.values()}
            path = f"{label}/{name}"
            if path in taken:
                path = f"{label}/{digest[:12]}-{name}"
            write_whole(target / path, data)
            rows[digest] = {"file": path, "class": label, "sha256": digest, "copies": 1}
        elif known["class"] != label:
            raise FetchError(f"{label}/{name} and {known['file']} are one picture in two classes.")
        else:
            known["copies"] = int(known["copies"]) + 1
    if not rows:
        raise FetchError(f"The source holds no picture: bring the set by hand from {PAGE}.")
    return list(rows.values())


def _pictures(kept: Iterable[tuple[RemoteFile, Path]]) -> Iterator[tuple[str, str, bytes]]:
    """(file name, class, bytes) of each picture, in archives or not. Raises FetchError."""
    for file, path in kept:
        inner: Iterable[tuple[PurePosixPath, bytes]] = ()
        if file.name.lower().endswith(".zip"):
            inner = pictures_in_zip(path, SUFFIXES)
        elif file.name.lower().endswith(SUFFIXES):
            inner = [(PurePosixPath(file.name), path.read_bytes())]
        for inside, data in inner:
            label = class_of(*reversed(inside.parts[:-1]), file.folder, file.name, inside.name)
            if label is None:
                raise FetchError(f"{file.name}: nothing tells the class of {inside.name!r}.")
            yield inside.name, label, data


def _write_manifest(path: Path, rows: list[dict[str, str | int]]) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, ("file", "class", "sha256", "copies"))
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def _read_json(url: str) -> list[dict[str, Any]]:
    data = b""
    for chunk in read_chunks(url, PAGE, ACCEPT):
        data += chunk
        if len(data) > MAX_LIST:
            raise FetchError(f"{url} answered with too much: this should be a list of files.")
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise FetchError(
            f"{url} answered with no JSON: bring the set by hand from {PAGE}."
        ) from error
    if not isinstance(answer, list) or not all(isinstance(record, dict) for record in answer):
        raise FetchError(f"{url} answered with no list: bring the set by hand from {PAGE}.")
    return answer


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise _strange(key)
    return value


def _strange(key: str) -> FetchError:
    return FetchError(f"The source lists a file without a usable {key!r}: bring it from {PAGE}.")
