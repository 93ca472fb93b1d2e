"""How good a model was measured to be, as its metrics.json tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_registry.entry import Entry

UNKNOWN = -1.0  # below every macro-F1


@dataclass(frozen=True)
class Quality:
    """Held-out figures of one model: macro-F1 (0..1), and how many of each class got which label.

    confusion: by the true label, then by the one that was said; empty where it was not measured.
    """

    macro_f1: float | None = None
    confusion: Mapping[str, Mapping[str, int]] | None = None

    @property
    def rank(self) -> float:
        """What models are ordered by; one that nobody measured comes after all others."""
        return UNKNOWN if self.macro_f1 is None else self.macro_f1

    def found(self, label: str) -> tuple[int, int] | None:
        """How many of a class it finds, and how many there were; None where that is not known."""
        if not self.confusion or label not in self.confusion:
            return None
        row = self.confusion[label]
        return row.get(label, 0), sum(row.values())

    def held(self, label: str) -> tuple[int, int] | None:
        """How often it was right when it said a label, and how often it said it; None as above."""
        if not self.confusion or label not in self.confusion:
            return None
        column = [row.get(label, 0) for row in self.confusion.values()]
        return self.confusion[label].get(label, 0), sum(column)


def quality_of(entry: Entry) -> Quality:
    """The figures of an entry; what metrics.json lacks, or tells in another form, is not known."""
    held_out = (entry.metrics or {}).get("cross_validation")
    if not isinstance(held_out, Mapping):
        return Quality()
    macro_f1 = held_out.get("macro_f1")
    known = float(macro_f1) if isinstance(macro_f1, (int, float)) else None
    return Quality(known, _confusion(held_out))


def _confusion(held_out: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]] | None:
    labels, rows = held_out.get("labels"), held_out.get("confusion")
    if not isinstance(labels, list) or not isinstance(rows, list) or len(rows) != len(labels):
        return None
    if any(not isinstance(row, list) or len(row) != len(labels) for row in rows):
        return None
    if not all(isinstance(count, int) for row in rows for count in row):
        return None
    return {
        str(label): dict(zip(map(str, labels), row, strict=True))
        for label, row in zip(labels, rows, strict=True)
    }
