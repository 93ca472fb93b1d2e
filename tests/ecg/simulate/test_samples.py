"""The sample pages in static/samples are the plan's, complete, small, and marked as simulated."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.page.page import read_page
from ecg.simulate import page_samples as samples
from ecg.simulate.page_samples import SAMPLE_PLAN, Sample, write_samples
from ecg.simulate.twelve_leads import FINDINGS
from tests.support.project import ROOT

SHIPPED = ROOT / "static" / "samples"
FONT_ALLOWANCE = 0.5  # grey levels on average: another FreeType or zlib draws words a little else
ONE_A_CLASS = [next(s for s in SAMPLE_PLAN if s.label == label) for label in FINDINGS]


def shipped_index() -> list[dict[str, Any]]:
    index: list[dict[str, Any]] = json.loads((SHIPPED / "samples.json").read_text("utf-8"))
    return index


def test_it_writes_a_page_and_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "SAMPLE_PLAN", (Sample("rbbb", 1),))
    (path,) = write_samples(tmp_path)
    (record,) = json.loads((tmp_path / "samples.json").read_text("utf-8"))

    assert path == tmp_path / record["file"]
    assert path.parent.name == "abnormal_heartbeat"
    assert record == {
        "file": f"abnormal_heartbeat/{path.name}",
        "label": "abnormal_heartbeat",
        "finding": "rbbb",
        "seed": 1,
        "simulated": True,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def test_each_class_has_at_least_four_pages() -> None:
    counts = Counter(sample.label for sample in SAMPLE_PLAN)

    assert set(counts) == set(FINDINGS)
    assert min(counts.values()) >= 4


def test_every_finding_is_shown() -> None:
    assert {s.finding for s in SAMPLE_PLAN} == {f for names in FINDINGS.values() for f in names}


def test_names_are_unique_and_tell_nothing() -> None:
    names = [sample.name for sample in SAMPLE_PLAN]

    assert len(set(names)) == len(names)
    assert all(len(name) == 12 and int(name, 16) >= 0 for name in names)


def test_the_shipped_index_is_the_plan() -> None:
    index = [(r["file"], r["label"], r["finding"], r["seed"]) for r in shipped_index()]

    assert index == [(s.file, s.label, s.finding, s.seed) for s in SAMPLE_PLAN]
    assert all(record["simulated"] is True for record in shipped_index())


def test_the_shipped_folder_holds_the_indexed_files_and_no_others() -> None:
    files = {path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*") if path.is_file()}
    files = {
        name for name in files if not name.startswith(("signals/", "beats/"))
    }  # have tests of their own

    assert files == {"samples.json"} | {record["file"] for record in shipped_index()}


def test_shipped_files_have_the_hashes_of_the_index() -> None:
    for record in shipped_index():
        data = (SHIPPED / record["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"], record["file"]


def test_shipped_files_are_at_most_200_kb_and_say_that_they_are_simulated() -> None:
    for sample in SAMPLE_PLAN:
        path = SHIPPED / sample.file
        assert path.stat().st_size <= 200_000
        with Image.open(path) as page:
            assert "not a patient" in page.info["Comment"]


@pytest.mark.parametrize("sample", ONE_A_CLASS, ids=lambda sample: sample.finding)
def test_shipped_samples_are_exactly_what_the_plan_draws(sample: Sample) -> None:
    with Image.open(SHIPPED / sample.file) as page:
        shipped = np.asarray(page.convert("L"), dtype=np.int16)
    drawn = np.asarray(sample.page().convert("L"), dtype=np.int16)

    assert shipped.shape == drawn.shape
    assert np.abs(shipped - drawn).mean() < FONT_ALLOWANCE
    assert ((shipped < 100) != (drawn < 100)).mean() < 0.001, "the same ink"


def test_the_reader_finds_the_frame_of_a_shipped_page() -> None:
    frame = read_page((SHIPPED / SAMPLE_PLAN[0].file).read_bytes()).frame

    assert frame is not None
    assert frame.width > 2000
