"""The evaluation of straightening: its shares, its halves, its changes, on drawn pages."""

import math
from pathlib import Path

import numpy as np
import pytest

from model_registry.registry import read_registry
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import FakePredictor
from twelvelead.evaluation.straightening import (
    CHANGES,
    ask,
    changed_pages,
    half_of,
    interval,
    measure_times,
    summarise,
    table,
)

PAGE = encode(draw_page((1000, 700)))


def test_an_interval_holds_its_share() -> None:
    share, low, high = interval(97, 100)

    assert share == 0.97
    assert (low, high) == pytest.approx((0.9155, 0.9897), abs=1e-3)
    assert interval(0, 10)[1] == 0
    assert interval(10, 10)[2] == 1
    assert all(math.isnan(one) for one in interval(0, 0))


def test_patients_lie_on_one_of_two_halves() -> None:
    halves = [half_of(str(number)) for number in range(200)]

    assert 60 < halves.count("tune") < 140
    assert halves == [half_of(str(number)) for number in range(200)]


def test_each_change_is_drawn_by_its_seed() -> None:
    once, again = dict(changed_pages(PAGE, 1)), dict(changed_pages(PAGE, 1))

    assert list(once) == list(CHANGES)
    assert once == again


def test_the_table_counts_labels_and_decisions(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir))
    keys = list(predictor.registry)[:1]
    rows = summarise(list(ask(predictor, keys, iter([PAGE]))))

    assert [row.change for row in rows] == list(CHANGES)
    assert all(row.same[0] == 1 for row in rows)
    assert table(rows).count("\n") == 1 + len(rows)


def test_times_are_of_flat_pages_too() -> None:
    times = measure_times(iter([PAGE]))

    assert times["flat"]["median"] < times["turned by 5 degrees"]["median"]
    assert np.isfinite([one["p95"] for one in times.values()]).all()
