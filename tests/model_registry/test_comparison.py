"""model_registry.comparison: comparison.json is read whole or refused, and corrected by Holm."""

import json
from pathlib import Path
from typing import Any

import pytest

from model_registry.comparison import read_comparison
from model_registry.errors import EntryError
from model_registry.registry import read_registry
from tests.support.models.entry_files import KERAS, write_entry


def pair(a: str, b: str, p: float) -> dict[str, Any]:
    return {"a": a, "b": b, "only_a_right": 3, "only_b_right": 9, "p": p}


def write_comparison(folder: Path, *pairs: dict[str, Any], **changes: Any) -> None:
    found = {"n": 80, "split_sha256": "5" * 64, "models": ["a", "b", "c"], "pairs": list(pairs)}
    text = json.dumps(found | changes)
    (folder / "comparison.json").write_text(text, encoding="utf-8")


def test_it_works(tmp_path: Path) -> None:
    write_comparison(tmp_path, pair("a", "b", 0.03), pair("a", "c", 0.01), pair("b", "c", 0.5))
    found = read_comparison(tmp_path)
    assert found
    assert (found.n, found.models) == (80, ["a", "b", "c"])
    told = [(one.a, one.b, corrected) for one, corrected in found.corrected()]
    assert told == [("a", "c", 0.03), ("a", "b", 0.06), ("b", "c", 0.5)]


def test_a_larger_p_is_never_corrected_to_a_smaller_one(tmp_path: Path) -> None:
    write_comparison(tmp_path, pair("a", "b", 0.030), pair("a", "c", 0.020), pair("b", "c", 0.031))
    found = read_comparison(tmp_path)
    assert found
    corrected = [p for _, p in found.corrected()]
    assert corrected == [0.06, 0.06, 0.06]


def test_no_p_is_corrected_beyond_one(tmp_path: Path) -> None:
    write_comparison(tmp_path, pair("a", "b", 0.8), pair("a", "c", 0.9))
    found = read_comparison(tmp_path)
    assert found
    assert [p for _, p in found.corrected()] == [1.0, 1.0]


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert read_comparison(tmp_path) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"n": "many"},
        {"pairs": [{"a": "a", "b": "b"}]},
        {"pairs": [pair("a", "b", 1.5)]},
        {"models": None},
    ],
)
def test_a_damaged_one_is_refused_by_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_comparison(tmp_path, **changes)
    (place,) = changes
    with pytest.raises(EntryError, match=rf"comparison\.json: {place}"):
        read_comparison(tmp_path)


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b"[]", b'{"n": NaN}'])
def test_what_is_no_json_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "comparison.json").write_bytes(data)
    with pytest.raises(EntryError, match=r"comparison\.json: "):
        read_comparison(tmp_path)


def test_a_damaged_one_stops_no_model(tmp_path: Path) -> None:
    write_entry(tmp_path, KERAS, "good")
    (tmp_path / "comparison.json").write_text("{", encoding="utf-8")
    registry = read_registry(tmp_path)
    assert list(registry) == ["good"]
    assert registry.comparison is None
    assert "comparison.json" in str(registry.comparison_fault)


def test_the_registry_has_it(tmp_path: Path) -> None:
    write_comparison(tmp_path, pair("a", "b", 0.03))
    registry = read_registry(tmp_path)
    assert registry.comparison
    assert registry.comparison.n == 80
    assert registry.comparison_fault is None
