"""Pictures of one trace: beats are let through, other curves refused, and what is odd is doubted."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.beats.beats import Beats
from ecg.beats.drawing import DRAWING, draw_beat
from ecg.page.page import Page, read_page
from ecg.simulate.record import RecordPlan, simulate_record
from model_registry.errors import WeightsError
from tests.support.project import ROOT
from twelvelead.inference.gate.beat_curve import COLUMNS, read_curve
from twelvelead.inference.gate.beat_shape import FILE, read_shape
from twelvelead.inference.gate.beats import look_at_beat

TIME = np.linspace(0, 1, 192)
CURVES: dict[str, Callable[[], np.ndarray]] = {
    "sine": lambda: np.sin(2 * np.pi * 2 * TIME),
    "parabola": lambda: (TIME - 0.4) ** 2,
    "share price": lambda: np.cumsum(np.random.default_rng(1).normal(0.03, 1, 192)),
    "chirp": lambda: np.sin(2 * np.pi * (2 * TIME + 4 * TIME**2)),
    "straight line": lambda: TIME,
    "damped swing": lambda: np.cos(40 * TIME) * np.exp(-4 * TIME),
}


def page_of(pixels: np.ndarray) -> Page:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return read_page(buffer.getvalue())


def drawn(trace: np.ndarray, line: int = 2, size: tuple[int, int] = (128, 192)) -> np.ndarray:
    return draw_beat(trace.astype(np.float32), replace(DRAWING, line=line, size=size))


def beats(finding: str) -> np.ndarray:
    signal = simulate_record(RecordPlan(finding, 5))
    assert signal.reference is not None
    found = Beats.of(signal, 0, signal.reference.indices)
    return found.windows(DRAWING.window)[2:-2]


@pytest.mark.parametrize("size", [(128, 192), (64, 96), (288, 432), (256, 256)])
def test_a_simulated_beat_is_let_through_in_any_size(size: tuple[int, int]) -> None:
    page = page_of(drawn(beats("sinus_rhythm")[3], size=size))
    assert page.beat
    found = look_at_beat(page)
    assert found.refusals == ()
    assert found.measures["beat_percentile"] <= 100


@pytest.mark.parametrize("finding", ["sinus_rhythm", "pvc", "lbbb", "rbbb", "pac"])
def test_few_simulated_beats_of_any_kind_are_refused(finding: str) -> None:
    shape = read_shape()
    curves = [read_curve(drawn(trace)) for trace in beats(finding)]
    told = [shape.score(curve) > shape.refusal for curve in curves if curve is not None]
    assert len(told) > 30
    assert np.mean(told) <= 0.05


def test_every_sample_beat_is_let_through() -> None:
    files = sorted((ROOT / "static" / "samples" / "beats").rglob("*.png"))
    assert files
    assert [look_at_beat(read_page(file.read_bytes())).refusals for file in files] == [()] * len(
        files
    )


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_that_no_heart_makes_is_refused_as_no_beat(name: str) -> None:
    page = page_of(drawn(CURVES[name](), size=(288, 432)))
    assert page.beat
    (reason,) = look_at_beat(page).refusals
    assert reason.code == "not_a_beat"


def test_between_the_bounds_a_curve_is_doubted_as_unfamiliar() -> None:
    shape = read_shape()
    page = page_of(drawn(beats("sinus_rhythm")[3]))
    score = look_at_beat(page).measures["beat_score"]
    strict = replace(shape, doubt=score - 1, refusal=score + 1)
    found = look_at_beat(page, strict)
    assert [reason.code for reason in found.doubts] == ["unfamiliar_beat"]
    assert found.refusals == ()


def test_a_picture_without_contrast_has_no_curve() -> None:
    assert read_curve(np.full((64, 96), 200, np.uint8)) is None
    assert read_curve(np.zeros((0, 0), np.uint8)) is None


def test_a_curve_is_read_the_same_in_any_size_and_as_a_negative() -> None:
    trace = beats("sinus_rhythm")[3]
    small, large = (
        read_curve(drawn(trace, line, size)) for line, size in ((2, (128, 192)), (4, (256, 384)))
    )
    negative = read_curve(255 - drawn(trace))
    assert small is not None
    assert large is not None
    assert negative is not None
    assert small.shape == (2, COLUMNS)
    assert np.abs(small[0] - large[0]).mean() < 0.03
    assert np.allclose(small, negative, atol=0.02)


def test_a_damaged_file_lets_nothing_through(tmp_path: Path) -> None:
    (tmp_path / "beat_shape.npz").write_bytes(FILE.read_bytes()[:500])
    with pytest.raises(WeightsError, match="fit it anew"):
        read_shape(tmp_path / "beat_shape.npz")


def test_its_file_is_small() -> None:
    assert FILE.stat().st_size < 100_000
