"""How much memory a process has, and giving back what it freed."""

import os
import subprocess
import sys

import numpy as np

from inference.memory import ALLOCATION, give_back, resident_memory
from web.settings import ROOT

MEGABYTE = 1_000_000


def test_it_works() -> None:
    before = resident_memory()
    held = np.ones(200 * MEGABYTE, np.uint8)
    assert resident_memory() - before > 150 * MEGABYTE
    del held
    give_back()
    assert resident_memory() - before < 150 * MEGABYTE


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
