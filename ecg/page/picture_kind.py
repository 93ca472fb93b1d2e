"""Which kind of picture somebody gave: a 12-lead page, or a single beat."""

from typing import Literal

from ecg.page.page import Page

PictureKind = Literal["page", "beat"]


def picture_kind(page: Page) -> PictureKind:
    """ "beat" where a single trace and nothing else is seen, else "page"."""
    return "beat" if page.beat else "page"
