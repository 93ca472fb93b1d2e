"""The process in which one framework lives, seen by its asker; when one that ended may start again.

Spawn, never fork: a child forked after Keras or torch has run hangs.
"""

import multiprocessing
import shutil
import tempfile
import threading
import time
from multiprocessing.connection import wait
from typing import Any

from inference.limits import Deadline
from inference.memory import resident_memory
from inference.worker import serve

SHORT_LIFE = 10.0  # s: a process that ends sooner after its start counts towards a pause
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s
BURIAL = 1.0  # s: how long the end of a killed process is waited for


class FrameworkProcess:
    """Runs from the moment it is made; asked one question at a time, by one thread at a time.

    After any fault in an exchange the process is ended and its pipe thrown away, so no answer can
    ever reach another question.
    """

    def __init__(self, module: str, threads: int) -> None:
        """Raises OSError where the machine starts no more processes."""
        context = multiprocessing.get_context("spawn")
        self._scratch = tempfile.mkdtemp(prefix="twelvelead-")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, module, threads, self._scratch)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._began = time.monotonic()
        self._is_ended = self._is_late = False
        try:
            self._process.start()
        except BaseException:
            self._throw_away()
            raise
        finally:
            theirs.close()

    @property
    def is_alive(self) -> bool:
        """False as soon as it has ended, for whatever reason."""
        return not self._is_ended and not wait([self._process.sentinel], 0)

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._began

    def ask(self, question: tuple[Any, ...], deadline: Deadline) -> Any:
        """What the worker answers. Raises EOFError where the process ended before it did.

        Raises TimeoutError where it did not answer by the deadline; it is ended then.
        """
        bell = self._end_at(deadline)
        try:
            self._pipe.send(question)
            answer = self._pipe.recv()
        except BaseException as error:
            self.end()
            if not isinstance(error, EOFError | OSError):
                raise
            kind = TimeoutError if self._is_late else EOFError
            raise kind("no answer") from error
        finally:
            if bell is not None:
                bell.cancel()
                bell.join()
        if self._is_late:  # it rang as the answer came in
            self.end()
            raise TimeoutError("no answer")
        return answer

    def resident(self) -> int:
        """Bytes of memory that it has now; 0 where /proc does not tell."""
        return resident_memory(self._process.pid) if self._process.pid else 0

    def end(self) -> None:
        """Ends it at once, whatever it does: SIGKILL also ends one that is stopped."""
        self._is_ended = True
        self._process.kill()
        self._process.join(BURIAL)
        self._throw_away()

    def _throw_away(self) -> None:
        self._pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _end_at(self, deadline: Deadline) -> threading.Timer | None:
        """Kills the process at the deadline, which ends every wait on its pipe, for writing too."""
        if deadline.left() > threading.TIMEOUT_MAX:
            return None

        def ring() -> None:
            self._is_late = True
            self._process.kill()

        bell = threading.Timer(deadline.left(), ring)
        bell.daemon = True
        bell.start()
        return bell


class Restarts:
    """When a process that ended by itself may be started again.

    At once; where it ends again and again soon after its start, after 1, 2, 4 .. at most 60 s.
    """

    def __init__(self) -> None:
        self._short_lives = 0
        self._not_before = 0.0

    def note_end(self, age: float, now: float) -> None:
        """A process ended `age` seconds after its start. now: seconds of a clock that never goes back."""
        self._short_lives = self._short_lives + 1 if age < SHORT_LIFE else 0
        pause = 0.0
        if self._short_lives > 1:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._short_lives - 2, 10))
        self._not_before = now + pause

    def left(self, now: float) -> float:
        """Seconds until the next start, 0 when it may be now."""
        return max(0.0, self._not_before - now)
