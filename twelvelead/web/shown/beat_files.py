"""One model's beats as a file: CSV, or WFDB annotations."""

from collections.abc import Mapping
from types import MappingProxyType

from ecg.beats.beat_files import LabelledBeats, beats_atr, beats_csv
from twelvelead.inference.beat_predictor import BeatClasses, SignalAnswers

MEDIA: Mapping[str, str] = MappingProxyType({"csv": "text/csv", "atr": "application/octet-stream"})


def write_beats(answers: SignalAnswers, one: BeatClasses, form: str) -> bytes:
    """The bytes of such a file. Raises NoSymbol for a label that WFDB annotations don't have."""
    beats = LabelledBeats(
        answers.beats.places,
        answers.beats.rate,
        tuple(one.labels[place] for place in one.classes),
        one.labels,
        one.probabilities,
    )
    return beats_csv(beats).encode() if form == "csv" else beats_atr(beats)
