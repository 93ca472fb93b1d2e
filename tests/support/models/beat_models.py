"""Models of beats for tests, fake and tiny ones, and simulated recordings that they can be asked about.

Of both kinds: such as read segments of a signal, and such as read pictures of beats. The tiny ones are
made by Keras, in a process of its own, as those of `tests.support.models.tiny_models` are.
"""

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ecg.beats.beats import Beats, Window
from ecg.beats.drawing import BeatDrawing, draw_beat
from ecg.signal.signal import Annotations, Signal
from ecg.simulate.twelve_leads import simulate
from tests.support.models.fake_framework import EARLY as EARLY_SHARE
from tests.support.models.tiny_models import run_python

BEAT_LABELS = ("N", "S", "V", "F", "Q")
NORMAL, EARLY = (0.9, 0.04, 0.03, 0.02, 0.01), (0.05, 0.1, 0.8, 0.03, 0.02)  # in that order
LENGTH, SIZE = 360, (64, 96)  # samples of a segment, (height, width) that a picture is read in
DRAWING = BeatDrawing(Window(360.0, 180, 360), (128, 192))
II = 1  # lead II of what `ecg.simulate.twelve_leads` gives

SEGMENT = """\
[segment]
form = "window"
rate = 360
before = 180
length = 360
scale = "standard"
context = ["rr_before_share"]
"""
PICTURE = f"""\
[preprocessing]
size = [{SIZE[0]}, {SIZE[1]}]
colour = "grey"
channels = 1
scale = "rescale"

[drawing]
rate = 360
before = 180
length = 360
size = [128, 192]
"""


class BeatFacts(NamedTuple):
    """What a beat model's entry says; `reads` is SEGMENT or PICTURE, `end` goes to its end."""

    reads: str = SEGMENT
    labels: tuple[str, ...] = BEAT_LABELS
    task: str = "beat-aami-5"
    end: str = ""


FACTS = BeatFacts()
ROWS = """\
[segment]
form = "row"
scale = "minmax"
"""
PICTURE_FACTS = BeatFacts(PICTURE)
ROW_FACTS = BeatFacts(ROWS)


def make_fake_beat_model(
    folder: Path, key: str = "beats", facts: BeatFacts = FACTS, **says: Any
) -> Path:
    """A model on the fake framework: NORMAL for a beat, EARLY for one 15 % early; that folder.

    One that reads pictures sees no rhythm, and answers NORMAL unless `says` has other outputs.
    """
    home = Path(folder, key)
    home.mkdir(parents=True)
    told = {"outputs": NORMAL} | ({"early": EARLY} if "context" in facts.reads else {}) | says
    (home / "weights.keras").write_text(json.dumps(told), encoding="utf-8")
    write_beat_entry(home, facts)
    return home


def make_keras_beat_model(folder: Path, key: str = "tiny_beats", facts: BeatFacts = FACTS) -> Path:
    """A tiny Keras model, softmax, of segments or of pictures; folder/key."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    shape = (1, LENGTH, 2) if facts.reads == SEGMENT else (*SIZE, 1)
    run_python(
        "-m", "tests.support.models.beat_models", home / "weights.keras", len(facts.labels), *shape
    )
    write_beat_entry(home, facts)
    return home


def make_beat_ensemble(folder: Path, key: str, members: tuple[str, ...]) -> Path:
    """Folder/key of an ensemble that averages models of the five classes."""
    home = Path(folder, key)
    home.mkdir(parents=True)
    text = f"""\
title = "Averaged beats"
task = "beat-aami-5"
framework = "ensemble"
labels = {json.dumps(BEAT_LABELS)}

[ensemble]
members = {json.dumps(members)}
"""
    (home / "model.toml").write_text(text, encoding="utf-8")
    return home


def write_beat_entry(home: Path, facts: BeatFacts = FACTS) -> None:
    """Writes home/model.toml for the weights.keras that lies there."""
    digest = hashlib.sha256((home / "weights.keras").read_bytes()).hexdigest()
    text = f"""\
title = "A beat model"
task = "{facts.task}"
framework = "keras"
labels = {json.dumps(facts.labels)}
output = "probabilities"

[weights]
file = "weights.keras"
sha256 = "{digest}"

{facts.reads}
{facts.end}
"""
    (home / "model.toml").write_text(text, encoding="utf-8")


def simulated(finding: str = "pvc", seconds: float = 30.0, seed: int = 1) -> Signal:
    """Lead II of a simulated recording at 360 Hz, in mV, its beats marked: V where early, else N.

    With "pvc" every third to fifth beat comes early.
    """
    ecg = simulate(finding, seed=seed, seconds=seconds, rate=360)
    indices = np.round(ecg.r_peaks * ecg.rate).astype(np.int64)
    beats = Beats(ecg.signals[II], float(ecg.rate), indices)
    early = beats.rr_before < EARLY_SHARE * beats.usual_rr
    marked = Annotations(indices, tuple("V" if one else "N" for one in early))
    return Signal(ecg.signals[II : II + 1], float(ecg.rate), ("II",), reference=marked)


def simulated_csv(finding: str = "pvc", seconds: float = 30.0, seed: int = 1) -> bytes:
    """The same as a table of seconds and millivolts."""
    signal = simulated(finding, seconds, seed)
    rows = [
        f"{number / signal.rate:.6f},{value:.4f}" for number, value in enumerate(signal.values[0])
    ]
    return "\n".join(["time (s),II (mV)", *rows, ""]).encode()


def beat_picture(finding: str = "pvc", beat: int = 3) -> bytes:
    """PNG of one simulated beat, drawn as the models here read them."""
    signal = simulated(finding)
    marked = signal.reference
    assert marked is not None
    (trace,) = Beats.of(signal, 0, marked.indices).windows(DRAWING.window, slice(beat, beat + 1))
    buffer = io.BytesIO()
    Image.fromarray(draw_beat(trace, DRAWING)).save(buffer, "PNG")
    return buffer.getvalue()


def _save(file: Path, labels: int, shape: tuple[int, int, int]) -> None:
    import keras

    keras.utils.set_random_seed(7)
    pool = keras.layers.AveragePooling2D((min(shape[0], 4), 4))
    ending = [keras.layers.Flatten(), keras.layers.Dense(labels, activation="softmax")]
    keras.Sequential([keras.Input(shape), pool, *ending]).save(file)


if __name__ == "__main__":
    target, outputs, height, width, channels = sys.argv[1:]
    _save(Path(target), int(outputs), (int(height), int(width), int(channels)))
