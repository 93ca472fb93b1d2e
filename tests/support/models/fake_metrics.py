"""Invented figures for tests: a metrics.json with every section, its numbers from made-up answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from twelvelead.evaluation.abstaining.selective import risk_coverage
from twelvelead.evaluation.metrics import Matrix, measure

SPLIT, DATA = "5" * 64, "d" * 64
PAGES = 80


def fake_metrics(labels: tuple[str, ...], skill: float = 2.0, split: str = SPLIT) -> dict[str, Any]:
    """All sections; the more skill (0: guessing), the more of the made-up answers are right."""
    rng = np.random.default_rng(7)
    targets = np.arange(PAGES, dtype=np.intp) % len(labels)
    scores = rng.normal(size=(PAGES, len(labels)))
    scores[np.arange(PAGES), targets] += skill
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    figures = measure(labels, targets, shares)
    figures |= {
        f"{name}_interval": [max(0.0, figures[name] - 0.05), min(1.0, figures[name] + 0.05)]
        for name in ("accuracy", "balanced_accuracy", "macro_f1", "auc")
    }
    figures |= {"patients": 40, "folds": 5, "split_sha256": split, "data_sha256": DATA}
    figures["roc"] = {
        label: _curve(targets == place, shares[:, place]) for place, label in enumerate(labels)
    }
    figures["calibration_curve"] = _bins(targets, shares)
    figures["risk_coverage"] = risk_coverage(targets, shares)
    probe = {name: figures[name] for name in ("n", "accuracy", "balanced_accuracy", "macro_f1")}
    return {
        "cross_validation": figures,
        "calibration": {"temperature": 1.0, "accept_from": 0.5},
        "parameters": 1234,
        "bytes": 5000,
        "origin": "made up",
        "date": "2026-01-02",
        "shortcuts": {
            "as served": probe,
            "trace painted over": {"n": PAGES, "accuracy": 0.26, "balanced_accuracy": 0.25},
        },
        "copied_split": {
            "files": 928,
            "distinct": 393,
            "splits": 3,
            "share_of_test_files_with_a_copy_in_training": 0.72,
            "accuracy": 0.991,
            "macro_f1": 0.985,
            "auc": 0.999,
        },
    }


def write_metrics(home: Path, metrics: object) -> None:
    """Writes metrics.json into a model's folder."""
    (home / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")


def _curve(hits: np.ndarray[Any, Any], shares: np.ndarray[Any, Any]) -> dict[str, list[float]]:
    fpr, tpr, _ = roc_curve(hits, shares)
    return {"fpr": fpr.tolist(), "tpr": tpr.tolist()}


def _bins(targets: np.ndarray[Any, Any], shares: Matrix) -> list[dict[str, Any]]:
    highest, right = shares.max(axis=1), shares.argmax(axis=1) == targets
    found = []
    for place in range(10):
        inside = (highest > place / 10) & (highest <= (place + 1) / 10)
        found.append(
            {
                "from": place / 10,
                "to": (place + 1) / 10,
                "n": int(inside.sum()),
                "confidence": float(highest[inside].mean()) if inside.any() else None,
                "accuracy": float(right[inside].mean()) if inside.any() else None,
            }
        )
    return found
