"""evaluation.compare: exact McNemar tests between models that were held out on the same pages."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from scipy.stats import binomtest

from model_registry.comparison import read_comparison
from tests.support.models.tiny_models import KERAS_LABELS, PYTORCH_LABELS
from tests.support.project import ROOT
from tests.support.training.held_out_fakes import draw_data, make_measured
from twelvelead.datasets.pages import DataError
from twelvelead.evaluation.compare import compare
from twelvelead.training.plan import Plan


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Two models whose labels stand in other orders."""
    data = draw_data(tmp_path)
    found = [Plan(key, data, tmp_path / "models", tmp_path / "runs") for key in ("one", "two")]
    make_measured(found[0], monkeypatch, KERAS_LABELS, seed=0)
    make_measured(found[1], monkeypatch, PYTORCH_LABELS, seed=5)
    return found


def right_pages(plan: Plan) -> set[str]:
    """Digests of the pages that a model names rightly, counted from its file."""
    label_of = {}

    for file in plan.data.glob("*/*.png"):
        label_of[hashlib.sha256(file.read_bytes()).hexdigest()] = file.parent.name
    with (plan.models / plan.key / "out_of_fold.csv").open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    labels = [name for name in rows[0] if name not in ("sha256", "fold")]
    return {
        row["sha256"]
        for row in rows
        if max(labels, key=lambda name: float(row[name])) == label_of[row["sha256"]]
    }


def test_a_pair_is_counted_and_judged(plans: list[Plan]) -> None:
    found = compare(plans[0].models, plans[0].data)
    one, two = map(right_pages, plans)
    (pair,) = found["pairs"]

    assert (pair["a"], pair["b"]) == ("one", "two")
    assert (pair["only_a_right"], pair["only_b_right"]) == (len(one - two), len(two - one))
    assert one - two
    expected = binomtest(len(one - two), len(one ^ two)).pvalue
    assert pair["p"] == pytest.approx(expected, abs=1e-6)
    assert found["n"] == 16


def test_what_is_written_is_what_the_registry_reads(plans: list[Plan]) -> None:
    found = compare(plans[0].models, plans[0].data)
    read = read_comparison(plans[0].models)

    assert read is not None
    assert read.model_dump() == found
    assert not list(plans[0].models.glob("*.part"))


def test_a_model_of_another_split_takes_no_part(
    plans: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Plan("three", plans[0].data, plans[0].models, plans[0].work)
    make_measured(other, monkeypatch, seed=9)
    file = other.models / "three" / "metrics.json"
    file.write_text(file.read_text().replace("5" * 64, "6" * 64), encoding="utf-8")

    assert compare(other.models, other.data)["models"] == ["one", "two"]


def test_one_model_alone_is_no_comparison(plans: list[Plan]) -> None:
    (plans[1].models / "two" / "out_of_fold.csv").unlink()
    with pytest.raises(DataError, match="Two models at least"):
        compare(plans[0].models, plans[0].data)


def test_pages_that_are_not_there_are_counted(plans: list[Plan]) -> None:
    next(plans[0].data.glob("*/*.png")).unlink()
    with pytest.raises(DataError, match="1 of the 16 pages"):
        compare(plans[0].models, plans[0].data)


def test_what_cannot_be_compared_is_told_in_a_sentence_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twelvelead.evaluation.compare", str(tmp_path)]
    command += ["--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "twelvelead: Two models at least are needed that were cross-validated on one split.\n"
    )
