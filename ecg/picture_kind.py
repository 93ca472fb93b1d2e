"""Which kind of picture somebody gave: a 12-lead page, or a single beat."""

from typing import Literal

from ecg.page import Page

PictureKind = Literal["page", "beat"]

LARGEST_BEAT = 320  # px: a picture of one beat is not larger


def picture_kind(page: Page) -> PictureKind:
    """ "beat" for a small picture without a trace frame, else "page"."""
    return "beat" if max(page.size) <= LARGEST_BEAT and page.frame is None else "page"
