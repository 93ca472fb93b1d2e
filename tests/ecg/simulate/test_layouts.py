"""ECG sheets in other layouts: every family draws, by its seed, and what measures is kept apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.simulate.layouts.__main__ import simulated, write_sheets
from ecg.simulate.layouts.draw import Leads, draw_layout
from ecg.simulate.layouts.families import FAMILIES, names_of, random_layout
from ecg.simulate.layouts.sheet import Paper, SheetLayout

SMALL = 3.0  # px a mm


def drawn(family: str, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    leads = simulated(rng)
    layout = random_layout(rng, family)
    return draw_layout(leads, replace(layout, paper=replace(layout.paper, px_per_mm=SMALL)), rng)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_draws_a_picture_of_its_layout_with_ink_on_it(family: str) -> None:
    picture = drawn(family)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.std() > 1


@pytest.mark.parametrize("family", ["red_3x4_strip", "dark_monitor", "cells_6x2"])
def test_the_same_seed_draws_the_same_sheet_and_another_seed_another(family: str) -> None:
    assert np.array_equal(drawn(family, 1), drawn(family, 1))
    assert not np.array_equal(drawn(family, 1), drawn(family, 2))


def test_no_family_is_both_trained_on_and_measured_on() -> None:
    train, test = set(names_of("train")), set(names_of("test"))
    assert not train & test
    assert train | test == set(FAMILIES)
    assert min(len(train), len(test)) >= 5


def test_families_of_twelve_leads_show_all_twelve_and_the_others_fewer() -> None:
    for name, family in FAMILIES.items():
        layout = random_layout(np.random.default_rng(3), name)
        shown = {lead for line in layout.lines for lead in line}
        assert (len(shown) == 12) is family.twelve, name


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="red_3x4_strip"):
        random_layout(np.random.default_rng(0), "papyrus")


def test_a_lead_that_is_not_there_is_named() -> None:
    leads = Leads({"I": np.zeros(1000, np.float32)}, 100.0)
    with pytest.raises(ValueError, match="no lead 'aVR'"):
        draw_layout(leads, SheetLayout(), np.random.default_rng(0))


def test_one_millivolt_is_as_high_as_the_gain_says() -> None:
    step = np.zeros(1200, np.float32)
    step[600:] = 1.0
    paper = Paper(px_per_mm=4.0, grid="none")
    layout = SheetLayout(rows=(), strips=("I",), seconds=10.0, gain=10.0, pulse="none", paper=paper)
    picture = draw_layout(Leads({"I": step}, 120.0), layout, np.random.default_rng(0))
    left = round(layout.area[0] * 4)
    dark = picture[:, left + 100 : left + 900].min(axis=2) < 128
    rows = np.flatnonzero(dark.sum(axis=1) > 300)
    assert rows.max() - rows.min() == pytest.approx(40, abs=3)


def test_the_command_writes_a_folder_a_family(tmp_path: Path) -> None:
    assert write_sheets(tmp_path, ("test", 1, 0)) == len(names_of("test"))
    assert {path.name for path in tmp_path.iterdir()} == set(names_of("test"))


@pytest.mark.parametrize("wrong", [{"gain": 0.0}, {"rows": (), "strips": ()}, {"seconds": -1.0}])
def test_a_sheet_that_can_not_be_drawn_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"positive|at least one lead"):
        replace(SheetLayout(), **wrong)  # type: ignore[arg-type]


def test_a_millimetre_of_a_fraction_of_a_pixel_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 20 pixels"):
        Paper(px_per_mm=0.5)
