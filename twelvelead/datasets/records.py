"""Beats of WFDB records as people marked them, and how records are split: patients apart.

DS1 and DS2 are those of P. de Chazal, M. O'Dwyer and R. B. Reilly, "Automatic classification of
heartbeats using ECG morphology and heartbeat interval features", IEEE Trans Biomed Eng 51 (2004)
1196-1206; the classes N, S, V, F, Q those of ANSI/AAMI EC57.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats
from ecg.errors import SignalError
from ecg.signal.signal import Annotations, Signal
from ecg.signal.wfdb.read_record import read_record
from twelvelead.datasets.pages import DataError

MARKED = (".hea", ".dat", ".atr")  # the files of a record with annotations
PACED = ("102", "104", "107", "217")
DS1 = (
    *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122"),
    *("124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
)
DS2 = (
    *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210"),
    *("212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
)
SAME_PERSON: Mapping[str, str] = MappingProxyType({"202": "201"})  # record -> patient named for

AAMI: Mapping[str, str] = MappingProxyType(
    {
        symbol: label
        for label, symbols in {"N": "NLRej", "S": "AaJS", "V": "VE", "F": "F", "Q": "/fQ"}.items()
        for symbol in symbols
    }
)
SIX: Mapping[str, str] = MappingProxyType(
    {
        "L": "left_bundle_branch_block",
        "N": "normal",
        "A": "atrial_premature",
        "V": "ventricular_premature",
        "R": "right_bundle_branch_block",
        "!": "ventricular_flutter",
    }
)


@dataclass(frozen=True)
class BeatRecord:
    """One lead of a record, MLII or else the first, with ALL its marked beats, and their symbols (m,).

    person: whose record it is, where its name does not tell.
    """

    name: str
    lead: str
    beats: Beats
    symbols: npt.NDArray[np.str_]
    person: str = ""

    @property
    def patient(self) -> str:
        return self.person or SAME_PERSON.get(self.name, self.name)

    def labels(self, table: Mapping[str, str]) -> npt.NDArray[np.str_]:
        """(m,) label of each beat by its symbol; empty where the table has none."""
        return np.array([table.get(symbol, "") for symbol in self.symbols], dtype=np.str_)


def read_records(folder: Path, names: Sequence[str], extra: str = "") -> list[BeatRecord]:
    """The records `names` under `folder`, of WFDB files .hea, .dat and .atr.

    extra: symbols beside those of beats that count as beats too, as "!" of flutter waves. Raises
    DataError for a record that is not there.
    """
    return [_read(folder, name, set(AAMI) | set(extra)) for name in names]


def read_files(path: Path, suffixes: Sequence[str]) -> Signal:
    """The WFDB record whose files are `path` with these suffixes. Raises DataError."""
    files = [path.with_suffix(suffix) for suffix in suffixes]
    for file in files:
        if not file.is_file():
            raise DataError(f"{file} is not there: name a folder of WFDB records.")
    try:
        return read_record({file.name: file.read_bytes() for file in files})
    except SignalError as error:
        raise DataError(f"Record {path.name} in {path.parent} can't be read: {error}") from error


def read_marked(path: Path) -> tuple[Signal, Annotations]:
    """The WFDB record of the files `path`.hea, .dat and .atr, and what is marked in it. Raises DataError."""
    signal = read_files(path, MARKED)
    return signal, signal.reference or Annotations(np.zeros(0, np.int64), ())


def _read(folder: Path, name: str, wanted: set[str]) -> BeatRecord:
    signal, marked = read_marked(folder / name)
    lead = signal.leads.index("MLII") if "MLII" in signal.leads else 0
    kept = np.array([symbol in wanted for symbol in marked.symbols], dtype=np.bool_)
    beats = Beats(signal.values[lead], signal.rate, marked.indices[kept])
    return BeatRecord(name, signal.leads[lead], beats, np.array(marked.symbols)[kept])
