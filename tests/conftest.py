"""What all tests share: tiny models, and the real pages for those that say they need them."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.fixtures_compiled", "tests.fixtures_models"]

DATA = os.environ.get("ECG_DATA_DIR", "")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is marked `data` where there are no real pages."""
    if item.get_closest_marker("data") and not Path(DATA or "/nowhere").is_dir():
        pytest.skip("needs real pages: set ECG_DATA_DIR to a folder of class folders")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real pages; a test that takes this is marked `data`."""
    return Path(DATA)
