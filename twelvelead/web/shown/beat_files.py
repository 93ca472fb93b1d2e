"""One model's beats as a file: CSV, or WFDB annotations."""

from collections.abc import Mapping
from types import MappingProxyType

from ecg.beats.beat_files import LabelledBeats, beats_atr, beats_csv
from ecg.beats.beats import Beats
from twelvelead.inference.prediction import Prediction

MEDIA: Mapping[str, str] = MappingProxyType({"csv": "text/csv", "atr": "application/octet-stream"})


def write_beats(beats: Beats, one: Prediction, form: str) -> bytes:
    """The bytes of such a file. Raises NoSymbol for a label that WFDB annotations don't have."""
    made = LabelledBeats(
        beats.indices,
        beats.rate,
        tuple(one.labels[place] for place in one.classes),
        one.labels,
        one.probabilities,
    )
    return beats_csv(made).encode() if form == "csv" else beats_atr(made)
