"""Traces drawn on a page come back as millivolts, and what can't be read is refused."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.digitise.digitise import find_rhythm, read_traces
from ecg.digitise.traces import Trace, Traces
from ecg.errors import UnreadableTraces
from ecg.page.page import read_page
from ecg.simulate.paint import PageLayout, paint_page
from ecg.simulate.twelve_leads import LEADS, Ecg12, simulate
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.evaluation.digitise_figures import snr

LAYOUT = PageLayout()
FLOOR = 15.0  # dB; 18 to 31 were measured


@cache
def recording(finding: str = "sinus_rhythm", seed: int = 3) -> Ecg12:
    return simulate(finding, seed=seed)


@cache
def clean(finding: str = "sinus_rhythm", seed: int = 3) -> Image.Image:
    return paint_page(recording(finding, seed))


def read(page: Image.Image) -> Traces:
    return read_traces(read_page(encode(page, compress_level=1)))


def ratios(found: Traces, ecg: Ecg12) -> dict[str, float]:
    """dB of each lead against what was drawn."""
    kept = {}
    for trace in found.traces:
        first = round(trace.start * found.rate)
        truth = ecg.signals[ecg.leads.index(trace.lead)][first : first + trace.millivolts.size]
        kept[trace.lead] = snr(truth, trace.millivolts)
    return kept


def inside(page: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The page with a white rectangle, in px from the frame's left top."""
    covered = page.copy()
    left, top = LAYOUT.frame.left, LAYOUT.frame.top
    moved = (box[0] + left, box[1] + top, box[2] + left, box[3] + top)
    ImageDraw.Draw(covered).rectangle(moved, fill="white")
    return covered


@pytest.mark.parametrize("finding", ["sinus_rhythm", "pvc", "anterior_stemi"])
def test_a_clean_page_comes_back(finding: str) -> None:
    found = read(clean(finding))

    assert found.leads == LEADS
    assert found.rate == 500
    assert found.rhythm == "II"
    assert found.notes == ()
    assert min(ratios(found, recording(finding)).values()) > FLOOR


def test_each_lead_comes_when_the_page_shows_it() -> None:
    table = read(clean()).table()
    shown = {lead: np.flatnonzero(np.isfinite(row)) for lead, row in zip(LEADS, table, strict=True)}

    assert table.shape == (12, 5000)
    assert (shown["I"][0], shown["I"][-1]) == (0, 1249)
    assert (shown["aVR"][0], shown["aVR"][-1]) == (1250, 2499)
    assert (shown["V6"][0], shown["V6"][-1]) == (3750, 4999)
    assert shown["II"].size == 5000


def test_millivolts_count_from_the_foot_of_the_pulse() -> None:
    signals = np.full((12, 5000), 0.5, np.float32)
    signals[LEADS.index("V1")] = -0.25
    found = read(paint_page(Ecg12(signals, 500, "flat", np.zeros(0))))

    levels = {trace.lead: float(np.median(trace.millivolts)) for trace in found.traces}
    assert levels["V5"] == pytest.approx(0.5, abs=0.01)
    assert levels["V1"] == pytest.approx(-0.25, abs=0.01)


def test_the_same_page_gives_the_same_numbers() -> None:
    once, again = read(clean()).table(), read(clean()).table()

    assert np.array_equal(once, again, equal_nan=True)


def test_a_jpeg_and_half_the_resolution_still_come_back() -> None:
    page = clean()
    small = page.resize((page.width // 2, page.height // 2), Image.Resampling.BILINEAR)
    for data, floor in ((encode(page, "JPEG", quality=75), 15.0), (encode(small), 8.0)):
        known = ratios(read_traces(read_page(data)), recording()).values()
        assert min(known) > floor
        assert np.median(list(known)) > 15.0


def test_rows_that_reach_into_each_other_are_told_apart() -> None:
    ecg = recording()
    signals = ecg.signals.copy()
    signals[LEADS.index("V2")] *= 3
    tall = replace(ecg, signals=signals)

    assert min(ratios(read(paint_page(tall)), tall).values()) > 12.0


def test_a_strip_of_another_lead_is_known_by_its_trace() -> None:
    rng = np.random.default_rng(1)
    strip = rng.normal(size=5000).astype(np.float32)
    other = rng.normal(size=1250).astype(np.float32)
    own = strip[2500:3750] + 0.1 * other

    assert find_rhythm([Trace("I", 0.0, other), Trace("V1", 5.0, own)], strip) == "V1"
    assert find_rhythm([Trace("I", 0.0, other)], strip) is None


def test_a_strip_like_no_lead_is_left_out_and_said_so() -> None:
    box = LAYOUT.frame
    page = clean()
    strip = (box.left + 10, box.top + 970, box.right, box.bottom)
    mixed = paint_page(recording("lbbb", 9))
    mixed.paste(page.crop(strip), strip[:2])
    found = read(mixed)

    assert found.rhythm is None
    assert "agrees with none of the leads" in found.notes[0]
    assert found.traces[LEADS.index("II")].millivolts.size == 1250


def test_a_trace_that_leaves_the_frame_is_said_to_be_cut_off() -> None:
    signals = recording().signals.copy()
    signals[LEADS.index("I")] *= 8
    found = read(paint_page(replace(recording(), signals=signals)))

    assert found.notes == ("Lead I leaves the frame: its peaks are cut off.",)


def test_a_page_without_a_frame_is_refused() -> None:
    with pytest.raises(UnreadableTraces, match=r"No trace frame was found.*with a trace frame"):
        read(draw_page(frame=False))


def test_a_page_turned_by_a_degree_is_turned_back() -> None:
    found = read(clean().rotate(1, Image.Resampling.BILINEAR, fillcolor="white"))

    assert found.leads == LEADS
    assert min(ratios(found, recording("sinus_rhythm")).values()) > 0.7 * FLOOR


def test_a_page_of_few_pixels_is_refused() -> None:
    page = clean()
    with pytest.raises(UnreadableTraces, match=r"frame is \d+ pixels wide; .* at least 800"):
        read(page.resize((page.width // 3, page.height // 3), Image.Resampling.BILINEAR))


def test_a_frame_without_a_trace_is_refused() -> None:
    page = Image.new("RGB", (1600, 1120), "white")
    ImageDraw.Draw(page).rectangle((80, 140, 1520, 1000), outline="pink", width=3)
    with pytest.raises(UnreadableTraces, match="no black trace"):
        read(page)


def test_a_page_without_a_grid_is_refused() -> None:
    pixels = np.asarray(clean()).copy()
    pixels[np.ptp(pixels, axis=2) > 10] = 255
    page = Image.fromarray(pixels)
    box = LAYOUT.frame
    outline = (box.left - 3, box.top - 3, box.right + 2, box.bottom + 2)
    ImageDraw.Draw(page).rectangle(outline, outline="pink", width=3)
    with pytest.raises(UnreadableTraces, match="No grid of millimetres"):
        read(page)


def test_a_page_of_another_layout_is_refused() -> None:
    with pytest.raises(UnreadableTraces, match="calibration pulses were found, not 4"):
        read(inside(clean(), (20, 780, 84, 815)))


def test_a_page_without_lines_between_the_leads_is_refused() -> None:
    line = LAYOUT.trace_left - LAYOUT.frame.left + LAYOUT.column_width
    with pytest.raises(UnreadableTraces, match="2 upright lines between the leads"):
        read(inside(clean(), (line - 4, 300, line + 4, 400)))


def test_a_page_at_another_gain_is_refused() -> None:
    page = clean()
    box = LAYOUT.frame
    left = (box.left + 20, box.top + 100, box.left + 84, box.bottom - 20)
    squeezed = page.crop(left).resize((64, round(0.9 * (left[3] - left[1]))))
    page = inside(page, (20, 100, 84, box.height - 20))
    page.paste(squeezed, left[:2])
    with pytest.raises(UnreadableTraces, match="pulses are not 10 mm high on the grid"):
        read(page)


def test_a_page_at_another_speed_is_refused() -> None:
    page = clean()
    narrow = page.resize((round(0.85 * page.width), page.height), Image.Resampling.LANCZOS)
    with pytest.raises(UnreadableTraces, match="No grid of millimetres"):
        read(narrow)


def test_lines_at_uneven_distances_are_refused() -> None:
    page = clean()
    line = LAYOUT.trace_left + LAYOUT.column_width
    top, bottom = LAYOUT.baseline(0) - 48, LAYOUT.baseline(2) + 40
    page = inside(page, (line - LAYOUT.frame.left - 2, 100, line - LAYOUT.frame.left + 2, 900))
    ImageDraw.Draw(page).line((line + 60, top, line + 60, bottom), fill="black", width=3)
    with pytest.raises(UnreadableTraces, match="not evenly spaced"):
        read(page)


def test_a_trace_with_gaps_is_refused() -> None:
    with pytest.raises(UnreadableTraces, match="The trace of V4 has gaps"):
        read(inside(clean(), (1700, 20, 1800, 330)))
