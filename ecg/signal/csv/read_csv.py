"""A recording from a table: CSV with commas, semicolons or tabs, in millivolts or ADC units."""

from collections.abc import Sequence
from itertools import chain

from ecg.errors import UnknownLead
from ecg.signal.checks import check_leads, check_length, check_signal
from ecg.signal.csv.columns import Chosen, read_columns
from ecg.signal.csv.layout import LOOKED_AT, Layout, find_layout
from ecg.signal.csv.text import count_rows, read_parts
from ecg.signal.csv.units import to_millivolts
from ecg.signal.lead_names import list_known
from ecg.signal.read_options import NO_OPTIONS, USUAL_LIMITS, ReadLimits, ReadOptions, settle_rate
from ecg.signal.signal import Signal


def read_csv(
    data: bytes, options: ReadOptions = NO_OPTIONS, limits: ReadLimits = USUAL_LIMITS
) -> Signal:
    """The recording in the bytes of a table, a row for each sample.

    UTF-8 with or without BOM, or UTF-16 with one; comma, semicolon or tab; decimal point or comma;
    with or without a header, quoted or not, with or without a second line of units. A sample or time
    column is known by its name, or by being the first and rising steadily; a time column tells the
    rate (s, ms, or h:mm:ss.sss). Every other column of numbers is a lead, at most 12, or only
    `options.lead`; columns of text are left out with a note. Units: see `to_millivolts`. The rate:
    asked for, else the file's, else 360 Hz with a note.

    Raises SignalError's children with one sentence, naming row (as in a spreadsheet, from 1, the
    header too) and column where there is one. More samples than `limits.values` are refused.
    """
    parts = read_parts(data, limits.check)
    first = next(parts)
    layout = find_layout(first.split("\n", LOOKED_AT)[:LOOKED_AT])
    leads, time = _choose(layout, options.lead)
    check_leads(len(leads))
    chosen = Chosen(layout, leads, time)
    columns = read_columns(chain([first], parts), chosen, count_rows(data), limits)
    told, notes = columns.track.rate() if columns.track else (None, [])
    rate, source, rate_notes = settle_rate(told, options.rate)
    check_length(columns.leads.shape[1], rate)
    values, unit_notes = to_millivolts(columns.leads, columns.whole, (layout, leads), options.unit)
    words = [layout.words(column) for column in leads]
    found = check_signal(values, rate, words, limits.check)
    notes = [*_left_out(layout), *notes, *rate_notes, *unit_notes, *found]
    return Signal(values, rate, _names(layout, leads), source, tuple(notes))


def _choose(layout: Layout, wanted: str | None) -> tuple[list[int], int | None]:
    """The columns of the leads, and of time or sample numbers."""
    track = next(iter([*layout.find("time", "clock"), *layout.find("sample")]), None)
    if wanted is None:
        return layout.find("lead"), track
    names = [name.upper() for name in _names(layout, range(layout.width))]
    if wanted.strip().upper() not in names:
        leads = layout.find("lead")
        raise UnknownLead(
            f"There is no such column in this table; it has {list_known(_names(layout, leads))}."
        )
    column = names.index(wanted.strip().upper())
    return [column], track if track != column else None


def _names(layout: Layout, columns: Sequence[int]) -> tuple[str, ...]:
    """The leads' names; without a header "ECG" for one, "column 2" and so on for more."""
    if len(columns) == 1 and not layout.names[columns[0]]:
        return ("ECG",)
    return tuple(layout.names[column] or f"column {column + 1}" for column in columns)


def _left_out(layout: Layout) -> list[str]:
    named = [column for column in layout.find("text") if layout.names[column]]
    return [
        f"Column {column + 1} ({layout.names[column]}) holds text and is left out."
        for column in named
    ]
