"""Whatever files are given as a recording, they are read as one or refused in one sentence."""

import re

import numpy as np
from hypothesis import event, given

from ecg.beats.beats import ROW_LENGTH
from ecg.errors import SignalError
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal
from ecg.signal.signal import MAX_LEADS, RATES, Annotations, Signal
from ecg.signal.wfdb.annotations import read_annotations
from tests.fuzz.damage import CANARY, Files
from tests.fuzz.recordings import asked, recordings
from tests.fuzz.wfdb_records import annotations

SECOND_SENTENCE = re.compile(r"[.!?] +[A-Z]")


def read(files: Files, wanted: ReadOptions) -> Signal | str:
    """The recording, or why it is none."""
    try:
        return read_signal(files, wanted)
    except SignalError as error:
        return str(error)


def assert_sentence(words: str) -> None:
    assert words[:1].isupper(), words
    assert words.endswith("."), words
    assert words.isprintable(), words
    assert CANARY not in words
    assert not SECOND_SENTENCE.search(words), words


def assert_sound(signal: Signal) -> None:
    leads, count = signal.values.shape
    assert signal.values.dtype == np.float32
    assert np.isfinite(signal.values).all()
    assert np.abs(signal.values).max() <= 1000
    assert RATES[0] <= signal.rate <= RATES[1]
    assert len(set(signal.leads)) == leads == len(signal.leads) <= MAX_LEADS
    assert all(name.isprintable() and name for name in signal.leads)
    if signal.rows is not None:
        assert signal.rows.size == count
        assert signal.rows.shape[1] == ROW_LENGTH
    else:
        assert count >= 2 * signal.rate
    if signal.reference is not None:
        assert_within(signal.reference, count)
    for note in signal.notes:
        assert note.isprintable()


def assert_within(marks: Annotations, count: int) -> None:
    assert marks.indices.dtype == np.int64
    assert marks.indices.size == len(marks.symbols)
    assert (np.diff(marks.indices) >= 0).all()
    if marks.indices.size:
        assert marks.indices[0] >= 0
        assert marks.indices[-1] < count
    assert all(symbol.strip() and symbol.isprintable() for symbol in marks.symbols)


@given(files=recordings(), wanted=asked())
def test_every_recording_is_read_or_refused_in_one_sentence(
    files: Files, wanted: ReadOptions
) -> None:
    found = read(files, wanted)

    event("refused" if isinstance(found, str) else "read")
    again = read(files, wanted)
    if isinstance(found, str):
        assert_sentence(found)
        assert again == found
        return
    assert_sound(found)
    assert isinstance(again, Signal)
    assert np.array_equal(again.values, found.values)
    assert (again.rate, again.leads, again.notes) == (found.rate, found.leads, found.notes)


@given(data=annotations())
def test_every_list_of_marks_ends(data: bytes) -> None:
    try:
        marks = read_annotations(data)
    except SignalError as error:
        event("refused")
        words = str(error)
    else:
        event("read")
        words = "Read."
        assert marks.indices.size == len(marks.symbols) <= len(data) // 2
    assert_sentence(words)
