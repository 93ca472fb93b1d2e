"""What is looked at in a page to tell whether a model knows it: computed when first asked for, and once."""

from functools import cached_property

from ecg.page.fingerprint import SHIFTS, projections
from ecg.page.ink import Floats, area_ink
from ecg.page.page import Page
from twelvelead.inference.familiarity.layout import SharedLayout, soften


class Sight:
    """A page's ink, and what it is like."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._scores: dict[str, float] = {}

    @cached_property
    def ink(self) -> Floats:
        """float32 (HEIGHT, WIDTH), 0 paper to 1 ink."""
        return area_ink(self.page)

    @cached_property
    def projected(self) -> Floats:
        """(1, BITS), for its fingerprint."""
        return projections(self.ink)

    @cached_property
    def shifted(self) -> Floats:
        """(15, BITS), the same with the ink moved a little each time."""
        return projections(self.ink, SHIFTS)

    def score(self, layout: SharedLayout) -> float:
        """How far it has a layout, -1 to 1; models that were trained on the same pages share one."""
        if layout.name not in self._scores:
            self._scores[layout.name] = layout.score(self._soft)
        return self._scores[layout.name]

    @cached_property
    def _soft(self) -> Floats:
        return soften(self.ink)
