"""The sample recordings that come with the app: simulated, labelled so, with every beat known.

`python -m ecg.simulate.signal_samples static/samples/signals` writes them anew: WFDB records, a zip each,
and one table in CSV. No patient's recording is among them.
"""

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ecg.beats.beat_files import LabelledBeats, beats_atr
from ecg.signal.signal import Annotations, Signal
from ecg.simulate.record import RecordPlan, simulate_record
from ecg.simulate.sample_index import RECORDINGS

GAIN = 200  # steps a mV, as in the MIT-BIH Arrhythmia Database
MADE = (2026, 1, 1, 0, 0, 0)  # what the zips' members tell: the same files give the same bytes
COMMENT = "Simulated by Twelvelead; not a patient's recording; for education and research."


PLANS: tuple[tuple[RecordPlan, str], ...] = (
    (RecordPlan("pvc", 61, seconds=120), "zip"),
    (RecordPlan("pac", 62, seconds=120), "zip"),
    (RecordPlan("atrial_fibrillation", 63, seconds=120, leads=("II", "V5")), "zip"),
    (RecordPlan("lbbb", 64), "zip"),
    (RecordPlan("rbbb", 65), "zip"),
    (RecordPlan("sinus_rhythm", 66, rate=200), "csv"),
)


def write_signal_samples(folder: Path) -> list[Path]:
    """Writes every recording of PLANS, and the index beside them; their paths.

    The index, `signals.json`, is a list of records: id, file, title, finding, seed, simulated
    (always true), seconds, rate, leads, beats (samples, and their symbols as one word), sha256.
    Raises OSError where writing fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths, records = [], []
    for plan, form in PLANS:
        signal, name = simulate_record(plan), sample_name(plan)
        data = record_zip(signal, name) if form == "zip" else signal_csv(signal)
        path = folder / f"{name}.{form}"
        path.write_bytes(data)
        paths.append(path)
        records.append(
            _record(plan, signal) | {"file": path.name, "sha256": hashlib.sha256(data).hexdigest()}
        )
    (folder / RECORDINGS).write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    return paths


def sample_name(plan: RecordPlan) -> str:
    """An opaque name that doesn't tell the finding: 12 hexadecimal digits."""
    return hashlib.sha256(f"signal {plan.finding} {plan.seed}".encode()).hexdigest()[:12]


def record_zip(signal: Signal, name: str) -> bytes:
    """A WFDB record in a zip: `name`.hea, .dat (16 bits, 200 steps a mV) and .atr.

    G. B. Moody, "WFDB Applications Guide", header(5) and signal(5). Raises NoSymbol.
    """
    steps = np.round(signal.values.astype(np.float64) * GAIN).astype("<i2")
    lines = [f"{name} {len(signal.leads)} {signal.rate:g} {steps.shape[1]}"]
    for row, lead in zip(steps, signal.leads, strict=True):
        checksum = int(row.sum(dtype=np.int64).astype(np.int16))
        lines.append(f"{name}.dat 16 {GAIN} 16 0 {row[0]} {checksum} 0 {lead}")
    members = {
        "hea": "\n".join([*lines, f"# {COMMENT}", ""]).encode("ascii"),
        "dat": steps.T.tobytes(),
    }
    if signal.reference is not None:
        reference = signal.reference
        beats = LabelledBeats(reference.indices, signal.rate, reference.symbols)
        members["atr"] = beats_atr(beats)
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.{suffix}", MADE), data, zipfile.ZIP_DEFLATED)
    return opened.getvalue()


def signal_csv(signal: Signal) -> bytes:
    """A table: time in s, then the leads in mV."""
    lines = [",".join(["time", *signal.leads])]
    for place, row in enumerate(signal.values.T):
        lines.append(",".join([f"{place / signal.rate:.3f}", *(f"{value:.3f}" for value in row)]))
    return ("\n".join(lines) + "\n").encode("ascii")


def _record(plan: RecordPlan, signal: Signal) -> dict[str, Any]:
    reference = signal.reference or Annotations(np.empty(0, dtype=np.int64), ())
    return {
        "id": sample_name(plan),
        "title": plan.title,
        "finding": plan.finding,
        "seed": plan.seed,
        "simulated": True,
        "seconds": plan.seconds,
        "rate": plan.rate,
        "leads": list(plan.leads),
        "beats": {
            "samples": " ".join(map(str, reference.indices.tolist())),
            "symbols": "".join(reference.symbols),
        },
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the simulated sample recordings.")
    parser.add_argument("folder", type=Path, help="where to, such as static/samples/signals")
    print(f"{len(write_signal_samples(parser.parse_args().folder))} recordings written")
