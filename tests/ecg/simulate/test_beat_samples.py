"""The sample beats in static/samples/beats are the plan's, complete, small, and marked as simulated."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecg.page.folder_names import folders_of
from ecg.page.library import read_library
from ecg.page.page import read_page
from ecg.simulate import beat_samples
from ecg.simulate.beat_samples import BEAT_PLAN, BeatSample, write_beat_samples
from ecg.tasks import BEAT_AAMI_5, BEAT_SIX
from tests.support.project import ROOT

SHIPPED = ROOT / "static" / "samples" / "beats"


def test_it_writes_a_picture_and_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat_samples, "BEAT_PLAN", (BeatSample("pvc", 1, "V"),))
    (path,) = write_beat_samples(tmp_path)
    (record,) = json.loads((tmp_path / "samples.json").read_text("utf-8"))

    assert path.parent.name == "V"
    assert record == {
        "file": f"V/{path.name}",
        "symbol": "V",
        "finding": "pvc",
        "seed": 1,
        "simulated": True,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    with Image.open(path) as picture:
        assert picture.size == (192, 128)
        assert "not a patient's" in picture.text["Comment"]  # type: ignore[attr-defined]


def test_the_shipped_pictures_are_the_plans() -> None:
    index = json.loads((SHIPPED / "samples.json").read_text("utf-8"))

    assert [record["file"] for record in index] == [sample.file for sample in BEAT_PLAN]
    for record, sample in zip(index, BEAT_PLAN, strict=True):
        data = (SHIPPED / sample.file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        assert len(data) < 5000


def test_a_sample_can_be_drawn_again() -> None:
    sample = BEAT_PLAN[0]
    with Image.open(SHIPPED / sample.file) as shipped:
        assert np.abs(np.asarray(shipped, int) - np.asarray(sample.picture(), int)).mean() < 0.5


def test_each_sample_is_read_as_a_beat() -> None:
    assert all(read_page((SHIPPED / sample.file).read_bytes()).beat for sample in BEAT_PLAN)


def test_their_folders_have_labels_of_both_tasks() -> None:
    for task, wanted in ((BEAT_AAMI_5, {"N", "S", "V"}), (BEAT_SIX, set(BEAT_SIX.labels))):
        library = read_library(SHIPPED, folder_labels=folders_of(tuple(task.labels)))
        assert {p.label for p in library.pictures} == wanted - {"ventricular_flutter"}


def test_a_recording_without_such_a_beat_is_told() -> None:
    with pytest.raises(ValueError, match="sinus_rhythm 1 has no beat 'V'"):
        BeatSample("sinus_rhythm", 1, "V").picture()
