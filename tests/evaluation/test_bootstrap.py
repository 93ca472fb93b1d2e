"""evaluation.bootstrap: all resamples at once are those of a plain loop over scikit-learn's figures."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    roc_auc_score,
)

from twelvelead.datasets.pages import Indices
from twelvelead.evaluation import bootstrap as module
from twelvelead.evaluation.bootstrap import bootstrap, draw_counts, resampled_confusions
from twelvelead.evaluation.metrics import Matrix, auc, softmax

N, PATIENTS, RESAMPLES = 120, 30, 60


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain loop is what takes long."""
    monkeypatch.setattr(module, "RESAMPLES", RESAMPLES)


def drawn_answers(labels: int) -> tuple[Indices, Matrix, npt.NDArray[np.str_]]:
    """Answers with many equal scores, of patients of unlike size; of four classes the last is one's."""
    rng = np.random.default_rng(labels)
    targets = rng.integers(0, labels - 1, N) if labels > 2 else rng.integers(0, 2, N)
    targets[:2] = labels - 1
    shares = softmax((1.2 * np.eye(labels)[targets] + rng.normal(0, 1, (N, labels))).round())
    patients = np.array([f"p{square}" for square in rng.integers(0, PATIENTS, N) ** 2 // PATIENTS])
    patients[:2] = "alone"
    return targets, shares, patients


def plain_picks(patients: npt.NDArray[np.str_], seed: int) -> list[Indices]:
    """Which answers each resample holds, patients drawn one resample after another."""
    rng = np.random.default_rng(seed)
    names = np.unique(patients)
    return [
        np.concatenate([np.flatnonzero(patients == names[i]) for i in draw])
        for draw in (rng.integers(0, len(names), len(names)) for _ in range(RESAMPLES))
    ]


def plain_auc(targets: Indices, shares: Matrix) -> float:
    if len(np.unique(targets)) < shares.shape[1]:
        return float("nan")
    scores = shares[:, 1] if shares.shape[1] == 2 else shares
    return float(roc_auc_score(targets, scores, multi_class="ovr"))


@pytest.mark.parametrize("labels", [2, 4])
def test_the_auc_of_each_resample_is_that_of_the_answers_in_it(labels: int) -> None:
    targets, shares, patients = drawn_answers(labels)
    names, owner = np.unique(patients, return_inverse=True)
    expected = [plain_auc(targets[p], shares[p]) for p in plain_picks(patients, seed=7)]

    found = [auc(targets, shares, c[:, owner]) for c in draw_counts(len(names), N, seed=7)]

    assert np.concatenate(found) == pytest.approx(np.array(expected), abs=1e-12, nan_ok=True)
    assert np.isnan(expected).any() == (labels == 4)  # its one patient is not always drawn


@pytest.mark.parametrize("labels", [2, 4])
def test_the_confusion_matrices_are_those_of_the_answers_in_each_resample(labels: int) -> None:
    targets, shares, patients = drawn_answers(labels)
    expected = [
        confusion_matrix(targets[p], shares[p].argmax(axis=1), labels=range(labels))
        for p in plain_picks(patients, seed=0)
    ]
    assert resampled_confusions(targets, shares, patients).tolist() == np.array(expected).tolist()


@pytest.mark.parametrize("labels", [2, 4])
def test_intervals_are_percentiles_of_the_resamples_that_have_every_class(labels: int) -> None:
    targets, shares, patients = drawn_answers(labels)
    picks = [p for p in plain_picks(patients, seed=3) if len(np.unique(targets[p])) == labels]
    pairs = [(targets[p], shares[p].argmax(axis=1)) for p in picks]
    everything = list(range(labels))
    expected = {
        "accuracy": [accuracy_score(*pair) for pair in pairs],
        "balanced_accuracy": [balanced_accuracy_score(*pair) for pair in pairs],
        "macro_f1": [
            f1_score(*pair, labels=everything, average="macro", zero_division=0) for pair in pairs
        ],
        "auc": [plain_auc(targets[p], shares[p]) for p in picks],
    }

    found = bootstrap(targets, shares, patients, seed=3)

    assert list(found) == [f"{name}_interval" for name in expected]
    for name, values in expected.items():
        assert found[f"{name}_interval"] == pytest.approx(
            list(np.percentile(values, (2.5, 97.5))), abs=1e-12
        )


def test_how_many_come_at_a_time_changes_no_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    (at_once,) = draw_counts(PATIENTS, N, seed=1)
    monkeypatch.setattr(module, "CELLS", 7 * N)
    parts = list(draw_counts(PATIENTS, N, seed=1))
    assert [len(part) for part in parts] == [7] * 8 + [4]
    assert np.concatenate(parts).tolist() == at_once.tolist()


def test_intervals_hold_the_figure_and_widen_with_fewer_patients() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(200, dtype=np.intp) % 2
    shares = softmax(np.eye(2)[targets] + rng.normal(0, 1, (200, 2)))
    each = np.array([str(i) for i in range(200)])
    ten = np.array([str(i // 20) for i in range(200)])
    right = (shares.argmax(1) == targets).astype(float)
    right[:60] = 0  # three of the ten patients are all wrong
    shares[:60] = 1 - np.eye(2)[targets[:60]]
    low, high = bootstrap(targets, shares, each)["accuracy_interval"]
    assert low < right.mean() < high
    wide = bootstrap(targets, shares, ten)["accuracy_interval"]
    assert wide[1] - wide[0] > high - low
