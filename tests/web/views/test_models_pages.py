"""web.views.model_pages: each model's card and figures; every figure is that of its file."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from model_registry.registry import read_registry
from tests.support.models.ensemble_files import Said, make_ensemble
from tests.support.models.fake_metrics import fake_metrics, write_metrics
from tests.support.models.measured_models import STRONG, ask, copy_measured, read, row, three
from tests.support.models.tiny_models import KERAS_LABELS
from tests.support.web.web_fakes import FakePredictor, make_app, tags
from twelvelead.inference.compilation.queue import compiling
from twelvelead.web.shown.plotly_files import read_plotly

SECTIONS = ("roc", "confusion", "calibration", "shortcuts")


@pytest.fixture
def models(models_dir: Path, tmp_path: Path) -> Path:
    return copy_measured(models_dir, tmp_path / "models")


def test_it_works(models: Path) -> None:
    page = read(models, "/models/tiny_keras")
    held_out = STRONG["cross_validation"]
    assert [one["data-plot"] for one in tags(page, "div") if "data-plot" in one] == list(SECTIONS)
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "auc", "ece"):
        assert f"<td>{three(held_out[name])}</td>" in page
    for one in held_out["per_class"].values():
        assert f"<td>{three(one['auc'])}</td>" in page
    for count in held_out["confusion"][0]:
        assert f"<td>{count} <small>{5 * count}.0 %</small></td>" in page
    for one in held_out["calibration_curve"]:
        assert f"<td>{one['n']}</td>" in page
    assert f"<b>{held_out['risk_coverage']['aurc']:.4f}</b>" in page
    for one in STRONG["shortcuts"].values():
        assert f"<td>{three(one['accuracy'])}</td>" in page
    assert "accuracy 0.250, balanced accuracy 0.250" in page
    assert "72.0 %" in page
    assert "<td>0.991</td><td>0.985</td><td>0.999</td>" in page


def test_what_abstaining_buys_is_drawn_from_the_surest_answers_to_all(models: Path) -> None:
    page = read(models, "/models/tiny_keras")
    curve = STRONG["cross_validation"]["risk_coverage"]["table"]
    path = next(one["d"] for one in tags(page, "path") if one.get("d", "").startswith("M300.0"))
    points = [tuple(map(float, pair.split())) for pair in path.replace("M", "L").split("L")[1:]]
    most = max(one["risk"] for one in curve)
    for (x, y), one in zip(points, curve, strict=True):
        assert x == pytest.approx(300 * one["coverage"], abs=0.06)
        assert y == pytest.approx(130 - 112 * one["risk"] / most, abs=0.06)


def test_the_card_of_the_model_stands_on_its_page(models: Path) -> None:
    page = read(models, "/models/tiny_keras")
    assert "<h2>Intended use</h2><p>Tests &lt;b&gt;only&lt;/b&gt;.</p>" in page
    assert page.index("Intended use") < page.index("Held-out figures") < page.index("It is tiny.")


def test_models_say_how_far_they_are_with_being_compiled(models: Path) -> None:
    with compiling(models) as tell:
        tell(["tiny_torch", "tiny_keras"])
        page, own = read(models, "/models"), read(models, "/models/tiny_keras")
    assert "tiny_torch is being compiled, and served natively until then." in row(
        page, "tiny_torch"
    )
    later = "tiny_keras is compiled after one other, and served natively until then."
    assert row(page, "tiny_keras").count(later) == 1
    assert f'<p class="hint">{later}</p>' in own
    assert "until then" not in read(models, "/models")


def test_a_model_without_metrics_is_not_measured(models: Path) -> None:
    (models / "tiny_torch" / "metrics.json").unlink()
    assert row(read(models, "/models"), "tiny_torch").count("not measured") == 5
    page = read(models, "/models/tiny_torch")
    assert page.count("ot measured") == 6
    assert not [one for one in tags(page, "div") if "data-plot" in one]
    assert not tags(page, "script")
    assert "There is no tiny_torch/README.md." in page


@pytest.mark.parametrize("missing", ["roc", "calibration_curve"])
def test_a_section_without_figures_says_so(models: Path, missing: str) -> None:
    metrics = fake_metrics(KERAS_LABELS)
    del metrics["cross_validation"][missing]
    write_metrics(models / "tiny_keras", metrics)
    page = read(models, "/models/tiny_keras")
    assert page.count("urve: not measured") + page.count("urves: not measured") == 1
    assert len([one for one in tags(page, "div") if "data-plot" in one]) == 3


@pytest.mark.parametrize("missing", ["shortcuts", "copied_split", "parameters", "bytes", "date"])
def test_without_one_key_the_rest_is_shown(models: Path, missing: str) -> None:
    metrics = fake_metrics(KERAS_LABELS)
    del metrics[missing]
    write_metrics(models / "tiny_keras", metrics)
    page = read(models, "/models/tiny_keras")
    assert f"<td>{three(metrics['cross_validation']['accuracy'])}</td>" in page


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("accuracy", "high"),
        ("confusion", [[1, 2]]),
        ("roc", {"normal": {"fpr": [0, 1], "tpr": [0]}}),
        ("per_class", [1]),
    ],
)
def test_figures_that_are_damaged_are_named_and_stop_no_page(
    models: Path, place: str, value: object
) -> None:
    metrics = fake_metrics(KERAS_LABELS)
    metrics["cross_validation"][place] = value
    write_metrics(models / "tiny_keras", metrics)
    for address in ("/models", "/models/tiny_keras"):
        assert "cross_validation" in read(models, address)
    assert ask(models, "/").status_code == 200
    assert "<td>0.991</td>" in read(models, "/models/tiny_keras")


def test_a_broken_model_is_listed_with_its_reason(models: Path) -> None:
    assert "broken/model.toml" in row(read(models, "/models"), "broken")
    answer = ask(models, "/models/broken")
    assert answer.status_code == 503
    assert "broken/model.toml" in answer.text


def test_a_model_that_failed_says_so_on_both_pages(models: Path) -> None:
    predictor = FakePredictor(read_registry(models), {"tiny_torch": "It is <out>."})
    client = make_app(models, predictor).test_client()
    for address in ("/models", "/models/tiny_torch"):
        assert "It is &lt;out&gt;." in client.get(address).text


def test_an_unknown_model_is_not_found(models: Path) -> None:
    answer = ask(models, "/models/none")
    assert answer.status_code == 404
    assert "Known models: broken, tiny_keras, tiny_torch." in answer.text


@pytest.mark.parametrize("address", ["/models", "/models/tiny_keras", "/models/tiny_torch"])
def test_nothing_is_inline_and_nothing_from_elsewhere(models: Path, address: str) -> None:
    answer = ask(models, address)
    assert (
        answer.headers["Content-Security-Policy"]
        == ask(models, "/").headers["Content-Security-Policy"]
    )
    assert "<style" not in answer.text
    assert all(one.get("src", "").startswith("/static/") for one in tags(answer.text, "script"))
    for element in tags(answer.text, "*"):
        assert not [name for name in element if name == "style" or name.startswith("on")]


def test_links_lead_from_the_start_to_the_cards(models: Path) -> None:
    links = {one["href"] for one in tags(read(models, "/"), "a")}
    assert {"/models", "/models/tiny_keras", "/models/tiny_torch"} <= links
    assert "/models/broken" not in links


def test_plotly_is_kept_by_browsers_for_good(models: Path) -> None:
    client = make_app(models).test_client()
    (address,) = [
        one["src"]
        for one in tags(client.get("/models/tiny_keras").text, "script")
        if "plotly" in one["src"]
    ]
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/javascript"
    assert gzip.decompress(answer.data) == client.get(address).data == read_plotly().plain
    assert client.get("/static/plotly/0.js").status_code == 404


def test_programs_read_the_same_figures(models: Path) -> None:
    client = make_app(models).test_client()
    found = client.get("/api/v1/models/tiny_keras/metrics").json
    assert found
    assert found["cross_validation"]["roc"] == STRONG["cross_validation"]["roc"]
    curve = STRONG["cross_validation"]["calibration_curve"]
    assert found["cross_validation"]["calibration_curve"] == curve
    assert found["chance"] == {"accuracy": 0.25, "balanced_accuracy": 0.25}
    assert found["copied_split"] == STRONG["copied_split"]
    assert client.get("/api/v1/models/none/metrics").status_code == 404
    assert client.get("/api/v1/models/broken/metrics").status_code == 503


def test_the_list_has_intervals_and_counts(models: Path) -> None:
    listed: Any = make_app(models).test_client().get("/api/v1/models").json
    (one,) = [model for model in listed["models"] if model["key"] == "tiny_keras"]
    held_out = STRONG["cross_validation"]
    for name in ("accuracy_interval", "macro_f1_interval", "auc_interval"):
        assert one["metrics"][name] == held_out[name]
    assert (one["metrics"]["parameters"], one["metrics"]["bytes"]) == (1234, 5000)


def test_an_ensemble_is_called_one(models: Path) -> None:
    make_ensemble(models, said=Said(members=("tiny_keras", "tiny_torch")))
    for address in ("/models", "/models/both"):
        assert '<span class="badge ensemble">Ensemble</span>' in read(models, address)


@pytest.mark.parametrize("address", ["/models", "/models/tiny_keras"])
def test_what_else_there_is_to_say_of_a_model_stands_there(models: Path, address: str) -> None:
    class Noting(FakePredictor):
        def notes(self, key: str) -> tuple[str, ...]:
            return (f"{key} is served natively: it is <damaged>.",)

    predictor = Noting(read_registry(models))
    page = make_app(models, predictor).test_client().get(address).text
    assert "tiny_keras is served natively: it is &lt;damaged&gt;." in page
