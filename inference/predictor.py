"""Pages in, answers out: prepares a page for each model, runs it, says how far to believe it."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ecg.beat_in_picture import BeatPicture
from ecg.frame import Box
from ecg.page import Page, read_page
from inference.backend import State
from inference.beat_answers import BeatAnswers, Run
from inference.decision import decide, fitting, is_asked, refuse
from inference.examples import hold, read_beat_example, read_page_example
from inference.kept import Kept
from inference.limits import FOREVER, Deadline, Limits, Usage
from inference.machine import cores
from inference.networks import Networks
from inference.page_answers import PageAnswers, of_member, timed
from inference.prediction import Prediction, Vector, to_probabilities
from inference.turns import Turns
from model_registry.entry import BeatExample, EnsembleEntry, Entry, ModelEntry
from model_registry.errors import BackendEnded, Busy, ModelUnavailable
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry

ENTRY_PAUSE = 0.002  # s between entries that are read at start, so that the first pages go before
Failures = dict[str, ModelUnavailable]
# a page's size, its frame, the beat that it shows instead
Facts = tuple[tuple[int, int], Box | None, BeatPicture | None]

LIMITS = Limits()
READINESS: tuple[State, ...] = ("idle", "loading", "ready")


@dataclass(frozen=True)
class Answers:
    """What was said of one page: predictions, and for each model that failed its reason."""

    page: Page
    predictions: tuple[Prediction, ...]
    failures: dict[str, str] = field(default_factory=dict)
    errors: tuple[ModelUnavailable, ...] = ()  # those of `failures`, in the same order


@dataclass(frozen=True)
class _Asked:
    """A page that was read, the milliseconds that this took, and until when answers are waited for."""

    page: Page
    read_ms: float
    deadline: Deadline


class Predictor:
    """Runs the models of a registry. Models load on first use, once, and stay loaded.

    An ensemble is loaded when all its members are, and answers where each of them does.
    """

    def __init__(self, registry: Registry, limits: Limits = LIMITS) -> None:
        self.registry = registry
        self.limits = limits
        self._networks = Networks(registry, limits)
        self._turns = Turns(limits.runs or cores())
        self._kept = Kept[Vector](limits.answers_kept)
        self._kept_pages = Kept[Facts](limits.answers_kept)
        self._runtimes: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._checking = defaultdict[str, threading.Lock](threading.Lock)  # examples: each once

    def state(self, key: str) -> State:
        """ "idle", "loading" or "ready"; raises ModelUnavailable with the reason, UnknownModel.

        An ensemble is as its least ready member, until its own example is asked for too.
        """
        entry = self.registry[key]
        if key in self._failed:
            raise ModelUnavailable(self._failed[key])
        if isinstance(entry, EnsembleEntry):
            state = self._least_ready(entry)
            unchecked: State = "loading" if self._checking[key].locked() else "idle"
        else:
            state, unchecked = self._networks.state(entry), "loading"
        return unchecked if state == "ready" and key not in self._runtimes else state

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        """Loads a model and holds it to its own example; the name of its runtime.

        A model that can't be loaded is not tried again until the app restarts, except where its
        framework's process ended or there was no time. Raises UnknownModel, WeightsError,
        ModelUnavailable.
        """
        entry = self.registry[key]
        if key in self._failed:
            raise ModelUnavailable(self._failed[key])
        try:
            runtime = self._load(entry, deadline)
            with self._checking[key]:
                if key not in self._runtimes:
                    self._check_example(entry, deadline)
                    self._runtimes[key] = runtime
            return runtime
        except (BackendEnded, Busy):
            raise
        except ModelUnavailable as error:
            self._failed[key] = str(error)
            raise

    def warm(self, keys: Sequence[str]) -> threading.Thread:
        """Loads models in the background; what fails is kept as their state."""

        def load_all() -> None:
            self.registry.read_all(ENTRY_PAUSE)
            for key in keys:
                try:
                    self.load(key)
                except ModelUnavailable:
                    continue  # kept in self._failed, shown by state()

        thread = threading.Thread(target=load_all, name="warm", daemon=True)
        thread.start()
        return thread

    def usage(self) -> Usage:
        """What is in memory, and what was loaded and put out so far."""
        return Usage(
            budget=self.limits.model_memory,
            resident=self._networks.resident,
            loads=self._networks.loads,
            evictions=self._networks.evictions,
            processes=self._networks.processes,
            running=self._turns.running,
            waiting=self._turns.waiting,
        )

    def predict(
        self, data: bytes, keys: Sequence[str] | None, deadline: Deadline = FOREVER
    ) -> Answers:
        """Asks each model in `keys`, or all that read such a picture, about one page or beat.

        A model that reads something else is not run: its answer is refused, and says so. Raises
        PageError for bytes that are no readable page, UnknownModel for a key that nobody
        registered, Busy where no core was free before the deadline; a model that fails, or that the
        deadline left no time for, is named in `failures` and the others answer.
        """
        for key in keys or ():
            if key not in self.registry.known:
                self.registry[key]  # raises UnknownModel
        with self._turns.turn(deadline):
            page, milliseconds = timed(lambda: self.read(data))
            asked = _Asked(page, milliseconds, deadline)
            wanted = list(dict.fromkeys(fitting(self.registry, page) if keys is None else keys))
            run = [key for key in wanted if is_asked(self.registry, key, page)]
            if all(self._is_ready(key) for key in run):
                return self._answer(wanted, asked, {})
        failures = self._load_all(run, deadline)  # without a core, which others use meanwhile
        with self._turns.turn(deadline):
            return self._answer(wanted, asked, failures)

    def probabilities(self, page: Page, key: str) -> Vector:
        """Calibrated probabilities, float64 (labels,), of one model for one page."""
        return self.ask(page).answer(key).probabilities

    def close(self) -> None:
        """Ends the framework processes."""
        self._networks.close()

    def _answer(self, keys: Sequence[str], asked: "_Asked", failures: Failures) -> Answers:
        """Asks the models that did not fail before."""
        answers, predictions = self.ask(asked.page, asked.deadline), []
        for key in keys:
            try:
                if key not in failures:
                    predictions.append(self._predict_one(key, asked, answers))
            except ModelUnavailable as error:
                failures[key] = error
        told = {key: str(failures[key]) for key in keys if key in failures}
        return Answers(asked.page, tuple(predictions), told, tuple(failures[key] for key in told))

    def _is_ready(self, key: str) -> bool:
        try:
            return self.state(key) == "ready"
        except ModelUnavailable:
            return True  # its reason is known, there is nothing to load

    def _load_all(self, keys: Sequence[str], deadline: Deadline) -> Failures:
        """Loads models before a core is taken for the page; why some can't be, by key."""
        failures: Failures = {}
        for key in keys:
            try:
                self.load(key, deadline)
            except ModelUnavailable as error:
                failures[key] = error
        return failures

    def read(self, data: bytes) -> Page:
        """A page, its frame not looked for again where it was sent a moment ago; inside a turn.

        Raises PageError.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        facts = self._kept_pages.get(sha256)
        if facts is not None:
            return Page(data, *facts)
        page = read_page(data)
        self._kept_pages.put((page.size, page.frame, page.beat), sha256)
        return page

    def _load(self, entry: Entry, deadline: Deadline) -> str:
        if isinstance(entry, ModelEntry):
            return self._networks.load(entry, deadline)
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

    def _predict_one(self, key: str, asked: "_Asked", answers: PageAnswers) -> Prediction:
        refused = refuse(self.registry, key, asked.page)
        if refused is not None:
            return refused
        entry = self.registry[key]
        runtime = self._runtimes.get(key) or self.load(key, asked.deadline)
        if not asked.deadline.left():
            raise Busy("There was no time left for this model; ask for fewer at once, or again.")
        answer, page = answers.answer(key), asked.page
        probabilities, spent = answer.probabilities, dict(answer.timings_ms)
        decision, reasons = decide(page, probabilities, entry)
        return Prediction(
            model=key,
            framework=entry.framework,
            runtime=runtime,
            label=entry.labels[int(probabilities.argmax())],
            probabilities=MappingProxyType(
                dict(zip(entry.labels, map(float, probabilities), strict=True))
            ),
            decision=decision,
            reasons=reasons,
            timings_ms=MappingProxyType(spent | {"decode": asked.read_ms + spent["decode"]}),
            page_sha256=page.sha256,
            model_sha256=self.registry.sha256(key),
        )

    def ask(self, page: Page, deadline: Deadline = FOREVER) -> PageAnswers:
        """Answers about one page, each network run once whoever needs it; load the models first."""

        run = self.runner(deadline)

        def run_one(entry: ModelEntry, tensor: Tensor) -> Vector:
            return np.asarray(run(entry, tensor[np.newaxis])[0])

        return PageAnswers(page, self.registry, run_one, self._kept)

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        """What gives a network's probabilities, (n, labels), for float32 (n, height, width, channels)."""

        def run(entry: ModelEntry, batch: Tensor) -> Vector:
            return to_probabilities(self._networks.run(entry, batch, deadline), entry)

        return run

    def turn(self, deadline: Deadline) -> AbstractContextManager[None]:
        """A core to compute on. Raises Busy where none was free before the deadline."""
        return self._turns.turn(deadline)

    def _check_example(self, entry: Entry, deadline: Deadline) -> None:
        """Raises NoUsableAnswer where the model answers its own example otherwise than it should."""
        if isinstance(entry.example, BeatExample):
            beats, stretch = read_beat_example(entry.folder, entry.example)
            run = self.runner(deadline)
            found = BeatAnswers(beats, stretch, self.registry, run).answer(entry.key)[0]
            hold(entry, entry.example.probabilities, found)
        elif entry.example is not None:
            page = read_page_example(entry.folder, entry.example)
            answer = self.ask(page, deadline).answer(entry.key)
            hold(entry, entry.example.probabilities, answer.probabilities)
