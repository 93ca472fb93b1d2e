"""How much resident memory a piece of Python takes at most, measured in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

STATUS = Path("/proc/self/status")
MEASURED = """
{modules}
def most():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = most()
{work}
print((most() - before) // 1024)
"""


def run(code: str) -> "subprocess.CompletedProcess[str]":
    """A new Python that runs this with the project's modules, on one thread."""
    return subprocess.run(
        [sys.executable, "-"],
        input=code,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"},
    )


def memory_taken(modules: str, work: str) -> int:
    """MB by which `work` lifts the most that the process has held, after `modules` are imported.

    Skips the test where the system does not tell.
    """
    if not STATUS.exists():
        pytest.skip("memory is read from /proc")
    done = run(MEASURED.format(modules=modules, work=work))
    assert done.returncode == 0, done.stderr
    return int(done.stdout)
