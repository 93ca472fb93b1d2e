"""What `models/` claims, model by model: complete, hashed, measured, carded, small enough."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_registry.entry import Entry, ModelEntry
from model_registry.read_entry import read_entry
from model_registry.registry import read_registry
from tests.support.project import ROOT
from twelvelead.evaluation.evaluate import read_out_of_fold
from twelvelead.inference.compilation.compile import compile_model
from twelvelead.inference.compilation.probe_inputs import draw_pages
from twelvelead.inference.engines.weights import read_weights
from twelvelead.inference.examples import read_example
from twelvelead.inference.predictor import Predictor

MODELS = ROOT / "models"
REGISTRY = read_registry(MODELS)
MAX_FILE, MAX_ALL = 60_000_000, 300_000_000
FLOOR = {"accuracy": 0.845, "macro_f1": 0.757, "auc": 0.924}  # a linear probe, frozen network

NETWORKS = {key: one for key, one in REGISTRY.items() if isinstance(one, ModelEntry)}

PAGES = {key: one for key, one in REGISTRY.items() if one.task.subject == "page"}
BEATS = {key: one for key, one in REGISTRY.items() if one.task.subject == "beat"}
BEAT_NETWORKS = {key: one for key, one in NETWORKS.items() if key in BEATS}

each_model = pytest.mark.parametrize("entry", REGISTRY.values(), ids=list(REGISTRY))
each_network = pytest.mark.parametrize("entry", NETWORKS.values(), ids=list(NETWORKS))
each_page_model = pytest.mark.parametrize("entry", PAGES.values(), ids=list(PAGES))
each_beat_model = pytest.mark.parametrize("entry", BEATS.values(), ids=list(BEATS))
each_beat_network = pytest.mark.parametrize(
    "entry", BEAT_NETWORKS.values(), ids=list(BEAT_NETWORKS)
)


@pytest.fixture(scope="module")
def predictor() -> Iterator[Predictor]:
    made = Predictor(REGISTRY)
    yield made
    made.close()


def test_every_page_model_of_the_field_is_there_and_none_is_broken() -> None:
    wanted = {"mobilenetv2", "small_cnn", "custom_cnn", "inceptionv3", "vgg16", "resnet50"}
    assert wanted | {"page_best"} == set(PAGES)
    assert REGISTRY.broken == {}


def test_every_beat_model_of_the_field_is_there() -> None:
    pictures = {"beat_vgg16", "beat_vgg19", "beat_resnet50", "beat_ensemble", "beat_six"}
    assert set(BEATS) == pictures | {"beat_signal_cnn", "beat_infarction"}


def test_all_were_measured_on_one_split_of_one_data_set() -> None:
    held_out = [(entry.metrics or {})["cross_validation"] for entry in PAGES.values()]
    assert len({(one["split_sha256"], one["data_sha256"]) for one in held_out}) == 1


def test_every_pair_of_models_was_compared() -> None:
    assert REGISTRY.comparison is not None
    assert set(REGISTRY.comparison.models) == set(PAGES)
    assert len(REGISTRY.comparison.pairs) == len(PAGES) * (len(PAGES) - 1) // 2


def test_all_weights_together_are_small_enough() -> None:
    sizes = [entry.weights.path.stat().st_size for entry in NETWORKS.values()]
    assert max(sizes) < MAX_FILE
    assert sum(sizes) < MAX_ALL


@each_network
def test_the_weights_are_those_that_the_entry_names(entry: ModelEntry) -> None:
    assert read_weights(entry.weights)


@each_model
def test_it_answers_its_example_as_it_says(entry: Entry, predictor: Predictor) -> None:
    assert entry.example is not None
    predictor.load(entry.key)
    example = read_example(entry)
    assert example is not None
    (told,) = predictor.ask(example).answer(entry.key).probabilities
    assert told == pytest.approx(list(entry.example.probabilities), abs=1e-4)


@each_page_model
def test_its_card_has_what_a_card_needs(entry: Entry) -> None:
    card = (entry.folder / "README.md").read_text(encoding="utf-8")
    for part in ("Intended use", "Out of scope", "Data", "Held-out figures", "Limits", "licence"):
        assert part in card
    for part in ("Shortcuts", "What others report, and why it is higher"):
        assert f"## {part}" in card
    assert "Not a medical device" in card


@each_beat_network
def test_the_card_of_a_beat_network_has_what_a_card_needs(entry: ModelEntry) -> None:
    card = (entry.folder / "README.md").read_text(encoding="utf-8")
    for part in ("Intended use", "Out of scope", "Data", "Held-out figures", "Limits"):
        assert f"## {part}" in card
    assert "## What others report, and why it is higher" in card
    assert "licence" in card
    assert "Not a medical device" in card


@each_beat_model
def test_figures_of_beats_are_held_out_by_patient(entry: Entry) -> None:
    figures = (entry.metrics or {})["cross_validation"]
    assert figures["n"] == sum(map(sum, figures["confusion"]))
    assert figures["labels"] == list(entry.labels)
    assert figures["patients"] < figures["n"]
    assert figures["protocol"]
    for name in ("accuracy", "macro_f1"):
        low, high = figures[f"{name}_interval"]
        assert low < figures[name] < high


@each_beat_network
def test_a_random_split_of_beats_flatters_it(entry: ModelEntry) -> None:
    metrics = entry.metrics or {}
    assert metrics["random_split"]["macro_f1"] > metrics["cross_validation"]["macro_f1"]


@each_network
def test_its_card_names_the_weights_by_their_hash(entry: ModelEntry) -> None:
    assert entry.weights.sha256 in (entry.folder / "README.md").read_text(encoding="utf-8")


@each_page_model
def test_its_figures_are_measured_on_every_page_by_patient(entry: Entry) -> None:
    figures = json.loads((entry.folder / "metrics.json").read_text())["cross_validation"]
    held_out = read_out_of_fold(entry) or {}
    assert figures["n"] == len(held_out) == sum(map(sum, figures["confusion"]))
    assert figures["labels"] == list(entry.labels)
    assert figures["patients"] < figures["n"]
    assert set(figures["roc"]) == set(entry.labels)
    assert sum(one["n"] for one in figures["calibration_curve"]) == figures["n"]
    for name in FLOOR:
        low, high = figures[f"{name}_interval"]
        assert low < figures[name] < high


@each_page_model
def test_it_beats_a_linear_probe_or_its_card_says_that_it_does_not(entry: Entry) -> None:
    figures = (entry.metrics or {})["cross_validation"]
    card = (entry.folder / "README.md").read_text(encoding="utf-8")
    beaten = all(figures[name] > floor for name, floor in FLOOR.items())
    assert ("It beats a linear probe" in card) == beaten
    assert ("It does NOT beat a linear probe" in card) != beaten


@each_page_model
def test_without_its_traces_a_page_tells_it_little(entry: Entry) -> None:
    shortcuts = (entry.metrics or {})["shortcuts"]
    assert shortcuts["as served"]["n"] > 0
    assert shortcuts["traces blanked"]["balanced_accuracy"] < 0.35
    gained = shortcuts["as served"]["balanced_accuracy"]
    assert gained > shortcuts["traces blanked"]["balanced_accuracy"] + 0.1


@each_page_model
def test_the_copied_split_flatters_it(entry: Entry) -> None:
    """In macro-F1; accuracy also moves because infarctions count eight times among the files."""
    copied = (entry.metrics or {})["copied_split"]
    held_out = (entry.metrics or {})["cross_validation"]
    assert copied["share_of_test_files_with_a_copy_in_training"] > 0.5
    assert copied["macro_f1"] > held_out["macro_f1"]


@pytest.mark.slow
@each_network
def test_it_compiles_and_answers_as_before(entry: ModelEntry, tmp_path: Path) -> None:
    shutil.copytree(entry.folder, tmp_path / entry.key)
    record = compile_model(read_entry(tmp_path / entry.key / "model.toml"), draw_pages(13))
    assert record.pages == (14 if entry.key in PAGES else 199)
    assert record.max_difference < 1e-4
