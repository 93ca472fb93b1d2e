"""What of the machine this process may use: cores and memory, a container's limits respected."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

ROOT = Path("/")
UNITS = MappingProxyType(
    {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
)
GROUPS = PurePosixPath("sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """Whole cores, at least 1; memory in bytes."""

    cores: int
    memory: int


def read_machine(root: Path = ROOT) -> Machine:
    """Cores by affinity and by the control groups' quota; memory by their limits, else physical.

    Linux's control groups v1 and v2 are read below `root`, this process's own and those above it.
    """
    counts = [_affinity(), *(int(quota) for quota in _quotas(root))]
    memory = [_physical(), *_memory_limits(root)]
    return Machine(max(1, min(counts)), min(memory))


def read_bytes(text: str) -> int:
    """An amount of memory, with a unit or without. Raises ValueError with what would be right."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Z]{0,3})", text.upper())
    if (
        found is None
        or found[2] not in UNITS
        or not (count := int(float(found[1]) * UNITS[found[2]]))
    ):
        raise ValueError("an amount of memory such as 512MB, 1.5GB or 2GiB")
    return count


def cores() -> int:
    """Whole cores that this process may use, at least 1."""
    return read_machine().cores


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _physical() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _quotas(root: Path) -> Iterator[float]:
    """Cores that each group may use on average, where that is limited."""
    for group in _groups(root, "cpu"):
        v2 = _words(group / "cpu.max")
        v1 = _words(group / "cpu.cfs_quota_us") + _words(group / "cpu.cfs_period_us")
        for words in (v2, v1):
            if len(words) == 2 and all(word.isdecimal() for word in words):
                yield int(words[0]) / int(words[1])


def _memory_limits(root: Path) -> Iterator[int]:
    for group in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            yield from (int(word) for word in _words(group / name) if word.isdecimal())


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the groups that this process is in, for one controller; v2 has one tree for all.

    In a container the tree begins at its own group, so the path may lead nowhere: the top counts too.
    """
    for line in _lines(root / "proc/self/cgroup"):
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        top = root / GROUPS / (controller if names else "")
        here = PurePosixPath(path.lstrip("/"))
        yield from (top / one for one in (here, *here.parents) if ".." not in one.parts)


def _lines(file: Path) -> list[str]:
    """None where the file can't be read: another system, or no such limit."""
    try:
        return file.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()
