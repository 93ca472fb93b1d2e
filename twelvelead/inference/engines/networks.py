"""Runs networks, each on the backend that suits it, as many in memory as the budget holds."""

import contextlib
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, Busy, NoUsableAnswer
from model_registry.registry import Registry
from twelvelead.inference.compilation.compiled import NAME
from twelvelead.inference.engines.backend import BACKENDS, Backend, State
from twelvelead.inference.engines.engine import Batch, Engine
from twelvelead.inference.engines.model_cache import ModelCache
from twelvelead.inference.forms import ONNX, Forms
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits
from twelvelead.inference.resources.machine import cores
from twelvelead.inference.resources.slots import Aside, nobody_waits

LOOKS = 4  # how often, in the time after which an idle process is ended, one looks whether it is


class Networks:
    """The networks of a registry, loaded when needed, put out when others need the room.

    forms: which form of each is served. aside: lets others compute while one waits for a network.
    """

    def __init__(self, registry: Registry, limits: Limits, aside: Aside = nobody_waits) -> None:
        self._registry, self._limits = registry, limits
        self.forms = Forms(limits.runtime)
        runs = limits.runs or cores()
        self._threads = limits.threads or max(1, cores() // runs)
        self._native = {
            name: Backend(module, self._threads, aside) for name, module in BACKENDS.items()
        }
        self._onnx: Any = None
        self._engines: dict[str, str] = {}  # key -> "onnx" or its framework
        self._runtimes: dict[str, str] = {}
        self._loaded: dict[str, ModelEntry] = {}  # each as it was when it was loaded
        self._loading: set[str] = set()
        self._lock = threading.Lock()
        self._cache = ModelCache(limits.model_memory, self._load, self._unload, aside)
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
        if entry.key in self._cache.resident and self._is_here(entry):
            return "ready"
        return "loading" if entry.key in self._loading else "idle"

    def load(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> str:
        """Has a network in memory; the name of its runtime.

        Raises WeightsError, BackendEnded, Busy, ModelTooLarge.
        """
        self.state(entry)  # what is no longer there is loaded again
        with self._cache.use(entry.key, self._least_size(entry), deadline):
            return self._runtimes[entry.key]

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline = FOREVER) -> Batch:
        """Raw outputs, float32 (n, labels), for float32 (n, height, width, channels).

        Raises as `load` does, and NoUsableAnswer for outputs of another shape.
        """
        with self._cache.use(entry.key, self._least_size(entry), deadline):
            if self._loaded[entry.key] is not entry and self._loaded[entry.key] != entry:
                raise Busy(f"The model '{entry.key}' was just exchanged; ask again.")
            try:
                outputs = self._engine(entry).run(entry, batch, deadline)
            except BackendEnded:
                self._forget(self._engines[entry.key])
                raise
        if np.shape(outputs) != (len(batch), len(entry.labels)):
            raise NoUsableAnswer(
                f"The model '{entry.key}' does not give one output a label: "
                "its weights are those of another network."
            )
        return outputs

    def served_by(self, entry: ModelEntry) -> tuple[str, int]:
        """ "onnx" or the framework's name, and how often so far: of a network that was loaded."""
        return self._engines[entry.key], self._cache.loads[entry.key]

    def put_out(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> None:
        """Has a network no longer in memory. Raises Busy where it was in use until the deadline."""
        self._cache.put_out(entry.key, deadline)

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

    def _is_here(self, entry: ModelEntry) -> bool:
        """Whether a network of the cache is still to be served: its process lives, its form is right."""
        key = entry.key
        if self.forms.is_renewed(entry):
            self._cache.retire(key)
            self.forms.forget(key)
            return False
        native = self._native.get(self._engines[key])
        if native is not None and native.state(entry) == "idle":
            self._cache.forget(key)
            return False
        return True

    def _load(self, key: str, deadline: Deadline) -> int:
        entry = self._entry(key)

        def load(engine: str) -> str:
            self._engines[key] = engine
            return self._engine(entry).load(entry, deadline)

        self._loading.add(key)
        try:
            self._runtimes[key] = self.forms.load(entry, load)
        finally:
            self._loading.discard(key)
        self._loaded[key] = entry
        if self._engines[key] != ONNX:
            self._watch_idle()
        return self._engine(entry).cost(entry)

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
                from twelvelead.inference.engines.onnx_models import OnnxModels

                self._onnx = OnnxModels(self._threads)
            engine: Engine = self._onnx
            return engine

    def _least_size(self, entry: ModelEntry) -> int:
        """Bytes that a network takes at least: those of its weights, 0 where they aren't there."""
        for file in (
            entry.weights.path,
            entry.folder / NAME,
        ):  # weights are left out of small images
            with contextlib.suppress(OSError):
                return file.stat().st_size
        return 0  # loading it tells what is wrong

    def _watch_idle(self) -> None:
        with self._lock:
            if self._watch is None:
                self._watch = threading.Thread(target=self._look, name="idle", daemon=True)
                self._watch.start()

    def _look(self) -> None:
        while not self._closed.wait(max(0.05, self._limits.native_idle / LOOKS)):
            self.stop_idle()
