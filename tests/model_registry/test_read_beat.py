"""Entries of beat models: each key of [segment], [drawing], [example], and what is told of a wrong one."""

from pathlib import Path
from typing import NamedTuple

import pytest

from ecg.beats.beats import Window
from ecg.tasks import BEAT_AAMI_5
from model_registry.entry import BeatExample, ModelEntry
from model_registry.errors import EntryError, WrongInput
from model_registry.read_entry import read_entry
from model_registry.segments import SegmentReading
from tests.support.models.beat_models import PICTURE_FACTS, BeatFacts, write_beat_entry
from tests.support.models.entry_files import KERAS, PYTORCH, changed, write_entry

EXAMPLE = """\
[example]
signal = "example.csv"
rate = 360
beat = 1
probabilities = [0.6, 0.1, 0.1, 0.1, 0.1]
"""
SEGMENTS, PICTURES = BeatFacts(end=EXAMPLE), PICTURE_FACTS._replace(end=EXAMPLE)
BAND = "band = [0.5, 40]"


class Fault(NamedTuple):
    """An entry with `old` replaced by `new` is refused for `key`, and told what would be right."""

    old: str
    new: str
    key: str
    right: str


def read(folder: Path, facts: BeatFacts = SEGMENTS, old: str = "", new: str = "") -> ModelEntry:
    """The entry of `facts`, the text `old` in it replaced by `new`."""
    home = folder / "beats"
    home.mkdir()
    (home / "weights.keras").write_bytes(b"nobody loads these")
    (home / "example.csv").write_text("mV,R\n0,0\n", encoding="utf-8")
    write_beat_entry(home, facts)
    file = home / "model.toml"
    if old:
        file.write_text(changed(file.read_text("utf-8"), old, new), encoding="utf-8")
    return read_entry(file)


def test_it_works(tmp_path: Path) -> None:
    entry = read(tmp_path)
    assert (entry.task, entry.reads) == (BEAT_AAMI_5, "segment")
    assert entry.preprocessing == SegmentReading(
        "window", Window(360.0, 180, 360), "standard", ("rr_before_share",)
    )
    assert entry.drawing is None
    signal = tmp_path / "beats" / "example.csv"
    assert entry.example == BeatExample(signal, 360.0, 1, (0.6, 0.1, 0.1, 0.1, 0.1))


def test_a_band_may_be_given(tmp_path: Path) -> None:
    entry = read(tmp_path, SEGMENTS, "length = 360", f"length = 360\n{BAND}")
    assert isinstance(entry.preprocessing, SegmentReading)
    assert entry.preprocessing.window == Window(360.0, 180, 360, (0.5, 40.0))


def test_rows_need_no_window(tmp_path: Path) -> None:
    rows = SEGMENTS._replace(reads='[segment]\nform = "row"\nscale = "minmax"\n')
    entry = read(tmp_path, rows)
    assert entry.preprocessing == SegmentReading("row", None, "minmax")
    assert entry.preprocessing.shape == (1, 187, 1)


def test_a_model_of_segments_has_no_picture(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="reads beats of a signal, not pictures"):
        _ = read(tmp_path).picture


def test_a_drawing_says_how_beats_become_pictures(tmp_path: Path) -> None:
    entry = read(tmp_path, PICTURES, "size = [128, 192]", "size = [128, 192]\nline = 2\nmargin = 6")
    assert entry.reads == "beat_picture"
    assert entry.drawing is not None
    assert (entry.drawing.window, entry.drawing.size) == (Window(360.0, 180, 360), (128, 192))
    assert (entry.drawing.line, entry.drawing.margin) == (2, 6)
    assert entry.picture.size == (64, 96)


SEGMENT_FAULTS = [
    Fault('form = "window"', 'form = "circle"', "segment.form", "use one of window, row"),
    Fault('form = "window"', "", "segment.form", "is missing"),
    Fault("rate = 360\nbefore", "rate = 10\nbefore", "segment.rate", "a number from 50 to 10000"),
    Fault("length = 360", "length = 8", "segment.length", "give samples, 16 to 8192"),
    Fault("length = 360", "length = 9000", "segment.length", "give samples, 16 to 8192"),
    Fault("length = 360", "length = 1.5", "segment.length", "should be a whole number"),
    Fault("before = 180", "before = 360", "segment.before", "before R, fewer than 'length'"),
    Fault("before = 180", "before = -1", "segment.before", "before R, fewer than 'length'"),
    Fault('"standard"', '"loud"', "segment.scale", "use one of millivolts,"),
    Fault('["rr_before_share"]', '["age"]', "segment.context", "each once, out of rr_before,"),
    Fault('"rr_before_share"', '"rr_after", "rr_after"', "segment.context", "list each once,"),
    Fault("length = 360", "length = 360\nband = [40, 0.5]", "segment.band", "give [low, high] in"),
    Fault("length = 360", "length = 360\nband = [1, 180]", "segment.band", "between 0 and 180"),
    Fault("length = 360", "length = 360\nband = [1]", "segment.band", "give [low, high] in Hz"),
    Fault("length = 360", "length = 360\nwidth = 1", "segment.width", "there is no such key"),
    Fault("[segment]", "[drawing]\n[segment]", "segment", "without 'preprocessing' and 'drawing'"),
]
DRAWING_FAULTS = [
    Fault("[drawing]", "[painting]", "drawing", "is missing"),
    Fault("[128, 192]", "[128]", "drawing.size", "give [height, width] in pixels, 16 to 1024"),
    Fault("[128, 192]", "[8, 192]", "drawing.size", "give [height, width] in pixels, 16 to 1024"),
    Fault("[128, 192]", "[128, 1025]", "drawing.size", "give [height, width] in pixels"),
    Fault("[128, 192]", "[128, 192]\nline = 0", "drawing.line", "its width in pixels, 1 to 16"),
    Fault("[128, 192]", "[128, 192]\nmargin = 64", "drawing.margin", "less than half the height"),
    Fault("[128, 192]", "[128, 192]\nmargin = -1", "drawing.margin", "less than half the height"),
    Fault("length = 360", "length = 1", "drawing.length", "give samples, 16 to 8192"),
    Fault("before = 180\n", "", "drawing.before", "is missing"),
]
EXAMPLE_FAULTS = [
    Fault("example.csv", "other.csv", "example.signal", "name a CSV in this folder"),
    Fault("example.csv", "../beats/example.csv", "example.signal", "name a CSV in this folder"),
    Fault("rate = 360\nbeat", "rate = 1\nbeat", "example.rate", "give a number from 50 to 10000"),
    Fault("beat = 1", "beat = -1", "example.beat", "which of the signal's beats is meant, from 0"),
    Fault("beat = 1", "beat = 100000", "example.beat", "which of the signal's beats is meant"),
    Fault("[0.6, ", "[0.7, ", "example.probabilities", "they add up to 1"),
    Fault("[0.6, 0.1, ", "[0.7, ", "example.probabilities", "give 5, one a label"),
    Fault('signal = "example.csv"\n', "", "example.image", "is missing"),
]


def fault_of(fault: Fault, folder: Path, facts: BeatFacts) -> None:
    with pytest.raises(EntryError) as told:
        read(folder, facts, fault.old, fault.new)
    assert f"beats/model.toml: key '{fault.key}': " in str(told.value)
    assert fault.right in str(told.value)


@pytest.mark.parametrize("fault", SEGMENT_FAULTS, ids=lambda fault: fault.new)
def test_a_segment_that_cannot_be_read_is_told_by_its_key(tmp_path: Path, fault: Fault) -> None:
    fault_of(fault, tmp_path, SEGMENTS)


@pytest.mark.parametrize("fault", DRAWING_FAULTS, ids=lambda fault: fault.new)
def test_a_drawing_that_cannot_be_read_is_told_by_its_key(tmp_path: Path, fault: Fault) -> None:
    fault_of(fault, tmp_path, PICTURES._replace(end=""))


@pytest.mark.parametrize("fault", EXAMPLE_FAULTS, ids=lambda fault: fault.new)
def test_an_example_that_cannot_be_read_is_told_by_its_key(tmp_path: Path, fault: Fault) -> None:
    fault_of(fault, tmp_path, SEGMENTS)


def test_a_model_of_pages_reads_no_segments(tmp_path: Path) -> None:
    facts = SEGMENTS._replace(task="cardiac-page-4", labels=("normal", "history_of_mi"), end="")
    with pytest.raises(EntryError, match="key 'segment': goes with a task about beats"):
        read(tmp_path, facts)


def test_a_model_of_pages_draws_no_beats(tmp_path: Path) -> None:
    text = changed(KERAS, "[preprocessing]", "[drawing]\nrate = 360\n[preprocessing]")
    with pytest.raises(EntryError, match="key 'drawing': goes with a task about beats: leave it"):
        read_entry(write_entry(tmp_path, text))


def test_pytorch_networks_read_no_segments(tmp_path: Path) -> None:
    begin, _, rest = PYTORCH.partition("[preprocessing]")
    text = (
        f'{begin}[segment]\nform = "row"\nscale = "minmax"\n{rest[rest.index("[calibration]") :]}'
    )
    text = changed(text, "cardiac-page-4", "beat-infarction")
    text = changed(text, ', "history_of_mi", "abnormal_heartbeat"', "")
    text = changed(text, "[0.1, 0.2, 0.3, 0.4]", "[0.5, 0.5]")
    with pytest.raises(EntryError, match="the architectures here read pictures; use Keras"):
        read_entry(write_entry(tmp_path, text))
