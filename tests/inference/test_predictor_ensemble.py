"""An ensemble answers with the average of its members by label; without one of them it doesn't answer."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ecg.page.page import read_page
from model_registry.entry import EnsembleEntry
from model_registry.errors import ModelUnavailable, NoUsableAnswer
from model_registry.registry import read_registry
from tests.support.models.ensemble_files import LABELS, SAID, make_ensemble
from tests.support.models.fake_framework import logged, make_fake_model
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS, Facts
from tests.support.pages.drawn_pages import draw_page, encode
from tests.support.web.web_fakes import FAKE_BACKENDS, PAGE, form, make_app
from twelvelead.inference.answers import average_logs
from twelvelead.inference.failures import TRIED_AGAIN
from twelvelead.inference.predictor import Predictor
from twelvelead.inference.resources.limits import Limits

Start = Callable[[], Predictor]

ONE = dict(zip(KERAS_LABELS, (0.7, 0.1, 0.1, 0.1), strict=True))
TWO = dict(zip(PYTORCH_LABELS, (0.2, 0.5, 0.2, 0.1), strict=True))
EXAMPLE = '[example]\nimage = "example.png"\nprobabilities = {}\n'


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a predictor over what lies in `tmp_path`, on the fake framework."""
    monkeypatch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    started: list[Predictor] = []

    def start_one() -> Predictor:
        started.append(Predictor(read_registry(tmp_path), Limits(threads=1)))
        return started[-1]

    yield start_one
    for predictor in started:
        predictor.close()


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path]:
    """The folders of two fake models that answer ONE and TWO, in orders of their own."""
    one = make_fake_model(tmp_path, "one", Facts(labels=KERAS_LABELS), outputs=list(ONE.values()))
    facts = Facts(labels=PYTORCH_LABELS)
    return one, make_fake_model(tmp_path, "two", facts, outputs=list(TWO.values()))


def by_label(average: Callable[[float, float], float]) -> npt.NDArray[np.float64]:
    """The average of ONE and TWO for each of LABELS, brought to a sum of 1."""
    values = np.array([average(ONE[label], TWO[label]) for label in LABELS])
    return np.asarray(values / values.sum())


def test_it_works(tmp_path: Path, homes: tuple[Path, Path], start: Start) -> None:
    make_ensemble(tmp_path)
    predictor = start()
    answers = predictor.predict(PAGE, ["both"])
    (prediction,) = answers.predictions

    assert answers.failures == {}
    assert (prediction.model, prediction.framework) == ("both", "ensemble")
    assert prediction.runtime == "fake 1.0"
    assert list(prediction.shares) == list(LABELS)
    expected = by_label(lambda one, two: (one + two) / 2)
    np.testing.assert_allclose(list(prediction.shares.values()), expected)
    assert prediction.label == "normal"
    assert prediction.page_sha256 == hashlib.sha256(PAGE).hexdigest()
    assert prediction.model_sha256 == predictor.registry.sha256("both")
    assert [logged(home, "run") for home in homes] == [1, 1]


@pytest.mark.usefixtures("homes")
def test_members_count_by_their_weights(tmp_path: Path, start: Start) -> None:
    make_ensemble(tmp_path, said=SAID._replace(more="weights = [6, 2]"))
    found = start().probabilities(read_page(PAGE), "both")

    np.testing.assert_allclose(found, by_label(lambda one, two: 0.75 * one + 0.25 * two))


@pytest.mark.usefixtures("homes")
def test_logarithms_are_averaged_where_the_entry_says_so(tmp_path: Path, start: Start) -> None:
    more = 'weights = [3, 1]\naverage = "logarithms"'
    make_ensemble(tmp_path, said=SAID._replace(more=more))
    found = start().probabilities(read_page(PAGE), "both")

    np.testing.assert_allclose(found, by_label(lambda one, two: one**0.75 * two**0.25))


@pytest.mark.usefixtures("homes")
@pytest.mark.parametrize("average", ["probabilities", "logarithms"])
def test_its_temperature_divides_the_logarithm_of_the_average(
    tmp_path: Path, start: Start, average: str
) -> None:
    end = "[calibration]\ntemperature = 2.0"
    said = SAID._replace(more=f'average = "{average}"')
    make_ensemble(tmp_path, said=said._replace(end=end))
    make_ensemble(tmp_path, "plain", said)
    predictor, page = start(), read_page(PAGE)
    plain = predictor.probabilities(page, "plain")

    expected = np.sqrt(plain) / np.sqrt(plain).sum()
    np.testing.assert_allclose(predictor.probabilities(page, "both"), expected)


def test_members_keep_their_own_temperature(tmp_path: Path, start: Start) -> None:
    sharper = Facts(end="[calibration]\ntemperature = 0.5")
    for key, facts in (("one", Facts()), ("two", sharper)):
        make_fake_model(tmp_path, key, facts, outputs=[0.4, 0.2, 0.2, 0.2])
    make_ensemble(tmp_path, said=SAID._replace(labels=KERAS_LABELS))
    squares = np.array([16, 4, 4, 4]) / 28

    found = start().probabilities(read_page(PAGE), "both")
    np.testing.assert_allclose(found, (np.array([0.4, 0.2, 0.2, 0.2]) + squares) / 2)


@pytest.mark.usefixtures("homes")
def test_a_label_that_a_member_calls_impossible_stays_finite(tmp_path: Path) -> None:
    make_ensemble(tmp_path, said=SAID._replace(more='average = "logarithms"'))
    entry = read_registry(tmp_path)["both"]
    assert isinstance(entry, EnsembleEntry)
    sure = np.array([1.0, 0.0, 0.0, 0.0])

    assert np.isfinite(average_logs(entry, [sure, sure[::-1]])).all()


@pytest.mark.parametrize("asked", [["both", "one"], ["one", "both"], ["both", "other", "two"]])
def test_a_member_that_is_asked_too_runs_once(
    tmp_path: Path, homes: tuple[Path, Path], start: Start, asked: list[str]
) -> None:
    make_ensemble(tmp_path)
    make_ensemble(tmp_path, "other", SAID._replace(more="weights = [1, 2]"))
    answers = start().predict(PAGE, asked)

    assert [one.model for one in answers.predictions] == asked
    assert [logged(home, "run") for home in homes] == [1, 1]


def test_the_same_page_a_moment_later_runs_no_member_again(
    tmp_path: Path, homes: tuple[Path, Path], start: Start
) -> None:
    make_ensemble(tmp_path)
    predictor = start()
    first, second = (predictor.predict(PAGE, ["both"]).predictions[0] for _ in range(2))

    assert [logged(home, "run") for home in homes] == [1, 1]
    assert first.shares == second.shares


@pytest.mark.usefixtures("homes")
def test_its_times_are_the_sums_of_its_members(tmp_path: Path, start: Start) -> None:
    make_ensemble(tmp_path)
    one, two, both = start().predict(PAGE, ["one", "two", "both"]).predictions

    for step in ("preprocess", "run"):
        assert both.timings_ms[step] == one.timings_ms[step] + two.timings_ms[step]
    assert both.timings_ms["decode"] > max(one.timings_ms["decode"], two.timings_ms["decode"])
    assert both.timings_ms["decode"] < one.timings_ms["decode"] + two.timings_ms["decode"]


def test_where_one_member_gives_no_usable_answer_there_is_no_partial_average(
    tmp_path: Path, start: Start
) -> None:
    make_fake_model(tmp_path, "one")
    two = make_fake_model(tmp_path, "two", outputs=[float("nan")] * 4)
    make_ensemble(tmp_path)
    predictor = start()
    answers = predictor.predict(PAGE, ["two", "both", "one"])

    assert [one.model for one in answers.predictions] == ["one"]
    told = answers.failures["both"]
    assert told.startswith("Its member 'two' can't answer: ")
    assert told.endswith(answers.failures["two"])
    assert logged(two, "run") == 1
    with pytest.raises(NoUsableAnswer, match="member 'two'"):
        predictor.probabilities(read_page(PAGE), "both")


def test_a_member_that_cannot_be_loaded_makes_the_ensemble_unavailable(
    tmp_path: Path, start: Start
) -> None:
    make_fake_model(tmp_path, "one")
    make_fake_model(tmp_path, "two", refuse="made for another network")
    make_ensemble(tmp_path)
    predictor = start()
    told = f"Its member 'two' can't answer: made for another network {TRIED_AGAIN}"

    with pytest.raises(ModelUnavailable, match="another network"):
        predictor.load("two")
    with pytest.raises(ModelUnavailable, match=told):
        predictor.state("both")
    assert predictor.predict(PAGE, ["both"]).failures == {"both": told}
    assert predictor.load("one") == "fake 1.0"


def test_it_answers_again_after_a_members_process_ended(
    tmp_path: Path, homes: tuple[Path, Path], start: Start
) -> None:
    make_ensemble(tmp_path)
    predictor = start()
    predictor.load("both")
    (homes[1] / "exit").touch()

    assert "ask again" in predictor.predict(PAGE, ["both"]).failures["both"]
    assert predictor.predict(PAGE, ["both"]).failures == {}


@pytest.mark.usefixtures("homes")
def test_it_is_as_ready_as_its_least_ready_member(tmp_path: Path, start: Start) -> None:
    make_ensemble(tmp_path)
    predictor = start()
    assert predictor.state("both") == "idle"

    predictor.load("one")
    assert predictor.state("both") == "idle"
    predictor.load("both")
    assert [predictor.state(key) for key in ("one", "two", "both")] == ["ready"] * 3


def test_loading_it_loads_each_member_once(
    tmp_path: Path, homes: tuple[Path, Path], start: Start
) -> None:
    make_ensemble(tmp_path)
    predictor = start()
    predictor.warm(["both", "one", "two"]).join()
    predictor.load("both")

    assert [logged(home, "load") for home in homes] == [1, 1]


def with_example(folder: Path, shares: npt.NDArray[np.float64], page: bytes = PAGE) -> None:
    """An ensemble that says it answers its example with `shares`."""
    home = make_ensemble(folder, said=SAID._replace(end=EXAMPLE.format(shares.tolist())))
    (home / "example.png").write_bytes(page)


@pytest.mark.usefixtures("homes")
def test_it_is_held_to_its_own_example(tmp_path: Path, start: Start) -> None:
    with_example(tmp_path, by_label(lambda one, two: (one + two) / 2))

    assert start().load("both") == "fake 1.0"


@pytest.mark.usefixtures("homes")
def test_where_it_answers_its_example_otherwise_it_is_refused_and_its_members_answer(
    tmp_path: Path, start: Start
) -> None:
    with_example(tmp_path, np.array([0.1, 0.2, 0.3, 0.4]))
    predictor = start()
    answers = predictor.predict(PAGE, ["one", "both"])

    assert [one.model for one in answers.predictions] == ["one"]
    assert answers.failures["both"].startswith("both/model.toml: the model answers its example")
    with pytest.raises(ModelUnavailable, match=r"example\.probabilities"):
        predictor.state("both")


@pytest.mark.usefixtures("homes")
def test_an_example_that_is_no_page_is_the_ensembles_fault(tmp_path: Path, start: Start) -> None:
    with_example(tmp_path, np.array([0.1, 0.2, 0.3, 0.4]), page=b"no picture")

    assert "example.image" in start().predict(PAGE, ["both"]).failures["both"]


def test_over_http_a_member_beside_its_ensemble_runs_once(
    tmp_path: Path, homes: tuple[Path, Path], start: Start
) -> None:
    make_ensemble(tmp_path)
    client = make_app(tmp_path, start()).test_client()
    answer = client.post("/api/v1/predictions", data=form("both", "one"))

    assert answer.status_code == 200, answer.text
    both, one = (answer.json or {})["predictions"]
    assert (both["model"], both["framework"], one["framework"]) == ("both", "ensemble", "keras")
    assert one["probabilities"] == pytest.approx(ONE)
    assert [logged(home, "run") for home in homes] == [1, 1]


def test_it_is_listed_with_its_members(
    tmp_path: Path, homes: tuple[Path, Path], start: Start
) -> None:
    make_ensemble(tmp_path, said=SAID._replace(more="weights = [3, 1]"))
    predictor = start()
    listed = make_app(tmp_path, predictor).test_client().get("/api/v1/models").json or {}
    both = next(one for one in listed["models"] if one["key"] == "both")

    assert (both["framework"], both["input"], both["architecture"]) == ("ensemble", None, None)
    assert both["members"] == {"one": 0.75, "two": 0.25}
    assert both["sha256"] == predictor.registry.sha256("both")
    sizes = [(home / "weights.keras").stat().st_size for home in homes]
    assert both["size_bytes"] == sum(sizes)


@pytest.mark.usefixtures("homes")
def test_the_page_offers_it_as_an_average_and_shows_its_answer(
    tmp_path: Path, start: Start
) -> None:
    make_ensemble(tmp_path)
    client = make_app(tmp_path, start()).test_client()

    offered = client.get("/").text
    assert '<span class="badge ensemble">Ensemble</span>' in offered
    assert "average of one, two" in offered
    answered = client.post("/", data=form("both"))
    assert answered.status_code == 200
    assert answered.text.count('<span class="badge ensemble">Ensemble</span>') == 2


def test_its_answer_depends_on_the_page(tmp_path: Path, start: Start) -> None:
    for key in ("one", "two"):
        make_fake_model(tmp_path, key, Facts(output="logits"), by_page=True)
    make_ensemble(tmp_path)
    predictor, other = start(), encode(draw_page((600, 420), seed=5))

    one, two = (predictor.probabilities(read_page(data), "both") for data in (PAGE, other))
    assert not np.allclose(one, two)
