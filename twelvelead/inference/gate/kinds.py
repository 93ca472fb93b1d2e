"""What the gate's network tells apart."""

from typing import Literal, get_args

Kind = Literal["page", "strip", "beat", "empty", "none"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ECG_KINDS: tuple[Kind, ...] = ("page", "strip", "beat")
IN_WORDS: dict[Kind, str] = {
    "page": "a 12-lead ECG page",
    "strip": "a rhythm strip, a monitor or a few leads",
    "beat": "the picture of one beat",
    "empty": "ECG paper without a trace",
    "none": "no ECG",
}
