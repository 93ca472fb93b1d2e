"""One framework in a process of its own: started by spawn on first need, asked through a pipe.

Spawn, never fork: a child forked after Keras or torch has run hangs. One process a framework:
TensorFlow and torch never share one, and the web process imports neither.
"""

import multiprocessing
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from inference.limits import Deadline
from inference.machine import cores
from inference.memory import resident_memory
from inference.worker import serve
from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, Busy

Batch = npt.NDArray[np.float32]
State = Literal["idle", "loading", "ready"]

BACKENDS: Mapping[str, str] = MappingProxyType(
    {"keras": "inference.keras_models", "pytorch": "inference.pytorch_models"}
)
FOREVER = Deadline()
STEADY = 10.0  # s: a process that ends sooner counts as one that can't live
LONGEST_PAUSE = 60.0  # s before such a one is started again


class Backend:
    """Loads and runs the models of one framework. Safe to call from many threads: one at a time runs.

    A process that ends, or that is ended at a deadline as nobody knows what it does, takes its models
    with it; the next call starts another, at once the first time, after 1, 2, 4 .. 60 s where it ended
    again within seconds.
    """

    def __init__(self, module: str, threads: int = 0) -> None:
        self._module = module
        self._threads = threads or cores()
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._runtimes: dict[str, str] = {}
        self._costs: dict[str, int] = {}
        self._loading: set[str] = set()
        self._started = self._asked = self._not_before = 0.0
        self._short_lives = 0

    def state(self, entry: ModelEntry) -> State:
        """Whether a model is loaded ("ready"), being loaded, or not asked for yet ("idle")."""
        if entry.key in self._runtimes:
            return "ready"
        return "loading" if entry.key in self._loading else "idle"

    def load(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> str:
        """Loads a model, once however many ask at the same time; the name of its runtime.

        Raises WeightsError, BackendEnded, and Busy where others kept the process until the deadline.
        """
        self._loading.add(entry.key)
        try:
            with self._alone(deadline):
                return self._load(entry, deadline)
        finally:
            self._loading.discard(entry.key)

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline = FOREVER) -> Batch:
        """Raw outputs, float32 (n, labels), of a loaded or loadable model for (n, h, w, c).

        Raises as `load` does.
        """
        with self._alone(deadline):
            self._load(entry, deadline)
            outputs: Batch = self._ask(deadline, "run", _file(entry), batch)
            return outputs

    def unload(self, entry: ModelEntry) -> None:
        """Forgets a model; with the last one its process ends, which alone gives all memory back."""
        with self._alone(FOREVER):
            if self._runtimes.pop(entry.key, None) is None:
                return
            if self._runtimes:
                self._ask(FOREVER, "unload", _file(entry))
            else:
                self._stop()

    def cost(self, entry: ModelEntry) -> int:
        """Bytes by which the process grew when a model was loaded; the first one's with its framework."""
        return self._costs.get(entry.key, 0)

    def resident(self) -> int:
        """Bytes resident of the process, 0 where none runs."""
        process = self._process
        return resident_memory(process.pid) if process is not None and process.pid else 0

    def stop_if_idle(self, seconds: float) -> bool:
        """Ends the process where nobody asked it for so long; whether it was ended."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            idle = self._process is not None and time.monotonic() - self._asked >= seconds
            if idle:
                self._stop()
            return idle
        finally:
            self._lock.release()

    def close(self) -> None:
        """Ends the process; the next call starts another."""
        with self._lock:
            self._stop()

    @contextmanager
    def _alone(self, deadline: Deadline) -> Iterator[None]:
        if not self._lock.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX)):
            raise Busy(f"The process of {self._name} was busy for too long; ask again in a while.")
        try:
            yield
        finally:
            self._asked = time.monotonic()
            self._lock.release()

    @property
    def _name(self) -> str:
        return self._module.removeprefix("inference.")

    def _load(self, entry: ModelEntry, deadline: Deadline) -> str:
        if self._process is not None and not self._process.is_alive():
            self._ended()  # while nobody asked it
        if entry.key not in self._runtimes:
            before = self.resident()
            runtime = self._ask(deadline, "load", _file(entry), entry.weights.sha256)
            self._costs[entry.key] = self.resident() - before
            self._runtimes[entry.key] = runtime
        return self._runtimes[entry.key]

    def _ask(self, deadline: Deadline, *question: Any) -> Any:
        try:
            pipe = self._pipe or self._start()
            pipe.send(question)
            left = deadline.left()
            if not pipe.poll(None if left == float("inf") else left):
                self._ended()
                raise BackendEnded(
                    f"The process of {self._name} did not answer in time and was ended; ask again."
                )
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            self._ended()
            raise BackendEnded(f"The process of {self._name} ended; ask again.") from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self) -> Connection:
        pause = self._not_before - time.monotonic()
        if pause > 0:
            raise BackendEnded(
                f"The process of {self._name} ended again and again; ask in {pause:.0f} s.", pause
            )
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._module, self._threads)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        self._started = time.monotonic()
        theirs.close()
        self._pipe = ours
        return ours

    def _ended(self) -> None:
        """Clears up after a process that ended by itself or has to, and notes how long it lived."""
        now = time.monotonic()
        self._short_lives = self._short_lives + 1 if now - self._started < STEADY else 1
        pause = 0.0 if self._short_lives < 2 else 2.0 ** (self._short_lives - 2)
        self._not_before = now + min(pause, LONGEST_PAUSE)
        self._stop()

    def _stop(self) -> None:
        self._runtimes.clear()
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()  # it has nothing to save, and may not heed a milder word
            self._process.join()
        self._pipe = self._process = None


def _file(entry: ModelEntry) -> str:
    return str(Path(entry.folder, "model.toml"))
