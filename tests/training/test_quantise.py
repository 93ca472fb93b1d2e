"""A compiled model gets 8 bits only where its labels stay."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import twelvelead.training.shipping.quantise
from tests.support.models.fixtures_compiled import entry_of, pages
from tests.support.pages.labelled_folders import draw_folder
from twelvelead.datasets.pages import DataError
from twelvelead.inference.compilation.compile import Agreement
from twelvelead.inference.compilation.compiled import NAME, hold_onnx, read_compiled
from twelvelead.training.shipping.quantise import quantise

KEY = "tiny_keras"


def test_it_works(compiled: Path, tmp_path: Path) -> None:
    entry = entry_of(compiled, KEY)
    before = read_compiled(entry)
    assert before is not None
    data = draw_folder(tmp_path / "data")
    record, told = quantise(entry, before, pages(), data)

    assert told == "int8 gives the same label on 100.0% of 8 pages"
    assert read_compiled(entry) == record
    assert (record.precision, record.pages) == ("int8", 8)
    assert record.made_from == before.made_from
    kinds = {node.op_type for node in onnx.load(hold_onnx(entry)).graph.node}
    assert "QuantizeLinear" in kinds


def test_labels_that_change_leave_float32(
    compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(compiled, KEY)
    before = read_compiled(entry)
    assert before is not None
    file = (entry.folder / NAME).read_bytes()

    def differing(*_: object) -> Agreement:
        found = Agreement()
        for number in range(50):
            found.add(np.array([0.4, 0.6]), np.array([0.6, 0.4] if number == 0 else [0.4, 0.6]))
        return found

    monkeypatch.setattr(twelvelead.training.shipping.quantise, "compare", differing)
    record, told = quantise(entry, before, pages(), draw_folder(tmp_path / "data"))
    assert told == (
        "int8 gives the same label on 98.0% of 50 pages, 99% are needed: float32 was kept"
    )
    assert record == before
    assert (entry.folder / NAME).read_bytes() == file


def test_a_folder_without_pages_is_told(compiled: Path, tmp_path: Path) -> None:
    entry = entry_of(compiled, KEY)
    before = read_compiled(entry)
    assert before is not None
    with pytest.raises(DataError, match="holds no labelled picture"):
        quantise(entry, before, pages(), tmp_path)
