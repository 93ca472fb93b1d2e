"""container/supervise.py: nginx before gunicorn, live. Skipped where nginx is not installed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from container.supervise import SENDING, UPLOADS
from tests.support.models.fake_framework import make_fake_model
from tests.support.project import ROOT
from tests.support.web.live import (
    PREDICTIONS,
    ask,
    free_port,
    make_gated_model,
    open_gate,
    wait_for,
    wait_for_load,
)
from tests.support.web.raw_http import connect
from tests.support.web.web_fakes import FAKE, PAGE, large_form
from twelvelead.web.server.errors import SENTENCES

SUPERVISE = ROOT / "container" / "supervise.py"
FORM = large_form(PAGE, [("model", "all")])
PATIENCE = 60  # s
ONE = {"Fly-Client-IP": "192.0.2.1"}
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # where Debian has nginx

needs_nginx = pytest.mark.skipif(
    not any(Path(folder, "nginx").is_file() for folder in PATH.split(":")),
    reason="nginx is not installed: `make browser` brings it on Debian",
)


class Server(NamedTuple):
    """Where it answers, and its supervisor."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def environment(folder: Path, port: int | str, **more: str) -> dict[str, str]:
    """Of a supervisor whose models are those in `folder`."""
    named = {"HOST": "127.0.0.1", "PORT": str(port), "RUN_DIR": str(folder / "run"), "PATH": PATH}
    return {**os.environ, **named, "TWELVELEAD_MODELS_DIR": str(folder), **more}


@contextmanager
def supervised(folder: Path, **more: str) -> Iterator[Server]:
    """Both servers over the models in `folder`, answering; ended at last.

    What they say lies in a file: in a pipe that nobody reads, a line for each request, they would wait.
    """
    port = free_port()
    command = [sys.executable, str(SUPERVISE), FAKE]
    env, log = environment(folder, port, **more), folder / "said.log"
    with log.open("wb") as said, subprocess.Popen(command, env=env, stderr=said) as process:
        server = Server(port, process)
        try:
            wait_for(lambda: process.poll() is not None or answers(server.address))
            assert process.poll() is None, log.read_text("utf-8")
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def answers(address: str) -> bool:
    try:
        return ask(address, "/livez").status == 200
    except ConnectionRefusedError:
        return False


def begin_upload(
    port: int, begin: bytes = b"--edge", size: int = 50_000, source: str = "127.0.0.1"
) -> socket.socket:
    """A POST of `size` bytes of which only the first are sent."""
    opened = connect(port, source)
    head = f"POST {PREDICTIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=edge"
    opened.sendall(f"{head}\r\nContent-Length: {size}\r\n\r\n".encode() + begin)
    return opened


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """gunicorn and nginx, in the order in which they were started."""
    pid = process.pid
    return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()))


def run_once(folder: Path, port: int | str, **more: str) -> subprocess.CompletedProcess[str]:
    """The supervisor, where it can't start."""
    return subprocess.run(
        [sys.executable, str(SUPERVISE), FAKE],
        env=environment(folder, port, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("models")
    make_fake_model(folder)
    with supervised(folder) as found:
        yield found


@pytest.fixture(scope="module")
def on_fly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, told that it runs on Fly."""
    folder = tmp_path_factory.mktemp("models")
    make_fake_model(folder)
    with supervised(folder, FLY_APP_NAME="twelvelead") as found:
        yield found


@needs_nginx
def test_it_works(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with supervised(tmp_path) as server:
        got = ask(server.address, PREDICTIONS, FORM)
        assert (got.status, got.headers["Server"]) == (200, "nginx")
        assert got.json["predictions"][0]["label"] == "abnormal_heartbeat"
        assert ask(server.address, "/", headers={"Accept": "text/html"}).status == 200
        assert (tmp_path / "run").stat().st_mode & 0o077 == 0


@needs_nginx
def test_fifty_who_send_a_byte_a_second_stop_nobody(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with supervised(tmp_path) as server, ExitStack() as stack:
        sources = [f"127.0.0.{2 + number % 2}" for number in range(50)]
        slow = [stack.enter_context(begin_upload(server.port, source=one)) for one in sources]
        ended = threading.Event()
        stack.callback(ended.set)

        def drip() -> None:
            while not ended.wait(1):
                for one in slow:
                    one.send(b"x")

        threading.Thread(target=drip, daemon=True).start()
        begun = time.monotonic()
        for _ in range(3):
            assert ask(server.address, PREDICTIONS, FORM).status == 200
            time.sleep(1)
        assert time.monotonic() - begun < 20
        assert ask(server.address, "/readyz").status == 200
        ended.set()
        for one in slow:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):  # neither answered nor hung up
                one.recv(1)


@needs_nginx
def test_sigterm_answers_what_is_in_flight_takes_nothing_new_and_ends_well(tmp_path: Path) -> None:
    home = make_gated_model(tmp_path)
    with supervised(tmp_path) as server, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, server.address, PREDICTIONS, FORM) for _ in range(4)]
        wait_for_load(home)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not answers(server.address))
        assert server.process.poll() is None
        open_gate(home)
        assert [one.result().status for one in asked] == [200] * 4
        assert server.process.wait(PATIENCE) == 0


@needs_nginx
def test_an_upload_that_ends_soon_after_sigterm_is_answered(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    body = FORM["data"]
    with supervised(tmp_path) as server, begin_upload(server.port, body[:100], len(body)) as late:
        time.sleep(0.2)  # for nginx to take the connection
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not answers(server.address))
        late.sendall(body[100:])
        assert late.recv(12) == b"HTTP/1.1 200"
        assert server.process.wait(PATIENCE) == 0


@needs_nginx
@pytest.mark.slow
def test_an_upload_that_never_ends_holds_up_the_end_for_seconds_only(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with supervised(tmp_path) as server, begin_upload(server.port):
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(2 * (UPLOADS + SENDING)) == 0


@needs_nginx
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_body_that_is_too_large_gets_one_sentence(server: Server, accept: str) -> None:
    large = {"data": bytes(11_000_000), "content_type": "multipart/form-data; boundary=edge"}
    status, text, headers = ask(server.address, "/", large, {"Accept": accept})
    assert status == 413
    if accept == "text/html":
        assert (text, headers["Content-Type"]) == (
            SENTENCES[413] + "\n",
            "text/plain; charset=utf-8",
        )
    else:
        assert headers["Content-Type"] == "application/problem+json"
        assert json.loads(text)["detail"] == SENTENCES[413]


@needs_nginx
@pytest.mark.parametrize(
    ("taken", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("2001:db8:0:2::1", "2001:0DB8:0000:2:ffff::9", "2001:db8:0:3::1"),
        ("2001:db8::1", "2001:db8:0:0:7::", "2001:db8:0:1::"),
    ],
)
def test_one_client_of_fly_can_not_take_every_place(
    on_fly: Server, taken: str, same: str, other: str
) -> None:
    one, another = {"Fly-Client-IP": same}, {"Fly-Client-IP": other}
    with ExitStack() as stack:
        for _ in range(32):
            slow = stack.enter_context(connect(on_fly.port))
            head = (
                f"POST / HTTP/1.1\r\nHost: x\r\nFly-Client-IP: {taken}\r\nContent-Length: 9\r\n\r\n"
            )
            slow.sendall(head.encode())
        wait_for(lambda: ask(on_fly.address, PREDICTIONS, FORM, headers=one).status == 503)
        got = ask(on_fly.address, PREDICTIONS, FORM, headers=one)
        assert (got.status, got.headers["Retry-After"], got.json["status"]) == (503, "2", 503)
        assert ask(on_fly.address, PREDICTIONS, FORM, headers=another).status == 200
        for path in ("/", "/signals", "/readyz"):
            assert ask(on_fly.address, path, headers=one).status == 200


@needs_nginx
def test_the_metrics_are_not_for_clients_of_fly(server: Server) -> None:
    assert "twelvelead_" in ask(server.address, "/metrics").text
    hidden = ask(server.address, "/metrics", headers=ONE)
    assert (hidden.status, "twelvelead_" in hidden.text) == (404, False)


@needs_nginx
def test_when_gunicorn_ends_by_itself_all_ends_with_its_status(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with supervised(tmp_path) as server:
        os.kill(children(server.process)[0], signal.SIGKILL)
        assert server.process.wait(PATIENCE) == 128 + signal.SIGKILL
        assert not answers(server.address)


@needs_nginx
def test_when_nginx_can_not_listen_gunicorn_ends_too(tmp_path: Path) -> None:
    make_fake_model(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_once(tmp_path, port)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "Shutting down: Master" in done.stderr


@needs_nginx
def test_a_setting_that_gunicorn_refuses_keeps_its_status(tmp_path: Path) -> None:
    done = run_once(tmp_path, free_port(), TWELVELEAD_THREADS="many")
    assert done.returncode == 1
    assert done.stderr.count("TWELVELEAD_THREADS") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("port", "changed", "told"),
    [
        ("http", {}, "PORT should be a number from 1 to 65535, not 'http'"),
        ("80800", {}, "PORT should be a number from 1 to 65535, not '80800'"),
        ("8080", {"PATH": "/nowhere"}, "there is no nginx on the PATH"),
    ],
)
def test_what_can_not_start_is_one_sentence(
    tmp_path: Path, port: str, changed: dict[str, str], told: str
) -> None:
    done = run_once(tmp_path, port, **changed)
    assert done.returncode == 1
    assert done.stderr == f"The server can't start: {told}.\n"


@needs_nginx
def test_a_folder_that_can_not_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file", "utf-8")
    done = run_once(tmp_path, free_port())
    assert done.returncode == 1
    assert done.stderr.startswith("The server can't start: ")
    assert "Traceback" not in done.stderr
