"""From beats of a signal to what a network reads: segments, or pictures drawn as in training."""

import numpy as np

from ecg.beats.beats import EVERY, Beats, RowBeats
from ecg.beats.drawing import draw_beat
from model_registry.entry import ModelEntry
from model_registry.errors import WrongInput
from model_registry.preprocessing import Tensor
from model_registry.segments import SegmentReading


def beat_tensors(entry: ModelEntry, beats: Beats, some: slice = EVERY) -> Tensor:
    """float32 (n, height, width, channels) for the n beats in `some`, the others being their context.

    Raises WrongInput for a network that reads ECG pages.
    """
    reading = entry.preprocessing
    _check_rows(entry, beats)
    if isinstance(reading, SegmentReading):
        return reading(beats, some)
    if entry.drawing is None:
        raise WrongInput(
            f"The model '{entry.key}' reads ECG pages, not signals: give it a picture of a page."
        )
    windows = beats.windows(entry.drawing.window, some)
    if not len(windows):
        return np.zeros((0, *reading.shape), np.float32)
    return np.stack([reading.prepare(draw_beat(one, entry.drawing)) for one in windows])


def _check_rows(entry: ModelEntry, beats: Beats) -> None:
    """Raises WrongInput where beats came as rows and the network reads more than these hold."""
    reading = entry.preprocessing
    reads_rows = isinstance(reading, SegmentReading) and not (reading.window or reading.context)
    if isinstance(beats, RowBeats) and not reads_rows:
        raise WrongInput(
            f"The model '{entry.key}' reads a recording: these are rows of single beats. "
            "Choose a model that reads rows of 187 samples, as beat_infarction."
        )
