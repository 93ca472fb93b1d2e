"""What is refused is told by row, column and number: texts and names of the sender's are not repeated."""

import io
import zipfile
from collections.abc import Mapping

import pytest

from ecg.errors import SignalError
from ecg.signal.lead_names import known_name, list_known
from ecg.signal.read_options import ReadOptions
from ecg.signal.read_signal import read_signal

NAME = "Zaphod"
RISING = "\n".join(f"0.{place % 97:03}" for place in range(900))
TWO = "\n".join(f"{line},{line}" for line in RISING.split("\n"))
FLAT = "1\n" * 900
HEADER = f"{NAME} 1 360\n{NAME}.dat 16 200 16 0 0 0 0 {NAME}\n"

TABLES = {
    "a column of this name twice": f"{NAME},{NAME}\n{TWO}",
    "a cell": f"MLII\n{RISING}\n{NAME}",
    "a cell below such a name": f"{NAME}\n{RISING}\n{NAME}",
    "a formula": f"MLII\n{RISING}\n={NAME}",
    "a time": "time,MLII\n" + "0:00:01,1\n" * 3 + f"{NAME},1\n",
    "a flat column": f"{NAME}\n{FLAT}",
    "a line before the table": f"Name: {NAME}\nborn 1950\n{RISING}",
    "a row of beats": "\n".join([",".join([NAME] * 187)] * 3),
    "a lead that is not there": f"{NAME},V1\n{TWO}",
}
RECORDS: Mapping[str, dict[str, bytes]] = {
    "a flat lead": {f"{NAME}.hea": HEADER.encode(), f"{NAME}.dat": b"\1\0" * 900},
    "missing samples": {f"{NAME}.hea": HEADER.encode(), f"{NAME}.dat": b"\0\x80" * 900},
    "no signal file": {f"{NAME}.hea": HEADER.encode()},
    "a short signal file": {f"{NAME}.hea": HEADER.encode(), f"{NAME}.dat": b"\1\0"},
    "no header": {f"{NAME}.dat": b"\1\0" * 900},
    "two tables": {f"{NAME}.csv": b"1\n2", "other.csv": b"1\n2"},
}


def refused(files: Mapping[str, bytes], lead: str | None = None) -> str:
    with pytest.raises(SignalError) as told:
        read_signal(files, ReadOptions(lead=lead))
    return str(told.value)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_what_is_wrong_with_a_table_is_said_without_its_words(table: str) -> None:
    lead = "V9" if table == TABLES["a lead that is not there"] else None
    assert NAME.lower() not in refused({f"{NAME}.csv": table.encode()}, lead).lower()


@pytest.mark.parametrize("files", RECORDS.values(), ids=list(RECORDS))
def test_what_is_wrong_with_a_record_is_said_without_its_names(files: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    for given in (files, {f"{NAME}.zip": packed.getvalue()}):
        assert NAME.lower() not in refused(given).lower()


def test_a_lead_that_a_record_lacks_is_told_from_the_usual_names_that_it_has() -> None:
    table = f"time,MLII,{NAME},V5\n" + "\n".join(f"{a},{a},{a},{a}" for a in RISING.split("\n"))
    assert "it has MLII, V5 and 1 of another name." in refused({"a.csv": table.encode()}, "V9")


@pytest.mark.parametrize(
    "name",
    [
        "I",
        "III",
        "aVR",
        "V1",
        "V6",
        "MLII",
        "ML2",
        "V4R",
        "ECG1",
        "ecg_1",
        "ECG II",
        "lead V2",
        "time",
    ],
)
def test_usual_names_of_leads_and_columns_are_told(name: str) -> None:
    assert known_name(name) == name


@pytest.mark.parametrize(
    "name", ["", NAME, "Ian", "Li", "Vi Ng", "I. M. Ill", "V19500312", "time of J. D."]
)
def test_no_other_name_is(name: str) -> None:
    assert known_name(name) == ""
    assert list_known([name]) == "1 of another name"


def test_a_first_row_that_begins_with_a_gap_is_no_header() -> None:
    assert refused({"a.csv": f"nan\n{RISING}".encode()}).startswith("Row 1, column 1, holds “nan”")
