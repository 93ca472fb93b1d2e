"""The memory of a process and all that it started, as Linux tells it."""

from pathlib import Path

PROC = Path("/proc")


def family(root: int, proc: Path = PROC) -> set[int]:
    """Process ids of `root` and its descendants."""
    parents: dict[int, int] = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            parent = _parent(folder)
            if parent is not None:
                parents[int(folder.name)] = parent
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory(root: int, proc: Path = PROC) -> float:
    """Megabytes (10^6) of a process and its descendants: proportional set size, shared pages counted once."""
    return sum(_kilobytes(proc / str(pid)) for pid in family(root, proc)) * 1024 / 1e6


def _parent(folder: Path) -> int | None:
    """None for a process that ended meanwhile."""
    try:
        told = (folder / "stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    return int(told.rpartition(")")[2].split()[1])


def _kilobytes(folder: Path) -> int:
    try:
        told = (folder / "smaps_rollup").read_text("ascii")
    except OSError:
        return 0  # it ended meanwhile
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
