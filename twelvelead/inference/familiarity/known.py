"""How well a model knows one page: a layout of its own, a place among its training pages, seen before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ecg.reason import Reason
from model_registry.entry import ModelEntry
from twelvelead.inference.familiarity.reference import (
    FAMILIARITY,
    TRAINING_PAGES,
    PageReference,
    ReferenceFault,
    read_reference,
)
from twelvelead.inference.familiarity.seen import Seen, seen_words
from twelvelead.inference.familiarity.sight import Sight
from twelvelead.inference.familiarity.space import UNFAMILIAR, Features
from twelvelead.inference.gate.network import gate_name

UNKNOWN_LAYOUT = Reason(
    "unknown_layout",
    "The page has another layout than the pages that this model was trained on: its answer may be wrong, "
    "however sure it is.",
)
FAR = Reason(
    "unfamiliar",
    f"The page is farther from this model's training pages than {UNFAMILIAR} % of those are: its answer may "
    "be wrong, however sure it is.",
)
CLOSEST: tuple[Seen, ...] = ("same_file", "nearly")
NO_PLACE = (
    "It keeps no place among its training pages that this gate could compare: how familiar this "
    "picture is, is told by the layout alone."
)
NO_REFERENCE = (
    "It keeps no reference of its training pages: how familiar this picture is, is not known."
)


@dataclass(frozen=True)
class Known:
    """What a model knows of a page.

    percentile: 0 to 100, of its training pages' distances; None where it keeps no reference, or nothing
    examined the page. seen, seen_by: whether it was trained on it, and which networks were. reasons: why its
    answer is no more than uncertain. lacks: what it can't tell, in sentences.
    """

    percentile: float | None = None
    seen: Seen | None = None
    seen_by: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is to be said, no doubt about the answer."""
        told = (seen_words(self.seen_by, self.seen),) if self.seen else ()
        return told + self.lacks

    @property
    def familiarity(self) -> float | None:
        """The percentile as it is told."""
        return None if self.percentile is None else round(self.percentile, 1)


NOT_KNOWN = Known()


class References:
    """Those of the models of a registry; each is read when it is first needed, and when its files change."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[object, PageReference | str | None]] = {}

    def look(self, networks: Sequence[ModelEntry], sight: Sight, features: Features) -> Known:
        """What networks know of a page together: the least of what each of them does.

        features: the page's place in the gate's space; empty where nothing examined it.
        """
        return together([self._look_one(one, sight, features) for one in networks])

    def _look_one(self, network: ModelEntry, sight: Sight, features: Features) -> Known:
        reference = self._of(network)
        if not isinstance(reference, PageReference):
            return Known(lacks=(reference or NO_REFERENCE,))
        return known_by(reference, network.key, sight, features)

    def _of(self, network: ModelEntry) -> PageReference | str | None:
        """A network's reference, or a sentence that tells why there is none."""
        folder, weights = network.folder, network.weights.sha256
        now = (weights, *(_state(folder / name) for name in (FAMILIARITY, TRAINING_PAGES)))
        before, reference = self._read.get(network.key, (None, None))
        if before != now:
            try:
                reference = _of_this_gate(read_reference(folder, weights))
            except ReferenceFault as error:
                reference = str(error)
            self._read[network.key] = now, reference
        return reference


def known_by(reference: PageReference, model: str, sight: Sight, features: Features) -> Known:
    """What a model knows of a page by its reference."""
    layout, space, pages = reference.layout, reference.space, reference.pages
    reasons = []
    if layout and sight.score(layout) < layout.least:
        reasons.append(UNKNOWN_LAYOUT)
    percentile = None
    if space and features.shape == space.centre.shape:
        percentile = space.percentile(features)
        if percentile > UNFAMILIAR:
            reasons.append(FAR)
    seen = pages.find(sight) if pages else None
    lacks = (NO_PLACE,) if features.size and percentile is None else ()
    return Known(percentile, seen, (model,) if seen else (), tuple(reasons), lacks)


def together(found: Sequence[Known]) -> Known:
    """What several networks know: the least familiar one's percentile, all reasons, who has seen it."""
    percentiles = [one.percentile for one in found if one.percentile is not None]
    seen: set[Seen] = {one.seen for one in found if one.seen}
    return Known(
        max(percentiles) if len(percentiles) == len(found) and found else None,
        min(seen, key=CLOSEST.index) if seen else None,
        tuple(dict.fromkeys(key for one in found for key in one.seen_by)),
        tuple(dict.fromkeys(reason for one in found for reason in one.reasons)),
        tuple(dict.fromkeys(told for one in found for told in one.lacks)),
    )


def _of_this_gate(reference: PageReference | None) -> PageReference | None:
    """Without distances among the features of another gate than the one that runs: they tell nothing."""
    if reference and reference.space and reference.space.gate not in ("", gate_name()):
        return replace(reference, space=None)
    return reference


def _state(file: Path) -> tuple[int, int] | None:
    try:
        told = file.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size
