"""Tables of numbers that tests read as recordings: a made-up trace, not an ECG of anybody."""

import numpy as np
import numpy.typing as npt

RATE = 100.0


def wave(seconds: float = 4, rate: float = RATE, shift: float = 0) -> npt.NDArray[np.float64]:
    """A trace of 1 mV peaks once a second on a slow wave, to three decimals."""
    time = np.arange(round(seconds * rate)) / rate
    peaks = np.exp(-(((time + shift) % 1 - 0.5) ** 2) / 0.001)
    trace: npt.NDArray[np.float64] = np.round(peaks + 0.1 * np.sin(time * 5.1 + shift), 3)
    return trace


def rows(count: int = 400) -> list[str]:
    """`count` rows of two leads in mV, as CSV without a header."""
    pairs = zip(wave(count / RATE), wave(count / RATE, shift=0.2), strict=True)
    return [f"{a:.3f},{b:.3f}" for a, b in pairs]


def table(header: str | None = "MLII,V5", changed: dict[int, str] | None = None) -> bytes:
    """Two leads of 4 s at 100 Hz. `changed`: row of the file, from 1, -> the line put there."""
    lines = [*([] if header is None else [header]), *rows()]
    for row, line in (changed or {}).items():
        lines[row - 1] = line
    return ("\n".join(lines) + "\n").encode()
