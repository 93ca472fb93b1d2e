"""Pictures of a single beat: what is found out about them before any model of beats is asked."""

from twelvelead.inference.gate.measures import PageMeasures
from twelvelead.inference.gate.network import Seen
from twelvelead.inference.gate.rules import Reasons


def reasons_of_beat(seen: Seen, measures: PageMeasures) -> Reasons:
    """Nothing yet: a lone trace from side to side is taken for a beat."""
    del seen, measures
    return Reasons()
