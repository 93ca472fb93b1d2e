"""Runs networks, each on the backend that suits it, as many in memory as the budget holds."""

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from inference.backend import BACKENDS, Backend, State
from inference.cache import ModelCache
from inference.compiled import freshness
from inference.limits import FOREVER, Deadline, Limits
from inference.machine import cores
from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, WeightsError
from model_registry.registry import Registry

Batch = npt.NDArray[np.float32]

LOOKS = 4  # how often, in the time after which an idle process is ended, one looks whether it is


class Engine(Protocol):
    """What loads and runs models: a framework in a process of its own, or ONNX Runtime in this one."""

    def load(self, entry: ModelEntry, deadline: Deadline) -> str:
        """Loads a model; the name of its runtime."""

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline) -> Batch:
        """Raw outputs (n, labels) for (n, height, width, channels)."""

    def unload(self, entry: ModelEntry) -> None:
        """Forgets a model."""

    def cost(self, entry: ModelEntry) -> int:
        """Bytes that a loaded model takes, as measured."""

    def close(self) -> None:
        """Forgets all."""


class Networks:
    """The networks of a registry, loaded when needed, put out when others need the room."""

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry, self._limits = registry, limits
        runs = limits.runs or cores()
        self._threads = limits.threads or max(1, cores() // runs)
        self._native = {name: Backend(module, self._threads) for name, module in BACKENDS.items()}
        self._onnx: Any = None
        self._engines: dict[str, str] = {}  # key -> "onnx" or its framework
        self._runtimes: dict[str, str] = {}
        self._loading: set[str] = set()
        self._lock = threading.Lock()
        self._cache = ModelCache(limits.model_memory, self._load, self._unload)
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def resident(self) -> Mapping[str, int]:
        """Bytes by key of what is loaded."""
        return MappingProxyType(self._cache.resident)

    @property
    def loads(self) -> Mapping[tuple[str, str], int]:
        """(key, "onnx" or framework) -> how often it was loaded."""
        return {(key, self._engines[key]): count for key, count in self._cache.loads.items()}

    @property
    def evictions(self) -> Mapping[str, int]:
        """Key -> how often it was put out for another."""
        return dict(self._cache.evictions)

    @property
    def processes(self) -> Mapping[str, int]:
        """Framework -> bytes resident of its process, for those that run."""
        found = {name: backend.resident() for name, backend in self._native.items()}
        return {name: size for name, size in found.items() if size}

    def state(self, entry: ModelEntry) -> State:
        """Whether a network is in memory ("ready"), being loaded, or neither ("idle")."""
        if entry.key in self._cache.resident:
            return "ready"
        return "loading" if entry.key in self._loading else "idle"

    def load(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> str:
        """Has a network in memory; the name of its runtime.

        Raises WeightsError, BackendEnded, Busy, ModelTooLarge.
        """
        with self._cache.use(entry.key, self._least_size(entry), deadline):
            return self._runtimes[entry.key]

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline = FOREVER) -> Batch:
        """Raw outputs, float32 (n, labels), for float32 (n, height, width, channels).

        Raises as `load` does.
        """
        with self._cache.use(entry.key, self._least_size(entry), deadline):
            try:
                return self._engine(entry).run(entry, batch, deadline)
            except BackendEnded:
                self._forget(self._engines[entry.key])
                raise

    def close(self) -> None:
        """Ends the framework processes, and forgets the rest."""
        self._closed.set()
        for backend in self._native.values():
            backend.close()
        if self._onnx is not None:
            self._onnx.close()

    def stop_idle(self) -> None:
        """Ends the framework processes that nobody asked for as long as the limits say."""
        for name, backend in self._native.items():
            if backend.stop_if_idle(self._limits.native_idle):
                self._forget(name)

    def engine_of(self, entry: ModelEntry) -> str:
        """ "onnx" or the framework's name: how a network is run.

        Raises WeightsError where only a fresh compiled form would do, and there is none.
        """
        wanted = entry.runtime if self._limits.runtime == "auto" else self._limits.runtime
        if wanted == "native":
            return entry.framework
        found = freshness(entry)
        if found == "fresh":
            return "onnx"
        if wanted == "auto":
            return entry.framework
        lack = "is not compiled" if found == "none" else "was compiled from other weights"
        raise WeightsError(
            f"The model '{entry.key}' {lack}, and only compiled ones are served here: "
            f"run `twelvelead compile {entry.key}`."
        )

    def _load(self, key: str, deadline: Deadline) -> int:
        entry = self._entry(key)
        self._loading.add(key)
        try:
            self._engines[key] = self.engine_of(entry)
            engine = self._engine(entry)
            self._runtimes[key] = engine.load(entry, deadline)
        finally:
            self._loading.discard(key)
        if self._engines[key] != "onnx":
            self._watch_idle()
        return engine.cost(entry)

    def _unload(self, key: str) -> None:
        entry = self._entry(key)
        self._engine(entry).unload(entry)

    def _forget(self, engine: str) -> None:
        """The models of a process that ended are no longer in memory."""
        for key in self._cache.resident:
            if self._engines[key] == engine:
                self._cache.forget(key)

    def _entry(self, key: str) -> ModelEntry:
        (entry,) = self._registry.networks(key)
        return entry

    def _engine(self, entry: ModelEntry) -> Engine:
        name = self._engines[entry.key]
        return self._compiled() if name == "onnx" else self._native[name]

    def _compiled(self) -> Engine:
        """ONNX Runtime, imported when the first compiled model is loaded."""
        with self._lock:
            if self._onnx is None:
                from inference.onnx_models import OnnxModels

                self._onnx = OnnxModels(self._threads)
            engine: Engine = self._onnx
            return engine

    def _least_size(self, entry: ModelEntry) -> int:
        """Bytes that a network takes at least: those of its weights, 0 where they aren't there."""
        try:
            return entry.weights.path.stat().st_size
        except OSError:
            return 0  # it is compiled, or loading it tells what is wrong

    def _watch_idle(self) -> None:
        with self._lock:
            if self._watch is None:
                self._watch = threading.Thread(target=self._look, name="idle", daemon=True)
                self._watch.start()

    def _look(self) -> None:
        while not self._closed.wait(max(0.05, self._limits.native_idle / LOOKS)):
            self.stop_idle()
