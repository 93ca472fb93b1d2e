"""web.shown.drawing: beats as lines, of recordings at any rate that is read."""

from pathlib import Path

import numpy as np
import pytest

from ecg.beats.beats import Beats
from ecg.signal.signal import RATES
from tests.support.web.peak_memory import MEGABYTE, STATUS, peak_memory
from twelvelead.web.shown.drawing import WIDTH, draw_line, draw_png, draw_template

BEFORE = """\
import numpy as np
from ecg.beats.beats import Beats
from twelvelead.web.shown.drawing import draw_template

trace = np.tile(np.sin(np.arange(3000.0) / 480), 1100).astype(np.float32)
beats = Beats(trace, 10_000.0, 3000 * np.arange(5, 1095))
few = Beats(trace[:90_000], 360.0, 300 * np.arange(1, 20))
draw_template(few, np.arange(len(few)))
"""
MEASURED = "draw_template(beats, np.arange(len(beats)))"


def beating(rate: float, count: int = 12) -> Beats:
    """A beat a second, each a bump of 1 mV at its place."""
    times = np.arange(round((count + 1) * rate)) / rate
    trace = np.exp(-(((times + 0.5) % 1 - 0.5) ** 2) / 2e-4).astype(np.float32)
    return Beats(trace, rate, np.round(rate * np.arange(1, count + 1)).astype(np.int64))


def points(path: str) -> list[tuple[float, float]]:
    pairs = [one.split() for one in path.removeprefix("M").split(" L")]
    return [(float(x), float(y)) for x, y in pairs]


def test_it_works() -> None:
    drawn = draw_template(beating(360.0), np.arange(12))

    assert len(points(drawn.line)) == round(0.9 * 360)
    assert drawn.band.endswith(" Z")


@pytest.mark.parametrize("rate", [RATES[0], 360.0, 997.3, RATES[1]])
def test_a_beat_has_its_peak_where_r_is_and_few_points_at_any_rate(rate: float) -> None:
    beats = beating(rate)
    for drawn in (draw_line(beats, 3), draw_template(beats, np.arange(12))):
        line = points(drawn.line)
        x, _ = min(line, key=lambda point: point[1])
        assert len(line) <= 460
        assert x == pytest.approx(WIDTH * 0.35 / 0.9, abs=WIDTH / len(line) + 1)


def test_the_picture_of_a_beat_at_the_highest_rate_is_a_png() -> None:
    assert draw_png(beating(RATES[1]), 0).startswith(b"\x89PNG")


@pytest.mark.skipif(not STATUS.exists(), reason="Linux tells what a process takes")
def test_a_thousand_beats_at_the_highest_rate_are_drawn_in_little_memory(tmp_path: Path) -> None:
    assert peak_memory(BEFORE, MEASURED, tmp_path) <= 40 * MEGABYTE
