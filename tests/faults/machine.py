"""The container's processes over the shipped models, to be broken on purpose; and what must hold after."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from tests.container.test_supervise import PATH, SUPERVISE
from tests.support.project import ROOT
from tests.support.web.live import Got, ask, free_port, wait_for
from tests.support.web.web_fakes import large_form

SAMPLES = ROOT / "static" / "samples"
PAGE = next(SAMPLES.glob("normal/*.png"))
RECORDING = next((SAMPLES / "signals").glob("*.csv"))
PAGES, SIGNALS = "/api/v1/predictions", "/api/v1/signals/predictions"
MODELS = "small_cnn,beat_signal_cnn"
PATIENCE = 90  # s
SOON = 3  # s, in which a server that works has said something
NOTHING: Mapping[str, str] = {}


class Server(NamedTuple):
    """Where it answers, its supervisor, its RUN_DIR, and what it said of honest requests at first."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    said: list[object]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def children(self, place: int) -> tuple[int, list[int]]:
        """The pid of gunicorn (0) or nginx (1), and of its workers."""
        master = _children(self.process.pid)[place]
        return master, _children(master)

    def worker(self, place: int) -> int:
        """The one worker of gunicorn (0) or nginx (1)."""
        (worker,) = self.children(place)[1]
        return worker

    def has_new_nginx(self, before: int) -> bool:
        """Whether another nginx than the master `before` runs and lets requests through."""
        masters = _children(self.process.pid)
        return len(masters) > 1 and masters[1] != before and self.ready() == 200

    def ready(self) -> int | None:
        """What /readyz says; None where nobody answers."""
        try:
            return ask(self.address, "/readyz").status
        except (OSError, HTTPException):
            return None


@contextmanager
def running(
    folder: Path, prefix: Sequence[str] = (), more: Mapping[str, str] = NOTHING
) -> Iterator[Server]:
    """nginx, gunicorn and the shipped models, ready; `prefix`: a command that runs the supervisor."""
    port = free_port()
    named = {"HOST": "127.0.0.1", "PORT": str(port), "RUN_DIR": str(folder), "PATH": PATH}
    environment = {**os.environ, **named, "TWELVELEAD_WARM": MODELS, **more}
    command = [*prefix, sys.executable, str(SUPERVISE), "app:create_app()"]
    log = (folder.parent / "said.log").open("ab")
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as process:
        server = Server(port, process, folder, [])
        try:
            wait_for(lambda: process.poll() is not None or server.ready() == 200)
            assert process.poll() is None, (folder.parent / "said.log").read_text("utf-8")
            server.said.append(honest(server))
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def honest(server: Server) -> object:
    """What a page and a recording are answered; both must be."""
    found = [send(server, PAGES, "small_cnn", PAGE.read_bytes())]
    found.append(send(server, SIGNALS, "beat_signal_cnn", RECORDING.read_bytes()))
    assert [one.status for one in found] == [200, 200], [one.text[:300] for one in found]
    beats = json.loads(found[1].text)
    return [found[0].json["predictions"][0]["probabilities"], sorted(beats), _labels(beats)]


def send(server: Server, path: str, model: str, data: bytes) -> Got:
    """A page or a recording, to one model."""
    fields = [("model", model), ("rate", "200")] if path == "/signals" else [("model", model)]
    return ask(server.address, path, large_form(data, fields))


def check_well(server: Server) -> None:
    """As soon as it says that it is ready, it answers as it did at first, and has left nothing behind."""
    wait_for(lambda: server.ready() == 200)
    assert honest(server) == server.said[0]
    wait_for(lambda: leavings(server.folder) == [])


def leavings(folder: Path) -> list[str]:
    """Files in RUN_DIR that no part of a server that runs accounts for."""
    kept = ("nginx.conf", "nginx.pid", "app.sock", "http.sock")
    files = [one for one in folder.rglob("*") if not one.is_dir()]
    return [str(one) for one in files if one.name not in kept and one.parent.name != "tmp"]


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for counts as ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    return True


def says_nothing(server: Server) -> bool:
    """Whether nobody answers /readyz in SOON seconds, or says that it is not ready."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=SOON)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 503
    except OSError:
        return True
    finally:
        connection.close()


def _labels(beats: object) -> str:
    """The answers of a recording without what differs each time."""
    text = json.dumps(beats, sort_keys=True)
    return str(text.count('"label"'))


def _children(pid: int) -> list[int]:
    return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()))
