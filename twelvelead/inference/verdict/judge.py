"""One verdict on the answers of several models about one page.

The rule. Of the models that answer one question, the lead is the consensus, an ensemble whose entry says
`consensus = true`; where none was asked, the one with the highest held-out macro-F1. The models that
matter are the lead, the members of the consensus that were asked, and all whose macro-F1 is within NEAR of
the best of those asked; a model that nobody measured matters only where nobody measured any. The verdict
is the lead's answer. It is accepted only where the lead's is and all that matter give the same label,
uncertain otherwise. Whoever does not matter and says something else is a weak dissent: it is shown with
the figure that tells why it counts for nothing. Where all refused, so does the verdict.

What that costs and gives is measured in docs/decisions/12-one-verdict.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ecg.reason import Reason
from ecg.tasks import Task
from model_registry.entry import EnsembleEntry, Entry
from model_registry.registry import Registry
from twelvelead.inference.familiarity.known import together
from twelvelead.inference.familiarity.seen import seen_words
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.verdict.quality import UNKNOWN, Quality, quality_of
from twelvelead.inference.verdict.verdict import Dissent, Verdict
from twelvelead.inference.verdict.words import (
    NO_CLASS,
    accepted_words,
    disputed_words,
    dissent_words,
    elsewhere_words,
    failed_words,
    not_asked_words,
    uncertain_words,
)

NEAR = (
    0.10  # of macro-F1, below the best of those asked: beyond it a model's word counts for nothing
)
DISAGREEMENT = "disagreement"


@dataclass(frozen=True)
class _Voice:
    """One answer, with who gives it and how good that one is."""

    said: Prediction
    entry: Entry
    quality: Quality

    @property
    def key(self) -> str:
        return self.said.model

    @property
    def label(self) -> str:
        return str(self.said.label)

    @property
    def is_consensus(self) -> bool:
        return isinstance(self.entry, EnsembleEntry) and self.entry.consensus


def judge(
    registry: Registry, predictions: Sequence[Prediction], failed: Collection[str] = ()
) -> Verdict | None:
    """The verdict on answers about one page; failed: who was asked and could not answer.

    None where nobody answered, not even with a refusal.
    """
    voices = [_voice(registry, one) for one in predictions if not one.is_refused]
    if not voices:
        return _refused(predictions) if predictions else None
    task = _question(voices)
    heard = _ordered([one for one in voices if one.entry.task == task])
    verdict = _decided(heard, task)
    elsewhere = [one.key for one in voices if one.entry.task != task]
    notes = [*_left_out(registry, heard, failed), *_memory(heard)]
    notes += [failed_words(sorted(failed))] if failed else []
    notes += [elsewhere_words(elsewhere)] if elsewhere else []
    return replace(verdict, sentence=" ".join([verdict.sentence, *notes]))


def _voice(registry: Registry, said: Prediction) -> _Voice:
    entry = registry[said.model]
    return _Voice(said, entry, quality_of(entry))


def _refused(predictions: Sequence[Prediction]) -> Verdict:
    reasons = dict.fromkeys(reason for one in predictions for reason in one.reasons)
    return Verdict(
        decision="refused",
        sentence=NO_CLASS,
        reasons=tuple(reasons),
        order=tuple(one.model for one in predictions),
    )


def _question(voices: Sequence[_Voice]) -> Task:
    """What most of them answer, the first of those that as many do."""
    tasks = [one.entry.task for one in voices]
    return max(tasks, key=tasks.count)


def _ordered(voices: Sequence[_Voice]) -> list[_Voice]:
    """A consensus first, then by measured quality."""
    return sorted(voices, key=lambda one: (not one.is_consensus, -one.quality.rank))


def _mattering(heard: Sequence[_Voice]) -> list[_Voice]:
    lead, best = heard[0], max(one.quality.rank for one in heard)
    least = UNKNOWN if best == UNKNOWN else best - NEAR
    entry = lead.entry
    members = entry.members if isinstance(entry, EnsembleEntry) and lead.is_consensus else ()
    return [one for one in heard if one is lead or one.key in members or one.quality.rank >= least]


def _decided(heard: Sequence[_Voice], task: Task) -> Verdict:
    """The verdict of those who answer one question, without what was left out."""
    lead, matter = heard[0], _mattering(heard)
    rests_on = tuple(one.key for one in matter)
    dissents = _dissents(heard, rests_on, task)
    reasons = lead.said.reasons
    said: dict[str, list[str]] = {}
    for one in matter:
        said.setdefault(one.label, []).append(one.key)
    if len(said) > 1:
        sentence = disputed_words(said, task)
        reasons = (*reasons, Reason(DISAGREEMENT, "Models that count contradict each other."))
    elif lead.said.decision == "accepted":
        sentence = accepted_words(lead.said, rests_on, len(heard), lead.entry)
    else:
        sentence = uncertain_words(lead.said, rests_on, task)
    agreed = len(said) == 1 and lead.said.decision == "accepted"
    weak = [one.sentence for one in dissents if one.weak]
    return Verdict(
        decision="accepted" if agreed else "uncertain",
        sentence=" ".join([sentence, *weak]),
        label=lead.label,
        lead=lead.key,
        probabilities=lead.said.shares,
        reasons=reasons,
        rests_on=rests_on,
        order=tuple(one.key for one in heard),
        dissents=dissents,
    )


def _dissents(
    heard: Sequence[_Voice], rests_on: Collection[str], task: Task
) -> tuple[Dissent, ...]:
    verdict = heard[0].label
    return tuple(
        Dissent(
            model=one.key,
            label=one.label,
            decision=one.said.decision,
            weak=one.key not in rests_on,
            sentence=dissent_words(one.said, verdict, task, one.quality),
        )
        for one in heard
        if one.label != verdict
    )


def _memory(heard: Sequence[_Voice]) -> list[str]:
    """That the page is in training data of those who are heard."""
    known = together([one.said.known for one in heard])
    return [seen_words(known.seen_by, known.seen)] if known.seen else []


def _left_out(registry: Registry, heard: Sequence[_Voice], failed: Collection[str]) -> list[str]:
    """That a consensus was not asked where several others were."""
    if len(heard) < 2 or heard[0].is_consensus:
        return []
    task, keys = heard[0].entry.task, [one.key for one in heard]
    for key, entry in registry.items():
        if isinstance(entry, EnsembleEntry) and entry.consensus and entry.task == task:
            missed = key not in failed and set(keys) & set(entry.members)
            return [not_asked_words(key, keys)] if missed else []
    return []
