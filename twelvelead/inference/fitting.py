"""Which models read what, and what a network of beats reads of them."""

import numpy as np

from ecg.beats.beats import EVERY, Beats, RowBeats
from ecg.beats.drawing import draw_beat
from model_registry.entry import ModelEntry, Reads
from model_registry.errors import WrongInput
from model_registry.preprocessing import Tensor
from model_registry.registry import Registry
from model_registry.segments import SegmentReading


def reads_of(registry: Registry, key: str) -> set[Reads]:
    """What a model is given; an ensemble may have members of several kinds."""
    return {network.reads for network in registry.networks(key)}


def beat_models(registry: Registry) -> list[str]:
    """The models that are asked about the beats of a signal, ensembles among them."""
    return [key for key in registry if registry[key].task.subject == "beat"]


def beat_tensors(network: ModelEntry, beats: Beats, some: slice = EVERY) -> Tensor:
    """float32 (n, height, width, channels) for the n beats in `some`: segments, or pictures as in training.

    Raises WrongInput as `check_beats` does.
    """
    check_beats(network, beats)
    reading = network.preprocessing
    if isinstance(reading, SegmentReading):
        return reading(beats, some)
    assert network.drawing is not None  # noqa: S101 - else `check_beats` has raised
    windows = beats.windows(network.drawing.window, some)
    if not len(windows):
        return np.zeros((0, *reading.shape), np.float32)
    return np.stack([reading.prepare(draw_beat(one, network.drawing)) for one in windows])


def check_beats(network: ModelEntry, beats: Beats) -> None:
    """Raises WrongInput for a network of pages, and where beats came as rows and it reads more than those."""
    reading = network.preprocessing
    if network.reads == "page":
        raise reads_pages(network.key)
    reads_rows = isinstance(reading, SegmentReading) and not (reading.window or reading.context)
    if isinstance(beats, RowBeats) and not reads_rows:
        raise WrongInput(
            f"The model '{network.key}' reads a recording: these are rows of single beats. "
            "Choose a model that reads rows of 187 samples, as beat_infarction."
        )


def reads_pages(key: str) -> WrongInput:
    """For a model of pages that is asked about a signal."""
    return WrongInput(
        f"The model '{key}' reads ECG pages, not signals: give it a picture of a page."
    )
