"""Reading a recording takes its samples and a few MB beside them, however it is stored."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support.web.peak_memory import MEGABYTE, STATUS, peak_memory

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="Linux tells what a process takes")

BEFORE = """\
import sys
from pathlib import Path
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal

files = {Path(file).name: Path(file).read_bytes() for file in sys.argv[1:]}
read_signal({"small.csv": b"ECG (mV)\\n" + b"0.1\\n0.2\\n0.4\\n" * 600})
"""
MEASURED = "read_signal(files, ReadOptions(rate=360.0))"
BESIDE = 30 * MEGABYTE


def steps(count: int) -> np.typing.NDArray[np.int64]:
    """Whole numbers that nothing takes for flat or clipped."""
    return np.random.default_rng(1).normal(0.0, 200.0, count).round().astype(np.int64)


def write_record(folder: Path, leads: int, frames: int) -> list[Path]:
    lines = [f"r {leads} 360 {frames}"]
    lines += [f"r.dat 16 200(0)/mV 16 0 0 0 0 lead{place}" for place in range(leads)]
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    (folder / "r.dat").write_bytes(steps(leads * frames).astype("<i2").tobytes())
    return [folder / "r.hea", folder / "r.dat"]


@pytest.mark.parametrize(("leads", "frames"), [(1, 8_000_000), (8, 1_000_000)])
def test_a_record_takes_four_bytes_a_value(tmp_path: Path, leads: int, frames: int) -> None:
    files = write_record(tmp_path, leads, frames)

    assert peak_memory(BEFORE, MEASURED, *files) <= 4 * leads * frames + BESIDE


def test_a_zip_takes_what_is_in_it_too(tmp_path: Path) -> None:
    frames = 6_000_000
    files = write_record(tmp_path, 1, frames)
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, file.name)

    taken = peak_memory(BEFORE, MEASURED, tmp_path / "r.zip")

    assert taken <= (4 + 2) * frames + BESIDE


@pytest.mark.parametrize("time", [False, True])
def test_a_table_takes_four_bytes_a_value(tmp_path: Path, time: bool) -> None:
    values = 1_500_000
    text = io.StringIO()
    text.write("time,ECG (uV)\n" if time else "ECG (uV)\n")
    for place, step in enumerate(steps(values).tolist()):
        text.write(f"{place / 360:.5f},{step}.25\n" if time else f"{step}.250000\n")
    (tmp_path / "a.csv").write_text(text.getvalue())

    assert peak_memory(BEFORE, MEASURED, tmp_path / "a.csv") <= 4 * values + BESIDE
