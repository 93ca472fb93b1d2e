"""One model's beats as a file: CSV, or WFDB annotations."""

from collections.abc import Mapping
from types import MappingProxyType

from ecg.beats.beat_files import beats_atr, beats_csv
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Prediction, labelled

MEDIA: Mapping[str, str] = MappingProxyType({"csv": "text/csv", "atr": "application/octet-stream"})


def write_beats(recording: Recording, one: Prediction, form: str) -> bytes:
    """The bytes of such a file. Raises NoSymbol for a label that WFDB annotations don't have."""
    made = labelled(recording, one)
    return beats_csv(made).encode() if form == "csv" else beats_atr(made)
