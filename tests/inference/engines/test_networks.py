"""Each network runs on the backend that suits it, as many in memory as the budget holds."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, ModelTooLarge, WeightsError
from model_registry.registry import read_registry
from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.fixtures_compiled import entry_of
from twelvelead.inference.engines.networks import Networks
from twelvelead.inference.resources.limits import Limits

Start = Callable[..., Networks]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts networks over a folder; ends their processes at last."""
    started: list[Networks] = []

    def start_one(folder: Path, **limits: object) -> Networks:
        more = {"threads": 1, "runs": 2, **limits}
        started.append(Networks(read_registry(folder), Limits(**more)))  # type: ignore[arg-type]
        return started[-1]

    yield start_one
    for networks in started:
        networks.close()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both frameworks are fakes."""
    fakes = {
        "keras": "tests.support.models.fake_framework",
        "pytorch": "tests.support.models.fake_framework",
    }
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", fakes)


def ask(networks: Networks, entry: ModelEntry) -> np.ndarray:
    """What a network says of a grey page."""
    return networks.run(entry, np.full((1, *entry.preprocessing.shape), 0.5, np.float32))


def test_a_compiled_model_runs_without_its_framework(compiled_dir: Path, start: Start) -> None:
    networks, entry = start(compiled_dir), entry_of(compiled_dir, "tiny_torch")

    assert networks.state(entry) == "idle"
    assert networks.load(entry).startswith("onnxruntime ")
    assert networks.state(entry) == "ready"
    assert ask(networks, entry).shape == (1, 4)
    assert networks.processes == {}
    assert networks.loads == {("tiny_torch", "onnx"): 1}
    assert set(networks.resident) == {"tiny_torch"}


def test_both_forms_give_the_same_answer(compiled_dir: Path, start: Start) -> None:
    entry = entry_of(compiled_dir, "tiny_torch")
    onnx, native = start(compiled_dir), start(compiled_dir, runtime="native")

    np.testing.assert_allclose(ask(onnx, entry), ask(native, entry), atol=1e-4)
    assert native.load(entry).startswith("torch ")
    assert native.processes["pytorch"] > 50_000_000


def test_a_stale_form_is_not_served(compiled: Path, start: Start) -> None:
    before = entry_of(compiled, "tiny_torch")
    before.weights.path.write_bytes(before.weights.path.read_bytes() + b" ")
    after = hashlib.sha256(before.weights.path.read_bytes()).hexdigest()
    file = compiled / "tiny_torch" / "model.toml"
    file.write_text(file.read_text("utf-8").replace(before.weights.sha256, after), "utf-8")

    assert start(compiled).forms.engine_of(entry_of(compiled, "tiny_torch")) == "pytorch"
    with pytest.raises(WeightsError, match="compiled from other weights"):
        start(compiled, runtime="onnx").load(entry_of(compiled, "tiny_torch"))


def test_where_only_compiled_models_are_served_others_are_told(
    models_dir: Path, start: Start
) -> None:
    with pytest.raises(WeightsError, match=r"is not compiled.*twelvelead compile tiny_keras"):
        start(models_dir, runtime="onnx").load(entry_of(models_dir, "tiny_keras"))


@pytest.mark.parametrize(("runtime", "engine"), [("native", "keras"), ("onnx", "onnx")])
def test_an_entry_may_say_how_it_is_served(
    compiled: Path, start: Start, runtime: str, engine: str
) -> None:
    file = compiled / "tiny_keras" / "model.toml"
    file.write_text(f'runtime = "{runtime}"\n' + file.read_text("utf-8"), "utf-8")
    assert start(compiled).forms.engine_of(entry_of(compiled, "tiny_keras")) == engine


def test_where_only_compiled_models_are_served_a_corrupt_form_is_refused(
    compiled: Path, start: Start
) -> None:
    (compiled / "tiny_keras" / "compiled.onnx").write_bytes(b"corrupt")
    networks = start(compiled, runtime="onnx")
    with pytest.raises(WeightsError, match=r"compiled\.onnx has the sha256"):
        networks.load(entry_of(compiled, "tiny_keras"))
    assert networks.processes == {}


def test_the_budget_holds(
    compiled_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "twelvelead.inference.engines.onnx_models.OnnxModels.cost", lambda *_: 60_000_000
    )
    keras, torch = (entry_of(compiled_dir, key) for key in ("tiny_keras", "tiny_torch"))
    networks = start(compiled_dir, model_memory=100_000_000)
    for entry in (torch, keras, torch):
        ask(networks, entry)
    assert networks.resident == {"tiny_torch": 60_000_000}
    assert networks.evictions == {"tiny_torch": 1, "tiny_keras": 1}


def test_a_model_over_the_budget_is_refused_with_both_numbers(
    compiled_dir: Path, start: Start
) -> None:
    networks = start(compiled_dir, model_memory=1_000_000)
    with pytest.raises(ModelTooLarge, match=r"takes \d+ MB .* 1 MB"):
        networks.load(entry_of(compiled_dir, "tiny_torch"))


@pytest.mark.usefixtures("fake")
def test_a_process_that_ends_takes_its_models_with_it_and_the_next_request_works(
    tmp_path: Path, start: Start
) -> None:
    home = make_fake_model(tmp_path, "one")
    make_fake_model(tmp_path, "two")
    networks = start(tmp_path)
    one, two = (entry_of(tmp_path, key) for key in ("one", "two"))
    for entry in (one, two):
        ask(networks, entry)
    (home / "exit").touch()
    with pytest.raises(BackendEnded):
        ask(networks, one)
    assert networks.resident == {}
    assert networks.state(two) == "idle"
    np.testing.assert_allclose(ask(networks, one), [[0.1, 0.6, 0.2, 0.1]])
    assert logged(home, "load") == 2


@pytest.mark.usefixtures("fake")
def test_a_process_that_nobody_asks_is_ended(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path, "one")
    networks, entry = start(tmp_path, native_idle=0.0), None
    entry = entry_of(tmp_path, "one")
    ask(networks, entry)
    networks.stop_idle()
    assert networks.processes == {}
    assert networks.state(entry) == "idle"
    assert ask(networks, entry).shape == (1, 4)
