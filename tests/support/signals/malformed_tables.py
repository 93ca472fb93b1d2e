"""Tables with one thing wrong, and the sentence that says so."""

import io
import zipfile

import numpy as np

from tests.support.signals.signal_tables import RATE, table, wave


def column(values: object, header: str = "ECG (mV)") -> bytes:
    lines = [header, *(str(value) for value in np.asarray(values).tolist())]
    return "\n".join(lines).encode()


def timed(times: list[float], header: str = "time,ECG") -> bytes:
    pairs = zip(times, wave(len(times) / RATE), strict=True)
    return "\n".join([header, *(f"{t:.3f},{v:.3f}" for t, v in pairs)]).encode()


def workbook() -> bytes:
    """The beginnings of an Excel file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return data.getvalue()


TIMES = [place / 100 for place in range(400)]
MV = "MLII (mV),V5 (mV)"

MALFORMED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "The file is empty: give a CSV, or the .hea and .dat files of a record."),
    "blank lines alone": (b"\n\n  \n", "The file is empty: it must hold a table of numbers."),
    "a header alone": (b"MLII,V5\n", "There is no row of numbers: row 1 is the last one."),
    "one row": (
        b"MLII,V5\n0.1,0.2\n",
        "The recording has 1 sample, 0.01 s at 100 Hz: it must last at least 2 s.",
    ),
    "too short": (
        table()[:1200],
        "The recording has 94 samples, 0.94 s at 100 Hz: it must last at least 2 s.",
    ),
    "an empty cell": (
        table(changed={9: "0.1,"}),
        "Row 9, column 2 (V5), is empty: a gap can't be read, give every sample a number.",
    ),
    "NaN": (
        table(changed={9: "nan,0.1"}),
        "Row 9, column 1 (MLII), holds “nan”: a gap can't be read, give every sample a number.",
    ),
    "NA of R": (
        table(changed={9: "NA,0.1"}),
        "Row 9, column 1 (MLII), holds “NA”: a gap can't be read, give every sample a number.",
    ),
    "infinity": (
        table(changed={9: "0.1,-inf"}),
        "Row 9, column 2 (V5), holds “-inf”: samples must be finite numbers.",
    ),
    "a number over the top": (
        table(changed={9: "0.1,1e300"}),
        "Row 9, column 2 (V5), holds “1e300”, too large for an ECG.",
    ),
    "an overflow": (
        table(changed={9: "0.1,1e999"}),
        "Row 9, column 2 (V5), holds “1e999”, too large for an ECG.",
    ),
    "text among numbers": (
        table(changed={200: "0.1,leads off"}),
        "Row 200, column 2 (V5), holds text, not a number.",
    ),
    "two decimal points": (
        table(changed={9: "0.1,0.1.2"}),
        "Row 9, column 2 (V5), holds text, not a number.",
    ),
    "hexadecimal": (
        table(changed={9: "0.1,0x1F"}),
        "Row 9, column 2 (V5), holds text, not a number.",
    ),
    "a formula": (
        table(changed={9: "0.1,=A9*2"}),
        "Row 9, column 2 (V5), holds a formula: save the numbers that it gives.",
    ),
    "a long cell": (
        table(changed={9: f"0.1,{'1' * 500}"}),
        "Row 9, column 2 (V5), holds 500 characters: a number has at most 64.",
    ),
    "a row too short": (
        table(changed={9: "0.1"}),
        "Row 9 has 1 cell, the table 2 columns: all rows must be equally long.",
    ),
    "a row too long": (
        table(changed={9: "0.1,0.2,0.3"}),
        "Row 9 has 3 cells, the table 2 columns: all rows must be equally long.",
    ),
    "an empty row": (
        table(changed={9: ""}),
        "Row 9 is empty: every row must hold one sample of each lead.",
    ),
    "a row of spaces": (
        table(changed={9: "   "}),
        "Row 9 is empty: every row must hold one sample of each lead.",
    ),
    "a quote that doesn't end": (
        table(changed={9: '"0.1,0.2\n0.3'}),
        "Row 10 has 1 cell, the table 2 columns: all rows must be equally long.",
    ),
    "columns of one name": (
        table("MLII,mlii"),
        "Columns 1 and 2 have the same name (MLII): each lead needs its own.",
    ),
    "a flat lead": (
        table(MV, {row + 2: f"{value},0.25" for row, value in enumerate(wave())}),
        "Column 2 (V5) is flat: every sample is 0.25 mV; leave it out, or record it again.",
    ),
    "flat most of the time": (
        column([*[0.0] * 3000, *wave(20)]),
        (
            "Column 1 (ECG) is flat for 60 % of the recording, first from 0 s on: no beats can be "
            "read there."
        ),
    ),
    "clipped": (
        column(wave(8).clip(max=0.05)),
        (
            "Column 1 (ECG) is clipped: 43 % of its samples have the highest value, 0.05 mV; "
            "record it again with a wider range."
        ),
    ),
    "NUL bytes": (
        table(changed={9: "0.1,\0"}),
        (
            "Row 9 holds a NUL byte, which no text has: save the table as CSV in UTF-8, or in "
            "UTF-16 with a byte order mark."
        ),
    ),
    "UTF-16 without its mark": (
        table().decode().encode("utf-16-le"),
        (
            "Row 1 holds a NUL byte, which no text has: save the table as CSV in UTF-8, or in "
            "UTF-16 with a byte order mark."
        ),
    ),
    "another encoding": (
        table("MLII,V5 µ").decode().encode("latin-1"),
        "Row 1 is not UTF-8 text: save the table as CSV in UTF-8.",
    ),
    "half a UTF-16 letter": (
        table().decode().encode("utf-16")[:-1],
        "Row 401 is not UTF-16 text: save the table as CSV in UTF-8.",
    ),
    "no column of numbers": (
        b"name,beat\n" + b"a,N\n" * 400,
        (
            "No column of numbers was found: the table must have a row for each sample and a "
            "column for each lead, separated by commas, semicolons or tabs."
        ),
    ),
    "spaces between columns": (
        table().replace(b",", b" "),
        (
            "No column of numbers was found: the table must have a row for each sample and a "
            "column for each lead, separated by commas, semicolons or tabs."
        ),
    ),
    "thirteen leads": (
        b"\n".join(b",".join([b"%d" % (i % 7)] * 13) for i in range(400)),
        "There are 13 leads; at most 12 are read.",
    ),
    "seventy columns": (
        b"\n".join(b",".join([b"%d" % (i % 7)] * 70) for i in range(400)),
        (
            "The table has 70 columns; a signal has at most 64 (beats in rows of 187 samples have "
            "187 columns, or 188 with a label)."
        ),
    ),
    "the name that a column without one has": (
        b"MLII,,column 2\n" + b"0.1,0.2,0.3\n0.2,0.1,0.4\n" * 500,
        "Columns 2 and 3 have the same name (column 2): each lead needs its own.",
    ),
    "a name that is a novel": (
        table(f"MLII,{'V' * 100}"),
        "The name of column 2 has 100 characters; 64 are the most.",
    ),
    "a line without end": (
        b"0.1 " * 50_000,
        "Row 1 has 199,999 characters: that is no table of leads.",
    ),
    "times with a gap": (
        timed([*TIMES[:200], *(time + 1 for time in TIMES[200:])]),
        (
            "Row 202, column 1 (time): the time goes from 1.99 to 3, where a step of 0.01 is "
            "usual; samples must be evenly spaced, without gaps."
        ),
    ),
    "times that go back": (
        timed([*TIMES[:200], *TIMES[150:350]]),
        (
            "Row 202, column 1 (time): the time goes from 1.99 to 1.5, where a step of 0.01 is "
            "usual; samples must be evenly spaced, without gaps."
        ),
    ),
    "times that don't move": (
        timed([0.5] * 400),
        (
            "Row 3, column 1 (time): the time goes from 0.5 to 0.5, where a step of 0 is usual; "
            "samples must be evenly spaced, without gaps."
        ),
    ),
    "times of an impossible rate": (
        timed([time * 100 for time in TIMES], "time (s),ECG"),
        (
            "The times in column 1 (time) tell 1 Hz, and 50 to 10000 Hz can be read: name their "
            "unit in the header, as in “time (ms)”."
        ),
    ),
    "times that are none": (
        timed(TIMES).replace(b"0.100,", b"0:00.1x,", 1).replace(b"\n0.000,", b"\n0:00.000,"),
        "Row 3, column 1 (time), holds text, not a time as h:mm:ss.sss.",
    ),
    "sample numbers with a gap": (
        b"sample,ECG\n" + b"\n".join(b"%d,%.3f" % (i + (i > 99), v) for i, v in enumerate(wave())),
        (
            "Row 102, column 1 (sample): the number goes from 99 to 101, where a step of 1 is "
            "usual; samples must be evenly spaced, without gaps."
        ),
    ),
    "no unit, and hardly mV": (
        column(wave() * 1000 + 0.5, "ECG"),
        (
            "The values of column 1 (ECG) differ by 1198, too much for mV: name the unit in the "
            "header, as in “ECG (uV)”."
        ),
    ),
    "mV, but no ECG": (
        column(wave() * 5000),
        "Column 1 (ECG) reaches 5490 mV, and an ECG stays within 1000 mV: tell the right unit.",
    ),
    "a web page": (
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "This is a web page or XML, not a table: save the numbers as CSV.",
    ),
    "JSON": (
        b'{"ecg": [0.1, 0.2]}',
        "This is JSON, not a table: save the numbers as CSV, a row for each sample.",
    ),
    "a PDF": (b"%PDF-1.7\n", "This is a PDF, not a table: export the signal itself as CSV."),
    "a picture": (
        b"\x89PNG\r\n\x1a\n",
        "This is a picture, not a table: upload it as an ECG page or a beat picture.",
    ),
    "an Excel workbook": (
        workbook(),
        "This is an Excel or Office file: save the sheet as CSV and upload that.",
    ),
    "an old Excel workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "This is an old Excel workbook: save the sheet as CSV and upload that.",
    ),
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "This is a Git LFS pointer, not the table that it stands for.",
    ),
}
