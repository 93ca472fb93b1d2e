"""`twelvelead beats`: every beat of a signal found, classified, written; what is wrong is one sentence."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg.tasks import NOTICE
from tests.support.models.beat_models import (
    BEAT_LABELS,
    PICTURE_FACTS,
    make_beat_ensemble,
    make_fake_beat_model,
    simulated,
    simulated_csv,
)
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.cli import main as cli
from twelvelead.inference.leads import UNKNOWN_LEAD

Output = pytest.CaptureFixture[str]
SIGNAL = simulated(seed=4)
BEATS, EARLY = 40, 8  # in the 30 s of SIGNAL


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of segments under the usual key, one of drawn beats, and one of pages."""
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    folder = tmp_path / "models"
    make_fake_beat_model(folder, "beat_signal_cnn")
    make_fake_beat_model(folder, "drawn", PICTURE_FACTS)
    make_fake_model(folder, "pages")
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "heart.csv"
    file.write_bytes(simulated_csv(seed=4))
    return file


def write_record(folder: Path, name: str = "100", marked: bool = True) -> Path:
    """SIGNAL as a WFDB record with its beats marked; folder/name without an ending."""
    import wfdb

    folder.mkdir(parents=True, exist_ok=True)
    whole = SIGNAL.values.T.astype(np.float64)
    told = {"fs": SIGNAL.rate, "units": ["mV"], "sig_name": ["MLII"], "fmt": ["16"]}
    wfdb.wrsamp(name, p_signal=whole, write_dir=str(folder), **told)
    if marked and SIGNAL.reference:
        symbols = list(SIGNAL.reference.symbols)
        wfdb.wrann(name, "atr", SIGNAL.reference.indices, symbols, write_dir=str(folder))
    return folder / name


def run(models: Path, command: str, *more: object) -> int:
    return cli.main([command, "--models", str(models), *map(str, more)])


def run_json(models: Path, output: Output, command: str, *more: object) -> Any:
    """What a command prints as JSON; it must succeed."""
    assert run(models, command, "--json", *more) == 0
    return json.loads(output.readouterr().out)


def sentence(output: Output) -> str:
    """The one line on stderr."""
    (line,) = output.readouterr().err.splitlines()
    assert line.startswith("twelvelead: ")
    return line


def test_it_works(models: Path, table: Path, capsys: Output) -> None:
    assert run(models, "beats", table) == 0
    told, complaints = capsys.readouterr()
    assert f"{table}  II, 360 Hz, 0:00:30\n  {BEATS} beats, " in told
    counts = f"N {BEATS - EARLY}, S 0, V {EARLY}, F 0, Q 0"
    assert f"  beat_signal_cnn (fake 1.0): {counts}; 0 of them uncertain" in told
    assert told.endswith(f"{NOTICE}\n")
    assert complaints == ""


def test_its_json_has_every_beat(models: Path, table: Path, capsys: Output) -> None:
    found = run_json(models, capsys, "beats", table)
    assert list(found) == ["signals", "failures", "notice"]
    (one,) = found["signals"]
    (said,) = one["predictions"]
    assert (one["file"], one["beats"], one["signal"]["lead"]) == (str(table), BEATS, "II")
    assert (said["model"], said["labels"]) == ("beat_signal_cnn", list(BEAT_LABELS))
    assert [beat["sample"] for beat in said["beats"]] == one["samples"]
    assert [beat["label"] for beat in said["beats"]].count("V") == EARLY


def test_without_a_model_of_beats_they_are_found_and_that_is_said(
    tmp_path: Path, table: Path, capsys: Output
) -> None:
    (tmp_path / "none").mkdir()
    assert run(tmp_path / "none", "beats", table) == 0
    told, complaint = capsys.readouterr()
    assert f"{BEATS} beats" in told
    assert "no model that reads beats is registered" in complaint


def test_no_model_is_asked_where_none_is_wanted(models: Path, table: Path, capsys: Output) -> None:
    found = run_json(models, capsys, "beats", table, "--model", "none")
    assert found["signals"][0]["predictions"] == []
    assert len(found["signals"][0]["samples"]) == BEATS


def test_all_models_that_read_beats_are_asked(models: Path, table: Path, capsys: Output) -> None:
    make_beat_ensemble(models, "both", ("beat_signal_cnn", "drawn"))
    (one,) = run_json(models, capsys, "beats", table, "--model", "all")["signals"]
    assert [said["model"] for said in one["predictions"]] == ["beat_signal_cnn", "both", "drawn"]


@pytest.mark.parametrize("named", ["100", "100.hea", "100.dat", "100.atr"])
def test_a_record_is_named_by_any_of_its_files(
    models: Path, tmp_path: Path, capsys: Output, named: str
) -> None:
    record = write_record(tmp_path / "records")
    (one,) = run_json(models, capsys, "beats", record.with_name(named))["signals"]
    assert (one["file"], one["beats"]) == (f"{record}.hea", BEATS)
    assert one["signal"]["lead"] == "MLII"


def test_the_files_of_a_record_are_one_recording(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    record = write_record(tmp_path / "records")
    files = [f"{record}.dat", f"{record}.hea", f"{record}.atr"]
    assert len(run_json(models, capsys, "beats", *files)["signals"]) == 1


def test_a_file_that_cannot_be_read_stops_no_other(
    models: Path, table: Path, capsys: Output
) -> None:
    bad = table.with_name("bad.csv")
    bad.write_text("time,II\n", encoding="utf-8")
    assert run(models, "beats", "--json", bad, table.with_name("none"), table) == 1
    told, complaints = capsys.readouterr()
    found = json.loads(told)
    assert [one["file"] for one in found["signals"]] == [str(table)]
    assert [one["file"] for one in found["failures"]] == [str(bad), f"{table.with_name('none')}"]
    assert "none: No such file or directory" in complaints


def test_an_unknown_lead_is_told_with_those_there_are(
    models: Path, table: Path, capsys: Output
) -> None:
    assert run(models, "beats", table, "--lead", "V9") == 1
    assert "it has II" in sentence(capsys)


def test_what_the_file_does_not_tell_can_be_told(models: Path, table: Path, capsys: Output) -> None:
    bare = table.with_name("bare.csv")
    rows = [row.partition(",")[2] for row in table.read_text("utf-8").splitlines()[1:]]
    bare.write_text("\n".join(["X", *rows]), encoding="utf-8")
    asked = ("--rate", "360", "--lead", "X", "--unit", "mV")
    (one,) = run_json(models, capsys, "beats", bare, *asked)["signals"]
    assert (one["signal"]["rate_source"], one["signal"]["lead"]) == ("asked", "X")
    assert one["signal"]["notes"] == [UNKNOWN_LEAD]
    assert one["beats"] == BEATS


def test_beats_are_written_as_csv(models: Path, table: Path) -> None:
    out = table.with_name("beats.csv")
    assert run(models, "beats", table, "--out", out) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert len(rows) == BEATS
    assert [row["label"] for row in rows].count("V") == EARLY
    assert not list(out.parent.glob("*.part"))


def test_beats_are_written_as_annotations(models: Path, table: Path) -> None:
    import wfdb

    out = table.with_name("beats.atr")
    assert run(models, "beats", table, "--out", out) == 0
    read = wfdb.rdann(str(out.with_suffix("")), "atr")
    assert (len(read.sample), read.symbol.count("V"), read.fs) == (BEATS, EARLY, 360)


def test_unclassified_beats_are_written_as_such(models: Path, table: Path) -> None:
    import wfdb

    table_out, out = table.with_name("beats.csv"), table.with_name("beats.atr")
    for file in (table_out, out):
        assert run(models, "beats", table, "--model", "none", "--out", file) == 0
    rows = csv.DictReader(io.StringIO(table_out.read_text("utf-8")))
    assert {row["label"] for row in rows} == {""}
    assert set(wfdb.rdann(str(out.with_suffix("")), "atr").symbol) == {"Q"}


def test_nothing_is_written_where_no_model_answered(
    models: Path, table: Path, capsys: Output
) -> None:
    out = table.with_name("beats.csv")
    assert run(models, "beats", table, "--model", "pages", "--out", out) == 1
    assert "reads ECG pages, not signals" in sentence(capsys)
    assert not out.exists()


def test_a_file_of_another_ending_is_refused(models: Path, table: Path, capsys: Output) -> None:
    assert run(models, "beats", table, "--out", table.with_name("beats.txt")) == 1
    assert "writes .csv or .atr, not beats.txt" in sentence(capsys)


def test_a_folder_that_is_not_there_is_told_first(
    models: Path, table: Path, capsys: Output
) -> None:
    assert run(models, "beats", table, "--out", table.parent / "nowhere" / "beats.csv") == 1
    assert "is not a folder" in sentence(capsys)


def test_one_file_holds_the_beats_of_one_recording(
    models: Path, table: Path, capsys: Output
) -> None:
    assert run(models, "beats", table, table.with_name("b.csv"), "--out", "beats.csv") == 1
    assert "one recording at a time; 2 were given" in sentence(capsys)


def test_a_folder_in_place_of_the_file_is_one_sentence(
    models: Path, table: Path, capsys: Output
) -> None:
    out = table.with_name("beats.csv")
    out.mkdir()
    assert run(models, "beats", table, "--out", out) == 1
    assert "can't be written (Is a directory)" in sentence(capsys)
    assert not list(out.parent.glob("*.part"))


def test_an_unknown_model_is_one_sentence(models: Path, table: Path, capsys: Output) -> None:
    assert run(models, "beats", table, "--model", "three") == 1
    assert "There is no such model. Models that read beats: beat_signal_cnn, drawn." in sentence(
        capsys
    )


def test_no_model_goes_alone(models: Path, table: Path, capsys: Output) -> None:
    assert run(models, "beats", table, "--model", "none", "--model", "drawn") == 1
    assert "goes alone" in sentence(capsys)
