"""A framework that does not answer keeps none of the others' models from answering; warming outlives all."""

import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.fixtures_models import Start
from tests.support.models.framework_runs import pid_of, until
from tests.support.models.tiny_models import PYTORCH_LABELS, Facts, write_entry
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.inference.predictor import Asker
from twelvelead.inference.resources.limits import Deadline

OTHER = Facts("pytorch", PYTORCH_LABELS, channels=3, more='architecture = "mobilenet_v2"\n')


def page(seed: int) -> bytes:
    return encode(draw_page((600, 420), seed=seed))


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A model of each framework."""
    slow, other = make_fake_model(tmp_path, "slow"), tmp_path / "other"
    other.mkdir()
    (other / "weights.safetensors").write_bytes((slow / "weights.keras").read_bytes())
    write_entry(other, OTHER)
    return slow, other


@pytest.mark.parametrize("runs", [1, 2])
def test_pages_for_a_stopped_framework_hold_up_no_other(
    two: tuple[Path, Path], start: Start, runs: int
) -> None:
    predictor = start(runs=runs)
    for key in ("slow", "other"):
        predictor.load(key)
    os.kill(pid_of(two[0]), signal.SIGSTOP)
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        stuck = [
            pool.submit(predictor.predict, page(seed), ["slow"], Asker(Deadline(60)))
            for seed in range(4)
        ]
        others = [
            pool.submit(predictor.predict, page(seed), ["other"], Asker(Deadline(60)))
            for seed in range(4)
        ]
        assert [one.result().failures for one in others] == [{}] * 4
        told = [one.result().failures.get("slow", "") for one in stuck]
    assert time.monotonic() - begun < 30, "half of the time that all would have waited"
    assert sum("was stopped" in one for one in told) == 1
    assert predictor.predict(page(9), ["slow"]).failures == {}


def test_a_hung_run_of_one_framework_holds_one_turn_however_many_ask(
    two: tuple[Path, Path], start: Start
) -> None:
    slow, _ = two
    predictor = start(runs=2)
    for key in ("slow", "other"):
        predictor.load(key)
    os.mkfifo(slow / "hold")
    with ThreadPoolExecutor(4) as pool:
        held = [
            pool.submit(predictor.predict, page(n), ["slow"], Asker(Deadline(60))) for n in range(3)
        ]
        until(lambda: logged(slow, "run") == 1)
        answers = predictor.predict(page(9), ["other"], Asker(Deadline(30)))
        assert answers.failures == {}
        assert not any(one.done() for one in held)
        (slow / "hold").rename(slow / "held")
        (slow / "held").write_text("go", encoding="utf-8")
        assert [one.result().failures for one in held] == [{}] * 3


def test_a_process_that_ended_while_nobody_asked_is_seen_to_be_gone(
    two: tuple[Path, Path], start: Start
) -> None:
    predictor = start()
    predictor.load("slow")
    os.kill(pid_of(two[0]), signal.SIGKILL)
    until(lambda: predictor.state("slow") == "idle")
    assert predictor.usage().resident == {}
    assert predictor.predict(page(1), ["slow"]).failures == {}


@pytest.mark.usefixtures("two")
def test_a_model_whose_process_ends_while_it_is_warmed_is_tried_again(
    tmp_path: Path, start: Start
) -> None:
    (tmp_path / "slow" / "exit_in_load").touch()
    predictor = start()
    predictor.warm(["slow", "other"]).join()
    assert [predictor.state(key) for key in ("slow", "other")] == ["ready", "ready"]
    assert predictor.has_answered("slow")


@pytest.mark.usefixtures("two")
def test_a_fault_that_nobody_foresaw_does_not_end_warming(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    predictor = start()
    load = predictor.registry.watch

    def fail(key: str) -> object:
        if key == "slow":
            raise ZeroDivisionError("secret")
        return load(key)

    predictor.registry.read_all()
    monkeypatch.setattr(predictor.registry, "watch", fail)
    with caplog.at_level(logging.ERROR, "twelvelead.models"):
        predictor.warm(["slow", "other"]).join()
    assert caplog.messages == ["The model slow was not loaded: unexpected ZeroDivisionError"]
    assert predictor.state("other") == "ready"
