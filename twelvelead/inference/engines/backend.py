"""One framework in a process of its own: started on first need, asked through a pipe, ended when idle.

TensorFlow and torch never share a process, and the web process imports neither.
"""

import contextlib
import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, Busy
from twelvelead.inference.engines.framework_process import FrameworkProcess, Restarts
from twelvelead.inference.engines.patience import LOADING, WAS_LATE, WAS_STOPPED, Patience, for_run
from twelvelead.inference.resources.limits import FOREVER, Deadline
from twelvelead.inference.resources.machine import cores
from twelvelead.inference.resources.slots import Aside, nobody_waits

Batch = npt.NDArray[np.float32]
State = Literal["idle", "loading", "ready"]

BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        "keras": "twelvelead.inference.engines.keras_models",
        "pytorch": "twelvelead.inference.engines.pytorch_models",
    }
)
MARGIN = 2.0  # times what a model's last run took: less time than that is too little for another
LARGEST_MARGIN = 1.0  # s
ITSELF = ""  # whose ends those of a process are that was not asked about a model


class Backend:
    """Loads and runs the models of one framework. Safe to call from many threads: one at a time runs.

    A process that ends takes its models along; the next call starts another and loads what it needs.
    Where it ends again and again over one model, that model is left alone for a while, the others
    aren't. aside: lets others compute while one waits here.
    """

    def __init__(self, module: str, threads: int = 0, aside: Aside = nobody_waits) -> None:
        self._module = module
        self._name = module.rpartition(".")[2].removesuffix("_models")
        self._threads = threads or cores()
        self._aside = aside
        self._lock = threading.Lock()
        self._process: FrameworkProcess | None = None
        self._ends = defaultdict[str, Restarts](Restarts)  # by the model that was asked
        self._runtimes: dict[str, str] = {}
        self._costs: dict[str, int] = {}
        self._took: dict[str, float] = {}
        self._took_each: dict[str, float] = {}
        self._loading = ""
        self._asked_at = time.monotonic()

    def state(self, entry: ModelEntry) -> State:
        """Whether a model is loaded ("ready"), being loaded, or neither ("idle")."""
        if entry.key == self._loading:
            return "loading"
        process = self._process
        is_here = entry.key in self._runtimes and process is not None and process.is_alive
        return "ready" if is_here else "idle"

    def load(self, entry: ModelEntry, deadline: Deadline = FOREVER) -> str:
        """Loads a model, once however many ask at the same time; the name of its runtime.

        Raises WeightsError; Busy where others kept the process until the deadline; BackendEnded where
        the process ended, was ended as it stood still or at the deadline, or may not be started yet.
        """
        with self._turn(deadline):
            return self._load(entry, deadline)

    def run(self, entry: ModelEntry, batch: Batch, deadline: Deadline = FOREVER) -> Batch:
        """Raw outputs, float32 (n, labels), of a loaded or loadable model for (n, h, w, c).

        Raises what `load` raises. With too little time left for a run, Busy comes without trying: to
        end a sound process, models and all, for one who came late would make everybody late.
        """
        with self._turn(deadline):
            if self.state(entry) != "ready":
                with self._aside(deadline):
                    self._load(entry, deadline)
            margin = min(LARGEST_MARGIN, MARGIN * self._took.get(entry.key, 0.0))
            if deadline.left() < margin:
                raise self._busy()
            begun, count = time.monotonic(), max(1, len(batch))
            patience = for_run(count, self._took_each.get(entry.key), self._threads)
            outputs: Batch = self._ask(entry, ("run", entry.key, batch), deadline, patience)
            self._took[entry.key] = time.monotonic() - begun
            self._took_each[entry.key] = self._took[entry.key] / count
            return outputs

    def unload(self, entry: ModelEntry) -> None:
        """Forgets a model. With the last one the process ends: frameworks give memory back no other way."""
        with self._turn(FOREVER):
            if self._runtimes.pop(entry.key, None) is None:
                return
            if not self._runtimes:
                self._stop()
            else:
                with contextlib.suppress(BackendEnded):  # then it is forgotten too
                    self._ask(entry, ("unload", entry.key), FOREVER)

    def resident(self) -> int:
        """Bytes of memory that the process has now; 0 where none runs, or the system does not tell."""
        process = self._process
        return process.resident() if process is not None else 0

    def cost(self, entry: ModelEntry) -> int:
        """Bytes by which the process grew when the model was last loaded and answered once.

        The first model of a process counts with the framework. 0 for one that was never loaded.
        """
        return self._costs.get(entry.key, 0)

    def stop_if_idle(self, seconds: float) -> bool:
        """Ends the process where nobody asked it for so long; whether it did. Never waits."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            is_idle = time.monotonic() - self._asked_at >= seconds
            if self._process is None or not is_idle:
                return False
            self._stop()
            return True
        finally:
            self._lock.release()

    def close(self) -> None:
        """Ends the process; the next call starts another."""
        with self._turn(FOREVER):
            self._stop()

    @contextlib.contextmanager
    def _turn(self, deadline: Deadline) -> Iterator[None]:
        """The process for one asker alone. Raises Busy where that is not before the deadline."""
        self._wait(deadline)
        try:
            if not deadline.left():
                raise self._busy()
            yield
        finally:
            self._asked_at = time.monotonic()
            self._lock.release()

    def _wait(self, deadline: Deadline) -> None:
        """Takes the lock; who has to wait for it lets others compute meanwhile."""
        if self._lock.acquire(blocking=False):
            return
        is_mine = False
        try:
            with self._aside(deadline):
                is_mine = self._lock.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX))
                if not is_mine:
                    raise self._busy()
        except BaseException:
            if is_mine:
                self._lock.release()
            raise

    def _load(self, entry: ModelEntry, deadline: Deadline) -> str:
        if self._process is not None and not self._process.is_alive:  # ended while nobody asked
            self._ends[ITSELF].note_end(self._process.age, time.monotonic())
            self._stop()
        if entry.key in self._runtimes:
            return self._runtimes[entry.key]
        self._loading = entry.key
        try:
            before = self.resident()
            question = ("load", entry.key, replace(entry, metrics=None))
            runtime: str = self._ask(entry, question, deadline)
            self._costs[entry.key] = max(0, self.resident() - before)
            self._runtimes[entry.key] = runtime
            return runtime
        finally:
            self._loading = ""

    def _ask(
        self,
        entry: ModelEntry,
        question: tuple[Any, ...],
        deadline: Deadline,
        patience: Patience = LOADING,
    ) -> Any:
        """An answer about a model. What ends the process meanwhile is the model's doing."""
        if self._ends[entry.key].left(time.monotonic()):
            raise self._ended(entry.key)
        process = self._process or self._start(deadline)
        try:
            answer = process.ask(question, deadline, patience)
        except (TimeoutError, EOFError) as error:
            raise self._told(error, entry.key) from error
        finally:
            if not process.is_alive:
                self._stop()
        if isinstance(answer, Exception):
            raise answer
        if question[0] == "run":
            self._ends.pop(entry.key, None)
        return answer

    def _start(self, deadline: Deadline) -> FrameworkProcess:
        """A process that has imported its framework."""
        if self._ends[ITSELF].left(time.monotonic()):
            raise self._ended(ITSELF)
        try:
            self._process = process = FrameworkProcess(self._module, self._threads)
            process.ask(
                ("start",), deadline, LOADING
            )  # that it has no framework is told when it loads
        except (TimeoutError, EOFError, OSError) as error:
            self._stop()
            raise self._told(error, ITSELF) from error
        return process

    def _stop(self) -> None:
        self._runtimes.clear()
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _told(self, error: Exception, key: str) -> BackendEnded:
        """What happened to the process, in a sentence; counted where it was nobody's impatience."""
        fate = str(error) if isinstance(error, TimeoutError) else ""
        if fate not in (WAS_LATE, WAS_STOPPED):
            self._ends[key].note_end(0.0, time.monotonic())
        if not fate:
            return self._ended(key)
        return BackendEnded(f"{self._name} {fate}, so its process was ended; ask again.")

    def _ended(self, key: str) -> BackendEnded:
        left = self._ends[key].left(time.monotonic())
        when = f" in {math.ceil(left)} s" if left else ""
        return BackendEnded(f"The process of {self._name} ended; ask again{when}.", left)

    def _busy(self) -> Busy:
        return Busy(f"{self._name} was busy with other pages for too long; ask again.")
