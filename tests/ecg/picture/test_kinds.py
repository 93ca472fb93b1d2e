"""What is no picture is named for what it is, by its first bytes."""

import io
import zipfile

import pytest

from ecg.errors import NotAPicture
from ecg.page.page import read_page
from ecg.picture.kinds import is_no_recording, is_picture, not_a_picture
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.pages.odd_pages import heic, pdf

SIZE = (300, 210)


def zipped(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "a")
    return held.getvalue()


NAMED = {
    "DICOM": (bytes(128) + b"DICM\2\0", "DICOM"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    "SVG in XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg/>', "SVG"),
    "XML": (b'<?xml version="1.0"?>\n<AnnotatedECG/>', "an XML file"),
    "HTML": (b"\n<!DOCTYPE html><html></html>", "a web page"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "Word": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
    "Excel": (zipped("xl/workbook.xml"), "an Excel workbook"),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel document"),
    "zip": (zipped("page.png"), "a zip archive"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "a gzip archive"),
    "EDF": (b"0       " + b" " * 80, "an EDF recording"),
    "film": (b"\0\0\0\x20ftypisom" + bytes(40), "a video"),
    "Matroska": (b"\x1a\x45\xdf\xa3" + bytes(40), "a video"),
    "AVI": (b"RIFF\0\1\0\0AVI LIST" + bytes(40), "a video"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
    "table": (
        b"time,II\n0.0,0.1\n0.1,0.2\n0.2,0.1\n",
        "a table: that is a recording: send it to Signals",
    ),
    "table in UTF-16": ("time;II\n0;1\n1;2\n2;3\n".encode("utf-16"), "send it to Signals"),
    "words": (b"Dear colleague, please find", "a text"),
    "JPEG XL": (b"\xff\x0a" + bytes(40), "JPEG XL"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n" + bytes(40), "JPEG 2000"),
}
PICTURES = {
    **{
        kind: encode(draw_page(SIZE), kind)
        for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF")
    },
    "GIF": encode(draw_page(SIZE).quantize(9), "GIF"),
    "HEIC": heic(draw_page(SIZE)),
    "PDF": pdf(draw_page(SIZE)),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_is_no_picture_is_named(name: str) -> None:
    data, words = NAMED[name]

    assert not is_picture(data)
    with pytest.raises(NotAPicture) as refused:
        read_page(data)
    assert words in str(refused.value)
    assert str(refused.value).startswith("The file is not a picture but ")


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_known_by_its_beginning(name: str) -> None:
    assert is_picture(PICTURES[name][:4096])
    assert is_no_recording(PICTURES[name])


@pytest.mark.parametrize("data", [b"BMI,II\n1,2\n", b"", b"RIFF and raff", b"\0\xff" * 40])
def test_what_only_begins_like_a_picture_is_none(data: bytes) -> None:
    assert not is_picture(data)


@pytest.mark.parametrize("data", [b"", b"\0\xff\xfe\x9c" * 9, b"\xff" * 5000])
def test_what_nobody_knows_is_not_named(data: bytes) -> None:
    assert not_a_picture(data).startswith("The file is not a picture: send JPEG")


def test_a_recording_of_another_kind_is_told_from_what_holds_none() -> None:
    assert not is_no_recording(NAMED["EDF"][0])
    assert not is_no_recording(NAMED["table"][0])
    assert not is_no_recording(NAMED["zip"][0])
    assert is_no_recording(NAMED["DICOM"][0])
