"""A recording from a table: CSV with commas, semicolons or tabs, in millivolts or ADC units."""

from collections.abc import Sequence

from ecg.asked import NOTHING_ASKED, Asked, settle_rate
from ecg.csv_columns import read_columns
from ecg.csv_layout import LOOKED_AT, Layout, find_layout
from ecg.csv_time import read_track
from ecg.csv_units import to_millivolts
from ecg.errors import UnknownLead
from ecg.signal import Signal
from ecg.signal_checks import check_leads, check_length, check_samples
from ecg.signal_text import begin_sentence, read_text


def read_csv(data: bytes, asked: Asked = NOTHING_ASKED) -> Signal:
    """The recording in the bytes of a table, a row for each sample.

    UTF-8 with or without BOM, or UTF-16 with one; comma, semicolon or tab; decimal point or comma;
    with or without a header, quoted or not, with or without a second line of units. A sample or time
    column is known by its name, or by being the first and rising steadily; a time column tells the
    rate (s, ms, or h:mm:ss.sss). Every other column of numbers is a lead, at most 12, or only
    `asked.lead`; columns of text are left out with a note. Units: see `to_millivolts`. The rate:
    asked for, else the file's, else 360 Hz with a note.

    Raises SignalError's children with one sentence, naming row (as in a spreadsheet, from 1, the
    header too) and column where there is one.
    """
    text = read_text(data)
    layout = find_layout(_first_lines(text))
    leads, time = _choose(layout, asked.lead)
    check_leads(len(leads))
    columns = read_columns(text, layout, leads, time)
    del text
    told, notes = (
        (None, [])
        if columns.time is None or time is None
        else read_track(columns.time, time, layout)
    )
    rate, source, rate_notes = settle_rate(told, asked.rate)
    check_length(columns.leads.shape[1], rate)
    samples, unit_notes = to_millivolts(columns.leads, columns.whole, (layout, leads), asked.unit)
    words = [layout.words(column) for column in leads]
    found = check_samples(samples, rate, words)
    notes = [*_left_out(layout), *notes, *rate_notes, *unit_notes, *found]
    return Signal(samples, rate, _names(layout, leads), source, tuple(notes))


def _first_lines(text: str) -> list[str]:
    place = 0
    for _ in range(LOOKED_AT):
        place = text.find("\n", place) + 1
        if place == 0:
            return text.split("\n")
    return text[: place - 1].split("\n")


def _choose(layout: Layout, wanted: str | None) -> tuple[list[int], int | None]:
    """The columns of the leads, and of time or sample numbers."""
    track = next(iter([*layout.find("time", "clock"), *layout.find("sample")]), None)
    if wanted is None:
        return layout.find("lead"), track
    names = [name.upper() for name in _names(layout, range(layout.width))]
    if wanted.strip().upper() not in names:
        leads = layout.find("lead")
        raise UnknownLead(
            f"There is no such column in this table; it has {', '.join(_names(layout, leads))}."
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
        f"{begin_sentence(layout.words(column))} holds text and is left out." for column in named
    ]
