"""training.studies.reproduced: a second run is held to the interval that the card states."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.training.held_out_fakes import draw_data, make_measured
from twelvelead.datasets.pages import DataError
from twelvelead.training.plan import Plan
from twelvelead.training.studies.reproduced import check


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A model as shipped, and the same again."""
    data = draw_data(tmp_path)
    for name in ("shipped", "again"):
        make_measured(Plan("one", data, tmp_path / name, tmp_path / "runs"), monkeypatch)
    return tmp_path / "shipped", tmp_path / "again"


def change(models: Path, **figures: Any) -> None:
    file = models / "one" / "metrics.json"
    metrics = json.loads(file.read_text())
    metrics["cross_validation"] |= figures
    file.write_text(json.dumps(metrics))


def test_the_same_figures_hold(folders: tuple[Path, Path]) -> None:
    assert all(one.holds for one in check("one", *folders))


def test_a_figure_outside_the_interval_does_not(folders: tuple[Path, Path]) -> None:
    change(folders[1], auc=0.01)
    found = {one.name: one for one in check("one", *folders)}

    assert not found["auc"].holds
    assert "NOT within" in str(found["auc"])
    assert found["accuracy"].holds


@pytest.mark.parametrize("name", ["split_sha256", "data_sha256"])
def test_other_data_or_another_split_is_no_reproduction(
    folders: tuple[Path, Path], name: str
) -> None:
    change(folders[1], **{name: "7" * 64})
    with pytest.raises(DataError, match=f"another {name}"):
        check("one", *folders)


def test_a_run_without_figures_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[1] / "one" / "metrics.json").unlink()
    with pytest.raises(DataError, match="no cross-validated figures"):
        check("one", *folders)
