"""Pages in, answers out: prepares a page for each model, runs it, says how far to believe it."""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType

from ecg.page.frame import Box
from ecg.page.page import Page, read_page
from ecg.page.single_beat import BeatPicture
from model_registry.errors import Busy, ModelUnavailable
from model_registry.registry import Registry
from twelvelead.inference.beat_answers import Run
from twelvelead.inference.cache import Kept
from twelvelead.inference.decision import decide, fitting, is_asked, refuse
from twelvelead.inference.engines.backend import State
from twelvelead.inference.loader import Loader
from twelvelead.inference.page_answers import PageAnswers, timed
from twelvelead.inference.prediction import Prediction, Vector
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits, Usage
from twelvelead.inference.resources.machine import cores
from twelvelead.inference.resources.slots import Turns

ENTRY_PAUSE = 0.002  # s between entries that are read at start, so that the first pages go before
Failures = dict[str, ModelUnavailable]
# a page's size, its frame, the beat that it shows instead
Facts = tuple[tuple[int, int], Box | None, BeatPicture | None]

LIMITS = Limits()


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
        self._turns = Turns(limits.runs or cores())
        self._loader = Loader(registry, limits, self._turns)
        self._networks = self._loader.networks
        self._kept_pages = Kept[Facts](limits.answers_kept)

    def state(self, key: str) -> State:
        """ "idle", "loading" or "ready"; raises ModelUnavailable with the reason, UnknownModel.

        An ensemble is as its least ready member, until its own example is asked for too.
        """
        return self._loader.state(key)

    def load(self, key: str, deadline: Deadline = FOREVER) -> str:
        """Loads a model and holds it to its own example; the name of its runtime.

        A model that can't be loaded is tried again when its files change, and at once where its
        framework's process ended or there was no time. Raises UnknownModel, WeightsError,
        ModelUnavailable.
        """
        return self._loader.load(key, deadline)

    def has_answered(self, key: str) -> bool:
        """Whether a model was loaded and answered its example, though it may have made room since."""
        return self._loader.has_answered(key)

    def notes(self, key: str) -> tuple[str, ...]:
        """What else there is to say of a model's state, in sentences, those of an ensemble's members too."""
        networks = self.registry.networks(key)
        return tuple(note for one in networks for note in self._networks.forms.notes(one))

    def warm(self, keys: Sequence[str]) -> threading.Thread:
        """Loads models in the background; what fails is kept as their state."""

        def load_all() -> None:
            self.registry.read_all(ENTRY_PAUSE)
            for key in keys:
                self._loader.warm(key)

        thread = threading.Thread(target=load_all, name="warm", daemon=True)
        thread.start()
        return thread

    def is_stuck(self, seconds: float) -> bool:
        """Whether all cores are held by work that began longer ago than that: nothing else is done."""
        return self._turns.are_held(seconds)

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

    def _predict_one(self, key: str, asked: "_Asked", answers: PageAnswers) -> Prediction:
        refused = refuse(self.registry, key, asked.page)
        if refused is not None:
            return refused
        entry = self.registry[key]
        runtime = self.load(key, asked.deadline)
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

        return self._loader.ask(page, deadline)

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        """What gives a network's probabilities, (n, labels), for float32 (n, height, width, channels)."""
        return self._loader.runner(deadline)

    def turn(self, deadline: Deadline) -> AbstractContextManager[None]:
        """A core to compute on. Raises Busy where none was free before the deadline."""
        return self._turns.turn(deadline)
