"""A picture as somebody sent it: its header is read at once, its pixels whenever they are asked for."""

import hashlib
from dataclasses import dataclass

from ecg.errors import UnreadablePicture
from ecg.picture.apart.drawn import DrawnApart, draw
from ecg.picture.formats import (
    Colour,
    Pixels,
    megapixels,
    shrinks_by,
    shrunk_in_words,
    too_many_pixels,
)
from ecg.picture.kinds import kind_apart
from ecg.picture.orientation import SIDEWAYS, read_orientation, upright
from ecg.picture.parts.bare import bare
from ecg.picture.parts.kept import Parts

ONLY_PDF = "Only a PDF has further pages: leave the page out, or send a PDF."


@dataclass(frozen=True)
class PickedPage:
    """A page, by its number from 1, of a document of several."""

    data: bytes
    number: int


def picked(data: bytes, number: int) -> bytes | PickedPage:
    """A page of a document; the bytes alone where it is the first, which is read without a number."""
    return data if number == 1 else PickedPage(data, number)


def sha256_of(given: bytes | PickedPage) -> str:
    """That of the bytes; of a page that was picked, that of those digits and `#page=` with its number."""
    if isinstance(given, bytes):
        return hashlib.sha256(given).hexdigest()
    whole = hashlib.sha256(given.data).hexdigest()
    return hashlib.sha256(f"{whole}#page={given.number}".encode()).hexdigest()


class EncodedPicture:
    """The bytes of one picture; the decoder's libraries are loaded with the first.

    `size` is (width, height) in pixels as stored, scaled down where that is too large; `is_sideways`
    whether upright swaps them; `sha256` as `sha256_of` gives it; `notes` what was done to it, in sentences.
    """

    def __init__(self, given: bytes | PickedPage, sha256: str = "") -> None:
        """sha256: of what is given, where it is known.

        Raises NotAPicture, and UnreadablePicture where the header states too many pixels.
        """
        data, number = (given, 1) if isinstance(given, bytes) else (given.data, given.number)
        kind = kind_apart(data)
        if number != 1 and kind != "PDF":
            raise UnreadablePicture(ONLY_PDF)
        self.sha256 = sha256 or sha256_of(given)
        self._given: DrawnApart | Parts = draw(data, kind, number) if kind else bare(data)
        full, exif, xmp = _header_of(self._given)
        self._orientation = read_orientation(exif, xmp)
        factor = shrinks_by(*full)
        if isinstance(self._given, Parts):
            factor = max(factor, self._given.least_factor)
        self.size = (-(-full[0] // factor), -(-full[1] // factor))
        self.notes = (shrunk_in_words(full, factor),) if factor > 1 else ()
        self._factor = 1 if kind else factor  # what was drawn apart comes in this size

    @property
    def is_sideways(self) -> bool:
        return self._orientation in SIDEWAYS

    def decode(self, scale: int, colour: Colour) -> Pixels:
        """Upright pixels at 1/scale of `size`, rounded up: uint8, grey or RGB, not writeable.

        Beside the decoder's own picture, of at most 4 bytes a pixel, only what is returned and some
        bands are held. Raises UnreadablePicture.
        """
        from ecg.picture import decoder

        stored = decoder.decode(self._given, scale * self._factor, colour)
        pixels = upright(stored, self._orientation)
        pixels.setflags(write=False)
        return pixels


def _header_of(given: DrawnApart | Parts) -> tuple[tuple[int, int], bytes, bytes]:
    """The full size as stored, EXIF and XMP; a profile of colours is kept with the parts.

    Raises NotAPicture, and UnreadablePicture for more pixels than a picture of its kind may have.
    """
    from ecg.picture import decoder

    if isinstance(given, DrawnApart):
        return given.size, given.exif, given.xmp
    header = decoder.read_header(given.data)
    width, height = header.size
    if width * height > header.most:
        raise UnreadablePicture(too_many_pixels(megapixels(width * height), header.most))
    given.icc = given.icc or header.icc
    return header.size, given.exif or header.exif, given.xmp or header.xmp
