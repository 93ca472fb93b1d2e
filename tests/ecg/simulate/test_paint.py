"""A painted page shows the signals to scale, inside a frame that the reader finds."""

import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageChops

from ecg.page.frame import Box
from ecg.page.page import read_page
from ecg.simulate.paint import PageLayout, paint_page
from ecg.simulate.twelve_leads import LEADS, Ecg12, simulate

LAYOUT = PageLayout()
INK = 100  # grey levels below are ink, above are grid, border or paper


def flat(heights: dict[str, float], seconds: float = 10.0) -> Ecg12:
    """A recording in which each lead stays where `heights` (mV) puts it, else at 0 mV."""
    levels = np.array([[heights.get(lead, 0.0)] for lead in LEADS], dtype=np.float32)
    signals = np.repeat(levels, round(seconds * 500), axis=1)
    return Ecg12(signals, 500, "flat", np.array([]))


def ink(page: Image.Image, box: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    """Where `box` (left, top, right, bottom) of the page is black: (height, width)."""
    return np.asarray(page.convert("L").crop(box)) < INK


def trace_height(page: Image.Image, row: int, column: int) -> float:
    """Where the trace runs in the middle of a stretch, mV above its baseline."""
    middle = LAYOUT.trace_left + round((column + 0.5) * LAYOUT.column_width)
    baseline = LAYOUT.baseline(row)
    dark = ink(page, (middle, baseline - 130, middle + 40, baseline + 130))
    return float(130 - np.flatnonzero(dark.all(axis=1)).mean()) / 80


def outside(page: Image.Image) -> Image.Image:
    """The page with its trace frame blanked."""
    covered = page.copy()
    covered.paste("white", LAYOUT.frame.as_tuple())
    return covered


def test_it_paints_an_rgb_page() -> None:
    page = paint_page(simulate("sinus_rhythm", seed=1))

    assert page.mode == "RGB"
    assert page.size == (2213, 1572)
    assert ink(page, LAYOUT.frame.as_tuple()).mean() > 0.005


def test_the_same_seed_gives_the_same_page() -> None:
    once, again = (paint_page(simulate("pvc", seed=4)) for _ in range(2))

    assert ImageChops.difference(once, again).getbbox() is None


def test_the_reader_finds_the_frame() -> None:
    buffer = io.BytesIO()
    paint_page(simulate("anterior_stemi", seed=2)).save(buffer, "JPEG", quality=70)
    found = read_page(buffer.getvalue()).frame

    assert found is not None
    assert np.allclose(found.as_tuple(), LAYOUT.frame.as_tuple(), atol=4)


@pytest.mark.parametrize(
    ("lead", "row", "column"),
    [("I", 0, 0), ("aVF", 2, 1), ("V2", 1, 2), ("V6", 2, 3), ("II", 1, 0), ("II", 3, 2)],
)
def test_a_lead_stands_in_its_place_at_ten_mm_a_mv(lead: str, row: int, column: int) -> None:
    page = paint_page(flat({lead: 0.5}))

    assert trace_height(page, row, column) == pytest.approx(0.5, abs=0.02)


def test_a_lead_without_voltage_runs_on_its_baseline() -> None:
    assert trace_height(paint_page(flat({"II": 0.5})), 2, 0) == pytest.approx(0.0, abs=0.02)


def test_the_paper_runs_at_25_mm_a_second() -> None:
    ecg = flat({})
    ecg.signals[LEADS.index("I"), 500] = 1.5  # at 1 s
    page = paint_page(ecg)
    top = LAYOUT.baseline(0) - 110
    spike = ink(page, (LAYOUT.trace_left + 50, top, LAYOUT.trace_left + 480, top + 20))

    assert np.flatnonzero(spike.any(axis=0)).mean() + 50 == pytest.approx(200, abs=2)


def test_each_row_begins_with_a_pulse_of_one_millivolt() -> None:
    page = paint_page(flat({}))
    for row in range(4):
        baseline = LAYOUT.baseline(row)
        area = (LAYOUT.frame.left + 4, baseline - 130, LAYOUT.trace_left - 4, baseline + 50)
        rows = np.flatnonzero(ink(page, area).any(axis=1))
        assert rows[-1] - rows[0] == pytest.approx(80, abs=4)


def test_nothing_outside_the_frame_tells_the_finding() -> None:
    one, other = (paint_page(simulate(name, seed=5)) for name in ("lbbb", "sinus_tachycardia"))

    assert ImageChops.difference(outside(one), outside(other)).getbbox() is None


def test_a_trace_that_leaves_the_frame_is_cut_off() -> None:
    tall, calm = (paint_page(flat({"I": height})) for height in (8.0, 0.0))

    assert ImageChops.difference(outside(tall), outside(calm)).getbbox() is None


def test_a_note_stands_above_the_frame() -> None:
    ecg = flat({})
    changed = ImageChops.difference(paint_page(ecg), paint_page(ecg, note="another note"))
    box = changed.getbbox()

    assert box is not None
    assert box[3] < LAYOUT.frame.top


def test_another_layout_gives_another_look() -> None:
    layout = PageLayout(
        size=(1200, 900), frame=Box(40, 150, 1160, 850), px_per_mm=4, text_size=14, ink=(0, 0, 90)
    )
    page = paint_page(simulate("sinus_rhythm", seed=1), layout=layout)

    assert page.size == (1200, 900)
    colours = [colour for _, colour in page.getcolors(10**6) or []]
    assert (0, 0, 90) in colours
    assert (0, 0, 0) not in colours


def test_a_frame_too_narrow_for_ten_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="800 pixels wide holds no 10"):
        PageLayout(frame=Box(100, 300, 900, 1500))


def test_a_recording_shorter_than_the_page_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the recording has 5\.0 s"):
        paint_page(flat({}, seconds=5.0))


def test_a_recording_without_one_of_the_leads_is_refused() -> None:
    ecg = flat({})
    with pytest.raises(ValueError, match="needs lead V6"):
        paint_page(replace(ecg, signals=ecg.signals[:11], leads=LEADS[:11]))
