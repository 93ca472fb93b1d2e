"""What compiles models behind a server tells what came of each, ends with the server, and goes on later."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model_registry.registry import read_registry
from tests.support.models.fixtures_compiled import pages
from tests.support.project import ROOT
from tests.support.web.live import wait_for
from twelvelead.cli.compile_behind import compile_missing
from twelvelead.inference.compilation.compile import CompileError
from twelvelead.inference.compilation.compiled import NAME, RECORD
from twelvelead.inference.compilation.queue import AlreadyCompiling, compiling, left_to_compile

DEAF = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "deaf")  # as a script starts what runs behind
COMMAND = (sys.executable, "-m", "twelvelead.cli.compile_behind")


def uncompile(home: Path) -> None:
    (home / RECORD).unlink()
    (home / NAME).unlink()


def test_only_what_is_missing_is_compiled_and_told(
    compiled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_missing(read_registry(compiled))
    assert capsys.readouterr().err == ""
    uncompile(compiled / "tiny_torch")
    monkeypatch.setattr("twelvelead.inference.compilation.compile.export", _fails)
    monkeypatch.setattr("twelvelead.inference.compilation.probe_inputs.draw_pages", pages)
    compile_missing(read_registry(compiled))
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("Compiling: tiny_torch, ")
    assert last.startswith("Compiling: 1 of 1: tiny_torch       failed: ")
    assert left_to_compile(compiled) == []


def test_what_is_only_served_natively_is_not_compiled(
    compiled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uncompile(compiled / "tiny_torch")
    entry = compiled / "tiny_torch" / "model.toml"
    entry.write_text('runtime = "native"\n' + entry.read_text("utf-8"), encoding="utf-8")
    compile_missing(read_registry(compiled))
    assert capsys.readouterr().err == ""


def test_it_ends_with_its_server_and_leaves_nothing_half_done(
    models_dir: Path, tmp_path: Path
) -> None:
    models = shutil.copytree(models_dir, tmp_path / "models")
    deaf = (*DEAF, *COMMAND, str(models))
    process = subprocess.Popen(
        deaf, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: left_to_compile(models) != [])
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    if sys.platform == "linux":
        score = Path(f"/proc/{process.pid}/oom_score_adj").read_text("ascii")
        assert score.strip() == "1000", "it goes before the server where memory runs out"
    _, told = process.communicate(timeout=60)  # the other end is closed, as when the server ends
    assert process.returncode == 0
    assert told.startswith("Compiling: ")
    assert "Traceback" not in told
    assert left_to_compile(models) == []
    assert list(models.rglob("compiled.*")) == []


def test_where_another_process_compiles_it_leaves_that_alone(
    models_dir: Path, tmp_path: Path
) -> None:
    models = shutil.copytree(models_dir, tmp_path / "models")
    with compiling(models), pytest.raises(AlreadyCompiling, match="Another process"):
        compile_missing(read_registry(models))


def _fails(*_: object) -> str:
    raise CompileError("The exporter has no words for it.")
