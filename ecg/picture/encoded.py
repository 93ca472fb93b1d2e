"""A picture as somebody sent it: its header is read at once, its pixels whenever they are asked for."""

import hashlib

from ecg.picture.formats import Colour, Pixels
from ecg.picture.orientation import SIDEWAYS, read_orientation, upright
from ecg.picture.parts import bare


class EncodedPicture:
    """The bytes of one picture; the decoder's libraries are loaded with the first.

    `size` is (width, height) in pixels as stored; `is_sideways` whether upright swaps them; `sha256`
    that of the bytes as given.
    """

    def __init__(self, data: bytes, sha256: str = "") -> None:
        """sha256: of the data, where it is known.

        Raises NotAPicture, and UnreadablePicture where the header states too many pixels.
        """
        from ecg.picture import decoder

        self.sha256 = sha256 or hashlib.sha256(data).hexdigest()
        self._parts = parts = bare(data)
        header = decoder.read_header(parts.data)
        parts.icc = parts.icc or header.icc
        self.size = header.size
        self._orientation = read_orientation(parts.exif or header.exif, parts.xmp or header.xmp)

    @property
    def is_sideways(self) -> bool:
        return self._orientation in SIDEWAYS

    def decode(self, scale: int, colour: Colour) -> Pixels:
        """Upright pixels at 1/scale of the full size, rounded up: uint8, grey or RGB, not writeable.

        Beside the decoder's own picture, of at most 4 bytes a pixel, only what is returned and some
        bands are held. Raises UnreadablePicture.
        """
        from ecg.picture import decoder

        pixels = upright(decoder.decode(self._parts, scale, colour), self._orientation)
        pixels.setflags(write=False)
        return pixels
