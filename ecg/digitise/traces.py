"""The traces of a page as numbers: when each lead begins, its millivolts, and a table of them all."""

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Millivolts = npt.NDArray[np.float32]

DECIMALS = 4  # of a mV in the table


@dataclass(frozen=True, eq=False)
class Trace:
    """One lead as far as the page shows it: `millivolts` float32 (n,), finite, from `start` s on."""

    lead: str
    start: float
    millivolts: Millivolts


@dataclass(frozen=True, eq=False)
class Traces:
    """Twelve leads read back from one page, `rate` samples a second.

    All leads share one clock that begins with the page's first column. `rhythm` is the lead of the
    strip below, which the page shows as long as `seconds`; None where the strip is like no lead.
    `notes`: sentences for people on how they were read.
    """

    rate: int
    seconds: float
    traces: tuple[Trace, ...]
    rhythm: str | None
    notes: tuple[str, ...] = ()

    @property
    def leads(self) -> tuple[str, ...]:
        return tuple(trace.lead for trace in self.traces)

    def table(self) -> Millivolts:
        """float32 (leads, samples) in mV, NaN where the page doesn't show a lead."""
        values = np.full((len(self.traces), round(self.seconds * self.rate)), np.nan, np.float32)
        for row, trace in zip(values, self.traces, strict=True):
            first = round(trace.start * self.rate)
            row[first : first + trace.millivolts.size] = trace.millivolts
        return values

    def to_csv(self) -> str:
        """`time_s` and a column of mV for each lead, a row for each sample; empty where not shown."""
        table = self.table().T
        out = io.StringIO()
        out.write(",".join(("time_s", *self.leads)) + "\n")
        for number, row in enumerate(table.tolist()):
            cells = ["" if math.isnan(value) else f"{value:.{DECIMALS}f}" for value in row]
            out.write(",".join((f"{number / self.rate:.3f}", *cells)) + "\n")
        return out.getvalue()
