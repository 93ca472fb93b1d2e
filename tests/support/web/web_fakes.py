"""What the tests of the web share: a predictor without frameworks, apps over it, a live server."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from flask import Flask

import twelvelead.inference.engines.networks
from app import create_app
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry, read_registry
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.project import ROOT
from tests.support.web.templates import CompiledTemplates
from twelvelead.inference.answers import Run
from twelvelead.inference.engines.backend import State
from twelvelead.inference.gate.finding import Examine, unexamined
from twelvelead.inference.predictor import Asker, Predictor
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits

SHARES = (0.7, 0.15, 0.1, 0.05)
RUNTIME = "fake 1.0"
NOBODY_WAITS = Asker()
PAGE = encode(draw_page((600, 420)))
TEMPLATES = CompiledTemplates()
NOBODY: Mapping[str, str] = MappingProxyType({})
FAKE_BACKENDS = {
    "keras": "tests.support.models.fake_framework",
    "pytorch": "tests.support.models.fake_framework",
}


class FakePredictor(Predictor):
    """The real one, but for its networks: each answers SHARES in its own order of labels.

    failing: key -> why that model can't answer, in words or as an error. asked: the keys of each
    request. examine: as the real one's.
    """

    def __init__(
        self,
        registry: Registry,
        failing: Mapping[str, str | ModelUnavailable] = NOBODY,
        examine: Examine = unexamined,
    ) -> None:
        super().__init__(registry, Limits(threads=1), examine)
        self.failing = dict(failing)
        self.loaded: list[str] = []
        self.answered: set[str] = set()
        self.asked: list[tuple[str, ...]] = []

    def state(self, key: str) -> State:
        if self.registry[key] and key in self.failing:
            why = self.failing[key]
            raise ModelUnavailable(why) if isinstance(why, str) else why
        return "ready" if key in self.loaded else "idle"

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        del deadline
        self.state(key)
        self.loaded.append(key)
        self.answered.add(key)
        return RUNTIME

    def has_answered(self, key: str) -> bool:
        return key in self.answered

    def warm(self, keys: Sequence[str]) -> threading.Thread:
        self.registry.read_all()
        for key in keys:
            with suppress(ModelUnavailable):
                self.load(key)
        return threading.Thread()

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        del deadline
        return lambda entry, tensor: np.tile(SHARES[: len(entry.labels)], (len(tensor), 1))

    def predict(self, given: Any, keys: Any = None, asker: Asker = NOBODY_WAITS) -> Any:
        answers = super().predict(given, keys, asker)
        self.asked.append((*(one.model for one in answers.predictions), *answers.errors))
        return answers


class Cold(FakePredictor):
    """Goes on warming until `close`; loads nothing until it is told."""

    told = False

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry)
        self.closed = threading.Event()

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        return super().load(key, deadline) if self.told else key

    def warm(self, keys: Sequence[str]) -> threading.Thread:
        self.registry.read_all()
        del keys
        thread = threading.Thread(target=self.closed.wait, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self.closed.set()


class Brittle(FakePredictor):
    """A predictor with a bug that tells a secret."""

    def predict(self, given: Any, keys: Any = None, asker: Asker = NOBODY_WAITS) -> Any:
        raise ZeroDivisionError(f"secret {len(given)} {keys} {asker.deadline.left()}")


def make_app(models: Path, predictor: Predictor | None = None, **settings: object) -> Flask:
    """An app over the registry in `models`; settings by their short names, as in `warm="all"`."""
    config = {f"TWELVELEAD_{name.upper()}": str(value) for name, value in settings.items()}
    app = create_app(config, predictor or FakePredictor(read_registry(models)))
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def form(*models: str, file: bytes | None = PAGE, name: str = "page.png", **more: Any) -> Any:
    """A form for the test client: models, a file (none where None) and further fields."""
    fields: dict[str, Any] = {"model": list(models), **more}
    if file is not None:
        fields["file"] = (BytesIO(file), name)
    return fields


def large_form(file: bytes, fields: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """A form as `data` and `content_type`, for sizes that the test client would put on the disk."""
    parts = [f'Content-Disposition: form-data; name="{n}"\r\n\r\n{v}' for n, v in fields]
    head = 'Content-Disposition: form-data; name="file"; filename="page.png"\r\n\r\n'
    body = [part.encode() for part in parts] + [head.encode() + file]
    joined = b"".join(b"--edge\r\n" + part + b"\r\n" for part in body) + b"--edge--\r\n"
    return {"data": joined, "content_type": "multipart/form-data; boundary=edge"}


def a_sample(app: Flask) -> str:
    """The id of a shipped sample."""
    found: str = app.extensions["twelvelead"].samples.pictures[0].id
    return found


def tags(page: str, name: str) -> list[dict[str, str]]:
    """The attributes of every element of this name, in order; of all elements for "*"."""
    found: list[dict[str, str]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if name in (tag, "*"):
                found.append({key: value or "" for key, value in attrs})

    Reader().feed(page)
    return found


def create_fake_app() -> Flask:
    """For a live server: the real predictor, on the fake framework."""
    vars(twelvelead.inference.engines.networks)["BACKENDS"] = FAKE_BACKENDS
    return create_app()


class Server(NamedTuple):
    """A live server and where it answers, as in http://127.0.0.1:8080; `said`: lines of stderr."""

    address: str
    process: subprocess.Popen[str]
    said: list[str]
    reader: threading.Thread

    def end(self) -> list[str]:
        """Tells it to end and waits; all that it said."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return self.said


GUNICORN = (
    "-m",
    "gunicorn",
    "--config",
    "python:twelvelead.web.server.gunicorn_conf",
    "--bind",
    "127.0.0.1:0",
)
OURS, FAKE = "app:create_app()", "tests.support.web.web_fakes:create_fake_app()"
LISTENING = "Listening at: "
PATIENCE = 120  # s


@contextmanager
def served(
    models: Path, app: str = OURS, command: Sequence[str] = (), **settings: object
) -> Iterator[Server]:
    """Serves an app on a free port, or runs `python command` that does; ends it at last."""
    named = {f"TWELVELEAD_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TWELVELEAD_MODELS_DIR": str(models)}
    with subprocess.Popen(
        [sys.executable, *(command or (*GUNICORN, app))],
        cwd=ROOT,
        env=environment | named,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said: list[str] = []
        reader = threading.Thread(target=_read, args=(process, said), daemon=True)
        try:
            address = _address(process, said)
            reader.start()
            yield Server(address, process, said, reader)
        finally:
            process.terminate()
            if reader.ident:
                reader.join(PATIENCE)


def _address(process: subprocess.Popen[str], said: list[str]) -> str:
    """Where a server says that it listens; fails with what it said where it ends before."""
    for line in process.stderr or ():
        said.append(line)
        if LISTENING in line:
            return line.partition(LISTENING)[2].split()[0]
    raise AssertionError(f"The server ended before it listened: {''.join(said)[-2000:]}")


def _read(process: subprocess.Popen[str], said: list[str]) -> None:
    """Reads on, or the pipe fills with log lines and the server stands still."""
    said.extend(process.stderr or ())
