"""What was asked, answered, refused and loaded, for Prometheus; nothing of a client in it."""

from pathlib import Path
from types import MappingProxyType

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from model_registry.registry import read_registry
from tests.support.signals.signal_fakes import (
    MODEL,
    PAGES,
    finished,
    make_beats_app,
    recording,
    sent,
)
from tests.support.web.web_fakes import Brittle, FakePredictor, form, make_app
from twelvelead.inference.resources.limits import Usage

MARKER = "Zyxw4711Patient"
PREDICTIONS, SIGNALS = "/api/v1/predictions", "/api/v1/signals/predictions"
USAGE = Usage(
    budget=1000,
    resident=MappingProxyType({"tiny_keras": 400}),
    loads=MappingProxyType({("tiny_keras", "onnx"): 3, ("tiny_torch", "pytorch"): 1}),
    evictions=MappingProxyType({"tiny_torch": 2}),
    processes=MappingProxyType({"keras": 700}),
    running=1,
    waiting=5,
)


class Used(FakePredictor):
    def usage(self) -> Usage:
        return USAGE


def figures(app: Flask) -> dict[tuple[str, ...], float]:
    """Each figure by its name and its labels' values in the order of the labels' names."""
    text = app.test_client().get("/metrics").text
    return {
        (
            one.name.removeprefix("twelvelead_"),
            *(one.labels[name] for name in sorted(one.labels)),
        ): (one.value)
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
def app(models_dir: Path) -> Flask:
    return make_app(models_dir)


def test_it_works(app: Flask) -> None:
    for _ in range(2):
        app.test_client().post(PREDICTIONS, data=form("all"))
    found = figures(app)
    assert found["requests_total", "POST", PREDICTIONS, "200"] == 2
    assert found["request_seconds_count", PREDICTIONS] == 2
    assert found["request_seconds_sum", PREDICTIONS] > 0


def test_apps_count_for_themselves(app: Flask, models_dir: Path) -> None:
    app.test_client().get("/livez")
    assert ("requests_total", "GET", "/livez", "200") not in figures(make_app(models_dir))


def test_answers_are_counted_by_model_and_decision(models_dir: Path) -> None:
    predictor = FakePredictor(read_registry(models_dir), {"tiny_torch": "It is out."})
    app = make_app(models_dir, predictor)
    app.test_client().post("/results", data=form("all"))
    found = figures(app)
    assert found["answers_total", "accepted", "tiny_keras"] == 1
    assert found["answers_total", "failed", "tiny_torch"] == 1


def test_each_stage_has_its_seconds(app: Flask) -> None:
    answer = app.test_client().post(PREDICTIONS, data=form("tiny_keras")).json or {}
    found, took = figures(app), answer["predictions"][0]["timings_ms"]
    for stage in ("decode", "preprocess", "run"):
        assert found["stage_seconds_count", "tiny_keras", stage] == 1
        seconds = found["stage_seconds_sum", "tiny_keras", stage]
        assert seconds == pytest.approx(took[stage] / 1000, abs=1e-6)
        assert seconds > 0


def test_an_answer_that_was_kept_took_no_stages(app: Flask) -> None:
    for _ in range(2):
        app.test_client().post(PREDICTIONS, data=form("tiny_keras"))
    found = figures(app)
    assert found["answers_total", "accepted", "tiny_keras"] == 2
    assert found["stage_seconds_count", "tiny_keras", "run"] == 1


def test_answers_about_beats_are_counted_as_those_about_pages_are(tmp_path: Path) -> None:
    app = make_beats_app(tmp_path)
    answer = app.test_client().post(SIGNALS, data=recording(model=[MODEL, PAGES]))
    (said,) = (answer.json or {})["predictions"]
    found = figures(app)
    accepted = sum(beat["decision"] == "accepted" for beat in said["beats"])
    assert found["answers_total", "accepted", MODEL] == accepted > 0
    assert found["answers_total", "failed", PAGES] == 1
    for stage, milliseconds in said["timings_ms"].items():
        assert found["stage_seconds_count", MODEL, stage] == 1
        seconds = found["stage_seconds_sum", MODEL, stage]
        assert seconds == pytest.approx(milliseconds / 1000, abs=1e-6)


def test_so_are_those_of_recordings_that_wait_for_their_turn(tmp_path: Path) -> None:
    app = make_beats_app(tmp_path)
    client = app.test_client()
    finished(client, sent(client))
    found = figures(app)
    assert found["answers_total", "accepted", MODEL] > 0
    assert found["stage_seconds_count", MODEL, "run"] == 1


def test_what_the_predictor_has_in_memory_is_read_when_asked(models_dir: Path) -> None:
    found = figures(make_app(models_dir, Used(read_registry(models_dir))))
    assert found["model_memory_budget_bytes",] == 1000
    assert found["model_resident_bytes", "tiny_keras"] == 400
    assert found["model_loads_total", "tiny_keras", "onnx"] == 3
    assert found["model_loads_total", "tiny_torch", "pytorch"] == 1
    assert found["model_evictions_total", "tiny_torch"] == 2
    assert found["framework_resident_bytes", "keras"] == 700
    assert (found["runs_running",], found["runs_waiting",]) == (1, 5)


def test_the_process_is_in_it(app: Flask) -> None:
    found = figures(app)
    assert found["process_resident_memory_bytes",] > 0
    assert found["process_start_time_seconds",] > 0


def test_those_who_were_not_let_in_are_counted(models_dir: Path) -> None:
    app = make_app(models_dir, admitted=1)
    app.extensions["twelvelead"].admission.enter()
    app.test_client().post("/predict")
    found = figures(app)
    assert found["requests_admitted",] == 1
    assert found["rejected_total", "full"] == 1
    assert found["requests_total", "POST", "/predict", "503"] == 1


def test_a_bug_of_ours_is_counted(models_dir: Path) -> None:
    app = make_app(models_dir, Brittle(read_registry(models_dir)))
    app.test_client().post("/predict", data=form("all"))
    assert figures(app)["requests_total", "POST", "/predict", "500"] == 1


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", f"/{MARKER}"),
        (MARKER.upper(), "/"),
        ("GET", f"/models/{MARKER}"),
        ("GET", f"/static/{MARKER}"),
        ("GET", f"/?sample={MARKER}"),
        ("PUT", f"/api/v1/models/{MARKER}/metrics"),
    ],
)
def test_no_label_is_what_a_client_sent(app: Flask, method: str, address: str) -> None:
    app.test_client().open(address, method=method, headers={"User-Agent": MARKER}).close()
    assert MARKER.lower() not in app.test_client().get("/metrics").text.lower()


def test_an_unknown_address_and_method_have_words_of_ours(app: Flask) -> None:
    app.test_client().get(f"/{MARKER}")
    app.test_client().open("/", method=MARKER.upper())
    found = figures(app)
    assert found["requests_total", "GET", "none", "404"] == 1
    assert found["requests_total", "other", "none", "405"] == 1


def test_no_label_is_a_model_or_a_page_that_a_client_sent(app: Flask) -> None:
    for fields in (form(MARKER), form("all", file=None, sample=MARKER), form("all", name=MARKER)):
        app.test_client().post(PREDICTIONS, data=fields)
    assert MARKER not in app.test_client().get("/metrics").text
