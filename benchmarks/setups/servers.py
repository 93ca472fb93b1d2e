"""A system that serves: started on a free port, asked until it answers, ended with all it started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.errors import NotMeasured
from benchmarks.measures.process_tree import memory
from benchmarks.setups.pages import Payload

HOST = "127.0.0.1"
PREFIX = "TWELVELEAD_"  # settings of whoever runs the benchmark, which don't count
PAUSE = 0.02  # s between two tries to get the first answer
GRACE = 20.0  # s that a server gets to end by itself
SAID = 300  # characters of a server's log that are told where it fails


@dataclass(frozen=True)
class BenchSystem:
    """One that serves pages over HTTP.

    command: for a port; environment: added to this process's; folder: where it is started; path: of
    its predictions; body: what is posted there; read: its answer's text -> the label, raising
    NotMeasured for one that can't be compared.
    """

    name: str
    command: Callable[[int], list[str]]
    folder: Path
    path: str
    body: Payload
    read: Callable[[str], str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: Callable[[int], Mapping[str, str]] = lambda port: {"PORT": str(port)}


@dataclass(frozen=True)
class Running:
    """A system that answered. first_answer: seconds from its start until the first answer was there."""

    system: BenchSystem
    process: subprocess.Popen[bytes]
    port: int
    first_answer: float
    label: str

    @property
    def address(self) -> str:
        """Where predictions are asked for."""
        return f"http://{HOST}:{self.port}{self.system.path}"

    def memory(self) -> float:
        """Megabytes of all its processes."""
        return memory(self.process.pid)

    def ask(self, path: str = "", body: Payload | None = None) -> tuple[int, str]:
        """Status and text: of a GET of `path`, or of its predictions with a body."""
        return ask(self.port, path or self.system.path, body)


@contextmanager
def serving(system: BenchSystem, logs: Path, patience: float) -> Iterator[Running]:
    """Starts a system and waits for its first answer. Raises NotMeasured with what it said if none comes."""
    log, port = logs / f"{system.name}.log", free_port()
    ours = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    environment = {**ours, **system.environment, **system.ports(port)}
    with log.open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            system.command(port),
            cwd=system.folder,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            text = _first_answer(system, process, port, started + patience)
            took = time.monotonic() - started
            yield Running(system, process, port, took, system.read(text))
        except NotMeasured as error:
            said = " ".join(log.read_text("utf-8", errors="replace").split())[-SAID:]
            raise NotMeasured(f"{error}; its last words: {said}" if said else str(error)) from error
        finally:
            end(process)


def ask(port: int, path: str, body: Payload | None = None) -> tuple[int, str]:
    """Status and text of one request. Raises OSError or HTTPException where none comes."""
    connection = HTTPConnection(HOST, port, timeout=60)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            data = body.file.read_bytes()
            connection.request("POST", path, data, {"Content-Type": body.content_type})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", errors="replace")
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        port: int = trial.getsockname()[1]
        return port


def end(process: subprocess.Popen[Any]) -> None:
    """Asks a process to end, then ends it and all that it started."""
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: nothing of ours is in it
        process.wait()


def _first_answer(
    system: BenchSystem, process: subprocess.Popen[Any], port: int, until: float
) -> str:
    last = "nothing"
    while time.monotonic() < until:
        if process.poll() is not None:
            raise NotMeasured(f"{system.name} ended with {process.returncode} before it answered")
        try:
            status, text = ask(port, system.path, system.body)
            if status == 200:
                return text
            last = f"status {status}: {text[:SAID]}"
        except (OSError, HTTPException) as error:
            last = type(error).__name__
        time.sleep(PAUSE)
    raise NotMeasured(f"{system.name} gave no answer in time, last {last}")
