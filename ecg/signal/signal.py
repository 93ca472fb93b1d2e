"""An ECG as numbers: leads in millivolts over time, and the beats that somebody marked in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecg.errors import UnknownLead
from ecg.signal.lead_names import list_known

Values = npt.NDArray[np.float32]
SampleIndices = npt.NDArray[np.int64]
RateSource = Literal["file", "asked", "assumed"]

USUAL_RATE = 360.0  # Hz: the MIT-BIH Arrhythmia Database's, taken where nothing tells another
RATES = (50.0, 10_000.0)  # Hz, least and most that is read
MAX_BYTES = 50_000_000
MAX_HOURS = 24.0
MAX_LEADS = 12
USUAL_LEADS = ("MLII", "II", "ECG", "ML2", "LEAD II", "I", "V5")  # the first that is there is read


@dataclass(frozen=True)
class Annotations:
    """Beats that people marked. indices: int64 (n,), samples, rising. symbols: WFDB's, one each."""

    indices: SampleIndices
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Signal:
    """One recording.

    values: float32 (leads, n), mV, finite. rate: Hz. leads: a name for each row of `values`.
    rate_source: whether the file told the rate, somebody asked for it, or the usual one was assumed.
    notes: sentences for people on how it was read. reference: beats that came with it. rows: float32
    (m, 187), where it is no recording but rows of beats, which stand in `values` one after the other.
    """

    values: Values
    rate: float
    leads: tuple[str, ...]
    rate_source: RateSource = "file"
    notes: tuple[str, ...] = ()
    reference: Annotations | None = None
    rows: Values | None = None

    @property
    def seconds(self) -> float:
        return float(self.values.shape[1] / self.rate)

    def find_lead(self, wanted: str | None = None) -> int:
        """The row of the lead with this name, letters' case aside; None: the usual lead for beats.

        Raises UnknownLead naming those that there are.
        """
        names = [name.strip().upper() for name in self.leads]
        if wanted is not None:
            return self._named(wanted, names)
        return next((names.index(name) for name in USUAL_LEADS if name in names), 0)

    def only(self, lead: str | None = None) -> "Signal":
        """The recording with one lead, as `find_lead` finds it, and without the beats marked in it.

        Raises UnknownLead.
        """
        row = self.find_lead(lead)
        kept = self.values[row : row + 1].copy() if len(self.leads) > 1 else self.values
        return replace(self, values=kept, leads=(self.leads[row],), reference=None)

    def _named(self, wanted: str, names: Sequence[str]) -> int:
        if wanted.strip().upper() not in names:
            raise UnknownLead(
                f"There is no such lead in this recording; it has {list_known(self.leads)}."
            )
        return names.index(wanted.strip().upper())
