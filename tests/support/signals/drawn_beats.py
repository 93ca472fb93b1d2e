"""Beats for tests, made without any data: a trace of spikes, early ones and wide ones among them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ecg.beats.beats import Beats

RATE = 360.0
USUAL = 0.8  # s


def drawn_beats(symbols: str, *, seed: int = 0, rate: float = RATE) -> Beats:
    """One beat a symbol: N in time, A early, V early and wide; with a little noise."""
    rng = np.random.default_rng(seed)
    before = np.array([0.5 if symbol in "AV" else USUAL for symbol in symbols])
    before += rng.normal(0, 0.01, len(symbols))
    indices = np.round((1 + np.cumsum(before)) * rate).astype(np.int64)
    trace = rng.normal(0, 0.01, indices[-1] + round(2 * rate)).astype(np.float32)
    for place, symbol in zip(indices, symbols, strict=True):
        trace += spike(len(trace), place, 0.06 if symbol == "V" else 0.015, rate)
    return Beats(trace, rate, indices)


def spike(length: int, place: int, width: float, rate: float) -> npt.NDArray[np.float32]:
    """float32 (length,): 1 mV at a place, `width` seconds of deviation."""
    times = (np.arange(length) - place) / rate
    return np.exp(-0.5 * (times / width) ** 2).astype(np.float32)


def write_record(folder: Path, name: str, symbols: str, *, seed: int = 0) -> None:
    """A WFDB record of drawn beats with its annotations, lead MLII."""
    import wfdb

    beats = drawn_beats(symbols, seed=seed)
    wfdb.wrsamp(
        name,
        fs=RATE,
        units=["mV"],
        sig_name=["MLII"],
        p_signal=beats.trace[:, np.newaxis].astype(np.float64),
        fmt=["16"],
        write_dir=str(folder),
    )
    wfdb.wrann(name, "atr", beats.indices, list(symbols), write_dir=str(folder))
