"""The one way by which a page comes in, whatever the route."""

from io import BytesIO

from werkzeug.datastructures import FileStorage

from ecg.page.library import Picture, UnknownPicture
from ecg.picture.encoded import PickedPage, picked
from twelvelead.web.forms.fields import (
    IMAGE_SOURCE,
    MOST_PAGES,
    PAGE_FILE,
    PAGE_NUMBER,
    PAGE_SAMPLE,
)
from twelvelead.web.server.errors import RequestError
from twelvelead.web.server.services import Services

SAMPLE_FOLDERS = ("static/", "samples/")  # what earlier clients put before a sample's name


def chosen_page(found: Services, *, file_first: bool = False) -> bytes | PickedPage:
    """The page in the request: of one file, or a sample by its id.

    `file_first`: a file counts before a sample, which a plain form can't unchoose. Raises
    RequestError for no page, two files, a file and a sample, or a number that is none; UnknownPicture.
    """
    files, samples, source = PAGE_FILE.files(), PAGE_SAMPLE.texts(), IMAGE_SOURCE.text()
    if source == "sample":
        files = []
    elif source == "upload" or (files and file_first):
        samples = []
    if len(files) + len(samples) > 1:
        raise RequestError("Send one page: either one file or one sample.")
    if files:
        number = _page_number()
        return picked(content_of(files[0][1]), number)
    if samples:
        return find_sample(found, samples[0]).read()
    raise RequestError("No page was sent: choose a sample, or send a picture as 'file'.")


def _page_number() -> int:
    """Which page of the file; the first where nothing is said. Raises RequestError."""
    text = PAGE_NUMBER.text().strip() or "1"
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= MOST_PAGES:
        raise RequestError("Send 'page' as the number of a page, from 1, or leave it out.")
    return int(text)


def content_of(file: FileStorage) -> bytes:
    """All bytes of a file that was sent, once: they stay nowhere else, and are not copied."""
    stream = file.stream
    if not isinstance(stream, BytesIO):
        raise TypeError("uploads are kept in memory, see twelvelead.web.server.security")
    data = stream.getvalue()  # `read` would copy them
    stream.close()
    return data


def find_sample(found: Services, name: str) -> Picture:
    """A picture by its id, or a shipped sample by the name that earlier clients use.

    A name is only ever compared with those in the index. Raises UnknownPicture.
    """
    try:
        return found.find_picture(name)
    except UnknownPicture:
        plain = name.lstrip("/")
        for folder in SAMPLE_FOLDERS:
            plain = plain.removeprefix(folder)
        for picture in found.samples.pictures:
            if picture.path.parts[-2:] == tuple(plain.split("/")):
                return picture
        raise
