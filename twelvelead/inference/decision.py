"""Whether an answer counts: the one rule, written once (docs/decisions/11-accepted.md).

Refused: nobody was asked. Accepted: there is no doubt about what was given, the model's answers count at
all, its most probable class is none of those that never do and reaches `accept_from`, and no other class
remains that can't be ruled out.
Uncertain: all else, with a reason for each of these that fails.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from ecg.reason import Reason
from model_registry.entry import Entry
from twelvelead.inference.batch import Batch, PageBatch

Shares = npt.NDArray[np.float64]

NEVER = Reason(
    "never_accepted",
    "This model's answers are never accepted: held out, its surest ones were not right often enough, or "
    "its probabilities did not hold.",
)


@dataclass(frozen=True)
class Rule:
    """When a model's answers count.

    accept_from: probability (0..1) of the most probable class from which on they do. keep_from: for each
    class, in the model's order, the probability from which on it can't be ruled out; empty where nobody
    measured that. accepts: False for a model whose answers never count. never: places of labels that
    never count, since too few answers with such a label were right.
    """

    accept_from: float = 0.5
    keep_from: tuple[float, ...] = ()
    accepts: bool = True
    never: tuple[int, ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """What a model's entry says."""
        never = tuple(entry.labels.index(label) for label in entry.never)
        return cls(entry.accept_from, entry.keep_from, entry.accepts, never)

    def kept(self, probabilities: Shares) -> npt.NDArray[np.bool_]:
        """(n, labels) which classes can't be ruled out, the most probable one always among them.

        A prediction set for each row, conformal by class (Vovk, Gammerman & Shafer 2005; Sadinle, Lei &
        Wasserman 2019). probabilities: (n, labels). All False where nobody measured thresholds.
        """
        if not self.keep_from:
            return np.zeros(probabilities.shape, dtype=np.bool_)
        highest = probabilities.max(axis=1, keepdims=True)
        return np.asarray((probabilities >= self.keep_from) | (probabilities == highest))

    def accepted(self, probabilities: Shares) -> npt.NDArray[np.bool_]:
        """(n,) which answers count, of probabilities (n, labels), where nothing else is in doubt."""
        sure = probabilities.max(axis=1, initial=0.0) >= self.accept_from
        counts = ~np.isin(probabilities.argmax(axis=1), self.never) & self.accepts
        return np.asarray(sure & (self.kept(probabilities).sum(axis=1) <= 1) & counts)

    def doubts(self, probabilities: Shares, titles: tuple[str, ...]) -> tuple[Reason, ...]:
        """Why one answer, (labels,), doesn't count; empty where it does. titles: of the classes."""
        if not self.accepts:
            return (NEVER,)
        reasons = []
        highest, place = float(probabilities.max()), int(probabilities.argmax())
        if place in self.never:
            reasons.append(_seldom_right(titles[place]))
        if highest < self.accept_from:
            reasons.append(_unsure(highest, self.accept_from))
        kept = self.kept(probabilities[np.newaxis])[0]
        others = [title for title, is_kept in zip(titles, kept, strict=True) if is_kept]
        if len(others) > 1:
            others.remove(titles[place])
            told = " and ".join(others)
            reasons.append(Reason("not_ruled_out", f"This model can't rule out: {told}."))
        return tuple(reasons)


def _seldom_right(title: str) -> Reason:
    return Reason(
        "label_never_accepted",
        f"This model's '{title}' is never accepted: held out, it was right too seldom when it said so.",
    )


def _unsure(highest: float, accept_from: float) -> Reason:
    decimals = 2 if round(highest, 2) < round(accept_from, 2) else 5  # as many as tell them apart
    return Reason(
        "unsure",
        f"The highest probability is {highest:.{decimals}f}; "
        f"this model's answers count from {accept_from:.{decimals}f}.",
    )


def doubts(batch: Batch, entry: Entry, probabilities: Shares) -> tuple[Reason, ...]:
    """Why answers, (n, labels), are no more than uncertain as a whole.

    What is in doubt about the batch and, of the one answer about a page, what its model's rule says.
    Beats are decided each by itself.
    """
    rule, reasons = Rule.of(entry), batch.doubts(entry, probabilities)
    if isinstance(batch, PageBatch):
        titles = tuple(entry.task.labels[label] for label in entry.labels)
        return reasons + rule.doubts(probabilities[0], titles)
    return reasons if rule.accepts else (*reasons, NEVER)
