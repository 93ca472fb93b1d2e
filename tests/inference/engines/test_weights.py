"""Weights are read once and given on only with the sha256 that the entry says."""

import hashlib
from pathlib import Path

import pytest

from model_registry.entry import Weights
from model_registry.errors import WeightsError, named
from twelvelead.inference.engines.weights import read_weights

DATA = b"numbers"
DIGEST = hashlib.sha256(DATA).hexdigest()


def test_it_works(tmp_path: Path) -> None:
    file = tmp_path / "weights.keras"
    file.write_bytes(DATA)

    assert read_weights(Weights(file, DIGEST)) == DATA


def test_one_altered_bit_is_refused_with_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "weights.keras"
    file.write_bytes(bytes([DATA[0] ^ 1]) + DATA[1:])

    with pytest.raises(WeightsError, match=r"weights\.sha256") as refused:
        read_weights(Weights(file, DIGEST))
    assert str(refused.value).startswith(f"{named(file)} has the sha256 ")
    assert DIGEST in str(refused.value)


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.keras"

    with pytest.raises(WeightsError) as refused:
        read_weights(Weights(file, DIGEST))
    assert str(refused.value) == f"{named(file)} can't be read: No such file or directory."
