"""`make` says in one sentence what is wrong with this machine, and leaves with an error."""

import os
import runpy
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import ROOT


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs make as a person would, without what an outer make left in the environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def sentences(told: str) -> list[str]:
    """What was said, without make's own closing line."""
    return [line for line in told.splitlines() if line and not line.startswith("make: ")]


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A Python that says it is 3.9."""
    fake = tmp_path / "python3.9"
    fake.write_text("#!/bin/sh\necho 3.9\n", "utf-8")
    fake.chmod(0o755)
    return fake


@pytest.fixture(scope="module")
def setup() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts/setup.py"))


def test_it_tells_what_it_can_do() -> None:
    told = make()
    assert told.returncode == 0
    assert "make run" in told.stdout
    assert "make test" in told.stdout


@pytest.mark.parametrize("target", ["run", "test", "setup"])
def test_an_old_python_is_refused_in_one_sentence(target: str, old_python: Path) -> None:
    told = make(target, f"PYTHON={old_python}")
    assert told.returncode != 0
    (sentence,) = sentences(told.stdout + told.stderr)
    assert sentence.startswith(
        f"Twelvelead needs Python 3.11, 3.12 or 3.13, and {old_python} is 3.9"
    )
    assert f"make {target} PYTHON=" in sentence


def test_a_missing_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    told = make("setup", f"PYTHON={tmp_path / 'nothing'}")
    assert told.returncode != 0
    (sentence,) = sentences(told.stdout + told.stderr)
    assert "not to be found" in sentence


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = make("run", "--old-file=setup", f"PORT={port}")
    assert told.returncode != 0
    (sentence,) = sentences(told.stdout + told.stderr)
    assert str(port) in sentence
    assert "Traceback" not in sentence


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs the browser it looks for")
def test_a_browser_that_is_there_is_not_installed_again() -> None:
    assert make("browser").stdout == ""


def test_nothing_is_installed_where_all_is_as_locked(
    setup: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main: Callable[[], None] = setup["main"]
    stamp = tmp_path / "stamp"
    stamp.write_text(setup["stamp"](), "utf-8")
    monkeypatch.setitem(main.__globals__, "STAMP", stamp)
    monkeypatch.setitem(main.__globals__, "pip", pytest.fail)
    monkeypatch.setattr("sys.argv", ["setup.py"])
    main()


def test_a_failing_pip_ends_the_setup_in_one_sentence(
    setup: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip: Callable[..., None] = setup["pip"]
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.setitem(pip.__globals__, "PYTHON", fake)
    with pytest.raises(SystemExit, match="run 'make setup' again"):
        pip("install", "nothing")
