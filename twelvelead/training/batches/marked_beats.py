"""Records with the classes of their beats, as one recipe counts them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twelvelead.datasets.pages import Indices
from twelvelead.datasets.records import BeatRecord

LEFT_OUT = -1  # a target: this beat is context for others, and neither trained on nor counted


@dataclass(frozen=True)
class MarkedBeats:
    """A record with the classes of its beats. targets: (m,) index into the labels, or LEFT_OUT."""

    record: BeatRecord
    targets: Indices

    @property
    def counted(self) -> Indices:
        """Indices of the beats that are not left out."""
        return np.flatnonzero(self.targets != LEFT_OUT)

    def only(self, some: npt.NDArray[np.bool_]) -> "MarkedBeats":
        """The same record with all but some beats left out."""
        return MarkedBeats(self.record, np.where(some, self.targets, LEFT_OUT))


def mark(
    records: Sequence[BeatRecord], labels: tuple[str, ...], codes: Mapping[str, str]
) -> list[MarkedBeats]:
    """Records with their beats' targets; beats without one of the labels are left out.

    codes: annotation symbol -> label.
    """
    index = {label: number for number, label in enumerate(labels)}
    targets = [[index.get(label, LEFT_OUT) for label in record.labels(codes)] for record in records]
    return [
        MarkedBeats(record, np.array(some, np.intp))
        for record, some in zip(records, targets, strict=True)
    ]
