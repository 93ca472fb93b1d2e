"""web.model_pages: all models in one table, and a card for each; every figure is that of its file."""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from model_registry.registry import read_registry
from tests.fake_metrics import DATA, SPLIT, fake_metrics, write_metrics
from tests.test_comparison import pair, write_comparison
from tests.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.web_fakes import FakePredictor, make_app, tags
from web.plotly_files import read_plotly

HTML = {"Accept": "text/html"}
STRONG, WEAK = fake_metrics(KERAS_LABELS, 3.0), fake_metrics(PYTORCH_LABELS, 1.0)
SECTIONS = ("roc", "confusion", "calibration", "shortcuts")
CARD = "# Tiny\n\nNo use.\n\n## Intended use\nTests <b>only</b>.\n\n## Limits\nIt is tiny.\n"


@pytest.fixture
def models(models_dir: Path, tmp_path: Path) -> Path:
    """tiny_keras, strong and with a card, tiny_torch, weak, and one that is broken."""
    folder = tmp_path / "models"
    shutil.copytree(models_dir, folder)
    write_metrics(folder / "tiny_keras", STRONG)
    write_metrics(folder / "tiny_torch", WEAK)
    (folder / "tiny_keras" / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "broken").mkdir()
    (folder / "broken" / "model.toml").write_text("title = 1\n", encoding="utf-8")
    return folder


def ask(folder: Path, address: str) -> TestResponse:
    return make_app(folder).test_client().get(address, headers=HTML)


def read(folder: Path, address: str) -> str:
    """A page that must be there."""
    answer = ask(folder, address)
    assert answer.status_code == 200, answer.text
    return answer.text


def keys(page: str) -> list[str]:
    return [one["data-key"] for one in tags(page, "tr") if "data-key" in one]


def row(page: str, key: str) -> str:
    """The text of a model's row, without tags."""
    (found,) = re.findall(rf'<tr [^>]*data-key="{key}".*?</tr>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found).replace("&ndash;", "-").split())


def three(value: float) -> str:
    return f"{value:.3f}"


def change(folder: Path, key: str, metrics: dict[str, Any]) -> None:
    write_metrics(folder / key, metrics)


def test_it_works(models: Path) -> None:
    page = read(models, "/models")
    held_out = STRONG["cross_validation"]
    told = row(page, "tiny_keras")
    assert keys(page) == ["tiny_keras", "tiny_torch", "broken"]
    for name in ("accuracy", "macro_f1", "auc"):
        low, high = held_out[f"{name}_interval"]
        assert f"{three(held_out[name])} {three(low)}-{three(high)}" in told
    one = held_out["per_class"]["myocardial_infarction"]
    assert f"{round(one['recall'] * one['n'])} of 20" in told
    assert f"1,234 0.0 MB {three(held_out['accuracy'])}" in told
    assert f"{three(held_out['ece'])} 2026-01-02" in told


def test_a_card_has_every_figure_in_tables(models: Path) -> None:
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
    for one in STRONG["shortcuts"].values():
        assert f"<td>{three(one['accuracy'])}</td>" in page
    assert "accuracy 0.250, balanced accuracy 0.250" in page
    assert "72.0 %" in page
    assert "<td>0.991</td><td>0.985</td><td>0.999</td>" in page


def test_the_card_of_the_model_stands_on_its_page(models: Path) -> None:
    page = read(models, "/models/tiny_keras")
    assert "<h2>Intended use</h2><p>Tests &lt;b&gt;only&lt;/b&gt;.</p>" in page
    assert page.index("Intended use") < page.index("Held-out figures") < page.index("It is tiny.")


def test_the_line_above_says_what_the_figures_are(models: Path) -> None:
    page = read(models, "/models")
    assert "5-fold cross-validation by patient on 80 pages of 40 patients" in page
    assert f'<code title="sha256 {SPLIT}">{SPLIT[:12]}</code>' in page
    assert f'<code title="sha256 {DATA}">{DATA[:12]}</code>' in page


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=macro_f1&order=desc", "tiny_keras"),
        ("sort=macro_f1&order=asc", "tiny_torch"),
        ("sort=accuracy", "tiny_keras"),
        ("sort=auc&order=asc", "tiny_torch"),
        ("sort=title&order=desc", "tiny_torch"),
        ("sort=infarctions", "tiny_keras"),
        ("sort=framework&order=desc", "tiny_torch"),
    ],
)
def test_it_is_sorted_as_asked_and_what_has_no_figure_is_last(
    models: Path, query: str, first: str
) -> None:
    page = read(models, f"/models?{query}")
    assert keys(page)[0] == first
    if "title" not in query:
        assert keys(page)[-1] == "broken"


def test_the_sorted_column_says_so_and_its_link_turns_it(models: Path) -> None:
    page = read(models, "/models?sort=accuracy&order=asc")
    (head,) = [one for one in tags(page, "th") if "aria-sort" in one]
    assert (head["data-column"], head["aria-sort"]) == ("accuracy", "ascending")
    links = [one["href"] for one in tags(page, "a")]
    assert "/models?sort=accuracy&order=desc" in links
    assert "/models?sort=ece&order=asc" in links


@pytest.mark.parametrize("query", ["sort=beauty", "order=up", "sort=auc&order=<b>"])
def test_an_unknown_column_or_order_is_refused_with_the_known_ones(
    models: Path, query: str
) -> None:
    answer = ask(models, f"/models?{query}")
    assert answer.status_code == 400
    assert "asc or desc" in answer.text or "macro_f1" in answer.text
    assert "beauty" not in answer.text


@pytest.mark.parametrize("name", ["split_sha256", "data_sha256"])
def test_another_split_or_other_data_is_marked(models: Path, name: str) -> None:
    other = fake_metrics(PYTORCH_LABELS, 1.0)
    other["cross_validation"][name] = "e" * 64
    change(models, "tiny_torch", other)
    page = read(models, "/models")
    assert "don't compare" in row(page, "tiny_torch").replace("&#39;", "'")
    assert "compare" not in row(page, "tiny_keras")


def test_models_of_one_split_are_not_marked(models: Path) -> None:
    page = read(models, "/models")
    assert "compare" not in row(page, "tiny_keras") + row(page, "tiny_torch")


def test_the_split_that_most_models_share_is_the_tables(models: Path) -> None:
    shutil.copytree(models / "tiny_torch", models / "third")
    best = fake_metrics(KERAS_LABELS, 3.0, split="e" * 64)
    change(models, "tiny_keras", best)
    page = read(models, "/models")
    assert "compare" in row(page, "tiny_keras")
    assert "compare" not in row(page, "tiny_torch") + row(page, "third")


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
    change(models, "tiny_keras", metrics)
    page = read(models, "/models/tiny_keras")
    assert page.count("urve: not measured") + page.count("urves: not measured") == 1
    assert len([one for one in tags(page, "div") if "data-plot" in one]) == 3


@pytest.mark.parametrize("missing", ["shortcuts", "copied_split", "parameters", "bytes", "date"])
def test_without_one_key_the_rest_is_shown(models: Path, missing: str) -> None:
    metrics = fake_metrics(KERAS_LABELS)
    del metrics[missing]
    change(models, "tiny_keras", metrics)
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
    change(models, "tiny_keras", metrics)
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


def test_an_empty_registry_says_how_to_fill_it(tmp_path: Path) -> None:
    page = read(tmp_path, "/models")
    assert "No model is registered" in page
    assert "No model here has held-out figures" in page


def test_the_comparison_says_which_models_differ(models: Path) -> None:
    found = [pair("tiny_keras", "tiny_torch", 0.0004), pair("tiny_keras", "gone", 0.4)]
    write_comparison(models, *found, models=["tiny_keras", "tiny_torch", "gone"])
    page = read(models, "/models")
    assert "1 of 2 pairs differ beyond chance" in page
    assert ">&lt; 0.001</td>" in page
    assert page.count("<b>beyond chance</b>") == 1
    assert "Tiny pytorch model" in page
    assert "exact McNemar" in page
    assert "another split" not in page.partition("Which models differ")[2]


def test_a_comparison_of_another_split_is_marked(models: Path) -> None:
    write_comparison(models, pair("a", "b", 0.4), split_sha256="e" * 64)
    assert "This comparison is of another split" in read(models, "/models")


def test_a_damaged_comparison_is_told(models: Path) -> None:
    (models / "comparison.json").write_text("{", encoding="utf-8")
    assert "The comparison can&#39;t be shown" in read(models, "/models").replace("'", "&#39;")


def test_no_comparison_is_not_measured(models: Path) -> None:
    assert "not measured: there is no <code>comparison.json</code>" in read(models, "/models")


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
    client: FlaskClient = make_app(models).test_client()
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
    held_out = json.loads(json.dumps(STRONG["cross_validation"]))
    for name in ("accuracy_interval", "macro_f1_interval", "auc_interval"):
        assert one["metrics"][name] == held_out[name]
    assert (one["metrics"]["parameters"], one["metrics"]["bytes"]) == (1234, 5000)
