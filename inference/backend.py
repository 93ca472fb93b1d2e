"""One framework in a process of its own: started by spawn on first need, asked through a pipe.

Spawn, never fork: a child forked after Keras or torch has run hangs. One process a framework:
TensorFlow and torch never share one, and the web process imports neither.
"""

import multiprocessing
import os
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from inference.worker import serve
from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded

Batch = npt.NDArray[np.float32]
State = Literal["idle", "loading", "ready"]

BACKENDS: Mapping[str, str] = MappingProxyType(
    {"keras": "inference.keras_models", "pytorch": "inference.pytorch_models"}
)


class Backend:
    """Loads and runs the models of one framework. Safe to call from many threads: one at a time runs."""

    def __init__(self, module: str, threads: int = 0) -> None:
        self._module = module
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._runtimes: dict[str, str] = {}
        self._loading: set[str] = set()

    def state(self, entry: ModelEntry) -> State:
        """Whether a model is loaded ("ready"), being loaded, or not asked for yet ("idle")."""
        if entry.key in self._runtimes:
            return "ready"
        return "loading" if entry.key in self._loading else "idle"

    def load(self, entry: ModelEntry, deadline: object = None) -> str:
        """Loads a model, once however many ask at the same time; the name of its runtime.

        Raises WeightsError or BackendEnded.
        """
        self._loading.add(entry.key)
        try:
            with self._lock:
                return self._load(entry)
        finally:
            self._loading.discard(entry.key)

    def run(self, entry: ModelEntry, batch: Batch, deadline: object = None) -> Batch:
        """Raw outputs, float32 (n, labels), of a loaded or loadable model for (n, h, w, c)."""
        with self._lock:
            self._load(entry)
            outputs: Batch = self._ask("run", _file(entry), batch)
            return outputs

    def unload(self, entry: ModelEntry) -> None:
        pass

    def cost(self, entry: ModelEntry) -> int:
        return 1

    def resident(self) -> int:
        return 0

    def stop_if_idle(self, seconds: float) -> bool:
        return False

    def close(self) -> None:
        """Ends the process; the next call starts another."""
        with self._lock:
            self._stop()

    def _load(self, entry: ModelEntry) -> str:
        if entry.key not in self._runtimes:
            self._runtimes[entry.key] = self._ask("load", _file(entry), entry.weights.sha256)
        return self._runtimes[entry.key]

    def _ask(self, *question: Any) -> Any:
        try:
            pipe = self._pipe or self._start()
            pipe.send(question)
            answer = pipe.recv()
        except (EOFError, OSError) as error:
            self._stop()
            raise BackendEnded(
                f"The process of {self._module.removeprefix('inference.')} ended; ask again."
            ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._module, self._threads)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _stop(self) -> None:
        self._runtimes.clear()
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.terminate()
            self._process.join()
        self._pipe = self._process = None


def _file(entry: ModelEntry) -> str:
    return str(Path(entry.folder, "model.toml"))
