"""Downloads a public file: over https alone, in pieces, whole or not at all."""

import hashlib
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

AGENT = "Mozilla/5.0 (compatible; Twelvelead)"  # sources refuse urllib's own name
PATIENCE = 30  # s without a byte
CHUNK = 1 << 20  # bytes


class FetchError(Exception):
    """Why the public set could not be downloaded, in one sentence."""


def read_chunks(url: str, page: str, accept: str = "*/*") -> Iterator[bytes]:
    """The bytes behind an address, in pieces. Raises FetchError, OSError never.

    page: where people find the set, told where the source answers with an error.
    """
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise FetchError(f"The source names {url[:40]!r}: only https is fetched from.")
    headers = {"Accept": accept, "User-Agent": AGENT}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - https, as checked
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            while chunk := answer.read(CHUNK):
                yield chunk
    except urllib.error.HTTPError as error:
        raise FetchError(
            f"{url} answered {error.code}: bring the set by hand from {page}."
        ) from error
    except (OSError, HTTPException) as error:
        host = urllib.parse.urlsplit(url).netloc
        raise FetchError(f"{host} can't be reached ({error}): try again when it can.") from error


def sha256_of(path: Path) -> str:
    """The sum of a file's bytes, hexadecimal. Raises OSError."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """A file appears under its name only when all of it is written. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
