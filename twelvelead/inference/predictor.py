"""Pages and signals in, answers out: asks models about each, and says how far to believe them."""

import io
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from typing import overload

import numpy as np

from ecg.beats.beats import Beats
from ecg.page.page import MIN_SIDE, Look, Page, read_page
from ecg.picture.encoded import EncodedPicture, PickedPage, sha256_of
from ecg.signal.signal import Signal
from model_registry.errors import ModelUnavailable
from model_registry.registry import Registry
from twelvelead.inference.answers import BatchAnswers, Note, Run, nobody, share_of
from twelvelead.inference.batch import Batch, BeatBatch, PageBatch, Recording, find_beats, timed
from twelvelead.inference.cache import Cache
from twelvelead.inference.decision import Rule, doubts
from twelvelead.inference.engines.backend import State
from twelvelead.inference.familiarity.known import NOT_KNOWN, Known, References
from twelvelead.inference.gate.finding import Examine, Finding, unexamined
from twelvelead.inference.loader import Loader
from twelvelead.inference.prediction import Answers, Prediction, Probabilities
from twelvelead.inference.resources.limits import FOREVER, Deadline, Limits, Usage
from twelvelead.inference.resources.machine import cores
from twelvelead.inference.resources.slots import Slots
from twelvelead.inference.verdict.judge import judge

ENTRY_PAUSE = 0.002  # s between entries that are read at start, so that the first pages go before
Given = bytes | PickedPage | Signal | Beats

LIMITS = Limits()


@dataclass(frozen=True)
class Asker:
    """Until when somebody waits for answers, and is told how far it is; either may raise to end it.

    note: of the share (0..1) that is done. found: of how many beats there are.
    """

    deadline: Deadline = FOREVER
    note: Note = nobody
    found: Callable[[int], None] = nobody


@dataclass(frozen=True)
class PictureFacts:
    """What was found out about a picture that may be sent again: more than its bytes say at once."""

    look: Look
    finding: Finding


class Predictor:
    """Runs the models of a registry. Models load on first use, once, and stay loaded.

    An ensemble is loaded when all its members are, and answers where each of them does. examine: looks
    at each picture before any model does.
    """

    def __init__(
        self, registry: Registry, limits: Limits = LIMITS, examine: Examine = unexamined
    ) -> None:
        self.registry = registry
        self.limits = limits
        self._slots = Slots(limits.runs or cores())
        self._loader = Loader(registry, limits, self._slots)
        self._networks = self._loader.networks
        self._facts = Cache[PictureFacts](limits.answers_kept)
        self._examine = examine
        self._references = References()

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
            import_module(
                "ecg.picture.decoder"
            )  # its libraries first: no page has to wait for them
            self.registry.read_all(ENTRY_PAUSE)
            if keys:
                self._examine(read_page(_blank_picture()))  # loads what it looks with
            for key in keys:
                self._loader.warm(key)

        thread = threading.Thread(target=load_all, name="warm", daemon=True)
        thread.start()
        return thread

    def is_stuck(self, seconds: float) -> bool:
        """Whether all cores are held by work that began longer ago than that: nothing else is done."""
        return self._slots.are_held(seconds)

    def usage(self) -> Usage:
        """What is in memory, and what was loaded and put out so far."""
        return Usage(
            budget=self.limits.model_memory,
            resident=self._networks.resident,
            loads=self._networks.loads,
            evictions=self._networks.evictions,
            processes=self._networks.processes,
            running=self._slots.running,
            waiting=self._slots.waiting,
        )

    @overload
    def predict(
        self, given: bytes | PickedPage, keys: Sequence[str] | None = None, asker: Asker = ...
    ) -> Answers[PageBatch]: ...
    @overload
    def predict(
        self, given: Signal, keys: Sequence[str] | None = None, asker: Asker = ...
    ) -> Answers[Recording]: ...
    @overload
    def predict(
        self, given: Beats, keys: Sequence[str] | None = None, asker: Asker = ...
    ) -> Answers[BeatBatch]: ...
    def predict(
        self, given: Given, keys: Sequence[str] | None = None, asker: Asker = Asker()
    ) -> Answers[Batch]:
        """Asks each model in `keys`, each once, or all that read such a thing, about what is given.

        given: the bytes of a page's or a beat's picture, or a page of a document; a signal, each of
        whose beats in its usual lead is asked about; or beats that are known. A model that reads other
        pictures than this is not run: its answer is refused, and says so. Raises UnknownModel for a key
        that nobody registered, before anything is read; PageError for bytes that are no readable page;
        Busy where no core was free before the deadline. A model that fails, that reads no signals, or
        that the deadline left no time for, is named in `failures` and the others answer.
        """
        for key in keys or ():
            if key not in self.registry.known:
                self.registry[key]  # raises UnknownModel
        with self.slot(asker.deadline):
            batch = self._batch(given, asker.deadline)
            if isinstance(batch, PageBatch):  # small, and decoded: it keeps its core
                return self._ask(batch, keys, asker)
        if isinstance(batch, BeatBatch):
            asker.found(len(batch.beats))
        return self._ask(batch, keys, asker)

    def _batch(self, given: Given, deadline: Deadline) -> Batch:
        if isinstance(given, bytes | PickedPage):
            (page, finding), milliseconds = timed(lambda: self.examine(given))
            return PageBatch(page, milliseconds, finding)
        if isinstance(given, Signal):
            return find_beats(given, deadline.check)
        return BeatBatch(given)

    def probabilities(self, page: Page, key: str) -> Probabilities:
        """Calibrated probabilities, float64 (labels,), of one model for one page."""
        return np.asarray(self.ask(PageBatch(page)).answer(key).probabilities[0])

    def close(self) -> None:
        """Ends the framework processes."""
        self._networks.close()

    def _ask(self, batch: Batch, keys: Sequence[str] | None, asker: Asker) -> Answers[Batch]:
        """Asks one model after the other; who lacks one waits for it without a core."""
        wanted = list(dict.fromkeys(batch.fitting(self.registry) if keys is None else keys))
        asked, predictions, errors = self.ask(batch, asker.deadline), [], {}
        for number, key in enumerate(wanted):
            note = share_of(asker.note, number, len(wanted))
            try:
                predictions.append(self._predict_one(key, asked, note))
            except ModelUnavailable as error:
                errors[key] = error
        verdict = (
            judge(self.registry, predictions, errors) if isinstance(batch, PageBatch) else None
        )
        return Answers(batch, tuple(predictions), errors, verdict)

    def read(self, data: bytes | PickedPage) -> Page:
        """A page alone; inside a slot. Raises PageError."""
        return self.examine(data)[0]

    def examine(self, data: bytes | PickedPage) -> tuple[Page, Finding]:
        """A page and what is found out about it, not again where it was sent a moment ago; inside a slot.

        Raises PageError.
        """
        sha256 = sha256_of(data)
        facts = self._facts.get(sha256)
        if facts is not None:
            picture = EncodedPicture(data, sha256)
            return Page(picture, facts.look), facts.finding
        page = read_page(data, sha256)
        finding = self._examine(page)
        self._facts.put(PictureFacts(page.look, finding), sha256)
        return page, finding

    def _predict_one(self, key: str, asked: BatchAnswers, note: Note) -> Prediction:
        entry, batch = self.registry[key], asked.batch
        said = Prediction(
            model=key,
            framework=entry.framework,
            labels=entry.labels,
            rule=Rule.of(entry),
            model_sha256=self.registry.sha256(key),
            page_sha256=batch.sha256,
        )
        refusals = batch.refusals(self.registry, key)
        if refusals:
            return replace(said, reasons=refusals)
        runtime = self.load(key, asked.deadline)
        answer = asked.answer(key, note)
        steps = dict.fromkeys((*batch.spent, *answer.timings_ms))
        known = self._known(batch, key)
        return replace(
            said,
            runtime=runtime,
            probabilities=answer.probabilities,
            reasons=known.reasons + doubts(batch, entry, answer.probabilities),
            unread=batch.unread,
            known=known,
            timings_ms={s: batch.spent.get(s, 0) + answer.timings_ms.get(s, 0) for s in steps},
        )

    def _known(self, batch: Batch, key: str) -> Known:
        """How well a model knows such a page; nothing is known of recordings."""
        if not isinstance(batch, PageBatch):
            return NOT_KNOWN
        networks = self.registry.networks(key)
        return self._references.look(networks, batch.sight, batch.finding.features)

    def ask(self, batch: Batch, deadline: Deadline = FOREVER) -> BatchAnswers:
        """Answers about one batch, each network run once whoever needs it; load the models first.

        A page is asked about by who has a core; for the parts of anything larger a slot is taken each.
        """
        alone = nullcontext if isinstance(batch, PageBatch) else lambda: self.slot(deadline)
        run = self.runner(deadline)
        return BatchAnswers(batch, self.registry, run, self._loader.cache, alone, deadline)

    def runner(self, deadline: Deadline = FOREVER) -> Run:
        """What gives a network's probabilities, (n, labels), for float32 (n, height, width, channels)."""
        return self._loader.runner(deadline)

    def slot(self, deadline: Deadline) -> AbstractContextManager[None]:
        """A core to compute on. Raises Busy where none was free before the deadline."""
        return self._slots.slot(deadline)


def _blank_picture() -> bytes:
    """A white PNG, the smallest that is read."""
    from PIL import Image

    held = io.BytesIO()
    Image.new("L", (MIN_SIDE, MIN_SIDE), "white").save(held, "PNG")
    return held.getvalue()
