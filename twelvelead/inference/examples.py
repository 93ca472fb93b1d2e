"""Each model's own example: what it is asked, and whether it is answered as the entry says."""

from pathlib import Path

import numpy as np

from ecg.beats.beats import Beats
from ecg.errors import PageError
from ecg.page.page import Page, read_page
from model_registry.entry import BeatExample, Entry, Example
from model_registry.errors import ModelUnavailable, NoUsableAnswer, named
from twelvelead.inference.batch import BeatBatch, PageBatch
from twelvelead.inference.prediction import Probabilities

TOLERANCE = 1e-3  # of a probability


def read_page_example(folder: Path, example: Example) -> Page:
    """The example's picture. Raises ModelUnavailable."""
    try:
        return read_page(example.image.read_bytes())
    except (PageError, OSError) as error:
        raise ModelUnavailable(
            f"{named(folder / 'model.toml')}: key 'example.image': "
            f"{example.image.name} can't be read as a page; restore it."
        ) from error


def read_beat_example(folder: Path, example: BeatExample) -> BeatBatch:
    """The beat that is meant among those of the example's signal. Raises ModelUnavailable.

    The file has a line of names, then in each line a value in mV and 1 where an R peak is, else 0.
    """
    try:
        lines = example.signal.read_text(encoding="utf-8").split("\n")[1:]
        rows = [line for line in lines if line.strip()]
        if not rows:
            raise ValueError("it holds no samples")  # numpy would warn and go on
        table = np.loadtxt(rows, delimiter=",", ndmin=2)
        indices = np.flatnonzero(table[:, 1])
        if not example.beat < len(indices):
            raise ValueError("it has fewer beats")
    except (OSError, ValueError, IndexError) as error:
        raise ModelUnavailable(
            f"{named(folder / 'model.toml')}: key 'example.signal': "
            f"{example.signal.name} can't be read as a signal with its beats; restore it."
        ) from error
    beats = Beats(table[:, 0].astype(np.float32), example.rate, indices)
    return BeatBatch(beats, slice(example.beat, example.beat + 1))


def read_example(entry: Entry) -> PageBatch | BeatBatch | None:
    """What a model is asked by its example; None without one. Raises ModelUnavailable."""
    if isinstance(entry.example, BeatExample):
        return read_beat_example(entry.folder, entry.example)
    if entry.example is None:
        return None
    return PageBatch(read_page_example(entry.folder, entry.example))


def hold(entry: Entry, wanted: tuple[float, ...], found: Probabilities) -> None:
    """Raises NoUsableAnswer where an example is answered otherwise than it should, by over 1e-3."""
    if np.abs(found - wanted).max() > TOLERANCE:
        told = ", ".join(f"{p:.4f}" for p in found)
        raise NoUsableAnswer(
            f"{named(entry.folder / 'model.toml')}: the model answers its example with ({told}), "
            "not with 'example.probabilities': weights, preprocessing or labels are not those "
            "that it was made with."
        )
