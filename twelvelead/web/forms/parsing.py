"""Forms as they come in: files stay in memory, and a body that is no form is told what it lacks."""

from io import BytesIO
from typing import IO, Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from twelvelead.web.server.errors import RequestError, WrongKind

KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")
NO_FORM = (
    "The body is no form: send multipart/form-data, with the file as 'file'; see the API page."
)
NO_BOUNDARY = "The form's Content-Type names no boundary: let your HTTP client set that header."
WRONG_BOUNDARY = "The boundary that Content-Type names is not in the form."
CUT = "The request ended before its form was complete: send it again."
DAMAGED = "The form can't be read: a part of it has no name, or is damaged."


class FormParser(FormDataParser):
    """Werkzeug's, which says of a form that can't be read what is wrong with it."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], Any, Any]:
        """Stream, fields and files. Raises WrongKind for a body that is no form, RequestError."""
        if content_length == 0:
            return stream, self.cls(), self.cls()
        try:
            if mimetype in KINDS:
                return super().parse(stream, mimetype, content_length, options)
            there = stream.read(1)
        except ClientDisconnected as error:
            raise RequestError(CUT) from error
        except ValueError as error:
            raise RequestError(_fault(error, (options or {}).get("boundary", ""))) from error
        if there:
            raise WrongKind(NO_FORM)
        return stream, self.cls(), self.cls()

    def _parse_urlencoded(self, stream: IO[bytes], *_: object) -> tuple[IO[bytes], Any, Any]:
        """Within the limits of the other kind: each field would cost a hundred times its bytes."""
        most = self.max_form_memory_size or 0
        data = stream.read(most + 1)
        while len(data) <= most and (more := stream.read(most + 1 - len(data))):
            data += more
        if len(data) > most or data.count(b"&") >= (self.max_form_parts or 0):
            raise RequestEntityTooLarge
        fields = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
        return stream, self.cls(fields), self.cls()


class MemoryRequest(Request):
    """A request whose files never touch the disk; their size is limited with the whole request."""

    form_data_parser_class = FormParser

    def make_form_data_parser(self) -> FormDataParser:
        """One that does not swallow what is wrong with a form."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        finally:  # who tells what was wrong with a form finds it empty
            for name in ("form", "files"):
                self.__dict__.setdefault(name, ImmutableMultiDict())

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


def _fault(error: ValueError, boundary: str) -> str:
    """What is wrong with a form, by how far its parser came."""
    if not boundary:
        return NO_BOUNDARY
    words = str(error)
    if "PREAMBLE" in words:
        return WRONG_BOUNDARY
    return CUT if "cannot parse beyond" in words else DAMAGED
