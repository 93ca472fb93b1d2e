"""cli: `twelvelead gate`, for programs and for people."""

import json
from pathlib import Path

import pytest

from tests.support.pages.drawn_copies import jpeg, put, simulated_page
from tests.support.pages.drawn_others import NO_ECGS
from twelvelead.cli import main as cli

Output = pytest.CaptureFixture[str]


@pytest.fixture
def folders(tmp_path: Path, models_dir: Path) -> list[str]:
    """Two pages and a file that is none; three pictures without an ECG; a registry."""
    for seed in (1, 2):
        put(tmp_path / "ecg" / f"{seed}.jpg", jpeg(simulated_page(seed)))
    put(tmp_path / "ecg" / "torn.png", b"no picture")
    for name in ("a cat", "a letter", "a bar chart"):
        put(tmp_path / "other" / f"{name}.jpg", jpeg(NO_ECGS[name]()))
    ecg, other = str(tmp_path / "ecg"), str(tmp_path / "other")
    return ["gate", "--ecg", ecg, "--other", other, "--models", str(models_dir)]


def test_it_prints_rates_with_intervals_as_json(folders: list[str], capsys: Output) -> None:
    assert cli.main([*folders, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["shown"] for row in told["folders"]] == ["ecg", "other"]
    ecg, other = told["ecg"], told["other"]
    assert (ecg["pictures"], ecg["not_readable"], ecg["no_ecg"]["count"]) == (3, 1, 0)
    assert other["refused"]["count"] == 3
    assert other["refused"]["share"] == 1
    assert other["refused"]["interval"] == pytest.approx([0.4385, 1.0], abs=1e-4)
    assert other["reasons"]["no_ecg"]["count"] == 3


def test_people_read_a_table(folders: list[str], capsys: Output) -> None:
    assert cli.main(folders) == 0
    told = capsys.readouterr().out
    assert "100.0% (43.9%-100.0%)" in told
    assert "all no ECGs" in told
    assert "1 of them are not readable" in told


def test_models_are_asked_too_where_they_are_named(folders: list[str], capsys: Output) -> None:
    assert cli.main([*folders, "--model", "tiny_torch", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["other"]["accepted"]["tiny_torch"]["count"] == 0


def test_no_folder_and_an_empty_one_are_one_sentence(tmp_path: Path, capsys: Output) -> None:
    assert cli.main(["gate"]) == 1
    assert "give --ecg DIR" in capsys.readouterr().err
    assert cli.main(["gate", "--other", str(tmp_path)]) == 1
    assert "holds no pictures" in capsys.readouterr().err
