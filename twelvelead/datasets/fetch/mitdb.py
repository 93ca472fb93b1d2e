"""Downloads the MIT-BIH Arrhythmia Database from PhysioNet, each file checked by its sum.

48 records of half an hour, two leads at 360 Hz, with every beat annotated. Version 1.0.0,
DOI 10.13026/C2F305, under the Open Data Commons Attribution License 1.0. Cite Moody & Mark, "The
impact of the MIT-BIH Arrhythmia Database", IEEE Eng in Med and Biol 20(3):45-50 (2001), and
Goldberger et al., "PhysioBank, PhysioToolkit, and PhysioNet", Circulation 101(23):e215-e220 (2000).
"""

import hashlib
import re
from pathlib import Path

from tqdm import tqdm

from twelvelead.datasets.fetch.download import FetchError, read_chunks, sha256_of, write_whole

SOURCE = "https://physionet.org/files/mitdb/1.0.0"
PAGE = "https://physionet.org/content/mitdb/1.0.0/"
SUMS = "SHA256SUMS.txt"
WANTED = re.compile(r"\d{3}\.(atr|dat|hea)|RECORDS|ANNOTATORS")  # not the books and extracts beside
SUM = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(\S+)")
RECORDS = 48
MAX_SUMS = 1 << 20  # bytes
MAX_FILE = 8 << 20  # bytes: a record's signals are 1.95 MB
LICENCE = (
    "MIT-BIH Arrhythmia Database 1.0.0, Open Data Commons Attribution License 1.0 (ODC-By). "
    "Cite Moody & Mark, IEEE Eng in Med and Biol 20(3):45-50 (2001), and Goldberger et al., "
    "Circulation 101(23):e215-e220 (2000)."
)


def fetch_mitdb(target: Path, *, source: str = SOURCE) -> Path:
    """Downloads the records, their annotations and the list of sums into `target`; target.

    Asks for nothing where all is there; goes on where an earlier try stopped. A file appears under
    its name only when it is whole and has the sum that the source tells; the list of sums comes
    last. Raises FetchError.
    """
    try:
        if is_complete(target):
            return target
        target.mkdir(parents=True, exist_ok=True)
        listed = _read(f"{source}/{SUMS}", MAX_SUMS)
        sums = _wanted_sums(listed)
        for name, digest in tqdm(sums.items(), desc="downloading", unit="file"):
            _bring(name, digest, (target, source))
        write_whole(target / SUMS, listed)
    except OSError as error:
        raise FetchError(f"{target} can't be written: {error.strerror or error}.") from error
    return target


def is_complete(target: Path) -> bool:
    """Whether the list of sums is there, and each record's file with the sum that it tells."""
    listed = target / SUMS
    if not listed.is_file():
        return False
    try:
        sums = _wanted_sums(listed.read_bytes())
    except FetchError:
        return False
    return all(_has(target / name, digest) for name, digest in sums.items())


def _wanted_sums(listed: bytes) -> dict[str, str]:
    """File name -> sha256, of the files to download. Raises FetchError."""
    matches = (
        SUM.fullmatch(line.strip()) for line in listed.decode("utf-8", "replace").splitlines()
    )
    sums = {hit[2]: hit[1].lower() for hit in matches if hit and WANTED.fullmatch(hit[2])}
    if "RECORDS" not in sums or sum(name.endswith(".dat") for name in sums) < RECORDS:
        raise FetchError(
            f"{SUMS} of the source doesn't list {RECORDS} records: bring the set from {PAGE}."
        )
    return sums


def _bring(name: str, digest: str, way: tuple[Path, str]) -> None:
    """One file, where it isn't there yet; way: the folder that it goes to, where it comes from."""
    target, source = way
    if _has(target / name, digest):
        return
    data = _read(f"{source}/{name}", MAX_FILE)
    received = hashlib.sha256(data).hexdigest()
    if received != digest:
        raise FetchError(
            f"{name} came with another sha256 than its source tells ({received[:12]}.., "
            f"not {digest[:12]}..): try again, or bring it by hand from {PAGE}."
        )
    write_whole(target / name, data)


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and sha256_of(path) == digest


def _read(url: str, most: int) -> bytes:
    data = bytearray()
    for chunk in read_chunks(url, PAGE):
        data += chunk
        if len(data) > most:
            raise FetchError(f"{url} is longer than the {most} bytes that it may have.")
    return bytes(data)
