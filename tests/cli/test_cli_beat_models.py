"""What `predict`, `models` and `evaluate` of the command do about signals and models of beats."""

from pathlib import Path

import pytest

from ecg.tasks import NOTICE
from tests.cli.test_cli_beats import BEATS, EARLY, Output, run, run_json, sentence, write_record
from tests.support.models.beat_models import (
    PICTURE_FACTS,
    beat_picture,
    make_beat_ensemble,
    make_fake_beat_model,
    simulated_csv,
)
from tests.support.models.fake_framework import make_fake_model
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE


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


def test_a_signal_is_predicted_by_all_that_read_one(
    models: Path, table: Path, capsys: Output
) -> None:
    found = run_json(models, capsys, "predict", table, "--model", "all")
    assert list(found) == ["predictions", "signals", "failures", "notice"]
    (one,) = found["signals"]
    counts = {said["model"]: said["counts"]["V"] for said in one["predictions"]}
    assert counts == {"beat_signal_cnn": EARLY, "drawn": 0}
    assert len(one["predictions"][0]["beats"]) == BEATS
    assert run(models, "predict", table, "--model", "drawn") == 0
    told = capsys.readouterr().out
    assert f"drawn (fake 1.0): N {BEATS}, S 0, V 0, F 0, Q 0" in told
    assert told.count(NOTICE) == 1


def test_of_a_signal_the_usual_model_is_asked_where_none_is_named(
    models: Path, table: Path, capsys: Output
) -> None:
    (one,) = run_json(models, capsys, "predict", table)["signals"]
    assert [said["model"] for said in one["predictions"]] == ["beat_signal_cnn"]


def test_each_file_goes_its_own_way_by_what_is_in_it(
    models: Path, table: Path, capsys: Output
) -> None:
    files = [table.with_name(name) for name in ("page.csv", "beat.dat.png", "signal.png")]
    for file, data in zip(files, (PAGE, beat_picture(), simulated_csv(seed=4)), strict=True):
        file.write_bytes(data)
    found = run_json(models, capsys, "predict", *files)
    assert [(one["file"], one["model"]) for one in found["predictions"]] == [
        (str(files[0]), "pages"),
        (str(files[1]), "drawn"),
    ]
    assert [one["file"] for one in found["signals"]] == [str(files[2])]


def test_a_model_of_something_else_says_so(models: Path, table: Path, capsys: Output) -> None:
    page = table.with_name("page.png")
    page.write_bytes(PAGE)
    assert run(models, "predict", page, "--model", "beat_signal_cnn") == 0
    assert "beat_signal_cnn (not run): refused" in capsys.readouterr().out
    assert run(models, "predict", table, "--model", "pages") == 1
    assert "reads ECG pages, not signals" in sentence(capsys)


def test_what_nobody_reads_is_told(models: Path, table: Path, capsys: Output) -> None:
    only = models.with_name("only")
    make_fake_model(only, "pages")
    picture = table.with_name("beat.png")
    picture.write_bytes(beat_picture())
    assert run(only, "predict", table, picture) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "No model here reads signals" in first
    assert "No model here reads such a picture" in second


def test_models_tell_what_they_read(models: Path, capsys: Output) -> None:
    make_beat_ensemble(models, "both", ("beat_signal_cnn", "drawn"))
    rows = {row["key"]: row["reads"] for row in run_json(models, capsys, "models")["models"]}
    assert rows == {
        "beat_signal_cnn": ["segment"],
        "both": ["beat_picture", "segment"],
        "drawn": ["beat_picture"],
        "pages": ["page"],
    }
    assert run(models, "models") == 0
    told = capsys.readouterr().out
    assert told.count("reads beats of a signal") == 2
    assert told.count("reads pictures of beats; of a recording it reads beats that are drawn") == 1


def test_a_model_is_evaluated_on_records_with_marked_beats(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    records = write_record(tmp_path / "records").parent
    asked = ("--model", "beat_signal_cnn", "--data", records)
    figures = run_json(models, capsys, "evaluate", *asked)
    assert (figures["model"], figures["n"], figures["accuracy"]) == ("beat_signal_cnn", BEATS, 1.0)
    assert figures["per_class"]["V"]["n"] == EARLY
    assert run(models, "evaluate", *asked, "--detected") == 0
    told = capsys.readouterr().out
    assert "at the places that the detector found" in told
    assert f"{BEATS} beats of 1 records" in told


def test_held_out_figures_are_not_those_of_records(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    records = write_record(tmp_path / "records").parent
    asked = ("--model", "drawn", "--data", records, "--out-of-fold")
    assert run(models, "evaluate", *asked) == 1
    assert "--out-of-fold goes with labelled pictures" in sentence(capsys)


def test_beats_are_not_looked_for_where_nothing_is_asked(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    asked = ("--model", "drawn", "--data", tmp_path, "--out-of-fold", "--detected")
    assert run(models, "evaluate", *asked) == 1
    assert "give one of them" in sentence(capsys)


def test_only_beats_are_looked_for(models: Path, tmp_path: Path, capsys: Output) -> None:
    records = write_record(tmp_path / "records").parent
    assert run(models, "evaluate", "--model", "pages", "--data", records, "--detected") == 1
    assert "--detected goes with a model of beats" in sentence(capsys)


def test_a_model_that_fails_on_records_is_one_sentence(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    records = write_record(tmp_path / "records").parent
    (models / "drawn" / "weights.keras").write_text("{}", encoding="utf-8")
    assert run(models, "evaluate", "--model", "drawn", "--data", records) == 1
    assert "weights.sha256" in sentence(capsys)
