"""How far to believe an answer about a page, and which questions a model is not asked at all."""

from collections.abc import Mapping, Sequence

import numpy as np

from ecg.page.page import Page
from model_registry.entry import Entry, Reads
from model_registry.errors import ModelUnavailable, UnknownModel
from model_registry.registry import Registry
from twelvelead.inference.answers import of_member
from twelvelead.inference.batch import Batch, BeatBatch, PageBatch, check_beats, reads_pages
from twelvelead.inference.prediction import Decision, Probabilities

USUAL_BEAT_MODEL = "beat_signal_cnn"
NO_FRAME = "No trace frame was found: the whole picture was read, header and footer included."
ONE: Mapping[Reads, str] = {  # what a model is given, in words: one, and
    "page": "a 12-lead page",
    "beat_picture": "the picture of one beat",
    "segment": "beats of a signal, such as a CSV or a WFDB record",
}
MANY: Mapping[Reads, str] = {  # many
    "page": "12-lead pages",
    "beat_picture": "pictures of beats",
    "segment": "beats of a signal",
}
DRAWN = "of a recording it reads beats that are drawn"  # by what reads pictures of beats only


def decide(
    page: Page, probabilities: Probabilities, entry: Entry
) -> tuple[Decision, tuple[str, ...]]:
    """How far to believe an answer, (labels,), about a page, and why not further."""
    reasons = doubts(PageBatch(page), probabilities[np.newaxis], entry)
    return ("uncertain" if reasons else "accepted"), reasons


def doubts(batch: Batch, probabilities: Probabilities, entry: Entry) -> tuple[str, ...]:
    """Why an answer, (1, labels), about a picture is uncertain; nothing of beats, each by itself is."""
    if not isinstance(batch, PageBatch):
        return ()
    reasons = [NO_FRAME] if entry.task.subject == "page" and not batch.page.frame else []
    highest = float(probabilities.max())
    if highest < entry.accept_from:
        reasons.append(
            f"The highest probability is {highest:.2f}; "
            f"this model's answers count from {entry.accept_from:.2f}."
        )
    return tuple(reasons)


def reads_of(registry: Registry, key: str) -> set[Reads]:
    """What a model is given; an ensemble may have members of several kinds."""
    return {network.reads for network in registry.networks(key)}


def reads_in_words(reads: Sequence[Reads]) -> str:
    """The same in words; an ensemble of networks of pictures and of segments is asked about signals alone."""
    return MANY["segment"] if "segment" in reads else " and ".join(MANY[one] for one in reads)


def beat_models(registry: Registry) -> list[str]:
    """The models that are asked about the beats of a signal, ensembles among them."""
    return [key for key in registry if registry[key].task.subject == "beat"]


def chosen_beat_models(registry: Registry, asked: Sequence[str]) -> list[str]:
    """The models to ask about the beats of a recording, each once, by what somebody named.

    all: all that read beats. Nothing: the usual one, or the first where that is not registered; none
    where no model reads beats. A page, which takes a moment, is asked of all that read it in both cases:
    see `chosen_page_models`. It is the same on the page, in the API and in the command.

    Raises UnknownModel for a key that nobody registered.
    """
    known = beat_models(registry)
    if set(asked) - {"all"} - set(registry.known):
        told = ", ".join(known) or "none is registered"
        raise UnknownModel(f"There is no such model. Models that read beats: {told}.")
    if "all" in asked:
        return known
    usual = [USUAL_BEAT_MODEL] if USUAL_BEAT_MODEL in known else known[:1]
    return list(dict.fromkeys(asked)) or usual


def chosen_page_models(asked: Sequence[str]) -> list[str] | None:
    """The same for a picture; None for all that read it, as for `all`, so for nothing."""
    return None if not asked or "all" in asked else list(dict.fromkeys(asked))


def fitting(registry: Registry, batch: Batch) -> list[str]:
    """The models that read such a picture, or beats."""
    if isinstance(batch, PageBatch):
        return [key for key in registry if reads_of(registry, key) == {batch.kind}]
    return beat_models(registry)


def refusal(registry: Registry, key: str, batch: Batch) -> str:
    """Why a model that reads something else refuses a picture; empty where it fits.

    What is no model for the beats of a signal raises WrongInput: answers about beats can't be refused.
    """
    if isinstance(batch, BeatBatch):
        _check_beats(registry, key, batch)
        return ""
    wanted = reads_of(registry, key)
    if not isinstance(batch, PageBatch) or wanted == {batch.kind}:
        return ""
    told = " and ".join(ONE[one] for one in sorted(wanted))
    return f"This looks like {ONE[batch.kind]}; the model reads {told}."


def _check_beats(registry: Registry, key: str, batch: BeatBatch) -> None:
    if registry[key].task.subject != "beat":
        raise reads_pages(key)
    for network in registry.networks(key):
        try:
            check_beats(network, batch.beats)
        except ModelUnavailable as error:
            raise error if network.key == key else of_member(network.key, error) from error
