"""What all tests share: tiny models, and the real pages for those that say they need them."""

import os
from pathlib import Path

import pytest

# Before any library reads them, here and in each process that is started: the workers share the
# cores, and threads of tiny networks would burn three times their work in waiting for each other
for _threads in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
):
    os.environ.setdefault(_threads, "1")

pytest_plugins = ["tests.support.models.fixtures_compiled", "tests.support.models.fixtures_models"]

DATA = os.environ.get("ECG_DATA_DIR", "")
MITDB = os.environ.get("MITDB_DIR", "")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is marked `data` or `mitdb` where there are no real pages or records."""
    if item.get_closest_marker("data") and not Path(DATA or "/nowhere").is_dir():
        pytest.skip("needs real pages: set ECG_DATA_DIR to a folder of class folders")
    if item.get_closest_marker("mitdb") and not (Path(MITDB or "/nowhere") / "100.hea").is_file():
        pytest.skip(
            "needs the MIT-BIH Arrhythmia Database: set MITDB_DIR to its folder "
            "(twelvelead data fetch mitdb)"
        )


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real pages; a test that takes this is marked `data`."""
    return Path(DATA)


@pytest.fixture(scope="session")
def mitdb_dir() -> Path:
    """The MIT-BIH Arrhythmia Database; a test that takes this is marked `mitdb`."""
    return Path(MITDB)
