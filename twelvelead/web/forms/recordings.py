"""The one way by which a recording and a choice of beat models come in, whatever the route."""

import math
import re

from werkzeug.datastructures import FileStorage

from ecg.errors import NotASignal, TooManySamples
from ecg.interrupt import Check
from ecg.picture.kinds import is_picture
from ecg.signal.read_options import ReadLimits, ReadOptions
from ecg.signal.read_signal import read_signal
from ecg.signal.signal import RATES, Signal
from ecg.simulate.sample_index import find_signal_sample
from model_registry.errors import ModelUnavailable
from twelvelead.inference.choice import chosen_beat_models
from twelvelead.inference.resources.memory import give_back
from twelvelead.web.admission.reading import COPIES, no_memory, slot
from twelvelead.web.forms.fields import (
    LEAD,
    MAX_NAME,
    RATE,
    RECORDING_FILE,
    RECORDING_MODEL,
    RECORDING_SAMPLE,
    UNIT,
    UNITS,
)
from twelvelead.web.forms.pages import content_of
from twelvelead.web.server.errors import RequestError
from twelvelead.web.server.services import Services, services

ENDINGS = (".csv", ".tsv", ".txt", ".hea", ".dat", ".atr", ".zip")
LOOKED_AT = 4096  # bytes at the begin of a file that may be a table
# each letter has one place where it fits, so that no row takes longer than its length
ROW = re.compile(rb"[ \t]*[-+.\deE]+( *[,;\t][ ,;\t]*[-+.\deE]+)*[ ,;\t]*\r?")
GIVEN_BACK_FROM = 16_000_000  # bytes of a recording: its memory is given back to the system
BYTES_A_VALUE = 4  # float32


def holds_recording() -> bool:
    """Whether the request's files are a recording, not the picture of a page: by what is in them.

    Earlier clients' fields for recordings hold nothing else. Elsewhere, where the bytes are no picture, a
    recording's ending is enough; without it the first rows must be numbers.
    """
    return any(_is_recording(name, file) for name, file in RECORDING_FILE.files())


def _is_recording(field: str, file: FileStorage) -> bool:
    if field in RECORDING_FILE.earlier:
        return True  # whatever is in it: what no recording is, its reader says
    begin = file.stream.read(LOOKED_AT)
    file.stream.seek(0)
    if is_picture(begin):
        return False
    named = (file.filename or "").lower().endswith(ENDINGS)
    return named or _looks_like_table(begin)


def _looks_like_table(begin: bytes) -> bool:
    rows = begin.split(b"\n")[1:-1][:8]  # the first may be a header, the last is cut
    return len(rows) > 1 and all(ROW.fullmatch(row) for row in rows)


def chosen_recording(
    found: Services, *, file_first: bool = False
) -> tuple[Signal, tuple[str, ...]]:
    """The one lead that is asked about of the recording in the request, and the names of all leads.

    The recording is files, or a simulated sample by its id; it is read in a slot, and without the beats
    that somebody marked in it. `file_first`: files count before a sample, which a plain form can't
    unchoose. Raises RequestError for none, for both, and for fields that can't be read; SignalError's
    children; UnknownSample; Busy; UnreadableUpload.
    """
    signal, leads, size = _read(_chosen_files(found, file_first), read_asked())
    if size > GIVEN_BACK_FROM:
        give_back()
    return signal, leads


def _read(files: dict[str, bytes], asked: ReadOptions) -> tuple[Signal, tuple[str, ...], int]:
    """The same, and the bytes that it took; nothing else of the recording is held when this ends."""
    with slot() as check:
        signal = _read_what_fits(files, asked, check)
        size = signal.values.nbytes + sum(map(len, files.values()))
        return signal.only(asked.lead), signal.leads, size


def _read_what_fits(files: dict[str, bytes], asked: ReadOptions, check: Check) -> Signal:
    """The recording, if there is memory to classify it beside those that are; else raises Overloaded.

    So that what there is no room for is not read in full only to be refused.
    """
    found = services()
    most = found.capacity.values
    free = found.signals.free // (COPIES * BYTES_A_VALUE) if found.signals.held else most
    try:
        return read_signal(files, asked, ReadLimits(min(most, free), check))
    except TooManySamples:
        if free < most:
            raise no_memory() from None
        raise


def _chosen_files(found: Services, file_first: bool) -> dict[str, bytes]:
    files, sample = RECORDING_FILE.files(), RECORDING_SAMPLE.text()
    if files and sample and not file_first:
        raise RequestError("Send one recording: either its files or one sample.")
    if files:
        named = {(f.filename or f"file {n}"): content_of(f) for n, (_, f) in enumerate(files)}
        if len(named) < len(files):
            raise NotASignal("Two of the files have the same name: send one recording at a time.")
        return named
    if sample:
        shipped = find_signal_sample(found.signal_samples, sample)
        return {shipped.path.name: shipped.read()}
    raise RequestError(
        "No recording was sent: send a CSV, or the files of a WFDB record, as 'file'."
    )


def read_asked() -> ReadOptions:
    """What the form says of the recording. Raises RequestError."""
    lead = LEAD.text().strip()
    if len(lead) > MAX_NAME:
        raise RequestError(f"A lead's name has at most {MAX_NAME} characters.")
    unit = UNIT.text().strip().lower()
    if unit and unit not in UNITS:
        raise RequestError("Send 'unit' as mV or adc, or leave it out.")
    rate = _read_rate(RATE.text())
    return ReadOptions(rate, lead or None, UNITS.get(unit), marks=False)


def _read_rate(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        rate = float(text.strip().replace(",", "."))
    except ValueError:
        rate = math.nan
    if not math.isfinite(rate):
        raise RequestError(
            f"Send 'rate' as a number of Hz from {RATES[0]:g} to {RATES[1]:g}, such as 360."
        )
    return rate


def beat_models_to_ask(found: Services) -> list[str]:
    """The models that the request asks about beats: see `chosen_beat_models`.

    Raises UnknownModel, and ModelUnavailable where nothing is named and no model reads beats.
    """
    keys = chosen_beat_models(found.predictor.registry, RECORDING_MODEL.texts())
    if not keys:
        raise ModelUnavailable("No model that reads beats of a signal is registered here.")
    return keys
