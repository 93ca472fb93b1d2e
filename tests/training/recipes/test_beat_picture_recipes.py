"""Recipes of beat pictures: what they read is what is served, and VGG19 begins as VGG16 left off."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ecg.beats.beats import Beats
from ecg.simulate.twelve_leads import simulate
from model_registry.beat_tables import DrawingTable
from model_registry.entry import ModelEntry, Weights
from model_registry.tables import PreprocessingTable
from twelvelead.datasets.records import DS1, DS2
from twelvelead.inference.batch import beat_tensors
from twelvelead.inference.engines.pytorch_models import build
from twelvelead.training.beat_recipe import find_beat_recipe
from twelvelead.training.loops.beat_picture_loop import FEW, PictureNetwork
from twelvelead.training.recipes.beats import picture_recipe as beat_picture_recipe
from twelvelead.training.recipes.beats import vgg16 as beat_vgg16
from twelvelead.training.recipes.beats import vgg19 as beat_vgg19

KEYS = ("beat_vgg16", "beat_vgg19", "beat_resnet50", "beat_six")
PARTS = ("TITLE", "LABELS", "CODES", "EXTRA", "SETTLE", "PROTOCOL", "SCHEDULE", "DATA", "NOTES")


def some_beats() -> Beats:
    ecg = simulate("pvc", seed=3)
    return Beats(ecg.signals[1], float(ecg.rate), (ecg.r_peaks * ecg.rate).astype(np.int64))


@pytest.mark.parametrize("key", KEYS)
def test_a_recipe_reads_what_its_entry_says_is_served(key: str, tmp_path: Path) -> None:
    import tomllib

    recipe = find_beat_recipe(key)
    said = tomllib.loads(recipe.reading_toml())
    entry = ModelEntry(
        key=key,
        title=recipe.TITLE,
        task=recipe.TASK,
        labels=recipe.LABELS,
        framework="pytorch",
        output="logits",
        weights=Weights(tmp_path / "w", ""),
        preprocessing=PreprocessingTable.model_validate(said["preprocessing"]).preprocessing(),
        drawing=DrawingTable.model_validate(said["drawing"]).drawing(),
    )
    beats = some_beats()

    assert np.array_equal(recipe.tensors(beats), beat_tensors(entry, beats))
    assert recipe.tensors(beats, slice(2, 2)).shape == (0, *entry.preprocessing.shape)


def test_six_classes_are_cross_validated_over_all_records_but_paced_ones() -> None:
    recipe = find_beat_recipe("beat_six")

    assert set(recipe.TRAIN) == {*DS1, *DS2}
    assert not recipe.TEST
    assert not hasattr(recipe, "HELD_OUT")


@pytest.mark.parametrize("key", ["beat_vgg16", "beat_vgg19", "beat_resnet50"])
def test_a_recipe_keeps_patients_apart(key: str) -> None:
    recipe = find_beat_recipe(key)
    held_out = beat_picture_recipe.HELD_OUT

    assert {*recipe.TRAIN, *held_out} == set(DS1)
    assert not set(recipe.TRAIN) & set(held_out)
    assert recipe.TEST == DS2
    assert all(hasattr(recipe, name) for name in PARTS)
    assert recipe.knobs()["EXTRA"] == recipe.EXTRA


def test_a_grown_network_answers_as_the_smaller_one() -> None:
    torch.manual_seed(0)
    smaller, larger = (build(name, beat_vgg16.HEAD, 5).eval() for name in ("vgg16", "vgg19"))
    pixels = torch.randn(2, 3, 32, 48)
    with torch.inference_mode():
        wanted = smaller(pixels)
        assert not torch.allclose(larger(pixels), wanted, atol=1e-4)
        beat_vgg19.grow(smaller, larger)
        assert torch.allclose(larger(pixels), wanted, atol=1e-5)


def test_a_shift_is_added_to_the_logits_and_kept(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PictureNetwork(build("vgg16", beat_vgg16.HEAD, 5))
    tensors = beat_vgg16.tensors(some_beats())[:2]
    before, bias = network.logits(tensors), np.arange(5.0)
    network.shift(bias)

    assert np.allclose(network.logits(tensors), before + bias, atol=1e-5)
    many = network.logits(np.repeat(tensors, FEW, axis=0))  # in bfloat16
    assert np.abs(many[:FEW] - before[0] - bias).max() < 0.05
    kept = beat_vgg16.load(network.save(tmp_path))
    assert np.allclose(kept.logits(tensors), before + bias, atol=1e-2)
