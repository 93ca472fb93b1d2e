"""How much this server takes on: what is set, and what follows from the machine where nothing is."""

from dataclasses import dataclass

from inference.limits import Limits
from inference.machine import Machine
from web.settings import Settings, SettingsError

REQUESTS_A_RUN = 32  # running and waiting, for each page that is worked on at once
ADMITTED_A_RECORDING = 8  # one request in so many may bring a recording
SHARE_FOR_RECORDINGS = 5  # recordings that are kept get one part in so many of the memory
MOST_FOR_RECORDINGS = 1_000_000_000  # bytes
SHARE_FOR_MODELS = 2  # models get one part in so many of the memory; the rest is for pages and code


@dataclass(frozen=True)
class Capacity:
    """runs: pages worked on at once, of `threads` each. model_memory: bytes. admitted: requests."""

    machine: Machine
    runs: int
    threads: int
    model_memory: int
    admitted: int

    @property
    def recordings(self) -> int:
        """Requests with a recording that are let in at once."""
        return max(1, self.admitted // ADMITTED_A_RECORDING)

    @property
    def recordings_memory(self) -> int:
        """Bytes of samples that are kept."""
        return min(MOST_FOR_RECORDINGS, self.machine.memory // SHARE_FOR_RECORDINGS)

    def in_words(self) -> str:
        """One sentence for whoever starts the server."""
        return (
            f"{_count(self.machine.cores, 'core')} and {in_bytes(self.machine.memory)} of memory "
            f"may be used: {_count(self.runs, 'run')} at once of {_count(self.threads, 'thread')}, "
            f"models in {in_bytes(self.model_memory)}, "
            f"{_count(self.admitted, 'request')} admitted at once."
        )


def capacity_of(settings: Settings, machine: Machine) -> Capacity:
    """Raises SettingsError for more threads than cores, or more memory than there is."""
    cores = machine.cores
    runs = settings.runs or max(1, cores // (settings.threads or 1))
    threads = settings.threads or max(1, cores // runs)
    if runs * threads > cores:
        raise SettingsError(
            f"TWELVELEAD_RUNS and TWELVELEAD_THREADS make {runs} x {threads} = {runs * threads} "
            f"threads, more than the {_count(cores, 'core')} here, which is slower: "
            "lower one, or leave it out."
        )
    if settings.model_memory > machine.memory:
        raise SettingsError(
            f"TWELVELEAD_MODEL_MEMORY is {in_bytes(settings.model_memory)}, "
            f"more than the {in_bytes(machine.memory)} that may be used here: lower it."
        )
    return Capacity(
        machine=machine,
        runs=runs,
        threads=threads,
        model_memory=settings.model_memory or machine.memory // SHARE_FOR_MODELS,
        admitted=settings.admitted or REQUESTS_A_RUN * runs,
    )


def limits_of(settings: Settings, capacity: Capacity) -> Limits:
    """The same for the predictor."""
    return Limits(
        runs=capacity.runs,
        threads=capacity.threads,
        model_memory=capacity.model_memory,
        runtime=settings.runtime,
        native_idle=settings.native_idle,
        answers_kept=settings.answers_kept,
    )


def in_bytes(count: int) -> str:
    """Bytes as people read them, such as 1.5 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
