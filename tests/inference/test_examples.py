"""Each model's own example: read from its folder, and held to the answer that the entry names."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from model_registry.entry import BeatExample, Example, ModelEntry
from model_registry.errors import ModelUnavailable, NoUsableAnswer
from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.models.beat_models import (
    EARLY,
    FACTS,
    NORMAL,
    PICTURE_FACTS,
    BeatFacts,
    make_fake_beat_model,
    simulated,
)
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import Facts
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE
from twelvelead.inference.batch import BeatBatch, PageBatch
from twelvelead.inference.examples import hold, read_beat_example, read_example, read_page_example
from twelvelead.inference.fitting import beat_tensors
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

SIGNAL = simulated(seconds=10, seed=4)
MARKED = SIGNAL.reference.indices if SIGNAL.reference else np.empty(0, np.int64)
EARLY_BEAT = (SIGNAL.reference.symbols if SIGNAL.reference else ()).index("V")


def with_example(facts: BeatFacts, beat: int, answer: tuple[float, ...]) -> BeatFacts:
    text = f"""\
[example]
signal = "example.csv"
rate = 360
beat = {beat}
probabilities = {list(answer)}
"""
    return facts._replace(end=text)


def write_signal(home: Path) -> Path:
    """home/example.csv: SIGNAL with 1 where an R peak is."""
    peaks = np.zeros(SIGNAL.values.shape[1], int)
    peaks[MARKED] = 1
    rows = [f"{v:.4f},{r}" for v, r in zip(SIGNAL.values[0], peaks, strict=True)]
    file = home / "example.csv"
    file.write_text("\n".join(["mV,R", *rows]), encoding="utf-8")
    return file


def make(folder: Path, facts: BeatFacts = FACTS, beat: int = EARLY_BEAT) -> ModelEntry:
    """The entry of a model with an example of one beat, EARLY's by default."""
    home = make_fake_beat_model(folder, "beats", facts)
    write_signal(home)
    for file in home.glob("model.toml"):
        told = with_example(facts, beat, EARLY).end
        file.write_text(file.read_text("utf-8") + told, encoding="utf-8")
    return read_entry(home / "model.toml")


def test_it_works(tmp_path: Path) -> None:
    entry = make(tmp_path)
    assert isinstance(entry.example, BeatExample)
    found = read_beat_example(entry.folder, entry.example)
    beats = found.beats
    assert (beats.rate, found.some) == (360.0, slice(EARLY_BEAT, EARLY_BEAT + 1))
    np.testing.assert_array_equal(beats.indices, MARKED)
    np.testing.assert_allclose(beats.trace, SIGNAL.values[0], atol=1e-4)


@pytest.mark.parametrize("facts", [FACTS, PICTURE_FACTS])
def test_a_network_reads_its_examples_beat_among_the_others(
    tmp_path: Path, facts: BeatFacts
) -> None:
    entry = make(tmp_path, facts)
    beats = Beats(SIGNAL.values[0].round(4), 360.0, MARKED)
    example = read_example(entry)
    assert isinstance(example, BeatBatch)
    (part,) = example.parts(entry)
    (found,), _ = example.read(entry, part)
    np.testing.assert_allclose(found, beat_tensors(entry, beats)[EARLY_BEAT], atol=1e-3)


def test_a_network_without_an_example_reads_none(tmp_path: Path) -> None:
    home = make_fake_beat_model(tmp_path, "beats")
    assert read_example(read_entry(home / "model.toml")) is None


def test_a_model_of_pages_reads_its_picture(tmp_path: Path) -> None:
    end = '[example]\nimage = "page.png"\nprobabilities = [0.1, 0.6, 0.2, 0.1]'
    home = make_fake_model(tmp_path, "pages", Facts(end=end))
    with pytest.raises(ModelUnavailable):
        read_page_example(home, Example(home / "page.png", (1.0,)))
    (home / "page.png").write_bytes(PAGE)
    found = read_example(read_entry(home / "model.toml"))
    assert isinstance(found, PageBatch)
    assert found.sha256 == hashlib.sha256(PAGE).hexdigest()


@pytest.mark.parametrize(
    "text",
    ["", "mV,R\n", "mV,R\n0.1\n", "mV,R\n0.1,x\n", "mV,R\n0.1,1\n0.2,0\n"],
    ids=["empty", "no rows", "one column", "a word", "fewer beats"],
)
def test_an_example_that_cannot_be_read_is_told_with_its_key(tmp_path: Path, text: str) -> None:
    entry = make(tmp_path)
    assert isinstance(entry.example, BeatExample)
    entry.example.signal.write_text(text, encoding="utf-8")
    told = r"beats/model\.toml: key 'example\.signal': example\.csv can't be read as a signal"
    with pytest.raises(ModelUnavailable, match=told):
        read_beat_example(entry.folder, entry.example)


def test_an_example_that_is_gone_is_told(tmp_path: Path) -> None:
    entry = make(tmp_path)
    assert isinstance(entry.example, BeatExample)
    entry.example.signal.unlink()
    with pytest.raises(ModelUnavailable, match="restore it"):
        read_beat_example(entry.folder, entry.example)


def test_an_answer_as_it_should_be_is_held(tmp_path: Path) -> None:
    hold(make(tmp_path), NORMAL, np.array(NORMAL) + 0.0009)


def test_another_answer_is_refused_with_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(NoUsableAnswer, match=r"answers its example with \(0\.0500, 0\.1000, "):
        hold(make(tmp_path), NORMAL, np.array(EARLY))


def test_a_served_model_is_held_to_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    make(tmp_path / "right")
    make(tmp_path / "wrong", beat=EARLY_BEAT + 1)
    predictor = Predictor(read_registry(tmp_path / "right"), Limits(threads=1))
    other = Predictor(read_registry(tmp_path / "wrong"), Limits(threads=1))
    try:
        assert predictor.load("beats") == "fake 1.0"
        with pytest.raises(NoUsableAnswer, match=r"answers its example with \(0\.9000"):
            other.load("beats")
    finally:
        predictor.close()
        other.close()
