"""`python -m benchmarks.attack.measure`: memory under hostile requests beside that under honest ones.

The container's processes with fly.toml's settings, a fresh server a row; 16 clients at once. Peaks are
those that Linux keeps of each process (VmHWM), plus what lies in the memory disk meanwhile.
"""

import argparse
import os
import secrets
import shutil
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import Popen

from benchmarks.attack.inputs import NONCE, Request, large_picture, make_requests
from benchmarks.errors import BenchmarkError
from benchmarks.measures.process_tree import PROC, family
from benchmarks.setups.servers import HOST, end, free_port
from tests.support.project import ROOT
from twelvelead.inference.resources.memory import ALLOCATION

CLIENTS, EACH = 16, 2
PATIENCE = 90.0  # s for one answer, and for the start
BUILD = ROOT / "build" / "attacks"
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - Linux's memory disk, in which the container writes
MOST = 1.2  # times the memory of the same number of honest requests


@dataclass(frozen=True)
class AttackResult:
    """What one kind of request did: MB at the peak and some seconds after, answers by status, seconds."""

    request: Request
    peak: float
    after: float
    statuses: Counter[int]
    seconds: float


@dataclass(frozen=True)
class Server:
    """A running server: its first process, its port, and where it writes."""

    process: Popen[bytes]
    port: int
    folder: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where an attack takes more than MOST times the memory, or is not answered."""
    options = _parser().parse_args(arguments)
    try:
        rows = measure(options.tree.resolve(), options.only)
    except BenchmarkError as error:
        print(f"attacks: {error}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0 if all(is_borne(row, rows) for row in rows) else 1


def measure(tree: Path = ROOT, only: str = "") -> list[AttackResult]:
    """A row for each request whose name holds `only`, and for the honest one that it is held to."""
    shutil.rmtree(BUILD, ignore_errors=True)
    data = BUILD / "data" / "normal"
    data.mkdir(parents=True)
    (data / "large.png").write_bytes(large_picture())
    with serving(tree) as server:
        shown = find_large_picture(server)
    made = make_requests(BUILD, shown)
    wanted = {one.name for one in made if only in one.name}
    wanted |= {one.honest for one in made if one.name in wanted}
    rows = []
    for request in made:
        if request.name in wanted:
            print(request.name, file=sys.stderr, flush=True)
            rows.append(measure_one(tree, request))
    return rows


def measure_one(tree: Path, request: Request) -> AttackResult:
    """A fresh server, all clients at once, its memory."""
    with serving(tree) as server:
        forget_peaks(server)
        began = time.monotonic()
        with disk_watched() as disk, ThreadPoolExecutor(CLIENTS) as clients:
            statuses = Counter(clients.map(lambda _: send(server, request), range(CLIENTS * EACH)))
        seconds = time.monotonic() - began
        peak = megabytes(server, "VmHWM") + disk[0] / 1e6
        time.sleep(3)
        return AttackResult(request, peak, megabytes(server, "VmRSS"), statuses, seconds)


def table(rows: Sequence[AttackResult]) -> str:
    """The rows as Markdown; ratios against the honest request of the same kind."""
    lines = [
        f"| {CLIENTS} clients, {CLIENTS * EACH} requests | answers | s | peak MB | times honest | MB after |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        told = ", ".join(
            f"{count} x {status or 'none'}" for status, count in sorted(row.statuses.items())
        )
        ratio = f"{times_honest(row, rows):.2f}" if row.request.honest else "-"
        figures = f"{row.seconds:.0f} | {row.peak:.0f} | {ratio} | {row.after:.0f}"
        lines.append(f"| {row.request.name} | {told} | {figures} |")
    return "\n".join(lines)


def times_honest(row: AttackResult, rows: Sequence[AttackResult]) -> float:
    """The peak against that of the honest request of the same kind."""
    return row.peak / next(one.peak for one in rows if one.request.name == row.request.honest)


def is_borne(row: AttackResult, rows: Sequence[AttackResult]) -> bool:
    """Whether all were answered, none by a fault of ours, in little more memory than honest ones."""
    answered = not any(status in (0, 500, 502) for status in row.statuses)
    return answered and (not row.request.honest or times_honest(row, rows) <= MOST)


@contextmanager
def serving(tree: Path) -> Iterator[Server]:
    """The container's processes on a free port, ready. Raises BenchmarkError where they don't start."""
    port, folder = free_port(), MEMORY_DISK / f"attacks-{secrets.token_hex(4)}"
    ours = {name: text for name, text in os.environ.items() if not name.startswith("TWELVELEAD_")}
    told = tomllib.loads((tree / "fly.toml").read_text("utf-8"))["env"]
    where = {"HOST": HOST, "PORT": str(port), "RUN_DIR": str(folder), "PYTHONPATH": str(tree)}
    models = {"TWELVELEAD_MODELS_DIR": str(ROOT / "models"), "TWELVELEAD_LOG": "off"}
    picture = {"TWELVELEAD_DATA_DIR": str(BUILD / "data")}
    environment = {**ours, **ALLOCATION, **told, **where, **models, **picture}
    command = [sys.executable, str(tree / "container" / "supervise.py"), "app:create_app()"]
    process = Popen(command, cwd=tree, env=environment, start_new_session=True)
    server = Server(process, port, folder)
    try:
        wait_until_ready(server)
        yield server
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(server: Server) -> None:
    """Until /readyz says so. Raises BenchmarkError where it does not in time."""
    until = time.monotonic() + PATIENCE
    while send(server, Request("ready", "/readyz")) != 200:
        if server.process.poll() is not None or time.monotonic() > until:
            raise BenchmarkError("the server did not start; it needs nginx and compiled models")
        time.sleep(0.2)


def find_large_picture(server: Server) -> str:
    """The address of the only picture of the data folder."""
    connection = HTTPConnection(HOST, server.port, timeout=PATIENCE)
    connection.request("GET", "/browse")
    text = connection.getresponse().read().decode()
    connection.close()
    return "/pictures/" + text.partition("/pictures/")[2].partition("/")[0]


def send(server: Server, request: Request) -> int:
    """The status of the answer, 0 where none came."""
    connection = HTTPConnection(HOST, server.port, timeout=PATIENCE)
    try:
        method = "POST" if request.body else "GET"
        body = request.body.replace(NONCE, secrets.token_hex(8).encode()) or None
        connection.request(method, request.path, body, request.headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def forget_peaks(server: Server) -> None:
    """From now on VmHWM is the peak."""
    for pid in family(server.process.pid):
        (PROC / str(pid) / "clear_refs").write_text("5", "ascii")


def megabytes(server: Server, name: str) -> float:
    """What /proc/PID/status tells under this name of all its processes together."""
    lines = [
        line
        for pid in family(server.process.pid)
        for line in (PROC / str(pid) / "status").read_text("utf-8").splitlines()
    ]
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024 / 1e6


@contextmanager
def disk_watched() -> Iterator[list[int]]:
    """The most bytes that the memory disk held above what it held before."""
    most, over, before = [0], threading.Event(), _used()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], _used() - before)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def _used() -> int:
    found = os.statvfs(MEMORY_DISK)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attack.measure", description=__doc__
    )
    parser.add_argument("--tree", type=Path, default=ROOT, help="another checkout to measure")
    parser.add_argument("--only", default="", help="requests whose names hold this")
    return parser


if __name__ == "__main__":
    sys.exit(main())
