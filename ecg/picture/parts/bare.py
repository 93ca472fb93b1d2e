"""What a decoder gets of a file: the parts that its pixels need, and nothing else that it carries.

Decoders read notes, thumbnails, animations and makers' data too, one part after the other: a file of
nothing but empty parts kept one busy for 18 s. So JPEG, PNG, GIF and TIFF come to the decoder without
them. What tells how a camera was held, and which colours are meant, is kept aside.
"""

from ecg.picture.parts.gif import GIF, bare_gif
from ecg.picture.parts.jpeg import JPEG, bare_jpeg
from ecg.picture.parts.kept import Parts
from ecg.picture.parts.png import PNG, bare_png
from ecg.picture.parts.tiff import bare_tiff, is_tiff
from ecg.picture.parts.webp import BMP, check_bmp, check_webp, is_webp


def bare(data: bytes) -> Parts:
    """The file without what its pixels do not need; unchanged where it is of no such format.

    Damage is left for the decoder to find. Raises UnreadablePicture where decoding would take far
    longer than a picture of its size may: too many parts, passes, or runs in Python.
    """
    if data.startswith(JPEG):
        return bare_jpeg(data)
    if data.startswith(PNG):
        return bare_png(data)
    if is_tiff(data):
        return bare_tiff(data)
    if data.startswith(GIF):
        return Parts(bare_gif(data))
    if data.startswith(BMP):
        check_bmp(data)
    if is_webp(data):
        check_webp(data)
    return Parts(data)
