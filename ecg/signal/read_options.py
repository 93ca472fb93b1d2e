"""What somebody says about a recording that its file may not tell, and how much of one is read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ecg.errors import UnreadableSignal
from ecg.interrupt import Check, unhurried

if TYPE_CHECKING:
    from ecg.signal.signal import RateSource

Unit = Literal["mV", "adc"]


@dataclass(frozen=True)
class ReadOptions:
    """rate: Hz. lead: the one column of a CSV to be read. unit: of a CSV's values. None: by the file.

    marks: whether the beats that somebody marked in a WFDB record are read; where they are not, a
    damaged `.atr` file hinders nobody.
    """

    rate: float | None = None
    lead: str | None = None
    unit: Unit | None = None
    marks: bool = True


NO_OPTIONS = ReadOptions()


@dataclass(frozen=True)
class ReadLimits:
    """values: the most samples of all leads together. check: asked between the steps of reading."""

    values: int = 50_000_000
    check: Check = unhurried


USUAL_LIMITS = ReadLimits()


def settle_rate(told: float | None, asked: float | None) -> "tuple[float, RateSource, list[str]]":
    """The rate in Hz, where it comes from, and notes on that.

    What is asked for wins over what the file tells, with a note where they differ; with neither,
    360 Hz are assumed, with a note. Raises UnreadableSignal for a rate outside `RATES`.
    """
    from ecg.signal.signal import RATES, USUAL_RATE  # here: the command names units without NumPy

    for rate, whose in ((asked, "asked for"), (told, "that the file tells")):
        if rate is not None and not RATES[0] <= rate <= RATES[1]:
            raise UnreadableSignal(
                f"The sampling rate {whose} is {rate:g} Hz; it must be from {RATES[0]:g} to "
                f"{RATES[1]:g} Hz."
            )
    if asked is not None:
        if told is None or abs(told - asked) <= 0.001 * asked:
            return float(asked), "asked", []
        note = f"Read at {asked:g} Hz as asked for, although the file tells {told:g} Hz."
        return float(asked), "asked", [note]
    if told is not None:
        return told, "file", []
    note = (
        f"The file tells no sampling rate: {USUAL_RATE:g} Hz are assumed, and times are wrong if it "
        "is another."
    )
    return USUAL_RATE, "assumed", [note]
