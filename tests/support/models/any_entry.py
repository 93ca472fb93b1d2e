"""Entries of every kind for property tests: networks of pages, pictures and segments, and ensembles."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st

from ecg.beats.beats import Window
from ecg.beats.drawing import BeatDrawing
from ecg.beats.rhythm_context import CONTEXTS
from ecg.page.page import Colour
from ecg.signal.lead_names import LEADS
from ecg.tasks import TASKS, Task
from model_registry import Runtime
from model_registry.architectures import ARCHITECTURES
from model_registry.entry import (
    BeatExample,
    EnsembleEntry,
    Entry,
    Example,
    Framework,
    Head,
    ModelEntry,
    Weights,
)
from model_registry.preprocessing import STEPS, Preprocessing, Scale
from model_registry.segments import Form, SegmentReading, SegmentScale

FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
COLOURS: tuple[Colour, ...] = get_args(Colour)
SCALES: tuple[Scale, ...] = get_args(Scale)
FORMS: tuple[Form, ...] = get_args(Form)
HOME = Path("a_model")
DIGEST = "0123456789abcdef" * 4
TITLES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


def entries() -> st.SearchStrategy[Entry]:
    """Any entry that `read_entry` accepts; what it names lies in a folder `a_model`, and isn't there."""
    return st.sampled_from(list(TASKS.values())).flatmap(
        lambda task: st.one_of(_networks(task), _ensembles(task))
    )


@st.composite
def _networks(draw: st.DrawFn, task: Task) -> ModelEntry:
    framework = draw(st.sampled_from(FRAMEWORKS))
    beats = task.subject == "beat"
    segments = beats and framework == "keras" and draw(st.booleans())
    suffix = "keras" if framework == "keras" else "safetensors"
    facts: dict[str, Any] = {"architecture": draw(st.sampled_from(["", "my own"]))}
    if framework == "pytorch":
        facts["architecture"] = draw(st.sampled_from(list(ARCHITECTURES)))
        facts["head"] = draw(_heads(facts["architecture"]))
    return ModelEntry(
        **draw(_described(task)),
        framework=framework,
        output=draw(st.sampled_from(["probabilities", "logits"])),
        weights=Weights(HOME / f"weights.{suffix}", DIGEST),
        preprocessing=draw(_segments())
        if segments
        else draw(_preprocessing(framework == "pytorch")),
        drawing=draw(_drawings()) if beats and not segments else None,
        runtime=draw(st.sampled_from(get_args(Runtime))),
        **facts,
    )


@st.composite
def _ensembles(draw: st.DrawFn, task: Task) -> EnsembleEntry:
    count = draw(st.integers(2, 5))
    weights = draw(st.lists(st.floats(1e-3, 1e3), min_size=count, max_size=count))
    return EnsembleEntry(
        **draw(_described(task)),
        folder=HOME,
        members=tuple(f"member-{number}" for number in range(count)),
        shares=tuple(weight / sum(weights) for weight in weights),
        average=draw(st.sampled_from(["probabilities", "logarithms"])),
        consensus=draw(st.booleans()),
    )


@st.composite
def _described(draw: st.DrawFn, task: Task) -> dict[str, Any]:
    labels = draw(st.permutations(list(task.labels)))[: draw(st.integers(2, len(task.labels)))]
    return {
        "key": HOME.name,
        "title": draw(TITLES),
        "task": task,
        "labels": tuple(labels),
        "leads": draw(_leads()) if task.subject == "beat" else (),
        "temperature": draw(st.floats(0.01, 100)),
        "accept_from": draw(st.floats(0, 1)),
        "accepts": draw(st.booleans()),
        "never": tuple(draw(st.lists(st.sampled_from(labels), unique=True))),
        "keep_from": draw(st.just(()) | st.tuples(*[st.floats(0, 1)] * len(labels))),
        "example": draw(st.none() | _examples(labels)),
    }


def _leads() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(LEADS), unique=True).map(tuple)


@st.composite
def _examples(draw: st.DrawFn, labels: Sequence[str]) -> Example | BeatExample:
    parts = draw(st.lists(st.floats(1e-9, 1), min_size=len(labels), max_size=len(labels)))
    answer = tuple(part / sum(parts) for part in parts)
    if draw(st.booleans()):
        return Example(HOME / "example.png", answer)
    rate, beat = draw(st.floats(50, 10_000)), draw(st.integers(0, 99_999))
    return BeatExample(HOME / "example.csv", rate, beat, answer)


@st.composite
def _heads(draw: st.DrawFn, architecture: str) -> Head:
    facts = ARCHITECTURES[architecture]
    dropout = draw(st.floats(0, 0.95))
    hidden = draw(st.none() | st.lists(st.integers(1, 8192), max_size=3).map(tuple))
    if hidden is None:
        return Head(None, None, dropout)
    chosen = draw(st.sets(st.sampled_from(facts.taps)))
    taps = tuple(layer for layer in facts.taps if layer in chosen)
    cells = st.tuples(st.integers(1, 64), st.integers(1, 64))
    if taps:
        return Head(hidden, draw(cells), dropout, taps)
    return Head(hidden, draw(st.none() | cells) if facts.pools else None, dropout)


@st.composite
def _preprocessing(draw: st.DrawFn, wide: bool) -> Preprocessing:
    """wide: three channels of at least 75 px a side, as the architectures of PyTorch need them."""
    sides = st.integers(75 if wide else 16, 2048)
    colour = draw(st.sampled_from(COLOURS))
    scale = draw(st.sampled_from(SCALES))
    channels = (
        3 if wide or colour == "rgb" or scale == "imagenet" else draw(st.sampled_from([1, 3]))
    )
    steps = draw(st.lists(st.sampled_from(list(STEPS)), max_size=3)) if colour == "grey" else []
    return Preprocessing((draw(sides), draw(sides)), colour, scale, channels, tuple(steps))


@st.composite
def _segments(draw: st.DrawFn) -> SegmentReading:
    form = draw(st.sampled_from(FORMS))
    names = draw(st.lists(st.sampled_from(sorted(CONTEXTS)), unique=True))
    scale = draw(st.sampled_from(get_args(SegmentScale)))
    window = draw(_windows()) if form == "window" else None
    return SegmentReading(form, window, scale, tuple(names), draw(st.booleans()))


@st.composite
def _drawings(draw: st.DrawFn) -> BeatDrawing:
    height, width = draw(st.integers(16, 1024)), draw(st.integers(16, 1024))
    margin = draw(st.integers(0, height // 2 - 1))
    return BeatDrawing(draw(_windows()), (height, width), draw(st.integers(1, 16)), margin)


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    rate, length = draw(st.floats(50, 10_000)), draw(st.integers(16, 8192))
    band = draw(st.none() | st.tuples(st.floats(0.1, 10), st.floats(11, 24)))
    return Window(rate, draw(st.integers(0, length - 1)), length, band)
