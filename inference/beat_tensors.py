"""From beats of a signal to what a network reads: segments, or pictures drawn as in training."""

import numpy as np

from ecg.beat_picture import draw_beat
from ecg.beats import EVERY, Beats
from model_registry.entry import ModelEntry
from model_registry.errors import WrongInput
from model_registry.preprocessing import Tensor
from model_registry.segments import SegmentReading


def beat_tensors(entry: ModelEntry, beats: Beats, some: slice = EVERY) -> Tensor:
    """float32 (n, height, width, channels) for the n beats in `some`, the others being their context.

    Raises WrongInput for a network that reads ECG pages.
    """
    reading = entry.preprocessing
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
