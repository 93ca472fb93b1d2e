"""Whether a page is one of those that a model was trained on: its bytes, or nearly its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecg.page.fingerprint import Prints, differing_bits, prints_of
from ecg.page.ink import Floats
from twelvelead.inference.familiarity.sight import Sight

Seen = Literal["same_file", "nearly"]

NEARLY = (
    75  # of 512 bits: different pages of the public set differ in 93 and more, copies in 62 at most
)
HARDLY = 170  # bits from which on no little shift makes a page one of these


@dataclass(frozen=True, eq=False)
class TrainingPages:
    """The pages of a model's training, of which nothing can be drawn.

    digests: uint8 (n, 32), the sha256 of each file. prints: uint8 (n, 64), the fingerprint of each. common:
    float32 (512,), what their projections have in common.
    """

    digests: Prints
    prints: Prints
    common: Floats

    @classmethod
    def of(cls, sha256: list[str], projected: Floats) -> "TrainingPages":
        """Of pages by their sha256 and projections, float32 (n, 512)."""
        digests = np.array([list(bytes.fromhex(one)) for one in sha256], dtype=np.uint8)
        common = projected.mean(axis=0)
        return cls(digests, prints_of(projected, common), common)

    def find(self, sight: Sight) -> Seen | None:
        """Whether a page is among them."""
        digest = np.frombuffer(bytes.fromhex(sight.page.sha256), np.uint8)
        if (self.digests == digest).all(axis=1).any():
            return "same_file"
        bits = self.nearest(sight.projected)
        if NEARLY < bits <= HARDLY:
            bits = self.nearest(sight.shifted)
        return "nearly" if bits <= NEARLY else None

    def nearest(self, projected: Floats) -> int:
        """In how many bits a page differs from the one of these that is most like it."""
        return int(differing_bits(prints_of(projected, self.common), self.prints).min())


def seen_words(models: Sequence[str], seen: Seen) -> str:
    """That answers tell memory, for people."""
    how = "This page is" if seen == "same_file" else "This page, or nearly the same picture, is"
    whose = "its answer tells" if len(models) == 1 else "their answers tell"
    named = " and ".join([", ".join(models[:-1]), models[-1]] if len(models) > 1 else models)
    return f"{how} in the training data of {named}: {whose} memory, not skill."
