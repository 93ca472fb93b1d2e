"""Whether the files of models changed since something was found wrong with them."""

import stat
import threading
import time
from collections.abc import Iterable
from pathlib import Path

PAUSE = 1.0  # s: no watch looks at its files more often
UNFINISHED = ".part"  # the ending of what is still being written

State = tuple[int, ...]


def state_of(file: Path) -> State:
    """What changes when a file is written, exchanged or restored; empty where there is none."""
    try:
        found = file.stat()
    except OSError:
        return ()
    if not stat.S_ISREG(found.st_mode):
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class Watch:
    """The files in some models' folders as they are now. Safe to use from many threads.

    Whatever a model is made of has an ending; files without one, as locks are, do not count.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._before = self._look()
        self._looked_at = time.monotonic()
        self._has_changed = False
        self._lock = threading.Lock()

    def assume(self, file: Path, state: State) -> None:
        """Takes a file to have been in another state, as when it was read before the watch began."""
        self._before.pop(file, None)
        if state:
            self._before[file] = state

    def changed(self) -> bool:
        """Whether any file is not as it was; once it is so, it stays so."""
        with self._lock:
            now = time.monotonic()
            if not self._has_changed and now - self._looked_at >= PAUSE:
                self._looked_at = now
                self._has_changed = self._look() != self._before
            return self._has_changed

    def _look(self) -> dict[Path, State]:
        found: dict[Path, State] = {}
        for folder in self._folders:
            try:
                files = list(folder.iterdir())
            except OSError:
                continue  # it is gone: that is a change too
            seen = {one: state_of(one) for one in files if one.suffix not in ("", UNFINISHED)}
            found |= {one: state for one, state in seen.items() if state}
        return found
