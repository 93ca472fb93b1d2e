"""Fake models that kept held-out answers, and the data that they are about, for tests of evidence."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.models.fake_framework import make_fake_model
from tests.support.models.tiny_models import KERAS_LABELS, Facts
from tests.support.pages.labelled_folders import draw_folder, write_manifest
from tests.support.web.web_fakes import FAKE_BACKENDS
from twelvelead.datasets.pages import PageDataset, list_pages
from twelvelead.evaluation.calibrate import calibrate
from twelvelead.evaluation.figures import LabelledAnswers, page_figures
from twelvelead.evaluation.metrics import softmax
from twelvelead.training.plan import Plan

FOLDS = 2


def draw_data(folder: Path) -> Path:
    """Four pages a class; the first two of each are of one patient."""
    data = draw_folder(folder / "data", 4)
    write_manifest(data, {f"{f.name}/{n}.png": f.name for f in data.iterdir() for n in (0, 1)})
    return data


def make_measured(
    plan: Plan, patch: pytest.MonkeyPatch, labels: tuple[str, ...] = KERAS_LABELS, seed: int = 0
) -> dict[str, Any]:
    """The model plan.key with metrics.json and out_of_fold.csv; answers are often right."""
    patch.setattr("twelvelead.inference.engines.networks.BACKENDS", FAKE_BACKENDS)
    home = make_fake_model(plan.models, plan.key, Facts(labels=labels))
    pages = list_pages(plan.data, labels)[1]
    rng = np.random.default_rng(seed)
    logits = 2.0 * np.eye(4)[pages.targets] + 2.0 * rng.normal(size=(len(pages), 4))
    shares = softmax(logits).round(6)
    _keep(home / "out_of_fold.csv", pages, shares)
    held_out = page_figures(pages, shares) | {"folds": FOLDS, "split_sha256": "5" * 64}
    names = np.array(pages.sha256)
    calibration = calibrate(LabelledAnswers(labels, pages.targets, logits, names, pages.patients))
    metrics: dict[str, Any] = {"cross_validation": held_out, "calibration": calibration}
    metrics |= {"parameters": 10, "origin": "nowhere", "date": "2026-01-02"}
    (home / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    return metrics


def read_metrics(plan: Plan) -> dict[str, Any]:
    text = (plan.models / plan.key / "metrics.json").read_text(encoding="utf-8")
    metrics: dict[str, Any] = json.loads(text)
    return metrics


def _keep(file: Path, pages: PageDataset, shares: np.ndarray) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["sha256", "fold", *pages.labels])
        for place, digest in enumerate(pages.sha256):
            writer.writerow([digest, place % FOLDS, *shares[place]])


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
