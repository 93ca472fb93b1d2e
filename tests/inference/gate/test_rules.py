"""inference.gate: a rule for each reason."""

from dataclasses import replace

import numpy as np
import pytest

from twelvelead.inference.gate.grid import Grid
from twelvelead.inference.gate.kinds import KINDS, Kind
from twelvelead.inference.gate.measures import PageMeasures
from twelvelead.inference.gate.network import Bounds, Seen
from twelvelead.inference.gate.rules import Reasons, reasons_of_page

BOUNDS = Bounds(far=10.0, very_far=20.0)
GRID, NO_GRID = Grid((5.0, 5.0), (0.5, 0.5)), Grid((0.0, 0.0), (0.0, 0.0))
PAGE = PageMeasures(
    size=(2213, 1572),
    brightness=255.0,
    contrast=1.0,
    sharpness=0.9,
    grid=GRID,
    rows=5,
    covered=1.0,
    aligned=0.8,
    redness=0.1,
    running_over=0,
)


def seen(kind: Kind, distance: float = 1.0, share: float = 0.96) -> Seen:
    """The network is sure of a kind, by `share`."""
    kinds = dict.fromkeys(KINDS, (1 - share) / (len(KINDS) - 1)) | {kind: share}
    return Seen(kinds, np.zeros(64, np.float32), distance)


def reasons(what: Seen, measures: PageMeasures = PAGE, framed: bool = True) -> Reasons:
    return reasons_of_page(what, measures, framed, BOUNDS)


def refusals(what: Seen, measures: PageMeasures = PAGE) -> list[str]:
    return [one.code for one in reasons(what, measures).refusals]


def doubts(what: Seen, measures: PageMeasures = PAGE, framed: bool = True) -> list[str]:
    return [one.code for one in reasons(what, measures, framed).doubts]


def test_nothing_is_said_of_a_usual_page() -> None:
    assert reasons(seen("page")) == Reasons()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("none", "no_ecg"),
        ("strip", "not_12_lead"),
        ("beat", "not_12_lead"),
        ("empty", "empty_grid"),
    ],
)
def test_what_is_no_12_lead_page_is_refused(kind: Kind, code: str) -> None:
    assert refusals(seen(kind)) == [code]


def test_a_strip_and_a_beat_are_offered_what_fits_them() -> None:
    strip, beat = (reasons(seen(kind)).refusals[0].message for kind in ("strip", "beat"))
    assert "/signals" in strip
    assert "models of beats" in beat


def test_what_is_very_far_from_all_ecgs_is_none_however_sure_the_network_is() -> None:
    assert refusals(seen("page", distance=21.0)) == ["no_ecg"]


def test_a_page_unlike_all_known_ones_is_doubted_not_refused() -> None:
    assert doubts(seen("page", distance=11.0)) == ["unknown_layout"]
    assert refusals(seen("page", distance=11.0)) == []


def test_what_is_hardly_a_page_is_doubted_and_what_is_less_so_is_refused() -> None:
    assert doubts(seen("page", share=0.75), framed=False) == ["unknown_layout"]
    told = reasons(seen("page", share=0.6), framed=False)
    assert [one.code for one in told.refusals] == ["unclear"]


def test_what_may_be_an_ecg_is_not_told_to_be_none() -> None:
    kinds = dict.fromkeys(KINDS, 0.0) | {"none": 0.6, "page": 0.4}
    assert refusals(replace(seen("none"), kinds=kinds), replace(PAGE, rows=2)) == ["unclear"]


def test_frame_grid_and_rows_of_traces_speak_for_a_page() -> None:
    assert reasons(seen("page", share=0.3)) == Reasons()
    assert doubts(seen("none", share=0.5)) == ["unknown_layout"]
    for one in ({"grid": NO_GRID}, {"rows": 2}, {"covered": 0.6}, {"aligned": 0.1}):
        assert refusals(seen("page", share=0.3), replace(PAGE, **one)) == ["unclear"]


def test_what_nobody_could_read_is_refused_before_anything_else() -> None:
    assert refusals(seen("none"), replace(PAGE, size=(150, 120))) == ["too_small"]
    assert refusals(seen("none"), replace(PAGE, brightness=20.0)) == ["too_dark"]


def test_a_blurred_ecg_is_told_to_be_blurred_and_no_ecg_is_none() -> None:
    blurred = replace(PAGE, sharpness=0.05)
    assert refusals(seen("page"), blurred) == ["too_blurred"]
    assert refusals(seen("none", share=0.8), blurred) == ["too_blurred"]
    assert refusals(seen("none", share=0.99), blurred) == ["no_ecg"]


def test_without_a_frame_a_missing_grid_and_traces_that_run_over_are_doubts() -> None:
    bare = replace(PAGE, grid=NO_GRID, running_over=3)
    assert doubts(seen("page"), bare, framed=False) == ["grid_not_found", "cut_off"]
    assert doubts(seen("page"), bare, framed=True) == []
