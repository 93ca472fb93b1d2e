"""Recipes are values: what they say is what their models were trained with, and `replace` changes it."""

import json
import tomllib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecg.beats.beats import Beats
from ecg.simulate.twelve_leads import simulate
from tests.support.project import ROOT
from twelvelead.datasets.pages import DataError
from twelvelead.datasets.records import DS1, DS2
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.training.beat_recipe import BeatRecipe
from twelvelead.training.card_words import CARD_WORDS
from twelvelead.training.loops.beat_picture_loop import FEW, PictureNetwork
from twelvelead.training.recipe import FROM_SCRATCH, RECIPES, PageRecipe, find_recipe
from twelvelead.training.recipes.beats.vgg16 import RECIPE as BEAT_VGG16
from twelvelead.training.recipes.beats.vgg19 import RECIPE as BEAT_VGG19
from twelvelead.training.recipes.beats.vgg19 import grow
from twelvelead.training.studies.trial import quicken

PAGES = sorted(key for key, module in RECIPES.items() if ".pages." in module)
SINCE = {  # what recipes said otherwise already before they were values: key -> names
    "beat_infarction": {"DATA"},  # the sentence left out the version
    "inceptionv3": {"PRECISION"},  # was a constant of the recipe, is one of its loop
    "vgg16": {"BALANCE", "HEAD", "HEAD_FASTER"},  # knobs that there were not; Head got taps
}


def some_beats() -> Beats:
    ecg = simulate("pvc", seed=3)
    return Beats(ecg.signals[1], float(ecg.rate), (ecg.r_peaks * ecg.rate).astype(np.int64))


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_says_what_its_model_was_trained_with_so_finished_fits_count(key: str) -> None:
    metrics = json.loads((ROOT / "models" / key / "metrics.json").read_text(encoding="utf-8"))
    told, knobs = metrics["recipe"].items(), find_recipe(key).fit_knobs().items()

    assert {name for name, _ in told ^ knobs} == SINCE.get(key, set())


@pytest.mark.parametrize("key", ["beat_six", "beat_infarction", "beat_signal_cnn"])
def test_what_a_recipe_says_by_older_names_follows_its_knobs(key: str) -> None:
    recipe = find_recipe(key)
    assert isinstance(recipe, BeatRecipe)

    for changed in ({"held_out": ("114",)}, {"settle": True}, {"dropout": 0.1}, {"extra": "?"}):
        other = replace(recipe, **changed).fit_knobs()
        assert {name for name, _ in other.items() - recipe.fit_knobs().items()} == {
            name.upper() for name in changed
        }


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_is_its_entry(key: str) -> None:
    recipe, shipped = find_recipe(key), ROOT / "models" / key
    entry = tomllib.loads((shipped / "model.toml").read_text(encoding="utf-8"))

    assert recipe.words is CARD_WORDS[key]
    assert (recipe.title, list(recipe.labels)) == (entry["title"], entry["labels"])


@pytest.mark.parametrize("key", ["small_cnn", "vgg16"])
def test_a_knob_is_changed_by_replace_and_in_no_other_way(key: str) -> None:
    recipe = find_recipe(key)
    changed = replace(recipe, title="Another")

    assert changed.knobs() == recipe.knobs() | {"TITLE": "Another"}
    with pytest.raises(FrozenInstanceError):
        recipe.title = "Another"  # type: ignore[misc]


@pytest.mark.parametrize("key", RECIPES)
def test_a_recipe_that_begins_with_the_weights_of_others_takes_a_file_of_them(key: str) -> None:
    recipe = find_recipe(key)
    assert recipe.TAKES_BACKBONE or recipe.origin == FROM_SCRATCH


def test_a_recipe_that_goes_on_from_another_tells_its_knobs_too() -> None:
    changed = replace(BEAT_VGG19, vgg16=replace(BEAT_VGG16, epochs_even=1))

    assert changed.knobs() == BEAT_VGG19.knobs() | {"VGG16_EPOCHS_EVEN": "1"}


@pytest.mark.parametrize("key", PAGES)
def test_a_quick_recipe_has_pixels_for_every_pool(key: str) -> None:
    recipe = find_recipe(key)
    assert isinstance(recipe, PageRecipe)
    quick = quicken(recipe)

    assert quick.variants == 1
    assert min(quick.preprocessing.size) >= recipe.LEAST_SIDE


def test_a_size_that_is_pooled_to_nothing_is_refused() -> None:
    recipe = find_recipe("custom_cnn")
    assert isinstance(recipe, PageRecipe)
    with pytest.raises(DataError, match="80 x 144 px down to nothing: give each side 128 px"):
        replace(recipe, preprocessing=replace(recipe.preprocessing, size=(80, 144)))


def test_six_classes_are_cross_validated_over_all_records_but_paced_ones() -> None:
    recipe = find_recipe("beat_six")
    assert isinstance(recipe, BeatRecipe)

    assert set(recipe.train) == {*DS1, *DS2}
    assert not recipe.test
    assert not recipe.held_out


@pytest.mark.parametrize("key", ["beat_vgg16", "beat_vgg19", "beat_resnet50"])
def test_a_recipe_keeps_patients_apart(key: str) -> None:
    recipe = find_recipe(key)
    assert isinstance(recipe, BeatRecipe)

    assert {*recipe.train, *recipe.held_out} == set(DS1)
    assert not set(recipe.train) & set(recipe.held_out)
    assert recipe.test == DS2


def test_pictures_of_no_beats_are_an_empty_batch() -> None:
    assert BEAT_VGG16.tensors(some_beats(), slice(2, 2)).shape == (0, 32, 48, 3)


def test_a_grown_network_answers_as_the_smaller_one() -> None:
    torch.manual_seed(0)
    smaller, larger = (build(name, BEAT_VGG16.head, 5).eval() for name in ("vgg16", "vgg19"))
    pixels = torch.randn(2, 3, 32, 48)
    with torch.inference_mode():
        wanted = smaller(pixels)
        assert not torch.allclose(larger(pixels), wanted, atol=1e-4)
        grow(smaller, larger)
        assert torch.allclose(larger(pixels), wanted, atol=1e-5)


def test_a_shift_is_added_to_the_logits_and_kept(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PictureNetwork(build("vgg16", BEAT_VGG16.head, 5))
    tensors = BEAT_VGG16.tensors(some_beats())[:2]
    before, bias = network.logits(tensors), np.arange(5.0)
    network.shift(bias)

    assert np.allclose(network.logits(tensors), before + bias, atol=1e-5)
    many = network.logits(np.repeat(tensors, FEW, axis=0))  # in bfloat16
    assert np.abs(many[:FEW] - before[0] - bias).max() < 0.05
    kept = BEAT_VGG16.load(network.save(tmp_path))
    assert np.allclose(kept.logits(tensors), before + bias, atol=1e-2)
