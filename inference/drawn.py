"""Pages that the project draws, for holding one form of a model to another without a patient's page."""

import io
from collections.abc import Iterator

from ecg.page import Page, read_page
from ecg.paint import paint_page
from ecg.simulate import FINDINGS, simulate

COUNT = 64
FIRST_SEED = 5000  # samples and training use smaller ones
QUALITY = 90  # of the JPEG


def draw_pages(count: int = COUNT) -> Iterator[Page]:
    """Simulated pages of every finding in turn, as JPEG, the same ones each time."""
    findings = [finding for some in FINDINGS.values() for finding in some]
    for number in range(count):
        ecg = simulate(findings[number % len(findings)], seed=FIRST_SEED + number)
        buffer = io.BytesIO()
        paint_page(ecg).save(buffer, "JPEG", quality=QUALITY)
        yield read_page(buffer.getvalue())
