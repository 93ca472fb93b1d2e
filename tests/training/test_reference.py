"""training.shipping.reference: what a model keeps of its training pages, held out by patient."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.page.ink import HEIGHT, WIDTH
from ecg.page.page import Page, read_page
from model_registry.registry import read_registry
from tests.support.models.ensemble_files import LABELS
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import Facts
from tests.support.pages.drawn_copies import put
from tests.support.pages.references import COUNT, looked, page_bytes
from twelvelead.datasets.pages import DataError
from twelvelead.inference.familiarity.reference import read_reference
from twelvelead.inference.gate.finding import Finding, unexamined
from twelvelead.training.familiarity import make_references, page_networks
from twelvelead.training.shipping.reference import (
    FOLDS,
    deal,
    fit_layout,
    fit_space,
    held_out_distances,
    held_out_layouts,
    look_at,
    make_reference,
)
from twelvelead.training.shipping.views import other_view
from twelvelead.training.studies.known_pages import shipped_reference, study, tell_of_others


def test_pages_of_one_look_share_a_layout_that_held_out_ones_have() -> None:
    layout = fit_layout(looked())
    assert layout is not None
    scores = held_out_layouts(looked())
    assert layout.least < scores.min() + 0.02
    assert scores.min() > 0.7
    assert np.abs(scores - [layout.score(one) for one in looked().soft]).max() < 0.1


def test_pages_that_share_nothing_have_no_layout() -> None:
    noise = np.random.default_rng(1).random((COUNT, HEIGHT, WIDTH)).astype(np.float32)
    assert fit_layout(replace(looked(), soft=noise)) is None
    assert fit_layout(replace(looked(), soft=np.zeros_like(noise))) is None


def test_pages_of_one_patient_tell_nothing_of_others() -> None:
    assert fit_layout(replace(looked(), patients=np.full(COUNT, "one"))) is None


def test_an_empty_sheet_has_no_layout_however_it_is_divided() -> None:
    layout = fit_layout(looked())
    assert layout is not None
    assert abs(layout.score(np.zeros((HEIGHT, WIDTH), np.float32))) < 1e-3


def test_a_patients_pages_are_dealt_together() -> None:
    patients = np.array(["b", "a", "b", "c", "a"])
    folds = deal(patients)
    assert len({(who, int(fold)) for who, fold in zip(patients, folds, strict=True)}) == 3
    assert folds.max() < FOLDS


def test_distances_are_those_of_pages_held_out() -> None:
    space = fit_space(looked())
    assert space is not None
    np.testing.assert_allclose(space.distances, np.sort(held_out_distances(looked())), rtol=1e-5)
    assert space.percentile(space.centre) == 0
    assert space.percentile(space.centre + 100) == 100


def test_without_features_there_is_no_space() -> None:
    bare = replace(looked(), features=np.zeros((COUNT, 2, 0), np.float32))
    made = make_reference(bare)
    assert made.space is None
    assert made.layout is not None


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """`one`, which was trained on the pages in `tmp_path`/data, and `new`, of which that isn't known."""
    for seed in range(COUNT):
        label = LABELS[seed % len(LABELS)]
        put(tmp_path / "data" / label / f"{seed}.jpg", page_bytes(seed))
    for key in ("one", "new"):
        make_fake_model(tmp_path / "models", key, Facts(labels=LABELS))
    file = tmp_path / "models" / "one" / "out_of_fold.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *LABELS])
        for page in sorted((tmp_path / "data").glob("*/*.jpg")):
            writer.writerow([read_page(page.read_bytes()).sha256, 0, 0.97, 0.01, 0.01, 0.01])
    return tmp_path / "models"


def test_shipped_models_get_theirs_by_a_command(models: Path) -> None:
    registry, data = read_registry(models), models.parent / "data"
    assert page_networks(registry) == ["one"]
    make_references(registry, ["one"], data, unexamined)
    found = read_reference(models / "one", registry.sha256("one"))
    assert found is not None
    assert found.pages is not None
    assert {bytes(row).hex() for row in found.pages.digests} == set(looked().sha256)
    shipped = shipped_reference(models, "one")
    assert shipped.pages is not None
    assert len(shipped.pages.digests) == COUNT
    with pytest.raises(DataError, match="'new' keeps no reference"):
        shipped_reference(models, "new")
    for missing in ("new", "one"):
        next(data.glob("*/*.jpg")).unlink()
        with pytest.raises(DataError, match=f"'{missing}' was trained on are not known"):
            make_references(registry, [missing], data, unexamined)


def test_what_a_reference_tells_is_counted_on_pages_kept_apart(models: Path) -> None:
    other = models.parent / "other"
    blank = Image.new("RGB", (600, 400), "white")
    other.mkdir()
    blank.save(other / "blank.png")
    (other / "text.png").write_text("no picture")
    reference, found = study(models.parent / "data", unexamined)
    found |= tell_of_others(reference, [other], unexamined)
    assert found["kept apart"].unknown == found["kept apart"].seen == 0
    copied = found["training pages, saved as JPEG of quality 30"]
    assert copied.seen == len(copied.scores) > 0
    blank_told = found["others: other"]
    assert (blank_told.unknown, blank_told.unreadable) == (1, 1)
    assert "layout unknown 1 (100.0%)" in blank_told.text()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_page_is_seen_otherwise_the_same_way_each_time(number: int) -> None:
    page = page_bytes(0)
    seen = other_view(page, number)
    assert seen == other_view(page, number)
    assert seen != page
    assert min(read_page(seen).size) >= 100


def test_features_are_those_of_a_page_flat_and_seen_otherwise(tmp_path: Path) -> None:
    files = [put(tmp_path / f"{seed}.jpg", page_bytes(seed)) for seed in range(2)]

    def examine(page: Page) -> Finding:
        return Finding(features=np.array(page.size, np.float32))

    found = look_at(files, np.array(["a", "b"]), examine)
    assert found.features.shape == (2, 2, 2)
    for number, file in enumerate(files):
        data = file.read_bytes()
        wanted = [read_page(one).size for one in (data, other_view(data, number))]
        np.testing.assert_array_equal(found.features[number], wanted)
    assert found.gate == ""
