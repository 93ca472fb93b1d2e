"""Pictures with something odd in them: each begins as a sound file, so that decoders get deep into it."""

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import heic, pdf, vector_page
from tests.support.web.chunks import PNG, chunk, directory, segment

SIZE = (160, 112)
Part = tuple[bytes, bytes]  # what a part is called and what it holds

CHUNKS = (
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB"),
    *(b"tEXt", b"zTXt", b"iTXt", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"tIME", b"eXIf", b"cICP"),
    *(b"acTL", b"fcTL", b"fdAT", b"abCd", b"ABCD", b"\0\0\0\0", b"IDOT", b"mDCV", b"vpAg"),
)
MARKERS = (*range(0xC0, 0xD0), *range(0xD8, 0x100), 0x01, 0x02)
RIFFS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"XMP ", b"ICCP", b"abcd")
NUMBERS = (0, 1, 2, 3, 7, 8, 40, 99, 255, 256, 4096, 65_535, 65_536, 1 << 24, (1 << 31) - 1)
LARGE = (*NUMBERS, 1 << 31, (1 << 32) - 1)
BMP_FIELDS = ((2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (46, 4))
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


@cache
def drawn(mode: str) -> Image.Image:
    """A small page in this mode."""
    page = draw_page(SIZE)
    if mode == "I;16":
        return Image.fromarray(np.asarray(page.convert("L")).astype(np.uint16) * 257)
    return page.quantize(16) if mode == "P" else page.convert(mode)


@cache
def png(mode: str, *, clear: bool) -> bytes:
    single = {"P": bytes([9] * 16), "L": 255, "1": 1, "RGB": (255, 255, 255)}
    if clear and mode in single:
        return encode(drawn(mode), transparency=single[mode])
    return encode(drawn(mode))


@cache
def jpeg(mode: str, *, progressive: bool) -> bytes:
    return encode(drawn(mode), "JPEG", progressive=progressive, restart_marker_blocks=4)


@cache
def webp(mode: str, *, lossless: bool) -> bytes:
    return encode(drawn(mode), "WEBP", lossless=lossless, exif=directory([]))


@cache
def moving_webp() -> bytes:
    others = [drawn("RGBA"), drawn("RGB")]
    return encode(drawn("RGB"), "WEBP", save_all=True, append_images=others, duration=9)


@cache
def bmp(mode: str) -> bytes:
    return encode(drawn(mode), "BMP")


def bodies() -> st.SearchStrategy[bytes]:
    """What may stand in a part: nothing, noise, numbers, words, a camera's notes."""
    numbers = st.lists(st.sampled_from(LARGE), max_size=8).map(
        lambda some: struct.pack(f">{len(some)}I", *some)
    )
    return st.one_of(
        st.binary(max_size=64),
        numbers,
        exif_blocks(),
        st.sampled_from(
            (b"", b"k\0\0x", b"Raw profile type exif\0\0", b"XML:com.adobe.xmp\0\1\0\0\0")
        ),
        st.integers(1, 3000).map(bytes),
    )


@st.composite
def exif_blocks(draw: st.DrawFn) -> bytes:
    """TIFF directories whose entries, counts and places are odd."""
    entry = st.tuples(
        st.sampled_from((0x0112, 0x8769, 0x8825, 0x0100, 0xB001, 0)),
        st.sampled_from((*range(14), 255, 65_535)),
        st.sampled_from(LARGE),
        st.binary(min_size=4, max_size=4),
    )
    made = directory(draw(st.lists(entry, max_size=6)), draw(st.sampled_from("<>")))
    head = draw(st.sampled_from((b"", b"Exif\0\0", b"Exif\0\0Exif\0\0")))
    return head + draw(altered_bytes(made, most=2))


@st.composite
def altered_bytes(draw: st.DrawFn, data: bytes, most: int = 6) -> bytes:
    """The bytes with some changed and, at times, cut off."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, most)) if data else 0):
        at = draw(st.one_of(st.integers(0, len(data) - 1), st.integers(0, min(64, len(data)) - 1)))
        changed[at] = draw(st.integers(0, 255))
    if draw(st.integers(0, 7)) == 0:
        del changed[draw(st.integers(0, len(changed))) :]
    return bytes(changed)


@st.composite
def altered_parts(
    draw: st.DrawFn, parts: list[Part], names: st.SearchStrategy[bytes]
) -> list[Part]:
    """Parts left out, repeated, moved, renamed, put in, or with other contents, some at a time."""
    made = list(parts)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(made)))
        kind = draw(st.sampled_from(("leave out", "repeat", "move", "rename", "put in", "alter")))
        if kind == "put in" or at == len(made):
            made.insert(at, (draw(names), draw(bodies())))
        elif kind == "leave out":
            del made[at]
        elif kind == "repeat":
            made[at:at] = [made[at]] * draw(st.sampled_from((1, 2, 50)))
        elif kind == "move":
            made.insert(draw(st.integers(0, len(made) - 1)), made.pop(at))
        elif kind == "rename":
            made[at] = draw(names), made[at][1]
        else:
            made[at] = made[at][0], draw(altered_bytes(made[at][1]))
    return made


@st.composite
def pngs(draw: st.DrawFn) -> bytes:
    """PNG whose chunks are odd, their sums right but for some."""
    data = png(draw(st.sampled_from(PNG_MODES)), clear=draw(st.booleans()))
    parts = draw(altered_parts(chunks_of(data), st.sampled_from(CHUNKS)))
    if draw(st.booleans()):
        parts = [(name, draw(headers(body)) if name == b"IHDR" else body) for name, body in parts]
    made = PNG + b"".join(chunk(name, body) for name, body in parts)
    return draw(altered_bytes(made, most=1))


@st.composite
def headers(draw: st.DrawFn, body: bytes) -> bytes:
    """An IHDR with another size, depth, colours or interlacing."""
    fields = bytearray(body.ljust(13, b"\0"))
    if draw(st.booleans()):
        at, size = (
            draw(st.sampled_from((0, 4))),
            draw(st.sampled_from((*LARGE, 112, 150, 160, 5000))),
        )
        fields[at : at + 4] = struct.pack(">I", size)
    fields[8] = draw(st.sampled_from((fields[8], 1, 2, 4, 8, 16, 3)))
    fields[9] = draw(st.sampled_from((fields[9], 0, 2, 3, 4, 6, 1)))
    fields[12] = draw(st.sampled_from((0, 0, 1, 2)))
    return bytes(fields)


def chunks_of(data: bytes) -> list[Part]:
    """The chunks of a sound PNG."""
    parts, at = [], len(PNG)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        parts.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return parts


@st.composite
def jpegs(draw: st.DrawFn) -> bytes:
    """JPEG whose segments are odd, lengths right but for some, pixels altered at times."""
    mode = draw(st.sampled_from(("L", "RGB", "CMYK")))
    data = jpeg(mode, progressive=draw(st.booleans()))
    parts, rest = segments_of(data)
    names = st.sampled_from(MARKERS).map(lambda marker: bytes((marker,)))
    made = draw(altered_parts(parts, names))
    between = draw(st.sampled_from((b"", b"", b"\xff", b"\xff" * 40, b"\0", b"\xff\xd8", b"junk")))
    head = between.join(segment(name[0], body) for name, body in made)
    return draw(altered_bytes(b"\xff\xd8" + head + draw(altered_bytes(rest)), most=1))


def segments_of(data: bytes) -> tuple[list[Part], bytes]:
    """The segments of a sound JPEG before its pixels, and all from there."""
    parts, at = [], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append((data[at + 1 : at + 2], data[at + 4 : end]))
        at = end
    return parts, data[at:]


@st.composite
def webps(draw: st.DrawFn) -> bytes:
    """WebP whose chunks are odd, lengths right but for some."""
    mode, lossless = draw(st.sampled_from(("RGB", "RGBA"))), draw(st.booleans())
    data = draw(st.sampled_from((webp(mode, lossless=lossless), moving_webp())))
    parts, at = [], 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    made = b"WEBP"
    for name, body in draw(altered_parts(parts, st.sampled_from(RIFFS))):
        made += name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return draw(altered_bytes(b"RIFF" + struct.pack("<I", len(made)) + made, most=2))


@st.composite
def bmps(draw: st.DrawFn) -> bytes:
    """BMP whose header states odd sizes, depths, codes and places."""
    data = bytearray(bmp(draw(st.sampled_from(("1", "L", "P", "RGB")))))
    for at, size in draw(st.lists(st.sampled_from(BMP_FIELDS), max_size=4)):
        value = draw(st.sampled_from((*LARGE, 4, 16, 24, 32, 12, 64, 108, 124, 160, 112)))
        data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return draw(altered_bytes(bytes(data), most=3))


@cache
def tiff(mode: str, compression: str) -> bytes:
    return encode(drawn(mode), "TIFF", compression=compression)


@cache
def gif() -> bytes:
    return encode(drawn("P"), "GIF", save_all=True, append_images=[drawn("L")], comment=b"drawn")


@st.composite
def tiffs(draw: st.DrawFn) -> bytes:
    """TIFF whose directory has odd entries: kinds, counts, values and places."""
    packed = draw(st.sampled_from(("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")))
    data = bytearray(tiff(draw(st.sampled_from(("L", "RGB", "P", "I;16"))), packed))
    start = int.from_bytes(data[4:8], "little") + 2
    count = int.from_bytes(data[start - 2 : start], "little")
    for entry, (at, size) in draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.sampled_from(((0, 2), (2, 2), (4, 4), (8, 4)))),
            max_size=3,
        )
    ):
        value = draw(st.sampled_from((*LARGE, 256, 257, 259, 273, 274, 279, 5, 32_773)))
        place = start + 12 * entry + at
        data[place : place + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return draw(altered_bytes(bytes(data), most=2))


@st.composite
def turned(draw: st.DrawFn) -> bytes:
    """Sound pixels with a camera's notes that are odd."""
    kind: Callable[[bytes], bytes] = draw(st.sampled_from((with_exif_jpeg, with_exif_png)))
    return kind(draw(exif_blocks()))


def with_exif_jpeg(block: bytes) -> bytes:
    data = jpeg("RGB", progressive=False)
    return data[:2] + segment(0xE1, (b"Exif\0\0" + block)[:65_000]) + data[2:]


def with_exif_png(block: bytes) -> bytes:
    data = png("L", clear=False)
    return data[:33] + chunk(b"eXIf", block) + data[33:]


def pictures() -> st.SearchStrategy[bytes]:
    """A file of any of the formats, or nearly."""
    gifs = altered_bytes(gif())
    return st.one_of(pngs(), jpegs(), webps(), bmps(), turned(), tiffs(), gifs)


def documents() -> st.SearchStrategy[bytes]:
    """A HEIC, AVIF or PDF, or nearly: each is drawn in a process of its own."""
    some = (heic(drawn("RGB")), encode(drawn("RGB"), "AVIF"), pdf(drawn("RGB")))
    line = vector_page((200, 150), b"2 w 4 4 m 90 90 l S")
    return st.sampled_from((*some, line)).flatmap(altered_bytes)
