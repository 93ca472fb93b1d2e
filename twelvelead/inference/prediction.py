"""What models say of a page or of the beats of a recording, and how far to believe it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ecg.beats.beat_files import LabelledBeats
from ecg.beats.beats import EVERY
from ecg.reason import Decision, Reason
from model_registry.entry import ModelEntry
from model_registry.errors import ModelUnavailable, NoUsableAnswer
from twelvelead.inference.batch import Batch, Recording
from twelvelead.inference.decision import Rule
from twelvelead.inference.familiarity.known import NOT_KNOWN, Known
from twelvelead.inference.unread import ALL_READ, Flags, Unread
from twelvelead.inference.verdict.verdict import Verdict

Probabilities = npt.NDArray[np.float64]
B_co = TypeVar("B_co", bound=Batch, covariant=True)

SUM_TOLERANCE = 1e-2
NOT_RUN = "not run"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One model's answers about n things: a page (n = 1), or all beats of a recording.

    probabilities: float64 (n, labels), in the model's own order of `labels`; empty where it
    refused, and was not run. rule: which of them count. reasons: why
    all of it is refused, or no more than uncertain. timings_ms: "decode" or "find_beats" (shared by all
    models that are asked at once), "preprocess", "run", in milliseconds. An ensemble's framework is
    "ensemble", its model_sha256 as `Registry.sha256` says. page_sha256: "" for a recording. unread: the
    beats that get no label. known: how well the model knows such pages.
    """

    model: str
    framework: str
    labels: tuple[str, ...]
    rule: Rule
    model_sha256: str
    page_sha256: str = ""
    runtime: str = NOT_RUN
    probabilities: Probabilities = field(default_factory=lambda: np.zeros((0, 0)))
    reasons: tuple[Reason, ...] = ()
    unread: Unread = ALL_READ
    known: Known = NOT_KNOWN
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        return self.runtime == NOT_RUN

    @property
    def classes(self) -> npt.NDArray[np.intp]:
        """(n,) index into `labels` of each one's most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)

    @property
    def confidence(self) -> Probabilities:
        """(n,) each one's highest probability."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def read(self) -> Flags:
        """(n,) whether each gets a label; the others are refused, for what is in `unread`."""
        return self.unread.read(len(self.probabilities))

    @property
    def accepted(self) -> Flags:
        """(n,) whether an answer counts; the others are uncertain, or refused."""
        return np.asarray(self.rule.accepted(self.probabilities) & self.read & (not self.reasons))

    @property
    def kept(self) -> Flags:
        """(n, labels) which classes can't be ruled out; all False where that was never measured."""
        return self.rule.kept(self.probabilities)

    @property
    def surest(self) -> int | None:
        """The one with the highest probability of all that get a label; None where none does."""
        read = self.read
        return int(np.where(read, self.confidence, -1.0).argmax()) if read.any() else None

    def counts(self) -> dict[str, int]:
        """How many got each label."""
        found = np.bincount(self.classes[self.read], minlength=len(self.labels))
        return dict(zip(self.labels, map(int, found), strict=True))

    def named(self) -> list[str | None]:
        """Each one's label, None where it gets none."""
        named = zip(self.classes.tolist(), self.read.tolist(), strict=True)
        return [self.labels[place] if read else None for place, read in named]

    def decisions(self) -> Counter[Decision]:
        """How many answers were decided how, each kind that there is; one refusal where it was not run."""
        if self.is_refused:
            return Counter({"refused": 1})
        accepted, read = int(self.accepted.sum()), int(self.read.sum())
        refused = len(self.probabilities) - read
        return +Counter[Decision](
            {"accepted": accepted, "uncertain": read - accepted, "refused": refused}
        )

    @property
    def decision(self) -> Decision:
        """That about a page."""
        (decision,) = self.decisions()
        return decision

    @property
    def label(self) -> str | None:
        """The most probable one of a page, None where it is refused."""
        return None if self.is_refused else self.labels[self.classes[0]]

    @property
    def shares(self) -> dict[str, float]:
        """The probabilities (0..1) of a page by label, in the model's own order; none where refused."""
        return (
            dict(zip(self.labels, map(float, self.probabilities[0]), strict=True))
            if self.label
            else {}
        )

    @property
    def cannot_rule_out(self) -> tuple[str, ...]:
        """Labels that a page may have after all, by `Rule.kept`, its own among them, the likeliest first.

        Empty where it is refused, and where nobody measured from which probability on.
        """
        if self.is_refused:
            return ()
        order = np.argsort(-self.probabilities[0], kind="stable")
        return tuple(self.labels[place] for place in order if self.kept[0, place])

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form of what is said of a page."""
        return {
            "model": self.model,
            "framework": self.framework,
            "runtime": self.runtime,
            "label": self.label,
            "probabilities": self.shares,
            "decision": self.decision,
            "cannot_rule_out": list(self.cannot_rule_out),
            "reasons": [reason.message for reason in self.reasons],
            "reason_codes": [reason.code for reason in self.reasons],
            "familiarity": self.known.familiarity,
            "seen_in_training": self.known.seen,
            "notes": list(self.known.notes),
            "timings_ms": {step: round(ms, 3) for step, ms in self.timings_ms.items()},
            "page_sha256": self.page_sha256,
            "model_sha256": self.model_sha256,
        }


@dataclass(frozen=True)
class Answers(Generic[B_co]):
    """What was said of one batch, and for each model that failed, by its key, why.

    verdict: what it comes to, of a page; None of a recording, and where no model answered.
    """

    batch: B_co
    predictions: tuple[Prediction, ...]
    errors: Mapping[str, ModelUnavailable] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def failures(self) -> dict[str, str]:
        """The same in sentences."""
        return {key: str(error) for key, error in self.errors.items()}


def to_probabilities(raw: npt.ArrayLike, entry: ModelEntry) -> Probabilities:
    """A model's raw outputs, (.., labels), as probabilities, its temperature applied (Guo 2017).

    Raises NoUsableAnswer where they are not finite, or declared as probabilities and are none.
    """
    values = np.asarray(raw, dtype=np.float64)
    if not np.isfinite(values).all():
        raise NoUsableAnswer(f"The model '{entry.key}' returned no usable answer for this input.")
    if entry.output == "probabilities":
        if values.min() < -1e-6 or np.abs(values.sum(axis=-1) - 1).max() > SUM_TOLERANCE:
            raise NoUsableAnswer(
                f"The model '{entry.key}' gives outputs that are no probabilities: "
                'set output = "logits" in its model.toml, or end it with a softmax.'
            )
        values = np.log(np.clip(values, 1e-12, None))
    return with_temperature(values, entry.temperature)


def with_temperature(logs: Probabilities, temperature: float) -> Probabilities:
    """Probabilities (.., labels) of logits, or of logarithms of probabilities (Guo 2017)."""
    scaled = logs / temperature
    shares = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def labelled(recording: Recording, one: Prediction | None) -> LabelledBeats:
    """The beats with the labels of one model; with none where no model was asked."""
    beats, unread = recording.beats, recording.unread
    found = unread.reasons_of(EVERY, len(beats))
    reasons = tuple(reason.code if reason else "" for reason in found)
    if one is None:
        none = ("",) * len(beats)
        return LabelledBeats(beats.indices, beats.rate, none, reasons=reasons)
    labels = tuple(name or "" for name in one.named())
    return LabelledBeats(beats.indices, beats.rate, labels, one.labels, one.probabilities, reasons)
