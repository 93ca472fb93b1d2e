"""The command tells pictures from recordings by their bytes, whatever those are."""

import struct
import zlib
from pathlib import Path

import pytest

from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.signals.signal_tables import table
from twelvelead.cli.parser import make_parser
from twelvelead.cli.recordings import is_picture

PAGE = encode(draw_page((300, 210)))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEADER = struct.pack(">IIBBBBB", 300, 210, 8, 3, 0, 0, 0)
ODD_PICTURES = {
    "no palette": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", HEADER) + chunk(b"IEND", b""),
    "a header that is cut": PAGE[:20],
    "a header that is too short": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0"),
    "a text that unpacks to much": (
        PAGE[:33] + chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(90_000_000))) + PAGE[33:]
    ),
}


def test_it_works(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(PAGE)
    (tmp_path / "table").write_bytes(table())

    assert is_picture(tmp_path / "page")
    assert not is_picture(tmp_path / "table")
    assert not is_picture(Path(__file__))


@pytest.mark.parametrize("name", ODD_PICTURES)
def test_a_broken_picture_is_a_picture(tmp_path: Path, name: str) -> None:
    """Reading it as a page tells what is wrong."""
    file = tmp_path / "file"
    file.write_bytes(ODD_PICTURES[name])

    assert is_picture(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_picture(tmp_path / "none")


def test_a_page_of_a_document_is_named_by_its_number() -> None:
    asked = ["predict", "pages.pdf", "--page", "2"]

    assert make_parser().parse_args(asked).page == 2
    assert make_parser().parse_args(asked[:2]).page == 1
    for wrong in ("0", "two", "99999999999"):
        with pytest.raises(SystemExit):
            make_parser().parse_args([*asked[:3], wrong])
