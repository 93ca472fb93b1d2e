"""A recording's beats as files tell them: with one model's labels, or without any."""

from ecg.beats.beat_files import LabelledBeats
from ecg.beats.beats import EVERY
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Prediction


def labelled(recording: Recording, one: Prediction | None) -> LabelledBeats:
    """The beats with the labels of one model; with none where no model was asked."""
    beats, unread = recording.beats, recording.unread
    found = unread.reasons_of(EVERY, len(beats))
    reasons = tuple(reason.code if reason else "" for reason in found)
    if one is None:
        none = ("",) * len(beats)
        return LabelledBeats(beats.indices, beats.rate, none, reasons=reasons)
    labels = tuple(name or "" for name in one.named())
    return LabelledBeats(beats.indices, beats.rate, labels, one.labels, one.probabilities, reasons)
