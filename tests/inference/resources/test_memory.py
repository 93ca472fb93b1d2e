"""How much memory a process has, and giving back what it freed."""

import os
import subprocess
import sys

from tests.support.models.tiny_models import run_python
from tests.support.project import ROOT
from twelvelead.inference.resources.memory import ALLOCATION, resident_memory

MEGABYTE = 1_000_000


FREED = """\
import numpy as np
from twelvelead.inference.resources.memory import give_back, resident_memory

before = resident_memory()
held = np.ones(200_000_000, np.uint8)
grown = resident_memory() - before
del held
give_back()
print(grown, resident_memory() - before)
"""


def test_it_works() -> None:
    """In a process of its own: what other tests told malloc to keep would count here."""
    grown, left = map(int, run_python("-c", FREED).split())
    assert grown > 150 * MEGABYTE
    assert left < 150 * MEGABYTE


def test_another_process_is_measured_by_its_number() -> None:
    assert abs(resident_memory(os.getpid()) - resident_memory()) < 50 * MEGABYTE
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert resident_memory(child.pid) > 0
        child.communicate(b"\n")


def test_a_process_that_is_not_there_has_none() -> None:
    assert resident_memory(2**22 + 1) == 0


def test_the_settings_of_malloc_are_those_of_the_image() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for name, value in ALLOCATION.items():
        assert f"{name}={value} " in dockerfile
