"""Loads models and holds each to its own example before anybody is answered by it."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from model_registry.entry import EnsembleEntry, Entry, ModelEntry
from model_registry.errors import BackendEnded, Busy, ModelUnavailable, NoUsableAnswer, of_member
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from twelvelead.inference.answers import BatchAnswers, Run
from twelvelead.inference.cache import Cache
from twelvelead.inference.engines.backend import State
from twelvelead.inference.engines.networks import Networks
from twelvelead.inference.examples import hold, read_example
from twelvelead.inference.failures import Failures
from twelvelead.inference.forms import LOG, ONNX
from twelvelead.inference.prediction import Probabilities, to_probabilities
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits
from twelvelead.inference.resources.slots import Slots

READINESS: tuple[State, ...] = ("idle", "loading", "ready")
WARMED = 3  # how often a model is tried at start whose process ended, or that found no room
LONGEST_PAUSE = 5.0  # s between two tries


class Loader:
    """Has models in memory that answer their examples. `networks` runs them; waiting takes no slot.

    cache: what networks said a moment ago, forgotten when files of a model change.
    """

    def __init__(self, registry: Registry, limits: Limits, slots: Slots) -> None:
        self._registry, self._aside = registry, slots.aside
        self.networks = Networks(registry, limits, slots.aside)
        self._failures = Failures(registry)
        self.cache = Cache[Probabilities](limits.answers_kept)
        self._runtimes: dict[str, str] = {}  # of those that answered their examples
        self._checked: dict[str, int] = {}  # which load of a network did
        self._loading = defaultdict[str, threading.Lock](threading.Lock)  # each is loaded once

    def state(self, key: str) -> State:
        """ "idle", "loading" or "ready"; raises ModelUnavailable with the reason, UnknownModel."""
        self._check_files(key)
        entry = self._registry[key]
        if isinstance(entry, EnsembleEntry):
            state = self._least_ready(entry)
            unchecked: State = "loading" if self._loading[key].locked() else "idle"
        else:
            state, unchecked = self.networks.state(entry), "loading"
        return unchecked if state == "ready" and key not in self._runtimes else state

    def has_answered(self, key: str) -> bool:
        """Whether a model answered its example when it was loaded last."""
        return key in self._runtimes

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        """The name of a model's runtime, once it answered its example. Raises as `Predictor.load`."""
        runtime = self._runtimes.get(key)
        if self.state(key) == "ready" and runtime is not None:
            return runtime
        with self._aside(deadline), self._alone(key, deadline):
            self._check_files(key)
            entry = self._registry[key]
            if isinstance(entry, EnsembleEntry):
                runtime = self._load_members(
                    entry, deadline
                )  # what fails of them is kept with them
                with self._failures.noted(key):
                    if self._runtimes.get(key) != runtime:
                        self._check(entry, deadline)
            else:
                with self._failures.noted(key):
                    runtime = self._load_network(entry, deadline)
            self._runtimes[key] = runtime
            return runtime

    def warm(self, key: str) -> None:
        """Loads a model for whoever asks first; what fails is kept as its state, and told in the log."""
        for _ in range(WARMED):
            try:
                self.load(key)
            except (BackendEnded, Busy) as error:
                time.sleep(min(LONGEST_PAUSE, getattr(error, "retry_after", 0.0)))
            except ModelUnavailable:
                return
            except Exception as error:  # noqa: BLE001 - the other models are to be warm all the same
                LOG.error("The model %s was not loaded: unexpected %s", key, type(error).__name__)
                return
            else:
                return

    def runner(self, deadline: Deadline) -> Run:
        """What gives a network's probabilities, (n, labels), for float32 (n, height, width, channels)."""

        def run(entry: ModelEntry, tensor: Tensor) -> Probabilities:
            return to_probabilities(self.networks.run(entry, tensor, deadline), entry)

        return run

    def _check_files(self, key: str) -> None:
        """Raises ModelUnavailable where a model failed and its files did not change since."""
        try:
            is_changed = self._failures.check(key)
        except ModelUnavailable:
            self._runtimes.pop(key, None)
            raise
        if is_changed:
            self.cache.clear()  # its labels may stand in another order now

    @contextmanager
    def _alone(self, key: str, deadline: Deadline) -> Iterator[None]:
        lock = self._loading[key]
        if not lock.acquire(timeout=min(deadline.left(), threading.TIMEOUT_MAX)):
            raise Busy(f"The model '{key}' is still being loaded; ask again in a while.")
        try:
            yield
        finally:
            lock.release()

    def _load_network(self, entry: ModelEntry, deadline: Deadline) -> str:
        """A network that answers its example, natively where its compiled form does not."""
        try:
            runtime = self.networks.load(entry, deadline)
            _, load = self.networks.served_by(entry)
            if self._checked.get(entry.key) != load:
                self._check(entry, deadline)
                self._checked[entry.key] = load
        except (BackendEnded, Busy):
            raise
        except ModelUnavailable as error:
            self.networks.put_out(entry, deadline)
            if not isinstance(error, NoUsableAnswer) or self.networks.served_by(entry)[0] != ONNX:
                raise
            self.networks.forms.distrust(entry, error)
            return self._load_network(entry, deadline)
        return runtime

    def _load_members(self, entry: EnsembleEntry, deadline: Deadline) -> str:
        runtimes: dict[str, None] = {}  # each once, in order
        for member in entry.members:
            try:
                runtimes[self.load(member, deadline)] = None
            except ModelUnavailable as error:
                raise of_member(member, error) from error
        return " + ".join(runtimes)

    def _least_ready(self, entry: EnsembleEntry) -> State:
        states = []
        for member in entry.members:
            try:
                states.append(self.state(member))
            except ModelUnavailable as error:
                raise of_member(member, error) from error
        return min(states, key=READINESS.index)

    def _check(self, entry: Entry, deadline: Deadline) -> None:
        """Raises NoUsableAnswer where the model answers its own example otherwise than it should."""
        example, wanted = read_example(entry), entry.example
        if example is not None and wanted is not None:
            run = self.runner(deadline)
            answer = BatchAnswers(example, self._registry, run).answer(entry.key)
            hold(entry, wanted.probabilities, answer.probabilities[0])
