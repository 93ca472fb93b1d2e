"""What stands in the indexes of the samples that come with the app; nothing is simulated for it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecg.signal.signal import Annotations

PICTURES, RECORDINGS = "samples.json", "signals.json"
WORDS = {  # findings whose names are abbreviations
    "pvc": "premature ventricular beats",
    "pac": "premature atrial beats",
    "lbbb": "left bundle branch block",
    "rbbb": "right bundle branch block",
    "anterior_stemi": "anterior ST elevation",
    "inferior_stemi": "inferior ST elevation",
    "lateral_stemi": "lateral ST elevation",
    "old_anterior_mi": "old anterior infarction",
    "old_inferior_mi": "old inferior infarction",
    "old_lateral_mi": "old lateral infarction",
}


@dataclass(frozen=True)
class SignalSample:
    """One recording of the index. beats: what is known of it; seconds, rate in Hz."""

    id: str
    title: str
    path: Path
    seconds: float
    rate: float
    leads: tuple[str, ...]
    beats: Annotations
    simulated: bool = True

    def read(self) -> bytes:
        """The file's bytes. Raises UnknownSample where it is gone since the index was read."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise UnknownSample("This sample's file is gone: choose another one.") from error


class UnknownSample(LookupError):
    """No sample recording has this id."""


def read_findings(folder: Path) -> dict[str, str]:
    """What each shipped page shows, in words, by file name; empty without an index."""
    index = folder / PICTURES
    if not index.is_file():
        return {}
    records = json.loads(index.read_text(encoding="utf-8"))
    return {
        Path(record["file"]).name: WORDS.get(record["finding"], record["finding"].replace("_", " "))
        for record in records
    }


def read_signal_samples(folder: Path) -> tuple[SignalSample, ...]:
    """The recordings that the index in `folder` names, in its order; none without an index."""
    index = folder / RECORDINGS
    if not index.is_file():
        return ()
    return tuple(_sample(record, folder) for record in json.loads(index.read_text("utf-8")))


def find_signal_sample(samples: tuple[SignalSample, ...], wanted: str) -> SignalSample:
    """The sample with this id. Raises UnknownSample."""
    for sample in samples:
        if sample.id == wanted:
            return sample
    raise UnknownSample("There is no such sample recording.")


def _sample(record: dict[str, Any], folder: Path) -> SignalSample:
    indices = np.array(record["beats"]["samples"].split(), dtype=np.int64)
    return SignalSample(
        id=record["id"],
        title=record["title"],
        path=folder / Path(record["file"]).name,
        seconds=float(record["seconds"]),
        rate=float(record["rate"]),
        leads=tuple(record["leads"]),
        beats=Annotations(indices, tuple(record["beats"]["symbols"])),
        simulated=bool(record["simulated"]),
    )
