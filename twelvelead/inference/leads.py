"""Whether a model of beats was trained on such a lead, this way up; if not, no answer is accepted."""

from ecg.reason import Reason
from ecg.signal.lead_names import meant_lead
from ecg.signal.quality.polarity import MAYBE_DOWN, SURELY_DOWN
from model_registry.entry import Entry

UPRIGHT = {"II", "MLII"}  # in which P, QRS and T point upwards as a rule

UPSIDE_DOWN = Reason(
    "upside_down",
    "P, QRS and T point downwards, other than in lead II as a rule: the electrodes may be swapped, the "
    "lead turned, or it is another lead.",
)
UNLIKE_LEAD = Reason(
    "unlike_lead",
    "The name does not tell which lead this is, and its waves do not all point upwards as in lead II.",
)
UNKNOWN_LEAD = (
    "The name of this lead does not tell which one it is, and the models of beats were trained on one kind "
    "of lead only: of another one their answers may be wrong."
)


def lead_doubts(entry: Entry, name: str, downward: float) -> tuple[Reason, ...]:
    """Why answers about the lead with this name are no more than uncertain.

    downward: how surely its waves point downwards, see `downward_score`. A lead whose name tells nothing is
    doubted for that only, and sooner.
    """
    lead = meant_lead(name)
    if entry.leads and lead and lead not in entry.leads:
        known = " and ".join(entry.leads)
        told = (
            f"This is lead {lead}; the model was trained on {known} only: other leads mislead it."
        )
        return (Reason("other_lead", told),)
    if not entry.leads or not UPRIGHT.issuperset(entry.leads):
        return ()
    if downward > SURELY_DOWN:
        return (UPSIDE_DOWN,)
    return (UNLIKE_LEAD,) if not lead and downward > MAYBE_DOWN else ()


def lead_notes(name: str) -> tuple[str, ...]:
    """What there is to say of a lead whose name tells nothing."""
    return () if meant_lead(name) else (UNKNOWN_LEAD,)
