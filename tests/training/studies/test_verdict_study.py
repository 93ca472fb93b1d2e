"""training.studies.verdicts: held-out answers come to verdicts, which are counted by who was asked."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.models.ensemble_files import LABELS
from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import Facts
from tests.support.training.held_out_fakes import digest_of, draw_data
from twelvelead.datasets.pages import DataError
from twelvelead.training.studies.verdicts import count_verdicts


def keep(home: Path, said: Mapping[str, str]) -> None:
    """Held-out answers, each page's label with 0.97."""
    with (home / "out_of_fold.csv").open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *LABELS])
        for page, label in said.items():
            writer.writerow([page, 0, *(0.97 if one == label else 0.01 for one in LABELS)])


def test_it_works(tmp_path: Path) -> None:
    data, models = draw_data(tmp_path), tmp_path / "models"
    truth = {digest_of(file): file.parent.name for file in data.glob("*/*.png")}
    normal = [page for page, label in truth.items() if label == "normal"]
    for key in ("right", "other"):
        make_fake_model(models, key, Facts(labels=LABELS))
    keep(models / "right", truth)
    keep(models / "other", truth | dict.fromkeys(normal, "history_of_mi"))

    found = count_verdicts(models, data)
    assert found["right"] == dict(found["right"], pages=16, accepted=16, right=16, disputed=0)
    assert found["other"] == dict(found["other"], accepted=16, right=16 - len(normal))
    disputed = len(normal)
    assert found["all"] == dict(
        found["all"], accepted=16 - disputed, right=16 - disputed, disputed=disputed
    )


def test_without_held_out_answers_there_is_nothing_to_count(tmp_path: Path) -> None:
    make_fake_model(tmp_path / "models", "one", Facts(labels=LABELS))
    with pytest.raises(DataError, match="kept its held-out answers"):
        count_verdicts(tmp_path / "models", draw_data(tmp_path))
