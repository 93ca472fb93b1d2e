"""What is sent to see how much memory it takes: honest pages and recordings, and such as are made to hurt."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.setups.pages import BOUNDARY, draw_page
from ecg.simulate.paint import FRAME, paint_page
from ecg.simulate.record import RecordPlan, simulate_record
from ecg.simulate.twelve_leads import simulate

PREDICTIONS, FRAME_ROUTE, TRACES = "/api/v1/predictions", "/api/v1/frame", "/api/v1/traces"
SIGNALS = "/api/v1/signals/predictions"
NONCE = b"0123456789abcdef"  # behind each picture; another in each request, or answers would be kept ones
LARGEST = (5000, 5000)  # px: 25 megapixels
ENLARGED = 2.6  # times a page, with which it has 24 megapixels
LONG_SAMPLES = 24_500_000  # of one lead, in 49 MB, which zip packs to next to nothing
CSV_BYTES = 49_000_000
MODELS: Mapping[str, str] = MappingProxyType(
    {PREDICTIONS: "mobilenetv2", SIGNALS: "beat_signal_cnn"}
)


@dataclass(frozen=True)
class Request:
    """One request: GET where there is no body. honest: the name of the honest one it is held to."""

    name: str
    path: str
    body: bytes = b""
    honest: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"} if self.body else {}


def make_requests(folder: Path, data_picture: str) -> list[Request]:
    """The honest requests, then the hostile ones; pictures and recordings are drawn and simulated.

    folder: for the drawn page. data_picture: the address of a large picture of the data folder.
    """
    page, record = draw_page(folder).read_bytes(), _pack_record(*_half_hour())
    honest = [
        _posted("a page classified", PREDICTIONS, [("page.jpg", page + NONCE)]),
        _posted("a page's frame", FRAME_ROUTE, [("page.jpg", page + NONCE)]),
        _posted("a page's traces", TRACES, [("page.jpg", page + NONCE)]),
        _posted("half an hour of two leads", SIGNALS, [("record.zip", record)]),
    ]
    return [*honest, *_hostile_pictures(data_picture), *_hostile_recordings()]


def large_picture() -> bytes:
    """A PNG of 25 megapixels with transparency, in about 100 KB."""
    return _png(Image.new("RGBA", LARGEST, (255, 255, 255, 128)))


def _hostile_pictures(data_picture: str) -> list[Request]:
    pictures: Mapping[str, Callable[[], bytes]] = {
        "25 megapixels, transparent": large_picture,
        "25 megapixels, 16 bits": lambda: _png(Image.new("I;16", LARGEST, 60_000)),
        "a page of 24 megapixels, hatched": _hatched_page,
    }
    routes = {
        PREDICTIONS: "a page classified",
        FRAME_ROUTE: "a page's frame",
        TRACES: "a page's traces",
    }
    found = []
    for name, make in pictures.items():
        data = make()
        for path, honest in routes.items():
            found.append(_posted(f"{name}: {path}", path, [("page.png", data + NONCE)], honest))
    shown = Request("a large page of the data folder, shown", data_picture, b"", "a page's frame")
    return [*found, shown]


def _hostile_recordings() -> list[Request]:
    honest = "half an hour of two leads"
    long_header = f"r 1 360 {LONG_SAMPLES}\nr.dat 16 200 16 0 0 0 0 II\n"
    recordings: Mapping[str, Callable[[], tuple[str, bytes]]] = {
        "24.5 million samples in a zip": lambda: (
            "r.zip",
            _pack_record(long_header, _long_samples()),
        ),
        "a CSV of 49 MB": lambda: ("a.csv", _csv(1)),
        "a CSV of 49 MB, twelve leads": lambda: ("a.csv", _csv(12)),
    }
    made = [(name, make()) for name, make in recordings.items()]
    header, samples = _half_hour()
    marks = [("r.hea", header.encode()), ("r.dat", samples)]
    marks.append(("r.atr", (b"\x00\x04" * 1_490_000) + b"\x00\x00"))
    return [
        *(_posted(name, SIGNALS, [file], honest) for name, file in made),
        _posted("1.5 million annotations", SIGNALS, marks, honest),
    ]


def _posted(name: str, path: str, files: Sequence[tuple[str, bytes]], honest: str = "") -> Request:
    parts = []
    if path in MODELS:
        parts.append(_part('name="model"', MODELS[path].encode()))
    parts += [_part(f'name="file"; filename="{file}"', data) for file, data in files]
    return Request(name, path, b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), honest)


def _part(about: str, data: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {about}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def _png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def _hatched_page() -> bytes:
    """A page whose traces are to be followed through hundreds of level lines."""
    page = paint_page(simulate("sinus_rhythm", seed=1))
    size = (round(page.width * ENLARGED), round(page.height * ENLARGED))
    large = page.resize(size, Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(large)
    box = FRAME.times(ENLARGED)
    for left in range(box.left + 300, box.right - 700, 700):
        for top in range(box.top + 30, box.bottom - 30, 4):
            draw.line([(left, top), (left + 500, top)], fill=(0, 0, 0))
    return _png(large)


def _half_hour() -> tuple[str, bytes]:
    """Header and samples of thirty minutes, five of them repeated."""
    signal = simulate_record(RecordPlan("pvc", seed=1, seconds=300.0))
    samples = np.tile(np.round(signal.values * 200).astype("<i2"), 6)
    lines = [f"r.dat 16 200 16 0 0 0 0 {lead}" for lead in signal.leads]
    header = "\n".join([f"r {len(lines)} {signal.rate:g} {samples.shape[1]}", *lines, ""])
    return header, samples.T.tobytes()


def _long_samples() -> bytes:
    """Ten seconds of a simulated lead over and over: a day of it packs into a few hundred KB."""
    lead = simulate_record(RecordPlan("pvc", seed=1)).values[0, :3600]
    return np.resize(np.round(lead * 200).astype("<i2"), LONG_SAMPLES).tobytes()


def _pack_record(header: str, samples: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("r.hea", header)
        packed.writestr("r.dat", samples)
    return held.getvalue()


def _csv(leads: int) -> bytes:
    names = ",".join(["time (s)", *(f"L{n}" for n in range(leads))])
    rows, size, n = [names], len(names), 0
    while size < CSV_BYTES:
        row = ",".join(
            [f"{n / 500:.3f}", *(f"{(n * 37 + lead) % 997 / 997:.3f}" for lead in range(leads))]
        )
        rows.append(row)
        size += len(row) + 1
        n += 1
    return "\n".join(rows[:-1]).encode()
