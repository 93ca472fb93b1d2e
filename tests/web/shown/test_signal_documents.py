"""web.schemas.signals: a recording's JSON in pieces is that of the whole document, in little memory."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.signal.signal import Signal
from model_registry.errors import ModelUnavailable
from tests.support.signals.signal_fakes import said_of
from tests.support.web.peak_memory import MEGABYTE, STATUS, peak_memory
from twelvelead.inference.batch import Recording
from twelvelead.inference.decision import Rule
from twelvelead.inference.prediction import Answers, Prediction
from twelvelead.web.schemas.signals import (
    AT_ONCE,
    SignalPredictions,
    describe_beats,
    write_predictions,
)

LEADS = ('"beats":[]', "V5")


def answered(count: int, models: int = 2) -> Answers[Recording]:
    """Beats that so many models were asked about; one more failed."""
    rng = np.random.default_rng(3)
    places = np.cumsum(rng.integers(60, 400, count))
    signal = Signal(np.zeros((1, 400 * count + 400), np.float32), 360.0, LEADS[:1])
    shares = rng.dirichlet([1, 1, 1], count)
    predictions = tuple(
        Prediction(
            model=f"m{n}",
            framework="keras",
            labels=("N", "S", "V"),
            rule=Rule(0.6),
            model_sha256="ab" * 32,
            runtime="onnx",
            probabilities=shares,
            timings_ms={"find_beats": 2.0, "run": 1.5},
        )
        for n in range(models)
    )
    answers = said_of(signal, places, *predictions)
    return replace(answers, errors={"m9": ModelUnavailable("no")})


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
