"""Pictures of formats that are decoded in a process of their own, which is given a time and some memory."""

import base64
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ecg.errors import UnreadablePicture
from ecg.picture.formats import MAX_PIXELS, Pixels, megapixels, too_many_pixels

SCRIPT = Path(__file__).with_name("draw_picture.py")
WAIT = 20.0  # s, after which the process is ended
HEAD = 10_000_000  # bytes that its first line may have: a picture's notes are in it
CHANNELS = (1, 3, 4)

DAMAGED = "The file is damaged, or of a kind that can't be read: save it as JPEG or PNG."
SLOW = f"The file takes more than {WAIT:.0f} s or too much memory to draw: save it as JPEG or PNG."
NO_PAGES = "The PDF has no pages: save it anew, or send a picture of the page."
SENTENCES = {
    "password": "The PDF is protected by a password: save it without one.",
    "damaged": DAMAGED,
    "mode": DAMAGED,
}


@dataclass(frozen=True)
class DrawnApart:
    """Pixels, (height, width, channels) of 1, 3 or 4, upright or as EXIF says; what is told beside them.

    size: (width, height) before it was scaled down, where it was too large.
    """

    pixels: Pixels
    size: tuple[int, int]
    icc: bytes
    exif: bytes
    xmp: bytes


def draw(data: bytes, kind: str, page: int = 1) -> DrawnApart:
    """The picture of one of these kinds. page: of a PDF, from 1. Raises UnreadablePicture."""
    command = [sys.executable, "-I", str(SCRIPT), kind, str(page), str(MAX_PIXELS)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    try:
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env={}, **pipes) as process:
            timer = threading.Timer(WAIT, process.kill)
            timer.start()
            try:
                return _talk(process, data)
            finally:
                timer.cancel()
                process.kill()
    except (OSError, EOFError, ValueError, KeyError) as error:  # ended, by us or for what it took
        refused = error if isinstance(error, UnreadablePicture) else UnreadablePicture(SLOW)
    raise refused


def _talk(process: "subprocess.Popen[bytes]", data: bytes) -> DrawnApart:
    """Raises UnreadablePicture; OSError, EOFError, ValueError and KeyError where the process ends early."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(data)
    process.stdin.close()
    line = process.stdout.readline(HEAD)
    if not line and process.wait() > 0:
        raise UnreadablePicture(DAMAGED)
    told = json.loads(line)
    if "refused" in told:
        raise UnreadablePicture(_refusal(*told["refused"]))
    return _received(told, process.stdout)


def _refusal(code: str, *numbers: int) -> str:
    if code == "pixels":
        return too_many_pixels(megapixels(numbers[0]), numbers[1])
    if code == "page":
        count = numbers[0]
        pages = "one page" if count == 1 else f"{count} pages"
        return f"The PDF has {pages}: choose one that it has." if count else NO_PAGES
    return SENTENCES[code]


def _received(told: dict[str, Any], sent: IO[bytes]) -> DrawnApart:
    """Raises EOFError where not all of it comes, ValueError for more than was asked for."""
    width, height = told["size"]
    if told["channels"] not in CHANNELS or not 0 < width * height <= MAX_PIXELS:
        raise ValueError("more than was asked for")
    pixels = np.empty((height, width, told["channels"]), np.uint8)
    view, at = memoryview(pixels.data).cast("B"), 0
    while at < len(view):
        some = sent.readinto(view[at:])  # type: ignore[attr-defined]
        if not some:
            raise EOFError
        at += some
    icc, exif, xmp = (base64.b64decode(told[name]) for name in ("icc_profile", "exif", "xmp"))
    return DrawnApart(pixels, tuple(told["full"]), icc, exif.removeprefix(b"Exif\0\0"), xmp)
