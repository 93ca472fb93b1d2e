"""A damaged compiled form gives way to sound weights, which says so; where there are none it is refused."""

import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_registry.errors import ModelUnavailable, NoUsableAnswer, WeightsError
from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.models.fake_framework import logged, rewrite_weights
from tests.support.models.framework_runs import until
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE, make_app
from twelvelead.inference.compilation.compiled import NAME, RECORD, fingerprint, read_compiled
from twelvelead.inference.compilation.queue import compiling
from twelvelead.inference.failures import TRIED_AGAIN
from twelvelead.inference.forms import NATIVELY
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

KEY = "tiny_keras"
NATIVE = [0.1, 0.6, 0.2, 0.1]
Damage = Callable[[Path], None]
Start = Callable[..., Predictor]


def cut(home: Path) -> None:
    (home / NAME).write_bytes((home / NAME).read_bytes()[:-100])


def exchange(home: Path) -> None:
    """Another model's graph, under a record that has its sha256."""
    other = home.parent / "tiny_torch"
    record = json.loads((home / RECORD).read_text("utf-8"))
    record["sha256"] = json.loads((other / RECORD).read_text("utf-8"))["sha256"]
    (home / RECORD).write_text(json.dumps(record), encoding="utf-8")
    shutil.copy(other / NAME, home / NAME)


def spoil_record(home: Path) -> None:
    (home / RECORD).write_text("{", encoding="utf-8")


def lose_graph(home: Path) -> None:
    (home / NAME).unlink()


DAMAGES: dict[Damage, str] = {
    cut: r"compiled\.onnx has the sha256",
    exchange: r"compiled\.onnx can't be loaded by onnxruntime",
    spoil_record: r"compiled\.json can't be read",
    lose_graph: r"compiled\.onnx is missing",
}
damaged = pytest.mark.parametrize("damage", list(DAMAGES))


@pytest.fixture
def start(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a predictor whose native weights are those of the fake framework."""
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)
    started: list[Predictor] = []

    def start_one(backends: dict[str, str] = FAKE_BACKENDS, **limits: Any) -> Predictor:
        monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", backends)
        started.append(Predictor(read_registry(compiled), Limits(**{"threads": 1} | limits)))
        return started[-1]

    yield start_one
    for predictor in started:
        predictor.close()


@pytest.fixture(autouse=True)
def home(compiled: Path) -> Path:
    """A compiled model beside weights of the fake framework, which it is said to be made from."""
    home = compiled / KEY
    rewrite_weights(home, outputs=NATIVE)
    entry = read_entry(home / "model.toml")
    record = read_compiled(entry)
    assert record is not None
    replace(record, made_from=fingerprint(entry)).write(home)
    return home


def add_example(home: Path) -> None:
    """An example that the native weights answer, and the compiled form does not."""
    (home / "example.png").write_bytes(PAGE)
    text = f'[example]\nimage = "example.png"\nprobabilities = {NATIVE}\n'
    with (home / "model.toml").open("a", encoding="utf-8") as entry:
        entry.write(text)


def test_it_works(start: Start) -> None:
    predictor = start()
    (answer,) = predictor.predict(PAGE, [KEY]).predictions
    assert answer.runtime.startswith("onnxruntime ")
    assert predictor.notes(KEY) == ()


@damaged
def test_a_damaged_form_gives_way_to_sound_weights_and_says_so(
    home: Path, start: Start, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    damage(home)
    predictor = start()
    with caplog.at_level(logging.WARNING, "twelvelead.models"):
        answers = [predictor.predict(PAGE, [KEY]).predictions[0] for _ in range(2)]

    assert [one.runtime for one in answers] == ["fake 1.0"] * 2
    assert list(answers[0].shares.values()) == pytest.approx(NATIVE)
    (note,) = predictor.notes(KEY)
    assert note.startswith(NATIVELY)
    assert re.search(DAMAGES[damage], note)
    assert len(caplog.messages) == 1, "it is said once"
    assert re.search(f"The model {KEY} is served natively: .*{DAMAGES[damage]}", caplog.messages[0])
    assert predictor.usage().loads == {(KEY, "keras"): 1}


def test_a_form_that_answers_the_example_otherwise_gives_way(home: Path, start: Start) -> None:
    add_example(home)
    predictor = start()
    assert predictor.load(KEY) == "fake 1.0"
    assert "answers its example with" in predictor.notes(KEY)[0]
    assert list(predictor.usage().resident) == [KEY]


def test_where_both_forms_answer_the_example_otherwise_the_model_is_refused(
    home: Path, start: Start
) -> None:
    add_example(home)
    file = home / "model.toml"
    file.write_text(
        file.read_text("utf-8").replace(str(NATIVE), "[0.25, 0.25, 0.25, 0.25]"), "utf-8"
    )
    with pytest.raises(NoUsableAnswer, match=r"answers its example with \(0\.1000, 0\.6000"):
        start().load(KEY)


@damaged
def test_a_form_that_is_restored_is_served_again(home: Path, start: Start, damage: Damage) -> None:
    files = {name: (home / name).read_bytes() for name in (NAME, RECORD)}
    damage(home)
    predictor = start()
    assert predictor.load(KEY) == "fake 1.0"
    assert re.search(DAMAGES[damage], predictor.notes(KEY)[0])
    for name, data in files.items():
        (home / name).write_bytes(data)

    (answer,) = predictor.predict(PAGE, [KEY]).predictions
    assert answer.runtime.startswith("onnxruntime ")
    assert predictor.notes(KEY) == ()


@damaged
def test_where_only_compiled_forms_are_served_it_is_refused_until_it_is_restored(
    home: Path, start: Start, damage: Damage
) -> None:
    files = {name: (home / name).read_bytes() for name in (NAME, RECORD)}
    damage(home)
    predictor = start(runtime="onnx")
    refused = predictor.predict(PAGE, [KEY]).failures[KEY]
    assert re.search(DAMAGES[damage], refused)
    assert refused.endswith(TRIED_AGAIN)
    assert logged(home, "load") == 0
    for name, data in files.items():
        (home / name).write_bytes(data)
    assert predictor.load(KEY).startswith("onnxruntime ")


@damaged
@pytest.mark.parametrize("weights", ["there", "left out"])
def test_where_no_framework_is_installed_the_compiled_forms_fault_is_told(
    home: Path, start: Start, damage: Damage, weights: str
) -> None:
    if weights == "left out" and damage is not lose_graph:  # without both it is no entry
        (home / "weights.keras").unlink()
    damage(home)
    predictor = start(dict.fromkeys(FAKE_BACKENDS, "tests.no_such_framework"))
    with pytest.raises(WeightsError, match=DAMAGES[damage]):
        predictor.load(KEY)
    with pytest.raises(ModelUnavailable, match=DAMAGES[damage]):
        predictor.state(KEY)


def test_weights_that_were_altered_are_served_in_no_form(home: Path, start: Start) -> None:
    (home / "weights.keras").write_bytes(b"altered")
    with pytest.raises(WeightsError, match=r"weights\.keras has the sha256"):
        start().load(KEY)


def test_a_note_stands_in_the_list_of_models(home: Path, compiled: Path, start: Start) -> None:
    cut(home)
    predictor = start()
    predictor.load(KEY)
    listed = make_app(compiled, predictor).test_client().get("/api/v1/models").json or {}
    notes = {one["key"]: one["notes"] for one in listed["models"]}
    assert notes == {KEY: list(predictor.notes(KEY)), "tiny_torch": []}


def take_away(home: Path) -> tuple[bytes, bytes]:
    """A model's compiled form and its record, which are no longer there."""
    form, record = (home / NAME).read_bytes(), (home / RECORD).read_bytes()
    (home / NAME).unlink()
    (home / RECORD).unlink()
    return form, record


def test_a_form_that_is_made_meanwhile_is_served_from_the_next_page_on(
    home: Path, start: Start
) -> None:
    form, record = take_away(home)
    predictor = start(answers_kept=0)
    asked = [predictor.predict(PAGE, [KEY]).predictions[0].runtime]
    (home / f"{NAME}.part").write_bytes(form[:100])  # as while it is written
    asked.append(predictor.predict(PAGE, [KEY]).predictions[0].runtime)
    (home / NAME).write_bytes(form)
    asked.append(predictor.predict(PAGE, [KEY]).predictions[0].runtime)
    (home / RECORD).write_bytes(record)
    asked.append(predictor.predict(PAGE, [KEY]).predictions[0].runtime)

    assert asked[:3] == ["fake 1.0"] * 3
    assert asked[3].startswith("onnxruntime ")
    assert predictor.usage().loads == {(KEY, "onnx"): 2}, "natively once, though files came"
    assert predictor.usage().processes == {}, "nothing else needs the framework's process"


def test_pages_that_are_worked_on_while_a_form_is_made_are_answered_natively(
    home: Path, start: Start
) -> None:
    form, record = take_away(home)
    predictor = start(answers_kept=0, runs=2)
    predictor.load(KEY)
    os.mkfifo(home / "hold")
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(predictor.predict, PAGE, [KEY])
        until(lambda: logged(home, "run") == 1)
        (home / NAME).write_bytes(form)
        (home / RECORD).write_bytes(record)
        late = pool.submit(predictor.predict, PAGE, [KEY])
        until(lambda: predictor.state(KEY) != "ready")
        (home / "hold").write_text("go on", encoding="utf-8")
        answers = [one.result() for one in (early, late)]

    assert [one.failures for one in answers] == [{}, {}]
    runtimes = [one.predictions[0].runtime.split()[0] for one in answers]
    assert runtimes == ["fake", "onnxruntime"]


def test_a_form_that_answers_the_example_otherwise_is_told_when_it_is_made(
    home: Path, start: Start
) -> None:
    add_example(home)
    form, record = take_away(home)
    predictor = start()
    assert predictor.load(KEY) == "fake 1.0"
    (home / NAME).write_bytes(form)
    (home / RECORD).write_bytes(record)
    assert predictor.load(KEY) == "fake 1.0"
    assert "answers its example with" in predictor.notes(KEY)[0]


def test_a_model_that_is_being_compiled_says_so(compiled: Path, home: Path, start: Start) -> None:
    take_away(home)
    predictor = start()
    with compiling(compiled) as tell:
        tell([KEY])
        assert predictor.notes(KEY) == (
            f"{KEY} is being compiled, and served natively until then.",
        )
        assert start(runtime="native").notes(KEY) == (), "it will be served natively then too"
    assert predictor.notes(KEY) == ()
