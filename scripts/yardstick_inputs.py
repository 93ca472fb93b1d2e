"""What the yardstick sends: pictures, tables and records, made once and kept beside what was answered."""

import csv
import shutil
from pathlib import Path

import numpy as np
import wfdb
from PIL import Image

from ecg.signal.signal import Signal
from ecg.simulate.record import RecordPlan, simulate_record

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "static" / "samples"
SHIPPED = {"*/*.png": "pages", "beats/*/*.png": "beats", "signals/*.csv": "", "signals/*.zip": ""}
PLANS = (  # every finding, and every rate and pair of leads that is read in another way
    RecordPlan("sinus_rhythm", 901),
    RecordPlan("pvc", 902),
    RecordPlan("pac", 903, rate=250),
    RecordPlan("atrial_fibrillation", 904, leads=("II", "V5")),
    RecordPlan("lbbb", 905, rate=500),
    RecordPlan("rbbb", 906, rate=128),
    RecordPlan("sinus_rhythm", 907, seconds=75.0, leads=("V1", "II")),
    RecordPlan("pvc", 908, rate=200, leads=("I",)),
    RecordPlan("pac", 909, leads=("V2", "V5")),
    RecordPlan("atrial_fibrillation", 910, rate=257),
)
RECORD = 1  # the plan of which a WFDB record is made too
RECORDS = ("100", "102", "105", "106", "114", "119", "200", "207", "222", "232")
SECONDS = 20  # of each record that is brought: half an hour of ten would take longer than all else
FAULTY = {
    "not_a_picture.png": b"this is no picture",
    "cut.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "empty.png": b"",
    "few_columns.csv": b"time\n0.000\n0.003\n0.006\n",
    "few_rows.csv": b"MLII\n0.1\n0.2\n",
    "words.csv": b"MLII,V1\n" + b"one,two\n" * 500,
    "flat.csv": b"MLII\n" + b"0.5\n" * 4000,
    "not_a_zip.zip": b"PK\x03\x04 and nothing more",
}


def make_inputs(folder: Path, records: Path | None) -> None:
    """Writes all inputs into a new folder. records: a folder with MIT-BIH records, if they are asked."""
    for pattern, name in SHIPPED.items():
        for file in sorted(SAMPLES.glob(pattern)):
            _put(folder / name / file.parent.name / file.name, file.read_bytes())
    for example in sorted((ROOT / "models").glob("*/example.*")):
        _put(folder / "examples" / f"{example.parent.name}{example.suffix}", example.read_bytes())
    for name, data in FAULTY.items():
        _put(folder / "faulty" / name, data)
    _make_audited(folder / "pages", folder / "audited")
    for place, plan in enumerate(PLANS):
        file = folder / "recordings" / f"{place:02}_{plan.finding}.csv"
        _write_table(file, simulate_record(plan), place)
    _write_record(folder / "record", simulate_record(PLANS[RECORD]))
    if records is not None:
        for name in RECORDS:
            _cut_record(records / name, folder / "mitdb")


def _put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _make_audited(pages: Path, audited: Path) -> None:
    """Two folders of pages with copies inside the first and across: the same bytes, and drawn anew."""
    for label in ("normal", "history_of_mi"):
        shutil.copytree(pages / label, audited / "train" / label)
    first, second, third = sorted((pages / "normal").glob("*.png"))[:3]
    _put(audited / "train" / "normal" / "same.png", first.read_bytes())
    _put(audited / "test" / "normal" / "across.png", second.read_bytes())
    with Image.open(third) as opened:
        opened.convert("RGB").save(audited / "test" / "normal" / "anew.jpg", quality=85)
    _put(audited / "test" / "history_of_mi" / "other_label.png", first.read_bytes())


def _write_table(file: Path, signal: Signal, place: int) -> None:
    """A column a lead in mV; every other recording also tells its time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(signal.values.shape[1]) / signal.rate
    with file.open("w", encoding="ascii", newline="") as opened:
        written = csv.writer(opened, lineterminator="\n")
        written.writerow([*(["time"] if place % 2 else []), *signal.leads])
        for time, values in zip(times, signal.values.T, strict=True):
            told = [f"{time:.5f}"] if place % 2 else []
            written.writerow([*told, *(f"{value:.4f}" for value in values)])


def _write_record(folder: Path, signal: Signal) -> None:
    folder.mkdir(parents=True)
    wfdb.wrsamp(
        "simulated",
        fs=signal.rate,
        units=["mV"] * len(signal.leads),
        sig_name=list(signal.leads),
        p_signal=signal.values.T.astype(np.float64),
        fmt=["16"] * len(signal.leads),
        write_dir=str(folder),
    )
    if signal.reference is not None:
        symbols = list(signal.reference.symbols)
        wfdb.wrann("simulated", "atr", signal.reference.indices, symbols, write_dir=str(folder))


def _cut_record(source: Path, folder: Path) -> None:
    """The begin of a record with its marks. Raises FileNotFoundError where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    head = wfdb.rdheader(str(source))
    last = int(SECONDS * head.fs)
    record = wfdb.rdrecord(str(source), sampto=last, physical=False)
    record.file_name = [f"{source.name}.dat"] * record.n_sig
    record.checksum = record.calc_checksum()
    record.wrsamp(write_dir=str(folder))
    marks = wfdb.rdann(str(source), "atr", sampto=last - 1)
    wfdb.wrann(source.name, "atr", marks.sample, marks.symbol, write_dir=str(folder))
