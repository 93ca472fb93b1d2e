"""A predictor asks each model about a page, in the model's own terms; a broken one stops no other."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ecg.errors import NotAPicture
from ecg.page.page import read_page
from model_registry.errors import (
    Busy,
    ModelUnavailable,
    NoUsableAnswer,
    UnknownModel,
    WeightsError,
    named,
)
from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.fixtures_models import Start
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS, Facts
from tests.support.pages.drawn_pages import draw_page, encode
from twelvelead.inference.batch import NO_FRAME
from twelvelead.inference.failures import TRIED_AGAIN
from twelvelead.inference.predictor import Asker
from twelvelead.inference.resources.limits import Deadline

PAGE = encode(draw_page((600, 420)))
EXAMPLE = '[example]\nimage = "example.png"\nprobabilities = [0.1, 0.6, 0.2, 0.1]\n'


def with_example(folder: Path, key: str = "fake", example: bytes = PAGE, **says: object) -> Path:
    """A fake model that comes with an example and its answer."""
    home = make_fake_model(folder, key, Facts(end=EXAMPLE), **says)
    (home / "example.png").write_bytes(example)
    return home


def test_it_works(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    answers = start().predict(PAGE, ["fake"])
    (prediction,) = answers.predictions

    assert answers.failures == {}
    assert answers.batch.page.size == (600, 420)
    assert (prediction.model, prediction.framework) == ("fake", "keras")
    assert prediction.runtime == "fake 1.0"
    assert prediction.label == "abnormal_heartbeat"
    assert list(prediction.shares) == list(KERAS_LABELS)
    np.testing.assert_allclose(list(prediction.shares.values()), [0.1, 0.6, 0.2, 0.1])
    assert (prediction.decision, prediction.reasons) == ("accepted", ())
    assert prediction.page_sha256 == hashlib.sha256(PAGE).hexdigest()
    weights = (home / "weights.keras").read_bytes()
    assert prediction.model_sha256 == hashlib.sha256(weights).hexdigest()


def test_each_model_keeps_its_own_order_of_labels(tmp_path: Path, start: Start) -> None:
    for key, labels in (("one", KERAS_LABELS), ("two", PYTORCH_LABELS)):
        make_fake_model(tmp_path, key, Facts(labels=labels), outputs=[0.7, 0.1, 0.1, 0.1])
    one, two = start().predict(PAGE, ["one", "two"]).predictions

    assert (one.label, list(one.shares)) == ("normal", list(KERAS_LABELS))
    assert (two.label, list(two.shares)) == ("myocardial_infarction", list(PYTORCH_LABELS))


def test_answers_come_in_the_order_asked(tmp_path: Path, start: Start) -> None:
    for key in ("a", "b", "c"):
        make_fake_model(tmp_path, key)
    answers = start().predict(PAGE, ["c", "a", "b"])

    assert [prediction.model for prediction in answers.predictions] == ["c", "a", "b"]


def test_an_answer_depends_on_the_page(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path, facts=Facts(output="logits"), by_page=True)
    predictor = start()
    other = encode(draw_page((600, 420), seed=5))

    assert predictor.predict(PAGE, ["fake"]).predictions[0].shares != (
        predictor.predict(other, ["fake"]).predictions[0].shares
    )


def test_the_same_page_gets_the_same_answer_alone_and_in_company(
    tmp_path: Path, start: Start
) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key, Facts(output="logits"), by_page=True)
    predictor = start()
    alone = predictor.predict(PAGE, ["two"]).predictions[0]
    company = predictor.predict(PAGE, ["one", "two"]).predictions[1]

    assert alone.shares == company.shares
    np.testing.assert_array_equal(
        predictor.probabilities(read_page(PAGE), "two"), list(alone.shares.values())
    )


def test_timings_are_told_in_milliseconds(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)
    (prediction,) = start().predict(PAGE, ["fake"]).predictions

    assert set(prediction.timings_ms) == {"decode", "preprocess", "run"}
    assert all(0 < ms < 60_000 for ms in prediction.timings_ms.values())


def test_a_hundred_first_requests_load_a_model_and_try_its_example_once(
    tmp_path: Path, start: Start
) -> None:
    home = with_example(tmp_path)
    predictor = start()
    with ThreadPoolExecutor(100) as pool:
        runtimes = list(pool.map(lambda _: predictor.load("fake"), range(100)))

    assert runtimes == ["fake 1.0"] * 100
    assert logged(home, "load") == 1
    assert logged(home, "run") == 1


def test_a_model_is_idle_until_it_is_asked(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start()

    assert predictor.state("fake") == "idle"
    assert logged(home, "load") == 0
    predictor.predict(PAGE, ["fake"])
    assert predictor.state("fake") == "ready"


def test_warming_loads_models_in_the_background(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path, "bad", refuse="no good")
    make_fake_model(tmp_path, "good")
    predictor = start()
    predictor.warm(["bad", "good"]).join()

    assert predictor.state("good") == "ready"
    with pytest.raises(ModelUnavailable, match="no good"):
        predictor.state("bad")


def test_a_broken_model_is_named_and_the_others_answer(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path, "good")
    make_fake_model(tmp_path, "refused", refuse="made for another network")
    make_fake_model(tmp_path, "untold", Facts(end="[notes]"))
    answers = start().predict(PAGE, ["refused", "untold", "good"])

    assert [prediction.model for prediction in answers.predictions] == ["good"]
    assert answers.failures["refused"] == f"made for another network {TRIED_AGAIN}"
    assert "key 'notes': there is no such key" in answers.failures["untold"]


def test_an_unknown_model_is_refused_before_the_page_is_read(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)

    with pytest.raises(UnknownModel, match="Known models: fake"):
        start().predict(b"no picture", ["fake", "other"])


def test_what_is_no_page_is_refused(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)

    with pytest.raises(NotAPicture):
        start().predict(b"no picture", ["fake"])


def test_a_model_that_answers_its_example_is_ready(tmp_path: Path, start: Start) -> None:
    with_example(tmp_path)

    assert start().load("fake") == "fake 1.0"


def test_a_model_that_answers_its_example_otherwise_is_refused_and_named(
    tmp_path: Path, start: Start
) -> None:
    home = with_example(tmp_path, outputs=[0.6, 0.1, 0.2, 0.1])
    predictor = start()
    told = predictor.predict(PAGE, ["fake"]).failures["fake"]

    assert told.startswith(f"{named(home / 'model.toml')}: ")
    assert "'example.probabilities'" in told
    assert "(0.6000, 0.1000, 0.2000, 0.1000)" in told
    with pytest.raises(ModelUnavailable, match=r"example\.probabilities"):
        predictor.state("fake")


def test_an_example_that_is_no_page_is_the_models_fault_not_the_visitors(
    tmp_path: Path, start: Start
) -> None:
    home = with_example(tmp_path, "bad", example=b"version https://git-lfs.github.com/spec/v1")
    make_fake_model(tmp_path, "good")
    answers = start().predict(PAGE, ["bad", "good"])

    assert [prediction.model for prediction in answers.predictions] == ["good"]
    assert named(home / "model.toml") in answers.failures["bad"]
    assert "example.image" in answers.failures["bad"]


def test_an_example_that_is_gone_is_the_models_fault(tmp_path: Path, start: Start) -> None:
    home = with_example(tmp_path, "bad")
    predictor = start()
    (home / "example.png").unlink()

    assert "example.image" in predictor.predict(PAGE, ["bad"]).failures["bad"]


def test_a_page_without_a_frame_is_uncertain(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)
    page = encode(draw_page((600, 420), frame=False))
    (prediction,) = start().predict(page, ["fake"]).predictions

    assert prediction.decision == "uncertain"
    assert prediction.reasons == (NO_FRAME,)
    assert prediction.label == "abnormal_heartbeat"


def test_an_answer_below_its_models_measure_is_uncertain(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path, facts=Facts(end="[decision]\naccept_from = 0.7"))
    (prediction,) = start().predict(PAGE, ["fake"]).predictions

    assert prediction.decision == "uncertain"
    (reason,) = prediction.reasons
    assert reason.code == "unsure"
    assert reason.message == (
        "The highest probability is 0.60; this model's answers count from 0.70."
    )


def test_a_class_that_can_not_be_ruled_out_makes_an_answer_uncertain(
    tmp_path: Path, start: Start
) -> None:
    make_fake_model(tmp_path, facts=Facts(end="[decision]\nkeep_from = [0.1, 0.1, 0.1, 0.1]"))
    (prediction,) = start().predict(PAGE, ["fake"]).predictions

    assert prediction.decision == "uncertain"
    assert [reason.code for reason in prediction.reasons] == ["not_ruled_out"]
    assert len(prediction.cannot_rule_out) > 1


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ([0.5, 0.5, 0.5, 0.5], "no probabilities"),
        ([float("nan")] * 4, "no usable answer"),
        ([float("inf"), 0, 0, 0], "no usable answer"),
    ],
)
def test_outputs_that_are_no_probabilities_are_no_usable_answer(
    tmp_path: Path, start: Start, outputs: list[float], told: str
) -> None:
    make_fake_model(tmp_path, outputs=outputs)
    predictor = start()

    assert told in predictor.predict(PAGE, ["fake"]).failures["fake"]
    with pytest.raises(NoUsableAnswer):
        predictor.probabilities(read_page(PAGE), "fake")


def test_a_model_answers_again_after_its_process_ended(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start()
    predictor.load("fake")
    (home / "exit").touch()

    assert "ask again" in predictor.predict(PAGE, ["fake"]).failures["fake"]
    assert predictor.predict(PAGE, ["fake"]).failures == {}


def test_altered_weights_are_refused(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start()
    (home / "weights.keras").write_text("{}", encoding="utf-8")

    with pytest.raises(WeightsError, match=r"weights\.sha256"):
        predictor.load("fake")


def test_a_page_that_is_none_loads_no_model(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    with pytest.raises(NotAPicture):
        start().predict(b"no picture", ["fake"])
    assert logged(home, "load") == 0


def test_who_finds_no_free_core_before_the_deadline_is_told(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start(runs=1)
    predictor.load("fake")
    os.mkfifo(home / "hold")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(predictor.predict, PAGE, ["fake"])
        with (home / "hold").open("w", encoding="utf-8"):
            assert predictor.usage().running == 1
            with pytest.raises(Busy, match="Too many pages"):
                predictor.predict(PAGE, ["fake"], Asker(Deadline(0.05)))
        assert len(first.result().predictions) == 1
    assert predictor.usage().running == 0


def test_a_model_that_takes_too_long_is_named_and_works_again(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start()
    predictor.load("fake")
    os.mkfifo(home / "hold")
    answers = predictor.predict(PAGE, ["fake"], Asker(Deadline(0.2)))
    (home / "hold").unlink()

    assert "did not answer in time" in answers.failures["fake"]
    assert len(predictor.predict(PAGE, ["fake"]).predictions) == 1


def test_the_same_page_a_moment_later_is_not_run_again(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start()
    first, second = (predictor.predict(PAGE, ["fake"]).predictions[0] for _ in range(2))

    assert logged(home, "run") == 1
    assert second.shares == first.shares
    assert second.timings_ms["run"] == 0
    assert predictor.predict(encode(draw_page((600, 420), seed=9)), ["fake"]).predictions
    assert logged(home, "run") == 2


def test_nothing_is_kept_where_the_limits_say_so(tmp_path: Path, start: Start) -> None:
    home = make_fake_model(tmp_path)
    predictor = start(answers_kept=0.0)
    for _ in range(2):
        predictor.predict(PAGE, ["fake"])
    assert logged(home, "run") == 2


def test_it_says_what_it_uses(tmp_path: Path, start: Start) -> None:
    make_fake_model(tmp_path)
    predictor = start()
    assert predictor.usage().resident == {}
    predictor.predict(PAGE, ["fake"])
    usage = predictor.usage()

    assert usage.loads == {("fake", "keras"): 1}
    assert set(usage.resident) == {"fake"}
    assert set(usage.processes) == {"keras"}
    assert usage.budget == predictor.limits.model_memory
