"""An ensemble is an entry that names models of its registry; what can't be averaged is told, and why."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ecg.tasks import CARDIAC_PAGE_4
from model_registry.entry import EnsembleEntry, Example
from model_registry.errors import EntryError
from model_registry.read_entry import read_any_entry
from model_registry.registry import check_members, read_registry
from tests.support.models.ensemble_files import LABELS, SAID, Said, make_ensemble
from tests.support.models.entry_files import KERAS, PYTORCH, WEIGHTS, changed, write_entry

EXAMPLE = '[example]\nimage = "example.png"\nprobabilities = [0.1, 0.2, 0.3, 0.4]'
BRINGS = "leave it out"

# name -> (what the entry says, key that is named, what is right)
WRONG = {
    "no members": (SAID._replace(members=()), "ensemble.members", "two or more models"),
    "one member": (SAID._replace(members=("one",)), "ensemble.members", "two or more models"),
    "a member twice": (
        SAID._replace(members=("one", "two", "one")),
        "ensemble.members",
        "each once",
    ),
    "too many weights": (
        SAID._replace(more="weights = [1, 1, 1]"),
        "ensemble.weights",
        "2 positive numbers",
    ),
    "no weights listed": (SAID._replace(more="weights = []"), "ensemble.weights", "give 2"),
    "a weight of 0": (SAID._replace(more="weights = [0, 1]"), "ensemble.weights", "positive"),
    "a negative weight": (SAID._replace(more="weights = [-1, 3]"), "ensemble.weights", "positive"),
    "an endless weight": (SAID._replace(more="weights = [inf, 1]"), "ensemble.weights", "positive"),
    "a weight that is none": (SAID._replace(more="weights = [nan, 1]"), "ensemble.weights", "2"),
    "weights in words": (SAID._replace(more='weights = ["a"]'), "ensemble.weights", "a number"),
    "another average": (
        SAID._replace(more='average = "median"'),
        "ensemble.average",
        "use one of probabilities, logarithms",
    ),
    "an unknown key": (SAID._replace(more="votes = 1"), "ensemble.votes", "there is no such key"),
    "weights of its own": (SAID._replace(end='[weights]\nfile = "w"'), "weights", BRINGS),
    "preprocessing": (SAID._replace(end="[preprocessing]\nsize = [1, 1]"), "preprocessing", BRINGS),
    "an output": (SAID._replace(top='output = "logits"'), "output", BRINGS),
    "an architecture": (SAID._replace(top='architecture = "vgg16"'), "architecture", BRINGS),
    "an unknown label": (SAID._replace(labels=("normal", "odd")), "labels", "out of normal"),
    "a short example": (
        SAID._replace(end=EXAMPLE.replace(", 0.4", "").replace("0.3", "0.7")),
        "example.probabilities",
        "give 4, one a label",
    ),
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A registry of two networks, `one` and `two`, with their labels in another order each."""
    write_entry(tmp_path, PYTORCH, "one")
    labels = '["normal", "history_of_mi", "abnormal_heartbeat", "myocardial_infarction"]'
    other = '["history_of_mi", "myocardial_infarction", "normal", "abnormal_heartbeat"]'
    write_entry(tmp_path, changed(KERAS, labels, other), "two")
    return tmp_path


def reason(models: Path, said: Said) -> str:
    """Why an ensemble is broken; its members must not be."""
    make_ensemble(models, "both", said)
    registry = read_registry(models)
    assert "both" not in registry
    assert {"one", "two"} <= set(registry)
    return registry.broken["both"]


def test_it_works(models: Path) -> None:
    more = 'weights = [3, 1]\naverage = "logarithms"'
    end = f"[calibration]\ntemperature = 1.5\n[decision]\naccept_from = 0.6\n{EXAMPLE}"
    home = make_ensemble(models, "both", SAID._replace(more=more, end=end))
    shutil.copy(models / "one" / "example.png", home)
    registry = read_registry(models)
    entry = registry["both"]

    assert registry.broken == {}
    assert isinstance(entry, EnsembleEntry)
    assert (entry.framework, entry.title, entry.labels) == ("ensemble", "Averaged", LABELS)
    assert (entry.members, entry.shares) == (("one", "two"), (0.75, 0.25))
    assert (entry.average, entry.temperature, entry.accept_from) == ("logarithms", 1.5, 0.6)
    assert isinstance(entry.example, Example)
    assert entry.example.image == home / "example.png"
    assert [one.key for one in registry.networks("both")] == ["one", "two"]
    assert [one.key for one in registry.networks("two")] == ["two"]


def test_members_count_alike_and_probabilities_are_averaged_where_nothing_else_is_said(
    models: Path,
) -> None:
    make_ensemble(models)
    entry = read_registry(models)["both"]

    assert isinstance(entry, EnsembleEntry)
    assert (entry.shares, entry.average, entry.temperature) == ((0.5, 0.5), "probabilities", 1.0)


def test_its_measured_figures_stand_beside_it(models: Path) -> None:
    home = make_ensemble(models)
    (home / "metrics.json").write_text(json.dumps({"origin": "here"}), encoding="utf-8")

    assert read_registry(models)["both"].metrics == {"origin": "here"}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_file_key_and_what_is_right(tmp_path: Path, name: str) -> None:
    said, key, right = WRONG[name]
    home = make_ensemble(tmp_path, "both", said)
    (home / "example.png").touch()

    with pytest.raises(EntryError) as refused:
        read_any_entry(home / "model.toml")
    assert str(refused.value).startswith(f"both/model.toml: key '{key}'")
    assert right in str(refused.value)


def test_an_unknown_member_is_told_with_the_known_ones(models: Path) -> None:
    told = reason(models, SAID._replace(members=("one", "nobody")))

    assert told.startswith("both/model.toml: key 'ensemble.members': 'nobody' is not a model here")
    assert told.endswith("known are one, two.")


def test_a_broken_member_breaks_the_ensemble_with_its_reason(models: Path) -> None:
    write_entry(models, changed(KERAS, "title", "titel"), "bad")
    told = reason(models, SAID._replace(members=("one", "bad")))

    assert told.startswith("both/model.toml: key 'ensemble.members': 'bad' can't be used")
    assert "(bad/model.toml: key 'title': is missing; it should be a text)" in told


def test_an_ensemble_of_ensembles_is_refused(models: Path) -> None:
    make_ensemble(models, "inner")
    told = reason(models, SAID._replace(members=("one", "inner")))

    assert "'inner' is an ensemble itself: list its members (one, two) instead" in told
    assert "inner" in read_registry(models)


def test_an_ensemble_of_itself_is_refused(models: Path) -> None:
    assert "'both' is an ensemble itself" in reason(models, SAID._replace(members=("one", "both")))


def test_a_member_with_fewer_labels_is_refused(models: Path) -> None:
    fewer = changed(KERAS, '"normal", ', "")
    write_entry(models, fewer, "three")
    told = reason(models, SAID._replace(members=("one", "three")))

    assert "'three' has the labels history_of_mi, abnormal_heartbeat, myocardial" in told
    assert f"take models with all of this ensemble's, {', '.join(LABELS)}, and no other" in told


def test_a_member_of_another_task_is_refused(models: Path) -> None:
    make_ensemble(models)
    registry = read_registry(models)
    entry = registry["both"]
    assert isinstance(entry, EnsembleEntry)
    other = replace(CARDIAC_PAGE_4, key="other-page")
    entries = {"one": registry["one"], "two": replace(registry["two"], task=other)}

    with pytest.raises(EntryError) as refused:
        check_members(entry, entries, {})
    wanted = "'two' has the task other-page: take models of this ensemble's, cardiac-page"
    assert wanted in str(refused.value)


def test_an_unknown_framework_is_told_with_all_that_there_are(tmp_path: Path) -> None:
    write_entry(tmp_path, changed(KERAS, '"keras"', '"caffe"'), "odd")

    told = read_registry(tmp_path).broken["odd"]
    assert "key 'framework': use one of keras, pytorch, ensemble" in told


def test_a_network_is_named_by_the_sha256_of_its_weights(models: Path) -> None:
    assert read_registry(models).sha256("one") == hashlib.sha256(WEIGHTS).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        SAID._replace(more="weights = [2, 1]"),
        SAID._replace(more='average = "logarithms"'),
        SAID._replace(labels=LABELS[::-1]),
        SAID._replace(end="[calibration]\ntemperature = 2.0"),
        SAID._replace(members=("one", "two", "three")),
    ],
)
def test_an_ensembles_sha256_changes_with_its_members_and_settings(
    models: Path, other: Said
) -> None:
    write_entry(models, KERAS, "three")
    for key, said in (("both", SAID), ("same", SAID), ("other", other)):
        make_ensemble(models, key, said)
    registry = read_registry(models)

    assert registry.sha256("both") == registry.sha256("same") != registry.sha256("other")
    assert len(registry.sha256("both")) == 64


def test_an_ensembles_sha256_changes_with_the_weights_of_a_member(models: Path) -> None:
    make_ensemble(models)
    before = read_registry(models).sha256("both")
    weights, toml = models / "two" / "weights.keras", models / "two" / "model.toml"
    weights.write_bytes(b"others")
    text, digest = toml.read_text("utf-8"), hashlib.sha256(b"others").hexdigest()
    toml.write_text(changed(text, hashlib.sha256(WEIGHTS).hexdigest(), digest), encoding="utf-8")

    assert read_registry(models).sha256("both") != before
