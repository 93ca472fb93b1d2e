"""A JPEG without its notes, thumbnails and makers' data; what takes a decoder too long is refused."""

import re
import struct

from ecg.errors import UnreadablePicture
from ecg.picture.formats import MOST_HELD
from ecg.picture.parts.kept import EXIF, MOST_PARTS, PARTS, Parts

MOST_SCANS = 40  # of a JPEG, each of which costs a walk through all pixels; usual are 1 to 18

JPEG = b"\xff\xd8\xff"
MARKER = re.compile(rb"\xff[\x01-\xfe]")  # "\xff+" would take the square of a run's length
AFTER_PIXELS = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # what ends a stretch of coded pixels
SCAN, END = 0xDA, 0xD9
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # what a picture is like: its header
SEQUENTIAL = frozenset({0xC0, 0xC1})
COMPONENTS, IN_SCAN = 9, 4  # where a frame's and a scan's segment tell of how many colours they are
ALONE = frozenset({0x01, *range(0xD0, 0xDA)})  # markers without a length
NOTES = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  # APP0 and APP14 tell how colours are stored
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MOST_PIECES = 255  # of a colour profile
PROFILE = b"ICC_PROFILE\0"


def bare_jpeg(data: bytes) -> Parts:
    """The JPEG's first picture. Raises UnreadablePicture for too many parts, passes or bytes held."""
    parts, kept, at = Parts(data), [data[:2]], 2
    profile: list[bytes] = []
    for _ in range(MOST_PARTS):
        found = MARKER.search(data, at)
        code = data[found.end() - 1] if found else SCAN
        if found is None or code == SCAN:
            start = found.end() - 2 if found else len(data)
            break
        start, at = found.end() - 2, _end_of_segment(data, found.end(), code)
        if code not in NOTES:
            kept.append(data[start:at])
        elif code == 0xE1:
            _keep_aside(parts, data[start + 4 : at])
        elif data.startswith(PROFILE, start + 4):
            profile.append(data[start + 6 + len(PROFILE) : at])  # numbered, and stored in order
    else:
        raise UnreadablePicture(PARTS)
    frames = [one for one in kept if len(one) > COMPONENTS and one[1] in FRAMES]
    if not _comes_in_one_scan(frames, memoryview(data)[start:]):
        parts.least_factor = _fits_at(frames)
        _check_scans(data, start)
    parts.data = b"".join([*kept, memoryview(data)[start:]])
    parts.icc = b"".join(profile[:MOST_PIECES])
    return parts


def _end_of_segment(data: bytes, at: int, code: int) -> int:
    """Where the segment ends whose marker ends at `at`."""
    return at if code in ALONE else at + max(2, int.from_bytes(data[at : at + 2]))


def _keep_aside(parts: Parts, note: bytes) -> None:
    if note.startswith(EXIF) and not parts.exif:
        parts.exif = note.removeprefix(EXIF).removeprefix(EXIF)
    elif note.startswith(XMP):
        parts.xmp = note.removeprefix(XMP)


def _comes_in_one_scan(frames: list[bytes], pixels: memoryview) -> bool:
    """Whether all of the picture is in its first scan, after which a decoder stops: as of most photos."""
    if len(frames) != 1 or frames[0][1] not in SEQUENTIAL or len(pixels) <= IN_SCAN:
        return False
    return pixels[IN_SCAN] == frames[0][COMPONENTS]


def _fits_at(frames: list[bytes]) -> int:
    """By what each side of a JPEG in several passes is divided so that decoding it holds not too much.

    Until the last of them a decoder holds two bytes for each value of each colour, beside four for
    each pixel of the picture that it then makes. Raises UnreadablePicture where half is too large.
    """
    least = 1
    for frame in frames:
        height, width = struct.unpack_from(">HH", frame, 5)
        sampling = [(one >> 4) * (one & 15) for one in frame[COMPONENTS + 2 :: 3]]
        values = 2 * sum(sampling) / max([*sampling, 1])
        if width * height * (1 + values) > MOST_HELD:
            raise UnreadablePicture(
                f"A JPEG in several passes may have {MOST_HELD / (1 + values) / 1e6:.0f} megapixels: "
                'save it without passes, as "baseline".'
            )
        least = 2 if width * height * (4 + values) > MOST_HELD else least
    return least


def _check_scans(data: bytes, at: int) -> None:
    """Raises UnreadablePicture for a JPEG whose first picture comes in more passes than is usual."""
    if data.count(b"\xff\xda", at) <= MOST_SCANS:
        return
    scans = 0
    for _ in range(MOST_PARTS):
        found = AFTER_PIXELS.search(data, at)
        code = data[found.end() - 1] if found else END
        if found is None or code == END:  # what hangs behind is never decoded
            return
        scans += code == SCAN
        if scans > MOST_SCANS:
            raise UnreadablePicture(
                f"The JPEG is stored in more than {MOST_SCANS} passes: save the picture anew."
            )
        at = _end_of_segment(data, found.end(), code)
    raise UnreadablePicture(PARTS)
