"""How much memory a process has resident, and giving back what it freed."""

import ctypes
import ctypes.util
import gc
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# For the environment of a server, before it starts: glibc's malloc keeps a page's pixels for the next page
# and gives larger blocks back; each arena more would keep what its threads once took
ALLOCATION: Mapping[str, str] = MappingProxyType(
    {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(16 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
    }
)


def resident_memory(pid: int | None = None) -> int:
    """Bytes resident of a process, this one unless told; 0 where the system doesn't say."""
    try:
        pages = Path("/proc", str(pid or "self"), "statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def give_back() -> None:
    """Frees what nobody holds, and returns it to the system where the C library would keep it."""
    gc.collect()
    name = ctypes.util.find_library("c")
    trim = getattr(ctypes.CDLL(name), "malloc_trim", None) if name else None
    if trim is not None:
        trim(0)
