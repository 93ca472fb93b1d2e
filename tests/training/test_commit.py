"""training.shipping.commit: which state of the project made a model."""

import subprocess
from pathlib import Path

import pytest

from twelvelead.training.shipping.commit import read_commit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "twelvelead" / "training").mkdir(parents=True)
    (tmp_path / "twelvelead" / "training" / "run.py").write_text("1\n")
    (tmp_path / "notes.txt").write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    git(tmp_path, *who, "commit", "-qm", "first")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_clean_checkout_is_named_by_its_commit(checkout: Path) -> None:
    assert read_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_changed_code_is_called_dirty(checkout: Path) -> None:
    (checkout / "twelvelead" / "training" / "run.py").write_text("2\n")
    assert str(read_commit(checkout)).endswith("-dirty")


def test_what_makes_no_model_may_change(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("2\n")
    assert read_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_outside_a_checkout_there_is_none(tmp_path: Path) -> None:
    assert read_commit(tmp_path) is None
