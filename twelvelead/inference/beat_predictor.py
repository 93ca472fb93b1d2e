"""Signals in, a class for every beat out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats, RowBeats
from ecg.beats.r_peaks import find_r_peaks
from ecg.signal.signal import Signal
from model_registry.entry import Entry
from model_registry.errors import Busy, ModelUnavailable, WrongInput
from twelvelead.inference.beat_answers import BeatAnswers, Stretch, stretches
from twelvelead.inference.page_answers import timed
from twelvelead.inference.prediction import Vector
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import FOREVER, Deadline

AT_ONCE = {
    "segment": 512,
    "beat_picture": 64,
}  # beats of one run, after which others have their turn
NO_TIME = (
    "There was no time left for this model: send a shorter piece of the recording, ask fewer models "
    "at once, or give it on the page /signals, where there is more time."
)


def _nobody(_: float) -> None:
    """Tells nobody how far it is."""


@dataclass(frozen=True)
class Watch:
    """Until when answers are waited for, and who is told how far it is; either may raise to end it.

    note: of the share (0..1) that is done. found: of how many beats there are.
    """

    deadline: Deadline = FOREVER
    note: Callable[[float], None] = _nobody
    found: Callable[[int], None] = _nobody


@dataclass(frozen=True)
class BeatClasses:
    """One model's answers for all beats. probabilities: float64 (m, labels), in the order of labels."""

    model: str
    framework: str
    runtime: str
    labels: tuple[str, ...]
    probabilities: Vector
    accept_from: float
    model_sha256: str
    run_ms: float

    @property
    def classes(self) -> npt.NDArray[np.intp]:
        """(m,) index into `labels` of each beat's most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)

    @property
    def confidence(self) -> Vector:
        """(m,) each beat's highest probability."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """(m,) whether a beat's answer counts; the others are uncertain."""
        return np.asarray(self.confidence >= self.accept_from)

    @property
    def surest(self) -> int:
        """The beat with the highest probability of all."""
        return int(self.confidence.argmax())

    def counts(self) -> dict[str, int]:
        """How many beats each label got."""
        found = np.bincount(self.classes, minlength=len(self.labels))
        return dict(zip(self.labels, map(int, found), strict=True))


@dataclass(frozen=True)
class SignalAnswers:
    """What was said of one lead, by its row, of a signal; for each model that failed its reason."""

    signal: Signal
    lead: int
    beats: Beats
    classes: tuple[BeatClasses, ...]
    failures: dict[str, str] = field(default_factory=dict)
    errors: tuple[ModelUnavailable, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)


class BeatPredictor:
    """Finds the beats of signals and asks the models of a predictor about each."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def keys(self) -> list[str]:
        """The models that read beats, ensembles among them."""
        registry = self._predictor.registry
        return [key for key in registry if registry[key].task.subject == "beat"]

    def classify(
        self,
        signal: Signal,
        keys: Sequence[str] | None = None,
        lead: str | None = None,
        watch: Watch = Watch(),
    ) -> SignalAnswers:
        """Asks each model in `keys`, all that read beats without it, about each beat of one lead.

        lead: its name; the usual one for beats without it. A signal without beats is answered with
        none. Raises UnknownLead, UnknownModel, and Busy where no core was free before the deadline;
        a model that fails is named in `failures` and the others answer.
        """
        row = signal.find_lead(lead)
        with self._predictor.turn(watch.deadline):
            beats, found_ms = timed(lambda: _beats(signal, row, watch.deadline))
        watch.found(len(beats))
        classes, errors = self.classify_at(beats, keys, watch)
        failures = {key: str(error) for key, error in errors.items()}
        spent = {"find_beats": found_ms} | {one.model: one.run_ms for one in classes}
        return SignalAnswers(signal, row, beats, classes, failures, tuple(errors.values()), spent)

    def classify_at(
        self,
        beats: Beats,
        keys: Sequence[str] | None = None,
        watch: Watch = Watch(),
    ) -> tuple[tuple[BeatClasses, ...], dict[str, ModelUnavailable]]:
        """The same of beats that are known: what models say, and by key why others can't."""
        wanted = list(dict.fromkeys(self.keys() if keys is None else keys))
        answers, errors = [], {}
        for number, key in enumerate(wanted):
            part = Watch(watch.deadline, _share(watch.note, number, len(wanted)))
            try:
                answers.append(self._ask(key, beats, part))
            except ModelUnavailable as error:
                errors[key] = error
            finally:
                beats.forget_traces()  # each as long as the recording, and most models want their own
        return tuple(answers), errors

    def _ask(self, key: str, beats: Beats, watch: Watch) -> BeatClasses:
        registry = self._predictor.registry
        entry, begun = registry[key], time.perf_counter()
        if entry.task.subject != "beat":
            raise WrongInput(
                f"The model '{key}' reads ECG pages, not signals: give it a picture of a page."
            )
        runtime, rows = self._predictor.load(key, watch.deadline), []
        for stretch in stretches(len(beats), self._at_once(key)):
            if not watch.deadline.left():
                raise Busy(NO_TIME)
            with self._predictor.turn(watch.deadline):
                rows.append(self._answer(key, beats, stretch, watch.deadline))
            watch.note(stretch.end / len(beats))
        found = np.concatenate(rows) if rows else np.zeros((0, len(entry.labels)))
        return self._classes(entry, runtime, found, 1000 * (time.perf_counter() - begun))

    def _classes(self, entry: Entry, runtime: str, found: Vector, spent: float) -> BeatClasses:
        return BeatClasses(
            model=entry.key,
            framework=entry.framework,
            runtime=runtime,
            labels=entry.labels,
            probabilities=found,
            accept_from=entry.accept_from,
            model_sha256=self._predictor.registry.sha256(entry.key),
            run_ms=spent,
        )

    def _answer(self, key: str, beats: Beats, stretch: Stretch, deadline: Deadline) -> Vector:
        run = self._predictor.runner(deadline)
        return BeatAnswers(beats, stretch, self._predictor.registry, run).answer(key)

    def _at_once(self, key: str) -> int:
        return min(AT_ONCE[one.reads] for one in self._predictor.registry.networks(key))


def _beats(signal: Signal, row: int, deadline: Deadline) -> Beats:
    """The beats of one lead; those that came as rows are known."""
    if signal.rows is not None:
        return RowBeats.of_rows(signal.rows)
    return Beats.of(signal, row, find_r_peaks(signal.samples[row], signal.rate, deadline.check))


def _share(note: Callable[[float], None], number: int, count: int) -> Callable[[float], None]:
    """Tells the share of all models' work for the share of one model's."""
    return lambda done: note((number + done) / count)
