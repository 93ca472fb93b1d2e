"""A model that failed is tried again when its files change, not before; and says so."""

import logging
from pathlib import Path
from typing import Any

import pytest

from model_registry.errors import Busy, ModelUnavailable, NoUsableAnswer, WeightsError
from tests.support.models.ensemble_files import SAID, make_ensemble
from tests.support.models.fake_framework import logged, make_fake_model, rewrite_weights
from tests.support.models.fixtures_models import Start
from tests.support.models.tiny_models import Facts
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.inference.failures import TRIED_AGAIN
from twelvelead.inference.resources.limits import Deadline

PAGE = encode(draw_page((600, 420)))
RIGHT = [0.1, 0.6, 0.2, 0.1]
EXAMPLE = f'[example]\nimage = "example.png"\nprobabilities = {RIGHT}\n'


@pytest.fixture(autouse=True)
def looks_whenever_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.watch.PAUSE", 0.0)


def with_example(folder: Path, key: str = "fake", **says: Any) -> Path:
    home = make_fake_model(folder, key, Facts(end=EXAMPLE), **says)
    (home / "example.png").write_bytes(PAGE)
    return home


def test_weights_that_are_restored_are_served_without_a_restart(
    tmp_path: Path, start: Start
) -> None:
    weights = make_fake_model(tmp_path) / "weights.keras"
    sound, predictor = weights.read_bytes(), start()
    weights.write_bytes(b"damaged")
    for _ in range(2):
        told = predictor.predict(PAGE, ["fake"]).failures["fake"]
        assert "weights.sha256" in told
        assert told.endswith(TRIED_AGAIN)
    weights.write_bytes(sound)

    assert predictor.state("fake") == "idle"
    assert predictor.predict(PAGE, ["fake"]).failures == {}
    assert predictor.state("fake") == "ready"


def test_a_model_whose_files_are_as_they_were_is_not_tried_again(
    tmp_path: Path, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    home, predictor = make_fake_model(tmp_path, refuse="made for another network"), start()
    with caplog.at_level(logging.WARNING, "twelvelead.models"):
        for _ in range(3):
            with pytest.raises(ModelUnavailable, match="made for another network"):
                predictor.load("fake")
    assert logged(home, "load") == 1
    assert caplog.messages == ["The model fake can't be used: made for another network"]


def test_an_example_that_was_answered_otherwise_is_asked_again_of_other_weights(
    tmp_path: Path, start: Start
) -> None:
    home, predictor = with_example(tmp_path, outputs=[0.6, 0.1, 0.2, 0.1]), start()
    with pytest.raises(NoUsableAnswer, match="answers its example"):
        predictor.load("fake")
    assert predictor.usage().resident == {}, "it takes no memory from those that answer"
    rewrite_weights(home, outputs=RIGHT)

    assert predictor.load("fake") == "fake 1.0"
    assert list(predictor.predict(PAGE, ["fake"]).predictions[0].shares.values()) == (
        pytest.approx(RIGHT)
    )


def test_an_example_that_is_restored_is_read_again(tmp_path: Path, start: Start) -> None:
    home, predictor = with_example(tmp_path), start()
    predictor.registry.read_all()
    (home / "example.png").write_bytes(b"damaged")
    with pytest.raises(ModelUnavailable, match=r"example\.image"):
        predictor.load("fake")
    (home / "example.png").write_bytes(PAGE)
    assert predictor.load("fake") == "fake 1.0"


def test_a_model_exchanged_since_it_was_read_is_served_as_it_is_now(
    tmp_path: Path, start: Start
) -> None:
    home, predictor = make_fake_model(tmp_path), start()
    predictor.registry.read_all()
    rewrite_weights(home, outputs=[0.7, 0.1, 0.1, 0.1])
    with pytest.raises(ModelUnavailable):
        predictor.load("fake")
    assert predictor.predict(PAGE, ["fake"]).predictions[0].label == "normal"


def test_an_entry_that_got_worse_is_told_and_mended_again(tmp_path: Path, start: Start) -> None:
    home, predictor = make_fake_model(tmp_path, refuse="no good"), start()
    file = home / "model.toml"
    with pytest.raises(WeightsError, match="no good"):
        predictor.load("fake")
    sound = file.read_text("utf-8")
    file.write_text("title = 1", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=r"'fake' can't be used: fake/model\.toml"):
        predictor.load("fake")
    file.write_text(sound, encoding="utf-8")
    rewrite_weights(home, outputs=RIGHT)
    assert predictor.load("fake") == "fake 1.0"


def test_an_ensemble_answers_again_once_its_member_is_restored(
    tmp_path: Path, start: Start
) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key)
    make_ensemble(tmp_path)
    weights, predictor = tmp_path / "two" / "weights.keras", start()
    sound = weights.read_bytes()
    weights.write_bytes(b"damaged")
    assert "member 'two'" in predictor.predict(PAGE, ["both"]).failures["both"]
    weights.write_bytes(sound)
    assert predictor.predict(PAGE, ["both"]).failures == {}


def test_an_ensemble_that_answered_its_example_otherwise_is_asked_again(
    tmp_path: Path, start: Start
) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key)
    wrong = EXAMPLE.replace(str(RIGHT), "[0.7, 0.1, 0.1, 0.1]")
    home = make_ensemble(tmp_path, said=SAID._replace(end=wrong))
    (home / "example.png").write_bytes(PAGE)
    predictor, file = start(), home / "model.toml"
    with pytest.raises(NoUsableAnswer, match="both/model"):
        predictor.load("both")
    text = file.read_text("utf-8")
    right = "[0.1, 0.6, 0.1, 0.2]"  # in the ensemble's own order
    file.write_text(text.replace("[0.7, 0.1, 0.1, 0.1]", right), encoding="utf-8")
    assert predictor.load("both") == "fake 1.0"


def test_a_model_above_the_budget_is_tried_again_when_it_got_smaller(
    tmp_path: Path, start: Start
) -> None:
    home = make_fake_model(tmp_path, megabytes=300)
    predictor = start(model_memory=200_000_000)
    with pytest.raises(ModelUnavailable, match="may take 200 MB"):
        predictor.load("fake")
    rewrite_weights(home, outputs=RIGHT)
    assert predictor.load("fake") == "fake 1.0"


def test_want_of_time_is_not_kept(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)
    predictor = start()
    with pytest.raises(Busy):
        predictor.load("fake", Deadline(0.0))
    assert predictor.load("fake") == "fake 1.0"


@pytest.mark.parametrize("outputs", [[0.5, 0.5], [0.1] * 10, [[0.1, 0.6], [0.2, 0.1]]])
def test_outputs_of_another_shape_are_no_usable_answer_and_the_next_page_is_asked(
    tmp_path: Path, start: Start, outputs: list[Any]
) -> None:
    make_fake_model(tmp_path, "odd", outputs=outputs)
    make_fake_model(tmp_path, "good")
    predictor = start()
    for seed in (1, 2):
        page = encode(draw_page((600, 420), seed=seed))
        answers = predictor.predict(page, ["odd", "good"])
        assert "does not give one output a label" in answers.failures["odd"]
        assert [one.model for one in answers.predictions] == ["good"]
