"""The bytes of a weight file: read once, hashed, and only then given to a framework."""

import hashlib

from model_registry.entry import Weights
from model_registry.errors import WeightsError, named


def read_weights(weights: Weights) -> bytes:
    """The file's bytes. Raises WeightsError where it is missing or its sha256 is another."""
    try:
        data = weights.path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{named(weights.path)} can't be read: {error.strerror}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != weights.sha256:
        raise WeightsError(
            f"{named(weights.path)} has the sha256 {found}, model.toml says {weights.sha256}: "
            "restore the file, or correct the key 'weights.sha256' if the change was meant."
        )
    return data
