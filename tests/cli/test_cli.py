"""cli: the same answers as the web, from a shell; what is wrong is one sentence on stderr."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ecg.tasks import NOTICE
from model_registry.registry import read_registry
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import KERAS_LABELS
from tests.support.pages.labelled_folders import draw_folder
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE
from twelvelead.cli import main as cli
from twelvelead.inference.predictor import Predictor

Output = pytest.CaptureFixture[str]
SHARES = (0.1, 0.6, 0.2, 0.1)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of two models on the fake framework, and a broken one."""
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    folder = tmp_path / "models"
    for key in ("one", "two"):
        make_fake_model(folder, key)
    (folder / "broken").mkdir()
    (folder / "broken" / "model.toml").write_text('title = "x"\n', encoding="utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two labelled pages a class."""
    return draw_folder(tmp_path / "data")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.png"
    file.write_bytes(PAGE)
    return file


def run(models: Path, command: str, *more: object) -> int:
    """The status of `twelvelead command more`."""
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


def keep_out_of_fold(models: Path, data: Path) -> None:
    """An out-of-fold file for model `one`, right about every page."""
    file = models / "one" / "out_of_fold.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *KERAS_LABELS])
        for one in sorted(data.glob("*/*.png")):
            shares = [0.97 if label == one.parent.name else 0.01 for label in KERAS_LABELS]
            writer.writerow([hashlib.sha256(one.read_bytes()).hexdigest(), 0, *shares])


def test_it_works(models: Path, page: Path, capsys: Output) -> None:
    found = run_json(models, capsys, "predict", page, "--model", "one")
    assert list(found) == ["predictions", "verdicts", "failures", "notice"]
    (one,) = found["predictions"]
    assert one["file"] == str(page)
    assert (one["model"], one["label"]) == ("one", "abnormal_heartbeat")
    assert list(one["probabilities"]) == list(KERAS_LABELS)
    assert list(one["probabilities"].values()) == pytest.approx(SHARES)
    assert (found["failures"], found["notice"]) == ([], NOTICE)


def test_its_answers_are_those_of_the_predictor(models: Path, page: Path, capsys: Output) -> None:
    (told,) = run_json(models, capsys, "predict", page, "--model", "one")["predictions"]
    predictor = Predictor(read_registry(models))
    (meant,) = predictor.predict(PAGE, ["one"]).predictions
    predictor.close()
    del told["file"]
    expected = meant.as_json()
    assert told.keys() == expected.keys()
    assert told["probabilities"] == expected["probabilities"]


def test_people_read_label_shares_and_what_it_is_not_for(
    models: Path, page: Path, capsys: Output
) -> None:
    assert run(models, "predict", page, "--model", "one") == 0
    told = capsys.readouterr().out
    assert f"{page}  one (fake 1.0): abnormal_heartbeat, accepted" in told
    assert " 60.0%  abnormal_heartbeat" in told
    assert NOTICE in told


@pytest.mark.parametrize("asked", [(), ("--model", "all"), ("--model", "one", "--model", "two")])
def test_several_models_are_asked(
    models: Path, page: Path, capsys: Output, asked: tuple[str, ...]
) -> None:
    found = run_json(models, capsys, "predict", page, *asked)
    assert [one["model"] for one in found["predictions"]] == ["one", "two"]


def test_what_is_no_ecg_is_refused_with_one_reason(
    models: Path, page: Path, capsys: Output
) -> None:
    blank = page.with_name("blank.png")
    Image.new("RGB", (800, 600), "white").save(blank)
    assert run(models, "predict", blank) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{blank}: No class is given."
    assert told[1].startswith("  ")
    assert told[2:] == [f"{blank}  {key} (not run): refused" for key in ("one", "two")] + [NOTICE]


def test_files_that_cannot_be_read_stop_no_other(models: Path, page: Path, capsys: Output) -> None:
    text, folder = page.with_name("notes.txt"), page.with_name("folder")
    text.write_text("no picture")
    folder.mkdir()
    files = [page.with_name("none.png"), text, folder, page]
    assert run(models, "predict", "--json", "--model", "one", *files) == 1
    told, complaints = capsys.readouterr()
    found = json.loads(told)
    assert [one["file"] for one in found["predictions"]] == [str(page)]
    assert [one["file"] for one in found["failures"]] == [str(file) for file in files[:3]]
    lines = complaints.splitlines()
    assert "none.png: No such file or directory" in lines[0]
    assert "notes.txt: The file is not a picture" in lines[1]
    assert "folder: Is a directory" in lines[2]
    assert len(lines) == 3


def test_a_model_that_fails_stops_no_other(models: Path, page: Path, capsys: Output) -> None:
    (models / "one" / "weights.keras").write_text("{}", encoding="utf-8")
    assert run(models, "predict", "--json", page) == 1
    told, complaints = capsys.readouterr()
    found = json.loads(told)
    assert [one["model"] for one in found["predictions"]] == ["two"]
    assert [one["model"] for one in found["failures"]] == ["one"]
    assert "weights.sha256" in complaints


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_an_unknown_model_is_one_sentence(
    models: Path, page: Path, capsys: Output, command: str
) -> None:
    data = ["--data", draw_folder(page.with_name("data"), 1)] if command == "evaluate" else [page]
    assert run(models, command, "--model", "three", *data) == 1
    assert "There is no such model. Known models: broken, one, two." in sentence(capsys)


def test_a_broken_model_is_one_sentence(models: Path, page: Path, capsys: Output) -> None:
    data = draw_folder(page.with_name("data"), 1)
    assert run(models, "evaluate", "--model", "broken", "--data", data) == 1
    assert "broken/model.toml" in sentence(capsys)


def test_models_are_listed_with_the_reason_of_the_broken(models: Path, capsys: Output) -> None:
    rows = run_json(models, capsys, "models")["models"]
    assert [(row["key"], row["state"]) for row in rows] == [
        ("broken", "unavailable"),
        ("one", "available"),
        ("two", "available"),
    ]
    assert rows[0].keys() == rows[1].keys()
    assert "broken/model.toml" in rows[0]["reason"]
    assert rows[1]["labels"] == list(KERAS_LABELS)
    assert run(models, "models") == 0
    told = capsys.readouterr().out
    assert "not measured" in told
    assert "broken/model.toml" in told


def test_a_missing_models_folder_is_one_sentence(tmp_path: Path, capsys: Output) -> None:
    assert run(tmp_path / "none", "models") == 1
    assert "is not a folder" in sentence(capsys)


def test_predicting_without_a_usable_model_is_one_sentence(
    page: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "predict", page) == 1
    assert "No model" in sentence(capsys)


def test_a_model_is_evaluated_on_labelled_folders(models: Path, data: Path, capsys: Output) -> None:
    figures = run_json(models, capsys, "evaluate", "--model", "one", "--data", data)
    assert (figures["model"], figures["n"], figures["accuracy"]) == ("one", 8, 0.25)
    assert run(models, "evaluate", "--model", "one", "--data", data) == 0
    assert "accuracy           0.250" in capsys.readouterr().out


def test_held_out_figures_come_from_the_file_beside_the_model(
    models: Path, data: Path, capsys: Output
) -> None:
    keep_out_of_fold(models, data)
    asked = ("--model", "one", "--data", data)
    figures = run_json(models, capsys, "evaluate", *asked, "--out-of-fold")
    assert (figures["n"], figures["accuracy"]) == (8, 1.0)
    assert run(models, "evaluate", *asked) == 0
    assert "memory, not skill" in capsys.readouterr().out


def test_held_out_figures_that_were_not_kept_are_one_sentence(
    models: Path, data: Path, capsys: Output
) -> None:
    assert run(models, "evaluate", "--model", "two", "--data", data, "--out-of-fold") == 1
    assert "out_of_fold.csv" in sentence(capsys)


def test_a_missing_data_folder_is_one_sentence(
    models: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run(models, "evaluate", "--model", "one", "--data", tmp_path / "none") == 1
    assert str(tmp_path / "none") in sentence(capsys)


@pytest.mark.parametrize(
    "arguments",
    [[], ["guess"], ["predict"], ["evaluate"], ["serve", "--port", "x"], ["serve", "--port", "0"]],
)
def test_wrong_usage_has_its_own_status(capsys: Output, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: twelvelead" in capsys.readouterr().err


def test_a_wrong_port_in_the_environment_stops_only_the_server(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert run(models, "models") == 0
    with pytest.raises(SystemExit):
        cli.main(["serve"])


def test_an_empty_models_variable_means_the_projects_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("TWELVELEAD_MODELS_DIR", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stray").mkdir()
    assert cli.main(["models", "--json"]) == 0
    assert "stray" not in capsys.readouterr().out


def test_help_says_what_it_is_not_for(capsys: Output) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    assert " ".join(NOTICE.split()[:4]) in capsys.readouterr().out
