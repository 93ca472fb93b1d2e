"""Pages and beats that the project draws, for holding one form of a model to another without a patient's."""

import io
from collections.abc import Iterator

import numpy as np

from ecg.beats.beats import Beats
from ecg.page.page import Page, read_page
from ecg.simulate.paint import paint_page
from ecg.simulate.twelve_leads import FINDINGS, simulate

COUNT = 64
LEAD = 1  # lead II, which beat classifiers read
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


def draw_beats() -> Iterator[Beats]:
    """Lead II of a simulated recording of ten seconds for every finding in turn, its beats known."""
    for number, finding in enumerate(finding for some in FINDINGS.values() for finding in some):
        ecg = simulate(finding, seed=FIRST_SEED + number)
        yield Beats(ecg.signals[LEAD], float(ecg.rate), (ecg.r_peaks * ecg.rate).astype(np.int64))
