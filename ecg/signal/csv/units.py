"""From the numbers of a table to millivolts, by a stated rule."""

from collections.abc import Sequence

import numpy as np

from ecg.errors import UnreadableSignal
from ecg.signal.csv.layout import Layout
from ecg.signal.csv.text import begin_sentence
from ecg.signal.read_options import Unit
from ecg.signal.signal import Values

PER_MV = 200.0  # ADC units to a millivolt, and the zero, of the MIT-BIH Arrhythmia Database
ZERO = 1024.0
TOP = 2047.0  # its highest ADC value: 11 bits
LEAST_SPREAD = 20.0  # whole numbers that differ by more are no millivolts
MOST_SPREAD = 100.0  # nor are any numbers that differ by more than this
TO_MV = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "v": 1e3}
ADC = ("adc", "adu", "raw")


def to_millivolts(
    values: Values, whole: bool, names: tuple[Layout, Sequence[int]], asked: Unit | None
) -> tuple[Values, list[str]]:
    """float32 (leads, n) in mV, and notes on how.

    The rule: the unit asked for; else the header's (mV, uV, µV, V, ADC, adu, raw), for each lead;
    else, where all values of the leads are whole numbers and one lead's differ by 20 or more, ADC
    units; else mV. ADC units become mV as (value - zero) / 200, MIT-BIH's gain, with its zero 1024
    where the lead lies within its 0 to 2047 and its median within 300 of 1024, else with the lead's
    median as zero. `whole`: whether all values are whole. `names`: the layout and the leads' columns.

    Raises UnreadableSignal for values without a unit that differ by more than 100 and aren't whole.
    """
    layout, columns = names
    units = [asked.lower() if asked else layout.units[column].lower() for column in columns]
    spread = np.ptp(values, axis=1)
    guess = "adc" if whole and float(spread.max()) >= LEAST_SPREAD else "mv"
    notes: list[str] = []
    if not asked and guess == "adc" and not all(units):
        notes.append(
            "No unit is told, and all values are whole numbers that differ by 20 or more: read as "
            "ADC units."
        )
    for row, unit in enumerate(units):
        told = unit if unit in TO_MV or unit in ADC else ""
        if not told and guess == "mv" and spread[row] > MOST_SPREAD:
            raise UnreadableSignal(
                f"The values of {layout.words(columns[row])} differ by {spread[row]:.4g}, too much for mV: "
                "name the unit in the header, as in “ECG (uV)”."
            )
        note = _convert(values[row], told or guess)
        notes += [f"{begin_sentence(layout.words(columns[row]))}: {note}"] if note else []
    if not asked and guess == "mv" and not all(units):
        notes.append("No unit is told: the values are read as mV.")
    return values, notes


def _convert(values: Values, unit: str) -> str:
    """Turns one lead into mV where it lies; a note, or nothing where it was in mV."""
    if unit in TO_MV:
        values *= TO_MV[unit]
        return "" if unit == "mv" else f"turned from {unit.replace('v', 'V')} into mV."
    middle = float(np.median(values))
    usual = abs(middle - ZERO) <= 300 and values.min() >= 0 and values.max() <= TOP
    zero = ZERO if usual else middle
    values -= np.float32(zero)
    values /= np.float32(PER_MV)
    whose = "" if usual else ", the lead's median"
    return (
        f"ADC units turned into mV as (value - {zero:g}) / {PER_MV:g}; the zero is {zero:g}{whose}."
    )
