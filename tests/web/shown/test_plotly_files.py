"""web.shown.plotly_files: the script is found without importing its package, whole and packed."""

import gzip
import importlib.metadata
import sys
from pathlib import Path

import pytest

from twelvelead.web.shown.plotly_files import read_plotly


def test_it_works() -> None:
    script = read_plotly()
    assert b"plotly.js" in script.plain[:100]
    assert gzip.decompress(script.packed) == script.plain
    assert len(script.packed) < len(script.plain) / 2
    assert script.version == importlib.metadata.version("plotly")


def test_it_names_every_style_element_that_the_script_would_add() -> None:
    script = read_plotly()
    added = script.plain.count(b'createElement("style")')
    known = script.plain.count(b'"plotly.js-style-"+e') > 0
    assert added == len(script.style_ids) + known


def test_the_package_is_not_imported() -> None:
    before = set(sys.modules)
    read_plotly.__wrapped__()
    assert not [name for name in set(sys.modules) - before if name.startswith("plotly")]


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twelvelead.web.shown.plotly_files.SCRIPT", Path("nowhere"))
    with pytest.raises(FileNotFoundError, match="make setup"):
        read_plotly.__wrapped__()
