"""plotly.js as the Python package `plotly` brings it: found without importing it, packed once."""

import gzip
import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCRIPT = Path("package_data") / "plotly.min.js"
# maplibre, inside the script, adds a style element unless one of this id is there
STYLE_ID = re.compile(r'if\(!document\.getElementById\("([0-9a-f]{64})"\)')


@dataclass(frozen=True)
class PlotlyScript:
    """The script: its package's version, itself, packed, and which style elements it would add."""

    version: str
    plain: bytes
    packed: bytes
    style_ids: tuple[str, ...]


@cache
def plotly_version() -> str:
    """The installed version. Raises PackageNotFoundError."""
    return importlib.metadata.version("plotly")


@cache
def read_plotly() -> PlotlyScript:
    """Reads and packs the script (5 MB, 1.4 MB packed). Raises FileNotFoundError."""
    found = importlib.util.find_spec("plotly")
    folders = list(found.submodule_search_locations or ()) if found else []
    file = next((Path(f) / SCRIPT for f in folders if (Path(f) / SCRIPT).is_file()), None)
    if file is None:
        raise FileNotFoundError("The package plotly is not installed: run `make setup`.")
    plain = file.read_bytes()
    return PlotlyScript(
        version=plotly_version(),
        plain=plain,
        packed=gzip.compress(plain, compresslevel=6, mtime=0),
        style_ids=tuple(dict.fromkeys(STYLE_ID.findall(plain.decode("utf-8")))),
    )
