"""cli: `twelvelead audit`, for programs and for people."""

import json
from pathlib import Path

import pytest

from tests.support.pages.drawn_copies import put
from tests.support.pages.labelled_folders import draw_folder
from twelvelead.cli import main as cli

Output = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight pages and one copy."""
    root = draw_folder(tmp_path / "data")
    put(root / "normal" / "copy.png", (root / "normal" / "0.png").read_bytes())
    return root


def test_it_prints_json(data: Path, capsys: Output) -> None:
    assert cli.main(["audit", str(data), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["files"], found["distinct"], found["duplicates"]) == (9, 8, 1)
    assert found["near_duplicates"] == 0


def test_people_read_a_table_and_may_have_a_report(data: Path, capsys: Output) -> None:
    file = data.parent / "report.html"
    assert cli.main(["audit", str(data), "--against", str(data), "--html", str(file)]) == 0
    assert "normal/copy.png -> normal/0.png  bytes" in capsys.readouterr().out
    assert "<!doctype html>" in file.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: Output) -> None:
    assert cli.main(["audit", str(tmp_path / "nowhere")]) == 1
    assert "is not a folder" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_one_sentence(data: Path, capsys: Output) -> None:
    assert cli.main(["audit", str(data), "--html", str(data / "no" / "report.html")]) == 1
    assert "can't be written (No such file or directory)" in capsys.readouterr().err
