"""What the tests of the benchmarks share: measured values by hand, and a system that answers at once."""

import sys
from pathlib import Path

from benchmarks.results.facts import Facts
from benchmarks.results.values import Measurement, Measurements
from benchmarks.setups.pages import Payload
from benchmarks.setups.servers import BenchSystem

SERVER = """
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(int(sys.argv[1]))
        answer = os.environ.get("TWELVELEAD_RUNS", "normal").encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

print("it was said", flush=True)
if sys.argv[1] == "0":
    sys.exit(3)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


def measurements_of(values: dict[tuple[str, str], list[float]], at: int = 0) -> Measurements:
    """(system, figure) -> its values, round by round."""
    found = Measurements()
    for (system, figure), rounds in values.items():
        for number, value in enumerate(rounds):
            found.add(Measurement(system, figure, value, number, at))
    return found


def answering(folder: Path, status: int = 200) -> BenchSystem:
    """A server that answers every POST with `status` and TWELVELEAD_RUNS, else `normal`; with 0 it ends."""
    script = folder / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    body = Payload(folder / "body", "text/plain")
    body.file.write_bytes(b"page")
    command = [sys.executable, str(script), str(status)]
    return BenchSystem("fake", lambda _: command, folder, "/predict", body, str)


def facts(busy: float = 0.0) -> Facts:
    """Of a machine that nobody has."""
    return Facts(
        date="2026-01-02 03:04 UTC",
        commit="abc123",
        cores=2,
        cpu="a processor",
        memory=24.0,
        system="Linux 6.1",
        python="3.11.7",
        busy=busy,
        versions={"flask": "3.1.3"},
    )
