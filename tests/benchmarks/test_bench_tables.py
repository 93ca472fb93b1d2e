"""benchmarks.results.tables: ratios, targets and the table's text, from values made by hand."""

import pytest

from benchmarks.results.plan import FULL
from benchmarks.results.rows import comparisons
from benchmarks.results.tables import (
    MeasuredRow,
    PlannedRow,
    Side,
    Target,
    make_row,
    outcome,
    table,
    target_words,
)
from benchmarks.results.values import Measurements
from tests.support.benchmarks.bench_fakes import measurements_of

OURS, THEIRS = ("ours", "p50_ms"), ("theirs", "p50_ms")
AT_MOST = Target("<=", 1.25)


def compare(target: Target | None = AT_MOST, unit: str = "ms") -> PlannedRow:
    return PlannedRow("one page", unit, Side(*OURS), "speed", Side(*THEIRS), "a rival", target)


def alone(target: Target) -> PlannedRow:
    return PlannedRow("one page", "ms", Side(*OURS), "speed", target=target)


def row_of(ours: list[float], theirs: list[float], target: Target | None = AT_MOST) -> MeasuredRow:
    return make_row(compare(target), measurements_of({OURS: ours, THEIRS: theirs}))


def test_it_works() -> None:
    text = table([row_of([30.0, 32.0, 40.0], [25.0, 32.0, 20.0], Target("<=", 1.25))])

    assert text.splitlines()[2] == (
        "| one page | 32.0 ms | a rival | 25.0 ms | 1.20x (1.00 to 2.00) | at most 1.25x | yes |"
    )


def test_ratios_are_taken_round_by_round_and_not_of_the_medians() -> None:
    ratio = row_of([10.0, 100.0, 30.0], [100.0, 50.0, 10.0]).ratio

    assert ratio is not None
    assert (ratio.middle, ratio.least, ratio.most) == (2.0, 0.1, 3.0)


@pytest.mark.parametrize(
    ("ours", "target", "met"),
    [
        (1.25, Target("<=", 1.25), True),
        (1.26, Target("<=", 1.25), False),
        (0.85, Target(">=", 0.85), True),
        (0.84, Target(">=", 0.85), False),
        (9.0, None, None),
    ],
)
def test_a_target_is_met_up_to_its_bound(
    ours: float, target: Target | None, met: bool | None
) -> None:
    assert row_of([ours], [1.0], target).met is met


def test_a_missed_target_is_shown_as_missed() -> None:
    row = row_of([3.0], [1.0])

    assert outcome(row) == "**missed**"
    assert "| at most 1.25x | **missed** |" in table([row])


def test_without_a_target_nothing_is_said_to_be_met() -> None:
    assert table([row_of([3.0], [1.0], None)]).endswith("| 3.00x (3.00 to 3.00) | - | - |")


def test_a_value_of_its_own_is_held_to_a_target_in_its_unit() -> None:
    row = make_row(alone(Target("<=", 50)), measurements_of({OURS: [60.0, 70.0, 40.0]}))

    assert (row.ours, row.met, target_words(row)) == (60.0, False, "at most 50.0 ms")


def test_a_system_that_was_not_measured_is_no_missed_target_but_a_reason() -> None:
    measurements = measurements_of({OURS: [3.0]})
    measurements.missing["theirs"] = "it can't be | installed"
    row = make_row(compare(), measurements)

    assert row.met is None
    assert table([row]).endswith("| not measured: it can't be / installed |")


def test_a_part_that_nobody_asked_for_is_told_as_left_out() -> None:
    assert outcome(make_row(compare(), Measurements())) == "not measured: left out of this run"


def test_a_round_in_which_one_side_is_missing_does_not_count() -> None:
    row = row_of([10.0, 20.0], [10.0])

    assert row.ratio is not None
    assert row.ratio.most == 1.0


def test_a_figure_is_looked_up_where_it_was_measured() -> None:
    measurements = measurements_of({OURS: [7.0]}, at=64)

    assert measurements.middle(*OURS) is None
    assert measurements.middle(*OURS, at=64) == 7.0
    assert measurements.places(*OURS) == [64]


def test_every_row_of_the_real_table_can_be_shown_without_any_figure() -> None:
    rows = [make_row(one, Measurements()) for one in comparisons(FULL, models=6)]

    assert all(row.met is None for row in rows)
    assert len({row.comparison for row in rows}) == len(rows)
    lines = table(rows).splitlines()
    assert {line.count("|") for line in lines} == {8}
    for told in ("at most 1.25x", "at least 6x", "at most 0.35x", "at most 700 MB", "6 models"):
        assert any(told in line for line in lines)
