"""`twelvelead compile` makes what is missing, says what came of each, and leaves what is fresh."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.models.fixtures_compiled import export_as, pages
from twelvelead.cli.main import main
from twelvelead.inference.compilation.queue import compiling

BOTH = ["tiny_keras", "tiny_torch"]


@pytest.fixture(autouse=True)
def few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twelvelead.inference.compilation.probe_inputs.draw_pages", pages)


def compile_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[Any]]:
    status = main(["compile", "--json", *map(str, arguments)])
    rows: list[Any] = json.loads(capsys.readouterr().out)["models"]
    return status, rows


def test_it_works(
    compiled: Path,
    compiled_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export_as(compiled_dir, monkeypatch)
    (compiled / "tiny_torch" / "compiled.onnx").unlink()
    status, rows = compile_json(capsys, "--models", compiled, "--all")
    keras, torch = rows

    assert status == 0
    assert [row["model"] for row in rows] == BOTH
    assert [row["state"] for row in rows] == ["compiled", "compiled"]
    assert keras["seconds"] == 0  # it was compiled before
    assert torch["seconds"] > 0
    assert torch["max_difference"] < 1e-3
    assert (compiled / "tiny_torch" / "compiled.onnx").is_file()


def test_what_is_fresh_is_left(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (compiled / "tiny_keras" / "compiled.onnx").stat().st_mtime_ns
    assert main(["compile", "tiny_keras", "--models", str(compiled)]) == 0
    told = capsys.readouterr().out

    assert told.startswith("tiny_keras       compiled (float32, opset 20; largest difference")
    assert (compiled / "tiny_keras" / "compiled.onnx").stat().st_mtime_ns == before


def test_one_that_fails_stops_no_other(
    compiled: Path,
    compiled_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export_as(compiled_dir, monkeypatch)
    for key in BOTH:
        (compiled / key / "compiled.onnx").unlink()
    (compiled / "tiny_keras" / "weights.keras").write_bytes(b"other")
    status, (keras, torch) = compile_json(capsys, "--models", compiled)

    assert status == 1
    assert keras["state"] == "failed"
    assert "sha256" in keras["detail"]
    assert torch["state"] == "compiled"


def test_int8_needs_pages(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--int8", "--models", str(compiled)]) == 1
    assert "--int8 needs --data DIR" in capsys.readouterr().err


def test_an_unknown_key_is_told(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "nobody", "--models", str(compiled)]) == 1
    assert "Known models: tiny_keras, tiny_torch" in capsys.readouterr().err


def test_all_means_all_beside_a_key_too(compiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = compile_json(capsys, "tiny_keras", "--all", "--models", compiled)
    assert [row["model"] for row in rows] == BOTH


def test_what_is_damaged_is_told_among_the_models_and_compiled_anew(
    compiled: Path,
    compiled_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export_as(compiled_dir, monkeypatch)
    (compiled / "tiny_keras" / "compiled.onnx").write_bytes(b"damaged")
    assert main(["models", "--models", str(compiled)]) == 0
    told = capsys.readouterr().out
    assert "tiny_keras/compiled.onnx has the sha256" in told
    assert main(["models", "--json", "--models", str(compiled)]) == 0
    keras, torch = json.loads(capsys.readouterr().out)["models"]
    assert "`twelvelead compile tiny_keras`" in keras["notes"][0]
    assert (keras["state"], torch["notes"]) == ("available", [])

    _, rows = compile_json(capsys, "tiny_keras", "--models", compiled)
    assert (rows[0]["state"], rows[0]["seconds"] > 0) == ("compiled", True)
    assert main(["models", "--json", "--models", str(compiled)]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["notes"] == []


def test_two_processes_never_compile_the_same_models(
    compiled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with compiling(compiled):
        assert main(["compile", "--again", "--models", str(compiled)]) == 1
    assert "Another process compiles the models in" in capsys.readouterr().err


def test_what_is_being_compiled_is_told_among_the_models(
    compiled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with compiling(compiled) as tell:
        tell(["tiny_torch", "tiny_keras"])
        assert main(["models", "--models", str(compiled)]) == 0
    told = capsys.readouterr().out
    assert "tiny_torch is being compiled, and served natively until then." in told
    assert "tiny_keras is compiled after one other, and served natively until then." in told
