"""Requests as no browser sends them: forms cut short, wrong boundaries, odd fields, odd files."""

import struct
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from tests.support.models.beat_models import simulated_csv
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.signals.signal_tables import table

T = TypeVar("T")

CANARY = "Zebulon"  # stands in names and fields: no answer of the API may hold it
PAGE = encode(draw_page((600, 420)))
RECORDING = simulated_csv("pvc", 8.0)
ROUTES = (
    "/",
    "/results",
    "/predict",
    "/signals",
    "/traces.csv",
    "/api/v1/predictions",
    "/api/v1/frame",
    "/api/v1/traces",
    "/api/v1/signals/predictions",
)
FIELDS = (
    *(
        "file",
        "upload_image",
        "csv_file",
        "ecg_file",
        "model",
        "model_key",
        "sample",
        "sample_path",
    ),
    *("image_source", "lead", "rate", "unit", "format", "unknown", "", "file[]", "model\x00"),
)
KEYS = ("all", "beat_signal_cnn", "pages", "beat_drawn", "none", "../pages", "ALL", "all,pages")
NUMBERS = (
    "360",
    "0",
    "-1",
    "1e400",
    "nan",
    "inf",
    "3,6",
    "٣٦٠",
    "1e-320",
    "9" * 5000,
    " 360 ",
    "0x10",
)
LEADS = ("II", "MLII", "mV", "ECG", "1", "=2+2", CANARY)
ODD = (
    "",
    " ",
    "\x00",
    "\ud7ff",
    "\N{RIGHT-TO-LEFT OVERRIDE}" + CANARY,
    CANARY,
    "a" * 10_000,
    "mV",
    "csv",
)
NAMES = (
    "a.png",
    "a.csv",
    "r.hea",
    "r.dat",
    "a.zip",
    "",
    "../../etc/passwd",
    CANARY + ".csv",
    "a\r\nb",
    "\x00",
)
FILES = (
    PAGE,
    table(),
    b"",
    b"\x00",
    b"PK\x03\x04",
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    b"{}",
    b"<svg/>",
    b"r 1 360\nr.dat 16",
)
TYPES = (
    "multipart/form-data; boundary=edge",
    'multipart/form-data; boundary="edge"; boundary=other',
    "multipart/form-data; boundary=other",
    "multipart/form-data; boundary=",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "e" * 300,
    "multipart/form-data; charset=utf-16; boundary=edge",
    "application/x-www-form-urlencoded",
    "application/json",
    "image/png",
    "text/csv; boundary=edge",
    "\x7f",
    "",
)
ACCEPTED = ("text/html", "application/json", "text/csv", "*/*;q=nan", "", "a/" + "b" * 5000, CANARY)


@dataclass(frozen=True)
class Request:
    """A POST as a WSGI server hands it on. told: the Content-Length, or None for the body's own."""

    path: str
    body: bytes
    content_type: str
    accept: str
    told: int | None


def values() -> st.SearchStrategy[str]:
    """What stands in a field that is no file."""
    return st.one_of(
        st.sampled_from(KEYS),
        st.sampled_from(NUMBERS),
        st.sampled_from(LEADS),
        st.sampled_from(ODD),
    )


def parts() -> st.SearchStrategy[bytes]:
    """One part of a form, a field or a file, mostly well made."""
    fields = st.builds(_field, st.sampled_from(FIELDS), values())
    files = st.builds(
        _file, st.sampled_from(FIELDS), st.sampled_from(NAMES), st.sampled_from(FILES)
    )
    return st.one_of(fields, files, st.binary(max_size=60))


def forms() -> st.SearchStrategy[bytes]:
    """A whole form, mostly with a model and a file as they should be; a fifth are damaged afterwards."""
    right = st.tuples(st.sampled_from(RIGHT_MODELS), st.sampled_from(RIGHT_FILES)).map(list)
    odd = st.lists(parts(), max_size=2)
    whole = st.builds(lambda these, others: join(these + others), right, odd)
    damaged = st.one_of(
        st.builds(_cut, whole, st.floats(0, 1)), st.builds(_spoil, whole, st.binary(max_size=40))
    )
    return st.one_of(whole, whole, whole, damaged, odd.map(join))


def requests() -> st.SearchStrategy[Request]:
    """Any request to a route that takes uploads."""
    return st.builds(
        Request,
        path=st.sampled_from(ROUTES),
        body=forms(),
        content_type=_mostly(TYPES[0], st.sampled_from(TYPES)),
        accept=_mostly(ACCEPTED[1], st.sampled_from(ACCEPTED)),
        told=_mostly(None, st.integers(0, 200_000_000)),
    )


def _mostly(right: T, odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """What is right seven times in eight."""
    return st.sampled_from([True] * 7 + [False]).flatmap(lambda yes: st.just(right) if yes else odd)


def _field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def _file(field: str, name: str, data: bytes) -> bytes:
    return (
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + data
    )


def join(made: list[bytes]) -> bytes:
    """The parts as one form."""
    return b"".join(b"--edge\r\n" + part + b"\r\n" for part in made) + b"--edge--\r\n"


def _cut(body: bytes, share: float) -> bytes:
    return body[: int(len(body) * share)]


def _spoil(body: bytes, noise: bytes) -> bytes:
    """Noise over a place that the noise itself names."""
    at = struct.unpack("<I", noise[:4].ljust(4, b"\0"))[0] % (len(body) + 1)
    return body[:at] + noise[4:] + body[at + len(noise[4:]) :]


RIGHT_MODELS = [_field("model", key) for key in ("all", "beat_signal_cnn", "pages", "beat_drawn")]
RIGHT_FILES = [
    _file("file", "a.png", PAGE),
    _file("file", "a.csv", RECORDING),
    _field("sample", "pvc"),
]
