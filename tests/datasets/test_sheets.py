"""ECG sheets from recorded signals, flat and photographed."""

from pathlib import Path

import numpy as np
import pytest

from ecg.simulate.layouts.families import names_of
from ecg.simulate.twelve_leads import LEADS
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.sheets import SheetPlan, headers_of, recorded, write_sheets_of


def write_record(folder: Path, names: tuple[str, ...]) -> Path:
    """A WFDB record of format 16, 10 s at 100 Hz: every lead a saw of another height."""
    folder.mkdir(parents=True, exist_ok=True)
    saw = np.arange(1000)[:, None] % 100 * (1 + np.arange(len(names)))
    (folder / "a.dat").write_bytes(saw.astype("<i2").tobytes())
    lines = [f"a {len(names)} 100 1000", *(f"a.dat 16 1000/mV 0 0 0 0 0 {name}" for name in names)]
    (folder / "a.hea").write_text("\n".join(lines) + "\n", encoding="ascii")
    return folder / "a.hea"


def test_leads_are_found_by_their_names_in_any_case(tmp_path: Path) -> None:
    leads = recorded(write_record(tmp_path, tuple(name.lower() for name in LEADS)))
    assert tuple(leads.values) == LEADS
    assert leads.rate == 100
    assert leads.values["aVR"].max() == pytest.approx(0.099 * 4)


def test_a_record_without_twelve_leads_is_refused_with_the_first_that_lacks(tmp_path: Path) -> None:
    header = write_record(tmp_path, LEADS[:8])
    with pytest.raises(DataError, match="no lead V3"):
        recorded(header)


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no WFDB records"):
        headers_of(tmp_path)


def test_a_plan_draws_all_families_of_its_part_or_those_that_are_named() -> None:
    assert SheetPlan("train", 1).families == names_of("train")
    assert SheetPlan("train", 1, only=("plain_3x4", "green_monitor")).families == ("plain_3x4",)


def test_sheets_say_by_their_names_which_records_they_are_of_and_which_are_photographs(
    tmp_path: Path,
) -> None:
    write_record(tmp_path / "ward", LEADS)
    plan = SheetPlan(
        "test", 1, photographed=1.0, records=tmp_path / "ward", only=("green_monitor",)
    )
    assert write_sheets_of(tmp_path / "out", plan) == 1
    names = {path.name for path in (tmp_path / "out").rglob("*.jpg")}
    assert names == {"ward_0_0000_photo.jpg"}
