"""What Linux says of a process: whether it is stopped, sleeps or works, and the time that it computed."""

import os
from pathlib import Path
from typing import NamedTuple

WORKING = ("R", "D")  # runs or waits for a core; reads from a disk
STOPPED = "T"
USER_TIME, SYSTEM_TIME = 11, 12  # of the words after the name, which may hold spaces itself


class ProcessState(NamedTuple):
    """state: a letter, see proc(5). seconds: of computing so far, of all its threads."""

    state: str
    seconds: float


def process_state(pid: int) -> ProcessState | None:
    """How a process is now; None where it ended, or the system does not tell."""
    words = _words(Path("/proc", str(pid), "stat"))
    if len(words) <= SYSTEM_TIME:
        return None
    ticks = int(words[USER_TIME]) + int(words[SYSTEM_TIME])
    return ProcessState(words[0], ticks / os.sysconf("SC_CLK_TCK"))


def is_working(pid: int) -> bool:
    """Whether any of its threads runs, waits for a core or reads from a disk at this moment."""
    tasks = Path("/proc", str(pid), "task")
    try:
        states = [_words(task / "stat")[:1] for task in tasks.iterdir()]
    except OSError:
        return False
    return any(state and state[0] in WORKING for state in states)


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []
