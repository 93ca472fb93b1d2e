"""What tests of framework processes share: a backend on the fake framework, runs held back, kills."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from model_registry.entry import ModelEntry
from model_registry.read_entry import read_entry
from tests.support.models.fake_framework import logged
from twelvelead.inference.engines.backend import Backend, Batch
from twelvelead.inference.resources.limits import Deadline

FAKE = "tests.support.models.fake_framework"
BATCH = np.ones((2, 32, 56, 1), dtype=np.float32)


def entry_of(home: Path) -> ModelEntry:
    return read_entry(home / "model.toml")


def pid_of(home: Path) -> int:
    """The process in which a model was last loaded."""
    return int((home / "pid").read_text("utf-8"))


def kill(home: Path) -> None:
    os.kill(pid_of(home), signal.SIGKILL)


def until(holds: Callable[[], bool]) -> None:
    """Waits for what comes about by itself; the test fails where it doesn't."""
    deadline = Deadline(10)
    while not holds():
        assert deadline.left(), "it did not come about"
        time.sleep(0.005)


@contextmanager
def running(backend: Backend, home: Path) -> Iterator[Future[Batch]]:
    """A run of a loaded model, begun and kept back until a test writes into `hold` or kills it."""
    os.mkfifo(home / "hold")
    runs = logged(home, "run")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(backend.run, entry_of(home), BATCH)
        until(lambda: logged(home, "run") > runs)
        try:
            yield future
        finally:
            (home / "hold").unlink()
            if not future.done():
                kill(home)
