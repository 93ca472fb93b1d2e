"""What can be wrong with a model. Each message names the file, and what would be right."""

from pathlib import Path


def named(file: Path) -> str:
    """A file as messages name it: its folder and itself, no more of the operator's disk."""
    return f"{file.parent.name}/{file.name}"


class RegistryError(Exception):
    """The root of all that can be wrong with models."""


class EntryError(RegistryError):
    """A `model.toml` that can't be used; the message names the file and the key."""


class UnknownModel(RegistryError):
    """Nobody registered a model under this key."""


class ModelUnavailable(RegistryError):
    """A registered model that can't answer now, and why."""


class WeightsError(ModelUnavailable):
    """Weights that are missing, altered, a Git-LFS pointer, pickled or made for another network."""


class BackendEnded(ModelUnavailable):
    """A framework's process that ended while it was asked; the next call starts another.

    retry_after: seconds until it may be started again.
    """

    def __init__(self, told: str, retry_after: float = 0.0) -> None:
        super().__init__(told)
        self.retry_after = retry_after


class NoUsableAnswer(ModelUnavailable):
    """A model whose output is not one finite probability a label."""


class WrongInput(ModelUnavailable):
    """A model that was given what it does not read, and what it reads."""


class Busy(ModelUnavailable):
    """Nobody had time before the deadline; ask again later."""


class ModelTooLarge(ModelUnavailable):
    """A model that takes more memory than all models together may; the message has both numbers."""


def of_member(key: str, error: ModelUnavailable) -> ModelUnavailable:
    """An ensemble's error for a member's, of the same kind, so that what may pass is tried again."""
    told = type(error)(f"Its member '{key}' can't answer: {error}")
    vars(told).update(vars(error))  # when to ask again
    return told
