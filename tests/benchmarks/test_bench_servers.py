"""benchmarks.setups.servers and what it rests on: a system is started, timed, weighed and ended for good."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.errors import NotMeasured
from benchmarks.measures.process_tree import family, memory
from benchmarks.setups.servers import end, serving
from tests.support.benchmarks.bench_fakes import answering

PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE).wait()
"""


def test_it_works(tmp_path: Path) -> None:
    with serving(answering(tmp_path), tmp_path, 30) as running:
        assert running.label == "normal"
        assert 0 < running.first_answer < 30
        assert running.memory() > 1
    assert running.process.poll() is not None


def test_settings_of_whoever_measures_do_not_reach_a_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWELVELEAD_RUNS", "7")
    with serving(answering(tmp_path), tmp_path, 30) as running:
        assert running.label == "normal"


def test_a_system_that_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(NotMeasured, match=r"ended with 3 .* its last words: it was said"),
        serving(answering(tmp_path, status=0), tmp_path, 30),
    ):
        pass


def test_a_system_that_only_refuses_is_not_measured(tmp_path: Path) -> None:
    with (
        pytest.raises(NotMeasured, match="no answer in time, last status 500"),
        serving(answering(tmp_path, status=500), tmp_path, 2),
    ):
        pass


def test_what_a_system_started_ends_with_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", PARENT], start_new_session=True)
    until = time.monotonic() + 20
    while len(family(process.pid)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    (child,) = family(process.pid) - {process.pid}
    end(process)

    while Path("/proc", str(child), "smaps_rollup").exists() and time.monotonic() < until:
        if "Z" in Path("/proc", str(child), "stat").read_text().rpartition(")")[2].split()[0]:
            break
        time.sleep(0.02)
    assert memory(child) == 0


def test_memory_counts_a_process_and_its_descendants_only(tmp_path: Path) -> None:
    for pid, parent, kilobytes in ((10, 1, 1000), (11, 10, 2000), (12, 11, 3000), (20, 1, 9000)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} (a (strange) name) S {parent} 0 0", "utf-8")
        (folder / "smaps_rollup").write_text(f"Rss: 99 kB\nPss: {kilobytes} kB\n", "ascii")
    (tmp_path / "self").mkdir()

    assert family(10, tmp_path) == {10, 11, 12}
    assert memory(10, tmp_path) == pytest.approx(6.144)
