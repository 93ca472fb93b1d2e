"""The one page that every system is asked about, and how each wants it sent."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import simulate

FINDING, SEED = (
    "old_anterior_mi",
    42,
)  # one whose label is the same however a system prepares the page
QUALITY = 90  # of the JPEG
BOUNDARY = "twelvelead-benchmark"


@dataclass(frozen=True)
class Payload:
    """What is posted: bytes in a file, for the load generator, and their type."""

    file: Path
    content_type: str


def draw_page(folder: Path) -> Path:
    """The page as `folder`/page.jpg: 2213 x 1572 px, drawn anew, the same each time."""
    buffer = io.BytesIO()
    paint_page(simulate(FINDING, seed=SEED)).save(buffer, "JPEG", quality=QUALITY)
    return _write(folder / "page.jpg", buffer.getvalue())


def write_form(page: Path, models: Sequence[str], name: str) -> Payload:
    """A multipart form: the page as `file`, and `model` for each key, beside the page as `name`."""
    parts = [_part('name="model"', key.encode()) for key in models]
    about = f'name="file"; filename="{page.name}"\r\nContent-Type: image/jpeg'
    parts.append(_part(about, page.read_bytes()))
    data = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return Payload(_write(page.with_name(name), data), content_type)


def write_inference(page: Path, name: str) -> Payload:
    """A request of the V2 inference protocol: JSON with the page in base64."""
    field = {
        "name": "page",
        "shape": [1, 1],
        "datatype": "BYTES",
        "parameters": {"content_type": "base64"},
        "data": [base64.b64encode(page.read_bytes()).decode("ascii")],
    }
    data = json.dumps({"inputs": [field]}).encode()
    return Payload(_write(page.with_name(name), data), "application/json")


def _part(about: str, data: bytes) -> bytes:
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + data + b"\r\n"
    )


def _write(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(data)
    return part.replace(file)
