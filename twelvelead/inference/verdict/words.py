"""A verdict in sentences."""

from collections.abc import Mapping, Sequence

from ecg.tasks import Task
from model_registry.entry import EnsembleEntry, Entry
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.verdict.quality import Quality

NO_CLASS = "No class is given."


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def say(words: Sequence[str], rest: str) -> str:
    """Who says something, as in "a says Normal", "a and b say Normal"."""
    return f"{listed(words)} {'say' if len(words) > 1 else 'says'} {rest}"


def accepted_words(lead: Prediction, rests_on: Sequence[str], asked: int, entry: Entry) -> str:
    """What is accepted, and whose word it rests on out of so many that were asked."""
    title = entry.task.labels[str(lead.label)]
    if len(rests_on) > 1:
        return f"{title}: {listed(rests_on)} agree."
    if asked > 1:
        return f"{title}: this rests on {lead.model}; the others are measurably weaker."
    if isinstance(entry, EnsembleEntry):
        return f"{title}: this rests on {lead.model} alone, which averages {listed(entry.members)}."
    return f"{title}: this rests on one model, {lead.model}."


def disputed_words(said: Mapping[str, Sequence[str]], task: Task) -> str:
    """That models which count contradict each other. said: label -> who says it."""
    told = ", ".join(say(who, task.labels[label]) for label, who in said.items())
    return f"Uncertain: {told}, and each of them counts."


def uncertain_words(lead: Prediction, rests_on: Sequence[str], task: Task) -> str:
    """That nobody contradicts, and it is still not to be counted on."""
    who = f"{listed(rests_on)} {'find' if len(rests_on) > 1 else 'finds'}"
    alone = "" if len(rests_on) > 1 else " This rests on one model."
    return f"Uncertain: {who} {task.labels[str(lead.label)]} most probable.{alone}"


def dissent_words(one: Prediction, instead: str, task: Task, quality: Quality) -> str:
    """What a model says in place of the label `instead`, and how good it is at telling them apart.

    Of two figures, how many it finds of what the verdict says and how often what it says itself holds,
    it is the lower one: the more likely reason why it errs here.
    """
    label = str(one.label)
    says = f"{one.model} says {task.labels[label]}"
    found, held = quality.found(instead), quality.held(label)
    if found is None or held is None:
        return f"{says}; nobody measured how good it is."
    if _share(found) <= _share(held):
        return f"{says}; it finds {found[0]} of {found[1]} {task.several(instead)}."
    return f"{says}; of {held[1]} that it called so, {held[0]} were."


def _share(counts: tuple[int, int]) -> float:
    return counts[0] / counts[1] if counts[1] else 1.0


def not_asked_words(consensus: str, asked: Sequence[str]) -> str:
    """That whoever speaks for all was left out."""
    return f"{consensus} was not asked: this is only of {listed(asked)}."


def failed_words(failed: Sequence[str]) -> str:
    """Who was asked and could not answer."""
    return f"{listed(failed)} gave no answer."


def elsewhere_words(others: Sequence[str]) -> str:
    """Who answers something that cannot be compared."""
    told = "answer other questions" if len(others) > 1 else "answers another question"
    return f"{listed(others)} {told}."
