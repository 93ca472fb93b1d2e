"""web.schemas.signals: a recording's JSON in pieces is that of the whole document, in little memory."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.signal.signal import Signal
from tests.support.web.peak_memory import MEGABYTE, STATUS, peak_memory
from twelvelead.inference.beat_predictor import BeatClasses, SignalAnswers
from twelvelead.web.schemas.signals import (
    AT_ONCE,
    SignalPredictions,
    describe_beats,
    write_predictions,
)

LEADS = ('"beats":[]', "V5")


def answered(count: int, models: int = 2) -> SignalAnswers:
    """Beats that so many models were asked about; one more failed."""
    rng = np.random.default_rng(3)
    places = np.cumsum(rng.integers(60, 400, count))
    signal = Signal(np.zeros((1, 400 * count + 400), np.float32), 360.0, LEADS[:1])
    beats = Beats.of(signal, 0, places)
    shares = rng.dirichlet([1, 1, 1], count)
    classes = tuple(
        BeatClasses(f"m{n}", "keras", "onnx", ("N", "S", "V"), shares, 0.6, "ab" * 32, 1.5)
        for n in range(models)
    )
    return SignalAnswers(signal, 0, beats, classes, {"m9": "no"}, (), {"find_beats": 2.0})


@pytest.mark.parametrize("count", [0, 1, 2, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE + 5])
@pytest.mark.parametrize("models", [0, 1, 3])
def test_what_is_written_in_pieces_is_the_whole_document(count: int, models: int) -> None:
    answers = answered(count, models)

    written = write_predictions(answers, LEADS)

    assert SignalPredictions.model_validate(json.loads(written)) == describe_beats(answers, LEADS)
    assert written == describe_beats(answers, LEADS).model_dump_json().encode()


BEFORE = """\
from tests.web.shown.test_signal_documents import answered
from twelvelead.web.schemas.signals import write_predictions

write_predictions(answered(9000), ("II",))
answers = answered(60_000, models=1)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="Linux tells what a process takes")
def test_many_beats_take_little_more_memory_than_their_text(tmp_path: Path) -> None:
    text = len(write_predictions(answered(60_000, models=1), LEADS))

    taken = peak_memory(BEFORE, "write_predictions(answers, ('II',))", tmp_path)

    assert taken <= 2 * text + 15 * MEGABYTE
