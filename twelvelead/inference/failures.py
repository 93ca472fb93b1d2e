"""Why models can't be loaded, each for as long as its files stay as they were."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from model_registry.errors import BackendEnded, Busy, ModelUnavailable
from model_registry.registry import Registry
from model_registry.watch import Watch
from twelvelead.inference.forms import LOG

TRIED_AGAIN = "It is tried again when its files change: restore what is wrong, and ask again."


class Failures:
    """What failed of a registry's models. Safe to use from many threads.

    A model whose files changed is no longer known to fail, and its entry is read again.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._found: dict[str, tuple[str, Watch]] = {}
        self._lock = threading.Lock()

    def check(self, key: str) -> bool:
        """Whether a model that failed is to be tried again, as its files changed; False for any other.

        Raises ModelUnavailable where it failed, and its files are as they were.
        """
        found = self._found.get(key)
        if found is None:
            return False
        told, watch = found
        if not watch.changed():
            raise ModelUnavailable(told)
        with self._lock:
            if self._found.get(key) is not found:
                return False  # another thread was here first
            self._registry.read_again(key)
            del self._found[key]
        return True

    @contextmanager
    def noted(self, key: str) -> Iterator[None]:
        """Keeps in mind why a model can't be loaded, if that is what the block raises.

        That there was no time, or that a process ended, is not kept: it may be otherwise at once.
        """
        watch = self._registry.watch(key)
        try:
            yield
        except (BackendEnded, Busy):
            raise
        except ModelUnavailable as error:
            told = f"{error} {TRIED_AGAIN}"
            with self._lock:
                self._found[key] = told, watch
            LOG.warning("The model %s can't be used: %s", key, error)
            raise type(error)(told) from error
