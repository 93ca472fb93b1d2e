"""inference.gate: pictures as they come, with the network that ships."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from ecg.page.page import read_page
from model_registry.errors import WeightsError
from model_registry.registry import read_registry
from tests.support.pages.drawn_copies import jpeg, simulated_page
from tests.support.pages.drawn_others import NO_ECGS, ecg_paper, rhythm_strip
from tests.support.pages.drawn_pages import encode
from tests.support.project import ROOT
from twelvelead.inference.gate.channels import Channels
from twelvelead.inference.gate.finding import Finding
from twelvelead.inference.gate.gate import Gate
from twelvelead.inference.gate.network import SeeingNetwork, Seen
from twelvelead.inference.predictor import Predictor

GATE = Gate()
PAGES = sorted((ROOT / "static" / "samples").glob("*/*.png"))
SAMPLES = [file for file in PAGES if "beats" not in file.parts][::4]


def found(picture: Image.Image) -> Finding:
    return GATE(read_page(jpeg(picture)))


def refusals(picture: Image.Image) -> list[str]:
    return [one.code for one in found(picture).refusals]


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_the_pages_that_come_with_the_app_are_let_in(file: Path) -> None:
    assert GATE(read_page(file.read_bytes())).refusals == ()


@pytest.mark.parametrize("name", NO_ECGS)
def test_what_is_no_ecg_is_refused(name: str) -> None:
    assert refusals(NO_ECGS[name]()) == ["no_ecg"]


def test_empty_paper_is_told_to_be_empty() -> None:
    assert refusals(ecg_paper()) == ["empty_grid"]


def test_a_rhythm_strip_is_no_12_lead_page() -> None:
    assert refusals(rhythm_strip()) == ["not_12_lead"]


def test_a_page_in_the_dark_or_out_of_focus_or_tiny_is_told_so() -> None:
    page = simulated_page(5)
    assert refusals(ImageEnhance.Brightness(page).enhance(0.08)) == ["too_dark"]
    assert refusals(page.filter(ImageFilter.GaussianBlur(14))) == ["too_blurred"]
    assert refusals(page.resize((180, 128))) == ["too_small"]


def test_measures_and_features_come_with_each_picture() -> None:
    told = found(simulated_page(6))
    assert told.measures["kind_page"] > 0.5
    assert told.measures["rows"] >= 4
    assert np.isfinite(told.features).all()


class Damaged(SeeingNetwork):
    def __call__(self, pictures: Channels) -> Seen:
        del pictures
        raise WeightsError("gate/weights.onnx has another sha256.")


def test_nothing_is_let_in_where_the_gate_is_damaged() -> None:
    told = Gate(Damaged())(read_page(jpeg(simulated_page(7))))
    assert [one.code for one in told.refusals] == ["gate_damaged"]
    assert "another sha256" in told.refusals[0].message


def test_a_refused_picture_has_no_class_and_no_probabilities(models_dir: Path) -> None:
    predictor = Predictor(read_registry(models_dir), examine=GATE)
    answers = predictor.predict(encode(NO_ECGS["an EEG"]()))
    assert answers.predictions
    for one in answers.predictions:
        told = one.as_json()
        assert (told["decision"], told["label"], told["probabilities"]) == ("refused", None, {})
        assert told["reason_codes"] == ["no_ecg"]
    predictor.close()
