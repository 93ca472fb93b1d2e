"""Recordings on the disk, WFDB records with what lies beside them; and what is said of them as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ecg.errors import SignalTooLarge
from ecg.picture.kinds import LOOKED_AT, is_no_recording
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal
from ecg.signal.signal import MAX_BYTES, Signal
from ecg.signal.wfdb.header import looks_like_header, read_header
from twelvelead.cli.parser import Options
from twelvelead.inference.batch import Recording
from twelvelead.inference.prediction import Answers

PARTS = (".hea", ".dat", ".atr")


def recordings(files: Sequence[Path]) -> list[Path]:
    """One path for each recording among `files`, in order: the parts of a WFDB record are one.

    `100`, `100.hea`, `100.dat` and `100.atr` are all 100.hea where that is there.
    """
    return list(dict.fromkeys(_header_of(file) or file for file in files))


def read_recording(file: Path, options: Options) -> Signal:
    """The recording of one of `recordings`, read as the options say. Raises OSError, SignalError."""
    return read_signal(
        read_parts(file), ReadOptions(options.rate, options.lead, options.unit, marks=False)
    )


def read_parts(file: Path) -> Mapping[str, bytes]:
    """The bytes of a file by its name; of a WFDB header with its .dat and .atr from the same folder.

    Raises OSError, and SignalTooLarge before anything that large is read.
    """
    parts = [file, *_beside(file)]
    if sum(part.stat().st_size for part in parts) > MAX_BYTES:
        raise SignalTooLarge(f"The recording is over {MAX_BYTES // 1_000_000} MB.")
    return {part.name: part.read_bytes() for part in parts}


def signal_document(answers: Answers[Recording], leads: tuple[str, ...]) -> dict[str, Any]:
    """What the API answers, its notice and its failures aside, which the command tells once for all.

    leads: all that the recording came with.
    """
    from twelvelead.web.schemas.signals import describe_beats

    told: dict[str, Any] = describe_beats(answers, leads).model_dump(mode="json")
    return {key: value for key, value in told.items() if key not in ("notice", "failures")}


def is_picture(file: Path) -> bool:
    """Whether a file is a picture or something else that is no recording, told by its first bytes.

    Raises OSError where it can't be read.
    """
    with file.open("rb") as opened:
        return is_no_recording(opened.read(LOOKED_AT))


def _header_of(file: Path) -> Path | None:
    """The header of the record that a file is a part of, or that is named without an ending."""
    if file.suffix.lower() in PARTS:
        header = file.with_suffix(".hea")
    elif not file.is_file():
        header = Path(f"{file}.hea")
    else:
        return None
    return header if header.is_file() else None


def _beside(file: Path) -> list[Path]:
    """What a header names in its own folder, and the beats that somebody marked."""
    if file.suffix.lower() != ".hea" or file.stat().st_size > MAX_BYTES:
        return []
    data = file.read_bytes()
    named = read_header(data).files if looks_like_header(data) else ()
    beside = [file.with_name(Path(name).name) for name in named if Path(name).name == name]
    return [part for part in (*beside, file.with_suffix(".atr")) if part.is_file()]
