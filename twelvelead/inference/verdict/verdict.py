"""What is to be made of the answers of several models about one page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecg.reason import Decision, Reason


@dataclass(frozen=True)
class Dissent:
    """A model that gives another label than the verdict does.

    weak: it counts for nothing here, since others are measured to be better. sentence: what it says and
    how good it is at telling these two apart.
    """

    model: str
    label: str
    decision: Decision
    weak: bool
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One answer in place of several.

    label, probabilities (0..1 by label): those of the model named by `lead`; None and empty where all
    refused. sentence: the verdict in words. reasons: why it is refused, or no more than uncertain.
    rests_on: the models that had to agree. order: all that answered, the lead first, then by measured
    quality. dissents: who says otherwise, in that order.
    """

    decision: Decision
    sentence: str
    label: str | None = None
    lead: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    rests_on: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    dissents: tuple[Dissent, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "label": self.label,
            "probabilities": dict(self.probabilities),
            "decision": self.decision,
            "sentence": self.sentence,
            "reasons": [reason.message for reason in self.reasons],
            "reason_codes": [reason.code for reason in self.reasons],
            "lead": self.lead,
            "rests_on": list(self.rests_on),
            "order": list(self.order),
            "dissents": [dissent.as_json() for dissent in self.dissents],
        }
