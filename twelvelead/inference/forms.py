"""Which form of a network is served: its compiled one, or its native one where that can't be used."""

import contextlib
import logging
from collections.abc import Callable

from model_registry import Runtime
from model_registry.entry import ModelEntry
from model_registry.errors import BackendEnded, Busy, ModelUnavailable, WeightsError
from model_registry.watch import Watch
from twelvelead.inference.compilation.compiled import freshness
from twelvelead.inference.compilation.queue import compiling_notes

LOG = logging.getLogger("twelvelead.models")
ONNX = "onnx"
NATIVELY = "Its compiled form can't be used, so it is served natively:"


class Forms:
    """Chooses by what is asked for, and by what was found wrong with compiled forms.

    runtime: "onnx", "native", or "auto", where each entry may say for itself.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._watches: dict[str, Watch] = {}  # since a compiled form was last chosen
        self._awaited: dict[str, Watch] = {}  # since a network without one was last loaded
        self._faults: dict[str, WeightsError] = {}
        self._told: set[str] = set()  # of which the log knows

    def load(self, entry: ModelEntry, load: Callable[[str], str]) -> str:
        """Loads a network by `load`, told which engine, in the form that is served; what `load` gives.

        Raises what `load` raises; the compiled form's fault where the native one fails too.
        """
        key, watch = entry.key, Watch((entry.folder,))
        if self._is_restored(key):
            self.forget(key)
        engine = self.engine_of(entry)
        try:
            loaded = load(engine)
        except (BackendEnded, Busy):
            raise
        except ModelUnavailable as error:
            if engine == ONNX:
                self.distrust(entry, error)
                return self.load(entry, load)
            fault = self._faults.pop(key, error)
            self._told.discard(key)
            raise fault from error
        self._await(entry, engine, watch)
        if key in self._faults and key not in self._told:
            self._told.add(key)
            LOG.warning("The model %s is served natively: %s", key, self._faults[key])
        return loaded

    def engine_of(self, entry: ModelEntry) -> str:
        """ "onnx" or the framework's name: how a network is run.

        Raises WeightsError where only a fresh compiled form would do, and there is none that can be used.
        """
        wanted = self._wanted(entry)
        if wanted == "native" or entry.key in self._faults:
            return entry.framework
        self._watches[entry.key] = Watch((entry.folder,))
        try:
            return self._choose(entry, freshness(entry))
        except WeightsError as error:
            self.distrust(entry, error)
            return entry.framework

    def distrust(self, entry: ModelEntry, error: ModelUnavailable) -> None:
        """Has a network run natively, as its compiled form can't be used, until its files change.

        Raises the error where nothing else may be served, or the weights aren't there.
        """
        if self._wanted(entry) != "auto" or not entry.weights.path.is_file():
            raise error
        self._faults[entry.key] = WeightsError(str(error))

    def notes(self, entry: ModelEntry) -> tuple[str, ...]:
        """In sentences, why a network's compiled form is not used where it would be."""
        fault = self._faults.get(entry.key)
        if fault is not None:
            return (f"{NATIVELY} {fault}",)
        return compiling_notes(entry) if self._wanted(entry) == "auto" else ()

    def is_renewed(self, entry: ModelEntry) -> bool:
        """Whether a network that was loaded natively has a compiled form to try since: restored, or made.

        Of those who ask at the same time about a form that was made, one is told so.
        """
        watch = self._awaited.get(entry.key)
        if watch is None or not watch.changed():
            return self._is_restored(entry.key)
        since = Watch((entry.folder,))
        if self._awaited.pop(entry.key, None) is not watch:
            return False  # another thread was here first
        with contextlib.suppress(WeightsError):  # half of it is there; the rest is awaited
            if freshness(entry) == "fresh":
                return True
        self._awaited[entry.key] = since
        return False

    def forget(self, key: str) -> None:
        """The compiled form is tried again."""
        self._faults.pop(key, None)
        self._told.discard(key)

    def _is_restored(self, key: str) -> bool:
        """Whether files of a network that is run natively for a fault changed since."""
        return key in self._faults and self._watches[key].changed()

    def _await(self, entry: ModelEntry, engine: str, since: Watch) -> None:
        """Looks out for a compiled form of a network that is run natively for want of one."""
        self._awaited.pop(entry.key, None)
        if engine != ONNX and self._wanted(entry) == "auto" and entry.key not in self._faults:
            self._awaited[entry.key] = since

    def _wanted(self, entry: ModelEntry) -> Runtime:
        return entry.runtime if self._runtime == "auto" else self._runtime

    def _choose(self, entry: ModelEntry, found: str) -> str:
        if found == "fresh":
            return ONNX
        if self._wanted(entry) == "auto":
            return entry.framework
        lack = "is not compiled" if found == "none" else "was compiled from other weights"
        raise WeightsError(
            f"The model '{entry.key}' {lack}, and only compiled ones are served here: "
            f"run `twelvelead compile {entry.key}`."
        )
