"""Which names of leads and columns errors may repeat: usual ones, as any other may be a person's."""

import re
from collections.abc import Sequence

LEAD = r"(?:(?:ml)?i{1,3}|ml[1-3]|avr|avl|avf|m?v[1-9]r?|mcl?[1-9]|d[1-3]|c[1-9]|ecg|ekg)"
KNOWN = re.compile(
    rf"(?:(?:ecg|ekg|lead|modified lead)[ _-]?)?{LEAD}[ _-]?\d{{0,2}}"
    r"|(?:ecg|ekg|lead|channel|ch|column|signal|sample)[ _#-]?\d{0,2}"
    r"|(?:elapsed[ _])?(?:time|t)|seconds|sec|msec|ms|samples|index",
    re.ASCII | re.IGNORECASE,
)


def known_name(name: str) -> str:
    """The name where it is a usual one of a lead or column, "" for any other."""
    return name if KNOWN.fullmatch(name) else ""


def list_known(names: Sequence[str]) -> str:
    """The usual names among these, and how many others there are, as people say it."""
    known = [name for name in names if known_name(name)]
    others = len(names) - len(known)
    if not others:
        return ", ".join(known)
    told = f"{others} of {'another name' if others == 1 else 'other names'}"
    return f"{', '.join(known)} and {told}" if known else told
