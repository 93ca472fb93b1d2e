"""benchmarks.results.report: the page, the picture and the JSON of a run, from values made by hand."""

import json
from pathlib import Path

from benchmarks.results.facts import read_busy, read_commit, read_cpu
from benchmarks.results.plan import FULL, QUICK
from benchmarks.results.report import Run, readme, write_report
from benchmarks.results.values import Measurements
from benchmarks.setups.systems import BARE, TWELVELEAD
from tests.support.benchmarks.bench_fakes import facts, measurements_of

SLOW = {(TWELVELEAD, "p50_ms"): [90.0], (BARE, "p50_ms"): [30.0]}


def run_of(measurements: Measurements, busy: float = 0.0, *, quick: bool = False) -> Run:
    models = ("mobilenetv2", "vgg16")
    return Run(QUICK if quick else FULL, facts(busy), measurements, models, 1162, quick)


def test_it_works(tmp_path: Path) -> None:
    measurements = measurements_of(SLOW)
    measurements.missing["LitServe"] = "pip failed"
    results, picture, page = write_report(run_of(measurements), tmp_path)
    told = json.loads(results.read_text("utf-8"))
    text = page.read_text("utf-8")

    assert told["rows"][0]["outcome"] == "**missed**"
    assert {"system": BARE, "figure": "p50_ms", "value": 30.0, "round": 0, "at": 0} in told[
        "samples"
    ]
    assert "not measured: pip failed" in text
    assert f"]({picture.name})" in text
    assert picture.read_text("utf-8").lstrip().startswith("<?xml")
    assert not list(tmp_path.glob("*.part"))


def test_the_page_says_where_when_and_with_what_it_was_measured() -> None:
    text = readme(run_of(measurements_of(SLOW)))

    for told in ("2026-01-02 03:04 UTC", "2 cores of a processor", "abc123", "| flask | 3.1.3 |"):
        assert told in text
    assert "mobilenetv2, vgg16" in text


def test_a_machine_that_was_not_quiet_is_told() -> None:
    assert "not quiet" not in readme(run_of(Measurements(), busy=0.1))
    assert "not quiet when the run began (1.5 cores" in readme(run_of(Measurements(), busy=1.5))


def test_a_quick_run_says_that_its_figures_mean_nothing() -> None:
    assert "quick run" in readme(run_of(Measurements(), quick=True))
    assert "quick run" not in readme(run_of(Measurements()))


def test_the_picture_can_be_drawn_from_nothing_and_is_the_same_each_time(tmp_path: Path) -> None:
    _, first, _ = write_report(run_of(Measurements()), tmp_path / "a")
    _, second, _ = write_report(run_of(Measurements()), tmp_path / "b")

    assert first.read_bytes() == second.read_bytes()


def test_the_machine_is_read_from_what_linux_tells(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor: 0\nmodel name\t: A fast one\nmodel name\t: A fast one\n", "utf-8")
    stat = tmp_path / "stat"
    stat.write_text("cpu  5 0 5 100 7 0 0 0 0 0\ncpu0 5 0 5 100 7 0 0 0 0 0\n", "ascii")

    assert read_cpu(file) == "A fast one"
    assert read_cpu(tmp_path / "none")
    assert read_busy(stat, seconds=0.01) == 0


def test_a_folder_without_git_has_no_known_commit(tmp_path: Path) -> None:
    assert read_commit(tmp_path) == "unknown"
