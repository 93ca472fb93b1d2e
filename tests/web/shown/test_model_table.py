"""web.shown.model_table: every model in one table, sorted as asked, with what may be compared."""

import shutil
from pathlib import Path

import pytest

from tests.model_registry.test_comparison import pair, write_comparison
from tests.support.models.fake_metrics import DATA, SPLIT, fake_metrics, write_metrics
from tests.support.models.measured_models import STRONG, ask, copy_measured, read, row, three
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.web.web_fakes import tags


@pytest.fixture
def models(models_dir: Path, tmp_path: Path) -> Path:
    return copy_measured(models_dir, tmp_path / "models")


def keys(page: str) -> list[str]:
    return [one["data-key"] for one in tags(page, "tr") if "data-key" in one]


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
    write_metrics(models / "tiny_torch", other)
    page = read(models, "/models")
    assert "don't compare" in row(page, "tiny_torch").replace("&#39;", "'")
    assert "compare" not in row(page, "tiny_keras")


def test_models_of_one_split_are_not_marked(models: Path) -> None:
    page = read(models, "/models")
    assert "compare" not in row(page, "tiny_keras") + row(page, "tiny_torch")


def test_the_split_that_most_models_share_is_the_tables(models: Path) -> None:
    shutil.copytree(models / "tiny_torch", models / "third")
    best = fake_metrics(KERAS_LABELS, 3.0, split="e" * 64)
    write_metrics(models / "tiny_keras", best)
    page = read(models, "/models")
    assert "compare" in row(page, "tiny_keras")
    assert "compare" not in row(page, "tiny_torch") + row(page, "third")


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
