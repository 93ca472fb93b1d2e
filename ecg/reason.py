"""Why something is refused, or not more than uncertain: a code for programs, a sentence for people."""

from dataclasses import dataclass
from typing import Literal

Decision = Literal["accepted", "uncertain", "refused"]  # how far an answer is believed


@dataclass(frozen=True)
class Reason:
    """`code` never changes once it is published; `message` says what was seen and what would be right."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message
