"""The gate: every picture is looked at before any model is asked, whichever models there are."""

from dataclasses import replace

from ecg.page.page import Page
from ecg.reason import Reason
from model_registry.errors import WeightsError
from twelvelead.inference.gate.beats import look_at_beat
from twelvelead.inference.gate.channels import LONG, channels
from twelvelead.inference.gate.finding import Finding
from twelvelead.inference.gate.measures import measure
from twelvelead.inference.gate.network import SeeingNetwork
from twelvelead.inference.gate.rules import reasons_of_page

FINE, COARSE = (1000, 1), (LONG, 1)  # px at least: grey, as the frame is looked for on, and colour


class Gate:
    """An `Examine`. Its network is loaded with the first picture.

    Where the network can't be loaded, nothing is let through: no answer without a gate.
    """

    def __init__(self, network: SeeingNetwork | None = None) -> None:
        self._network = network or SeeingNetwork()

    def __call__(self, page: Page) -> Finding:
        """What is found out about a picture. Raises UnreadablePicture where it turns out to be damaged."""
        grey = page.flat(FINE, "grey")
        seen = channels(grey, page.flat(COARSE, "rgb"))
        measures = measure(page.size, grey, seen)
        try:
            told = self._network(seen)
        except WeightsError as error:
            return Finding((Reason("gate_damaged", f"No picture can be let in: {error}"),))
        numbers = {f"kind_{kind}": round(share, 4) for kind, share in told.kinds.items()}
        numbers |= {"distance": round(told.distance, 3)} | measures.as_dict()
        if page.beat:
            beat = look_at_beat(page)
            return replace(beat, measures=numbers | dict(beat.measures), features=told.features)
        reasons = reasons_of_page(told, measures, page.frame is not None, told.bounds)
        return Finding(reasons.refusals, reasons.doubts, numbers, told.features)
