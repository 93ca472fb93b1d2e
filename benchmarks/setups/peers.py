"""The peers' packages: each in a virtual environment of its own, at the versions that are pinned here."""

import hashlib
import json
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.errors import NotMeasured

HERE = Path(__file__).parents[1] / "peers"
INSTALLED = (
    "litserve",
    "bentoml",
    "mlserver",
)  # the Flask demo runs with the project's own packages
SAID = 300  # characters of pip's complaint that are told


def install(peer: str, build: Path) -> Path:
    """The Python that has a peer's packages, installed under `build` where they are not there yet.

    Raises NotMeasured where they can't be installed.
    """
    wanted = HERE / peer / "requirements.txt"
    home = build / peer
    python, stamp = home / "bin" / "python", home / "stamp"
    told = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.is_file() and stamp.read_text("utf-8") == told:
        return python
    print(f"  installing {peer} into {home.name} ...", flush=True)
    try:
        venv.create(home, clear=True, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotMeasured(f"no virtual environment could be made for {peer}") from error
    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps")
    _run(str(python), "-m", "pip", "install", *options, "-r", str(wanted))
    stamp.write_text(told, "utf-8")
    return python


def versions(python: Path | str, names: tuple[str, ...]) -> dict[str, str]:
    """Name -> version of those of `names` that an environment has."""
    found = json.loads(_run(str(python), "-m", "pip", "list", "--format", "json"))
    plain = {one["name"].lower().replace("_", "-"): one["version"] for one in found}
    return {name: plain[name] for name in names if name in plain}


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"pip failed: {' '.join(done.stderr.split())[-SAID:]}")
    return done.stdout
