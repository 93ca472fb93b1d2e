"""Clients that are slow, silent or many, and a machine with 1 GB of memory."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.container.test_supervise import needs_nginx
from tests.faults.machine import PAGES, PATIENCE, Server, check_well, running
from tests.support.web.live import ask
from tests.support.web.raw_http import HOST, connect, post
from tests.support.web.web_fakes import large_form
from twelvelead.web.shown.plotly_files import plotly_version

pytestmark = [pytest.mark.faults, needs_nginx]
CLIENTS = 1100
MEMORY = 1_000_000_000  # bytes
GROUPS = Path("/sys/fs/cgroup")
FLY = {"TWELVELEAD_RUNS": "1", "TWELVELEAD_THREADS": "2", "TWELVELEAD_ADMITTED": "16"}
CROWDS = {
    "silent": "",
    "a head that never ends": f"GET / HTTP/1.1\r\n{HOST}X-A: ",
    "a body that never ends": post(PAGES, "Content-Length: 9000", body="--edge"),
    "a large body that never ends": post(PAGES, "Content-Length: 9000000", body="--edge"),
    "a recording that never ends": post("/signals", "Content-Length: 50000000", body="--edge"),
    "an answer that nobody reads": f"GET /static/plotly/{plotly_version()}.js HTTP/1.1\r\n{HOST}\r\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("machine") / "run") as found:
        yield found


def crowd(server: Server, begin: str) -> ExitStack:
    """CLIENTS connections from some sixty addresses."""
    stack = ExitStack()
    for number in range(CLIENTS):
        one = stack.enter_context(connect(server.port, f"127.0.{1 + number // 20}.9"))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(begin.encode())
    return stack


@pytest.mark.parametrize("begin", CROWDS.values(), ids=CROWDS)
def test_a_crowd_closes_no_page_and_is_forgotten(server: Server, begin: str) -> None:
    with crowd(server, begin):
        for path in ("/", "/signals", "/livez", "/readyz"):
            assert ask(server.address, path).status == 200
    check_well(server)


@pytest.fixture
def small() -> Iterator[Path]:
    """A control group of 1 GB; skipped where none can be made."""
    old = (GROUPS / "memory").is_dir()
    group = (GROUPS / "memory" if old else GROUPS) / f"twelvelead-{os.getpid()}"
    limit = group / ("memory.limit_in_bytes" if old else "memory.max")
    try:
        group.mkdir()
        limit.write_text(str(MEMORY), "ascii")
    except OSError:
        pytest.skip("this machine makes no control groups")
    try:
        yield group
    finally:
        group.rmdir()


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A RUN_DIR on the memory disk, as the container has it."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder) / "run"


def killed_for_memory(group: Path) -> int:
    """How often the kernel killed a process of this group."""
    for name in ("memory.oom_control", "memory.events"):
        file = group / name
        if file.is_file():
            words = dict(line.split() for line in file.read_text("ascii").splitlines())
            return int(words["oom_kill"])
    raise AssertionError("the group says nothing of its memory")


def test_a_machine_of_1_gb_holds_what_strangers_send(small: Path, in_memory: Path) -> None:
    enter = f'echo $$ > "{small}/cgroup.procs"; exec "$@"'
    large = large_form(bytes(9_900_000), [("model", "all")])
    with running(in_memory, ["sh", "-c", enter, "sh"], FLY) as server:
        worker = server.worker(0)
        assert str(worker) in (small / "cgroup.procs").read_text("ascii").split()
        for begin in (
            CROWDS["a large body that never ends"],
            CROWDS["a recording that never ends"],
        ):
            with crowd(server, begin):
                assert ask(server.address, "/readyz").status == 200
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(ask, server.address, PAGES, large) for _ in range(64)]
            assert {one.result(PATIENCE).status for one in asked} <= {413, 415, 503}
        check_well(server)
        assert server.worker(0) == worker
        assert killed_for_memory(small) == 0
