"""How much this server takes on: what is set, and what follows from the machine where nothing is."""

from dataclasses import dataclass, replace

from twelvelead.inference.resources.limits import Limits
from twelvelead.inference.resources.machine import Machine
from twelvelead.web.server.settings import Settings, SettingsError

REQUESTS_A_RUN = 32  # running and waiting, for each page that is worked on at once
ADMITTED_A_RECORDING = 2  # one request in so many may bring a recording; bytes are counted too
CODE = 250_000_000  # bytes that the server itself takes, before it has answered anything
DECODING = 200_000_000  # bytes that a run takes for the largest page, decoded or digitised
BYTES_A_VALUE = 8  # of a recording: float32 as it is read, and again as it is filtered
KEPT_A_VALUE = 4  # bytes: float32
MOST_VALUES = 50_000_000  # of one recording
SHARE_FOR_READING = 6  # recordings that are read get one part in so many of the memory, together
SHARE_FOR_UPLOADS = 12
LEAST_FOR_UPLOADS = 50_100_000  # bytes: one recording of the largest size, in its form
MOST_FOR_UPLOADS = 1_000_000_000  # bytes
SHARE_FOR_RECORDINGS = 7  # recordings that are kept get one part in so many of the memory
MOST_FOR_RECORDINGS = 1_000_000_000  # bytes
SHARE_FOR_BODIES = 12  # and in so many is left to the system, and to bodies that nginx holds
SHARE_FOR_MODELS = 2  # models get one part in so many of the memory at most
LEAST_FOR_MODELS = 64_000_000  # bytes: one small model at a time


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

    @property
    def values(self) -> int:
        """The most values that a recording may have: those of all its leads together."""
        room = self.machine.memory // SHARE_FOR_READING // self.runs
        kept = self.recordings_memory // KEPT_A_VALUE
        return min(MOST_VALUES, room // BYTES_A_VALUE, kept)

    @property
    def run_memory(self) -> int:
        """Bytes that a run takes at most, for the largest page or recording, beside its model."""
        return max(DECODING, self.values * BYTES_A_VALUE)

    @property
    def upload_memory(self) -> int:
        """Bytes of uploads that are in memory at once."""
        share = self.machine.memory // SHARE_FOR_UPLOADS
        return max(LEAST_FOR_UPLOADS, min(MOST_FOR_UPLOADS, share))

    @property
    def without_models(self) -> int:
        """Bytes of all but the models."""
        runs = self.runs * self.run_memory
        bodies = self.machine.memory // SHARE_FOR_BODIES
        return CODE + runs + self.upload_memory + self.recordings_memory + bodies

    def in_words(self) -> str:
        """What is taken on, and where its parts need more memory than there is, that too."""
        told = (
            f"{_count(self.machine.cores, 'core')} and {in_bytes(self.machine.memory)} of memory "
            f"may be used: {_count(self.runs, 'run')} at once of {_count(self.threads, 'thread')}, "
            f"each in {in_bytes(self.run_memory)}, models in {in_bytes(self.model_memory)}, "
            f"uploads in {in_bytes(self.upload_memory)}, kept recordings of at most "
            f"{self.values / 1e6:.0f} million values in {in_bytes(self.recordings_memory)}, "
            f"{_count(self.admitted, 'request')} admitted at once."
        )
        needed = self.without_models + self.model_memory
        if needed <= self.machine.memory:
            return told
        return (
            f"{told} With the server itself, all of that at once needs {in_bytes(needed)}, "
            "more than there is: set fewer TWELVELEAD_RUNS or less "
            "TWELVELEAD_MODEL_MEMORY, or give it more memory."
        )


def capacity_of(settings: Settings, machine: Machine) -> Capacity:
    """Raises SettingsError for more threads than cores, or more memory than there is."""
    machine = told_machine(settings, machine)
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
    found = Capacity(
        machine=machine,
        runs=runs,
        threads=threads,
        model_memory=settings.model_memory,
        admitted=settings.admitted or REQUESTS_A_RUN * runs,
    )
    return found if found.model_memory else replace(found, model_memory=_models_share(found))


def _models_share(capacity: Capacity) -> int:
    """Bytes for models where nothing is set: half of the memory, or what the rest leaves of it."""
    left = capacity.machine.memory - capacity.without_models
    return max(LEAST_FOR_MODELS, min(capacity.machine.memory // SHARE_FOR_MODELS, left))


def told_machine(settings: Settings, machine: Machine) -> Machine:
    """The machine with no more memory than is set, where something is."""
    return replace(machine, memory=min(settings.memory or machine.memory, machine.memory))


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
