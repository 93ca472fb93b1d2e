"""Which models are in memory: as many as a budget holds, the least recently used put out first."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager

from model_registry.errors import Busy, ModelTooLarge
from twelvelead.inference.resources.limits import FOREVER, Deadline
from twelvelead.inference.resources.slots import Aside, nobody_waits

LOOK = 0.25  # s between two looks whether there is room, at most
LONGEST_LOAD = 300.0  # s, also for a framework that starts on a slow disk; then it is given up


class ModelCache:
    """Keeps models under `budget` bytes of measured memory.

    load: loads a model by its key within a deadline and gives the bytes that it takes; unload puts it
    out. Loads are one at a time and single-flight: however many ask for a model, it is loaded once, and
    goes on loading when they had to leave; a load that did not begin while anybody waited never does.
    A model in use is never put out, its room is waited for. aside: lets others compute meanwhile.
    """

    def __init__(
        self,
        budget: int,
        load: Callable[[str, Deadline], int],
        unload: Callable[[str], None],
        aside: Aside = nobody_waits,
    ) -> None:
        self.budget = budget
        self.loads: Counter[str] = Counter()
        self.evictions: Counter[str] = Counter()
        self._load, self._unload, self._aside = load, unload, aside
        self._resident: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self._measured: dict[str, int] = {}  # what each took when it was loaded last
        self._in_use: Counter[str] = Counter()
        self._retired: set[str] = set()  # in memory for those only who use them now
        self._buried: set[str] = set()  # being unloaded
        self._fetching: dict[str, Future[None]] = {}
        self._wanted: Counter[str] = Counter()  # how many wait for each
        self._changed = threading.Condition()
        self._loading = threading.Lock()

    @contextmanager
    def use(self, key: str, size: int = 0, deadline: Deadline = FOREVER) -> Iterator[None]:
        """Has a model in memory for as long as the block runs.

        size: bytes that it takes at least, for one that was never loaded. Raises ModelTooLarge where
        it alone is above the budget, Busy where the deadline passed first, and what `load` raises.
        """
        while not self._pin(key):
            with self._aside(deadline):
                self._fetch(key, size, deadline)
        try:
            yield
        finally:
            with self._changed:
                self._in_use[key] -= 1
                self._changed.notify_all()
            self._bury(key)

    @property
    def resident(self) -> dict[str, int]:
        """Bytes by key of the models in memory."""
        with self._changed:
            return dict(self._resident)

    def forget(self, key: str) -> None:
        """A model is no longer in memory, as its process ended; it is loaded again when needed."""
        with self._changed:
            self._resident.pop(key, None)
            self._changed.notify_all()

    def _pin(self, key: str) -> bool:
        with self._changed:
            if key not in self._resident:
                return False
            self._resident.move_to_end(key)
            self._in_use[key] += 1
            return True

    def put_out(self, key: str, deadline: Deadline) -> None:
        """Puts a model out once nobody uses it, and forgets what it took: its files are others now.

        Raises Busy where that was not before the deadline.
        """
        busy = Busy(f"The model '{key}' is still in use; ask again in a while.")
        if not self._loading.acquire(timeout=_seconds(deadline)):
            raise busy
        try:
            with self._changed:
                self._measured.pop(key, None)
                if not self._changed.wait_for(lambda: not self._in_use[key], _seconds(deadline)):
                    raise busy
                was_here = self._resident.pop(key, None) is not None
            if was_here:
                self._unload(key)
        finally:
            self._loading.release()

    def retire(self, key: str) -> None:
        """Has a model put out when those who use it now are done; who asks next has it loaded anew."""
        with self._changed:
            self._measured.pop(key, None)
            if self._resident.pop(key, None) is not None:
                self._retired.add(key)
        self._bury(key)

    def _bury(self, key: str) -> None:
        """Unloads a retired model that nobody uses any more."""
        with self._changed:
            if key not in self._retired - self._buried or self._in_use[key]:
                return
            self._buried.add(key)
        try:
            self._unload(key)
        finally:
            with self._changed:
                self._buried.discard(key)
                self._retired.discard(key)
                self._changed.notify_all()

    def _fetch(self, key: str, size: int, deadline: Deadline) -> None:
        """Waits until a model is loaded. Who can't wait goes; the load goes on, for who asks next."""
        with self._changed:
            load = self._fetching.get(key) or self._begin(key, size)
            self._wanted[key] += 1
        try:
            wait([load], _seconds(deadline))
        finally:
            with self._changed:
                self._wanted[key] -= 1
        if not load.done():
            raise Busy(f"The model '{key}' is still being loaded; ask again in a while.")
        load.result()

    def _begin(self, key: str, size: int) -> "Future[None]":
        """A load that has a thread of its own. Raises Busy where the machine starts no more."""
        load: Future[None] = Future()
        thread = threading.Thread(
            target=self._bring, args=(key, size, load), name="load", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            raise Busy("The machine has no room for another thread; ask again later.") from error
        self._fetching[key] = load
        return load

    def _bring(self, key: str, size: int, load: "Future[None]") -> None:
        deadline, is_here = Deadline(LONGEST_LOAD), False
        try:
            while not is_here:
                with self._loading:
                    if not self._is_wanted(key):
                        return
                    is_here = self._put(key, size, deadline)
                if not is_here:
                    self._wait_for_room(key, deadline)
        except BaseException as error:  # noqa: BLE001 - it is those who wait that must be told
            self._end(key, load)
            load.set_exception(error)
        else:
            self._end(key, load)
            load.set_result(None)

    def _is_wanted(self, key: str) -> bool:
        """Whether anybody waits for a load; else it is given up, and who asks next begins another."""
        with self._changed:
            if not self._wanted[key]:
                del self._fetching[key]
                return False
            return True

    def _wait_for_room(self, key: str, deadline: Deadline) -> None:
        """While others may load what fits. Raises Busy where the deadline passed."""
        with self._changed:
            self._changed.wait(min(LOOK, deadline.left()))
        if not deadline.left():
            raise Busy(f"There was no room for the model '{key}' in time; ask again later.")

    def _end(self, key: str, load: "Future[None]") -> None:
        with self._changed:
            if self._fetching.get(key) is load:
                del self._fetching[key]

    def _put(self, key: str, size: int, deadline: Deadline) -> bool:
        """Loads a model, others put out first and, once its size is measured, after.

        False, and nothing is loaded, where those that are in use leave it no room.
        """
        if key in self._resident:
            return True
        if key in self._retired or not self._make_room(key, self._measured.get(key, size)):
            return False
        cost = self._load(key, deadline)
        self.loads[key] += 1
        self._measured[key] = cost
        has_room = False
        try:
            has_room = self._make_room(key, cost)
        finally:
            if not has_room:
                self._unload(key)
        with self._changed:
            if has_room:
                self._resident[key] = cost
        return has_room

    def _make_room(self, key: str, wanted: int) -> bool:
        """Puts out models that nobody uses until `wanted` bytes fit; whether they do."""
        if wanted > self.budget:
            raise ModelTooLarge(
                f"The model '{key}' takes {wanted / 1e6:,.0f} MB of memory, all models together may "
                f"take {self.budget / 1e6:,.0f} MB: raise TWELVELEAD_MODEL_MEMORY, or choose another."
            )
        while sum(self.resident.values()) + wanted > self.budget:
            other = self._take_out()
            if other is None:
                return False
            self._unload(other)
        return True

    def _take_out(self) -> str | None:
        """The next model that has to go, no longer counted; None where all are in use."""
        with self._changed:
            idle = next((one for one in self._resident if not self._in_use[one]), None)
            if idle is not None:
                del self._resident[idle]
                self.evictions[idle] += 1
            return idle


def _seconds(deadline: Deadline) -> float:
    return min(deadline.left(), threading.TIMEOUT_MAX)
