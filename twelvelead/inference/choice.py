"""Which models are asked where some are named or none, and in words what they read."""

from collections.abc import Mapping, Sequence

from model_registry.entry import Reads
from model_registry.errors import UnknownModel
from model_registry.registry import Registry
from twelvelead.inference.fitting import beat_models

USUAL_BEAT_MODEL = "beat_signal_cnn"
MANY: Mapping[Reads, str] = {  # what a model is given, in words; for one of each see `batch.ONE`
    "page": "12-lead pages",
    "beat_picture": "pictures of beats",
    "segment": "beats of a signal",
}
DRAWN = "of a recording it reads beats that are drawn"  # by what reads pictures of beats only


def reads_in_words(reads: Sequence[Reads]) -> str:
    """What a model is given, in words; an ensemble that reads pictures and segments is given signals."""
    return MANY["segment"] if "segment" in reads else " and ".join(MANY[one] for one in reads)


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
