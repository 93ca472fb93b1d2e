"""evaluation.digitise_figures: the error of traces that were read back, as a table."""

from pathlib import Path

import numpy as np
import pytest

from ecg.simulate.twelve_leads import Ecg12, simulate
from twelvelead.evaluation.digitise_figures import (
    DigitiseResult,
    main,
    measure,
    read_ptbxl,
    snr,
    table,
)

WAVE = np.sin(np.arange(1000) / 20).astype(np.float32)


def test_the_ratio_is_in_decibels() -> None:
    noise = np.where(np.arange(1000) % 2, 0.1, -0.1).astype(np.float32)

    assert snr(WAVE, WAVE + noise) == pytest.approx(10 * np.log10(0.5 / 0.01), abs=0.3)


def test_a_small_shift_and_an_offset_do_not_count() -> None:
    assert snr(WAVE, np.roll(WAVE, 4) + 0.3) > 60


def test_a_larger_shift_counts() -> None:
    assert snr(WAVE, np.roll(WAVE, 25)) < 10


def test_a_lead_without_voltage_has_no_ratio() -> None:
    assert snr(np.zeros(100, np.float32), WAVE[:100]) == -np.inf


def test_a_clean_page_and_a_turned_one_are_read_and_a_refused_one_is_counted() -> None:
    ecg: list[Ecg12] = [simulate("sinus_rhythm", seed=1)]
    clean, turned = (
        measure("simulated", ecg, change) for change in ("clean", "turned by 1 degree")
    )

    assert (clean.read, turned.read) == (1, 1)
    for read in (clean, turned):
        assert read.median is not None
        assert read.median > 15
    refused = DigitiseResult("simulated", "blanked", 1, 0, None, None, None, None)
    lines = table([clean, refused]).splitlines()
    assert lines[2].startswith("| simulated | clean | 1 of 1 | 2")
    assert lines[3] == "| simulated | blanked | 0 of 1 | refused | | |"


def test_records_are_read_with_their_leads(tmp_path: Path) -> None:
    ecg = simulate("sinus_rhythm", seed=1)
    lines = [f"00001_hr.dat 16 1000(0)/mV 16 0 0 0 0 {lead.upper()}" for lead in ecg.leads]
    header = "\n".join(["00001_hr 12 500 5000", *lines])
    (tmp_path / "00001_hr.hea").write_text(header + "\n", encoding="ascii")
    samples = np.round(ecg.signals.T * 1000).astype("<i2")
    (tmp_path / "00001_hr.dat").write_bytes(samples.tobytes())
    (found,) = read_ptbxl(tmp_path)

    assert found.leads == ecg.leads
    assert np.allclose(found.signals, ecg.signals, atol=0.002)


def test_a_folder_without_records_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--ptbxl", str(tmp_path)])
    assert "no record named" in capsys.readouterr().err
