"""Records of paced hearts, one by one: few people, so no average would say much."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twelvelead.evaluation.signal_quality.leads import PACED, read_leads
from twelvelead.evaluation.signal_quality.marking import Marking, share

LEAST = 5  # paced beats


def paced_rows(folder: Path, database: str) -> Iterator[list[Any]]:
    """Database, record, paced beats; % of them without a label, and % with that very reason."""
    for lead in read_leads(database, folder):
        if any(span.kind == PACED for span in lead.spans):
            marking = Marking()
            marking.add(lead)
            counts = marking.beats.get(PACED, Counter[str]())
            if sum(counts.values()) >= LEAST:
                told = [f"{100 * one:.0f}" for one in (share(counts), share(counts, "paced"))]
                yield [database, lead.record, sum(counts.values()), *told]
