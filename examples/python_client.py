"""Asks a running Twelvelead about an ECG page and about a recording; Python's own library is enough.

    python python_client.py http://127.0.0.1:8080 --page page.png --signal heart.csv

For education and research. Not a medical device.
"""

import argparse
import json
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 120  # s


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints small tables, or what the server sent with --json; 1 where it refused."""
    options = _parser().parse_args(arguments)
    server = options.server.rstrip("/")
    try:
        told = {"models": get(f"{server}/api/v1/models")}
        if options.page:
            fields = {"model": options.page_model}
            told["page"] = post(f"{server}/api/v1/predictions", options.page, fields)
        if options.signal:
            fields = {"model": options.signal_model, "rate": options.rate, "lead": options.lead}
            told["signal"] = post(f"{server}/api/v1/signals/predictions", options.signal, fields)
    except urllib.error.HTTPError as error:
        problem = json.loads(error.read())  # RFC 9457: what was wrong, and what would be right
        print(f"{error.code}: {problem['detail']}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{server} can't be reached: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told, indent=1) if options.json else "\n".join(_lines(told)))
    return 0


def get(address: str) -> Any:
    """What a GET answers, as JSON. Raises HTTPError, OSError."""
    return _ask(urllib.request.Request(address))  # noqa: S310 - the caller's own server


def post(address: str, file: Path, fields: Mapping[str, str]) -> Any:
    """What a POST of a form with this file answers; empty fields are left out. Raises as `get` does."""
    edge = secrets.token_hex(16)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
        if value
    ]
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    )
    body = b"".join([*parts, head.encode(), file.read_bytes(), f"\r\n--{edge}--\r\n".encode()])
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    return _ask(urllib.request.Request(address, body, kind))  # noqa: S310


def _ask(request: urllib.request.Request) -> Any:
    request.add_header("Accept", "application/json")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return json.load(answer)


def _lines(told: Mapping[str, Any]) -> list[str]:
    lines = [f"{len(told['models']['models'])} models"]
    lines += [
        f"  {one['key']:<20} {one['state']:<12} {one['title'] or ''}"
        for one in told["models"]["models"]
    ]
    for one in told["page"]["predictions"] if "page" in told else ():
        share = max(one["probabilities"].values(), default=0)
        lines.append(f"page    {one['model']:<20} {one['label']} {share:.3f} ({one['decision']})")
    for one in told["signal"]["predictions"] if "signal" in told else ():
        counts = ", ".join(f"{label} {count}" for label, count in one["counts"].items())
        lines.append(f"signal  {one['model']:<20} {len(one['beats'])} beats: {counts}")
    notices = {told[name]["notice"] for name in ("page", "signal") if name in told}
    return [*lines, *notices]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Asks a running Twelvelead.")
    parser.add_argument("server", help="such as http://127.0.0.1:8080")
    parser.add_argument("--page", type=Path, metavar="FILE", help="JPEG, PNG, WebP or BMP")
    parser.add_argument("--signal", type=Path, metavar="FILE", help="CSV, or a zip of a record")
    parser.add_argument("--page-model", default="all", metavar="KEY")
    parser.add_argument("--signal-model", default="", metavar="KEY", help="the usual one without")
    parser.add_argument("--rate", default="", metavar="HZ", help="where the CSV does not tell it")
    parser.add_argument("--lead", default="", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="print what the server sent")
    return parser


if __name__ == "__main__":
    sys.exit(main())
