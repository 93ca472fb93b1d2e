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

from twelvelead.inference.engines.patience import LOOK, WAS_LATE, Patience, Vigil
from twelvelead.inference.engines.worker import serve
from twelvelead.inference.resources.limits import Deadline
from twelvelead.inference.resources.memory import resident_memory

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
        self._is_ended = False
        self._asked = 0
        self._fate = ""  # why it was killed, in words
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

    def ask(self, question: tuple[Any, ...], deadline: Deadline, patience: Patience) -> Any:
        """What the worker answers. Raises EOFError where the process ended before, or sent no answer.

        Raises TimeoutError, in words, where it did not answer by the deadline, was stopped, or took
        more than patience allows; it is ended then.
        """
        self._asked += 1
        answered = threading.Event()
        watch = threading.Thread(target=self._watch, args=(answered, deadline, patience))
        watch.daemon = True
        try:
            watch.start()
            self._pipe.send((self._asked, question))
            number, answer = self._pipe.recv()
            if number != self._asked:
                raise EOFError("an answer to another question")
        except BaseException as error:
            self.end()
            if not isinstance(error, Exception):
                raise
            raise self._fault() from error
        finally:
            answered.set()
            if watch.ident:
                watch.join()
        if self._fate:  # just as the answer came in
            self.end()
            raise self._fault()
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

    def _fault(self) -> EOFError | TimeoutError:
        return TimeoutError(self._fate) if self._fate else EOFError("no answer")

    def _watch(self, answered: threading.Event, deadline: Deadline, patience: Patience) -> None:
        """Kills the process when it is time, which ends every wait on its pipe, for writing too."""
        vigil = Vigil(self._process.pid or 0, patience)
        while not answered.wait(min(LOOK, deadline.left())):
            self._fate = vigil.look() if deadline.left() else WAS_LATE
            if self._fate:
                self._process.kill()
                return


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
