"""inference.gate: the network that ships, and what is said where its files are not what they should be."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model_registry.errors import WeightsError
from twelvelead.inference.gate.channels import CHANNELS, LONG, SHORT
from twelvelead.inference.gate.kinds import KINDS
from twelvelead.inference.gate.network import HERE, RECORD, WEIGHTS, SeeingNetwork, read_record

BLANK = np.full((len(CHANNELS), SHORT, LONG), 128, np.uint8)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in (WEIGHTS, RECORD):
        shutil.copy(HERE / name, tmp_path / name)
    return tmp_path


def test_it_tells_kinds_features_and_a_distance() -> None:
    seen = SeeingNetwork()(BLANK)
    assert tuple(seen.kinds) == KINDS
    assert sum(seen.kinds.values()) == pytest.approx(1)
    assert seen.features.shape == (read_record()["features"],)
    assert 0 < seen.distance < np.inf


def test_it_reads_lying_and_standing_pictures() -> None:
    standing = np.ascontiguousarray(BLANK.transpose(0, 2, 1))
    assert np.isfinite(SeeingNetwork()(standing).features).all()


def test_it_is_small() -> None:
    assert (HERE / WEIGHTS).stat().st_size < 2_000_000


def test_altered_weights_are_not_run(copied: Path) -> None:
    data = bytearray((copied / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / WEIGHTS).write_bytes(data)
    with pytest.raises(WeightsError, match=r"weights\.onnx has the sha256 .*gate\.json says"):
        SeeingNetwork(copied)(BLANK)


def test_weights_that_are_not_there_are_named(copied: Path) -> None:
    (copied / WEIGHTS).unlink()
    with pytest.raises(WeightsError, match=r"weights\.onnx can't be read"):
        SeeingNetwork(copied).load()


@pytest.mark.parametrize("told", ["", "{}", '{"kinds": ["cat"]}'])
def test_a_record_that_says_something_else_is_named(copied: Path, told: str) -> None:
    (copied / RECORD).write_text(told, encoding="utf-8")
    with pytest.raises(WeightsError, match=r"gate\.json can't be read"):
        SeeingNetwork(copied).load()


def test_a_file_that_is_no_network_is_named(copied: Path) -> None:
    import hashlib

    record = json.loads((copied / RECORD).read_text("utf-8"))
    (copied / WEIGHTS).write_bytes(b"no network")
    record["sha256"] = hashlib.sha256(b"no network").hexdigest()
    (copied / RECORD).write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(WeightsError, match=r"weights\.onnx can't be loaded"):
        SeeingNetwork(copied).load()
