"""On what and with what was measured: date, machine, versions, commit."""

import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.errors import NotMeasured
from benchmarks.setups.peers import INSTALLED, versions
from tests.support.project import ROOT
from twelvelead.inference.resources.machine import cores

OWN = (
    "flask",
    "gunicorn",
    "keras",
    "onnxruntime",
    "pillow",
    "tensorflow-cpu",
    "tensorflow",
    "torch",
)
STAT = Path("/proc/stat")
LOOK = 3.0  # s over which one looks how busy the machine is
QUIET = 0.2  # of a core: a machine that is busier than this before the run makes figures doubtful


@dataclass(frozen=True)
class Facts:
    """What a reader needs to judge the figures. memory: in GB; busy: cores at work before the run began."""

    date: str
    commit: str
    cores: int
    cpu: str
    memory: float
    system: str
    python: str
    busy: float
    versions: dict[str, str]

    @property
    def quiet(self) -> bool:
        """Whether nothing else was at work when the run began."""
        return self.busy <= QUIET

    def as_json(self) -> dict[str, Any]:
        """For results.json."""
        return asdict(self)


def read_facts(build: Path) -> Facts:
    """Those of this machine, now; versions of the peers that are installed under `build`."""
    found = dict(versions(sys.executable, OWN))
    for peer in INSTALLED:
        python = build / peer / "bin" / "python"
        if python.exists():
            try:
                found |= versions(python, (peer,))
            except NotMeasured:
                found[peer] = "unknown"
    return Facts(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=read_commit(),
        cores=cores(),
        cpu=read_cpu(Path("/proc/cpuinfo")),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=platform.python_version(),
        busy=read_busy(),
        versions=dict(sorted(found.items())),
    )


def read_busy(file: Path = STAT, seconds: float = LOOK) -> float:
    """How many cores are at work, on average over some seconds from now."""
    before = _busy_ticks(file)
    time.sleep(seconds)
    return (_busy_ticks(file) - before) / os.sysconf("SC_CLK_TCK") / seconds


def _busy_ticks(file: Path) -> int:
    """Of all cores together since the system started: all but idle and waiting for a disk."""
    ticks = [int(number) for number in file.read_text("ascii").splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4]


def read_cpu(file: Path) -> str:
    """The processor's name as Linux tells it, else its kind."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def read_commit(folder: Path = ROOT) -> str:
    """The commit that is checked out, `with changes` where files differ from it; `unknown` without git."""
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}{' with changes' if changed else ''}"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
