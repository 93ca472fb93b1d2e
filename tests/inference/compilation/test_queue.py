"""What is compiled first, and how a server knows what another process compiles."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.models.ensemble_files import Said, make_ensemble
from tests.support.models.fake_framework import make_fake_model
from tests.support.project import ROOT
from twelvelead.inference.compilation.queue import (
    FILE,
    AlreadyCompiling,
    compiling,
    compiling_notes,
    left_to_compile,
    most_useful_first,
)


def measure(home: Path, macro_f1: float) -> None:
    figures = {"cross_validation": {"macro_f1": macro_f1}}
    (home / "metrics.json").write_text(json.dumps(figures), encoding="utf-8")


def first(folder: Path) -> list[str]:
    return [entry.key for entry in most_useful_first(read_registry(folder))]


def test_the_best_comes_first_and_what_was_not_measured_last(tmp_path: Path) -> None:
    for key, figure in {"a": 0.5, "b": 0.9, "c": None, "d": 0.7}.items():
        home = make_fake_model(tmp_path, key)
        if figure is not None:
            measure(home, figure)
    assert first(tmp_path) == ["b", "d", "a", "c"]


def test_what_the_best_ensemble_needs_comes_with_the_best_network(tmp_path: Path) -> None:
    for key, figure in {"a": 0.5, "b": 0.9, "c": 0.7, "d": 0.8}.items():
        measure(make_fake_model(tmp_path, key), figure)
    make_ensemble(tmp_path, said=Said(members=("a", "c")))
    (tmp_path / "c" / "weights.keras").write_bytes(bytes(1000))  # the largest
    assert first(tmp_path) == ["a", "b", "c", "d"]


def test_pages_come_before_beats() -> None:
    found = most_useful_first(read_registry(ROOT / "models"))
    subjects = [entry.task.subject for entry in found]
    assert subjects == sorted(subjects, reverse=True)
    assert set(subjects) == {"page", "beat"}


def test_what_is_left_is_told_while_the_process_lives(tmp_path: Path) -> None:
    assert left_to_compile(tmp_path) == []
    with compiling(tmp_path) as tell:
        assert left_to_compile(tmp_path) == []
        tell(["a", "b"])
        assert left_to_compile(tmp_path) == ["a", "b"]
        tell(["b"])
        assert left_to_compile(tmp_path) == ["b"]
    assert left_to_compile(tmp_path) == []


def test_a_list_that_its_process_left_behind_counts_for_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path;"
        "from twelvelead.inference.compilation.queue import compiling\n"
        "with compiling(Path(sys.argv[1])) as tell: tell(['a']); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=True)
    assert (tmp_path / FILE).read_text("utf-8") == "a\n"
    assert left_to_compile(tmp_path) == []
    with compiling(tmp_path) as tell:
        tell(["b"])
        assert left_to_compile(tmp_path) == ["b"]


def test_one_process_compiles_at_a_time(tmp_path: Path) -> None:
    with (
        compiling(tmp_path) as tell,
        pytest.raises(AlreadyCompiling, match=r"Another process"),
        compiling(tmp_path),
    ):
        tell(["never"])
    assert left_to_compile(tmp_path) == []


def test_a_model_says_how_far_it_is(tmp_path: Path) -> None:
    entries = [read_entry(make_fake_model(tmp_path, key) / "model.toml") for key in "abcd"]
    with compiling(tmp_path) as tell:
        tell(["a", "b", "c"])
        told = [compiling_notes(entry) for entry in entries]
    assert told == [
        ("a is being compiled, and served natively until then.",),
        ("b is compiled after one other, and served natively until then.",),
        ("c is compiled after 2 others, and served natively until then.",),
        (),
    ]
