"""What models are asked about: one page, one picture of a beat, or the beats of a recording."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import EVERY, Beats, RowBeats
from ecg.beats.r_peaks import find_r_peaks
from ecg.interrupt import Check
from ecg.page.page import Page
from ecg.page.picture_kind import PictureKind, picture_kind
from ecg.reason import Reason
from ecg.signal.quality.beside import find_beside
from ecg.signal.quality.find_stretches import find_stretches
from ecg.signal.quality.polarity import downward_score
from ecg.signal.quality.stretch import UnreadStretch
from ecg.signal.signal import Signal
from model_registry.entry import Entry, ModelEntry, Reads
from model_registry.errors import ModelUnavailable, of_member
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from twelvelead.inference.familiarity.sight import Sight
from twelvelead.inference.fitting import (
    beat_models,
    beat_tensors,
    check_beats,
    reads_of,
    reads_pages,
)
from twelvelead.inference.gate.finding import NOTHING, Finding
from twelvelead.inference.leads import lead_doubts, lead_notes
from twelvelead.inference.unread import ALL_READ, Flags, Unread, sure_intervals

Milliseconds = Mapping[str, float]  # by step
T = TypeVar("T")

KINDS: Mapping[PictureKind, Reads] = {"page": "page", "beat": "beat_picture"}
NO_FRAME = Reason(
    "no_frame",
    "No trace frame was found: the whole picture was read, header and footer included.",
)
ONE: Mapping[Reads, str] = {  # what a model is given, in words
    "page": "a 12-lead page",
    "beat_picture": "the picture of one beat",
    "segment": "beats of a signal, such as a CSV or a WFDB record",
}
AT_ONCE: dict[Reads, int] = {  # beats of one run, after which others have their turn
    "segment": 512,
    "beat_picture": 64,
}


class Batch(ABC):
    """n pictures or beats, one for each row of an answer.

    steps: what of a network's work is timed. late: what is told where no time was left for a model.
    """

    steps: ClassVar[tuple[str, ...]]
    late: ClassVar[str]

    @property
    def sha256(self) -> str:
        """Names the content, so that answers can be kept for a while; empty: they are not."""
        return ""

    @property
    def spent(self) -> Milliseconds:
        """What it took to read this, for all models together."""
        return {}

    @property
    def unread(self) -> Unread:
        """Which rows of an answer get no label, whatever a model says of them."""
        return ALL_READ

    @abstractmethod
    def parts(self, network: ModelEntry) -> Sequence[slice]:
        """All of it, in pieces that a network is run on one after the other; none of nothing."""

    @abstractmethod
    def read(self, network: ModelEntry, part: slice) -> tuple[Tensor, Milliseconds]:
        """float32 (n, height, width, channels) that a network reads of one part, and what it took.

        Raises WrongInput for a network that reads something else.
        """

    @abstractmethod
    def fitting(self, registry: Registry) -> list[str]:
        """The models that read such a thing."""

    @abstractmethod
    def refusals(self, registry: Registry, key: str) -> tuple[Reason, ...]:
        """Why a model may not answer, or reads something else; empty where it may.

        What is no model for the beats of a signal raises WrongInput: answers about beats can't be refused.
        """

    def doubts(self, entry: Entry, probabilities: npt.NDArray[np.float64]) -> tuple[Reason, ...]:
        """What is in doubt about this batch, or about this model's reading of it.

        What a model's rule says of its answers, (n, labels), is told by `decision.doubts`.
        """
        del entry, probabilities
        return ()

    def forget(self) -> None:  # noqa: B027 - most have nothing to forget
        """Keeps nothing that was computed for one network only."""


@dataclass(frozen=True)
class PageBatch(Batch):
    """One page, or the picture of one beat. finding: what was found out about it before.

    read_ms: what it took to decode it, find its frame and examine it.
    """

    page: Page
    read_ms: float = 0.0
    finding: Finding = field(default=NOTHING, compare=False)

    steps = ("decode", "preprocess", "run")
    late = "There was no time left for this model; ask for fewer at once, or again."

    @cached_property
    def sight(self) -> Sight:
        """What models look at to tell whether they know such a page."""
        return Sight(self.page)

    @property
    def kind(self) -> Reads:
        """What kind of network reads it."""
        return KINDS[picture_kind(self.page)]

    @property
    def sha256(self) -> str:
        return self.page.sha256

    @property
    def spent(self) -> Milliseconds:
        return {"decode": self.read_ms}

    def parts(self, network: ModelEntry) -> Sequence[slice]:
        del network
        return [EVERY]

    def read(self, network: ModelEntry, part: slice) -> tuple[Tensor, Milliseconds]:
        del part
        trace, trace_ms = timed(lambda: network.picture.read(self.page))
        tensor, prepare_ms = timed(lambda: network.picture.prepare(trace))
        return tensor[np.newaxis], {"decode": trace_ms, "preprocess": prepare_ms}

    def fitting(self, registry: Registry) -> list[str]:
        return [key for key in registry if reads_of(registry, key) == {self.kind}]

    def refusals(self, registry: Registry, key: str) -> tuple[Reason, ...]:
        if self.finding.refusals:
            return self.finding.refusals
        wanted = reads_of(registry, key)
        if wanted == {self.kind}:
            return ()
        told = " and ".join(ONE[one] for one in sorted(wanted))
        return (
            Reason("other_input", f"This looks like {ONE[self.kind]}; the model reads {told}."),
        )

    def doubts(self, entry: Entry, probabilities: npt.NDArray[np.float64]) -> tuple[Reason, ...]:
        del probabilities
        reasons = list(self.finding.doubts)
        if entry.task.subject == "page" and not self.page.frame:
            reasons.append(NO_FRAME)
        return tuple(reasons)


@dataclass(frozen=True)
class BeatBatch(Batch):
    """The beats in `some`, the others being their context."""

    beats: Beats
    some: slice = field(default_factory=lambda: EVERY)  # slices have no hash

    steps = ("run",)
    late = (
        "There was no time left for this model: send a shorter piece of the recording, ask fewer models "
        "at once, or give it on the page /signals, where there is more time."
    )

    def parts(self, network: ModelEntry) -> Sequence[slice]:
        begin, end, _ = self.some.indices(len(self.beats))
        length = AT_ONCE[network.reads]
        return [slice(at, min(at + length, end)) for at in range(begin, end, length)]

    def read(self, network: ModelEntry, part: slice) -> tuple[Tensor, Milliseconds]:
        tensors, milliseconds = timed(lambda: beat_tensors(network, self.beats, part))
        return tensors, {"run": milliseconds}

    def fitting(self, registry: Registry) -> list[str]:
        return beat_models(registry)

    def refusals(self, registry: Registry, key: str) -> tuple[Reason, ...]:
        if registry[key].task.subject != "beat":
            raise reads_pages(key)
        for network in registry.networks(key):
            try:
                check_beats(network, self.beats)
            except ModelUnavailable as error:
                raise error if network.key == key else of_member(network.key, error) from error
        return ()

    def forget(self) -> None:
        self.beats.forget_traces()  # each as long as the recording, and most models want their own


@dataclass(frozen=True, kw_only=True)
class Recording(BeatBatch):
    """The beats of one lead, by its row, of a signal. found_ms: what it took to find them.

    stretches: where that lead can't be read, rising and apart.
    """

    signal: Signal
    lead: int
    stretches: tuple[UnreadStretch, ...] = ()
    found_ms: float = field(default=0.0, compare=False)

    @property
    def spent(self) -> Milliseconds:
        return {"find_beats": self.found_ms}

    @cached_property
    def unread(self) -> Unread:
        return Unread.inside(self.beats, self.stretches)

    @cached_property
    def downward(self) -> float:
        """How surely the beats that can be read point downwards, see `downward_score`."""
        beats = self.beats
        if self.signal.rows is not None:
            return -np.inf
        return downward_score(beats.trace, beats.rate, beats.indices[self.unread.read(len(beats))])

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on how the signal was read, and on its lead."""
        if self.signal.rows is not None:
            return self.signal.notes
        return self.signal.notes + lead_notes(self.signal.leads[self.lead])

    def doubts(self, entry: Entry, probabilities: npt.NDArray[np.float64]) -> tuple[Reason, ...]:
        del probabilities
        name = "" if self.signal.rows is not None else self.signal.leads[self.lead]
        return lead_doubts(entry, name, self.downward)

    @cached_property
    def sure_intervals(self) -> Flags:
        """(m - 1,) which intervals between m beats lie outside of all stretches."""
        return sure_intervals(self.beats, self.stretches)


def find_beats(signal: Signal, check: Check) -> Recording:
    """The beats of a signal's usual lead, and where that can't be read; those that came as rows are known.

    Raises what `check` does.
    """
    lead = signal.find_lead()

    def find() -> tuple[Beats, tuple[UnreadStretch, ...]]:
        if signal.rows is not None:
            return RowBeats.of_rows(signal.rows), ()
        trace, rate = signal.values[lead], signal.rate
        peaks = find_r_peaks(trace, rate, check)
        stretches = find_stretches(trace, rate, peaks, check)
        return find_beside(Beats.of(signal, lead, peaks), stretches, check), stretches

    (beats, stretches), milliseconds = timed(find)
    return Recording(
        beats=beats, signal=signal, lead=lead, stretches=stretches, found_ms=milliseconds
    )


def timed(action: Callable[[], T]) -> tuple[T, float]:
    """What an action gives, and the milliseconds that it took."""
    begun = time.perf_counter()
    value = action()
    return value, 1000 * (time.perf_counter() - begun)
