"""A model tells whether it knows such a page: its layout, its place, and whether it has seen it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.page.page import Page, read_page
from ecg.simulate.layouts.__main__ import simulated
from ecg.simulate.layouts.draw import draw_layout
from ecg.simulate.layouts.families import names_of, random_layout
from model_registry.registry import read_registry
from tests.support.models.ensemble_files import LABELS, SAID, make_ensemble
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import Facts
from tests.support.pages.drawn_copies import jpeg, resized, simulated_page
from tests.support.pages.references import WIDTH, features_of, looked, page_bytes
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.inference.familiarity.known import FAR, NO_REFERENCE, UNKNOWN_LAYOUT
from twelvelead.inference.familiarity.reference import (
    FAMILIARITY,
    TRAINING_PAGES,
    PageReference,
    ReferenceFault,
    read_reference,
    write_reference,
)
from twelvelead.inference.gate.finding import Finding
from twelvelead.inference.prediction import Prediction
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits
from twelvelead.training.shipping.reference import make_reference

NEW, SEEN, FAR_AWAY = 100, 3, 200  # seeds of pages: 0 to 14 were trained on


def examine(page: Page) -> Finding:
    """A gate that finds nothing, and puts FAR_AWAY far away."""
    far = page.sha256 == read_page(page_bytes(FAR_AWAY)).sha256
    return Finding(features=features_of(NEW) + (50 if far else 0))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`one` keeps a reference, `two` none; `both` averages them, `twice` is `one` and `other`, its like."""
    folder = tmp_path_factory.mktemp("models")
    for key in ("one", "other", "two"):
        outputs = [0.97, 0.01, 0.01, 0.01]
        make_fake_model(folder, key, Facts(labels=LABELS), outputs=outputs)
    make_ensemble(folder, "both")
    make_ensemble(folder, "twice", SAID._replace(members=("one", "other")))
    reference = make_reference(looked())
    for key in ("one", "other"):
        write_reference(folder / key, weights_of(folder, key), reference)
    return folder


def weights_of(models: Path, key: str) -> str:
    return read_registry(models).sha256(key)


@pytest.fixture
def predictor(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Predictor]:
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    made = Predictor(read_registry(models), Limits(threads=1), examine)
    yield made
    made.close()


def asked(predictor: Predictor, page: bytes, key: str = "one") -> Prediction:
    """The answer of a model that is always sure."""
    answers = predictor.predict(page, [key])
    assert answers.failures == {}
    return answers.predictions[0]


def codes(told: Prediction) -> list[str]:
    return [reason.code for reason in told.reasons]


def test_a_new_page_of_the_known_look_is_accepted_with_its_percentile(predictor: Predictor) -> None:
    told = asked(predictor, page_bytes(NEW))
    assert (told.decision, told.reasons) == ("accepted", ())
    assert told.known.seen is None
    assert told.known.familiarity is not None
    assert 0 <= told.known.familiarity <= 99.5
    said = told.as_json()
    assert (said["familiarity"], said["seen_in_training"], said["notes"]) == (
        told.known.familiarity,
        None,
        [],
    )


@pytest.mark.parametrize("family", [*names_of("train")[::3], *names_of("test")[::3]])
def test_another_layout_is_answered_as_uncertain_however_sure(
    predictor: Predictor, family: str
) -> None:
    rng = np.random.default_rng(4)
    sheet = draw_layout(simulated(rng), random_layout(rng, family), rng)
    told = asked(predictor, jpeg(Image.fromarray(sheet)))
    assert told.decision in ("uncertain", "refused")
    assert told.decision == "refused" or UNKNOWN_LAYOUT in told.reasons


def test_a_page_far_from_the_training_pages_is_uncertain(predictor: Predictor) -> None:
    told = asked(predictor, page_bytes(FAR_AWAY))
    assert (told.decision, told.label) == ("uncertain", LABELS[0])
    assert told.reasons == (FAR,)
    assert told.known.familiarity == 100


def test_a_training_page_is_said_to_be_one_and_still_counts(predictor: Predictor) -> None:
    told = asked(predictor, page_bytes(SEEN))
    assert told.decision == "accepted"
    assert told.known.seen == "same_file"
    assert told.known.notes == (
        "This page is in the training data of one: its answer tells memory, not skill.",
    )


def altered(name: str) -> bytes:
    """The page of SEEN, saved in another way."""
    page = Image.open(io.BytesIO(page_bytes(SEEN)))
    if name == "re-encoded":
        return jpeg(page, 40)
    if name == "smaller":
        return jpeg(resized(page, 0.9))
    if name == "grey":
        return jpeg(page.convert("L"))
    return jpeg(page.resize((page.width, round(0.9 * page.height))))


@pytest.mark.parametrize("name", ["re-encoded", "smaller", "grey", "flattened"])
def test_nearly_the_same_picture_is_found_too(predictor: Predictor, name: str) -> None:
    told = asked(predictor, altered(name))
    assert told.known.seen == "nearly"
    assert "or nearly the same picture" in told.known.notes[0]


def test_a_model_without_a_reference_says_so(predictor: Predictor) -> None:
    told = asked(predictor, page_bytes(NEW), "two")
    assert (told.decision, told.known.familiarity) == ("accepted", None)
    assert told.known.notes == (NO_REFERENCE,)


def test_an_ensemble_knows_what_its_least_knowing_member_does(predictor: Predictor) -> None:
    seen, alone = (asked(predictor, page_bytes(SEEN), key) for key in ("twice", "one"))
    far = asked(predictor, page_bytes(FAR_AWAY), "both")
    assert seen.known.seen == "same_file"
    assert seen.known.familiarity == alone.known.familiarity
    assert (codes(far), far.known.familiarity) == (["unfamiliar"], None)
    assert NO_REFERENCE in far.known.notes


def test_a_page_without_a_frame_has_no_known_layout(predictor: Predictor) -> None:
    page = simulated_page(NEW)
    inside = page.crop((100, 300, page.width - 100, page.height - 200))
    assert "unknown_layout" in codes(asked(predictor, jpeg(resized(inside, 0.5))))


def copy_reference(models: Path, folder: Path) -> Path:
    for name in (FAMILIARITY, TRAINING_PAGES):
        (folder / name).write_bytes((models / "one" / name).read_bytes())
    return folder


def test_a_reference_is_read_as_it_was_written(models: Path) -> None:
    found = read_reference(models / "one", weights_of(models, "one"))
    made = make_reference(looked())
    assert found is not None
    assert found.layout is not None
    assert made.layout is not None
    soft = looked().soft[0]
    assert found.layout.score(soft) == pytest.approx(made.layout.score(soft), abs=1e-6)
    assert found.layout.least == pytest.approx(made.layout.least)
    assert found.space is not None
    assert found.space.centre.shape == (WIDTH,)
    assert found.pages is not None
    assert len(found.pages.digests) == len(looked().sha256)


def test_a_reference_of_other_weights_is_not_used(models: Path, tmp_path: Path) -> None:
    copy_reference(models, tmp_path)
    with pytest.raises(ReferenceFault, match="belongs to other weights"):
        read_reference(tmp_path, "0" * 64)


@pytest.mark.parametrize(
    "arrays",
    [
        {"centre": np.zeros(3, np.float32), "root": np.eye(2), "distances": np.ones(1)},
        {
            "centre": np.zeros(2, np.float32),
            "root": np.full((2, 2), np.nan),
            "distances": np.ones(1),
        },
        {"mean": np.zeros((2, 2), np.uint8), "tiles": np.zeros((1, 2)), "least": np.array(0.5)},
        {"mean": np.zeros((256, 448), np.uint8), "tiles": np.full((1, 2), 400), "least": 0.5},
        {"mean": np.zeros((256, 448), np.uint8)},
    ],
)
def test_a_damaged_reference_is_told(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.savez(tmp_path / FAMILIARITY, weights=np.array("0"), **arrays)
    with pytest.raises(ReferenceFault, match="make it anew"):
        read_reference(tmp_path, "0")


def test_what_is_no_archive_or_holds_objects_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / FAMILIARITY
    for data in (b"", b"text", json.dumps({}).encode()):
        file.write_bytes(data)
        with pytest.raises(ReferenceFault, match="can't be read"):
            read_reference(tmp_path, "0")
    np.savez(file, weights=np.array([object()], dtype=object))
    with pytest.raises(ReferenceFault, match="can't be read"):
        read_reference(tmp_path, "0")
    file.write_bytes(bytes(5_000_001))
    with pytest.raises(ReferenceFault, match="more than"):
        read_reference(tmp_path, "0")


def test_a_fault_is_a_note_and_is_mended_without_a_start(
    predictor: Predictor, models: Path
) -> None:
    file = models / "two" / FAMILIARITY
    file.write_bytes(b"text")
    assert "can't be read" in asked(predictor, page_bytes(NEW), "two").known.notes[0]
    file.unlink()
    assert asked(predictor, page_bytes(NEW), "two").known.notes == (NO_REFERENCE,)


def test_nothing_was_kept_of_a_model_that_kept_nothing(tmp_path: Path) -> None:
    assert read_reference(tmp_path, "0") is None
    write_reference(tmp_path, "0", PageReference())
    found = read_reference(tmp_path, "0")
    assert found is not None
    assert (found.layout, found.space, found.pages) == (None, None, None)
